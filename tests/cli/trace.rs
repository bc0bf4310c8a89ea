//! `plustwo trace`.

use crate::{Folder, VALID, run};

#[test]
fn trace_exits_by_whether_it_gets_there_and_back() {
    let folder = Folder::new("trace");
    let path = folder.write("valid.yaml", VALID);
    for (arguments, expected, said) in [
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com"][..],
            0,
            "AVAILABILITY_ZONE_CROSSED",
        ),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--protocol", "icmp"],
            1,
            "PROTOCOL_RESTRICTION",
        ),
        (&["--from", "app/a", "--to", "10.0.0.2:53", "--protocol", "udp"], 0, "\n  reachable\n"),
        (&["--from", "internet", "--to", "10.0.1.50"], 1, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"),
        (&["--from", "app/a", "--to", "nosuch.invalid"], 1, "no address: NXDOMAIN"),
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com", "--impaired", "us-east-1b"],
            0,
            "app/a: 10.0.1.50\n",
        ),
        // everything in the AZ is cut off, the asker too
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com", "--impaired", "us-east-1a"],
            1,
            "EMU_AZ_IMPAIRED",
        ),
        (&["--from", "app", "--to", "10.0.1.50"], 2, "`app` is no place"),
        (&["--from", "app/a", "--to", "app/b"], 2, "`app/b` is no destination"),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--source-address", "10.0.2.9"],
            2,
            "not in subnet `a`",
        ),
        (&["--from", "app/a", "--to", "10.0.1.50:80", "--protocol", "icmp"], 2, "has a port"),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--impaired", "us-east-1z"],
            2,
            "there is no Availability Zone",
        ),
    ] {
        let mut all = vec!["trace", "--topology", &path];
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
    let arguments =
        ["trace", "--topology", &path, "--from", "app/a", "--to", "10.0.1.50", "--output", "json"];
    let (code, out, _) = run(&arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["NetworkInsightsAnalyses"][0]["NetworkPathFound"]), (0, &true.into()));
}

/// With an action, a trace asks the policies of the endpoint that its packet goes through.
#[test]
fn trace_asks_policies_of_the_way_it_takes() {
    let topology = "examples/bucket-locked-to-an-endpoint/topology.yaml";
    let asked = |more: &str| {
        let line = format!("trace --topology {topology} --to s3.us-east-1.amazonaws.com {more}");
        run(&line.split_whitespace().collect::<Vec<_>>())
    };
    let get = "--action s3:GetObject --resource arn:aws:s3:::ledger/k";
    for (more, code, said) in [
        (format!("--from app/worker {get}"), 0, "through app/s3: allowed"),
        (format!("--from app/bastion {get}"), 1, "through no endpoint: denied"),
        // nothing arrives, so that nothing is asked
        (format!("--from app/worker --impaired us-east-1a {get}"), 1, "BAD_STATE"),
        ("--from app/worker --action s3:GetObject".to_owned(), 2, "--resource <ARN>"),
        ("--from app/worker --resource arn:aws:s3:::ledger/k".to_owned(), 2, "--action <ACTION>"),
        (format!("--from app/worker {get} --principal ann"), 2, "`ann` is no principal"),
    ] {
        let (found, out, err) = asked(&more);
        assert_eq!(found, code, "{more}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{more}: {said}\n{out}{err}");
    }
    let (_, out, _) = asked(&format!("--from app/worker {get} --output json"));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["decisions"][0]["allowed"], true);
    let (_, out, _) =
        asked(&format!("--from app/worker --impaired us-east-1a {get} --output json"));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["decisions"], serde_json::json!([null]));
}

/// N161
#[test]
fn analyses_say_what_a_reply_does_not_come_back_through() {
    let folder = Folder::new("trace-another-way");
    let topology = include_str!("another-way.yaml");
    let path = folder.write("topology.yaml", topology);
    for (from, to, expected) in [
        ("app/one", "app/two", ["app/wall", ""]),
        ("app/two", "app/one", ["", "app/wall"]),
        ("app/two", "app/wall", ["", ""]),
    ] {
        let arguments =
            ["trace", "--topology", &path, "--from", from, "--to", to, "--output", "json"];
        let (code, out, err) = run(&arguments);
        assert_eq!(code, 0, "{from} {to}\n{out}{err}");
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        let analysis = &json["NetworkInsightsAnalyses"][0];
        let found = ["ForwardPathComponents", "ReturnPathComponents"].map(|way| {
            let hops = analysis[way].as_array().unwrap().iter();
            let another = serde_json::json!([{ "AdditionalDetailType": "EMU_ASYMMETRIC_PATH" }]);
            let noted = hops.filter(|hop| hop["AdditionalDetails"] == another);
            let names = noted.map(|hop| hop["Component"]["Name"].as_str().unwrap());
            names.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(found, expected, "{from} {to}\n{out}");
    }
}
