//! Resolver endpoints. R91–R93

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{
    Builder,
    addresses::{Owner, Wanted},
};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{
            DirectionSpec, ResolverAddressSpec, ResolverEndpointSpec, ResolverListenSpec,
            ResolverProtocolSpec,
        },
    },
    model::{
        Direction, NetworkInterfaceId, ResolverAddress, ResolverEndpoint, ResolverEndpointId,
        ResolverEndpointIx, ResolverNetworkInterfaceId, ResolverProtocol, Vantage, VpcIx,
    },
};

/// Fewest network interfaces of a resolver endpoint. Source: `CreateResolverEndpoint`, `IpAddresses`.
const MIN_ADDRESSES: usize = 2;

/// The names of the protocols, for reading and for suggestions.
const PROTOCOLS: [ResolverProtocol; 3] =
    [ResolverProtocol::Do53, ResolverProtocol::DoH, ResolverProtocol::DoT];

impl Builder {
    /// The resolver endpoints of a VPC.
    pub(super) fn resolver_endpoints(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        endpoints: Entries<ResolverEndpointSpec>,
    ) {
        for (name, spec) in endpoints {
            let path = path.entry("resolver_endpoints", &name);
            self.check_name(&path, &name);
            self.resolver_endpoint(vpc, &path, &name, spec);
        }
    }

    fn resolver_endpoint(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        name: &str,
        spec: ResolverEndpointSpec,
    ) {
        let ResolverEndpointSpec {
            id,
            direction,
            ip_addresses,
            security_groups,
            protocols,
            dns64_enabled,
        } = spec;
        let direction = match direction {
            DirectionSpec::InboundDelegation => {
                let message = "an INBOUND_DELEGATION endpoint is not emulated";
                let help = "an INBOUND endpoint answers resolvers that forward to it";
                self.error(Finding::error(path.key("direction"), message).rule("R70").help(help));
                return;
            }
            DirectionSpec::Inbound => Direction::Inbound,
            DirectionSpec::Outbound => Direction::Outbound,
        };
        let id = self.resolver_endpoint_id(path, direction, id.as_deref(), &self.seed(vpc, name));
        let security_groups = self.security_groups_of(vpc, path, security_groups);
        if direction == Direction::Outbound && dns64_enabled {
            let message = "an outbound endpoint has no `dns64_enabled`";
            let finding = Finding::error(path.key("dns64_enabled"), message).at_key();
            self.error(finding.rule("R102").help("an inbound endpoint has"));
        }
        let Ok(ix) = u16::try_from(self.model.resolver_endpoints.len()) else { return };
        let ix = ResolverEndpointIx(ix);
        let protocols = protocols_of(protocols);
        if direction == Direction::Outbound && protocols.contains(&ResolverProtocol::DoT) {
            let message = "an outbound endpoint has no `DoT`: expected `Do53`, `DoH` or both";
            self.error(Finding::error(path.key("protocols"), message).rule("R93"));
        }
        self.model.resolver_endpoints.push(ResolverEndpoint {
            name: name.into(),
            id,
            vpc,
            direction,
            ip_addresses: Vec::new(),
            protocols: protocols.clone(),
            security_groups,
            dns64_enabled,
        });
        if ip_addresses.len() < MIN_ADDRESSES {
            let message = format!(
                "a resolver endpoint of {} IP addresses: at least {MIN_ADDRESSES}, in two AZs where there are",
                ip_addresses.len()
            );
            self.error(Finding::error(path.key("ip_addresses"), message).rule("R91"));
        }
        for (at, spec) in ip_addresses.into_iter().enumerate() {
            let path = path.item("ip_addresses", at);
            self.resolver_address(ix, &path, spec, &protocols);
        }
        let (of_vpc, of_id) = (self.model[vpc].name.clone(), self.model[vpc].id);
        for name in [format!("{of_vpc}/{name}"), format!("{of_id}/{name}"), id.to_string()] {
            self.names.resolver_endpoints.insert(name.into(), ix);
        }
    }

    /// An id whose form tells the direction; given ones can be used once.
    fn resolver_endpoint_id(
        &mut self,
        path: &At<'_>,
        direction: Direction,
        given: Option<&str>,
        seed: &str,
    ) -> ResolverEndpointId {
        let derived = ResolverEndpointId::derive(direction, seed);
        let Some(given) = given else { return derived };
        match ResolverEndpointId::parse(direction, given) {
            Ok(id) => {
                if let Some(first) = self.names.ids.insert(given.into(), path.key("id").path()) {
                    let message = format!("the id `{given}` is used twice, first at `{first}`");
                    self.error(Finding::error(path.key("id"), message));
                }
                id
            }
            Err(error) => {
                self.error(Finding::error(path.key("id"), error));
                derived
            }
        }
    }

