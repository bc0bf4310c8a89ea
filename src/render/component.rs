//! What a trace's components are called: for people by name, for programs by id and ARN. N280

use crate::{
    model::{EndpointKind, OuterGateway, OuterGatewayKind, SubnetIx, VpcIx},
    trace::{AwsService, Component, InterfaceIx, Owner, World},
};

/// A component by its kind, its name and its id.
pub(super) struct Named {
    /// What it is, for people.
    pub(super) kind: &'static str,
    /// `vpc/name` where it has a name of the file's; else whose it is.
    pub(super) name: String,
    /// The id, if the component is a resource of AWS's.
    pub(super) id: Option<String>,
    /// What its ARN calls it.
    pub(super) resource: &'static str,
    /// Its VPC.
    pub(super) vpc: Option<VpcIx>,
    /// Its subnet.
    pub(super) subnet: Option<SubnetIx>,
}

impl Named {
    fn new(kind: &'static str, name: String) -> Self {
        Self { kind, name, id: None, resource: "", vpc: None, subnet: None }
    }

    fn id(self, resource: &'static str, id: impl std::fmt::Display) -> Self {
        Self { id: Some(format!("{id}")), resource, ..self }
    }

    fn vpc(self, vpc: VpcIx) -> Self {
        Self { vpc: Some(vpc), ..self }
    }

    fn subnet(self, world: &World<'_>, subnet: SubnetIx) -> Self {
        Self { vpc: Some(world.model[subnet].vpc), subnet: Some(subnet), ..self }
    }
}

/// What a component is called.
pub(super) fn named(world: &World<'_>, component: Component) -> Named {
    let World { model, network, .. } = *world;
    let in_vpc = |vpc: VpcIx, name: &str| format!("{}/{name}", model[vpc].name);
    match component {
        Component::Internet => Named::new("the internet", String::new()),
        Component::Host(ix) => host(world, ix),
        Component::Place(subnet) => {
            let name = in_vpc(model[subnet].vpc, &model[subnet].name);
            Named::new("somebody in subnet", name).subnet(world, subnet)
        }
        Component::NetworkInterface(ix) => {
            let interface = &network[ix];
            let Named { kind, name, .. } = host(world, ix);
            Named::new("network interface", format!("of {kind} {name}"))
                .id("network-interface", interface.id)
                .subnet(world, interface.subnet)
        }
        Component::SecurityGroup(group) => {
            let group = &network[group];
            Named::new("security group", in_vpc(group.vpc, &group.name))
                .id("security-group", group.id)
                .vpc(group.vpc)
        }
        Component::NetworkAcl(acl, subnet) => {
            let name = in_vpc(model[subnet].vpc, &network[acl].name);
            Named::new("network ACL", name).id("network-acl", network[acl].id).subnet(world, subnet)
        }
        Component::RouteTable(table, subnet) => {
            let table = &network[table];
            let named = Named::new("route table", in_vpc(table.vpc, &table.name))
                .id("route-table", table.id)
                .vpc(table.vpc);
            match subnet {
                Some(subnet) => named.subnet(world, subnet),
                None => named,
            }
        }
        Component::Vpc(vpc) => {
            let id = model[vpc].id;
            Named::new("VPC", model[vpc].name.to_string()).id("vpc", id).vpc(vpc)
        }
        Component::Subnet(subnet) => {
            let name = in_vpc(model[subnet].vpc, &model[subnet].name);
            Named::new("subnet", name).id("subnet", model[subnet].id).subnet(world, subnet)
        }
        Component::InternetGateway(vpc) => {
            Named::new("internet gateway", format!("of VPC {}", model[vpc].name))
                .id("internet-gateway", network.internet_gateway(vpc))
                .vpc(vpc)
        }
        Component::EgressOnlyInternetGateway(vpc) => {
            Named::new("egress-only internet gateway", format!("of VPC {}", model[vpc].name))
                .id("egress-only-internet-gateway", network.egress_only_internet_gateway(vpc))
                .vpc(vpc)
        }
        Component::NatGateway(_)
        | Component::VpcPeeringConnection(_)
        | Component::GatewayEndpoint(_)
        | Component::OuterGateway(_)
        | Component::InterfaceEndpoint(_)
        | Component::ResolverEndpoint(_)
        | Component::Service(_)
        | Component::AwsService(_) => behind(world, component),
    }
}

