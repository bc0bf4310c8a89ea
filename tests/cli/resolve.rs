//! `plustwo resolve`.

use std::net::UdpSocket;

use crate::{Folder, VALID, run};

#[test]
fn resolve_exits_by_the_answer() {
    let folder = Folder::new("resolve");
    let path = folder.write("valid.yaml", VALID);
    for (arguments, code, expected) in [
        (&["sns.us-east-1.amazonaws.com"][..], 0, "60 IN A 10.0.1.50"),
        (&["sns.us-east-1.amazonaws.com", "AAAA"], 0, "NOERROR"),
        (&["sns.us-east-1.amazonaws.com", "type1"], 0, "60 IN A 10.0.1.50"),
        (&["sns.us-east-1.amazonaws.com", "TYPE65280"], 0, " TYPE65280 from app: NOERROR"),
        (&["x.sns.us-east-1.amazonaws.com"], 1, "NXDOMAIN"),
        (&["sns.us-east-1.amazonaws.com", "--from", "internet"], 0, "60 IN A 192.0.2."),
        (&["sns.us-east-1.amazonaws.com", "--impaired", "us-east-1a"], 0, "60 IN A 10.0.2.50"),
        (&["sns.us-east-1.amazonaws.com", "--impaired", "use1-az1", "--explain"], 0, "left out"),
        (&["db.corp.internal", "--unhealthy", "main"], 0, "300 IN A 10.0.2.9"),
        (
            &["db.corp.internal", "--unhealthy", "main", "--explain"],
            0,
            "health check main is unhealthy",
        ),
        (&["sns.us-east-1.amazonaws.com", "--output", "json"], 0, "\"status\": \"NOERROR\""),
    ] {
        let mut all = vec!["resolve", "--topology", &path];
        all.extend(arguments);
        let (found, out, err) = run(&all);
        assert_eq!(found, code, "{arguments:?}\n{out}{err}");
        assert!(out.contains(expected), "{arguments:?}: {expected}\n{out}");
    }
    for (arguments, expected) in [
        (&["a.example", "--from", "app/c"][..], "did you mean"),
        (&["a.example", "--impaired", "us-east-1q"], "there is no Availability Zone `us-east-1q`"),
        (&["a.example", "--unhealthy", "mian"], "did you mean `main`?"),
        (&["a.example", "NONSENSE"], "is not a record type"),
        (&["a..example"], "is not a domain name"),
    ] {
        let mut all = vec!["resolve", "--topology", &path];
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(expected), "{arguments:?}: {expected}\n{err}");
    }
}

#[test]
fn a_dead_upstream_is_said_to_be_why() {
    // bound, and silent
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new("dead");
    let address = upstream.local_addr().unwrap();
    let text = format!("{VALID}public_dns: {{ upstream: [\"{address}\"] }}\n");
    let path = folder.write("valid.yaml", &text);
    let (code, out, _) = run(&["resolve", "example.com", "--topology", &path, "--explain"]);
    assert_eq!(code, 1);
    assert!(out.contains("SERVFAIL"), "{out}");
    assert!(
        out.contains("gave no usable answer in time, so the answer is SERVFAIL (R86)"),
        "{out}"
    );
}
