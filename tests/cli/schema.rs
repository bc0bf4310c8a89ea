//! `plustwo schema`.

use std::{fs, path::Path};

use crate::run;

#[test]
fn the_checked_in_schema_is_the_one_that_is_printed() {
    let (code, out, _) = run(&["schema"]);
    assert_eq!(code, 0);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/topology.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &out).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), out, "UPDATE=1 writes it");
}
