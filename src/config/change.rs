//! Changes of a running model: what `ModifyVpcEndpoint` would take, refused in AWS's words. R49–R52, R58

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AwsError,
    build::{Claim, PrivateNames},
    spec::{ClientRoutingPolicySpec, DnsRecordIpTypeSpec, EndpointStateSpec},
};
use crate::{
    catalog::Owner,
    model::{
        ClientRoutingPolicy, DnsRecordIpType, EndpointIx, EndpointState, IpAddressType, Model,
    },
};

/// What to change of an interface endpoint; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointChange {
    /// Private DNS on or off. R45
    pub private_dns_enabled: Option<bool>,
    /// S3: private names for inbound Resolver endpoints alone. R58
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// Which healthy addresses an asker gets. R34
    #[serde(default, deserialize_with = "routing_policy")]
    #[schemars(with = "Option<ClientRoutingPolicySpec>")]
    pub client_routing_policy: Option<ClientRoutingPolicy>,
    /// The families its names answer. R42, R43
    #[serde(default, deserialize_with = "record_type")]
    #[schemars(with = "Option<DnsRecordIpTypeSpec>")]
    pub dns_record_ip_type: Option<DnsRecordIpType>,
    /// Where it is in its life. R129
    #[serde(default, deserialize_with = "state")]
    #[schemars(with = "Option<EndpointStateSpec>")]
    pub state: Option<EndpointState>,
}

fn routing_policy<'de, D: serde::Deserializer<'de>>(
    d: D,
) -> Result<Option<ClientRoutingPolicy>, D::Error> {
    Ok(Option::<ClientRoutingPolicySpec>::deserialize(d)?.map(Into::into))
}

fn record_type<'de, D: serde::Deserializer<'de>>(
    d: D,
) -> Result<Option<DnsRecordIpType>, D::Error> {
    Ok(Option::<DnsRecordIpTypeSpec>::deserialize(d)?.map(Into::into))
}

fn state<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<EndpointState>, D::Error> {
    Ok(Option::<EndpointStateSpec>::deserialize(d)?.map(Into::into))
}

/// The model with one endpoint changed.
///
/// # Errors
/// What AWS would answer; the model is as it was.
pub fn change_endpoint(
    model: &Model,
    ix: EndpointIx,
    change: &EndpointChange,
) -> Result<Model, AwsError> {
    let EndpointChange {
        private_dns_enabled,
        private_dns_only_for_inbound_resolver_endpoint,
        client_routing_policy,
        dns_record_ip_type,
        state,
    } = change;
    let mut changed = model.clone();
    let offers_gateway = model.service_of(ix).gateway && model.service_of(ix).vpce_wildcard;
    let id = model[ix].id;
    let Some(endpoint) = changed.endpoints.get_mut(ix.index()) else {
        return Err(AwsError::incorrect_state(id, "does not exist"));
    };
    if let Some(on) = *private_dns_enabled {
        // R58: the default when private DNS is switched on
        if on && !endpoint.private_dns_enabled {
            endpoint.private_dns_only_for_inbound_resolver_endpoint = offers_gateway;
        }
        endpoint.private_dns_enabled = on;
    }
    if let Some(only) = *private_dns_only_for_inbound_resolver_endpoint {
        if only && !offers_gateway {
            return Err(AwsError::incorrect_state(
                id,
                "is not for a service with gateway endpoints",
            ));
        }
        endpoint.private_dns_only_for_inbound_resolver_endpoint = only;
    }
    if let Some(policy) = *client_routing_policy {
        endpoint.client_routing_policy = policy;
    }
    if let Some(records) = *dns_record_ip_type {
        check_record_type(endpoint.ip_address_type, records)?;
        endpoint.dns_record_ip_type = records;
    }
    if let Some(state) = *state {
        endpoint.state = state;
    }
    if changed[ix].private_dns_enabled {
        let mut taken = names_of_others(&changed, ix);
        if let Some(error) = check_private_dns(&changed, ix, &mut taken).into_iter().next() {
            return Err(error);
        }
    }
    Ok(changed)
}

