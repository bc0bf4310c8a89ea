//! VPC Block Public Access: what is blocked in each Region, and who is excluded from it. N42

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Writer, state};
use crate::import::dump::Attributes as _;

/// The states in which an exclusion does not count, but for those of what is deleted: it was not made, or the account may have none.
const WITHOUT_EFFECT: [&str; 3] = ["create-failed", "disable-in-progress", "disable-complete"];

impl Writer<'_> {
    /// `region` is the topology's, which options are taken to be of that do not say it.
    pub(super) fn block_public_access(&mut self, region: &str) {
        let dump = self.dump;
        for item in dump.all("VpcBlockPublicAccessOptions") {
            let Some(mode) = item.value.text("InternetGatewayBlockMode") else { continue };
            if mode == "off" {
                continue;
            }
            let section = "vpc_block_public_access_options";
            let of = item.value.text("AwsRegion").or(item.region).unwrap_or(region);
            let origin = (Arc::clone(&item.file), of.to_owned());
            self.origins.insert(vec![section.to_owned(), of.to_owned()], origin);
            let options = json!({ "internet_gateway_block_mode": mode });
            let known = self.beside.entry(section).or_default();
            if *known.entry(of.to_owned()).or_insert_with(|| options.clone()) != options {
                self.note(
                    item,
                    of,
                    "Block Public Access is in several files, differently: the first counts",
                );
            }
        }
        for entry in self.entries("vpc_block_public_access_exclusions").iter() {
            let of = &entry.item.value;
            let state = state(of);
            if WITHOUT_EFFECT.contains(&&*state) {
                self.note_on(entry, format!("its state is `{state}`: left out"));
                continue;
            }
            let id = of.text("ResourceArn").and_then(|arn| arn.rsplit('/').next());
            let Some(id) = id else {
                self.note_on(entry, "it does not say what it is of: left out");
                continue;
            };
            let key = if id.starts_with("subnet-") { "subnet" } else { "vpc" };
            let what = if key == "vpc" { "VPC" } else { "subnet" };
            let Some(name) = self.refer(entry, id, what) else { continue };
            let mode = of.text("InternetGatewayExclusionMode").unwrap_or_default();
            let value: Map<String, Value> = [
                (key.to_owned(), name.into()),
                ("internet_gateway_exclusion_mode".to_owned(), mode.into()),
            ]
            .into_iter()
            .collect();
            self.put("vpc_block_public_access_exclusions", entry, value);
        }
    }
}
