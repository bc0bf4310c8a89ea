//! VPC Block Public Access: what is blocked in a Region, and who is excluded from it. N42

use std::collections::BTreeMap;

use super::Builder;
use crate::{
    catalog::{Region, UnknownRegion},
    config::{
        Entries, Finding,
        at::At,
        spec::{
            BlockPublicAccessExclusionSpec, BlockPublicAccessOptionsSpec,
            InternetGatewayBlockModeSpec, InternetGatewayExclusionModeSpec,
        },
    },
    model::{InternetGatewayBlockMode, InternetGatewayExclusionMode, SubnetIx, VpcIx},
};

/// Who is excluded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Excluded {
    Vpc(VpcIx),
    Subnet(SubnetIx),
}

impl Builder {
    /// The modes of Regions, and the exclusions from them.
    pub(super) fn block_public_access(
        &mut self,
        options: Entries<BlockPublicAccessOptionsSpec>,
        exclusions: Entries<BlockPublicAccessExclusionSpec>,
    ) {
        for (text, spec) in options {
            let path = At::ROOT.entry("vpc_block_public_access_options", &text);
            let BlockPublicAccessOptionsSpec { internet_gateway_block_mode: mode } = spec;
            let region: Region = match text.parse() {
                Ok(region) => region,
                Err(error) => {
                    let UnknownRegion { nearest, .. } = &error;
                    let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
                    let mut finding = Finding::error(path, error.to_string()).at_key().rule("N42");
                    finding.help = help;
                    self.error(finding);
                    continue;
                }
            };
            self.model.vpc_block_public_access.insert(region, mode.into());
        }
        let mut known = BTreeMap::new();
        for (name, spec) in exclusions {
            let path = At::ROOT.entry("vpc_block_public_access_exclusions", &name);
            self.check_name(&path, &name);
            self.exclusion(&path, &name, spec, &mut known);
        }
    }

    fn exclusion(
        &mut self,
        path: &At<'_>,
        name: &str,
        spec: BlockPublicAccessExclusionSpec,
        known: &mut BTreeMap<Excluded, Box<str>>,
    ) {
        let BlockPublicAccessExclusionSpec { vpc, subnet, internet_gateway_exclusion_mode } = spec;
        let mode = InternetGatewayExclusionMode::from(internet_gateway_exclusion_mode);
        let (key, excluded) = match (vpc, subnet) {
            (Some(vpc), None) => ("vpc", self.vpc(&path.key("vpc"), &vpc).map(Excluded::Vpc)),
            (None, Some(subnet)) => {
                let subnet = self.flow_log_subnet(&path.key("subnet"), &subnet);
                ("subnet", subnet.map(Excluded::Subnet))
            }
            _ => {
                let message = "an exclusion is of exactly one of `vpc` and `subnet`";
                self.error(Finding::error(path, message).at_key().rule("N42"));
                return;
            }
        };
        let Some(excluded) = excluded else { return };
        if let Some(other) = known.insert(excluded, name.into()) {
            let message = format!("`{other}` is an exclusion of it already");
            self.error(Finding::error(path.key(key), message).rule("N42"));
        }
        let vpc = match excluded {
            Excluded::Vpc(vpc) => vpc,
            Excluded::Subnet(subnet) => self.model[subnet].vpc,
        };
        let region = self.model[vpc].region;
        let blocks = self.model.vpc_block_public_access.get(&region);
        if blocks == Some(&InternetGatewayBlockMode::BlockIngress)
            && mode == InternetGatewayExclusionMode::AllowEgress
        {
            let message = format!(
                "`allow-egress` does nothing while {region} has `internet_gateway_block_mode: block-ingress`"
            );
            let path = path.key("internet_gateway_exclusion_mode");
            self.findings.push(Finding::warning(path, message).rule("N42"));
        }
        match excluded {
            Excluded::Vpc(vpc) => self.vpc_mut(vpc).block_public_access_exclusion = Some(mode),
            Excluded::Subnet(subnet) => {
                if let Some(subnet) = self.model.subnets.get_mut(subnet.index()) {
                    subnet.block_public_access_exclusion = Some(mode);
                }
            }
        }
    }
}

impl From<InternetGatewayBlockModeSpec> for InternetGatewayBlockMode {
    fn from(spec: InternetGatewayBlockModeSpec) -> Self {
        match spec {
            InternetGatewayBlockModeSpec::Off => Self::Off,
            InternetGatewayBlockModeSpec::BlockBidirectional => Self::BlockBidirectional,
            InternetGatewayBlockModeSpec::BlockIngress => Self::BlockIngress,
        }
    }
}

impl From<InternetGatewayExclusionModeSpec> for InternetGatewayExclusionMode {
    fn from(spec: InternetGatewayExclusionModeSpec) -> Self {
        match spec {
            InternetGatewayExclusionModeSpec::AllowBidirectional => Self::AllowBidirectional,
            InternetGatewayExclusionModeSpec::AllowEgress => Self::AllowEgress,
        }
    }
}
