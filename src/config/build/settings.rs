//! Private DNS, who asks from where, public names, failover.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_proto::rr::Record;
use ipnet::IpNet;

use super::{Builder, zone::canned};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        change,
        spec::{
            AllImpairedSpec, CacheSpec, CachedNegativeSoaSpec, CompatSpec, DNS_PORT,
            FailoverSettingsSpec, FailoverSpec, InboundSpec, PacketLimitSpec, PacketLimitWord,
            PlaceSpec, PresetSpec, PublicDnsSpec, VantageSpec, VantageWord, ZonalSpec, dns_server,
        },
    },
    model::{
        CacheMode, CachedNegativeSoa, Client, Compat, DETECTION, DnsName, Failover, ImpairedAnswer,
        IpAddressType, Listen, PublicDns, RECOVERY, Vantage, VpcIx, VpcVantage,
    },
    zonefile,
};

/// Packets a second that a network interface may send to the resolver. Source: rule R101.
const PACKETS_PER_SECOND: u32 = 1024;

/// Detection under the preset `arc-zonal-autoshift`: a shift is decided after minutes.
const AUTOSHIFT_DETECTION: Duration = Duration::from_secs(300);

impl Builder {
    /// The rules of private DNS for every endpoint that has it on. R49, R50, R52, R58
    pub(super) fn check_private_dns(&mut self) {
        for ix in self.model.endpoint_indexes() {
            if !self.model[ix].private_dns_enabled {
                continue;
            }
            for error in change::check_private_dns(&self.model, ix, &mut self.private_names) {
                let path = self.endpoint_path(ix).key("private_dns_enabled");
                self.refused(&At::of(&path), &error);
            }
        }
    }

    /// Everything that is about the emulation itself.
    pub(super) fn settings(
        &mut self,
        clients: Entries<VantageSpec>,
        listen: Entries<Option<VantageSpec>>,
        public_dns: &PublicDnsSpec,
        failover: Option<FailoverSpec>,
    ) {
        let root = At::ROOT;
        self.clients(&root.key("clients"), clients);
        self.listen(&root.key("listen"), listen);
        let PublicDnsSpec { upstream, trust_anchors, broken_delegations } = public_dns;
        let path = root.key("public_dns");
        let upstream = self.upstream(&path.key("upstream"), upstream);
        let trust_anchors = self.trust_anchors(&path.key("trust_anchors"), trust_anchors);
        let mut canned = canned();
        self.verification_records(&mut canned);
        let broken = &path.key("broken_delegations");
        let broken_delegations = self.broken_delegations(broken, broken_delegations);
        self.model.public_dns = PublicDns { upstream, trust_anchors, broken_delegations, canned };
        self.model.failover = self.failover(&root.key("failover"), failover);
    }

    /// Whether answers are cached, and what is odd about that. R87, R89
    pub(super) fn cache(&mut self, cache: Option<CacheSpec>, soa: Option<CachedNegativeSoaSpec>) {
        self.model.cache = match cache {
            None | Some(CacheSpec::Off) => CacheMode::Off,
            Some(CacheSpec::Aws) => CacheMode::Aws,
        };
        self.model.cached_negative_soa = match soa {
            None | Some(CachedNegativeSoaSpec::Keep) => CachedNegativeSoa::Keep,
            Some(CachedNegativeSoaSpec::Omit) => CachedNegativeSoa::Omit,
        };
        if soa == Some(CachedNegativeSoaSpec::Omit) && self.model.cache == CacheMode::Off {
            let path = At::ROOT.key("cached_negative_soa");
            let message = "`cached_negative_soa: omit` does nothing without `cache: aws`";
            self.findings.push(Finding::warning(path, message).at_key().rule("R89"));
        }
    }

    /// How long hidden zones stay attached. R54
    pub(super) fn deletion_lag(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        if let Some(lag) = parse_duration(text) {
            self.model.private_dns_deletion_lag = lag;
        } else {
            let message = format!("`{text}` is not a duration, such as `120s`, `2m` or `500ms`");
            let path = At::ROOT.key("private_dns_deletion_lag").path();
            self.error(Finding::error(path, message).rule("R54"));
        }
    }

