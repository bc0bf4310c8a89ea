//! `plustwo check`, and what other commands say of an invalid file.

use crate::{Folder, VALID, run};

#[test]
fn check_summarises_a_valid_file() {
    let folder = Folder::new("check");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, err) = run(&["check", &path]);
    assert_eq!((code, err.as_str()), (0, ""));
    let expected = format!(
        "{path} is valid: 1 VPC, 2 subnets, 1 interface endpoint, 0 gateway endpoints, 1 hosted zone, 0 instances in \
         us-east-1\n  app: the resolver is at 10.0.0.2, 169.254.169.253, fd00:ec2::253\n  app/sns: com.amazonaws.us-east-1.sns, in us-east-1a (use1-az1) us-east-1b (use1-az2), private DNS on\n    \
         vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com\n"
    );
    assert_eq!(out, expected);
}

#[test]
fn check_of_an_invalid_file_says_everything_and_exits_1() {
    let folder = Folder::new("invalid");
    let text = VALID
        .replace("service_name: sns", "service_name: snss")
        .replace("us-east-1b,", "us-west-1b,")
        .replace("cidr_block: 10.0.0.0/16", "cidr_block: 10.0.0.0/16\n    internet_gatway: true");
    let path = folder.write("invalid.yaml", &text);
    let (code, out, err) = run(&["check", &path]);
    assert_eq!((code, out.as_str()), (1, ""));
    for expected in [
        "did you mean `internet_gateway`?",
        "`us-west-1b` is not in us-east-1",
        "'snss' does not exist",
        "3 errors",
    ] {
        assert!(err.contains(expected), "{expected}:\n{err}");
    }
    assert!(err.contains(&format!("{path}:13:5")), "a place:\n{err}");
    let (code, out, _) = run(&["check", &path, "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["valid"]), (1, &false.into()));
    assert_eq!(json["problems"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_that_another_command_needs_and_is_invalid_exits_2() {
    let folder = Folder::new("exit2");
    let path = folder.write("invalid.yaml", "region: us-esat-1\n");
    let (code, _, err) = run(&["names", &path]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `us-east-1`?"), "{err}");
    let (code, _, err) = run(&["names", "/nowhere/missing.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot read `/nowhere/missing.yaml`"), "{err}");
    let (code, _, _) = run(&["no-such-command"]);
    assert_eq!(code, 2);
}
