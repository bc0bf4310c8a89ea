"""Traces as JSON, held against botocore's model of EC2's `NetworkInsightsAnalysis` (N280). `analyses.py PLUSTWO`"""

import json
import subprocess
import sys
import tempfile

from botocore.loaders import Loader
from botocore.model import ServiceModel

# What EC2 has no field for: it knows TCP and UDP alone (N283), and does not say which AZs a packet crosses.
OURS = {("AnalysisPacketHeader", "IcmpTypeCode"), ("AdditionalDetail", "AvailabilityZones")}

TOPOLOGY = """
region: us-east-1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    ipv6_cidr_block: "2001:db8:a::/56"
    internet_gateway: true
    egress_only_internet_gateway: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24, ipv6_cidr_block: "2001:db8:a:1::/64", route_table: public }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24, ipv6_cidr_block: "2001:db8:a:2::/64", route_table: private }
      c: { availability_zone: us-east-1a, cidr_block: 10.0.3.0/24, network_acl: shut }
    nat_gateways: { nat: { subnet: a, public_ip: 203.0.113.50 } }
    network_acls: { shut: {} }
    route_tables:
      public: { routes: [ { destination: 0.0.0.0/0, target: internet_gateway }, { destination: "::/0", target: internet_gateway } ] }
      private:
        routes:
          - { destination: 0.0.0.0/0, target: { nat_gateway: nat } }
          - { destination: "::/0", target: egress_only_internet_gateway }
          - { destination: 10.1.0.0/16, target: { vpc_peering_connection: peer } }
          - { destination: 10.2.0.0/16, target: { transit_gateway: tgw-0123456789abcdef0 } }
          - { destination: 10.3.0.0/16, target: { core_network: "arn:aws:networkmanager::123456789012:core-network/core-network-1" } }
          - { destination: 10.4.0.0/16, target: blackhole }
          - { destination: 10.5.0.0/16, target: { instance: fw } }
    vpc_endpoints:
      s3: { service_name: s3, vpc_endpoint_type: Gateway, route_tables: [private] }
      sqs: { service_name: sqs, subnets: [a], security_groups: [open], private_dns_enabled: false }
    resolver_endpoints:
      in: { direction: INBOUND, ip_addresses: [ { subnet: a, ip: 10.0.1.53 }, { subnet: b, ip: 10.0.2.53 } ], security_groups: [open] }
    security_groups:
      open: { ingress: [ { protocol: "-1", cidr_blocks: [0.0.0.0/0], ipv6_cidr_blocks: ["::/0"] } ] }
      of: { ingress: [ { protocol: tcp, from_port: 443, to_port: 443, security_groups: [open] } ] }
    instances:
      web: { subnet: a, private_ip: 10.0.1.10, public_ip: 203.0.113.10, ipv6_address: "2001:db8:a:1::10", security_groups: [open] }
      worker: { subnet: b, private_ip: 10.0.2.10, ipv6_address: "2001:db8:a:2::10", security_groups: [open] }
      db: { subnet: b, private_ip: 10.0.2.11, security_groups: [of] }
      fw: { subnet: a, private_ip: 10.0.1.11, security_groups: [open] }
      shut: { subnet: c, private_ip: 10.0.3.10 }
  peer:
    cidr_block: 10.1.0.0/16
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.1.1.0/24 } }
    instances: { one: { subnet: a, private_ip: 10.1.1.10 } }
vpc_peering_connections: { peer: { vpc: app, peer_vpc: peer } }
"""

WAYS = [
    ["internet", "app/web"],
    ["internet", "2001:db8:a:1::10", "--protocol", "icmp"],
    ["internet", "203.0.113.50"],
    ["app/worker", "192.0.2.1"],
    ["app/worker", "192.0.2.1", "--protocol", "icmp"],
    ["app/worker", "2001:db8:ffff::1"],
    ["app/worker", "s3.us-east-1.amazonaws.com"],
    ["app/worker", "10.0.1.53:53", "--protocol", "udp"],
    ["app/worker", "app/db"],
    ["app/worker", "app/shut", "--explain-all"],
    ["app/worker", "app/web", "--impaired", "us-east-1a"],
    ["app/web", "app/db:22"],
    ["app/worker", "peer/one"],
    ["app/worker", "10.1.7.7"],
    ["app/worker", "10.2.0.1"],
    ["app/worker", "10.3.0.1"],
    ["app/worker", "10.4.0.1"],
    ["app/worker", "10.5.0.1"],
]

KINDS = {"string": str, "integer": int, "boolean": bool}


def hold(value, shape, at, found):
    """A value against its shape, all the way down; what is seen on the way."""
    kind = shape.type_name
    found.add(shape.name)
    if kind == "structure":
        for key, inner in value.items():
            if (shape.name, key) in OURS:
                found.add(key)
                continue
            assert key in shape.members, f"{at}: {shape.name} has no {key}"
            hold(inner, shape.members[key], f"{at}.{key}", found)
    elif kind == "list":
        assert isinstance(value, list), f"{at}: {value!r} is no list"
        for number, inner in enumerate(value):
            hold(inner, shape.member, f"{at}[{number}]", found)
    else:
        assert type(value) is KINDS[kind], f"{at}: {value!r} is no {kind}"
        assert not getattr(shape, "enum", None) or value in shape.enum, f"{at}: {value!r} is none of {shape.enum}"


def arns(value):
    """Every id with its ARN."""
    if isinstance(value, dict):
        if "Arn" in value:
            yield value["Id"], value["Arn"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from arns(inner)


def main(plustwo):
    shape = ServiceModel(Loader().load_service_model("ec2", "service-2")).shape_for("NetworkInsightsAnalysis")
    found = set()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as topology:
        topology.write(TOPOLOGY)
        topology.flush()
        for way in WAYS:
            start, to, *options = way
            command = [plustwo, "trace", "--topology", topology.name, "--from", start, "--to", to, "--output", "json", *options]
            out = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert out.returncode in (0, 1), f"{way}: {out.stderr}"
            analyses = json.loads(out.stdout)["NetworkInsightsAnalyses"]
            assert analyses, f"{way}: no analysis"
            for analysis in analyses:
                hold(analysis, shape, " ".join(way), found)
                for name, arn in arns(analysis):
                    service = "route53resolver" if name.startswith("rslvr-") else "networkmanager" if name.startswith("arn:") else "ec2"
                    assert arn.split(":")[2] == service, f"{way}: {name} has the ARN {arn}"
    # nothing was held against nothing
    seen = {"AnalysisAclRule", "AnalysisSecurityGroupRule", "AnalysisRouteTableRoute", "PortRange", "Explanation"}
    missing = (seen | {key for _, key in OURS}) - found
    assert not missing, f"never seen: {missing}"


main(*sys.argv[1:])
