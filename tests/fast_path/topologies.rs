//! Generated topologies with everything that an answer can be made of.

use std::{collections::BTreeSet, fmt::Write as _, net::SocketAddr};

use plustwo::{
    health::{State as Health, Target},
    model::{AzIx, SubnetIx},
    names::EndpointNames,
};
use proptest::prelude::*;

use crate::Server;

const SERVICES: [&str; 6] = ["sns", "sqs", "execute-api", "s3", "monitoring", "partner"];
const POLICIES: [&str; 3] =
    ["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"];
const RECORD_TYPES: [(&str, &str); 4] = [
    ("ipv4", "ipv4"),
    ("dualstack", "dualstack"),
    ("dualstack", "service-defined"),
    ("dualstack", "ipv6"),
];
const SWITCHES: [&str; 3] = ["answer", "nodata", "servfail"];

/// One endpoint of a generated topology.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    service: usize,
    azs: BTreeSet<usize>,
    private_dns: bool,
    policy: usize,
    families: usize,
}

/// A generated topology and its faults.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    endpoints: Vec<Endpoint>,
    zonal: usize,
    all_impaired: usize,
    dns_support: bool,
    upstream: bool,
    /// AZ or subnet, which, forced or observed, impaired or healthy.
    faults: Vec<(bool, usize, bool, bool)>,
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let endpoint = (
        0..SERVICES.len(),
        prop::collection::btree_set(0..4_usize, 1..=4),
        prop::bool::weighted(0.7),
        0..POLICIES.len(),
        0..RECORD_TYPES.len(),
    )
        .prop_map(|(service, azs, private_dns, policy, families)| Endpoint {
            service,
            azs,
            private_dns,
            policy,
            families,
        });
    let faults =
        prop::collection::vec((any::<bool>(), 0..4_usize, any::<bool>(), any::<bool>()), 0..5);
    (
        prop::collection::vec(endpoint, 1..6),
        0..3_usize,
        0..3_usize,
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.2),
        faults,
    )
        .prop_map(|(endpoints, zonal, all_impaired, dns_support, upstream, faults)| Case {
            endpoints,
            zonal,
            all_impaired,
            dns_support,
            upstream,
            faults,
        })
}

impl Case {
    /// Two servers of the same topology with the same faults, which rotate by themselves.
    pub(crate) fn servers(&self) -> [Server; 2] {
        let text = self.topology();
        [(), ()].map(|()| {
            let server = Server::new(&text);
            let model = server.state.snapshot().model.clone();
            for (is_az, at, is_forced, is_impaired) in &self.faults {
                let target = if *is_az {
                    let azs = model.availability_zones.len();
                    Target::AvailabilityZone(AzIx(u16::try_from(*at % azs).unwrap()))
                } else {
                    Target::Subnet(SubnetIx(u32::try_from(*at % model.subnets.len()).unwrap()))
                };
                let health = if *is_impaired { Health::Impaired } else { Health::Healthy };
                if *is_forced {
                    server.state.force(target, Some(health));
                } else {
                    server.state.observe(target, health);
                }
            }
            server
        })
    }

