//! Which network interfaces a flow log covers: all of a VPC, of a subnet, or one. N200

use crate::{
    model::{FlowLog, FlowLogResource, Model},
    trace::{InterfaceIx, Network},
};

/// Whether a flow log covers a network interface.
#[must_use]
pub fn covers(model: &Model, network: &Network, flow_log: &FlowLog, ix: InterfaceIx) -> bool {
    let interface = &network[ix];
    match flow_log.resource {
        FlowLogResource::Vpc(vpc) => model[interface.subnet].vpc == vpc,
        FlowLogResource::Subnet(subnet) => interface.subnet == subnet,
        FlowLogResource::NetworkInterface(id, _) => interface.id == id,
    }
}

/// The network interfaces that a flow log covers.
pub fn interfaces_of<'a>(
    model: &'a Model,
    network: &'a Network,
    flow_log: &'a FlowLog,
) -> impl Iterator<Item = InterfaceIx> + use<'a> {
    network.interface_indexes().filter(move |ix| covers(model, network, flow_log, *ix))
}
