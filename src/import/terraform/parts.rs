//! Resources that add to others: associations, rules, routes, options. N331

use serde_json::{Value, json};

use super::{Shapes, network, resource::Resource};
use crate::import::dump::Attributes as _;

impl Shapes {
    /// Takes a resource that adds to another; false if it is none.
    pub(super) fn part(&mut self, of: &Resource) -> bool {
        let id = |key: &str| Self::text(of, key);
        let vpc = id("vpc_id");
        let vpc = vpc.as_deref();
        match &*of.kind {
            "aws_vpc_ipv4_cidr_block_association" => {
                let block = json!({ "CidrBlock": id("cidr_block") });
                self.append(of, "Vpcs", vpc, "CidrBlockAssociationSet", block);
            }
            "aws_vpc_ipv6_cidr_block_association" => {
                let block = json!({ "Ipv6CidrBlock": id("ipv6_cidr_block") });
                self.append(of, "Vpcs", vpc, "Ipv6CidrBlockAssociationSet", block);
            }
            "aws_internet_gateway_attachment" => {
                let gateway = id("internet_gateway_id");
                let attached = json!({ "VpcId": vpc });
                self.append(of, "InternetGateways", gateway.as_deref(), "Attachments", attached);
            }
            "aws_route" => {
                let table = id("route_table_id");
                self.append(of, "RouteTables", table.as_deref(), "Routes", network::route(of));
            }
            "aws_route_table_association" => {
                let set = json!({ "SubnetId": id("subnet_id"), "GatewayId": id("gateway_id") });
                let table = id("route_table_id");
                self.append(of, "RouteTables", table.as_deref(), "Associations", set);
            }
            "aws_main_route_table_association" => {
                let table = id("route_table_id");
                self.main_table(of, table.as_deref());
            }
            "aws_security_group_rule" => {
                let egress = of.values.text("type") == Some("egress");
                self.group_rule(of, egress);
            }
            "aws_vpc_security_group_ingress_rule" => self.group_rule(of, false),
            "aws_vpc_security_group_egress_rule" => self.group_rule(of, true),
            "aws_network_acl_rule" => {
                let egress = of.values.flag("egress") == Some(true);
                let acl = id("network_acl_id");
                let entry = network::acl_entry(&of.values, egress);
                self.append(of, "NetworkAcls", acl.as_deref(), "Entries", entry);
            }
            "aws_network_acl_association" => {
                let acl = id("network_acl_id");
                let set = json!({ "SubnetId": id("subnet_id") });
                self.append(of, "NetworkAcls", acl.as_deref(), "Associations", set);
            }
            "aws_ec2_managed_prefix_list_entry" => {
                let list = id("prefix_list_id");
                let entry = json!({ "Cidr": id("cidr") });
                self.append(of, "PrefixLists", list.as_deref(), "Entries", entry);
            }
            "aws_s3_bucket_policy" => {
                let policy = id("policy");
                if let Some(bucket) = self.of(of, "Buckets", id("bucket").as_deref()) {
                    bucket.insert("Policy".into(), json!(policy));
                }
            }
            "aws_route53_zone_association" => {
                let zone = id("zone_id");
                self.append(of, "HostedZones", zone.as_deref(), "VPCs", json!({ "VPCId": vpc }));
            }
            kind if kind.starts_with("aws_vpc_peering_connection_") => self.peering_part(of),
            kind if kind.starts_with("aws_vpc_endpoint_") => return self.endpoint_part(of),
            kind => return self.address(of, kind),
        }
        true
    }

    fn group_rule(&mut self, of: &Resource, egress: bool) {
        let group = of.values.text("security_group_id").unwrap_or_default();
        let key = if egress { "IpPermissionsEgress" } else { "IpPermissions" };
        let rule = network::permission(&of.values, group);
        self.append(of, "SecurityGroups", Some(group), key, rule);
    }

    /// The accepter's resource and the options of either side.
    fn peering_part(&mut self, of: &Resource) {
        let own = of.values.text("id");
        let id = of.values.text("vpc_peering_connection_id").or(own).map(str::to_owned);
        let list = "VpcPeeringConnections";
        let id_text = id.as_deref().unwrap_or_default();
        if of.kind.ends_with("_accepter") && !self.has(list, id_text) {
            let mut value = network::peering(of);
            value.insert("VpcPeeringConnectionId".into(), json!(id));
            // to the accepter, the other side is the requester
            let sides = ("RequesterVpcInfo", "AccepterVpcInfo");
            let (a, b) = (value.remove(sides.0), value.remove(sides.1));
            if let (Some(mut a), Some(mut b)) = (a, b) {
                if let (Some(a), Some(b)) = (a.as_object_mut(), b.as_object_mut()) {
                    for key in ["VpcId", "OwnerId", "Region"] {
                        let (first, second) = (a.remove(key), b.remove(key));
                        a.insert(key.into(), second.unwrap_or_default());
                        b.insert(key.into(), first.unwrap_or_default());
                    }
                }
                value.insert(sides.0.into(), a);
                value.insert(sides.1.into(), b);
            }
            return self.add(of, list, id_text, value);
        }
        for (side, block) in [("RequesterVpcInfo", "requester"), ("AccepterVpcInfo", "accepter")] {
            let Some(options) = of.block(block) else { continue };
            let options = network::peering_options(options);
            let found = self.of(of, list, id.as_deref()).and_then(|value| value.get_mut(side));
            if let Some(info) = found.and_then(Value::as_object_mut) {
                info.insert("PeeringOptions".into(), options);
            }
        }
    }

    fn endpoint_part(&mut self, of: &Resource) -> bool {
        let endpoint = Self::text(of, "vpc_endpoint_id");
        let endpoint = endpoint.as_deref();
        let list = "VpcEndpoints";
        let value = |key: &str| of.values.text(key).map_or(Value::Null, Into::into);
        let (key, id) = match &*of.kind {
            "aws_vpc_endpoint_subnet_association" => ("SubnetIds", value("subnet_id")),
            "aws_vpc_endpoint_route_table_association" => {
                ("RouteTableIds", value("route_table_id"))
            }
            "aws_vpc_endpoint_security_group_association" => ("Groups", value("security_group_id")),
            "aws_vpc_endpoint_private_dns" => {
                let on = of.values.flag("private_dns_enabled") == Some(true);
                if let Some(of) = self.of(of, list, endpoint) {
                    of.insert("PrivateDnsEnabled".into(), on.into());
                }
                return true;
            }
            "aws_vpc_endpoint_policy" => {
                let policy = value("policy");
                if let Some(of) = self.of(of, list, endpoint) {
                    of.insert("PolicyDocument".into(), policy);
                }
                return true;
            }
            _ => return false,
        };
        self.append(of, list, endpoint, key, id);
        true
    }

    /// Elastic IP addresses of instances.
    fn address(&mut self, of: &Resource, kind: &str) -> bool {
        let key = match kind {
            "aws_eip" => "instance",
            "aws_eip_association" => "instance_id",
            _ => return false,
        };
        let public = of.values.text("public_ip").map(str::to_owned);
        if let (Some(instance), Some(public)) = (of.values.text(key), public)
            && self.has("Instances", instance)
            && let Some(value) = self.of(of, "Instances", Some(instance))
        {
            value.insert("PublicIpAddress".into(), public.into());
        }
        true
    }
}
