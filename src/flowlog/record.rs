//! A record, and what each field of it says. N210–N220, N225

use std::{borrow::Cow, net::IpAddr};

use super::{Action, Aggregate, Outcome, TrafficPath};
use crate::{
    catalog::{Region, prefix_lists},
    model::{
        AccountId, AvailabilityZoneId, FlowLogField, InstanceId, Model, NetworkInterfaceId,
        SubnetId, VpcId,
    },
    trace::{Direction, InterfaceIx, Network, Owner, Transport},
};

/// A record of a flow log, with everything that a field can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose network interface it is.
    pub account_id: AccountId,
    /// Which one.
    pub interface_id: NetworkInterfaceId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// Its subnet.
    pub subnet_id: SubnetId,
    /// The instance that has it; none of an interface that a service manages. N218
    pub instance_id: Option<InstanceId>,
    /// Its Region.
    pub region: Region,
    /// Its AZ.
    pub az_id: AvailabilityZoneId,
    /// What kind of interface it is, where that has a name. N212
    pub interface_type: Option<&'static str>,
    /// The first second, since 1970. N214
    pub start: u64,
    /// The last one.
    pub end: u64,
    /// The first second behind the window that it is of. N203
    pub closes: u64,
    /// What there was.
    pub outcome: RecordOutcome,
}

/// What a record is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    /// A flow: `OK`.
    Ok(FlowOfRecord),
    /// No traffic: `NODATA`.
    NoData,
    /// Traffic that was not recorded: `SKIPDATA`.
    SkipData,
}

/// The flow of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowOfRecord {
    /// Where packets are from; the interface's own primary address where it is the interface's side. N213
    pub srcaddr: IpAddr,
    /// Where they go; likewise.
    pub dstaddr: IpAddr,
    /// Where packets say they are from.
    pub pkt_srcaddr: IpAddr,
    /// Where they say they go.
    pub pkt_dstaddr: IpAddr,
    /// The port they are from; 0 where there are no ports. N225
    pub srcport: u16,
    /// The port they go to.
    pub dstport: u16,
    /// The protocol's number.
    pub protocol: u8,
    /// How many packets.
    pub packets: u64,
    /// How many octets.
    pub bytes: u64,
    /// What became of them.
    pub action: Action,
    /// TCP's flags; none of another protocol. N217
    pub tcp_flags: Option<u8>,
    /// Which way they pass the interface.
    pub direction: Direction,
    /// Where they go.
    pub traffic_path: Option<TrafficPath>,
    /// The service whose address `pkt_srcaddr` is. N220
    pub pkt_src_aws_service: Option<&'static str>,
    /// The service whose address `pkt_dstaddr` is.
    pub pkt_dst_aws_service: Option<&'static str>,
    /// The interface on the other side.
    pub next_hop: Option<NextHop>,
}

/// The network interface that gets what leaves one, or sent what comes to it. N212
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextHop {
    /// Which one.
    pub interface_id: NetworkInterfaceId,
    /// Its subnet.
    pub subnet_id: SubnetId,
    /// Its AZ.
    pub az_id: AvailabilityZoneId,
    /// Its VPC.
    pub vpc_id: VpcId,
    /// What kind of interface it is, where that has a name.
    pub interface_type: Option<&'static str>,
}

impl NextHop {
    fn new(model: &Model, network: &Network, ix: InterfaceIx) -> Self {
        let interface = &network[ix];
        let subnet = &model[interface.subnet];
        Self {
            interface_id: interface.id,
            subnet_id: subnet.id,
            az_id: model[subnet.availability_zone].id.clone(),
            vpc_id: model[subnet.vpc].id,
            interface_type: interface_type(interface.owner),
        }
    }
}

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number of 32 bits.
    Int32(i32),
    /// A number of 64 bits.
    Int64(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// Nothing: `-`. N211
    Absent,
}

