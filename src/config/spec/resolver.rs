//! Route 53 Resolver: endpoints and rules.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Entries;

/// A resolver endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ResolverEndpointSpec {
    /// `rslvr-in-…` or `rslvr-out-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Which way queries go.
    pub(in crate::config) direction: DirectionSpec,
    /// Its network interfaces: at least two, better in two AZs (R91).
    pub(in crate::config) ip_addresses: Vec<ResolverAddressSpec>,
    /// The names of its security groups; `default` where there are none (R92).
    pub(in crate::config) security_groups: Option<Vec<String>>,
    /// How it is asked; `Do53` where absent.
    pub(in crate::config) protocols: Option<Vec<ResolverProtocolSpec>>,
    /// Inbound: whether its askers get AAAA records made from A records (R102).
    #[serde(default)]
    pub(in crate::config) dns64_enabled: bool,
}

/// Which way queries go.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum DirectionSpec {
    /// From other networks into the VPC.
    Inbound,
    /// The same by delegation: refused, since it is not emulated (R70).
    #[serde(rename = "INBOUND_DELEGATION")]
    #[schemars(skip)]
    InboundDelegation,
    /// From the VPC to other networks.
    Outbound,
}

/// A protocol that DNS is spoken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum ResolverProtocolSpec {
    /// DNS over UDP and TCP.
    Do53,
    /// DNS over TLS; not AWS's.
    DoT,
    /// DNS over HTTPS.
    DoH,
}

/// A network interface of a resolver endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ResolverAddressSpec {
    /// The name of its subnet.
    pub(in crate::config) subnet: String,
    /// Its address in the VPC; a free one of the subnet where absent.
    pub(in crate::config) ip: Option<String>,
    /// Inbound: the real address, such as `127.0.0.1:5310`, that stands for it; by protocol where there are several.
    pub(in crate::config) listen: Option<ResolverListenSpec>,
    /// Outbound: the real address that queries leave from.
    pub(in crate::config) source: Option<String>,
}

/// Where an address of an inbound endpoint really listens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum ResolverListenSpec {
    /// For `Do53`.
    Do53(String),
    /// By protocol.
    ByProtocol(Entries<String>),
}

/// A resolver rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ResolverRuleSpec {
    /// `rslvr-rr-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// FORWARD and SYSTEM: it holds for this name and everything below (R81).
    pub(in crate::config) domain_name: Option<String>,
    /// DELEGATE: it leads to name servers with this name, or one below it, that NS records of private zones name (R70).
    pub(in crate::config) delegation_record: Option<String>,
    /// DELEGATE: the real addresses, `address` or `address:port`, that stand for name servers; by name. Others have the address
    /// that their name has in the VPC, and port 53.
    #[serde(default)]
    pub(in crate::config) name_servers: Entries<String>,
    /// What becomes of such queries.
    pub(in crate::config) rule_type: RuleTypeSpec,
    /// FORWARD and DELEGATE: the outbound endpoint they leave by, as `vpc/name` or by its id.
    pub(in crate::config) resolver_endpoint: Option<String>,
    /// FORWARD: where they go, `address` or `address:port`, at most six (R93).
    #[serde(default)]
    pub(in crate::config) target_ips: Vec<TargetSpec>,
    /// The VPCs it is associated with, by name or id.
    #[serde(default)]
    pub(in crate::config) vpcs: Vec<String>,
}

/// The type of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum RuleTypeSpec {
    /// Matching queries leave by an outbound endpoint.
    Forward,
    /// Resolver answers matching queries itself.
    System,
    /// Queries for names that a private zone delegates leave by an outbound endpoint.
    Delegate,
}

/// A target of a FORWARD rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum TargetSpec {
    /// `address` or `address:port`.
    Text(String),
    /// Its parts.
    Parts(TargetPartsSpec),
}

/// How a target of a FORWARD rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum TargetProtocolSpec {
    /// DNS over UDP and TCP.
    Do53,
    /// DNS over HTTPS.
    DoH,
}

/// A target of a FORWARD rule in parts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TargetPartsSpec {
    /// Its address.
    pub(in crate::config) ip: String,
    /// Its port. Default 53, and 443 with `DoH`.
    pub(in crate::config) port: Option<u16>,
    /// How it is asked; one of the `protocols` of the outbound endpoint, which need not be given where that has one only (R93).
    pub(in crate::config) protocol: Option<TargetProtocolSpec>,
    /// The name that a `DoH` server is asked by and must prove to have; its address where absent.
    pub(in crate::config) server_name_indication: Option<String>,
}

/// The DNS port.
pub(in crate::config) const DNS_PORT: u16 = 53;

/// Reads `address` or `address:port`; this port where there is none.
pub(in crate::config) fn dns_server(text: &str, port: u16) -> Option<SocketAddr> {
    let with_port = text.parse::<SocketAddr>();
    with_port.or(text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port))).ok()
}
