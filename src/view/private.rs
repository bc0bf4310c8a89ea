//! The private zones of one VPC: hosted zones and the hidden zones of private DNS.

use super::Public;
use crate::model::{DnsName, EndpointIx, EndpointState, InterfaceEndpoint, Model, NameMap, Vpc};

/// The hidden hosted zone of one private name. R45
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenZone {
    /// The endpoint whose addresses it holds.
    pub endpoint: EndpointIx,
    /// Whether it holds `*` besides the apex.
    pub wildcard: bool,
}

/// A private zone of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateZone {
    /// A hosted zone, by its place in `Model::hosted_zones`.
    Hosted(usize),
    /// A hidden zone of an endpoint's private DNS.
    Hidden(HiddenZone),
}

/// What one VPC sees of its own.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Whether the VPC Resolver answers at all. R125
    pub enable_dns_support: bool,
    /// Whether one of its zones can own names of endpoints, which are public otherwise.
    pub(super) owns_endpoint_names: bool,
    zones: NameMap<PrivateZone>,
}

impl View {
    /// The views of all VPCs, in the model's order.
    pub(super) fn compile_all(model: &Model, public: &Public) -> Vec<Self> {
        let mut views: Vec<Self> = model
            .vpcs
            .iter()
            .map(|vpc| Self {
                enable_dns_support: vpc.enable_dns_support,
                owns_endpoint_names: false,
                zones: NameMap::default(),
            })
            .collect();
        // the names of a service's zones are shared by all VPCs that have an endpoint for it
        let names: Vec<Vec<(DnsName, bool, bool)>> = model
            .services
            .iter()
            .map(|service| {
                let parsed = |zone: &str| zone.parse().unwrap_or_else(|_| DnsName::root());
                service
                    .private_names
                    .iter()
                    .map(|name| (parsed(&name.zone), name.wildcard))
                    .map(|(zone, wildcard)| {
                        let owns = public.owns_endpoint_names(&zone);
                        (zone, wildcard, owns)
                    })
                    .collect()
            })
            .collect();
        for (at, zone) in model.hosted_zones.iter().enumerate() {
            for vpc in zone.vpcs.iter().filter(|vpc| model[**vpc].serves_private_names()) {
                if let Some(view) = views.get_mut(vpc.index()) {
                    view.owns_endpoint_names |= public.owns_endpoint_names(&zone.name);
                    view.zones.insert(&zone.name, PrivateZone::Hosted(at));
                }
            }
        }
        for ix in model.endpoint_indexes() {
            let endpoint = &model[ix];
            if !has_hidden_zones(&model[endpoint.vpc], endpoint) {
                continue;
            }
            let view = views.get_mut(endpoint.vpc.index());
            let names = names.get(usize::from(endpoint.service.0));
            if let (Some(view), Some(names)) = (view, names) {
                for (name, wildcard, owns) in names {
                    view.owns_endpoint_names |= owns;
                    let hidden = HiddenZone { endpoint: ix, wildcard: *wildcard };
                    view.zones.insert(name, PrivateZone::Hidden(hidden));
                }
            }
        }
        views
    }

    /// The private zone that is the longest suffix of a lower-case wire-format QNAME, and its name. R65
    #[must_use]
    pub fn owner<'a>(&self, qname: &'a [u8]) -> Option<(&'a [u8], PrivateZone)> {
        self.zones.longest_suffix(qname).map(|(suffix, zone)| (suffix, *zone))
    }
}

/// Whether an endpoint's private names are served to askers inside its VPC.
///
/// It is switched on (R45) and available (R129), the VPC's attributes allow it (R49, R103), and the names are not
/// kept for queries through an inbound Resolver endpoint (R58).
pub(super) fn has_hidden_zones(vpc: &Vpc, endpoint: &InterfaceEndpoint) -> bool {
    endpoint.private_dns_enabled
        && endpoint.state == EndpointState::Available
        && vpc.serves_private_names()
        && !endpoint.private_dns_only_for_inbound_resolver_endpoint
}
