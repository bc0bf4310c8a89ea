//! An endpoint's own names and its `DnsEntries`, as `DescribeVpcEndpoints` lists them.

use super::base_name;
use crate::{
    catalog::HostedZoneId,
    model::{AzIx, DnsName, EndpointIx, EndpointKind, EndpointState, InterfaceEndpoint, Model},
};

/// What `DnsEntries` shows for a private name whose hidden hosted zone does not exist yet. R19
pub const ZONE_ID_PENDING: &str = "ZONEIDPENDING";

/// One element of `DnsEntries`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DnsEntry {
    /// The name without a final dot; it may begin with `*.`. R16, R20
    pub dns_name: String,
    /// The Region's constant for Regional and zonal names, the hidden zone's id for private ones. R18, R19
    pub hosted_zone_id: String,
}

/// Builds the names of one endpoint.
#[derive(Clone, Copy, Debug)]
pub struct EndpointNames<'a> {
    model: &'a Model,
    endpoint: &'a InterfaceEndpoint,
    ix: EndpointIx,
}

impl<'a> EndpointNames<'a> {
    /// For the endpoint at `ix`.
    #[must_use]
    pub fn new(model: &'a Model, ix: EndpointIx) -> Self {
        Self { model, endpoint: &model[ix], ix }
    }

    /// The Regional DNS name. R12
    #[must_use]
    pub fn regional(&self) -> String {
        format!("{}-{}.{}", self.endpoint.id, self.endpoint.dns_name_hash, self.base())
    }

    /// The zonal DNS name of an AZ. R13
    #[must_use]
    pub fn zonal(&self, az: AzIx) -> String {
        let InterfaceEndpoint { id, dns_name_hash, .. } = self.endpoint;
        format!("{id}-{dns_name_hash}-{}.{}", self.model[az].name, self.base())
    }

    /// The Regional name as a key.
    #[must_use]
    pub fn regional_key(&self) -> DnsName {
        self.regional().parse().unwrap_or_else(|_| DnsName::root())
    }

    /// Regional, zonal by AZ, then the private names while private DNS is on; only interface endpoints have any. R20–R22
    #[must_use]
    pub fn dns_entries(&self) -> Vec<DnsEntry> {
        if self.endpoint.kind != EndpointKind::Interface {
            return Vec::new();
        }
        let service = self.model.service_of(self.ix);
        let region_zone = service.region.vpce_hosted_zone_id().to_string();
        let star = if service.vpce_wildcard { "*." } else { "" };
        // AWS's services have no zonal names in other Regions. R23
        let interfaces = self.model.interfaces_of(self.ix).filter(|_| !service.cross_region);
        let zonal = interfaces.map(|(eni, _)| self.zonal(self.model.az_of(eni)));
        let mut entries: Vec<DnsEntry> = std::iter::once(self.regional())
            .chain(zonal)
            .map(|name| DnsEntry {
                dns_name: format!("{star}{name}"),
                hosted_zone_id: region_zone.clone(),
            })
            .collect();
        if self.endpoint.private_dns_enabled {
            for private in &service.private_names {
                let hosted_zone_id = match self.endpoint.state {
                    EndpointState::Available => {
                        hidden_zone_id(self.model, self.endpoint, &private.zone).to_string()
                    }
                    _ => ZONE_ID_PENDING.to_owned(),
                };
                let names = [
                    Some(private.zone.to_string()),
                    private.wildcard.then(|| format!("*.{}", private.zone)),
                ];
                entries.extend(
                    names.into_iter().flatten().map(|dns_name| DnsEntry {
                        dns_name,
                        hosted_zone_id: hosted_zone_id.clone(),
                    }),
                );
            }
        }
        entries
    }

    fn base(&self) -> DnsName {
        base_name(self.model.service_of(self.ix))
    }
}

/// The id of the hidden hosted zone that holds a private name in the endpoint's VPC. R19, R45
#[must_use]
pub fn hidden_zone_id(model: &Model, endpoint: &InterfaceEndpoint, zone: &str) -> HostedZoneId {
    let known = endpoint.hidden_zone_ids.iter().find(|(name, _)| **name == *zone);
    match known {
        Some((_, id)) => id.clone(),
        None => HostedZoneId::derive(&format!("{}/{zone}", model[endpoint.vpc].id)),
    }
}
