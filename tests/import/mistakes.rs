//! What cannot be read at all: each mistake at its place, all files in one run.

use std::{fs, path::PathBuf};

use plustwo::import;

/// A folder of its own, gone with its owner.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("plustwo-import-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn with(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.join(file), text).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// What is said, with the folder's own name taken out.
fn refused(folder: &Folder) -> String {
    let problems = import::aws(&folder.0).unwrap_err();
    let folder = folder.0.display().to_string();
    problems.render().replace(&format!("{folder}/"), "").replace(&folder, "DIR")
}

#[test]
fn broken_json_has_its_place_in_each_file() {
    let folder = Folder::new("json")
        .with("a.json", "{\"Vpcs\": [\n  {\"VpcId\": \"vpc-1\"")
        .with("b.json", "{\"Vpcs\": [\n  {\"VpcId\": vpc-1}]}\n")
        .with("c.json", b"{\"Vpcs\": \"\xff\"}");
    let text = refused(&folder);
    for expected in [
        "error: the JSON ends too early: EOF while parsing an object\n --> a.json:2:19",
        "= help: the file is cut off",
        "error: not JSON: expected value\n --> b.json:2:13",
        "error: not UTF-8: byte 0xff here\n --> c.json:1:11",
        "3 errors in 3 files",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in:\n{text}");
    }
}

#[test]
fn folders_and_files_without_anything_are_refused() {
    for (name, file, text, expected) in [
        ("none", "README.md", "", "found nothing that a topology file has in `DIR`"),
        (
            "no-vpc",
            "a.json",
            "{\"Subnets\": [{\"SubnetId\": \"subnet-1\"}]}",
            "found no VPC in `DIR`",
        ),
        (
            "empty-list",
            "a.json",
            "{\"Vpcs\": []}",
            "found nothing that a topology file has in `DIR`",
        ),
    ] {
        let text = refused(&Folder::new(name).with(file, text));
        assert!(text.contains(expected), "`{expected}` is not in:\n{text}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let text = refused(&Folder::new("deep").with("a.json", "[".repeat(100_000)));
    assert!(text.contains("the JSON is nested too deeply: recursion limit exceeded"), "{text}");
    let folder = Folder::new("deep-folders");
    fs::create_dir_all(folder.0.join("1/2/3/4/5/6/7/8/9")).unwrap();
    assert!(refused(&folder).contains("is deeper than 8 folders"));
}

#[test]
fn only_states_of_terraforms_are_taken() {
    for (name, text, expected) in [
        ("plan", r#"{"format_version":"1.2","planned_values":{}}"#, "it is a plan"),
        ("v3", r#"{"version":3,"modules":[]}"#, "it is of version 3"),
        ("other", r#"{"Vpcs":[]}"#, "it has neither `format_version` nor `version`"),
        ("empty", "", "the file is empty"),
        ("no-vpc", r#"{"version":4,"resources":[]}"#, "found nothing that a topology file has"),
    ] {
        let folder = Folder::new(&format!("terraform-{name}")).with("state", text);
        let text = import::terraform(&folder.0.join("state")).unwrap_err().render();
        assert!(text.contains(expected), "`{expected}` is not in:\n{text}");
    }
    let text = import::terraform("no/such/file".as_ref()).unwrap_err().render();
    assert!(text.contains("cannot read `no/such/file`: No such file"), "{text}");
}

#[test]
fn a_file_for_a_folder_and_a_folder_for_a_file_are_said() {
    let folder = Folder::new("file-or-folder").with("Vpcs.json", "{}");
    let text = import::terraform(&folder.0).unwrap_err().render();
    assert!(text.contains("is a folder: expected the output of `terraform show -json`"), "{text}");
    assert!(text.contains("is read by `plustwo import aws`"), "{text}");
    let text = import::aws(&folder.0.join("Vpcs.json")).unwrap_err().render();
    assert!(text.contains("is a file: expected a folder with the output of AWS's calls"), "{text}");
    assert!(text.contains("is read by `plustwo import terraform`"), "{text}");
}

#[test]
fn what_is_refused_is_said_with_what_goes_with_it() {
    let folder = Folder::new("refused");
    let region = folder.0.join("eu-west-1");
    fs::create_dir_all(&region).unwrap();
    let vpcs = r#"{"Vpcs": [
        {"VpcId": "vpc-00000001", "CidrBlock": "10.0.0.0/33", "EnableDnsHostnames": true},
        {"VpcId": "vpc-00000002", "CidrBlock": "10.2.0.0/16", "EnableDnsHostnames": true},
        {"VpcId": "vpc-\u001b[2J", "CidrBlock": "10.3.0.0/16", "EnableDnsHostnames": true}
    ]}"#;
    fs::write(region.join("vpcs.json"), vpcs).unwrap();
    for path in [&folder.0, &region] {
        let imported = import::aws(path).map_err(|problems| problems.render()).unwrap();
        let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
        let notes = notes.join("\n");
        for expected in [
            "vpc-00000001: `vpc-00000001` with all that is in it is left out: `10.0.0.0/33` is not a CIDR block",
            "vpc-\u{fffd}[2J: `id` vpc-\u{fffd}[2J is left out: expected `vpc-` and 17 (or 8)",
        ] {
            assert!(notes.contains(expected), "`{expected}` is not in:\n{notes}");
        }
        assert!(imported.text.starts_with("region: eu-west-1\n"), "{}", imported.text);
    }
}