    /// The topology file.
    pub(crate) fn topology(&self) -> String {
        let all_impaired = ["fail_open", "nodata", "servfail"][self.all_impaired];
        let mut text = format!(
            "region: us-east-1\nfailover: {{ detection: 0s, recovery: 0s, zonal: {}, all_impaired: {all_impaired} }}\n\
             services:\n  partner: {{ label: vpce-svc-0123456789abcdef0, private_dns_names: [api.partner.example] }}\n",
            SWITCHES[self.zonal]
        );
        if self.upstream {
            text.push_str("public_dns: { upstream: [127.0.0.1] }\n");
        }
        text.push_str(
            "vpcs:\n  v:\n    cidr_block: 10.0.0.0/16\n    ipv6_cidr_block: 2600:1f18::/56\n",
        );
        writeln!(
            text,
            "    enable_dns_hostnames: true\n    enable_dns_support: {}\n    subnets:",
            self.dns_support
        )
        .unwrap();
        for (at, az) in ["a", "b", "c", "d"].iter().enumerate() {
            writeln!(
                text,
                "      {az}: {{ availability_zone: us-east-1{az}, cidr_block: 10.0.{at}.0/24, \
                 ipv6_cidr_block: \"2600:1f18:0:{at}::/64\", enable_dns64: {} }}",
                *az == "d"
            )
            .unwrap();
        }
        text.push_str("    vpc_endpoints:\n");
        let mut taken = BTreeSet::new();
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let Endpoint { service, azs, private_dns, policy, families } = endpoint;
            let azs: Vec<&str> = azs.iter().map(|az| ["a", "b", "c", "d"][*az]).collect();
            // it needs DNS support (R49), S3 has it for inbound endpoints alone (R58), and one endpoint a service
            // may have it (R52)
            let private_dns = *private_dns
                && self.dns_support
                && SERVICES[*service] != "s3"
                && taken.insert(*service);
            let (addresses, records) = RECORD_TYPES[*families];
            writeln!(
                text,
                "      e{at}: {{ service_name: {}, subnets: [{}], private_dns_enabled: {private_dns}, \
                 client_routing_policy: {}, ip_address_type: {addresses}, dns_record_ip_type: {records} }}",
                SERVICES[*service],
                azs.join(", "),
                POLICIES[*policy],
            )
            .unwrap();
        }
        text.push_str(REST);
        text
    }
}

/// What every topology has besides: a VPC with nothing in it, zones with all kinds of records, and who asks.
const REST: &str = r#"
  w:
    cidr_block: 10.1.0.0/16
    enable_dns_hostnames: true
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.1.0.0/24 } }
    instances:
      web:
        id: i-0123456789abcdef0
        subnet: a
        private_ip: 10.1.0.15
        public_ip: 203.0.113.25
        private_dns_name_options: { enable_resource_name_dns_a_record: true }
    resolver_endpoints:
      in: { direction: INBOUND, ip_addresses: [{ subnet: a, ip: 10.1.0.53 }, { subnet: a }], dns64_enabled: true }
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: a }] }
firewall_domain_lists:
  some: { domains: ["*.wild.corp.internal", many.corp.internal, ip-10-1-0-15.ec2.internal] }
  more: { domains: [alias.corp.internal, "*.eu-west-1.amazonaws.com", far.corp.internal] }
  chain: { domains: [chain.corp.internal, "*.in-addr.arpa"] }
firewall_rule_groups:
  g:
    rules:
      trust: { priority: 1, firewall_domain_list: chain, action: ALERT, firewall_domain_redirection_action: TRUST_REDIRECTION_DOMAIN }
      some: { priority: 2, firewall_domain_list: some, action: BLOCK, block_response: OVERRIDE, block_override_domain: Sink.example.net }
      more: { priority: 3, firewall_domain_list: more, q_type: AAAA, action: BLOCK, block_response: NODATA }
      most: { priority: 4, firewall_domain_list: more, action: BLOCK, block_response: NXDOMAIN }
    vpcs: { w: 101 }
resolver_rules:
  corp: { domain_name: example.com, rule_type: FORWARD, resolver_endpoint: w/out, target_ips: [127.0.0.1], vpcs: [w] }
  own: { domain_name: own.example.com, rule_type: SYSTEM, vpcs: [w] }
