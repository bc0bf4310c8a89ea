//! `plustwo policy`: may somebody do this, from there, through that endpoint?

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use super::{Failure, Output, Verdict, print, print_json, topology};
use crate::{
    config,
    model::{Model, Vantage, VpcIx},
    policy::{Asked, Identity, RequestContext, Requester, Through, decide},
    render,
    state::Clock,
};

/// Ask endpoint policies and bucket policies whether a request is allowed
#[derive(Debug, Args)]
#[command(mut_arg("action", |arg| arg.required(true)), mut_arg("resource", |arg| arg.required(true)))]
pub(super) struct Policy {
    /// Where the request comes from, as for `resolve`; the first VPC where absent
    #[arg(long, value_name = "VANTAGE")]
    from: Option<String>,
    /// The endpoint that it goes through: `vpc/name`, or an id; none where absent
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    #[command(flatten)]
    request: RequestArgs,
    /// Show the request's condition keys too
    #[arg(long)]
    explain: bool,
    /// The topology file, or a folder to import; the embedded example where absent
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What is asked of policies: an action and a resource, or nothing.
#[derive(Debug, Args)]
pub(super) struct RequestArgs {
    /// The action, such as `s3:GetObject`
    #[arg(long, value_name = "ACTION", required = false, requires = "resource")]
    action: String,
    /// The ARN of what it is done to, or `*` for actions without a resource
    #[arg(long, value_name = "ARN", required = false, requires = "action")]
    resource: String,
    /// Who makes it: an ARN, a service, `*` for nobody that is known; a role of the topology's account where absent
    #[arg(long, value_name = "ARN", requires = "action")]
    principal: Option<String>,
    /// What the principal's own policies say
    #[arg(long, value_enum, default_value_t, requires = "action")]
    identity: IdentityArg,
    /// A condition key, as `key=value`; may be given again, the same key too
    #[arg(long, value_name = "KEY=VALUE", requires = "action")]
    context: Vec<String>,
}

/// What the principal's own policies say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum IdentityArg {
    /// They allow it
    #[default]
    Allow,
    /// They say nothing of it
    None,
}

impl Policy {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let model = topology(self.topology.as_deref())?.model;
        let asked = self.asked(&model)?;
        let decision = decide(&model, &asked);
        match self.output {
            Output::Text => {
                print(&render::decision_text(&model, &asked, &decision, self.explain))?;
            }
            Output::Json => print_json(&render::decision_json(&model, &asked, &decision))?,
        }
        Ok(if decision.allowed { Verdict::Yes } else { Verdict::No })
    }

    fn asked(&self, model: &Model) -> Result<Asked, Failure> {
        let vantage = match &self.from {
            Some(from) => config::vantage(model, from).map_err(Failure::other)?,
            None if model.vpcs.is_empty() => Vantage::Internet,
            None => Vantage::vpc(VpcIx(0)),
        };
        let through = self.endpoint.as_ref();
        let through = through.map(|endpoint| config::find_any_endpoint(model, endpoint));
        self.request.asked(model, vantage, through.transpose().map_err(Failure::other)?, None)
    }
}

impl RequestArgs {
    /// The request, from there, through that endpoint and from this address, if that is known; one that can be.
    pub(super) fn asked(
        &self,
        model: &Model,
        vantage: Vantage,
        through: Option<Through>,
        source: Option<IpAddr>,
    ) -> Result<Asked, Failure> {
        let requester = match &self.principal {
            Some(principal) => principal.parse().map_err(Failure::other)?,
            None => Requester::example(model),
        };
        let clock = Clock::real();
        let asked = Asked {
            vantage,
            through,
            source,
            requester,
            action: self.action.clone(),
            resource: self.resource.clone(),
            identity: match self.identity {
                IdentityArg::Allow => Identity::Allow,
                IdentityArg::None => Identity::None,
            },
            at_unix_secs: clock.unix_secs(clock.now()),
            context: RequestContext::parse(&self.context).map_err(Failure::other)?,
        };
        asked.check(model).map_err(Failure::other)?;
        Ok(asked)
    }
}
