//! Private hosted zones: records from the topology and from master files.

use std::collections::HashMap;

use hickory_proto::rr::{Name, RData, RecordType};

use super::{Builder, Claim, ZoneFiles};
use crate::{
    catalog::HostedZoneId,
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{AliasSpec, HostedZoneSpec, RecordSpec},
    },
    model::{AliasTarget, AzInAccount, DnsName, EndpointKind, HostedZone, RrSet, RrSetData, VpcIx},
    names::{VpceName, recognise},
    zonefile,
};

/// TTL of records that give none, in seconds; what Route 53's console proposes.
const DEFAULT_TTL: u32 = 300;

/// Longest TTL, in seconds. Source: RFC 2181 §8.
const MAX_TTL: u32 = 0x7fff_ffff;

/// Records of a zone while it is put together, by owner and type.
#[derive(Default)]
struct Records {
    rrsets: Vec<RrSet>,
    /// Of each RRset the place of its entry among the zone's records; none for those of a master file.
    entries: Vec<Option<usize>>,
    places: HashMap<(DnsName, RecordType), usize>,
}

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
        if vpcs.is_empty() && !self.in_profiles.hosted_zones.contains(key) {
            let message = format!("no VPC is associated with the zone `{apex}`: nobody sees it");
            self.findings.push(Finding::warning(path, message).at_key().rule("R63"));
        }
        let associated = self.associated(path, &vpcs, &apex);
        let mut zone = Records::default();
        if let Some(file) = file {
            self.master_file(&path.key("file"), &file, &apex, files, &mut zone);
        }
        for (at, record) in records.into_iter().enumerate() {
            self.record(path, at, &apex, record, &mut zone);
        }
        self.check_cnames(path, &apex, &zone);
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
                    zone.add(None, owner, rtype, ttl, line.record.data);
                }
            }
        }
    }

    fn record(
        &mut self,
        zone_path: &At<'_>,
        at: usize,
        apex: &DnsName,
        spec: RecordSpec,
        zone: &mut Records,
    ) {
        let path = &zone_path.item("records", at);
        let entry = Some(at);
        let RecordSpec { name, rtype, ttl, values, alias } = spec;
        let Some(owner) = self.owner(&path.key("name"), &name, apex) else { return };
        let Ok(rtype) = rtype.to_ascii_uppercase().parse::<RecordType>() else {
            let message = format!("`{rtype}` is not a record type");
            let help = "such as A, AAAA, CNAME, MX, TXT, SRV, CAA, PTR, NS, SOA, HTTPS, SVCB";
            self.error(Finding::error(path.key("type"), message).help(help));
            return;
        };
        let ttl = ttl.unwrap_or(DEFAULT_TTL);
        if ttl > MAX_TTL {
            let message = format!("a TTL of {ttl} seconds: at most {MAX_TTL}");
            self.error(Finding::error(path.key("ttl"), message));
        }
        if zone.places.contains_key(&(owner.clone(), rtype)) {
            let message = format!("`{owner}` has {rtype} records already");
            let help = "all values of one name and type go into one entry";
            self.error(Finding::error(path, message).help(help));
            return;
        }
        if rtype == RecordType::SOA && (owner != *apex || values.len() > 1) {
            let message = format!("a zone has one SOA record, at `{apex}`");
            self.error(Finding::error(path, message));
            return;
        }
        match (alias, values.is_empty()) {
            (Some(_), false) | (None, true) => {
                let message = "a record has either `values` or an `alias`";
                self.error(Finding::error(path, message));
            }
            (Some(alias), true) => {
                if let Some(target) = self.alias(&path.key("alias"), rtype, &alias) {
                    zone.set(entry, RrSet { name: owner, rtype, data: RrSetData::Alias(target) });
                }
            }
            (None, false) => {
                for (at, value) in values.iter().enumerate() {
                    if let Some(rdata) = self.rdata(&path.item("values", at), rtype, value) {
                        zone.add(entry, owner.clone(), rtype, ttl, rdata);
                    }
                }
            }
        }
    }

    /// An owner name: relative to the zone, `@`, or absolute.
    fn owner(&mut self, path: &At<'_>, name: &str, apex: &DnsName) -> Option<DnsName> {
        let parsed =
            if name == "@" { Ok(apex.to_name()) } else { Name::parse(name, Some(&apex.to_name())) };
        match parsed {
            Err(error) => {
                let message = format!("`{name}` is not a domain name: {error}");
                self.error(Finding::error(path, message));
                None
            }
            Ok(owner) => {
                let owner = DnsName::from(&owner);
                if owner.is_within(apex) {
                    return Some(owner);
                }
                let message = format!("`{name}` is outside the zone `{apex}`");
                self.error(Finding::error(path, message));
                None
            }
        }
    }

    /// One record's data in presentation format; names in it are complete with or without a final dot, as in Route 53.
    fn rdata(&mut self, path: &At<'_>, rtype: RecordType, value: &str) -> Option<RData> {
        // the master-file parser reads it as it would in a file
        let line = format!("@ {rtype} {value}");
        let read = zonefile::parse(&line, &Name::root(), "").map(|lines| lines.into_iter().next());
        match read {
            Ok(Some(line)) if !value.contains('\n') => Some(line.record.data),
            Ok(_) => {
                let message = format!("`{value}` is not the data of one {rtype} record");
                self.error(Finding::error(path, message));
                None
            }
            Err(errors) => {
                let why = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                let message = format!("`{value}` is not the data of a {rtype} record: {why}");
                self.error(Finding::error(path, message));
                None
            }
        }
    }

    fn alias(&mut self, path: &At<'_>, rtype: RecordType, spec: &AliasSpec) -> Option<AliasTarget> {
        let AliasSpec { vpc_endpoint, availability_zone } = spec;
        if !matches!(rtype, RecordType::A | RecordType::AAAA) {
            let message = format!("an alias to an endpoint is of type A or AAAA, not {rtype}");
            self.error(Finding::error(path, message).rule("R64"));
        }
        let Some(known) = self.endpoint_names().get(vpc_endpoint.as_str()).copied() else {
            let endpoints = self.model.endpoints.iter();
            let known: Vec<String> = endpoints
                .map(|endpoint| format!("{}/{}", self.model[endpoint.vpc].name, endpoint.name))
                .collect();
            let path = path.key("vpc_endpoint");
            self.unknown(
                &path,
                "interface endpoint",
                vpc_endpoint,
                known.iter().map(String::as_str),
            );
            return None;
        };
        // one with a mistake of its own was blamed for it
        let endpoint = known?;
        if self.model[endpoint].kind != EndpointKind::Interface {
            let message =
                format!("`{vpc_endpoint}` is no interface endpoint and has no Regional name");
            self.error(Finding::error(path.key("vpc_endpoint"), message).rule("R21"));
        }
        let availability_zone = match availability_zone {
            None => None,
            Some(name) => {
                let mut azs =
                    self.model.interfaces_of(endpoint).map(|(eni, _)| self.model.az_of(eni));
                let az = azs.find(|az| self.model[*az].name.as_str() == name);
                drop(azs);
                if az.is_none() {
                    let path = path.key("availability_zone");
                    let message = format!("endpoint `{vpc_endpoint}` is not in `{name}`");
                    self.error(Finding::error(path, message).rule("R64"));
                }
                Some(az?)
            }
        };
        Some(AliasTarget { endpoint, availability_zone })
    }

    /// A CNAME stands alone at its name, and never at the apex. RFC 1034 §3.6.2
    fn check_cnames(&mut self, path: &At<'_>, apex: &DnsName, zone: &Records) {
        let mut with_others: HashMap<&DnsName, RecordType> = HashMap::new();
        for rrset in zone.rrsets.iter().filter(|rrset| rrset.rtype != RecordType::CNAME) {
            with_others.entry(&rrset.name).or_insert(rrset.rtype);
        }
        for (cname, entry) in zone.rrsets.iter().zip(&zone.entries) {
            if cname.rtype != RecordType::CNAME {
                continue;
            }
            let name = &cname.name;
            let message = if name == apex {
                format!("`{name}` is the zone itself and cannot be a CNAME")
            } else if let RrSetData::Values { rdata, .. } = &cname.data
                && rdata.len() > 1
            {
                format!("`{name}` has {} CNAMEs: expected one", rdata.len())
            } else if let Some(other) = with_others.get(name) {
                format!("`{name}` has a CNAME and {other} records")
            } else {
                continue;
            };
            let path = match entry {
                Some(at) => path.item("records", *at),
                None => path.key("file"),
            };
            self.error(Finding::error(path, message));
        }
    }
}

