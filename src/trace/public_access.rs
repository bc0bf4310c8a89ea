//! VPC Block Public Access at internet gateways and egress-only ones. N42

use std::net::IpAddr;

use super::{Code, Explanation, Owner, World, walk::Walk};
use crate::model::{PublicAccess, VpcIx};

/// Which way a packet passes a gateway of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Out to the internet.
    Out,
    /// In from it.
    In,
}

impl Walk<'_> {
    /// Why an internet gateway does not let a packet pass: what holds where its address inside the VPC is. N42
    pub(super) fn blocked_at_internet_gateway(
        &self,
        vpc: VpcIx,
        inside: IpAddr,
        way: Way,
    ) -> Option<Explanation> {
        let network = self.world.network;
        let interface = network.interface_at(vpc, inside);
        let owner = interface.map(|ix| network[ix].owner);
        self.blocked(vpc, inside, way, matches!(owner, Some(Owner::NatGateway(_))))
    }

    /// Why an egress-only internet gateway does not let a packet pass. N42
    pub(super) fn blocked_at_egress_only(
        &self,
        vpc: VpcIx,
        inside: IpAddr,
        way: Way,
    ) -> Option<Explanation> {
        self.blocked(vpc, inside, way, true)
    }

    fn blocked(
        &self,
        vpc: VpcIx,
        inside: IpAddr,
        way: Way,
        by_egress_only_gateway: bool,
    ) -> Option<Explanation> {
        let World { model, network, .. } = *self.world;
        // what comes in as a reply began inside, and so did what goes out as none
        let begun_inside = (way == Way::Out) != self.is_reply;
        let access: PublicAccess = model.public_access(vpc, network.subnet_at(vpc, inside));
        let passes = access.lets_pass(begun_inside, by_egress_only_gateway);
        (!passes).then(|| Explanation::new(Code::VpcBlockPublicAccessEnabled))
    }
}