health_checks: { hc: { status: unhealthy } }
hosted_zones:
  corp.internal:
    vpcs: [v, w]
    records:
      - { name: cut, type: NS, values: [ns.cut.corp.internal] }
      - { name: ns.cut, type: A, values: [10.0.9.53] }
      - { name: one, type: A, ttl: 60, values: [10.0.9.1] }
      - { name: many, type: A, values: [10.0.9.1, 10.0.9.2, 10.0.9.3] }
      - { name: many, type: AAAA, values: ["2600:1f18::1", "2600:1f18::2"] }
      - { name: many, type: TXT, values: ['"one" "two"', '"three"'] }
      - { name: mail, type: MX, values: ["10 MX1.Corp.internal", "20 mx2.example.net"] }
      - { name: _ldap._tcp, type: SRV, values: ["0 5 389 one.corp.internal"] }
      - { name: odd, type: CAA, values: ['0 issue "ca.example.net"'] }
      - { name: "*.wild", type: A, values: [10.0.9.4, 10.0.9.5] }
      - { name: "*.wildc", type: CNAME, values: [many.corp.internal] }
      - { name: deep.in.the.wild, type: A, values: [10.0.9.6] }
      - { name: alias, type: A, alias: { vpc_endpoint: v/e0 } }
      - { name: alias, type: AAAA, alias: { vpc_endpoint: v/e0 } }
      - { name: chain, type: CNAME, values: [Chain2.corp.internal] }
      - { name: chain2, type: CNAME, ttl: 5, values: [MANY.corp.internal] }
      - { name: loop, type: CNAME, values: [loop.corp.internal] }
      - { name: gone, type: CNAME, values: [nothing.corp.internal] }
      - { name: api, type: CNAME, values: [sns.us-east-1.amazonaws.com] }
      - { name: far, type: CNAME, values: [sqs.eu-west-1.amazonaws.com] }
      - { name: out, type: CNAME, values: [example.net] }
      - { name: w, type: A, ttl: 9, values: [10.0.9.8, 10.0.9.9], set_identifier: a, weighted_routing_policy: { weight: 3 } }
      - { name: w, type: A, ttl: 9, values: [10.0.9.10], set_identifier: b, weighted_routing_policy: { weight: 1 }, health_check_id: hc }
      - { name: w, type: A, set_identifier: c, weighted_routing_policy: { weight: 2 }, alias: { vpc_endpoint: v/e0 } }
      - { name: wc, type: CNAME, values: [w.corp.internal], set_identifier: a, weighted_routing_policy: { weight: 1 } }
      - { name: wc, type: CNAME, values: [Many.corp.internal], set_identifier: b, weighted_routing_policy: { weight: 1 } }
      - { name: mv, type: A, values: [10.0.9.11], set_identifier: a, multivalue_answer_routing_policy: true }
      - { name: mv, type: A, values: [10.0.9.12], set_identifier: b, multivalue_answer_routing_policy: true, health_check_id: hc }
      - { name: fo, type: AAAA, values: ["2600:1f18::3"], set_identifier: a, failover_routing_policy: { type: PRIMARY }, health_check_id: hc }
      - { name: fo, type: AAAA, set_identifier: b, failover_routing_policy: { type: SECONDARY }, alias: { name: many, evaluate_target_health: true } }
      - { name: geo, type: TXT, values: ['"eu"'], set_identifier: a, geolocation_routing_policy: { continent: EU } }
      - { name: lat, type: A, set_identifier: a, latency_routing_policy: { region: us-west-2 }, alias: { name: w } }
      - { name: sub.corp, type: NS, values: [ns1.example.net, ns2.example.net] }
      - name: long
        type: A
        values: [10.0.8.1, 10.0.8.2, 10.0.8.3, 10.0.8.4, 10.0.8.5, 10.0.8.6, 10.0.8.7, 10.0.8.8, 10.0.8.9, 10.0.8.10,
                 10.0.8.11, 10.0.8.12, 10.0.8.13, 10.0.8.14, 10.0.8.15, 10.0.8.16, 10.0.8.17, 10.0.8.18, 10.0.8.19,
                 10.0.8.20, 10.0.8.21, 10.0.8.22, 10.0.8.23, 10.0.8.24, 10.0.8.25, 10.0.8.26, 10.0.8.27, 10.0.8.28,
                 10.0.8.29, 10.0.8.30, 10.0.8.31, 10.0.8.32, 10.0.8.33, 10.0.8.34, 10.0.8.35, 10.0.8.36, 10.0.8.37]
  below.corp.internal:
    vpcs: [v]
    records:
      - { name: "@", type: SOA, values: ["ns.below.corp.internal host.corp.internal 7 7200 900 1209600 30"] }
      - { name: x, type: A, values: [10.0.9.7] }
  kms.us-east-1.amazonaws.com:
    vpcs: [w]
    records: [ { name: "@", type: A, alias: { vpc_endpoint: v/e0 } } ]
