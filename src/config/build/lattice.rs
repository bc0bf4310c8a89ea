//! Resource and service-network endpoints: what they lead to, and which of its names become private names. R22, R62

use std::collections::{BTreeMap, BTreeSet};

use super::{Builder, endpoint::Place, services::is_host_label};
use crate::{
    catalog::{Owner, PrivateName, Service, stable_hash},
    config::{
        Entries, Finding,
        at::At,
        spec::{
            DomainVerificationStatusSpec, EndpointSpec, LatticeServiceSpec,
            PrivateDnsPreferenceSpec, ResourceConfigurationSpec, ServiceNetworkSpec,
        },
    },
    model::{
        Association, AssociationKind, DnsName, EndpointIx, EndpointKind, HexDigits,
        LatticeEndpoint, LatticeServiceId, PrivateDnsPreference, ResourceConfigurationId,
        ServiceIx, ServiceNetworkId, VpcEndpointId,
    },
};

/// Most domains that an endpoint can specify. Source: the EC2 API model.
const MAX_SPECIFIED_DOMAINS: usize = 10;

/// Hexadecimal digits of the hash in the names; as long as the one in R22.
const HASH_LENGTH: usize = 7;

/// Everything of VPC Lattice, by name and by id.
#[derive(Default)]
pub(super) struct Lattice {
    resources: BTreeMap<Box<str>, Target>,
    networks: BTreeMap<Box<str>, Network>,
}

/// A resource configuration or a service.
#[derive(Clone)]
struct Target {
    kind: AssociationKind,
    id: Box<str>,
    /// Its custom domain name, and whether that is verified.
    domain: Option<(Box<str>, bool)>,
}

/// A service network.
#[derive(Clone)]
struct Network {
    id: Box<str>,
    targets: Vec<Target>,
}

/// What a resource or service-network endpoint leads to, before it has its network interfaces.
pub(super) struct Leads {
    pub(super) service: ServiceIx,
    arn: String,
    preference: PrivateDnsPreference,
    specified: Vec<Box<str>>,
    targets: Vec<(Target, bool)>,
}

impl Builder {
    /// All resource configurations and service networks.
    pub(super) fn lattice(
        &mut self,
        resources: Entries<ResourceConfigurationSpec>,
        networks: Entries<ServiceNetworkSpec>,
    ) {
        for (name, spec) in resources {
            let path = &At::ROOT.entry("resource_configurations", &name);
            let ResourceConfigurationSpec { id, custom_domain_name, domain_verification_status } =
                spec;
            let id = self.id(path, id.as_deref(), || ResourceConfigurationId::derive(&name));
            let domain = self.custom_domain(path, custom_domain_name, domain_verification_status);
            let id: Box<str> = id.to_string().into();
            let target = Target { kind: AssociationKind::Resource, id: id.clone(), domain };
            self.lattice.resources.insert(id, target.clone());
            self.lattice.resources.insert(name, target);
        }
        for (name, spec) in networks {
            let path = &At::ROOT.entry("service_networks", &name);
            let ServiceNetworkSpec { id, resources, services } = spec;
            let id = self.id(path, id.as_deref(), || ServiceNetworkId::derive(&name));
            let mut targets = Vec::new();
            for (at, resource) in resources.iter().enumerate() {
                targets.extend(self.resource(&path.item("resources", at), resource));
            }
            for (service, spec) in services {
                let path = &path.entry("services", &service);
                let LatticeServiceSpec { id, custom_domain_name, domain_verification_status } =
                    spec.unwrap_or_default();
                let id = self.id(path, id.as_deref(), || {
                    LatticeServiceId::derive_from(&[&name, "/", &service])
                });
                let domain =
                    self.custom_domain(path, custom_domain_name, domain_verification_status);
                let id = id.to_string().into();
                targets.push(Target { kind: AssociationKind::Service, id, domain });
            }
            let id: Box<str> = id.to_string().into();
            let network = Network { id: id.clone(), targets };
            self.lattice.networks.insert(id, network.clone());
            self.lattice.networks.insert(name, network);
        }
    }

    fn custom_domain(
        &mut self,
        path: &At<'_>,
        name: Option<String>,
        status: Option<DomainVerificationStatusSpec>,
    ) -> Option<(Box<str>, bool)> {
        let name = name?;
        let is_name = name.parse::<DnsName>().is_ok() && name.split('.').all(is_host_label);
        if !is_name || name.chars().any(|c| c.is_ascii_uppercase()) {
            let message = format!(
                "`{name}` is not a custom domain name: expected lower case, without a final dot"
            );
            self.error(Finding::error(path.key("custom_domain_name"), message).rule("R62"));
            return None;
        }
        let verified = status.is_none_or(|status| status == DomainVerificationStatusSpec::Verified);
        Some((name.into(), verified))
    }