impl Record {
    /// The record of what was counted at an interface.
    #[must_use]
    pub fn new(model: &Model, network: &Network, of: &Aggregate) -> Self {
        let interface = &network[of.interface];
        let subnet = &model[interface.subnet];
        let vpc = &model[subnet.vpc];
        let instance_id = match interface.owner {
            Owner::Instance(ix) => Some(model[ix].id),
            Owner::Endpoint(_) | Owner::NatGateway(_) | Owner::ResolverEndpoint(_) => None,
        };
        let outcome = match &of.outcome {
            Outcome::NoData => RecordOutcome::NoData,
            Outcome::SkipData => RecordOutcome::SkipData,
            Outcome::Ok(sums) => {
                let packet = sums.packet;
                let (mut srcaddr, mut dstaddr) = (packet.source, packet.destination);
                // the interface's own side is its primary private IPv4 address. N213
                let own = match sums.direction {
                    Direction::Ingress => &mut dstaddr,
                    Direction::Egress => &mut srcaddr,
                };
                if let (true, Some(primary)) = (own.is_ipv4(), interface.ipv4) {
                    *own = primary.into();
                }
                let (srcport, dstport) = packet.transport.ports().unwrap_or_default();
                let is_tcp = matches!(packet.transport, Transport::Tcp { .. });
                RecordOutcome::Ok(FlowOfRecord {
                    srcaddr,
                    dstaddr,
                    pkt_srcaddr: packet.source,
                    pkt_dstaddr: packet.destination,
                    srcport,
                    dstport,
                    protocol: packet.protocol(),
                    packets: sums.packets,
                    bytes: sums.bytes,
                    action: sums.action,
                    tcp_flags: is_tcp.then_some(sums.tcp_flags),
                    direction: sums.direction,
                    traffic_path: sums.traffic_path,
                    pkt_src_aws_service: aws_service(network, packet.source),
                    pkt_dst_aws_service: aws_service(network, packet.destination),
                    next_hop: sums.next_hop.map(|ix| NextHop::new(model, network, ix)),
                })
            }
        };
        Self {
            account_id: model.account_id.clone(),
            interface_id: interface.id,
            vpc_id: vpc.id,
            subnet_id: subnet.id,
            instance_id,
            region: vpc.region,
            az_id: model[subnet.availability_zone].id.clone(),
            interface_type: interface_type(interface.owner),
            start: of.start,
            end: of.end,
            closes: of.closes,
            outcome,
        }
    }

    /// What a field says, in records of a version.
    #[must_use]
    pub fn value(&self, field: FlowLogField, version: i32) -> Value<'_> {
        match field {
            FlowLogField::Version => Value::Int32(version),
            FlowLogField::AccountId => text(&self.account_id),
            FlowLogField::InterfaceId => text(self.interface_id),
            FlowLogField::VpcId => text(self.vpc_id),
            FlowLogField::SubnetId => text(self.subnet_id),
            FlowLogField::InstanceId => self.instance_id.map_or(Value::Absent, text),
            FlowLogField::Region => Value::Text(self.region.as_str().into()),
            FlowLogField::AzId => Value::Text((&*self.az_id.0).into()),
            FlowLogField::InterfaceType => word(self.interface_type),
            FlowLogField::Start => int64(self.start),
            FlowLogField::End => int64(self.end),
            FlowLogField::LogStatus => Value::Text(
                match self.outcome {
                    RecordOutcome::Ok(_) => "OK",
                    RecordOutcome::NoData => "NODATA",
                    RecordOutcome::SkipData => "SKIPDATA",
                }
                .into(),
            ),
            _ => match &self.outcome {
                RecordOutcome::Ok(flow) => flow.value(field),
                RecordOutcome::NoData | RecordOutcome::SkipData => Value::Absent,
            },
        }
    }
}

