//! Private hosted zones: who sees them, and their records from the topology and from master files.

use hickory_proto::rr::{Name, RecordType};

use super::{
    Builder, Claim, ZoneFiles,
    records::{OfZone, Records},
};
use crate::{
    catalog::HostedZoneId,
    config::{AwsError, Entries, Finding, at::At, spec::HostedZoneSpec},
    model::{DnsName, HostedZone, RrSet, VpcIx},
    zonefile,
};

impl Builder {
    /// All hosted zones. R63
    pub(super) fn hosted_zones(&mut self, zones: Entries<HostedZoneSpec>, files: &ZoneFiles) {
        for (key, spec) in zones {
            let path = At::ROOT.entry("hosted_zones", &key);
            let zone = self.hosted_zone(&path, &key, spec, files);
            let place = zone.is_some().then_some(self.model.hosted_zones.len());
            self.model.hosted_zones.extend(zone);
            self.names.hosted_zones.insert(key, place);
        }
    }

    fn hosted_zone(
        &mut self,
        path: &At<'_>,
        key: &str,
        spec: HostedZoneSpec,
        files: &ZoneFiles,
    ) -> Option<HostedZone> {
        let HostedZoneSpec { id, name, vpcs, records, file } = spec;
        let id =
            self.id(path, id.as_deref(), || HostedZoneId::derive(&format!("hosted_zones/{key}")));
        let (name_path, text) = match &name {
            Some(name) => (path.key("name"), name.as_str()),
            None => (*path, key),
        };
        let Ok(apex) = text.parse::<DnsName>() else {
            let message = format!("`{text}` is not a domain name");
            self.error(Finding::error(name_path, message));
            return None;
        };
        if apex.wire().len() > 1 && apex.suffixes().count() <= 2 {
            let message =
                format!("Route 53 makes no hosted zone for a top-level domain, if `{apex}` is one");
            self.findings.push(Finding::warning(name_path, message).at_key().rule("R74"));
        }
        if vpcs.is_empty() && !self.in_profiles.hosted_zones.contains(key) {
            let message = format!("no VPC is associated with the zone `{apex}`: nobody sees it");
            self.findings.push(Finding::warning(path, message).at_key().rule("R63"));
        }
        let associated = self.associated(path, &vpcs, &apex);
        let mut zone = Records::default();
        let of_zone = OfZone { path, apex: &apex, id: &id };
        if let Some(file) = file {
            self.master_file(&path.key("file"), &file, &apex, files, &mut zone);
        }
        for (at, record) in records.into_iter().enumerate() {
            self.record(&of_zone, at, &record, &mut zone);
        }
        self.check_cnames(&of_zone, &zone);
        self.check_aliases(&of_zone, &zone);
        self.zonal_names_by_id(path, &zone);
        let attached_until = None;
        Some(HostedZone { id, name: apex, vpcs: associated, rrsets: zone.rrsets, attached_until })
    }

    /// The VPCs that see a zone: at least one, each once. R63, R74
    fn associated(&mut self, path: &At<'_>, vpcs: &[String], apex: &DnsName) -> Vec<VpcIx> {
        let mut associated = Vec::with_capacity(vpcs.len());
        for (at, name) in vpcs.iter().enumerate() {
            let path = path.item("vpcs", at);
            let Some(vpc) = self.vpc(&path, name) else { continue };
            if associated.contains(&vpc) {
                let message = format!("VPC `{name}` is in the list already");
                self.error(Finding::error(path, message));
                continue;
            }
            let partition = |vpc: VpcIx| self.model[vpc].region.partition();
            if let Some(first) = associated.first()
                && partition(*first) != partition(vpc)
            {
                let message = format!(
                    "VPC `{name}` is in the partition {} and VPC `{}` in {}: a zone's VPCs are in one",
                    partition(vpc).id,
                    self.model[*first].name,
                    partition(*first).id
                );
                self.error(Finding::error(path, message).rule("R74"));
                continue;
            }
            self.associate(&path, vpc, apex);
            associated.push(vpc);
        }
        associated
    }

    /// A zone becomes one of a VPC's; no other of its name may be. R53
    fn associate(&mut self, path: &At<'_>, vpc: VpcIx, apex: &DnsName) {
        if self.private_names.claim(vpc, apex.clone(), Claim::HostedZone).is_err() {
            let error = AwsError::conflicting_zone(&apex.to_string(), self.model[vpc].id);
            self.refused(path, &error);
        }
        if !self.model[vpc].serves_private_names() {
            let message = format!(
                "VPC `{}` will not see this zone: `enable_dns_support` and `enable_dns_hostnames` must both be on",
                self.model[vpc].name
            );
            self.findings.push(Finding::warning(path, message).rule("R63"));
        }
    }

    /// The records of a master file.
    fn master_file(
        &mut self,
        path: &At<'_>,
        file: &str,
        apex: &DnsName,
        files: &ZoneFiles,
        zone: &mut Records,
    ) {
        let Some(text) = files.get(file) else {
            let message = format!("cannot read `{file}`");
            let help = "the path is relative to the topology file";
            self.error(Finding::error(path, message).help(help));
            return;
        };
        match zonefile::parse(text, &apex.to_name(), file) {
            Err(errors) => {
                for error in errors {
                    self.error(Finding::error(path, error.to_string()));
                }
            }
            Ok(lines) => {
                for line in lines {
                    let rtype = line.record.record_type();
                    let owner = DnsName::from(&line.record.name);
                    if rtype == RecordType::SOA && owner != *apex {
                        let message = format!(
                            "{file}:{}: a zone has one SOA record, at `{apex}`",
                            line.number
                        );
                        self.error(Finding::error(path, message));
                    }
                    let ttl = line.record.ttl;
                    zone.add(owner, rtype, ttl, line.record.data);
                }
            }
        }
    }
}

/// The canned answers of the public DNS. R86
pub(super) fn canned() -> Vec<RrSet> {
    let text = include_str!("../../../zones/public.zone");
    let mut zone = Records::default();
    for line in zonefile::parse(text, &Name::root(), "zones/public.zone").unwrap_or_default() {
        let rtype = line.record.record_type();
        zone.add(DnsName::from(&line.record.name), rtype, line.record.ttl, line.record.data);
    }
    zone.rrsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canned_zone_has_no_mistake() {
        let text = include_str!("../../../zones/public.zone");
        let records = zonefile::parse(text, &Name::root(), "zones/public.zone").unwrap();
        assert_eq!(
            records.len(),
            text.lines()
                .filter(|line| line.contains(" A ")
                    || line.contains("AAAA")
                    || line.contains(" SOA ")
                    || line.contains(" NS ")
                    || line.contains(" MX ")
                    || line.contains(" TXT ")
                    || line.contains(" CNAME "))
                .filter(|line| !line.starts_with(';'))
                .count()
        );
    }
}
