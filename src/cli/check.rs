//! `plustwo check`: is this file valid, and what was understood?

use std::{fmt::Write as _, io::Write as _, path::PathBuf};

use clap::Args;
use serde_json::json;

use super::{Failure, Output, Verdict, count, print, print_json, problems_text};
use crate::{
    config::Topology,
    import::load,
    model::{AzInAccount, FlowLogBucket, FlowLogDestination, Model, QueryLogDestination, Vpc},
    names::EndpointNames,
};

/// Validate a topology file, or a folder to import, and summarise what was understood
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The topology file, or a folder with the output of AWS's `describe` calls
    topology: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Check {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        match (load(&self.topology), self.output) {
            (Ok((topology, notes)), Output::Text) => {
                let Topology { model, warnings, .. } = &topology;
                for note in notes {
                    writeln!(anstream::stderr(), "{note}")?;
                }
                for warning in warnings {
                    writeln!(anstream::stderr(), "{}", warning.render())?;
                }
                print(&summary(&self.topology.display().to_string(), model, warnings.len()))?;
                Ok(Verdict::Yes)
            }
            (Ok((topology, notes)), Output::Json) => {
                let mut value = json!({ "valid": true, "problems": topology.warnings });
                if self.topology.is_dir() {
                    value["not_carried_over"] = json!(notes);
                }
                print_json(&value)?;
                Ok(Verdict::Yes)
            }
            (Err(problems), Output::Text) => {
                write!(anstream::stderr(), "{}", problems_text(&problems))?;
                Ok(Verdict::No)
            }
            (Err(problems), Output::Json) => {
                print_json(&json!({ "valid": false, "problems": problems }))?;
                Ok(Verdict::No)
            }
        }
    }
}

/// Where the resolver of a VPC answers. R1, R125
fn resolver(vpc: &Vpc) -> String {
    let addresses: Vec<String> = vpc.resolver_addresses().map(|of| of.to_string()).collect();
    if addresses.is_empty() {
        return "the resolver does not answer: `enable_dns_support` is off".to_owned();
    }
    format!("the resolver is at {}", addresses.join(", "))
}

fn summary(name: &str, model: &Model, warnings: usize) -> String {
    let mut out = String::new();
    let gateways: usize = model.vpcs.iter().map(|vpc| vpc.gateway_endpoints.len()).sum();
    let counts = [
        count(model.vpcs.len(), "VPC"),
        count(model.subnets.len(), "subnet"),
        count(model.endpoints.len(), "interface endpoint"),
        count(gateways, "gateway endpoint"),
        count(model.hosted_zones.len(), "hosted zone"),
        count(model.instances.len(), "instance"),
    ];
    // writing to a String cannot fail
    _ = writeln!(out, "{name} is valid: {} in {}", counts.join(", "), model.region);
    for vpc in &model.vpcs {
        _ = writeln!(out, "  {}: {}", vpc.name, resolver(vpc));
    }
    for vpc in model.vpcs.iter().filter(|vpc| vpc.dnssec_validation) {
        _ = writeln!(out, "  {}: answers of the public DNS are validated (DNSSEC)", vpc.name);
    }
    for ix in model.endpoint_indexes() {
        let endpoint = &model[ix];
        // R13
        let azs: Vec<String> = model
            .interfaces_of(ix)
            .map(|(eni, _)| {
                let AzInAccount { name, id } = &model[model.az_of(eni)];
                format!("{name} ({id})")
            })
            .collect();
        _ = writeln!(
            out,
            "  {}/{}: {}, in {}, private DNS {}\n    {}",
            model[endpoint.vpc].name,
            endpoint.name,
            model.service_of(ix).service_name,
            if azs.is_empty() { "no AZ".to_owned() } else { azs.join(" ") },
            if endpoint.private_dns_enabled { "on" } else { "off" },
            EndpointNames::new(model, ix).regional(),
        );
    }
    logs(&mut out, model);
    if warnings > 0 {
        _ = writeln!(out, "{}", count(warnings, "warning"));
    }
    out
}

/// Where query logs and flow logs go.
fn logs(out: &mut String, model: &Model) {
    for config in &model.resolver_query_log_configs {
        let vpcs: Vec<&str> = model
            .vpcs
            .iter()
            .filter(|vpc| vpc.query_logs.iter().any(|ix| model[*ix].id == config.id))
            .map(|vpc| &*vpc.name)
            .collect();
        let vpcs = if vpcs.is_empty() { "no VPC".to_owned() } else { vpcs.join(" ") };
        let to = match &config.destination {
            QueryLogDestination::File(file) => file.path.display().to_string(),
            other => other.kind().to_owned(),
        };
        _ = writeln!(out, "  query log {}: {vpcs} to {to}", config.name);
    }
    for flow_log in &model.flow_logs {
        let to = match &flow_log.destination {
            FlowLogDestination::S3 { bucket: FlowLogBucket::Folder(path), .. } => {
                path.display().to_string()
            }
            FlowLogDestination::S3 { bucket: FlowLogBucket::Bucket { name, .. }, .. } => {
                format!("bucket {name}")
            }
            FlowLogDestination::CloudWatchLogs { log_group_name, .. } => {
                format!("log group {log_group_name}")
            }
            FlowLogDestination::Firehose { name, .. } => format!("Firehose stream {name}"),
        };
        let kind = flow_log.traffic_type.as_str();
        _ = writeln!(out, "  flow log {}: {kind} to {to}", flow_log.name);
    }
}
