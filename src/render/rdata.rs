//! Records in presentation format. RFC 1035 §5.1, RFC 3597 §5, RFC 9460 §2.1
//!
//! hickory's `Display` is for people: it shows `xn--` labels as Unicode, escapes octets in octal, and leaves the
//! quotes of character strings out or open. What has names or strings in it is therefore printed here.

use std::fmt::Write as _;

use hickory_proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{
        CAA, NAPTR,
        svcb::{SVCB, SvcParamKey, SvcParamValue},
    },
};

/// A record as a line of a master file, without a class other than IN.
#[must_use]
pub fn record_text(record: &Record) -> String {
    format!(
        "{} {} IN {} {}",
        name_text(&record.name),
        record.ttl,
        type_text(record.record_type()),
        rdata_text(&record.data)
    )
}

/// A name in ASCII as a master file has it; what is special there, or not printable, is escaped. RFC 1035 §5.1
#[must_use]
pub fn name_text(name: &Name) -> String {
    let mut out = String::with_capacity(name.len() + 1);
    for label in name {
        for byte in label {
            match byte {
                b'.' | b';' | b'\\' | b'(' | b')' | b'@' | b'$' | b'"' => {
                    out.push('\\');
                    out.push(char::from(*byte));
                }
                b'!'..=b'~' => out.push(char::from(*byte)),
                // writing to a String cannot fail
                other => _ = write!(out, "\\{other:03}"),
            }
        }
        out.push('.');
    }
    if name.is_root() {
        out.push('.');
    } else if !name.is_fqdn() {
        out.pop();
    }
    out
}

/// A type's mnemonic; `TYPE` and its number where it has none. RFC 3597 §5
#[must_use]
pub fn type_text(rtype: RecordType) -> String {
    match rtype {
        RecordType::Unknown(number) => format!("TYPE{number}"),
        known => known.to_string(),
    }
}