impl Builder {
    /// Warns of CNAMEs to zonal names that spell the AZ by its id: such names carry the AZ's name in the account of the
    /// endpoint's owner. R13
    fn zonal_names_by_id(&mut self, path: &At<'_>, zone: &Records) {
        let cnames = zone.rrsets.iter().zip(&zone.entries).filter_map(|(rrset, entry)| {
            let RrSetData::Values { rdata, .. } = &rrset.data else { return None };
            let Some(RData::CNAME(target)) = rdata.first() else { return None };
            Some((DnsName::from(&target.0), *entry))
        });
        let mut found = Vec::new();
        for (target, entry) in cnames {
            let Some(VpceName { availability_zone: Some(spelt), .. }) = recognise(target.wire())
            else {
                continue;
            };
            let by_id = |az: &&AzInAccount| az.id.0.as_bytes() == spelt;
            let Some(az) = self.model.availability_zones.iter().find(by_id) else { continue };
            let right = target.to_string().replacen(&*az.id.0, az.name.as_str(), 1);
            let message = format!(
                "`{target}` does not exist: zonal names spell the AZ by its name in the account, not by its id `{}`",
                az.id
            );
            let path = match entry {
                Some(at) => path.item("records", at),
                None => path.key("file"),
            };
            let help = format!("did you mean `{right}`?");
            found.push(Finding::warning(path, message).rule("R13").help(help));
        }
        self.findings.extend(found);
    }
}

impl Records {
    fn set(&mut self, entry: Option<usize>, rrset: RrSet) {
        self.entries.push(entry);
        self.places.insert((rrset.name.clone(), rrset.rtype), self.rrsets.len());
        self.rrsets.push(rrset);
    }

    /// Adds a record to its RRset; the first one's TTL is that of all. RFC 2181 §5.2
    fn add(
        &mut self,
        entry: Option<usize>,
        name: DnsName,
        rtype: RecordType,
        ttl: u32,
        rdata: RData,
    ) {
        let place = self.places.get(&(name.clone(), rtype)).and_then(|at| self.rrsets.get_mut(*at));
        match place.map(|rrset| &mut rrset.data) {
            Some(RrSetData::Values { rdata: all, .. }) => {
                if !all.contains(&rdata) {
                    all.push(rdata);
                }
            }
            Some(RrSetData::Alias(_)) => {}
            None => {
                let data = RrSetData::Values { ttl, rdata: vec![rdata] };
                self.set(entry, RrSet { name, rtype, data });
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
        zone.add(None, DnsName::from(&line.record.name), rtype, line.record.ttl, line.record.data);
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
