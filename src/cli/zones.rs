//! `plustwo zones`: the private zones of a VPC, and hosted zones to write.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use serde_json::json;

use super::{Failure, Output, Verdict, print, print_json, topology};
use crate::{
    config,
    model::{EndpointIx, Model, VpcIx},
    names::{SharedZones, Taken, TakenBy, shared_zones},
    render,
};

/// List or write private hosted zones
#[derive(Debug, Args)]
pub(super) struct Zones {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    HubEndpoints(HubEndpoints),
}

/// List the private zones that a VPC is associated with, and whose each is
#[derive(Debug, Args)]
struct List {
    /// The topology file, or a folder to import; the embedded example where absent
    topology: Option<PathBuf>,
    /// The VPC, by name or id; the only one where absent
    #[arg(long, value_name = "VPC")]
    vpc: Option<String>,
    /// How to print; JSON has the shape of `aws route53 list-hosted-zones-by-vpc`
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Write the hosted zones that spoke VPCs need to reach a hub VPC's interface endpoints by the services' own names
#[derive(Debug, Args)]
struct HubEndpoints {
    /// The topology file, or a folder to import; the embedded example where absent
    topology: Option<PathBuf>,
    /// The VPC whose endpoints are shared; may be given again. The only VPC with interface endpoints where absent
    #[arg(long, value_name = "VPC", value_delimiter = ',')]
    hub: Vec<String>,
    /// A VPC that shall reach them; may be given again. Every VPC but the hub where absent
    #[arg(long = "for", value_name = "VPC", value_delimiter = ',')]
    spokes: Vec<String>,
    /// An endpoint to share, by its name in the hub, `vpc/name`, or id; may be given again. All of the hub where absent
    #[arg(long, value_name = "ENDPOINT", value_delimiter = ',')]
    endpoint: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: ZonesOutput,
}

/// How zones are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ZonesOutput {
    /// `hosted_zones` of a topology
    #[default]
    Yaml,
    /// The same as JSON
    Json,
    /// Terraform: `aws_route53_zone` and `aws_route53_record`
    Terraform,
    /// Master files with the addresses as they are: they follow no failover
    Master,
}

impl Zones {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        match self.action {
            Action::List(list) => list.run(),
            Action::HubEndpoints(hub_endpoints) => hub_endpoints.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Verdict, Failure> {
        let model = topology(self.topology.as_deref())?.model;
        let vpc = match (&self.vpc, &model.vpcs[..]) {
            (Some(name), _) => config::find_vpc(&model, name).map_err(Failure::other)?,
            (None, [_]) => VpcIx(0),
            (None, vpcs) => {
                let names: Vec<&str> = vpcs.iter().map(|vpc| &*vpc.name).collect();
                let names = names.join(", ");
                let message = format!("say which VPC with `--vpc`: there are {names}");
                return Err(Failure::Other(message));
            }
        };
        let zones = render::hosted_zones_by_vpc(&model, vpc);
        match self.output {
            Output::Text => print(&render::hosted_zones_table(&zones))?,
            Output::Json => print_json(&json!(zones))?,
        }
        let none = zones.hosted_zone_summaries.is_empty();
        Ok(if none { Verdict::No } else { Verdict::Yes })
    }
}

impl HubEndpoints {
    fn run(self) -> Result<Verdict, Failure> {
        let model = topology(self.topology.as_deref())?.model;
        let hubs = self.hubs(&model)?;
        let spokes = self.spokes(&model, &hubs)?;
        let plan = shared_zones(&model, &self.endpoints(&model, &hubs)?, &spokes);
        for note in notes(&model, &plan, &spokes) {
            writeln!(anstream::stderr(), "note: {note}")?;
        }
        if plan.zones.is_empty() {
            writeln!(anstream::stderr(), "there is no zone to write")?;
            return Ok(Verdict::No);
        }
        match self.output {
            ZonesOutput::Yaml => print(&render::shared_zones_yaml(&model, &plan.zones))?,
            ZonesOutput::Json => print_json(&render::shared_zones_json(&model, &plan.zones))?,
            ZonesOutput::Terraform => print(&render::shared_zones_terraform(&model, &plan.zones))?,
            ZonesOutput::Master => print(&render::shared_zones_master(&model, &plan.zones))?,
        }
        Ok(Verdict::Yes)
    }

