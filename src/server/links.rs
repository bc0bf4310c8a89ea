//! Chains of CNAMEs validated link by link, and answers made by wildcards. RFC 4035 §5.3.4, RFC 5155 §8.8, R100
//!
//! hickory verifies signatures, and proves a whole reply by its QNAME: a chain that ends in a wildcard or in nothing, and most
//! wildcards of zones with NSEC, it takes for bogus, and some replies that a wildcard must not have made for secure. So what
//! comes from a wildcard is proven here, and a reply that is not proven as a whole is cut to its first link, if that one
//! holds by itself; the caching client in front then asks for the CNAME's target, whose reply is validated in its
//! turn. Nothing is trusted here that hickory has not verified: every record that counts has its proof.

use std::pin::Pin;

use futures_util::stream::{Stream, StreamExt as _};
use hickory_proto::{
    dnssec::{
        Proof,
        rdata::{DNSSECRData, NSEC, NSEC3, RRSIG},
    },
    op::{DnsRequest, DnsResponse, Message, OpCode, Query},
    rr::{Name, RData, Record, RecordType},
};
use hickory_resolver::net::{DnsError, NetError, xfer::DnsHandle};

/// Most iterations of an NSEC3 hash that are reckoned. Source: RFC 9276 §3.2, as hickory's own limit.
const MAX_ITERATIONS: u16 = 100;

/// In front of a handle that validates.
#[derive(Clone)]
pub(super) struct Links<H>(pub(super) H);

impl<H: DnsHandle> DnsHandle for Links<H> {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = H::Runtime;

    fn is_verifying_dnssec(&self) -> bool {
        self.0.is_verifying_dnssec()
    }

    fn is_using_edns(&self) -> bool {
        self.0.is_using_edns()
    }

    fn send(&self, request: DnsRequest) -> Self::Response {
        Box::pin(self.0.send(request).map(judged))
    }
}

/// A reply that holds: all of it, or its first link.
fn judged(result: Result<DnsResponse, NetError>) -> Result<DnsResponse, NetError> {
    match result {
        Ok(reply) if wildcards_hold(&reply) => Ok(reply),
        Ok(reply) => {
            let query = reply.queries.first().and_then(|query| link(query, &reply));
            let cut = query.ok_or(NetError::Dns(DnsError::DnssecBogus))?;
            Ok(DnsResponse::from_message(cut)?)
        }
        Err(error) => {
            let NetError::Dns(DnsError::Nsec { query, response, proof: Proof::Bogus, .. }) = &error
            else {
                return Err(error);
            };
            match link(query, response) {
                Some(cut) => Ok(DnsResponse::from_message(cut)?),
                None => Err(error),
            }
        }
    }
}

/// Whether all that comes from a wildcard may.
fn wildcards_hold(reply: &Message) -> bool {
    reply.answers.iter().all(|record| {
        verified(record).is_none_or(|signature| {
            !is_expanded(&record.name, signature)
                || proves_nothing_closer(reply, &record.name, signature)
        })
    })
}

/// A reply's records at the QNAME and their signatures, if they hold.
fn link(query: &Query, reply: &Message) -> Option<Message> {
    let name = query.name();
    let is_link = |rtype: RecordType| rtype == query.query_type() || rtype == RecordType::CNAME;
    let at_name = |record: &&Record| record.name == *name;
    let records: Vec<Record> = reply
        .answers
        .iter()
        .filter(at_name)
        .filter(|record| is_link(record.record_type()))
        .cloned()
        .collect();
    let holds = |record: &Record| matches!(record.proof, Proof::Secure | Proof::Insecure);
    if records.is_empty() || !records.iter().all(holds) {
        return None;
    }
    let mut message = Message::response(reply.metadata.id, OpCode::Query);
    message.add_query(query.clone());
    message.add_answers(records);
    for record in reply.answers.iter().filter(at_name) {
        let Some(signature) = verified(record) else { continue };
        if !is_link(signature.input().type_covered) {
            continue;
        }
        if is_expanded(name, signature) && !proves_nothing_closer(reply, name, signature) {
            return None;
        }
        message.add_answer(record.clone());
    }
    Some(message)
}

/// A signature that was verified.
fn verified(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) if record.proof == Proof::Secure => {
            Some(signature)
        }
        _ => None,
    }
}

/// Whether what is signed stands at a wildcard and not at its owner name. RFC 4034 §3.1.3
fn is_expanded(owner: &Name, signature: &RRSIG) -> bool {
    signature.input().num_labels < owner.num_labels()
}

