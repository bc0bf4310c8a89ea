//! Records print as a master file would have them, and read back the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use hickory_proto::rr::Name;
use plustwo::{render::rdata_text, zonefile};

#[test]
fn every_type_comes_out_as_it_went_in() {
    for (rtype, text) in [
        ("A", "10.0.0.1"),
        ("AAAA", "2001:db8::1"),
        ("CNAME", "db.corp.internal."),
        ("MX", "10 mx.corp.internal."),
        ("TXT", r#""a \"b\" \\ c" "" "x""#),
        ("SRV", "0 5 389 db.corp.internal."),
        ("CAA", r#"0 issue "ca.example.net""#),
        ("PTR", "db.corp.internal."),
        ("NS", "ns.corp.internal."),
        ("SOA", "ns.corp.internal. host.corp.internal. 1 7200 900 1209600 86400"),
        ("HTTPS", "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1,192.0.2.2"),
        ("SVCB", "2 svc.corp.internal. alpn=h2"),
    ] {
        let line = format!("x. 60 {rtype} {text}");
        // at the apex, where alone an SOA may be
        let apex = Name::from_ascii("x.").unwrap();
        let lines = zonefile::parse(&line, &apex, "test").unwrap();
        assert_eq!(rdata_text(&lines[0].record.data), text, "{rtype}");
    }
}

#[test]
fn escapes_are_read_by_rfc_1035() {
    for (text, printed) in [
        (r#""\065\098c""#, r#""Abc""#),
        (r#""a\034b\092c\"d""#, r#""a\"b\\c\"d""#),
        (r#""ä""#, r#""\195\164""#),
    ] {
        let lines = zonefile::parse(&format!("x. TXT {text}"), &Name::root(), "test").unwrap();
        assert_eq!(rdata_text(&lines[0].record.data), printed, "{text}");
    }
    let errors = zonefile::parse(r#"x. TXT "\195\164""#, &Name::root(), "test").unwrap_err();
    assert_eq!(errors[0].message, r"octet `\195` is not supported: expected text");
}