/// The rest of them.
fn behind(world: &World<'_>, component: Component) -> Named {
    let World { model, network, .. } = *world;
    let in_vpc = |vpc: VpcIx, name: &str| format!("{}/{name}", model[vpc].name);
    match component {
        Component::NatGateway(nat) => {
            let subnet = network[network[nat].interface].subnet;
            let name = in_vpc(model[subnet].vpc, &network[nat].name);
            Named::new("NAT gateway", name).id("natgateway", network[nat].id).subnet(world, subnet)
        }
        Component::VpcPeeringConnection(at) => {
            let peering = model.vpc_peering_connections.get(at);
            let name = peering.map(|peering| peering.name.to_string()).unwrap_or_default();
            let named = Named::new("peering connection", name);
            match peering {
                Some(peering) => named.id("vpc-peering-connection", peering.id),
                None => named,
            }
        }
        Component::GatewayEndpoint(ix) => {
            let endpoint = &network[ix];
            Named::new("gateway endpoint", in_vpc(endpoint.vpc, &endpoint.name))
                .id("vpc-endpoint", endpoint.id)
                .vpc(endpoint.vpc)
        }
        Component::OuterGateway(ix) => {
            let outer = &network[ix];
            let (kind, resource) = outer_kind(outer);
            Named::new(kind, outer.id.to_string()).id(resource, &outer.id)
        }
        Component::InterfaceEndpoint(ix) => {
            let endpoint = &model[ix];
            let kind = match endpoint.kind {
                EndpointKind::Interface => "interface endpoint",
                EndpointKind::GatewayLoadBalancer => "Gateway Load Balancer endpoint",
                EndpointKind::Resource => "resource endpoint",
                EndpointKind::ServiceNetwork => "service-network endpoint",
            };
            Named::new(kind, in_vpc(endpoint.vpc, &endpoint.name))
                .id("vpc-endpoint", endpoint.id)
                .vpc(endpoint.vpc)
        }
        Component::ResolverEndpoint(ix) => {
            let endpoint = &model[ix];
            Named::new("resolver endpoint", in_vpc(endpoint.vpc, &endpoint.name))
                .id("resolver-endpoint", endpoint.id)
                .vpc(endpoint.vpc)
        }
        Component::Service(service) => Named::new("service", model[service].gateway_service_name()),
        Component::AwsService(service) => Named::new(aws_service(service), String::new()),
        Component::Internet
        | Component::Host(_)
        | Component::Place(_)
        | Component::NetworkInterface(_)
        | Component::SecurityGroup(_)
        | Component::NetworkAcl(..)
        | Component::RouteTable(..)
        | Component::Vpc(_)
        | Component::Subnet(_)
        | Component::InternetGateway(_)
        | Component::EgressOnlyInternetGateway(_) => Named::new("component", String::new()),
    }
}

/// What a network interface belongs to.
fn host(world: &World<'_>, ix: InterfaceIx) -> Named {
    let World { model, network, .. } = *world;
    match network[ix].owner {
        Owner::Instance(instance) => {
            let instance = &model[instance];
            let name = format!("{}/{}", model[model[instance.subnet].vpc].name, instance.name);
            Named::new("instance", name).id("instance", instance.id).subnet(world, instance.subnet)
        }
        Owner::Endpoint(eni) => behind(world, Component::InterfaceEndpoint(model[eni].endpoint)),
        Owner::NatGateway(nat) => behind(world, Component::NatGateway(nat)),
        Owner::ResolverEndpoint(ix) => behind(world, Component::ResolverEndpoint(ix)),
    }
}

fn aws_service(service: AwsService) -> &'static str {
    match service {
        AwsService::Dns => "the VPC Resolver",
        AwsService::InstanceMetadata => "instance metadata",
        AwsService::TaskMetadata => "task metadata",
        AwsService::WindowsActivation => "Windows activation",
        AwsService::TimeSync => "the Time Sync Service",
        AwsService::Router => "the VPC router",
        AwsService::Itself => "itself",
    }
}

/// What something outside of the model is, for people and in an ARN. N22
fn outer_kind(outer: &OuterGateway) -> (&'static str, &'static str) {
    match outer.kind {
        OuterGatewayKind::TransitGateway => ("transit gateway", "transit-gateway"),
        OuterGatewayKind::VirtualPrivateGateway => ("virtual private gateway", "vpn-gateway"),
        OuterGatewayKind::LocalGateway => ("local gateway", "local-gateway"),
        OuterGatewayKind::CarrierGateway => ("carrier gateway", "carrier-gateway"),
        OuterGatewayKind::CoreNetwork => ("core network", "core-network"),
        OuterGatewayKind::Unknown => match outer.id.split('-').next() {
            Some("pcx") => ("peering connection", "vpc-peering-connection"),
            Some("eni") => ("network interface", "network-interface"),
            Some("nat") => ("NAT gateway", "natgateway"),
            Some("i") => ("instance", "instance"),
            Some("vpce") => ("VPC endpoint", "vpc-endpoint"),
            _ => ("target", "target"),
        },
    }
}
