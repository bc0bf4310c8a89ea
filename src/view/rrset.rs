//! RRsets as the answer path wants them: as data, and as the octets that they have in a message.

use std::iter;

use hickory_proto::rr::{Name, RData, RecordType, rdata::CNAME};

use crate::model::{DnsName, RrSetData};

/// An RRset of a zone, compiled.
#[derive(Clone, Debug)]
pub struct CompiledRrset {
    /// Its type.
    pub rtype: RecordType,
    /// What it holds.
    pub data: RrSetData,
    /// The target of a CNAME as a key: lower case.
    pub target: Option<DnsName>,
    /// Its records in wire format, each with its RDLENGTH in front, names in it uncompressed. None for aliases, and
    /// for types that are left to the codec.
    wire: Option<Box<[u8]>>,
    /// Where a routing policy chooses: what it chooses from, in the order of `data`. R71
    pub members: Box<[Self]>,
}

impl CompiledRrset {
    /// Compiles an RRset.
    #[must_use]
    pub fn new(rtype: RecordType, data: RrSetData) -> Self {
        let (mut wire, mut target, mut members) = (None, None, Box::default());
        if let RrSetData::Routed(all) = &data {
            members = all.iter().map(|one| Self::new(rtype, one.data.clone())).collect();
        }
        if let RrSetData::Values { rdata, .. } = &data {
            let octets: Option<Vec<Vec<u8>>> = rdata.iter().map(record).collect();
            wire = octets.map(|records| records.concat().into());
            if let Some(RData::CNAME(CNAME(name))) = rdata.first() {
                target = Some(DnsName::from(name));
            }
        }
        Self { rtype, data, target, wire, members }
    }

    /// A CNAME RRset.
    #[must_use]
    pub fn cname(target: Name, ttl: u32) -> Self {
        let rdata = vec![RData::CNAME(CNAME(target))];
        Self::new(RecordType::CNAME, RrSetData::Values { ttl, rdata })
    }

    /// How many places its records rotate by at this turn: only addresses do. R32
    #[must_use]
    pub fn rotation(&self, turn: u32) -> usize {
        match (&self.data, self.rtype) {
            (RrSetData::Values { rdata, .. }, RecordType::A | RecordType::AAAA) => {
                (turn as usize).checked_rem(rdata.len()).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// The records as the file gives them; none of an alias or of a routing policy.
    pub fn values(&self) -> impl Iterator<Item = &RData> {
        let values = match &self.data {
            RrSetData::Values { rdata, .. } => &rdata[..],
            RrSetData::Alias(_) | RrSetData::Routed(_) => &[],
        };
        values.iter()
    }

    /// The records in wire format, each RDLENGTH and RDATA, beginning with the one at `first`.
    ///
    /// None where the RRset has to be encoded by the codec.
    pub fn wire(&self, first: usize) -> Option<impl Iterator<Item = &[u8]>> {
        let records = || octets(self.wire.as_deref().unwrap_or_default());
        self.wire.as_ref()?;
        Some(records().skip(first).chain(records().take(first)))
    }
}

/// Takes apart what [`record`] made.
fn octets(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    iter::from_fn(move || {
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let (record, others) = rest.split_at_checked(2 + length)?;
        rest = others;
        Some(record)
    })
}

/// RDLENGTH and RDATA of the types that are common and simple. RFC 1035 §3.3, RFC 3596, RFC 2782
fn record(rdata: &RData) -> Option<Vec<u8>> {
    let mut out = vec![0, 0];
    match rdata {
        RData::A(address) => out.extend(address.0.octets()),
        RData::AAAA(address) => out.extend(address.0.octets()),
        RData::CNAME(target) => put_name(&mut out, &target.0),
        RData::NS(server) => put_name(&mut out, &server.0),
        RData::PTR(target) => put_name(&mut out, &target.0),
        RData::MX(mx) => {
            out.extend(mx.preference.to_be_bytes());
            put_name(&mut out, &mx.exchange);
        }
        RData::SRV(srv) => {
            for number in [srv.priority, srv.weight, srv.port] {
                out.extend(number.to_be_bytes());
            }
            put_name(&mut out, &srv.target);
        }
        RData::TXT(txt) => {
            for text in &txt.txt_data {
                out.push(u8::try_from(text.len()).ok()?);
                out.extend_from_slice(text);
            }
        }
        RData::SOA(soa) => {
            put_name(&mut out, &soa.mname);
            put_name(&mut out, &soa.rname);
            let timers = [soa.refresh, soa.retry, soa.expire].map(i32::to_be_bytes);
            out.extend(soa.serial.to_be_bytes());
            out.extend(timers.concat());
            out.extend(soa.minimum.to_be_bytes());
        }
        _ => return None,
    }
    let length = u16::try_from(out.len() - 2).ok()?;
    if let Some(prefix) = out.first_chunk_mut() {
        *prefix = length.to_be_bytes();
    }
    Some(out)
}

/// A name in wire format, in its own case.
fn put_name(out: &mut Vec<u8>, name: &Name) {
    for label in name {
        // a label of `Name` is at most 63 octets
        out.push(u8::try_from(label.len()).unwrap_or(63));
        out.extend_from_slice(label);
    }
    out.push(0);
}