    fn resource(&mut self, path: &At<'_>, found: &str) -> Option<Target> {
        let known = self.lattice.resources.get(found).cloned();
        if known.is_none() {
            let names: Vec<Box<str>> = self.lattice.resources.keys().cloned().collect();
            let names = names.iter().map(|name| &**name);
            self.unknown(path, "resource configuration", found, names.filter(|name| is_name(name)));
        }
        known
    }

    fn network(&mut self, path: &At<'_>, found: &str) -> Option<Network> {
        let known = self.lattice.networks.get(found).cloned();
        if known.is_none() {
            let names: Vec<Box<str>> = self.lattice.networks.keys().cloned().collect();
            let names = names.iter().map(|name| &**name);
            self.unknown(path, "service network", found, names.filter(|name| is_name(name)));
        }
        known
    }

    /// What an endpoint says of VPC Lattice that is not for it.
    pub(super) fn check_no_lattice(&mut self, path: &At<'_>, spec: &EndpointSpec) {
        for (key, given) in [
            ("resource_configuration", spec.resource_configuration.is_some()),
            ("service_network", spec.service_network.is_some()),
            ("private_dns_preference", spec.private_dns_preference.is_some()),
            ("private_dns_specified_domains", spec.private_dns_specified_domains.is_some()),
        ] {
            if given {
                let message = format!("an endpoint of this type has no `{key}`");
                let help = "it is for endpoints of the types `Resource` and `ServiceNetwork`";
                self.error(Finding::error(path.key(key), message).at_key().rule("R22").help(help));
            }
        }
        if spec.service_name.is_none() {
            let message = "an endpoint is for a service, which `service_name` names";
            self.error(Finding::error(path, message).at_key());
        }
    }

    /// What a resource or service-network endpoint leads to. R22
    pub(super) fn leads_to(
        &mut self,
        place: &Place<'_>,
        spec: &EndpointSpec,
        kind: EndpointKind,
    ) -> Option<Leads> {
        let path = place.path;
        let (own, other, word) = match kind {
            EndpointKind::Resource => ("resource_configuration", "service_network", "resource"),
            _ => ("service_network", "resource_configuration", "service-network"),
        };
        let (given, other_given) = match kind {
            EndpointKind::Resource => (&spec.resource_configuration, &spec.service_network),
            _ => (&spec.service_network, &spec.resource_configuration),
        };
        for (key, given) in [
            (other, other_given.is_some()),
            ("service_name", spec.service_name.is_some()),
            ("service_region", spec.service_region.is_some()),
            ("dns_name_hash", spec.dns_name_hash.is_some()),
            ("private_dns_hosted_zone_ids", !spec.private_dns_hosted_zone_ids.is_empty()),
        ] {
            if given {
                let message = format!("a {word} endpoint has no `{key}`");
                self.error(Finding::error(path.key(key), message).at_key().rule("R22"));
            }
        }
        let (preference, specified) = self.preference(path, spec);
        let Some(given) = given else {
            let message = format!("a {word} endpoint names its `{own}`");
            self.error(Finding::error(path, message).at_key().rule("R22"));
            return None;
        };
        let (id, targets) = if kind == EndpointKind::Resource {
            let target = self.resource(&path.key(own), given)?;
            (target.id.clone(), vec![target])
        } else {
            let network = self.network(&path.key(own), given)?;
            (network.id, network.targets)
        };
        let targets: Vec<(Target, bool)> = targets
            .into_iter()
            .map(|target| {
                let taken = target.domain.as_ref().is_some_and(|(domain, verified)| {
                    is_taken(domain, *verified, preference, &specified)
                });
                (target, taken)
            })
            .collect();
        let names: BTreeSet<&str> =
            targets.iter().filter(|(_, taken)| *taken).filter_map(|(of, _)| of.name()).collect();
        let region = self.model[place.vpc].region;
        let words =
            if kind == EndpointKind::Resource { "resourceconfiguration" } else { "servicenetwork" };
        let arn = self.lattice_arn(place, words, &id);
        let service = self.keep_service(Service {
            id,
            service_name: arn.as_str().into(),
            region,
            label: "".into(),
            private_names: names.into_iter().map(PrivateName::new).collect(),
            vpce_wildcard: false,
            owner: Owner::Amazon,
            gateway: false,
            port: 443,
            policy: None,
            cross_region: false,
        })?;
        Some(Leads { service, arn, preference, specified, targets })
    }

    fn lattice_arn(&self, place: &Place<'_>, kind: &str, id: &str) -> String {
        let region = self.model[place.vpc].region;
        let (partition, account) = (region.partition().id, &self.model.account_id);
        format!("arn:{partition}:vpc-lattice:{region}:{account}:{kind}/{id}")
    }

