//! Buckets of S3 and their policies. N59

use std::{collections::BTreeMap, rc::Rc};

use serde_json::{Map, Value};

use super::{Entry, InsertSome as _, Writer};
use crate::import::{
    Note,
    dump::{Attributes as _, BUCKET_POLICY, Item},
};

/// What names of files with the policy of a bucket begin with.
const FILE: &str = "get-bucket-policy-";

impl<'a> Writer<'a> {
    /// `region` is the topology's.
    pub(super) fn s3_buckets(&mut self, region: &str) {
        let dump = self.dump;
        let mut policies: BTreeMap<String, (&Item, Value)> = BTreeMap::new();
        for item in dump.all(BUCKET_POLICY) {
            let text = item.value.text("Policy").unwrap_or_default();
            let policy = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
            let Some(policy) = policy else {
                let what = "the policy of a bucket is no JSON object: left out";
                self.notes.push(Note::new(&item.file, item.value.text("Bucket"), what));
                continue;
            };
            let Some(bucket) = bucket_of(item, &policy) else {
                let what = "a policy of which no bucket is clear: put its name behind `get-bucket-policy-` in the file's name";
                self.notes.push(Note::new(&item.file, None, what));
                continue;
            };
            let first = policies.entry(bucket.clone()).or_insert((item, policy.clone()));
            if first.1 != policy {
                let what =
                    format!("its policy is in {} as well, differently: that counts", first.0.file);
                self.notes.push(Note::new(&item.file, Some(&bucket), what));
            }
        }
        let mut buckets: BTreeMap<&str, &'a Item> = BTreeMap::new();
        for item in dump.all("Buckets") {
            buckets.extend(item.value.text("Name").map(|name| (name, item)));
        }
        let mut without: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, item) in &buckets {
            let policy = policies.remove(*name).map(|(_, policy)| policy);
            // a state has what it has; of calls, one may not have been made
            if policy.is_none() && item.label.is_none() {
                *without.entry(&item.file).or_default() += 1;
            }
            self.bucket(item, name, region, policy);
        }
        for (name, (item, policy)) in policies {
            self.bucket(item, &name, region, Some(policy));
        }
        for (file, count) in without {
            let what = format!(
                "buckets of which there is no `get-bucket-policy`, {count} of them: they have no policies"
            );
            self.notes.push(Note::new(file, None, what));
        }
    }

    fn bucket(&mut self, item: &Item, name: &str, own: &str, policy: Option<Value>) {
        let mut value = Map::new();
        let region = item.value.text("BucketRegion");
        value.insert_some("region", region.filter(|region| *region != own));
        if region.is_none() {
            let what = format!("the Region of this bucket is in no file: taken as {own}");
            self.note(item, name, what);
        }
        value.insert_some("policy", policy);
        let vpc = Rc::from("");
        let entry = Entry { item, id: name, key: name.to_owned(), vpc };
        self.put("s3_buckets", &entry, value);
    }
}

/// The bucket that a policy is of: what says it, else the one that its resources are in, else the file's name.
fn bucket_of(item: &Item, policy: &Value) -> Option<String> {
    if let Some(bucket) = item.value.text("Bucket") {
        return Some(bucket.to_owned());
    }
    let statements = match policy.attribute("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        None => &[],
    };
    let named = statements.iter().flat_map(|statement| {
        ["Resource", "NotResource"].into_iter().flat_map(|key| match statement.get(key) {
            Some(Value::Array(resources)) => resources.as_slice(),
            Some(resource) => std::slice::from_ref(resource),
            None => &[],
        })
    });
    let of_arn = |resource: &Value| {
        let (_, rest) = resource.as_str()?.strip_prefix("arn:")?.split_once(":s3:::")?;
        let bucket = rest.split('/').next()?;
        (!bucket.is_empty() && !bucket.contains(['*', '?', '$'])).then(|| bucket.to_owned())
    };
    named.into_iter().find_map(of_arn).or_else(|| {
        let file = item.file.rsplit('/').next()?;
        let name = file.strip_prefix(FILE)?.strip_suffix(".json")?;
        Some(name.to_owned())
    })
}
