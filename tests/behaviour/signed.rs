//! Records of DNSSEC in text, and which of them belong to a reply: a page's name server may have a zone that is signed.
//! Signatures and NSEC records stand on its page as the tool that signed the zone has printed them, times in seconds.

use data_encoding::BASE64;
use hickory_proto::{
    dnssec::{
        Algorithm,
        rdata::{DNSSECRData, NSEC, RRSIG, SigInput},
    },
    op::Message,
    rr::{Name, RData, Record, RecordType, SerialNumber},
};
use plustwo::zonefile;

/// A record of a type that master files of ours have not; none if the line has another type.
pub(crate) fn record(line: &str) -> Option<Result<Record, String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [owner, ttl, "IN", rtype, data @ ..] = &words[..] else { return None };
    let data = match *rtype {
        "DNSKEY" => return Some(zonefile::trust_anchor(line)),
        "NSEC" => nsec(data),
        "RRSIG" => signature(data),
        _ => return None,
    };
    let record = || {
        let ttl = ttl.parse().map_err(|error| format!("{ttl}: {error}"))?;
        Ok(Record::from_rdata(name(owner)?, ttl, RData::DNSSEC(data?)))
    };
    Some(record().map_err(|error: String| format!("{line}: {error}")))
}

fn nsec(words: &[&str]) -> Result<DNSSECRData, String> {
    let [next, types @ ..] = words else { return Err("no next name".to_owned()) };
    let types: Result<Vec<RecordType>, String> = types.iter().map(|word| parsed(word)).collect();
    Ok(DNSSECRData::NSEC(NSEC::new(name(next)?, types?)))
}

fn signature(words: &[&str]) -> Result<DNSSECRData, String> {
    let [covered, algorithm, labels, ttl, expiration, inception, tag, signer, octets @ ..] = words
    else {
        return Err("too few values".to_owned());
    };
    let input = SigInput {
        type_covered: parsed(covered)?,
        algorithm: Algorithm::from_u8(parsed(algorithm)?),
        num_labels: parsed(labels)?,
        original_ttl: parsed(ttl)?,
        sig_expiration: SerialNumber::new(parsed(expiration)?),
        sig_inception: SerialNumber::new(parsed(inception)?),
        key_tag: parsed(tag)?,
        signer_name: name(signer)?,
    };
    let octets = BASE64.decode(octets.concat().as_bytes()).map_err(|error| error.to_string())?;
    Ok(DNSSECRData::RRSIG(RRSIG::from_sig(input, octets)))
}

fn name(word: &str) -> Result<Name, String> {
    Name::from_ascii(word).map_err(|error| format!("{word}: {error}"))
}

fn parsed<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("unexpected `{word}`"))
}

/// Adds the signatures of what is in a reply, and what proves that there is no more.
pub(crate) fn complete(records: &[Record], reply: &mut Message) {
    let signatures_of = |section: &[Record]| -> Vec<Record> {
        let covers = |signature: &&Record| {
            section.iter().any(|record| {
                record.name == signature.name && covered(signature) == Some(record.record_type())
            })
        };
        records.iter().filter(covers).cloned().collect()
    };
    let signatures = signatures_of(&reply.answers);
    let from_wildcard = signatures.iter().any(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => {
            rrsig.input().num_labels < record.name.num_labels()
        }
        _ => false,
    });
    reply.answers.extend(signatures);
    // a SOA that is signed makes it an answer of the signed zone
    let signed = !signatures_of(&reply.authorities).is_empty();
    if from_wildcard || signed {
        let name = reply.queries[0].name().clone();
        let ancestors = (0..name.num_labels()).map(|labels| name.trim_to(usize::from(labels)));
        let wildcards: Vec<Name> = ancestors
            .filter_map(|name| name.prepend_label("*").ok())
            .chain([name.clone()])
            .collect();
        let is_proof =
            |record: &&Record| wildcards.iter().any(|wildcard| says_of(record, wildcard));
        reply.authorities.extend(records.iter().filter(is_proof).cloned());
    }
    let signatures = signatures_of(&reply.authorities);
    reply.authorities.extend(signatures);
}

/// Whether this is the NSEC record of a name, or the one that says that there is no such name.
fn says_of(record: &Record, name: &Name) -> bool {
    let RData::DNSSEC(DNSSECRData::NSEC(nsec)) = &record.data else { return false };
    let next = nsec.next_domain_name();
    record.name <= *name && (name < next || next.is_root())
}

/// The type that a signature is for.
fn covered(record: &Record) -> Option<RecordType> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature.input().type_covered),
        _ => None,
    }
}