    /// The VPCs whose endpoints are shared.
    fn hubs(&self, model: &Model) -> Result<Vec<VpcIx>, Failure> {
        let given = vpcs(model, &self.hub)?;
        if !given.is_empty() {
            return Ok(given);
        }
        let mut with_endpoints: Vec<VpcIx> = Vec::new();
        if self.endpoint.is_empty() {
            with_endpoints.extend(model.endpoints.iter().map(|endpoint| endpoint.vpc));
        }
        for name in &self.endpoint {
            let ix = config::find_endpoint(model, name).map_err(Failure::other)?;
            with_endpoints.push(model[ix].vpc);
        }
        with_endpoints.dedup();
        match with_endpoints[..] {
            [] => Err(Failure::other("no VPC has an interface endpoint")),
            [hub] => Ok(vec![hub]),
            _ if !self.endpoint.is_empty() => Ok(with_endpoints),
            _ => {
                let names: Vec<&str> =
                    with_endpoints.iter().map(|vpc| &*model[*vpc].name).collect();
                Err(Failure::Other(format!(
                    "several VPCs have interface endpoints: say which is the hub with `--hub`: {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// The VPCs that shall reach them.
    fn spokes(&self, model: &Model, hubs: &[VpcIx]) -> Result<Vec<VpcIx>, Failure> {
        let given = vpcs(model, &self.spokes)?;
        if !given.is_empty() {
            return Ok(given);
        }
        let all = (0..).map(VpcIx).zip(&model.vpcs).map(|(ix, _)| ix);
        let others: Vec<VpcIx> = all.filter(|vpc| !hubs.contains(vpc)).collect();
        if others.is_empty() {
            return Err(Failure::other("there is no VPC besides the hub"));
        }
        Ok(others)
    }

    /// The endpoints that are shared, in the order they are named, else in the file's.
    fn endpoints(&self, model: &Model, hubs: &[VpcIx]) -> Result<Vec<EndpointIx>, Failure> {
        if self.endpoint.is_empty() {
            let all = model.endpoint_indexes();
            return Ok(all.filter(|ix| hubs.contains(&model[*ix].vpc)).collect());
        }
        let mut endpoints = Vec::new();
        for name in &self.endpoint {
            let of_hub = model.endpoint_indexes().find(|ix| {
                let endpoint = &model[*ix];
                hubs.contains(&endpoint.vpc) && *endpoint.name == **name
            });
            let ix = match of_hub {
                Some(ix) => ix,
                None => config::find_endpoint(model, name).map_err(Failure::other)?,
            };
            if !hubs.contains(&model[ix].vpc) {
                let hubs: Vec<&str> = hubs.iter().map(|vpc| &*model[*vpc].name).collect();
                let hubs = hubs.join(", ");
                return Err(Failure::Other(format!("endpoint `{name}` is not in {hubs}")));
            }
            if !endpoints.contains(&ix) {
                endpoints.push(ix);
            }
        }
        Ok(endpoints)
    }
}

/// VPCs by name or id, each once.
fn vpcs(model: &Model, names: &[String]) -> Result<Vec<VpcIx>, Failure> {
    let mut found = Vec::new();
    for name in names {
        let vpc = config::find_vpc(model, name).map_err(Failure::other)?;
        if !found.contains(&vpc) {
            found.push(vpc);
        }
    }
    Ok(found)
}

/// What is not written, and what keeps a spoke from seeing what is.
fn notes(model: &Model, plan: &SharedZones, spokes: &[VpcIx]) -> Vec<String> {
    let endpoint = |ix: EndpointIx| format!("{}/{}", model[model[ix].vpc].name, model[ix].name);
    let nameless = plan.nameless.iter().map(|ix| {
        let service = &model.service_of(*ix).service_name;
        format!("{} is left out: {service} has no private DNS name (R50)", endpoint(*ix))
    });
    let taken = plan.taken.iter().map(|Taken { name, vpc, endpoint: wanted, by }| {
        let (by, rule) = match by {
            TakenBy::HostedZone(at) => {
                let id = model.hosted_zones.get(*at).map(|zone| format!(" ({})", zone.id));
                (format!("has a hosted zone of that name already{}", id.unwrap_or_default()), "R53")
            }
            TakenBy::PrivateDns(ix) => {
                (format!("has the name by the private DNS of {} already", endpoint(*ix)), "R53")
            }
            TakenBy::Profile(at) => {
                let profile = model.profiles.get(*at).map_or("", |profile| &profile.name);
                (format!("has the name by the Profile `{profile}` already"), "R104")
            }
            TakenBy::Planned(ix) => (format!("gets the zone for {}", endpoint(*ix)), "R53"),
        };
        let (vpc, wanted) = (&model[*vpc].name, endpoint(*wanted));
        format!("no zone `{name}` for {wanted} in VPC `{vpc}`: it {by} ({rule})")
    });
    let blind = spokes.iter().filter(|vpc| !model[**vpc].serves_private_names()).map(|vpc| {
        format!(
            "VPC `{}` will see none of the zones: `enable_dns_support` and `enable_dns_hostnames` must both be on (R63)",
            model[*vpc].name
        )
    });
    nameless.chain(taken).chain(blind).collect()
}
