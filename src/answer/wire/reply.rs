//! The octets of a reply, written as the evaluation goes.

use std::net::IpAddr;

use hickory_proto::rr::RecordType;

use super::query::{HEADER_BYTES, Query};
use crate::{
    answer::{
        Ending, FirewallMatch, Reason, Situation, UDP_PAYLOAD_BYTES,
        evaluate::{Reply, evaluate},
        full::dns64_octets,
        weightier,
    },
    model::{ENDPOINT_TTL, FirewallAction, RrSetData},
    view::{CompiledRrset, CompiledSoa},
};

/// The OPT record of a reply: the root, OPT, our payload size, version 0, nothing else. R5, R90
const OPT: [u8; 11] = {
    let [size0, size1] = UDP_PAYLOAD_BYTES.to_be_bytes();
    [0, 0, 41, size0, size1, 0, 0, 0, 0, 0, 0]
};

/// Marks two octets as a compression pointer. RFC 1035 §4.1.4
const POINTER: u16 = 0xc000;

/// The last place that a compression pointer can point to.
const LAST_TARGET: u16 = 0x3fff;

/// What became of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replied {
    /// Octets of the reply; 0 where there must be none. R125
    pub length: usize,
    /// How it ended.
    pub ending: Ending,
    /// The rule of DNS Firewall that it matched, if any. R110
    pub firewall: Option<FirewallMatch>,
}

/// Answers a query into `out`; none is for the full path, and `out` then holds nothing of use.
///
/// Declined are replies that are longer than `out` or than the asker takes, types that only the codec can write, and
/// names that the public DNS must be asked for.
#[must_use]
#[inline(always)]
pub fn reply(situation: &Situation<'_>, query: &Query<'_>, out: &mut [u8]) -> Option<Replied> {
    let opt_length = if query.edns { OPT.len() } else { 0 };
    let longest = query.payload_bytes.min(usize::from(UDP_PAYLOAD_BYTES)).min(out.len());
    out.get_mut(..query.head.len())?.copy_from_slice(query.head);
    let mut wire = Wire {
        body: out.get_mut(..longest.checked_sub(opt_length)?)?,
        at: query.head.len(),
        start: query.head.len(),
        owner: u16::try_from(HEADER_BYTES).ok()?,
        owner_length: query.name().len(),
        answers: 0,
        authorities: 0,
        dns64: false,
        fits: true,
        firewall: None,
    };
    let ending = evaluate(situation, query.name(), query.rtype(), &mut wire);
    let Wire { at, answers, authorities, fits, firewall, .. } = wire;
    let rcode = match ending {
        Ending::Records | Ending::NoData => 0,
        Ending::ServFail => 2,
        Ending::NameError => 3,
        Ending::Silent => return Some(Replied { length: 0, ending, firewall }),
        Ending::Ask(_) | Ending::Declined => return None,
    };
    if !fits {
        return None;
    }
    let length = finish(query, out, at, rcode, (answers, authorities))?;
    Some(Replied { length, ending, firewall })
}

/// Answers a query SERVFAIL into `out`, without looking at what it asks; returns the octets of the reply.
#[must_use]
pub fn servfail(query: &Query<'_>, out: &mut [u8]) -> Option<usize> {
    out.get_mut(..query.head.len())?.copy_from_slice(query.head);
    finish(query, out, query.head.len(), 2, (0, 0))
}

/// Puts the OPT record behind a reply whose records end at `at`, and fills in its header.
#[inline(always)]
fn finish(
    query: &Query<'_>,
    out: &mut [u8],
    at: usize,
    rcode: u8,
    (answers, authorities): (u16, u8),
) -> Option<usize> {
    let mut end = at;
    if query.edns {
        *out.get_mut(at..)?.first_chunk_mut()? = OPT;
        end += OPT.len();
    }
    let [_, _, flags0, flags1, counts @ ..] = out.first_chunk_mut::<HEADER_BYTES>()?;
    // QR and RD; RA, the CD that was asked with, and neither AA nor AD. R5, R100
    *flags0 = 0x81;
    *flags1 = 0x80 | *flags1 & 0x10 | rcode;
    let numbers = [1, answers, u16::from(authorities), u16::from(query.edns)];
    let all = numbers.iter().fold(0, |all, number| all << 16 | u64::from(*number));
    *counts = all.to_be_bytes();
    Some(end)
}

/// A reply that is being written.
struct Wire<'o> {
    body: &'o mut [u8],
    /// Where the next record goes.
    at: usize,
    /// Where the first one went.
    start: usize,
    /// Where the present owner stands in the message, uncompressed.
    owner: u16,
    /// Its octets.
    owner_length: usize,
    answers: u16,
    authorities: u8,
    dns64: bool,
    /// Whether everything so far could be written.
    fits: bool,
    /// The rule of DNS Firewall that matched.
    firewall: Option<FirewallMatch>,
}

