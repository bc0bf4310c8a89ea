//! Master files are read or refused, whatever is in them.

use hickory_proto::{rr::Name, serialize::binary::BinEncodable};
use plustwo::zonefile::{MAX_ERRORS, parse};
use proptest::prelude::*;

/// A file with much of what a master file can have.
const VALID: &str = "$TTL 1h\n@ SOA ns h ( 1 ; serial\n 7200 900 1209600 86400 )\n@ NS ns\nns A 10.0.0.53\n\
    db 60 IN A 10.0.0.1\n   AAAA 2001:db8::1\n$ORIGIN sub\nwww CNAME db.corp.internal.\n\
    t TXT \"a ; b\" ( \"c\\065\"\n \"d\" )\n*.w MX 10 mail\n_x._tcp SRV 0 5 443 www\nc CAA 0 issue \"ca\"\n\
    h HTTPS 1 . alpn=h2\n";

/// Pieces of which something like a master file can be put together.
const PIECES: &[&str] = &[
    "a",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "(",
    ")",
    "\"",
    "\\",
    ";",
    "@",
    "$ORIGIN",
    "$TTL",
    "$INCLUDE",
    ".",
    "*",
    "A",
    "AAAA",
    "TXT",
    "SOA",
    "MX",
    "SRV",
    "CAA",
    "HTTPS",
    "SVCB",
    "NAPTR",
    "SSHFP",
    "TLSA",
    "CERT",
    "CSYNC",
    "HINFO",
    "DNAME",
    "RP",
    "DS",
    "1",
    "10.0.0.1",
    "::1",
    "IN",
    "CH",
    "alpn=h2",
    "key1=",
    "ipv4hint=10.0.0.1",
    "issue",
    "\u{e9}",
    "\\065",
    "\\300",
    "\\010",
    "\"y\"",
    "60s",
    "9999999999",
    "-1",
    "1w2d",
    "NULL",
    "OPT",
];

/// What holds of every file: no panic, records inside the zone that a message can hold, a bounded list of mistakes.
fn check(text: &str) -> Result<(), TestCaseError> {
    let origin = Name::from_ascii("corp.internal.")
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    match parse(text, &origin, "corp.zone") {
        Ok(lines) => {
            for line in lines {
                prop_assert!(origin.zone_of(&line.record.name), "{}", line.record);
                prop_assert!(line.record.to_bytes().is_ok(), "{}", line.record);
                prop_assert!(line.number <= text.matches('\n').count() + 1);
            }
        }
        Err(errors) => prop_assert!((1..=MAX_ERRORS).contains(&errors.len())),
    }
    Ok(())
}

#[test]
fn the_file_that_is_mutated_is_valid() {
    let origin = Name::from_ascii("corp.internal.").unwrap();
    assert_eq!(parse(VALID, &origin, "corp.zone").map(|lines| lines.len()), Ok(11));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&octets))?;
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        check(&pieces.concat())?;
        check(&pieces.join(" "))?;
    }

    #[test]
    fn a_string_of_any_length(length in 200..600_usize) {
        check(&format!("a TXT \"{}\"\n", "x".repeat(length)))?;
    }

    #[test]
    fn a_valid_file_mutated(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..8),
    ) {
        let mut octets = VALID.as_bytes().to_vec();
        for (at, octet, change) in changes {
            let at = at.index(octets.len());
            match change {
                0 => octets.insert(at, octet),
                1 => drop(octets.remove(at)),
                _ => octets[at] = octet,
            }
        }
        check(&String::from_utf8_lossy(&octets))?;
    }
}