    /// How many packets a second an asker may send. R101
    pub(super) fn packets_per_second_limit(&mut self, limit: Option<&PacketLimitSpec>) {
        self.model.packets_per_second_limit = match limit {
            None | Some(PacketLimitSpec::Word(PacketLimitWord::Off)) => None,
            Some(PacketLimitSpec::Word(PacketLimitWord::Aws)) => Some(PACKETS_PER_SECOND),
            Some(PacketLimitSpec::Number(0)) => {
                let path = At::ROOT.key("packets_per_second_limit");
                let message =
                    "a limit of 0 lets nothing pass: expected `off`, `aws` or a number from 1";
                self.error(Finding::error(path, message).rule("R101"));
                None
            }
            Some(PacketLimitSpec::Number(limit)) => Some(*limit),
        };
    }

    /// Whose limits endpoints have. N2
    pub(super) fn compat(&mut self, compat: Option<CompatSpec>) {
        self.model.compat = match compat {
            None | Some(CompatSpec::Current) => Compat::Current,
            Some(CompatSpec::Of2021) => Compat::Of2021,
        };
    }

    /// Endpoints with addresses that nothing reached in 2021. N2, N4
    pub(super) fn warn_of_compat(&mut self) {
        if self.model.compat == Compat::Current {
            return;
        }
        let mut found = Vec::new();
        for (vpc, of) in (0..).map(VpcIx).zip(&self.model.vpcs) {
            for (name, endpoint) in &of.gateway_endpoints {
                if endpoint.ip_address_type != IpAddressType::Ipv4 {
                    let vpc = At::ROOT.entry("vpcs", &self.model[vpc].name).path();
                    let path =
                        At::of(&vpc).entry("vpc_endpoints", name).key("ip_address_type").path();
                    found.push((path, "a gateway", endpoint.ip_address_type));
                }
            }
        }
        for ix in self.model.endpoint_indexes() {
            let of = self.model[ix].ip_address_type;
            if of != IpAddressType::Ipv4 {
                found.push((self.endpoint_path(ix).key("ip_address_type"), "an interface", of));
            }
        }
        for (path, kind, of) in found {
            let of = of.as_str();
            let message =
                format!("`{of}`: with `compat: \"2021\"` {kind} endpoint takes IPv4 alone");
            self.findings.push(Finding::warning(path, message).rule("N2"));
        }
    }

    /// Who is who among the askers: a prefix has one vantage.
    fn clients(&mut self, path: &At<'_>, clients: Entries<VantageSpec>) {
        let mut seen: HashMap<IpNet, Box<str>> = HashMap::new();
        for (text, spec) in clients {
            let path = path.key(&text);
            let vantage = self.vantage(&path, &spec);
            let prefix = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let Ok(prefix) = prefix else {
                let message =
                    format!("`{text}` is not an address or a prefix, such as `127.0.0.1/32`");
                self.error(Finding::error(path, message).at_key());
                continue;
            };
            if prefix.trunc() != prefix {
                let message = format!("`{text}` has bits behind the prefix");
                let help = format!("did you mean `{}` or `{}`?", prefix.trunc(), prefix.addr());
                self.error(Finding::error(path, message).at_key().help(help));
            }
            if let Some(other) = seen.insert(prefix.trunc(), text.clone()) {
                let message = format!("`{text}` is the same as `{other}`");
                self.error(Finding::error(path, message).at_key());
            }
            if let Some(vantage) = vantage {
                self.model.clients.push(Client { prefix: prefix.trunc(), vantage });
            }
        }
        self.model.clients.sort_by_key(|client| std::cmp::Reverse(client.prefix.prefix_len()));
    }

    /// Addresses to listen on.
    fn listen(&mut self, path: &At<'_>, listen: Entries<Option<VantageSpec>>) {
        for (text, spec) in listen {
            let path = path.key(&text);
            let vantage = spec.and_then(|spec| self.vantage(&path, &spec));
            let Ok(address) = text.parse::<SocketAddr>() else {
                let message =
                    format!("`{text}` is not an address and port, such as `127.0.0.1:5300`");
                self.error(Finding::error(path, message).at_key());
                continue;
            };
            if !address.ip().is_loopback() {
                let message =
                    format!("`{address}` is not on loopback: others on the network can ask");
                self.findings.push(Finding::warning(path, message).at_key());
            }
            self.listens_once(&path, address);
            self.model.listen.push(Listen { address, vantage });
        }
    }

