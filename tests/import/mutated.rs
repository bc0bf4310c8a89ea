//! Whatever a dump holds, it becomes a topology that is valid, or is refused; never a panic.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use plustwo::{config, import};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::mistakes::Folder;

static TURN: AtomicUsize = AtomicUsize::new(0);

/// Values that dumps do not have where they are put.
fn odd() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        "x",
        "vpc-0a1b2c3d4e5f60001",
        "subnet-0a1b2c3d4e5f6000a",
        "10.0.0.0/8",
        "10.0.1.50",
        "::/0",
        "us-east-1a",
        "vpce-",
        "vpce-svc-",
        "a/b",
        "\u{0}\n",
        "default",
        "*",
        "/hostedzone/",
        "ä.ö",
        "pl-1",
        "0",
        "-1",
        "com.amazonaws.us-east-1.s3",
        "\\052",
        "\\777\\",
        "vpce-1-2-3-4.vpce.x",
        "internet",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, {}, [], "x", 1])),
        Just(json!({ "Value": "x", "Name": 1, "Tags": [1] })),
    ]
}

/// How many values there are, those inside of others too.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(values) => values.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts another value in the place of one, counted as [`count`] counts them.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, at, with)),
        Value::Object(values) => values.values_mut().for_each(|value| replace(value, at, with)),
        _ => {}
    }
}

fn documents(folder: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new("tests/import").join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "md") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.push((name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap()));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Takes away the key, or the place in a list, of one value, counted as [`count`] counts them; the first is kept.
fn drop_one(value: &mut Value, at: &mut usize) {
    match value {
        Value::Array(values) => {
            for place in 0..values.len() {
                *at = at.wrapping_sub(1);
                if *at == 0 {
                    values.remove(place);
                    return;
                }
                let here = count(&values[place]);
                if *at < here {
                    return drop_one(&mut values[place], at);
                }
                *at -= here - 1;
            }
        }
        Value::Object(values) => {
            let keys: Vec<String> = values.keys().cloned().collect();
            for key in keys {
                *at = at.wrapping_sub(1);
                if *at == 0 {
                    values.remove(&key);
                    return;
                }
                let here = count(&values[&key]);
                if *at < here {
                    return drop_one(&mut values[&key], at);
                }
                *at -= here - 1;
            }
        }
        _ => {}
    }
}

/// Cut off at some octet: a topology, or an error with the file's name.
fn settles_or_names(
    result: Result<import::Imported, config::Problems>,
    file: &str,
) -> Result<(), TestCaseError> {
    match result {
        Ok(imported) => settles(Ok(imported)),
        Err(problems) => {
            let text = problems.render();
            prop_assert!(text.contains(file) || text.contains("found no"), "{text}");
            Ok(())
        }
    }
}

/// A topology, or that there is no VPC; what is written can be read.
fn settles(result: Result<import::Imported, config::Problems>) -> Result<(), TestCaseError> {
    match result {
        Ok(imported) => {
            let read = config::parse("written", &imported.text);
            prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err().render(), imported.text);
        }
        Err(problems) => {
            let text = problems.render();
            let known = ["found no", "not a state of Terraform's"];
            prop_assert!(known.iter().any(|known| text.contains(known)), "{text}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn dumps_with_odd_values(changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 1..8)) {
        let mut documents = documents("calls");
        let total: usize = documents.iter().map(|(_, value)| count(value)).sum();
        for (index, with) in &changes {
            let mut at = index.index(total);
            for (_, value) in &mut documents {
                let here = count(value);
                if at < here {
                    replace(value, &mut at, with);
                    break;
                }
                at -= here;
            }
        }
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let mut folder = Folder::new(&format!("odd-{turn}"));
        for (name, value) in &documents {
            folder = folder.with(name, value.to_string());
        }
        settles(import::aws(&folder.0))?;
    }

    #[test]
    fn states_with_odd_values(
        stored in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd()), 1..8),
    ) {
        let documents = documents("terraform");
        let (_, mut value) = documents.into_iter().nth(usize::from(stored)).unwrap();
        let total = count(&value);
        for (index, with) in &changes {
            replace(&mut value, &mut index.index(total), with);
        }
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let folder = Folder::new(&format!("odd-state-{turn}")).with("state", value.to_string());
        settles(import::terraform(&folder.0.join("state")))?;
    }

    #[test]
    fn files_that_lack_keys_or_are_cut_off(
        folder in prop::sample::select(vec!["calls", "moto"]),
        drops in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        file in any::<prop::sample::Index>(),
    ) {
        let mut documents = documents(folder);
        let file = file.index(documents.len());
        for index in &drops {
            let which = index.index(documents.len());
            let (_, value) = &mut documents[which];
            let mut at = index.index(count(value));
            drop_one(value, &mut at);
        }
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let mut dump = Folder::new(&format!("cut-{turn}"));
        for (at, (name, value)) in documents.iter().enumerate() {
            let mut text = value.to_string().into_bytes();
            if at == file && let Some(cut) = cut {
                text.truncate(cut.index(text.len()));
            }
            dump = dump.with(name, text);
        }
        settles_or_names(import::aws(&dump.0), &documents[file].0)?;
    }

    #[test]
    fn states_that_lack_keys_or_are_cut_off(
        stored in any::<bool>(),
        drops in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let documents = documents("terraform");
        let (_, mut value) = documents.into_iter().nth(usize::from(stored)).unwrap();
        for index in &drops {
            let mut at = index.index(count(&value));
            drop_one(&mut value, &mut at);
        }
        let mut text = value.to_string().into_bytes();
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len()));
        }
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let folder = Folder::new(&format!("cut-state-{turn}")).with("a.tfstate", text);
        settles_or_names(import::terraform(&folder.0.join("a.tfstate")), "a.tfstate")?;
    }
}
