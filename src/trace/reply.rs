//! The way back: the answer's own tables and filters, and what stateful components remember. N161

use super::{
    Component, Hop, World,
    walk::{End, Walk},
};

impl Walk<'_> {
    /// The hops of what comes back from where the packet ended.
    pub(super) fn back(mut self, end: End) -> Vec<Hop> {
        self.is_reply = true;
        self.direct = true;
        self.sender = None;
        self.sent_on.clear();
        self.packet = self.packet.reply();
        match end {
            // nothing arrived, or no network was crossed
            End::Dropped | End::Aws | End::Home => {}
            End::Interface(ix) => {
                let World { model, network, .. } = *self.world;
                self.sender = Some(model[network[ix].subnet].vpc);
                self.host(ix, Vec::new());
                self.pass(Component::NetworkInterface(ix), Vec::new());
                self.leave(ix);
            }
            End::Internet => {
                self.pass(Component::Internet, Vec::new());
                self.enter_from_internet();
            }
            End::Service(endpoint) => {
                let of = &self.world.network[endpoint];
                let (vpc, service) = (of.vpc, of.service);
                self.pass(Component::Service(service), Vec::new());
                self.pass(Component::GatewayEndpoint(endpoint), Vec::new());
                self.arrive(vpc);
            }
        }
        self.hops
    }
}
