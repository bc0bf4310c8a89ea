//! The private zones of a VPC in the shape of `ListHostedZonesByVPC`. R57

use comfy_table::{Table, presets};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    model::{EndpointState, Model, VpcIx},
    names::hidden_zone_id,
};

/// Whose the hidden zones of private DNS are. No source shows the value for endpoints: it is a choice. R57
pub const VPC_ENDPOINT_SERVICE: &str = "vpce.amazonaws.com";

/// Most zones that Route 53 gives at once. Source: `ListHostedZonesByVPC`, `MaxItems`.
const MAX_ITEMS: usize = 100;

/// What `ListHostedZonesByVPC` shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct HostedZonesByVpc {
    /// The private zones that the VPC is associated with, by itself: those of its Profiles are not among them.
    pub hosted_zone_summaries: Vec<HostedZoneSummary>,
    /// How many there are at most; all of them are shown at once.
    pub max_items: String,
}

/// A zone, and whose it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct HostedZoneSummary {
    /// `Z…`.
    pub hosted_zone_id: String,
    /// Its name, with the final dot.
    pub name: String,
    /// Whose it is.
    pub owner: HostedZoneOwner,
}

/// An account, or a service of AWS's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub enum HostedZoneOwner {
    /// The customer's, which can be changed.
    OwningAccount(String),
    /// Hidden: a service made it. R45
    OwningService(&'static str),
}

/// The private zones of a VPC: hosted zones in the file's order, then hidden ones by endpoint.
#[must_use]
pub fn hosted_zones_by_vpc(model: &Model, vpc: VpcIx) -> HostedZonesByVpc {
    let own = model.hosted_zones.iter().filter(|zone| zone.vpcs.contains(&vpc));
    let own = own.map(|zone| HostedZoneSummary {
        hosted_zone_id: zone.id.to_string(),
        name: format!("{}.", zone.name),
        owner: match zone.attached_until {
            None => HostedZoneOwner::OwningAccount(model.account_id.to_string()),
            Some(_) => HostedZoneOwner::OwningService(VPC_ENDPOINT_SERVICE),
        },
    });
    let hidden = model.endpoint_indexes().filter(|ix| {
        let endpoint = &model[*ix];
        let has = endpoint.private_dns_enabled && endpoint.state == EndpointState::Available;
        endpoint.vpc == vpc && has
    });
    let hidden = hidden.flat_map(|ix| {
        let names = model.service_of(ix).private_names.iter();
        names.map(move |name| HostedZoneSummary {
            hosted_zone_id: hidden_zone_id(model, &model[ix], &name.zone).to_string(),
            name: format!("{}.", name.zone),
            owner: HostedZoneOwner::OwningService(VPC_ENDPOINT_SERVICE),
        })
    });
    let hosted_zone_summaries: Vec<_> = own.chain(hidden).collect();
    let max_items = hosted_zone_summaries.len().max(MAX_ITEMS).to_string();
    HostedZonesByVpc { hosted_zone_summaries, max_items }
}

/// The same as a table.
#[must_use]
pub fn hosted_zones_table(zones: &HostedZonesByVpc) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["HOSTED ZONE", "NAME", "OWNER"]);
    for HostedZoneSummary { hosted_zone_id, name, owner } in &zones.hosted_zone_summaries {
        let owner = match owner {
            HostedZoneOwner::OwningAccount(account) => account,
            HostedZoneOwner::OwningService(service) => *service,
        };
        table.add_row([hosted_zone_id, name, owner]);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}