/// Whether names may answer these families where the network interfaces have those. R43
pub(super) fn check_record_type(
    addresses: IpAddressType,
    records: DnsRecordIpType,
) -> Result<(), AwsError> {
    let fits = match addresses {
        IpAddressType::Ipv4 => records == DnsRecordIpType::Ipv4,
        IpAddressType::Ipv6 => records == DnsRecordIpType::Ipv6,
        IpAddressType::Dualstack => true,
    };
    if fits { Ok(()) } else { Err(AwsError::record_type(addresses, records)) }
}

/// The private names that are taken in an endpoint's VPC, by zones and by other endpoints.
fn names_of_others(model: &Model, ix: EndpointIx) -> PrivateNames {
    let vpc = model[ix].vpc;
    let mut taken = PrivateNames::default();
    for zone in model.hosted_zones.iter().filter(|zone| zone.vpcs.contains(&vpc)) {
        let _ = taken.claim(vpc, zone.name.clone(), Claim::HostedZone);
    }
    for other in model.endpoint_indexes().filter(|other| *other != ix && model[*other].vpc == vpc) {
        if model[other].private_dns_enabled {
            for name in &model.service_of(other).private_names {
                if let Some(name) = taken.read(&name.zone) {
                    let _ = taken.claim(vpc, name, Claim::PrivateDns);
                }
            }
        }
    }
    taken
}

/// Why an endpoint cannot have private DNS; its names are claimed on the way. R49–R52, R58
pub(super) fn check_private_dns(
    model: &Model,
    ix: EndpointIx,
    names: &mut PrivateNames,
) -> Vec<AwsError> {
    let endpoint = &model[ix];
    let vpc = &model[endpoint.vpc];
    let service = model.service_of(ix);
    let mut errors = Vec::new();
    if !vpc.serves_private_names() {
        errors.push(AwsError::private_dns_needs_attributes(vpc.id));
    }
    // VPC Lattice makes the zones that there are names for, also none. R62
    if service.private_names.is_empty() && !endpoint.kind.is_lattice() {
        errors.push(AwsError::no_private_name(&service.service_name));
    }
    if service.owner == Owner::Customer && endpoint.state == EndpointState::PendingAcceptance {
        errors.push(AwsError::private_dns_before_acceptance(&service.service_name));
    }
    for name in &service.private_names {
        let Some(zone) = names.read(&name.zone) else { continue };
        if names.claim(endpoint.vpc, zone, Claim::PrivateDns).is_err() {
            errors.push(AwsError::conflicting_domain(&name.zone, vpc.id));
            break;
        }
    }
    if endpoint.private_dns_only_for_inbound_resolver_endpoint {
        errors.extend(check_gateway_endpoint(model, ix));
    }
    errors
}

/// Why private DNS cannot be for inbound Resolver endpoints alone: the VPC's own queries need a gateway endpoint that
/// answers the same families, or leaves them to the service. R58
fn check_gateway_endpoint(model: &Model, ix: EndpointIx) -> Option<AwsError> {
    let endpoint = &model[ix];
    let vpc = &model[endpoint.vpc];
    let service = &model.service_of(ix).id;
    let mut gateways =
        vpc.gateway_endpoints.values().filter(|gateway| model[gateway.service].id == *service);
    let Some(first) = gateways.next() else {
        return Some(AwsError::needs_gateway_endpoint(vpc.id));
    };
    let fits = |records| {
        records == DnsRecordIpType::ServiceDefined || records == endpoint.dns_record_ip_type
    };
    let all_fit =
        fits(first.dns_record_ip_type) && gateways.all(|other| fits(other.dns_record_ip_type));
    (!all_fit).then(|| {
        AwsError::gateway_record_type(first.dns_record_ip_type, endpoint.dns_record_ip_type)
    })
}
