//! `plustwo names`: the DNS names of every endpoint.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use serde_json::json;

use super::{Failure, Verdict, print, print_json, topology};
use crate::render;

/// List the DNS names of each endpoint
#[derive(Debug, Args)]
pub(super) struct Names {
    /// The topology file, or a folder to import; the embedded example where absent
    topology: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: NamesOutput,
}

/// How `names` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum NamesOutput {
    /// A table
    #[default]
    Text,
    /// The shape of `aws ec2 describe-vpc-endpoints`
    Json,
    /// The `DnsEntries` attribute of `AWS::EC2::VPCEndpoint`, by endpoint
    Cloudformation,
}

impl Names {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let model = topology(self.topology.as_deref())?.model;
        match self.output {
            NamesOutput::Text => print(&render::names_table(&model))?,
            NamesOutput::Json => {
                let mut all = json!(render::vpc_endpoints(&model));
                if !model.lattice_endpoints.is_empty() {
                    let found = render::vpc_endpoint_associations(&model);
                    all["VpcEndpointAssociations"] = json!(found.vpc_endpoint_associations);
                }
                print_json(&all)?;
            }
            NamesOutput::Cloudformation => print_json(&render::cloudformation(&model))?,
        }
        Ok(Verdict::Yes)
    }
}