impl Wire<'_> {
    #[inline(always)]
    fn put(&mut self, octets: &[u8]) {
        match self.body.get_mut(self.at..self.at + octets.len()) {
            Some(place) => {
                place.copy_from_slice(octets);
                self.at += octets.len();
            }
            None => self.fits = false,
        }
    }

    /// Owner as a pointer, type, class IN and TTL.
    fn put_head(&mut self, owner: u16, rtype: RecordType, ttl: u32) {
        let [owner0, owner1] = (POINTER | owner).to_be_bytes();
        let [type0, type1] = u16::from(rtype).to_be_bytes();
        let [ttl0, ttl1, ttl2, ttl3] = ttl.to_be_bytes();
        self.put(&[owner0, owner1, type0, type1, 0, 1, ttl0, ttl1, ttl2, ttl3]);
    }

    #[inline(always)]
    fn put_address(&mut self, address: IpAddr, ttl: u32) {
        self.answers += 1;
        let octets = match address {
            IpAddr::V4(v4) if !self.dns64 => {
                // the whole record as one number: owner, A, IN, TTL, RDLENGTH, RDATA
                let record = u128::from(POINTER | self.owner) << 112
                    | 0x0001_0001 << 80
                    | u128::from(ttl) << 48
                    | 4 << 32
                    | u128::from(v4.to_bits());
                return self.put(&record.to_be_bytes());
            }
            IpAddr::V4(v4) => dns64_octets(v4.octets()),
            IpAddr::V6(v6) => v6.octets(),
        };
        self.put_head(self.owner, RecordType::AAAA, ttl);
        self.put(&[0, 16]);
        self.put(&octets);
    }
}

impl Reply for Wire<'_> {
    const THOROUGH: bool = false;

    fn note(&mut self, _: impl FnOnce() -> Reason) {}

    #[inline(always)]
    fn address(&mut self, address: IpAddr) {
        self.put_address(address, ENDPOINT_TTL);
    }

    fn pointer(&mut self, target: &[u8]) {
        let Ok(length) = u16::try_from(target.len()) else {
            self.fits = false;
            return;
        };
        self.put_head(self.owner, RecordType::PTR, ENDPOINT_TTL);
        self.put(&length.to_be_bytes());
        self.put(target);
        self.answers += 1;
    }

    fn rrset(&mut self, rrset: &CompiledRrset, first: usize) {
        let (RrSetData::Values { ttl, .. }, Some(records)) = (&rrset.data, rrset.wire(first))
        else {
            self.fits = false;
            return;
        };
        for record in records {
            if let (true, [_, _, a, b, c, d]) = (self.dns64, record)
                && rrset.rtype == RecordType::A
            {
                self.put_address([*a, *b, *c, *d].into(), *ttl);
                continue;
            }
            self.put_head(self.owner, rrset.rtype, *ttl);
            self.put(record);
            self.answers += 1;
        }
    }

    fn cname(&mut self, rrset: &CompiledRrset) {
        self.rrset(rrset, 0);
        let length = rrset.target.as_ref().map_or(0, |target| target.wire().len());
        match self.at.checked_sub(length).map(u16::try_from) {
            Some(Ok(owner)) if owner <= LAST_TARGET => self.owner = owner,
            _ => self.fits = false,
        }
        self.owner_length = length;
    }

    fn negative(&mut self, apex: &[u8], soa: &CompiledSoa) {
        let before = u16::try_from(self.owner_length.saturating_sub(apex.len())).unwrap_or(0);
        match soa.rrset.wire(0).and_then(|mut records| records.next()) {
            Some(record) => {
                self.put_head(self.owner + before, RecordType::SOA, soa.negative_ttl);
                self.put(record);
                self.authorities = 1;
            }
            None => self.fits = false,
        }
    }

    fn records(&self) -> usize {
        usize::from(self.answers)
    }

    fn clear(&mut self) {
        self.at = self.start;
        (self.answers, self.authorities, self.fits) = (0, 0, true);
    }

    fn begin_again(&mut self) {
        self.clear();
        self.owner = u16::try_from(HEADER_BYTES).unwrap_or(POINTER);
        self.owner_length = self.start.saturating_sub(HEADER_BYTES + 4);
    }

    fn firewall(&mut self, found: FirewallMatch) {
        self.firewall = weightier(self.firewall, Some(found));
    }

    fn is_blocked(&self) -> bool {
        self.firewall.is_some_and(|found| found.action == FirewallAction::Block)
    }

    fn restart(&mut self, dns64: bool) {
        self.begin_again();
        self.firewall = None;
        self.dns64 = dns64;
    }
}
