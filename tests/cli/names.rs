//! `plustwo names` and `plustwo zones list`.

use crate::{Folder, VALID, run};

#[test]
fn names_in_every_shape() {
    let folder = Folder::new("names");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, _) = run(&["names", &path]);
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), 5, "{out}");
    assert!(
        out.contains("vpce-0123456789abcdef0-lj2wisx3-us-east-1b.sns.us-east-1.vpce.amazonaws.com"),
        "{out}"
    );
    // R19, R20: the shape of describe-vpc-endpoints
    let (_, out, _) = run(&["names", &path, "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let endpoint = &json["VpcEndpoints"][0];
    assert_eq!(endpoint["VpcEndpointId"], "vpce-0123456789abcdef0");
    assert_eq!(endpoint["ServiceName"], "com.amazonaws.us-east-1.sns");
    assert_eq!(endpoint["DnsOptions"]["DnsRecordIpType"], "ipv4");
    let entries = endpoint["DnsEntries"].as_array().unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry["DnsName"].as_str().unwrap()).collect();
    assert_eq!(
        names.first(),
        Some(&"vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com")
    );
    assert_eq!(names.last(), Some(&"sns.us-east-1.amazonaws.com"));
    assert_eq!(entries[0]["HostedZoneId"], "Z7HUB22UULQXV");
    // R25: CloudFormation's attribute
    let (_, out, _) = run(&["names", &path, "--output", "cloudformation"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let first = json["app/sns"][0].as_str().unwrap();
    assert_eq!(
        first,
        "Z7HUB22UULQXV:vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com"
    );
}

#[test]
fn zones_list_says_whose_each_is() {
    let folder = Folder::new("zones");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, err) = run(&["zones", "list", &path]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> =
        out.lines().skip(1).map(|line| line.split_whitespace().skip(1).collect()).collect();
    let expected = [
        ["corp.internal.", "123456789012"],
        ["sns.us-east-1.amazonaws.com.", "vpce.amazonaws.com"],
    ];
    assert_eq!(lines, expected, "{out}");
    let (_, out, _) = run(&["zones", "list", &path, "--vpc", "app", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["HostedZoneSummaries"][0]["Owner"]["OwningAccount"], "123456789012");
    let (code, _, err) = run(&["zones", "list", &path, "--vpc", "ap"]);
    assert_eq!((code, err.contains("did you mean `app`?")), (2, true), "{err}");
}
