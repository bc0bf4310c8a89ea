//! `plustwo import`, and folders in place of a topology file.

use std::fs;

use crate::{Folder, run};

#[test]
fn an_import_is_a_valid_topology_and_strict_is_about_what_it_lacks() {
    let folder = Folder::new("import");
    let path = folder.0.join("t.yaml").display().to_string();
    let (code, out, err) = run(&["import", "aws", "examples/import/dump", "--file", &path]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(
        err,
        "describe-network-interfaces.json: eni-0a1b2c3d4e5f60009: an interface of type `lambda` (10.0.1.60) of nothing a \
         topology has\nexamples/import/dump: 1 VPC, 1 interface endpoint; 1 thing not carried over as it is\n"
    );
    assert_eq!(run(&["check", &path]).0, 0);
    let strict = ["import", "aws", "examples/import/dump", "--strict", "--file", &path];
    assert_eq!(run(&strict).0, 1);
    let (code, out, _) = run(&["import", "aws", "examples/import/dump"]);
    assert_eq!((code, out), (0, fs::read_to_string(&path).unwrap()));
    let state = folder.write("state", "{\"version\": 3}");
    let (code, out, err) = run(&["import", "terraform", &state]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("not a state of Terraform's: it is of version 3"), "{err}");
}

#[test]
fn a_folder_is_taken_in_place_of_a_topology_file() {
    let dump = "examples/import/dump";
    let counted =
        format!("{dump}: 1 thing not carried over as it is; `plustwo check {dump}` lists all\n");
    let (code, out, err) = run(&["names", dump]);
    assert_eq!((code, err.as_str()), (0, counted.as_str()));
    assert!(out.contains("vpce-0a1b2c3d4e5f60001-0h4w5u94-us-east-1b.sqs.us-east-1.vpce"), "{out}");
    let (code, out, _) =
        run(&["resolve", "sqs.us-east-1.amazonaws.com", "--topology", dump, "--from", "shop"]);
    assert!(code == 0 && out.contains("10.0.1.50") && out.contains("10.0.2.50"), "{out}");
    let (code, out, err) = run(&["check", dump]);
    assert_eq!(code, 0);
    assert!(out.starts_with(&format!("{dump} is valid: 1 VPC, 2 subnets")), "{out}");
    assert!(
        err.starts_with("describe-network-interfaces.json: eni-0a1b2c3d4e5f60009: an interface"),
        "{err}"
    );
    let (_, out, _) = run(&["check", dump, "--output", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let lambda = "describe-network-interfaces.json";
    assert_eq!(value["not_carried_over"][0]["file"], lambda, "{out}");
    assert_eq!(value["not_carried_over"].as_array().map(Vec::len), Some(1), "{out}");
    let (code, _, err) = run(&["check", "no/such/folder"]);
    assert_eq!(code, 1);
    assert!(err.contains("cannot read `no/such/folder`"), "{err}");
}

#[test]
fn an_import_for_programs() {
    let folder = Folder::new("import-json");
    let path = folder.0.join("t.yaml").display().to_string();
    let json = |args: &[&str]| {
        let (code, out, err) = run(args);
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        (code, value, err)
    };
    let dump = ["import", "aws", "examples/import/dump", "--output", "json"];
    let (code, value, err) = json(&dump);
    assert_eq!((code, err.as_str()), (0, ""));
    let note = serde_json::json!({
        "file": "describe-network-interfaces.json",
        "id": "eni-0a1b2c3d4e5f60009",
        "message": "an interface of type `lambda` (10.0.1.60) of nothing a topology has",
    });
    assert_eq!(value["not_carried_over"], serde_json::json!([note]));
    // JSON is a topology file too, and of the same topology
    let as_json = folder.write("t.json", &value["topology"].to_string());
    let (code, names, _) = run(&["names", &as_json]);
    assert_eq!(code, 0);
    assert_eq!(run(&["names", "examples/import/dump"]).1, names);
    // what goes to a file is not printed
    let (code, value, _) = json(&[&dump[..], &["--strict", "--file", &path]].concat());
    assert_eq!((code, value.get("topology")), (1, None));
    assert_eq!(run(&["names", &path]).1, names);
    // a dump that cannot be read
    let broken = folder.write("broken.json", "{\"Vpcs\": [");
    let (code, value, err) = json(&["import", "terraform", &broken, "--output", "json"]);
    assert_eq!(code, 2);
    let first = &value["problems"][0];
    assert!(first["message"].as_str().unwrap().contains("the JSON ends too early"), "{value}");
    assert!(err.contains("the JSON ends too early"), "{err}");
}