/// A record's data as in a master file.
#[must_use]
pub fn rdata_text(rdata: &RData) -> String {
    match rdata {
        RData::CNAME(name) => name_text(name),
        RData::NS(name) => name_text(name),
        RData::PTR(name) => name_text(name),
        RData::ANAME(name) => name_text(name),
        RData::MX(mx) => format!("{} {}", mx.preference, name_text(&mx.exchange)),
        RData::SRV(srv) => {
            format!("{} {} {} {}", srv.priority, srv.weight, srv.port, name_text(&srv.target))
        }
        RData::SOA(soa) => format!(
            "{} {} {} {} {} {} {}",
            name_text(&soa.mname),
            name_text(&soa.rname),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
        RData::TXT(txt) => {
            let strings: Vec<String> = txt.txt_data.iter().map(|string| quoted(string)).collect();
            strings.join(" ")
        }
        RData::HINFO(hinfo) => format!("{} {}", quoted(&hinfo.cpu), quoted(&hinfo.os)),
        RData::CAA(caa) => caa_text(caa),
        RData::NAPTR(naptr) => naptr_text(naptr),
        RData::SVCB(svcb) => svcb_text(svcb),
        RData::HTTPS(https) => svcb_text(&https.0),
        RData::Unknown { rdata, .. } => generic(&rdata.anything),
        RData::NULL(null) => generic(&null.anything),
        other => other.to_string(),
    }
}

fn caa_text(caa: &CAA) -> String {
    format!("{} {} {}", caa.flags(), caa.tag, quoted(&caa.value))
}

fn naptr_text(naptr: &NAPTR) -> String {
    format!(
        "{} {} {} {} {} {}",
        naptr.order,
        naptr.preference,
        quoted(&naptr.flags),
        quoted(&naptr.services),
        quoted(&naptr.regexp),
        name_text(&naptr.replacement)
    )
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

/// Data of a type without a form of its own: its length and its octets in hexadecimal. RFC 3597 §5
fn generic(octets: &[u8]) -> String {
    let mut out = format!("\\# {}", octets.len());
    for (at, byte) in octets.iter().enumerate() {
        // writing to a String cannot fail
        _ = if at == 0 { write!(out, " {byte:02x}") } else { write!(out, "{byte:02x}") };
    }
    out
}

fn svcb_text(svcb: &SVCB) -> String {
    let mut out = format!("{} {}", svcb.svc_priority, name_text(&svcb.target_name));
    for (key, value) in &svcb.svc_params {
        let value = match value {
            SvcParamValue::Mandatory(keys) => {
                keys.0.iter().map(|key| key_text(*key)).collect::<Vec<_>>().join(",")
            }
            SvcParamValue::Alpn(alpn) => alpn_text(&alpn.0),
            SvcParamValue::Unknown(unknown) if unknown.0.is_empty() => String::new(),
            SvcParamValue::Unknown(unknown) => quoted(&unknown.0),
            SvcParamValue::NoDefaultAlpn
            | SvcParamValue::Port(_)
            | SvcParamValue::Ipv4Hint(_)
            | SvcParamValue::EchConfigList(_)
            | SvcParamValue::Ipv6Hint(_) => value.to_string().trim_end_matches(',').to_owned(),
        };
        let key = key_text(*key);
        // writing to a String cannot fail
        _ = if value.is_empty() { write!(out, " {key}") } else { write!(out, " {key}={value}") };
    }
    out
}

/// A key's name; `key` and its number where it has none. RFC 9460 §2.1
fn key_text(key: SvcParamKey) -> String {
    match key {
        SvcParamKey::Unknown(number) => format!("key{number}"),
        known => known.to_string(),
    }
}

/// A list of ALPN ids, in quotes where one needs escapes: a comma in an id is escaped twice. RFC 9460 §A.1
fn alpn_text(ids: &[String]) -> String {
    let list: Vec<String> =
        ids.iter().map(|id| id.replace('\\', "\\\\").replace(',', "\\,")).collect();
    let list = list.join(",");
    let plain = list.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\;()".contains(&byte));
    if plain { list } else { quoted(list.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{
        CNAME, HINFO, HTTPS, MX, NULL, TXT,
        svcb::{Alpn, Mandatory, Unknown},
    };

    use super::*;

    fn name(labels: &[&[u8]]) -> Name {
        let mut name = Name::from_labels(labels.iter().copied()).unwrap();
        name.set_fqdn(true);
        name
    }

    #[test]
    fn names_are_ascii_with_decimal_escapes() {
        // RFC 1035 §5.1
        for (labels, expected) in [
            (&[][..], "."),
            (&[b"xn--bcher-kva".as_slice(), b"example"][..], "xn--bcher-kva.example."),
            (&[b"*".as_slice(), b"example"], "*.example."),
            (&[b"_sip".as_slice(), b"_tcp"], "_sip._tcp."),
            (&[b"we.ird".as_slice()], "we\\.ird."),
            (&[b"a b\x00\xff".as_slice()], "a\\032b\\000\\255."),
            (&[b"a\"(;)@$\\".as_slice()], "a\\\"\\(\\;\\)\\@\\$\\\\."),
        ] {
            assert_eq!(name_text(&name(labels)), expected);
        }
        assert_eq!(name_text(&Name::from_ascii("no.dot").unwrap()), "no.dot");
    }

    #[test]
    fn data_as_in_a_master_file() {
        let idn = name(&[b"xn--bcher-kva", b"example"]);
        let mut caa = CAA::new_issue(true, None, Vec::new());
        caa.value = b"ca\"; a=\\".to_vec();
        let svcb = |params| RData::HTTPS(HTTPS(SVCB::new(1, Name::root(), params)));
        for (rdata, expected) in [
            (RData::CNAME(CNAME(idn.clone())), "xn--bcher-kva.example."),
            (RData::MX(MX::new(10, idn.clone())), "10 xn--bcher-kva.example."),
            (
                RData::TXT(TXT::from_bytes(vec![b"a b", b"\"\\", b"\xc3\xbc", b""])),
                r#""a b" "\"\\" "\195\188" """#,
            ),
            (RData::HINFO(HINFO::new("PC".into(), "Linux x".into())), r#""PC" "Linux x""#),
            (RData::CAA(caa), r#"128 issue "ca\"; a=\\""#),
            (
                RData::NAPTR(NAPTR::new(
                    1,
                    2,
                    (*b"u").into(),
                    (*b"E2U+sip").into(),
                    (*br"!^\+(.*)$!sip:\1@x!").into(),
                    idn,
                )),
                r#"1 2 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@x!" xn--bcher-kva.example."#,
            ),
            (
                svcb(vec![
                    (
                        SvcParamKey::Mandatory,
                        SvcParamValue::Mandatory(Mandatory(vec![
                            SvcParamKey::Alpn,
                            SvcParamKey::Unknown(9),
                        ])),
                    ),
                    (SvcParamKey::Alpn, SvcParamValue::Alpn(Alpn(vec!["h2".into(), "h3".into()]))),
                    (SvcParamKey::NoDefaultAlpn, SvcParamValue::NoDefaultAlpn),
                    (SvcParamKey::Unknown(9), SvcParamValue::Unknown(Unknown(vec![0xff, b'"']))),
                ]),
                r#"1 . mandatory=alpn,key9 alpn=h2,h3 no-default-alpn key9="\255\"""#,
            ),
            (
                // RFC 9460 §A.1: a comma in an id is escaped for the list, and the escape for the string
                svcb(vec![(
                    SvcParamKey::Alpn,
                    SvcParamValue::Alpn(Alpn(vec!["f\\oo,bar".into(), "h2".into()])),
                )]),
                r#"1 . alpn="f\\\\oo\\,bar,h2""#,
            ),
            (
                RData::Unknown {
                    code: RecordType::Unknown(65280),
                    rdata: NULL::with(vec![0xab, 1]),
                },
                r"\# 2 ab01",
            ),
            (RData::Unknown { code: RecordType::Unknown(65280), rdata: NULL::new() }, r"\# 0"),
        ] {
            assert_eq!(rdata_text(&rdata), expected);
        }
        assert_eq!(type_text(RecordType::Unknown(65280)), "TYPE65280");
    }
}
