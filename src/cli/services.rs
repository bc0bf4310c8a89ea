//! `plustwo services`: the services that endpoints can be made for, and their names.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Failure, Output, Verdict, print, print_json, topology};
use crate::{
    catalog::{self, Service},
    model::Model,
    render,
};

/// List the services that endpoints can be made for, with their private DNS names
#[derive(Debug, Args)]
pub(super) struct Services {
    /// One service, by its id or full name; all of them where absent
    service: Option<String>,
    /// The topology file whose Region and Availability Zones are meant; the embedded example where absent
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// How to print; json is the shape of `aws ec2 describe-vpc-endpoint-services`
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Services {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let model = topology(self.topology.as_deref())?.model;
        let found: Vec<Service> = match &self.service {
            None => own(&model).cloned().chain(catalog::services(model.region)).collect(),
            Some(name) => {
                let is_named = |own: &&Service| {
                    let names = [&own.id, &own.service_name, &own.label];
                    names.into_iter().any(|own| **own == **name)
                };
                match own(&model).find(is_named) {
                    Some(own) => vec![own.clone()],
                    None => vec![catalog::find(name, model.region).map_err(Failure::other)?],
                }
            }
        };
        match self.output {
            Output::Json => {
                let items: Vec<_> = found
                    .iter()
                    .map(|service| render::vpc_endpoint_service(&model, service))
                    .collect();
                print_json(&json!({ "ServiceDetails": items }))?;
            }
            Output::Text => {
                let lines: Vec<String> = found.iter().map(line).collect();
                print(&lines.concat())?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// The topology's endpoint services.
fn own(model: &Model) -> impl Iterator<Item = &Service> {
    model.endpoint_services.iter().map(|own| &model[own.service])
}

/// A service's full name and its private names.
fn line(service: &Service) -> String {
    let names = service.private_names.iter();
    let names: Vec<String> = names
        .map(|name| if name.wildcard { format!("*.{}", name.zone) } else { name.zone.to_string() })
        .collect();
    let names = if names.is_empty() { "(no private DNS name)".to_owned() } else { names.join(" ") };
    format!("{}  {names}\n", service.service_name)
}
