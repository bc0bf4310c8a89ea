//! Records in presentation format. RFC 1035 §5.1, RFC 9460 §2.1
//!
//! hickory's `Display` is right for most types; TXT, HTTPS and SVCB it prints in ways that no parser reads back.

use std::fmt::Write as _;

use hickory_proto::rr::{
    RData, Record,
    rdata::svcb::{SVCB, SvcParamValue},
};

/// A record as a line of a master file, without a class other than IN.
#[must_use]
pub fn record_text(record: &Record) -> String {
    format!(
        "{} {} IN {} {}",
        record.name,
        record.ttl,
        record.record_type(),
        rdata_text(&record.data)
    )
}

/// A record's data as in a master file.
#[must_use]
pub fn rdata_text(rdata: &RData) -> String {
    match rdata {
        RData::TXT(txt) => {
            let strings: Vec<String> = txt.txt_data.iter().map(|string| quoted(string)).collect();
            strings.join(" ")
        }
        RData::SVCB(svcb) => svcb_text(svcb),
        RData::HTTPS(https) => svcb_text(&https.0),
        other => other.to_string(),
    }
}

/// A character string in quotes; what is not printable ASCII as `\DDD`.
fn quoted(string: &[u8]) -> String {
    let mut out = String::with_capacity(string.len() + 2);
    out.push('"');
    for byte in string {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            // writing to a String cannot fail
            other => _ = write!(out, "\\{other:03}"),
        }
    }
    out.push('"');
    out
}

fn svcb_text(svcb: &SVCB) -> String {
    let mut out = format!("{} {}", svcb.svc_priority, svcb.target_name);
    for (key, value) in &svcb.svc_params {
        let value = match value {
            SvcParamValue::Alpn(alpn) => alpn.0.join(","),
            other => other.to_string().trim_end_matches(',').to_owned(),
        };
        // writing to a String cannot fail
        _ = if value.is_empty() { write!(out, " {key}") } else { write!(out, " {key}={value}") };
    }
    out
}
