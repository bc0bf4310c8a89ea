//! Keys that DNSSEC validation begins from. RFC 4034 §2

use hickory_proto::{
    dnssec::{PublicKey, Verifier, rdata::DNSSECRData},
    rr::{DNSClass, Name, RData, Record, RecordType},
    serialize::txt::{
        ParseError,
        trust_anchor::{Entry, Parser},
    },
};

use super::DEFAULT_TTL;

/// What is expected.
const EXAMPLE: &str = "a DNSKEY record, such as `. IN DNSKEY 257 3 13 …`";

/// Reads one key of the root as a DNSKEY record: `. IN DNSKEY 257 3 13 …`. R100
///
/// # Errors
/// What is wrong with it.
pub fn trust_anchor(text: &str) -> Result<Record, String> {
    let entries = Parser::new(text).parse().map_err(|error| mistake(&error))?;
    let entry = match entries.as_slice() {
        [Entry::DNSKEY(entry)] => entry,
        [] => return Err(format!("expected {EXAMPLE}, found no record")),
        more => return Err(format!("{} records: expected one", more.len())),
    };
    if !entry.name().is_root() || entry.dns_class() != DNSClass::IN {
        let name = entry.name();
        return Err(format!("a key of `{name}` {}: expected one of `.` IN", entry.dns_class()));
    }
    let key = entry.data();
    if !key.zone_key() || key.revoke() {
        return Err(format!("flags {}: expected 256 or 257, a zone's key", key.flags()));
    }
    let algorithm = key.public_key().algorithm();
    let number = u8::from(algorithm);
    if !algorithm.is_supported() {
        return Err(format!("algorithm {number} is not supported: expected 8, 10, 13, 14 or 15"));
    }
    key.key().map_err(|_| format!("the data is no key of algorithm {number}"))?;
    let data = RData::DNSSEC(DNSSECRData::DNSKEY(key.clone()));
    Ok(Record::from_rdata(Name::root(), entry.ttl().unwrap_or(DEFAULT_TTL), data))
}

fn mistake(error: &ParseError) -> String {
    match error {
        ParseError::UnsupportedRecordType(RecordType::DS) => {
            "a DS record: expected the DNSKEY record that it is the digest of".to_owned()
        }
        ParseError::UnsupportedRecordType(rtype) => {
            format!("a record of the type {rtype}: expected a DNSKEY record")
        }
        other => format!("expected {EXAMPLE}: {other}"),
    }
}