    /// Which private names an endpoint takes. R62
    fn preference(
        &mut self,
        path: &At<'_>,
        spec: &EndpointSpec,
    ) -> (PrivateDnsPreference, Vec<Box<str>>) {
        let preference = match spec.private_dns_preference {
            Some(PrivateDnsPreferenceSpec::AllDomains) => PrivateDnsPreference::AllDomains,
            Some(PrivateDnsPreferenceSpec::VerifiedDomainsOnly) | None => {
                PrivateDnsPreference::VerifiedDomainsOnly
            }
            Some(PrivateDnsPreferenceSpec::VerifiedDomainsAndSpecifiedDomains) => {
                PrivateDnsPreference::VerifiedDomainsAndSpecifiedDomains
            }
            Some(PrivateDnsPreferenceSpec::SpecifiedDomainsOnly) => {
                PrivateDnsPreference::SpecifiedDomainsOnly
            }
        };
        let given = spec.private_dns_specified_domains.as_deref();
        let at = path.key("private_dns_specified_domains");
        match (preference.takes_specified(), given.map_or(0, <[_]>::len)) {
            (false, 0) | (true, 1..=MAX_SPECIFIED_DOMAINS) => {}
            (false, _) => {
                let message = format!("`{}` takes no specified domains", preference.as_str());
                self.error(Finding::error(at, message).at_key().rule("R62"));
            }
            (true, 0) => {
                let message =
                    format!("`{}` needs `private_dns_specified_domains`", preference.as_str());
                let path = path.key("private_dns_preference");
                self.error(Finding::error(path, message).rule("R62"));
            }
            (true, count) => {
                let message = format!("{count} domains: at most {MAX_SPECIFIED_DOMAINS}");
                self.error(Finding::error(at, message).rule("R62"));
            }
        }
        let mut specified = Vec::new();
        for (index, domain) in given.unwrap_or_default().iter().enumerate() {
            if domain.trim_start_matches("*.").parse::<DnsName>().is_err() {
                let message = format!("`{domain}` is not a domain name");
                self.error(Finding::error(at.index(index), message).rule("R62"));
            }
            specified.push(domain.as_str().into());
        }
        (preference, specified)
    }

    /// The names of an endpoint's resources and services. R22
    pub(super) fn associate_lattice(&mut self, place: &Place<'_>, ix: EndpointIx, leads: Leads) {
        let Leads { service: _, arn, preference, specified, targets } = leads;
        let endpoint = self.model[ix].id;
        let associations = targets
            .into_iter()
            .map(|(target, taken)| self.association(place, endpoint, &target, taken))
            .collect();
        self.model.lattice_endpoints.push(LatticeEndpoint {
            endpoint: ix,
            arn: arn.into(),
            private_dns_preference: preference,
            private_dns_specified_domains: specified,
            associations,
        });
    }

    fn association(
        &self,
        place: &Place<'_>,
        endpoint: VpcEndpointId,
        target: &Target,
        taken: bool,
    ) -> Association {
        let seed = format!("{endpoint}/{}", target.id);
        let digits = HexDigits::derive(&seed);
        let hash = format!("{:032x}", stable_hash(&seed));
        let hash = hash.get(..HASH_LENGTH).unwrap_or_default();
        let (prefix, words) = match target.kind {
            AssociationKind::Resource => ("snra", "resourceconfiguration"),
            AssociationKind::Service => ("snsa", "service"),
        };
        let id = format!("{prefix}-{digits}");
        let labels = match target.kind {
            AssociationKind::Resource => format!("{endpoint}-{id}.{}.{hash}", target.id),
            AssociationKind::Service => format!("{endpoint}-{id}.{hash}"),
        };
        Association {
            id: id.into(),
            arn: self.lattice_arn(place, words, &target.id).into(),
            kind: target.kind,
            labels: labels.into(),
            private_dns_name: target.name().filter(|_| taken).map(Into::into),
        }
    }
}

impl Target {
    fn name(&self) -> Option<&str> {
        self.domain.as_ref().map(|(name, _)| &**name)
    }
}

/// Whether it is a name of the file's, not an id.
fn is_name(name: &str) -> bool {
    name.parse::<ResourceConfigurationId>().is_err() && name.parse::<ServiceNetworkId>().is_err()
}

/// Whether a preference makes a custom domain name a private name. R62
fn is_taken(
    domain: &str,
    verified: bool,
    preference: PrivateDnsPreference,
    specified: &[Box<str>],
) -> bool {
    let is_specified = || {
        let Ok(domain) = domain.parse::<DnsName>() else { return false };
        specified.iter().any(|one| {
            let (above, strictly) = match one.strip_prefix("*.") {
                Some(above) => (above, true),
                None => (&**one, false),
            };
            let above = above.parse::<DnsName>();
            above.is_ok_and(|above| domain.is_within(&above) && (!strictly || domain != above))
        })
    };
    match preference {
        PrivateDnsPreference::AllDomains => true,
        PrivateDnsPreference::VerifiedDomainsOnly => verified,
        PrivateDnsPreference::VerifiedDomainsAndSpecifiedDomains => verified || is_specified(),
        PrivateDnsPreference::SpecifiedDomainsOnly => is_specified(),
    }
}
