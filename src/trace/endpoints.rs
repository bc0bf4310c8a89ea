//! What VPC endpoints take and what they do not. N2, N53–N56, N62, N74, N79, N84

use super::{
    Code, Component, Detail, Explanation, GatewayEndpointIx, Transport, World,
    walk::{End, Walk},
};
use crate::model::{Compat, EndpointIx, EndpointKind, EndpointState};

impl Walk<'_> {
    /// Why an interface endpoint does not take a packet: TCP and UDP of both families while it is available, TCP over IPv4 alone in
    /// 2021. N2, N74, N79
    pub(super) fn not_taken_by(&self, endpoint: EndpointIx) -> Vec<Explanation> {
        let model = self.world.model;
        let protocol = self.packet.protocol();
        let in_2021 = protocol == 6 && self.packet.destination.is_ipv4();
        let today = matches!(protocol, 6 | 17);
        let is_2021 = model.compat == Compat::Of2021;
        let codes = [
            (model[endpoint].state != EndpointState::Available, Code::BadState),
            (!today || is_2021 && !in_2021, Code::ProtocolRestriction),
            (today && is_2021 && !in_2021, Code::Compat2021),
        ];
        let codes = codes.into_iter().filter(|(holds, _)| *holds);
        let codes = codes.map(|(_, code)| Explanation::new(code));
        codes.chain(self.too_large_for(endpoint)).collect()
    }

    /// Whether the service behind an interface endpoint listens elsewhere than where a connection goes: the connection is refused, by a
    /// reply. N84
    pub(super) fn closed_port_of(&self, endpoint: EndpointIx) -> Option<Detail> {
        let model = self.world.model;
        let endpoint = &model[endpoint];
        let Transport::Tcp { destination_port, .. } = self.packet.transport else { return None };
        let served = model[endpoint.service].port;
        let is_closed = endpoint.kind == EndpointKind::Interface && served != destination_port;
        is_closed.then_some(Detail::ClosedPort { served })
    }

    /// Through a gateway endpoint, to its service. N53–N56, N62
    pub(super) fn gateway_endpoint(&mut self, ix: GatewayEndpointIx) -> End {
        let World { model, network, .. } = *self.world;
        let codes = [
            (self.is_reply, Code::ReplyMisrouted),
            (!network[ix].is_available, Code::BadState),
            (!self.packet.is_tcp_or_echo(), Code::VpceGatewayProtocolRestriction),
        ];
        let why = codes.into_iter().filter(|(holds, _)| *holds);
        let why = why.map(|(_, code)| Explanation::new(code)).collect();
        if !self.pass(Component::GatewayEndpoint(ix), why) || self.is_reply {
            return End::Dropped;
        }
        let service = network[ix].service;
        // connections to DynamoDB through its endpoint are always tracked. N102
        self.memory.tracked_by_path |= &*model[service].id == "dynamodb";
        self.pass(Component::Service(service), Vec::new());
        End::Service(ix)
    }
}
