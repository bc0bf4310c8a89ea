//! The private hosted zones that give other VPCs the private names of a VPC's interface endpoints: hub and spoke.
//!
//! A hidden zone serves the endpoint's own VPC alone (R56). Elsewhere a private hosted zone does the same work if it has the
//! very name, records at the apex and, for a wildcard name, at `*` (R45, R48), and aliases to the endpoint (R64).

use std::collections::HashMap;

use hickory_proto::rr::RecordType;

use crate::{
    catalog::{Owner, PrivateName, Service},
    model::{DnsName, DnsRecordIpType, EndpointIx, Model, VpcIx},
};

/// A private hosted zone for one private name of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedZone {
    /// The private name without `*.`. R45
    pub name: DnsName,
    /// Whether it needs records at `*` besides those at its apex. R20, R45
    pub wildcard: bool,
    /// The endpoint that its records are aliases to.
    pub endpoint: EndpointIx,
    /// The types of its records. R42
    pub rtypes: &'static [RecordType],
    /// The VPCs that lack the name.
    pub vpcs: Vec<VpcIx>,
}

impl SharedZone {
    /// The owner names of its records: the zone itself, and the wildcard.
    pub fn owners(&self) -> impl Iterator<Item = DnsName> {
        let wildcard = if self.wildcard { self.name.child("*") } else { None };
        std::iter::once(self.name.clone()).chain(wildcard)
    }
}

/// Why a VPC is given no zone of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The name.
    pub name: DnsName,
    /// The VPC.
    pub vpc: VpcIx,
    /// The endpoint that the zone would have been for.
    pub endpoint: EndpointIx,
    /// What has the name there.
    pub by: TakenBy,
}

/// What has a name in a VPC already: two zones of one name cannot be there. R53
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    /// A private hosted zone, by its place in `Model::hosted_zones`.
    HostedZone(usize),
    /// The private DNS of an endpoint of the VPC. R52
    PrivateDns(EndpointIx),
    /// A Profile of the VPC, by its place in `Model::profiles`: a hosted zone or an endpoint in it has the name. R104
    Profile(usize),
    /// A zone of this plan, for another endpoint.
    Planned(EndpointIx),
}

/// What is to be written, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedZones {
    /// Zones by endpoint, in the order of the service's private names.
    pub zones: Vec<SharedZone>,
    /// Names that are taken.
    pub taken: Vec<Taken>,
    /// Endpoints of services without a private name. R50
    pub nameless: Vec<EndpointIx>,
}

/// The zones that some VPCs need to reach some endpoints by the services' own names.
#[must_use]
pub fn shared_zones(model: &Model, endpoints: &[EndpointIx], vpcs: &[VpcIx]) -> SharedZones {
    let mut holders = holders(model, vpcs);
    let mut plan = SharedZones::default();
    for ix in endpoints.iter().copied() {
        let service = model.service_of(ix);
        if service.private_names.is_empty() {
            plan.nameless.push(ix);
        }
        for private in &service.private_names {
            let Ok(name) = private.zone.parse::<DnsName>() else { continue };
            let mut lacking = Vec::new();
            for vpc in vpcs.iter().copied() {
                if let Some(by) = holders.get(&(vpc, name.clone())) {
                    plan.taken.push(Taken { name: name.clone(), vpc, endpoint: ix, by: *by });
                } else {
                    holders.insert((vpc, name.clone()), TakenBy::Planned(ix));
                    lacking.push(vpc);
                }
            }
            if !lacking.is_empty() {
                plan.zones.push(SharedZone {
                    name,
                    wildcard: private.wildcard,
                    endpoint: ix,
                    rtypes: record_types(
                        model[ix].dns_record_ip_type,
                        is_dual_stack(service, private),
                    ),
                    vpcs: lacking,
                });
            }
        }
    }
    plan
}

/// The names that are taken in some VPCs, served there or not: a zone that waits for the VPC's attributes conflicts too.
fn holders(model: &Model, vpcs: &[VpcIx]) -> HashMap<(VpcIx, DnsName), TakenBy> {
    let mut holders = HashMap::new();
    for (at, profile) in model.profiles.iter().enumerate() {
        let zones = profile.hosted_zones.iter().filter_map(|zone| model.hosted_zones.get(*zone));
        let zones = zones.map(|zone| zone.name.clone());
        let endpoints = profile.vpc_endpoints.iter().filter(|ix| {
            let endpoint = &model[**ix];
            endpoint.private_dns_enabled
                && !endpoint.private_dns_only_for_inbound_resolver_endpoint
                && model[endpoint.vpc].serves_private_names()
        });
        let names = endpoints.flat_map(|ix| &model.service_of(*ix).private_names);
        let names: Vec<DnsName> =
            zones.chain(names.filter_map(|name| name.zone.parse().ok())).collect();
        for (vpc, _) in profile.vpcs.iter().filter(|(vpc, _)| vpcs.contains(vpc)) {
            holders.extend(names.iter().map(|name| ((*vpc, name.clone()), TakenBy::Profile(at))));
        }
    }
    for (at, zone) in model.hosted_zones.iter().enumerate() {
        for vpc in zone.vpcs.iter().filter(|vpc| vpcs.contains(vpc)) {
            holders.insert((*vpc, zone.name.clone()), TakenBy::HostedZone(at));
        }
    }
    for ix in model.endpoint_indexes() {
        let endpoint = &model[ix];
        if endpoint.private_dns_enabled && vpcs.contains(&endpoint.vpc) {
            for private in &model.service_of(ix).private_names {
                if let Ok(name) = private.zone.parse() {
                    holders.insert((endpoint.vpc, name), TakenBy::PrivateDns(ix));
                }
            }
        }
    }
    holders
}

/// Whether a private name is one of AWS's for both families: below `api.aws` or `on.aws`. R43
#[must_use]
pub fn is_dual_stack(service: &Service, name: &PrivateName) -> bool {
    let suffix = service.region.partition().dns_suffix;
    service.owner == Owner::Amazon && !service.label.is_empty() && !name.zone.ends_with(suffix)
}

/// The types that a private name of an endpoint has; `service-defined` has AAAA for those of both families alone. R42, R43
fn record_types(records: DnsRecordIpType, dual_stack: bool) -> &'static [RecordType] {
    match records {
        DnsRecordIpType::Ipv6 => &[RecordType::AAAA],
        DnsRecordIpType::ServiceDefined if !dual_stack => &[RecordType::A],
        DnsRecordIpType::Ipv4 => &[RecordType::A],
        DnsRecordIpType::Dualstack | DnsRecordIpType::ServiceDefined => {
            &[RecordType::A, RecordType::AAAA]
        }
    }
}
