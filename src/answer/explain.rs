//! Why a service's own name is answered by the public DNS although the VPC has an endpoint for it.

use super::Situation;
use crate::model::{DnsName, EndpointIx, EndpointState, Vantage};

/// What keeps an endpoint's private DNS name from being served here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyPublic {
    /// Private DNS is off. R130
    PrivateDnsOff(EndpointIx),
    /// The endpoint is not available. R129
    NotAvailable(EndpointIx, EndpointState),
    /// A VPC attribute that private DNS needs is off. R49, R103
    VpcAttributes(EndpointIx),
    /// Its private names are for queries through an inbound Resolver endpoint alone. R58
    OnlyInbound(EndpointIx),
    /// A gateway endpoint works by routes; the name stays public. N51
    GatewayEndpoint(Box<str>),
    /// The endpoint is in another VPC. R56
    OtherVpc(EndpointIx),
}

impl WhyPublic {
    /// The rules it rests on.
    #[must_use]
    pub fn rules(&self) -> &'static [&'static str] {
        match self {
            Self::PrivateDnsOff(_) => &["R21", "R130"],
            Self::NotAvailable(..) => &["R129"],
            Self::VpcAttributes(_) => &["R49", "R103"],
            Self::OnlyInbound(_) => &["R58"],
            Self::GatewayEndpoint(_) => &["N51"],
            Self::OtherVpc(_) => &["R56"],
        }
    }
}

/// The endpoints whose private names cover `name`, and what keeps each from being served at this vantage.
///
/// Walks all endpoints: for explanations, not for the answer path.
#[must_use]
pub fn why_public(situation: &Situation<'_>, name: &DnsName) -> Vec<WhyPublic> {
    let Situation { model, vantage, .. } = situation;
    let Vantage::Vpc(place) = vantage else { return Vec::new() };
    let vpc = &model[place.vpc];
    let covers: Vec<bool> = model
        .services
        .iter()
        .map(|service| {
            service
                .private_names
                .iter()
                .any(|private| covers(&private.zone, private.wildcard, name))
        })
        .collect();
    let covers =
        |service: crate::model::ServiceIx| covers.get(service.index()).copied().unwrap_or(false);
    let interface =
        model.endpoint_indexes().filter(|ix| covers(model[*ix].service)).filter_map(|ix| {
            let endpoint = &model[ix];
            if endpoint.vpc != place.vpc {
                return endpoint.private_dns_enabled.then_some(WhyPublic::OtherVpc(ix));
            }
            Some(if !endpoint.private_dns_enabled {
                WhyPublic::PrivateDnsOff(ix)
            } else if endpoint.state != EndpointState::Available {
                WhyPublic::NotAvailable(ix, endpoint.state)
            } else if endpoint.private_dns_only_for_inbound_resolver_endpoint
                && place.inbound.is_none()
            {
                WhyPublic::OnlyInbound(ix)
            } else if !vpc.serves_private_names() {
                WhyPublic::VpcAttributes(ix)
            } else {
                return None;
            })
        });
    let gateway = vpc
        .gateway_endpoints
        .iter()
        .filter(|(_, endpoint)| covers(endpoint.service))
        .map(|(name, _)| WhyPublic::GatewayEndpoint(name.clone()));
    interface.chain(gateway).collect()
}

fn covers(zone: &str, wildcard: bool, name: &DnsName) -> bool {
    zone.parse::<DnsName>().is_ok_and(|zone| *name == zone || wildcard && name.is_within(&zone))
}
