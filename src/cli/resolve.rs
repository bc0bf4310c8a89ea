//! `plustwo resolve`: what does this name resolve to, from there?

use std::path::PathBuf;

use clap::Args;
use hickory_proto::rr::{Name, RecordType};
use serde_json::json;
use tokio::runtime;

use super::{Failure, Output, Verdict, print, print_json, topology};
use crate::{
    answer::{Outcome, Question},
    config,
    health::{Event, State as Health, Target},
    model::{Vantage, VpcIx},
    render,
    server::{self, Upstream},
    state::{Clock, State},
};

/// Resolve a name, without a server
#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The name
    name: String,
    /// The type of record
    #[arg(default_value = "A", value_name = "TYPE")]
    rtype: String,
    /// The topology file, or a folder to import; the embedded example where absent
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Who asks: `vpc`, `vpc/subnet`, `vpc/instance`, `internet`, or an id; the first VPC where absent
    #[arg(long, value_name = "VANTAGE")]
    from: Option<String>,
    /// An Availability Zone that DNS knows to be impaired; may be given again
    #[arg(long, value_name = "AZ")]
    impaired: Vec<String>,
    /// A health check that says unhealthy; may be given again
    #[arg(long, value_name = "CHECK")]
    unhealthy: Vec<String>,
    /// Say why
    #[arg(long)]
    explain: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Resolve {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let state = State::new(topology(self.topology.as_deref())?.model, Clock::stopped());
        let mut snapshot = (*state.snapshot()).clone();
        let mut name = Name::from_ascii(&self.name).map_err(|error| {
            Failure::Other(format!("`{}` is not a domain name: {error}", self.name))
        })?;
        name.set_fqdn(true);
        let rtype = record_type(&self.rtype)
            .ok_or_else(|| Failure::Other(format!("`{}` is not a record type", self.rtype)))?;
        let question = Question { name, rtype };
        let vantage = match &self.from {
            Some(from) => config::vantage(&snapshot.model, from).map_err(Failure::other)?,
            None if snapshot.model.vpcs.is_empty() => Vantage::Internet,
            None => Vantage::vpc(VpcIx(0)),
        };
        for az in &self.impaired {
            let az = config::find_az(&snapshot.model, az).map_err(Failure::other)?;
            let target = Target::AvailabilityZone(az);
            snapshot = snapshot.forcing(target, state.clock().now());
        }
        for check in &self.unhealthy {
            let check =
                config::find_health_check(&snapshot.model, check).map_err(Failure::other)?;
            snapshot = snapshot.supposing(Event::Checked(check, Health::Impaired));
        }
        let upstream = Upstream::default();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let answer =
            runtime.block_on(server::resolve(&state, &upstream, &snapshot, vantage, &question));
        let situation = snapshot.situation(vantage, 0);
        match self.output {
            Output::Text => {
                print(&render::answer_text(&situation, &question, &answer, self.explain))?;
            }
            Output::Json => {
                let mut value = json!(render::answer_report(&situation, &question, &answer));
                if !self.explain {
                    value.as_object_mut().map(|value| value.remove("explanation"));
                }
                print_json(&value)?;
            }
        }
        Ok(match answer.outcome {
            Outcome::Records | Outcome::NoData => Verdict::Yes,
            Outcome::NameError | Outcome::ServFail | Outcome::Silent | Outcome::Ask(..) => {
                Verdict::No
            }
        })
    }
}

/// A mnemonic, or `TYPE` and a number. RFC 3597 §5
fn record_type(text: &str) -> Option<RecordType> {
    let text = text.to_ascii_uppercase();
    match text.strip_prefix("TYPE").and_then(|number| number.parse::<u16>().ok()) {
        Some(number) => Some(number.into()),
        None => text.parse().ok(),
    }
}