impl FlowOfRecord {
    fn value(&self, field: FlowLogField) -> Value<'_> {
        match field {
            FlowLogField::SrcAddr => text(self.srcaddr),
            FlowLogField::DstAddr => text(self.dstaddr),
            FlowLogField::PktSrcAddr => text(self.pkt_srcaddr),
            FlowLogField::PktDstAddr => text(self.pkt_dstaddr),
            FlowLogField::SrcPort => Value::Int32(self.srcport.into()),
            FlowLogField::DstPort => Value::Int32(self.dstport.into()),
            FlowLogField::Protocol => Value::Int32(self.protocol.into()),
            FlowLogField::Packets => int64(self.packets),
            FlowLogField::Bytes => int64(self.bytes),
            FlowLogField::Action => Value::Text(self.action.as_str().into()),
            FlowLogField::TcpFlags => {
                self.tcp_flags.map_or(Value::Absent, |flags| Value::Int32(flags.into()))
            }
            FlowLogField::Type => {
                Value::Text(if self.pkt_srcaddr.is_ipv4() { "IPv4" } else { "IPv6" }.into())
            }
            FlowLogField::FlowDirection => Value::Text(self.direction.as_str().into()),
            FlowLogField::TrafficPath => {
                self.traffic_path.map_or(Value::Absent, |path| Value::Int32(path.number()))
            }
            FlowLogField::PktSrcAwsService => word(self.pkt_src_aws_service),
            FlowLogField::PktDstAwsService => word(self.pkt_dst_aws_service),
            FlowLogField::NextHopInterfaceId => self.of_next_hop(|of| text(of.interface_id)),
            FlowLogField::NextHopSubnetId => self.of_next_hop(|of| text(of.subnet_id)),
            FlowLogField::NextHopAzId => self.of_next_hop(|of| Value::Text((&*of.az_id.0).into())),
            FlowLogField::NextHopVpcId => self.of_next_hop(|of| text(of.vpc_id)),
            FlowLogField::NextHopInterfaceType => self.of_next_hop(|of| word(of.interface_type)),
            FlowLogField::RejectReason => word(self.action.reject_reason()),
            // nothing here is in an Outpost or Wavelength Zone, runs in ECS, is a regional NAT gateway, has tags,
            // or is in a VPC with encryption controls. N212
            FlowLogField::SublocationType
            | FlowLogField::SublocationId
            | FlowLogField::EcsClusterArn
            | FlowLogField::EcsClusterName
            | FlowLogField::EcsContainerInstanceArn
            | FlowLogField::EcsContainerInstanceId
            | FlowLogField::EcsContainerId
            | FlowLogField::EcsSecondContainerId
            | FlowLogField::EcsServiceName
            | FlowLogField::EcsTaskDefinitionArn
            | FlowLogField::EcsTaskArn
            | FlowLogField::EcsTaskId
            | FlowLogField::ResourceId
            | FlowLogField::EncryptionStatus
            | FlowLogField::InstanceTag
            | FlowLogField::InstanceTag2
            | FlowLogField::InterfaceTag
            | FlowLogField::InterfaceTag2
            | FlowLogField::AsgTag
            | FlowLogField::AsgTag2
            // of the interface, which has said it
            | FlowLogField::Version
            | FlowLogField::AccountId
            | FlowLogField::InterfaceId
            | FlowLogField::VpcId
            | FlowLogField::SubnetId
            | FlowLogField::InstanceId
            | FlowLogField::Region
            | FlowLogField::AzId
            | FlowLogField::InterfaceType
            | FlowLogField::Start
            | FlowLogField::End
            | FlowLogField::LogStatus => Value::Absent,
        }
    }

    fn of_next_hop<'a>(&'a self, value: impl FnOnce(&'a NextHop) -> Value<'a>) -> Value<'a> {
        self.next_hop.as_ref().map_or(Value::Absent, value)
    }
}

/// What records call the kind of an interface: AWS has words for NAT gateways, endpoints, and what is not modelled. N212
fn interface_type(owner: Owner) -> Option<&'static str> {
    match owner {
        Owner::NatGateway(_) => Some("nat_gateway"),
        Owner::Endpoint(_) => Some("vpc_endpoint"),
        Owner::Instance(_) | Owner::ResolverEndpoint(_) => None,
    }
}

fn word(value: Option<&'static str>) -> Value<'static> {
    value.map_or(Value::Absent, |value| Value::Text(value.into()))
}

fn text(value: impl std::fmt::Display) -> Value<'static> {
    Value::Text(value.to_string().into())
}

fn int64(value: u64) -> Value<'static> {
    Value::Int64(i64::try_from(value).unwrap_or(i64::MAX))
}

/// The service whose public address it is: that of a prefix list of AWS's, or EC2 where something of the topology has it. N220
fn aws_service(network: &Network, address: IpAddr) -> Option<&'static str> {
    if let IpAddr::V4(v4) = address {
        let is_elastic = network
            .interface_with_public_address(address)
            .is_some_and(|ix: InterfaceIx| network[ix].public_ip == Some(v4));
        if is_elastic {
            return Some("EC2");
        }
        if v4.is_private() {
            return None;
        }
    }
    let mut lists = Region::all().flat_map(prefix_lists);
    let list = lists.find(|list| list.blocks.iter().any(|block| block.contains(&address)))?;
    Some(if list.service == "s3" { "S3" } else { "DYNAMODB" })
}
