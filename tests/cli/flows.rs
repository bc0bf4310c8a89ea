//! `plustwo flows`.

use crate::{Folder, VALID, run};

/// Flow logs of [`VALID`].
const FLOW_LOGS: &str = "flow_logs:
  all: { vpc: app, traffic_type: ALL, log_group_name: all }
  files: { subnet: app/a, traffic_type: ACCEPT, log_destination_type: s3, log_destination: logs }
";

#[test]
fn flows_exits_by_whether_there_are_records() {
    let folder = Folder::new("flows");
    let path = folder.write("plain.yaml", VALID);
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}"));
    let at = "2018-06-20T16:20:00Z";
    let from = ["--from", "app/a", "--to"];
    for (topology, arguments, expected, said) in [
        (&path, &["sns.us-east-1.amazonaws.com"][..], 2, "the topology has no `flow_logs`"),
        (
            &logged,
            &["sns.us-east-1.amazonaws.com", "--at", at],
            0,
            " 443 6 4 336 1529511600 1529511600 ACCEPT OK\n",
        ),
        (
            &logged,
            &["10.0.1.50:22", "--at", "1529511600"],
            0,
            " 22 6 4 336 1529511600 1529511600 ACCEPT OK\n",
        ),
        (&logged, &["10.0.0.2:53", "--protocol", "udp"], 1, ""),
        (&logged, &["nosuch.invalid"], 1, "no address: NXDOMAIN"),
        (
            &logged,
            &["10.0.1.50", "--flow-log", "al"],
            2,
            "there is no flow log `al`: did you mean `all`?",
        ),
        (
            &logged,
            &["10.0.1.50", "--at", "yesterday"],
            2,
            "`yesterday` is no time: expected one such as",
        ),
        (&logged, &["10.0.1.50", "--duration", "86401"], 2, "86401 is not in 0..=86400"),
        (
            &logged,
            &["10.0.1.50", "--flow-log", "all", "--deliver"],
            2,
            "flow log `all`: no `endpoint_url` for CloudWatch Logs",
        ),
        (
            &logged,
            &["10.0.1.50:22", "--flow-log", "files", "--deliver"],
            0,
            "delivered 2 records to ",
        ),
    ] {
        let mut all = vec!["flows", "--topology", topology];
        all.extend(from);
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
}

#[test]
fn flows_says_why_there_is_no_record() {
    let folder = Folder::new("flows-silence");
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}"));
    let at = "2018-06-20T16:20:00Z";
    for (arguments, said_out, said_err) in [
        (
            &["10.0.0.2:53", "--protocol", "udp"][..],
            "",
            "no record: Flow Logs never have packets to or from the VPC Resolver (N206)\n",
        ),
        (
            &["10.0.1.50", "--at", at, "--flow-log", "all", "--delivered-by", at],
            "",
            "no record yet: AWS would deliver the first about 2018-06-20T16:35:00Z (N203)\n",
        ),
        (
            &["10.0.1.50", "--output", "json", "--packets", "0"],
            "\"Explanation\": \"no record: no packet is sent\"",
            "",
        ),
    ] {
        let mut all = vec!["flows", "--topology", &logged, "--from", "app/a", "--to"];
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!((code, &*err), (1, said_err), "{arguments:?}\n{out}{err}");
        assert_eq!(out.is_empty(), said_out.is_empty(), "{out}");
        assert!(out.contains(said_out), "{out}");
    }
}

#[test]
fn flows_delivers_what_it_can() {
    let folder = Folder::new("flows-deliver");
    let more = "  nowhere: { vpc: app, traffic_type: ALL, log_destination_type: s3, log_destination: \"arn:aws:s3:::bucket\" }\n";
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}{more}"));
    let (code, out, err) =
        run(&["flows", "--topology", &logged, "--from", "app/a", "--to", "10.0.1.50", "--deliver"]);
    assert_eq!(code, 2, "{out}{err}");
    let lines: Vec<&str> = err.lines().collect();
    // those of `all` before and of `nowhere` behind do not keep back those of `files`
    let [delivered, first, second] = *lines else { panic!("{err}") };
    assert!(delivered.starts_with("delivered 2 records to "), "{delivered}");
    assert!(
        first.starts_with("error: flow log `all`: no `endpoint_url` for CloudWatch"),
        "{first}"
    );
    assert!(second.starts_with("error: flow log `nowhere`: no `endpoint_url` for S3"), "{second}");
}

#[test]
fn flows_shows_a_flow_log_as_describe_flow_logs_does() {
    let folder = Folder::new("flows-json");
    let logs = "flow_logs: { all: { vpc: app, traffic_type: ALL, log_group_name: all } }\n";
    let logged = folder.write("logged.yaml", &format!("{VALID}{logs}"));
    let arguments = [
        "flows",
        "--topology",
        &logged,
        "--from",
        "app/a",
        "--to",
        "10.0.1.50",
        "--output",
        "json",
    ];
    let (code, out, _) = run(&arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let flow_log = &json["FlowLogs"][0]["FlowLog"];
    assert_eq!((code, &flow_log["LogGroupName"]), (0, &"all".into()));
}

#[test]
fn flows_knows_what_is_too_much_and_when_records_are_delivered() {
    let folder = Folder::new("flows-time");
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}"));
    let at = "2018-06-20T16:20:00Z";
    for (arguments, expected, said) in [
        (
            &["10.0.1.50", "--packets", "1", "--bytes", "65536"][..],
            2,
            "65536 octets in these packets: expected at most 65535",
        ),
        (
            &["10.0.1.50", "--at", "18446744073709551615"],
            2,
            "18446744073709551615 seconds since 1970: expected at most 253370764799",
        ),
        (
            &["10.0.1.50:22", "--flow-log", "files", "--at", at, "--deliver"],
            0,
            ".log.gz, as AWS would about 2018-06-20T16:40:00Z\n",
        ),
        (&["10.0.1.50", "--at", at, "--delivered-by", "2018-06-20T16:34:59Z"], 1, ""),
        (&["10.0.1.50", "--at", at, "--delivered-by", "2018-06-20T16:35:00Z"], 0, " ACCEPT OK\n"),
    ] {
        let all =
            [&["flows", "--topology", &logged, "--from", "app/a", "--to"], arguments].concat();
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
}
