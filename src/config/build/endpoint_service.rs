//! Endpoint services: their names, who may have endpoints for them, and the TXT records that verify their domains.

use std::collections::HashMap;

use hickory_proto::rr::{RData, RecordType, rdata::TXT};

use super::{Builder, parse_region, services::is_host_label};
use crate::{
    catalog::{NOT_CROSS_REGION_AZS, Owner, PrivateName, Region, Service, stable_hash},
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{
            EndpointServiceSpec, PrivateDnsNameConfigurationSpec, ServiceTypeSpec,
            VerificationStateSpec,
        },
    },
    model::{
        AvailabilityZone, AvailabilityZoneId, DnsName, EndpointService, EndpointServiceId,
        ProviderPrivateDns, RrSet, RrSetData, ServiceIx, ServiceType, SubnetIx, VerificationState,
        VpcIx,
    },
};

/// TTL of the TXT record that verifies a domain, in seconds; a choice.
const TXT_TTL: u32 = 300;

/// The port of endpoint services that give none.
const HTTPS: u16 = 443;

impl Builder {
    /// All endpoint services; they come first among the services. R10, R62
    pub(super) fn endpoint_services(&mut self, services: Entries<EndpointServiceSpec>) {
        for (name, spec) in services {
            let path = &At::ROOT.entry("vpc_endpoint_services", &name);
            if self.declared.contains_key(&name) {
                let message = format!("`{name}` is a name of `services` already");
                self.error(Finding::error(path, message).at_key());
            }
            self.one_endpoint_service(path, name.clone(), spec);
        }
    }

    fn one_endpoint_service(&mut self, path: &At<'_>, name: Box<str>, spec: EndpointServiceSpec) {
        let EndpointServiceSpec {
            id,
            region,
            acceptance_required,
            private_dns_name,
            private_dns_name_verification_state: state,
            private_dns_name_configuration: txt,
            availability_zones,
            service_type,
            supported_regions,
            port,
        } = spec;
        let id = self.id(path, id.as_deref(), || EndpointServiceId::derive(&name));
        let region = match region {
            Some(region) => parse_region(&region, &path.key("region"), &mut self.findings),
            None => self.model.region,
        };
        if port == Some(0) {
            self.error(Finding::error(path.key("port"), "`0` is not a port"));
        }
        let service_type = match service_type {
            None | Some(ServiceTypeSpec::Interface) => ServiceType::Interface,
            Some(ServiceTypeSpec::GatewayLoadBalancer) => ServiceType::GatewayLoadBalancer,
        };
        let private_dns = self.provider_private_dns(path, id, private_dns_name, state, txt);
        if private_dns.is_some() && service_type == ServiceType::GatewayLoadBalancer {
            let message =
                "an endpoint service for Gateway Load Balancer endpoints has no private DNS name";
            self.error(Finding::error(path.key("private_dns_name"), message).rule("R21"));
        }
        let availability_zones = self.offered_in(path, &availability_zones);
        let mut regions = vec![region];
        for (at, text) in supported_regions.iter().enumerate() {
            let other = parse_region(text, &path.item("supported_regions", at), &mut self.findings);
            if !regions.contains(&other) {
                regions.push(other);
            }
        }
        let verified = private_dns.as_ref().filter(|dns| dns.state == VerificationState::Verified);
        let service_name = format!("com.amazonaws.vpce.{region}.{id}");
        let names = [name.clone(), id.to_string().into(), service_name.as_str().into()];
        let Ok(ix) = u16::try_from(self.model.services.len()).map(ServiceIx) else {
            let message = format!("more than {} endpoint services", u16::MAX);
            return self.error(Finding::error(path, message).at_key());
        };
        self.model.services.push(Service {
            id: name.clone(),
            service_name: service_name.into(),
            region,
            label: id.to_string().into(),
            private_names: verified.iter().map(|dns| PrivateName::new(&dns.name)).collect(),
            vpce_wildcard: false,
            owner: Owner::Customer,
            gateway: false,
            port: port.unwrap_or(HTTPS),
            policy: None,
            cross_region: false,
        });
        self.names.endpoint_services.extend(names.map(|name| (name, ix)));
        self.model.endpoint_services.push(EndpointService {
            name,
            id,
            service: ix,
            acceptance_required,
            private_dns,
            availability_zones,
            service_type,
            supported_regions: regions,
        });
    }

    /// The private DNS name with its TXT record. R62
    fn provider_private_dns(
        &mut self,
        path: &At<'_>,
        id: EndpointServiceId,
        name: Option<String>,
        state: Option<VerificationStateSpec>,
        txt: Option<PrivateDnsNameConfigurationSpec>,
    ) -> Option<ProviderPrivateDns> {
        let Some(name) = name else {
            for (key, given) in [
                ("private_dns_name_verification_state", state.is_some()),
                ("private_dns_name_configuration", txt.is_some()),
            ] {
                if given {
                    let message = format!("`{key}` is of no use without a `private_dns_name`");
                    self.error(Finding::error(path.key(key), message).at_key().rule("R62"));
                }
            }
            return None;
        };
        let domain = name.strip_prefix("*.").unwrap_or(&name);
        let is_name = domain.parse::<DnsName>().is_ok() && domain.split('.').all(is_host_label);
        if !is_name || domain.chars().any(|c| c.is_ascii_uppercase()) {
            let message = format!(
                "`{name}` is not a private DNS name: expected `x` or `*.x` in lower case, without a final dot"
            );
            self.error(Finding::error(path.key("private_dns_name"), message).rule("R62"));
            return None;
        }
        let state = match state {
            None | Some(VerificationStateSpec::Verified) => VerificationState::Verified,
            Some(VerificationStateSpec::PendingVerification) => {
                VerificationState::PendingVerification
            }
            Some(VerificationStateSpec::Failed) => VerificationState::Failed,
        };
        let PrivateDnsNameConfigurationSpec { name: txt_name, value } = txt.unwrap_or_default();
        let seed = format!("{id}/{name}");
        let dns = ProviderPrivateDns {
            state,
            txt_name: txt_name.unwrap_or_else(|| format!("_{}", made_up(&seed, LOWER))).into(),
            txt_value: value.unwrap_or_else(|| format!("vpce:{}", made_up(&seed, MIXED))).into(),
            name: name.into(),
        };
        let at = path.key("private_dns_name_configuration");
        if txt_owner(&dns).is_none() {
            let message = format!("`{}` cannot be the name of a TXT record", dns.txt_name);
            self.error(Finding::error(at.key("name"), message).rule("R62"));
        }
        if dns.txt_value.len() > MAX_TEXT {
            let message = format!("a text of {} octets: at most {MAX_TEXT}", dns.txt_value.len());
            self.error(Finding::error(at.key("value"), message).rule("R62"));
        }
        Some(dns)
    }