/// Whether a reply proves that no name is closer to `owner` than the wildcard that its records were made from.
fn proves_nothing_closer(reply: &Message, owner: &Name, signature: &RRSIG) -> bool {
    let zone = &signature.input().signer_name;
    let next_closer = owner.trim_to(usize::from(signature.input().num_labels) + 1);
    // a proof counts at the name that it was signed for alone. CVE-2017-15105
    let moved = |proof: &Record| {
        reply.authorities.iter().any(|record| {
            let signature = verified(record).filter(|_| record.name == proof.name);
            signature.is_some_and(|signature| {
                signature.input().type_covered == proof.record_type()
                    && is_expanded(&proof.name, signature)
            })
        })
    };
    let secure = |record: &&Record| record.proof == Proof::Secure && !moved(record);
    reply.authorities.iter().filter(secure).any(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => covers(zone, &record.name, nsec, &next_closer),
        RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => {
            covers_hash(zone, &record.name, nsec3, &next_closer)
        }
        _ => false,
    })
}

/// Whether there is neither the name nor any below it, by an NSEC record. RFC 4034 §4, RFC 6840 §4.1
fn covers(zone: &Name, owner: &Name, nsec: &NSEC, name: &Name) -> bool {
    let next = nsec.next_domain_name();
    let above_a_cut = nsec.is_ancestor_delegation() && owner.zone_of(name);
    zone.zone_of(owner)
        && !above_a_cut
        && owner < name
        && (name < next || next == zone)
        && !name.zone_of(next)
}

/// Whether there is no such name, by an NSEC3 record. RFC 5155 §8.3
fn covers_hash(zone: &Name, owner: &Name, nsec3: &NSEC3, name: &Name) -> bool {
    if owner.base_name() != *zone || nsec3.iterations() > MAX_ITERATIONS {
        return false;
    }
    let hash = nsec3.hash_algorithm().hash(nsec3.salt(), name, nsec3.iterations());
    let label = owner.iter().next().unwrap_or_default();
    let (Ok(hash), Ok(from)) = (hash, data_encoding::BASE32_DNSSEC.decode(label)) else {
        return false;
    };
    let (hash, from, to) = (hash.as_ref(), from.as_slice(), nsec3.next_hashed_owner_name());
    if from < to { from < hash && hash < to } else { from < hash || hash < to }
}

#[cfg(test)]
mod tests {
    use hickory_proto::dnssec::Nsec3HashAlgorithm;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn what_nsec_records_cover() {
        let types = |text: &str| -> Vec<RecordType> {
            text.split(' ').map(|rtype| rtype.parse().unwrap()).collect()
        };
        for (owner, next, of, asked, expected, why) in [
            ("b.z.", "d.z.", "A", "c.z.", true, "between"),
            ("b.z.", "d.z.", "A", "b.z.", false, "it exists"),
            ("b.z.", "d.z.", "A", "d.z.", false, "it exists"),
            ("b.z.", "d.z.", "A", "x.b.z.", true, "below its owner"),
            ("b.z.", "x.c.z.", "A", "c.z.", false, "an empty non-terminal"),
            ("d.z.", "z.", "A", "e.z.", true, "the last one"),
            ("d.z.", "z.", "A", "c.z.", false, "the last one"),
            ("b.z.", "d.z.", "NS", "x.b.z.", false, "below a cut"),
            ("b.z.", "d.z.", "NS", "c.z.", true, "beside a cut"),
            ("z.", "d.z.", "NS SOA", "c.z.", true, "from the apex"),
            ("b.y.", "d.y.", "A", "c.y.", false, "another zone"),
        ] {
            let nsec = NSEC::new(name(next), types(of));
            let covered = covers(&name("z."), &name(owner), &nsec, &name(asked));
            assert_eq!(covered, expected, "{owner} NSEC {next} {of}, {asked}: {why}");
        }
    }

    #[test]
    fn what_nsec3_records_cover() {
        let hash = Nsec3HashAlgorithm::SHA1.hash(b"", &name("c.z."), 0).unwrap();
        let near = |step: fn(u8) -> u8| {
            let mut octets = hash.as_ref().to_vec();
            octets[0] = step(octets[0]);
            octets
        };
        let (below, above) = (near(|octet| octet.wrapping_sub(1)), near(|octet| octet + 1));
        let itself = hash.as_ref().to_vec();
        for (from, to, zone, iterations, expected, why) in [
            (&below, &above, "z.", 0, true, "between"),
            (&above, &below, "z.", 0, false, "around the end"),
            (&below, &itself, "z.", 0, false, "it exists"),
            (&itself, &above, "z.", 0, false, "it exists"),
            (&below, &above, "y.", 0, false, "another zone"),
            (&below, &above, "z.", MAX_ITERATIONS + 1, false, "too many iterations"),
        ] {
            let nsec3 = NSEC3::new(
                Nsec3HashAlgorithm::SHA1,
                false,
                iterations,
                Vec::new(),
                to.clone(),
                [RecordType::A],
            );
            let label = data_encoding::BASE32_DNSSEC.encode(from);
            let owner = name(zone).prepend_label(label.as_str()).unwrap();
            let covered = covers_hash(&name("z."), &owner, &nsec3, &name("c.z."));
            assert_eq!(covered, expected, "{why}");
        }
    }
}