    fn vantage(&mut self, path: &At<'_>, spec: &VantageSpec) -> Option<Vantage> {
        let PlaceSpec { vpc, subnet, instance } = match spec {
            VantageSpec::Word(VantageWord::Internet) => return Some(Vantage::Internet),
            VantageSpec::Inbound(InboundSpec { inbound }) => {
                return self.inbound(&path.key("inbound"), inbound);
            }
            VantageSpec::Place(place) => place,
        };
        let vpc = self.vpc(&path.key("vpc"), vpc)?;
        let subnet = match subnet {
            None => None,
            Some(subnet) => Some(self.subnet(&path.key("subnet"), vpc, subnet)?),
        };
        let instance = match instance {
            None => None,
            Some(name) => Some(self.instance(&path.key("instance"), vpc, name)?),
        };
        let of_instance = instance.map(|instance| self.model[instance].subnet);
        if let (Some(subnet), Some(of_instance)) = (subnet, of_instance)
            && subnet != of_instance
        {
            let message = format!("the instance is in subnet `{}`", self.model[of_instance].name);
            self.error(Finding::error(path.key("subnet"), message));
        }
        Some(Vantage::Vpc(VpcVantage {
            vpc,
            subnet: subnet.or(of_instance),
            instance,
            inbound: None,
        }))
    }

    fn upstream(&mut self, path: &At<'_>, upstream: &[String]) -> Vec<SocketAddr> {
        let mut found = Vec::with_capacity(upstream.len());
        for (at, text) in upstream.iter().enumerate() {
            if let Some(address) = dns_server(text, DNS_PORT) {
                found.push(address);
            } else {
                let message = format!(
                    "`{text}` is not an address, such as `192.0.2.53` or `192.0.2.53:5353`"
                );
                self.error(Finding::error(path.index(at), message));
            }
        }
        found
    }

    /// Domains that lead nowhere. R137
    fn broken_delegations(&mut self, path: &At<'_>, texts: &[String]) -> Vec<DnsName> {
        let mut found = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            match text.parse::<DnsName>() {
                Ok(name) => found.push(name),
                Err(error) => self.error(Finding::error(path.index(at), error).rule("R137")),
            }
        }
        found
    }

    /// The keys that validation begins from. R100
    fn trust_anchors(&mut self, path: &At<'_>, texts: &[String]) -> Vec<Record> {
        let mut found = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            match zonefile::trust_anchor(text) {
                Ok(key) => found.push(key),
                Err(message) => {
                    self.error(Finding::error(path.index(at), message).rule("R100"));
                }
            }
        }
        found
    }

    fn failover(&mut self, path: &At<'_>, spec: Option<FailoverSpec>) -> Failover {
        let settings = match spec {
            None => FailoverSettingsSpec::default(),
            Some(FailoverSpec::Preset(preset)) => {
                FailoverSettingsSpec { preset: Some(preset), ..FailoverSettingsSpec::default() }
            }
            Some(FailoverSpec::Settings(settings)) => settings,
        };
        let FailoverSettingsSpec { preset, detection, recovery, zonal, all_impaired } = settings;
        let (default_detection, default_recovery) = match preset {
            None | Some(PresetSpec::FisPowerInterruption) => (DETECTION, RECOVERY),
            Some(PresetSpec::ArcZonalAutoshift) => (AUTOSHIFT_DETECTION, RECOVERY),
            Some(PresetSpec::Instant) => (Duration::ZERO, Duration::ZERO),
        };
        let mut delay = |key: &str, text: Option<String>, default: Duration| match text {
            None => default,
            Some(text) => parse_duration(&text).unwrap_or_else(|| {
                let message =
                    format!("`{text}` is not a duration, such as `120s`, `2m` or `500ms`");
                self.error(Finding::error(path.key(key), message));
                default
            }),
        };
        Failover {
            detection: delay("detection", detection, default_detection),
            recovery: delay("recovery", recovery, default_recovery),
            zonal: match zonal {
                None | Some(ZonalSpec::Answer) => ImpairedAnswer::Answer,
                Some(ZonalSpec::Nodata) => ImpairedAnswer::Nodata,
                Some(ZonalSpec::Servfail) => ImpairedAnswer::Servfail,
            },
            all_impaired: match all_impaired {
                None | Some(AllImpairedSpec::FailOpen) => ImpairedAnswer::Answer,
                Some(AllImpairedSpec::Nodata) => ImpairedAnswer::Nodata,
                Some(AllImpairedSpec::Servfail) => ImpairedAnswer::Servfail,
            },
        }
    }
}

/// Reads `500ms`, `120s`, `2m`, `1h`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}