    /// AZs by name or id, as ids.
    fn offered_in(&mut self, path: &At<'_>, zones: &[String]) -> Vec<AvailabilityZoneId> {
        let mut offered = Vec::with_capacity(zones.len());
        for (at, text) in zones.iter().enumerate() {
            if let Ok(name) = text.parse::<AvailabilityZone>() {
                let known = self.model.find_az(text);
                offered
                    .push(known.map_or_else(|| name.default_id(), |az| self.model[az].id.clone()));
            } else {
                offered.extend(self.parse(&path.item("availability_zones", at), text));
            }
        }
        offered
    }

    /// The endpoint service itself, if VPCs of this Region can have endpoints for it. R23
    pub(super) fn endpoint_service(
        &mut self,
        path: &At<'_>,
        found: &str,
        region: Region,
        service_region: Option<Region>,
        ix: ServiceIx,
    ) -> Option<ServiceIx> {
        let own = self.model[ix].region;
        let supported = self.model.endpoint_service(ix).is_some_and(|of| {
            of.supported_regions.contains(&region) && own.partition() == region.partition()
        });
        if service_region.unwrap_or(region) == own && supported {
            return Some(ix);
        }
        let help = if supported {
            format!("it is in {own}, which `service_region: {own}` says")
        } else {
            format!("`{found}` is in {own}, and its `supported_regions` lack {region}")
        };
        let error = AwsError::no_such_service(&self.model[ix].service_name);
        self.refused_with(path, &error, help);
        None
    }

    /// Whether the service has endpoints in this subnet's AZ. R15, R23
    pub(super) fn check_availability_zone(
        &mut self,
        path: &At<'_>,
        vpc: VpcIx,
        service: ServiceIx,
        subnet: SubnetIx,
    ) {
        let model = &self.model;
        let az = &model[model[subnet].availability_zone].id;
        let excluded = if model[service].region == model[vpc].region {
            model.endpoint_service(service).is_some_and(|of| !of.offers(az))
        } else {
            NOT_CROSS_REGION_AZS.contains(&&*az.0)
        };
        if excluded {
            let name = &model[service].service_name;
            let error = AwsError::unsupported_availability_zone(name, model[subnet].id);
            self.refused(path, &error);
        }
    }

    /// Puts the TXT records of verified domains into the public DNS. R62
    pub(super) fn verification_records(&self, public: &mut Vec<RrSet>) {
        let texts = public.iter().enumerate().filter(|(_, known)| known.rtype == RecordType::TXT);
        let mut places: HashMap<DnsName, usize> =
            texts.map(|(at, known)| (known.name.clone(), at)).collect();
        for dns in self.model.endpoint_services.iter().filter_map(|of| of.private_dns.as_ref()) {
            let Some(name) = txt_owner(dns) else { continue };
            if dns.state != VerificationState::Verified {
                continue;
            }
            let text = RData::TXT(TXT::new(vec![dns.txt_value.to_string()]));
            let known = places.get(&name).and_then(|at| public.get_mut(*at));
            match known.map(|known| &mut known.data) {
                Some(RrSetData::Values { rdata, .. }) => rdata.push(text),
                Some(RrSetData::Alias(_) | RrSetData::Routed(_)) => {}
                None => {
                    places.insert(name.clone(), public.len());
                    let data = RrSetData::Values { ttl: TXT_TTL, rdata: vec![text] };
                    public.push(RrSet { name, rtype: RecordType::TXT, data });
                }
            }
        }
    }
}

/// Longest text of a TXT record in one piece, in octets. Source: RFC 1035 §3.3.
const MAX_TEXT: usize = 255;

/// Letters of made-up names and values, in the form of R62's example.
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MIXED: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// How many of them there are.
const MADE_UP_LENGTH: usize = 20;

/// Twenty letters that stay the same for the same seed.
fn made_up(seed: &str, alphabet: &[u8]) -> String {
    let mut rest = stable_hash(&format!("{seed}/{}", alphabet.len()));
    let base = alphabet.len() as u128;
    let letters = (0..MADE_UP_LENGTH).filter_map(|_| {
        let letter = alphabet.get(usize::try_from(rest % base).unwrap_or_default());
        rest /= base;
        letter.copied().map(char::from)
    });
    letters.collect()
}

/// Where the TXT record stands: below the domain, unless its name is complete. R62
fn txt_owner(dns: &ProviderPrivateDns) -> Option<DnsName> {
    if dns.txt_name.contains('.') {
        return dns.txt_name.parse().ok();
    }
    let domain: DnsName = dns.name.strip_prefix("*.").unwrap_or(&dns.name).parse().ok()?;
    domain.child(&dns.txt_name)
}
