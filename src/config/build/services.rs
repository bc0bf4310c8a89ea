//! What `service_name` of an endpoint means: an endpoint service, a declared service, or one of the catalogue.

use super::Builder;
use crate::{
    catalog::{self, Owner, PrivateName, Region, Service, ServiceError},
    config::{
        AwsError, Finding,
        at::At,
        nearest,
        spec::{OwnerSpec, ServiceSpec},
    },
    model::ServiceIx,
};

impl Builder {
    /// The service of an endpoint in a Region; `service_region` is the Region of a cross-Region endpoint's. R14, R23
    pub(super) fn service(
        &mut self,
        path: &At<'_>,
        found: &str,
        region: Region,
        service_region: Option<Region>,
    ) -> Option<ServiceIx> {
        if let Some(known) = self.names.endpoint_services.get(found).copied() {
            return self.endpoint_service(path, found, region, service_region, known);
        }
        match service_region.filter(|other| *other != region) {
            Some(other) => self.cross_region_service(path, found, region, other),
            None => self.service_here(path, found, region),
        }
    }

    /// A service in a Region, by a name of `services:` or of the catalogue; each is kept once.
    fn service_here(&mut self, path: &At<'_>, found: &str, region: Region) -> Option<ServiceIx> {
        let known = self.names.services.entry(region).or_default();
        if let Some(known) = known.get(found).copied() {
            if known.is_none() {
                self.unknown_service(path, found, region);
            }
            return known;
        }
        let service = match self.declared.get(found) {
            Some(spec) => Some(declared_service(found, spec, region)),
            None => catalog::find(found, region).ok(),
        };
        let ix = match service {
            None => {
                self.unknown_service(path, found, region);
                None
            }
            Some(service) => self.keep_service(service),
        };
        self.names.services.entry(region).or_default().insert(found.into(), ix);
        ix
    }

    /// A service of another Region, which only a few of AWS's can be used from. R23
    fn cross_region_service(
        &mut self,
        path: &At<'_>,
        found: &str,
        region: Region,
        other: Region,
    ) -> Option<ServiceIx> {
        let key = (other, Box::from(found));
        if let Some(Some(known)) = self.names.cross_region_services.get(&key) {
            return Some(*known);
        }
        let service = match self.declared.get(found) {
            Some(spec) => Ok(declared_service(found, spec, other)),
            None => catalog::find(found, other),
        };
        let same_partition = region.partition() == other.partition();
        let ix = match service {
            Ok(service)
                if same_partition
                    && (service.owner == Owner::Customer
                        || catalog::CROSS_REGION.contains(&&*service.id)) =>
            {
                let cross_region = service.owner == Owner::Amazon;
                self.keep_service(Service { cross_region, ..service })
            }
            Ok(service) => {
                let error = AwsError::no_such_service(&service.service_name);
                let help = if same_partition {
                    format!(
                        "of AWS's services these can be used from another Region: {}",
                        catalog::CROSS_REGION.join(", ")
                    )
                } else {
                    format!("{other} and {region} are in different partitions")
                };
                self.refused_with(path, &error, help);
                None
            }
            Err(_) => {
                self.unknown_service(path, found, other);
                None
            }
        };
        self.names.cross_region_services.insert(key, ix);
        ix
    }

    /// The place of a service; each is kept once.
    pub(super) fn keep_service(&mut self, service: Service) -> Option<ServiceIx> {
        let at = self.model.services.iter().position(|known| *known == service);
        let at = at.unwrap_or_else(|| {
            self.model.services.push(service);
            self.model.services.len() - 1
        });
        u16::try_from(at).ok().map(ServiceIx)
    }

    fn unknown_service(&mut self, path: &At<'_>, found: &str, region: Region) {
        let Err(error) = catalog::find(found, region) else { return };
        let mut finding = Finding::error(path, error.to_string());
        if let ServiceError::Unknown { nearest: catalogued, .. } = &error {
            let known = self.declared.keys().chain(self.names.endpoint_services.keys());
            let declared = nearest(found, known.map(|name| &**name));
            let is_endpoint_service = found.contains("vpce-svc-");
            let names: Vec<String> = declared
                .iter()
                .map(String::as_str)
                .chain(
                    catalogued
                        .iter()
                        .copied()
                        .filter(|name| !is_endpoint_service && declared.as_deref() != Some(*name)),
                )
                .map(|name| format!("`{name}`"))
                .collect();
            let nearest = match (names.len(), is_endpoint_service) {
                (0, _) => String::new(),
                (1, true) => format!("did you mean {}? ", names.concat()),
                (_, _) => format!("the nearest are {}; ", names.join(", ")),
            };
            finding.help = Some(if is_endpoint_service {
                format!("{nearest}an endpoint service is declared under `vpc_endpoint_services:`")
            } else {
                format!("{nearest}a service that the catalogue lacks is declared under `services:`")
            });
            finding = finding.rule("InvalidServiceName");
        }
        self.findings.push(finding.rule("R14"));
    }

    /// Declared services whose label or names cannot be DNS names.
    pub(super) fn check_services(&mut self) {
        let mut mistakes = Vec::new();
        for (name, spec) in &self.declared {
            let path = At::ROOT.entry("services", name);
            let is_name = |text: &str| text.parse::<crate::model::DnsName>().is_ok();
            if spec.port == Some(0) {
                mistakes.push(Finding::error(path.key("port"), "`0` is not a port"));
            }
            if !is_name(&spec.label) || !spec.label.split('.').all(is_host_label) {
                let message = format!("`{}` cannot be part of a DNS name", spec.label);
                mistakes.push(Finding::error(path.key("label"), message).rule("R14"));
            }
            for (at, private) in spec.private_dns_names.iter().enumerate() {
                if !is_name(private) || private.trim_start_matches("*.").contains('*') {
                    let message =
                        format!("`{private}` is not a private DNS name: expected `x` or `*.x`");
                    mistakes.push(
                        Finding::error(path.item("private_dns_names", at), message).rule("R45"),
                    );
                }
            }
        }
        mistakes.sort_by(|a, b| a.path.cmp(&b.path));
        self.findings.extend(mistakes);
    }
}

/// Letters, digits and inner hyphens. RFC 1123 §2.1
pub(super) fn is_host_label(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.is_empty()
}

fn declared_service(name: &str, spec: &ServiceSpec, region: Region) -> Service {
    let ServiceSpec { label, service_name, private_dns_names, owner, port } = spec;
    let is_endpoint_service = label.starts_with("vpce-svc-");
    let owner = match owner {
        Some(OwnerSpec::Customer) => Owner::Customer,
        None if is_endpoint_service => Owner::Customer,
        Some(OwnerSpec::Amazon) | None => Owner::Amazon,
    };
    let service_name = service_name.clone().unwrap_or_else(|| {
        let prefix = if is_endpoint_service { "com.amazonaws.vpce" } else { "com.amazonaws" };
        let last = if is_endpoint_service { label } else { name };
        format!("{prefix}.{region}.{last}")
    });
    Service {
        id: name.into(),
        service_name: service_name.into(),
        region,
        label: label.to_ascii_lowercase().into(),
        private_names: private_dns_names.iter().map(|name| PrivateName::new(name)).collect(),
        vpce_wildcard: false,
        owner,
        gateway: false,
        port: port.unwrap_or(443),
        policy: None,
        cross_region: false,
    }
}