    fn resolver_address(
        &mut self,
        ix: ResolverEndpointIx,
        path: &At<'_>,
        spec: ResolverAddressSpec,
        protocols: &[ResolverProtocol],
    ) {
        let ResolverAddressSpec { subnet, ip, listen, source } = spec;
        let ResolverEndpoint { vpc, direction, name, ip_addresses, .. } = &self.model[ix];
        let (vpc, direction, at) = (*vpc, *direction, ip_addresses.len());
        let owner = Owner::resolver_endpoint(name);
        let seed = format!("{}/{at}", self.seed(vpc, name));
        let Some(subnet) = self.subnet(&path.key("subnet"), vpc, &subnet) else { return };
        let chosen =
            ip.and_then(|text| self.chosen_address(&path.key("ip"), &text, subnet, &owner));
        if chosen.is_none() && self.model[subnet].cidr_block.is_some() {
            self.want_address(Wanted::ResolverV4(ix, at), subnet, &owner, None);
        }
        let listen = match (listen, direction) {
            (None, _) => Vec::new(),
            (Some(listen), Direction::Inbound) => {
                self.resolver_listen(&path.key("listen"), listen, protocols)
            }
            (Some(_), Direction::Outbound) => {
                let message = "an outbound endpoint does not listen";
                let finding = Finding::error(path.key("listen"), message).at_key();
                self.error(finding.rule("R93").help("it has `source`"));
                Vec::new()
            }
        };
        let source = source.and_then(|text| self.parse::<IpAddr>(&path.key("source"), &text));
        if source.is_some() && direction == Direction::Inbound {
            let message = "queries do not leave by an inbound endpoint";
            let finding = Finding::error(path.key("source"), message).at_key();
            self.error(finding.rule("R91").help("it has `listen`"));
        }
        let address = ResolverAddress {
            id: NetworkInterfaceId::derive(&seed),
            ip_id: ResolverNetworkInterfaceId::derive(&seed),
            subnet,
            ip: chosen,
            listen,
            source,
        };
        if let Some(endpoint) = self.model.resolver_endpoints.get_mut(ix.index()) {
            endpoint.ip_addresses.push(address);
        }
    }

    /// The real addresses that stand for one of an inbound endpoint's.
    fn resolver_listen(
        &mut self,
        path: &At<'_>,
        spec: ResolverListenSpec,
        protocols: &[ResolverProtocol],
    ) -> Vec<(ResolverProtocol, SocketAddr)> {
        let texts = match spec {
            ResolverListenSpec::Do53(text) => vec![("Do53".into(), text)],
            ResolverListenSpec::ByProtocol(texts) => texts.into_iter().collect::<Vec<_>>(),
        };
        let mut listen = Vec::with_capacity(texts.len());
        for (name, text) in texts {
            let path = path.key(&name);
            let known = PROTOCOLS.iter().copied();
            let Some(protocol) = known.clone().find(|protocol| protocol.as_str() == &*name) else {
                self.unknown(&path, "protocol", &name, known.map(ResolverProtocol::as_str));
                continue;
            };
            if !protocols.contains(&protocol) {
                let message = format!("`{name}` is not among the endpoint's `protocols`");
                self.error(Finding::error(path, message).at_key().rule("R91"));
            }
            let Ok(address) = text.parse::<SocketAddr>() else {
                let message =
                    format!("`{text}` is not an address and port, such as `127.0.0.1:5310`");
                self.error(Finding::error(path, message));
                continue;
            };
            if !address.ip().is_loopback() {
                let message =
                    format!("`{address}` is not on loopback: others on the network can ask");
                self.findings.push(Finding::warning(path, message));
            }
            self.listens_once(&path, address);
            listen.push((protocol, address));
        }
        listen
    }

    /// A real address can be listened on once, whatever is spoken there, and either alone or as one of all; a free port is
    /// another one each time.
    pub(super) fn listens_once(&mut self, path: &At<'_>, address: SocketAddr) {
        if address.port() == 0 {
            return;
        }
        if let Some(first) = self.names.listens.get(&address) {
            let message = format!("`{address}` is listened on twice, first at `{first}`");
            self.error(Finding::error(path, message).at_key());
            return;
        }
        let port = (address.port(), address.is_ipv4());
        let all = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, port.0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, port.0)),
        };
        let of_port = *self.names.first_listens.entry(port).or_insert(address);
        let other = if address == all { of_port } else { all };
        if let Some(first) = self.names.listens.get(&other) {
            let message = format!("`{address}` overlaps with `{other}`, which is at `{first}`");
            let help = "list the addresses one by one, or take another port";
            self.error(Finding::error(path, message).at_key().help(help).rule("R91"));
            return;
        }
        self.names.listens.insert(address, path.path());
    }

    /// The vantage of those who ask through an inbound endpoint. R91
    pub(super) fn inbound(&mut self, path: &At<'_>, found: &str) -> Option<Vantage> {
        let ix = self.resolver_endpoint_of(path, found, Direction::Inbound)?;
        Some(Vantage::inbound(self.model[ix].vpc, ix))
    }

    /// A resolver endpoint of a direction, by `vpc/name` or id.
    pub(super) fn resolver_endpoint_of(
        &mut self,
        path: &At<'_>,
        found: &str,
        direction: Direction,
    ) -> Option<ResolverEndpointIx> {
        let known = self.names.resolver_endpoints.get(found).copied();
        if let Some(ix) = known.filter(|ix| self.model[*ix].direction == direction) {
            return Some(ix);
        }
        let kind = match direction {
            Direction::Inbound => "inbound endpoint",
            Direction::Outbound => "outbound endpoint",
        };
        let endpoints = self.model.resolver_endpoints.iter();
        let of_direction = endpoints.filter(|endpoint| endpoint.direction == direction);
        let names: Vec<String> = of_direction
            .map(|endpoint| format!("{}/{}", self.model[endpoint.vpc].name, endpoint.name))
            .collect();
        self.unknown(path, kind, found, names.iter().map(String::as_str));
        None
    }
}

/// The protocols of an endpoint.
fn protocols_of(spec: Option<Vec<ResolverProtocolSpec>>) -> Vec<ResolverProtocol> {
    let spec = spec.unwrap_or_else(|| vec![ResolverProtocolSpec::Do53]);
    spec.into_iter()
        .map(|protocol| match protocol {
            ResolverProtocolSpec::Do53 => ResolverProtocol::Do53,
            ResolverProtocolSpec::DoT => ResolverProtocol::DoT,
            ResolverProtocolSpec::DoH => ResolverProtocol::DoH,
        })
        .collect()
}
