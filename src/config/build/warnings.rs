//! What is valid and will surprise: said once, at load, with the rule.

use super::{Builder, Map};
use crate::{
    config::{Finding, Path, at::At},
    model::{EndpointIx, EndpointKind, ServiceIx, VpcIx},
};

/// A service whose private DNS leaves host names out that people use.
struct Surprise {
    /// The service's id.
    service: &'static str,
    /// The names that stay public.
    stays_public: &'static str,
    /// The rule that says so.
    rule: &'static str,
}

/// Host names that private DNS does not cover. Sources: the rules named.
const SURPRISES: [Surprise; 4] = [
    Surprise { service: "sts", stays_public: "the global `sts.amazonaws.com`", rule: "R61" },
    Surprise {
        service: "s3",
        stays_public: "the global `s3.amazonaws.com` and `*.s3.amazonaws.com`, website and dual-stack hosts",
        rule: "R59",
    },
    Surprise {
        service: "sqs",
        stays_public: "the legacy `queue.amazonaws.com` and `*.queue.amazonaws.com`",
        rule: "R45",
    },
    Surprise { service: "iot.data", stays_public: "the account's own data endpoint", rule: "R60" },
];

impl Builder {
    /// Looks for surprises in what was built.
    pub(super) fn warn(&mut self) {
        let mut of_service: Map<(VpcIx, ServiceIx), EndpointIx> = Map::default();
        let mut found = Vec::new();
        for ix in self.model.endpoint_indexes() {
            let endpoint = &self.model[ix];
            let service = &self.model[endpoint.service];
            let path = || self.endpoint_path(ix);
            let name = || format!("{}/{}", self.model[endpoint.vpc].name, endpoint.name);
            let mut warn = |path: Path, message: String, rule: &'static str| {
                found.push(Finding::warning(path, message).rule(rule));
            };
            let mut azs = self.model.interfaces_of(ix).map(|(eni, _)| self.model.az_of(eni));
            let blamed = self.names.endpoints_without_a_subnet.contains(&ix);
            match (azs.next(), azs.next()) {
                _ if blamed || endpoint.kind == EndpointKind::GatewayLoadBalancer => {}
                (Some(only), None) => {
                    let az = &self.model[only].name;
                    let message = format!(
                        "endpoint `{}` is in {az} alone: when {az} fails, every AZ loses it",
                        name()
                    );
                    warn(path().key("subnets"), message, "R38");
                }
                (None, _) => {
                    let message = format!(
                        "endpoint `{}` has no subnet, so its names have no address",
                        name()
                    );
                    warn(path(), message, "N70");
                }
                (Some(_), Some(_)) => {}
            }
            if endpoint.private_dns_enabled {
                let on = || path().key("private_dns_enabled");
                if &*service.id == "execute-api" {
                    let message = "private DNS for API Gateway catches every API of the Region, public ones too: \
                                   they can no longer be reached by their default names from this VPC";
                    warn(on(), message.to_owned(), "R48");
                }
                if let Some(surprise) =
                    SURPRISES.iter().find(|surprise| *surprise.service == *service.id)
                {
                    let message = format!(
                        "private DNS of `{}` does not cover {}",
                        name(),
                        surprise.stays_public
                    );
                    warn(on(), message, surprise.rule);
                }
            }
            if endpoint.kind == EndpointKind::Interface
                && let Some(first) = of_service.insert((endpoint.vpc, endpoint.service), ix)
            {
                let first = &self.model[first].name;
                let message = format!(
                    "`{}` is a second endpoint for {}, besides `{first}`: at most one of them can have private DNS",
                    name(),
                    service.service_name
                );
                warn(path(), message, "R52");
            }
        }
        self.findings.extend(found);
        self.warn_of_nothing_to_validate();
        self.warn_of_cuts_without_a_rule();
    }

    /// Canned answers are not validated. R86, R100
    fn warn_of_nothing_to_validate(&mut self) {
        if !self.model.public_dns.upstream.is_empty() {
            return;
        }
        for vpc in self.model.vpcs.iter().filter(|vpc| vpc.dnssec_validation) {
            let path = At::ROOT.entry("vpcs", &vpc.name).key("dnssec_validation").path();
            let message = "validates nothing without `public_dns.upstream`: canned answers are taken as they are";
            self.findings.push(Finding::warning(path, message).rule("R100"));
        }
    }
}