clients:
  127.0.0.1/32: { vpc: v, subnet: a }
  127.0.0.2/32: { vpc: v, subnet: b }
  127.0.0.4/32: { vpc: v, subnet: d }
  127.0.0.5/32: { vpc: v }
  127.0.0.6/32: { vpc: w, subnet: a }
  127.0.0.7/32: { inbound: w/in }
  127.0.0.9/32: internet
"#;

/// Who may ask; the last two are in no line of `clients`.
pub(crate) const ASKERS: [&str; 10] = [
    "127.0.0.1:1000",
    "127.0.0.2:1000",
    "127.0.0.4:1000",
    "127.0.0.5:1000",
    "127.0.0.6:1000",
    "127.0.0.7:1000",
    "127.0.0.9:1000",
    "10.0.1.77:1000",
    "[2600:1f18:0:2::5]:1000",
    "192.0.2.1:1000",
];

pub(crate) fn asker(at: usize) -> SocketAddr {
    ASKERS[at % ASKERS.len()].parse().unwrap()
}

/// Names that are nobody's zone in particular.
const OTHER_NAMES: [&str; 33] = [
    "",
    "com",
    "amazonaws.com",
    "vpce.amazonaws.com",
    "us-east-1.vpce.amazonaws.com",
    "sns.us-east-1.vpce.amazonaws.com",
    "vpce-00000000000000000-aaaaaaaa.sns.us-east-1.vpce.amazonaws.com",
    "sns.us-east-1.amazonaws.com",
    "sqs.us-east-1.amazonaws.com",
    "kms.us-east-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "b.s3.us-east-1.amazonaws.com",
    "ssm.us-east-1.api.aws",
    "sns.eu-west-1.amazonaws.com",
    "sns.cn-north-1.amazonaws.com.cn",
    "iam.amazonaws.com",
    "example.com",
    "example.net",
    "api.partner.example",
    "localhost",
    "1.0.0.127.in-addr.arpa",
    "own.example.com",
    "ec2.internal",
    "ns0.ec2.internal",
    "ip-10-1-0-15.ec2.internal",
    "ip-10-1-0-16.ec2.internal",
    "x.ip-10-1-0-15.ec2.internal",
    "i-0123456789abcdef0.ec2.internal",
    "ec2-203-0-113-25.compute-1.amazonaws.com",
    "15.0.1.10.in-addr.arpa",
    "0.1.10.in-addr.arpa",
    "10.in-addr.arpa",
    "25.113.0.203.in-addr.arpa",
];

/// Every name of interest: the endpoints', those of the zones, and public ones.
pub(crate) fn names(server: &Server) -> Vec<String> {
    let model = &server.state.snapshot().model;
    let mut names: Vec<String> = [
        "corp.internal",
        "one",
        "many",
        "cut",
        "below.cut",
        "mail",
        "_ldap._tcp",
        "odd",
        "wild",
        "wildc",
        "the.wild",
        "deep.in.the.wild",
        "alias",
        "chain",
        "loop",
        "gone",
        "api",
        "far",
        "out",
        "sub.corp",
        "long",
        "nothing",
        "below",
        "x.below",
        "y.below",
    ]
    .iter()
    .map(|name| {
        if *name == "corp.internal" { (*name).to_owned() } else { format!("{name}.corp.internal") }
    })
    .collect();
    names.extend(OTHER_NAMES.map(ToOwned::to_owned));
    for ix in model.endpoint_indexes() {
        let entries = EndpointNames::new(model, ix).dns_entries();
        names.extend(entries.into_iter().map(|entry| entry.dns_name.replace("*.", "x.")));
        let own = EndpointNames::new(model, ix).regional();
        // right in form and wrong in one part
        names.push(own.replacen("vpce-", "vpce-svc-", 1));
        names.push(own.replace("us-east-1", "us-east-2"));
        names.push(own.replacen('-', "-0", 1));
    }
    names
}
