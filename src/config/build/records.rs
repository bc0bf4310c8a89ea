//! Records of a hosted zone: owners, data, aliases, and that no two of them contradict each other.

use std::collections::HashMap;

use hickory_proto::rr::{Name, RData, RecordType};

use super::{Builder, routing::Policy};
use crate::{
    catalog::HostedZoneId,
    config::{
        AwsError, Finding,
        at::At,
        spec::{AliasSpec, RecordSpec},
    },
    model::{
        AliasTarget, AzInAccount, DnsName, EndpointKind, RoutedRecords, RoutingPolicy, RrSet,
        RrSetData,
    },
    names::{VpceName, recognise},
    zonefile,
};

/// TTL of records that give none, in seconds; what Route 53's console proposes.
const DEFAULT_TTL: u32 = 300;

/// Longest TTL, in seconds. Source: RFC 2181 §8.
const MAX_TTL: u32 = 0x7fff_ffff;

/// Records of a zone while it is put together, by owner and type.
#[derive(Default)]
pub(super) struct Records {
    pub(super) rrsets: Vec<RrSet>,
    /// Of each RRset the place of its entry among the zone's records; none for those of a master file.
    entries: Vec<Option<usize>>,
    /// The same of records that a routing policy chooses from, by the places of the RRset and of the record in it.
    members: HashMap<(usize, usize), usize>,
    places: HashMap<(DnsName, RecordType), usize>,
}

/// The zone that records are read for.
pub(super) struct OfZone<'a> {
    pub(super) path: &'a At<'a>,
    pub(super) apex: &'a DnsName,
    pub(super) id: &'a HostedZoneId,
}

/// Owner, type and `set_identifier` of a record, as AWS names it in its refusals.
pub(in crate::config) struct Subject<'a> {
    pub(in crate::config) owner: &'a DnsName,
    pub(in crate::config) rtype: RecordType,
    pub(in crate::config) set_identifier: Option<&'a str>,
}

impl Subject<'_> {
    /// As refusals of record sets begin with it.
    pub(in crate::config) fn dns_name(&self) -> String {
        let Self { owner, rtype, set_identifier } = self;
        let id = set_identifier.map(|id| format!(", SetIdentifier {id}")).unwrap_or_default();
        format!("DNS name {owner}., type {rtype}{id}")
    }

    /// As refusals of requests end with it.
    pub(in crate::config) fn change(&self) -> String {
        let Self { owner, rtype, set_identifier } = self;
        let id = set_identifier.unwrap_or("null");
        format!("Change with [Action=CREATE, Name={owner}., Type={rtype}, SetIdentifier={id}]")
    }
}

impl Builder {
    /// One entry among a zone's records.
    pub(super) fn record(
        &mut self,
        of_zone: &OfZone<'_>,
        at: usize,
        spec: &RecordSpec,
        zone: &mut Records,
    ) {
        let OfZone { path, apex, .. } = of_zone;
        let path = &path.item("records", at);
        let Some(owner) = self.owner(&path.key("name"), &spec.name, apex) else { return };
        let Ok(rtype) = spec.rtype.to_ascii_uppercase().parse::<RecordType>() else {
            let message = format!("`{}` is not a record type", spec.rtype);
            let help = "such as A, AAAA, CNAME, MX, TXT, SRV, CAA, PTR, NS, SOA, HTTPS, SVCB";
            self.error(Finding::error(path.key("type"), message).help(help));
            return;
        };
        let set_identifier = spec.set_identifier.as_deref();
        let subject = Subject { owner: &owner, rtype, set_identifier };
        let Ok(policy) = self.routing_policy(path, &subject, spec) else { return };
        let ttl = spec.ttl.unwrap_or(DEFAULT_TTL);
        if ttl > MAX_TTL {
            let message = format!("a TTL of {ttl} seconds: at most {MAX_TTL}");
            self.error(Finding::error(path.key("ttl"), message));
        }
        if !self.may_join(path, &subject, policy.as_ref(), zone) {
            return;
        }
        if rtype == RecordType::SOA && (owner != **apex || spec.values.len() > 1) {
            let message = format!("a zone has one SOA record, at `{apex}`");
            self.error(Finding::error(path, message));
            return;
        }
        let data = match (&spec.alias, spec.values.is_empty()) {
            (Some(_), false) | (None, true) => {
                let message = "a record has either `values` or an `alias`";
                self.error(Finding::error(path, message));
                None
            }
            (Some(alias), true) => {
                self.alias(of_zone, &path.key("alias"), rtype, alias).map(RrSetData::Alias)
            }
            (None, false) => self.values(path, rtype, ttl, &spec.values),
        };
        let Some(data) = data else { return };
        match policy {
            None => zone.set(Some(at), RrSet { name: owner, rtype, data }),
            Some(policy) => {
                self.join(path, at, &subject, policy, data, zone);
            }
        }
    }

    /// Whether a record may stand beside those of its name and type that were read before it. R71
    fn may_join(
        &mut self,
        path: &At<'_>,
        subject: &Subject<'_>,
        policy: Option<&Policy>,
        zone: &Records,
    ) -> bool {
        let others = zone.places.get(&(subject.owner.clone(), subject.rtype));
        let Some(others) = others.and_then(|at| zone.rrsets.get(*at)) else { return true };
        let first = match &others.data {
            RrSetData::Routed(all) => all.first().map(|one| &one.policy),
            RrSetData::Values { .. } | RrSetData::Alias(_) => None,
        };
        match (first, policy) {
            (Some(first), Some(policy)) if first.kind() == policy.kind.kind() => true,
            (_, Some(policy)) => {
                let error =
                    AwsError::record_beside_others_of_no_policy(subject, policy.kind.kind());
                self.refused(path, &error);
                false
            }
            (Some(_), None) => {
                self.refused(path, &AwsError::record_beside_routed_ones(subject));
                false
            }
            (None, None) => {
                let help = "all values of one name and type go into one entry";
                self.refused_with(path, &AwsError::record_exists(subject), help);
                false
            }
        }
    }

    /// Adds a record to those that a policy chooses from.
    fn join(
        &mut self,
        path: &At<'_>,
        entry: usize,
        subject: &Subject<'_>,
        policy: Policy,
        data: RrSetData,
        zone: &mut Records,
    ) {
        let Policy { kind, set_identifier, health_check } = policy;
        let record = RoutedRecords { set_identifier, policy: kind, health_check, data };
        let key = (subject.owner.clone(), subject.rtype);
        let Some(at) = zone.places.get(&key).copied() else {
            zone.members.insert((zone.rrsets.len(), 0), entry);
            let data = RrSetData::Routed(vec![record]);
            zone.set(Some(entry), RrSet { name: key.0, rtype: key.1, data });
            return;
        };
        let Some(RrSetData::Routed(all)) = zone.rrsets.get_mut(at).map(|rrset| &mut rrset.data)
        else {
            return;
        };
        if self.stands_apart(path, subject, &record, all) {
            if let RrSetData::Values { ttl, .. } = record.data
                && record.policy == RoutingPolicy::Multivalue
            {
                // as the console does it: the last one's TTL is that of all
                for one in all.iter_mut() {
                    if let RrSetData::Values { ttl: own, .. } = &mut one.data {
                        *own = ttl;
                    }
                }
            }
            zone.members.insert((at, all.len()), entry);
            all.push(record);
        }
    }

    /// The values of a record, each as its data is written in a master file.
    fn values(
        &mut self,
        path: &At<'_>,
        rtype: RecordType,
        ttl: u32,
        values: &[String],
    ) -> Option<RrSetData> {
        let mut all: Vec<RData> = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            if let Some(rdata) = self.rdata(&path.item("values", at), rtype, value)
                && !all.contains(&rdata)
            {
                all.push(rdata);
            }
        }
        (!all.is_empty()).then_some(RrSetData::Values { ttl, rdata: all })
    }

    /// An owner name: relative to the zone, `@`, or absolute.
    fn owner(&mut self, path: &At<'_>, name: &str, apex: &DnsName) -> Option<DnsName> {
        let owner = self.name_in_zone(path, name, apex)?;
        if owner.is_within(apex) {
            return Some(owner);
        }
        let message = format!("`{name}` is outside the zone `{apex}`");
        self.error(Finding::error(path, message));
        None
    }

    /// A name, complete where it ends in a dot.
    fn name_in_zone(&mut self, path: &At<'_>, name: &str, apex: &DnsName) -> Option<DnsName> {
        let parsed =
            if name == "@" { Ok(apex.to_name()) } else { Name::parse(name, Some(&apex.to_name())) };
        parsed
            .map(|name| DnsName::from(&name))
            .inspect_err(|error| {
                let message = format!("`{name}` is not a domain name: {error}");
                self.error(Finding::error(path, message));
            })
            .ok()
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

    /// What an alias points to. R64
    fn alias(
        &mut self,
        of_zone: &OfZone<'_>,
        path: &At<'_>,
        rtype: RecordType,
        spec: &AliasSpec,
    ) -> Option<AliasTarget> {
        match (&spec.vpc_endpoint, &spec.name) {
            (Some(endpoint), None) => self.endpoint_alias(path, rtype, endpoint, spec),
            (None, Some(name)) if spec.availability_zone.is_none() => {
                let OfZone { apex, id, .. } = of_zone;
                let path = path.key("name");
                let name = self.name_in_zone(&path, name, apex)?;
                if !name.is_within(apex) {
                    let error = AwsError::alias_outside_zone(&name, rtype, id);
                    self.refused(&path, &error);
                    return None;
                }
                let evaluate_target_health = spec.evaluate_target_health;
                Some(AliasTarget::Record { name, evaluate_target_health })
            }
            _ => {
                let message = "an alias has either a `vpc_endpoint`, perhaps with an `availability_zone`, or a `name`";
                self.error(Finding::error(path, message).rule("R64"));
                None
            }
        }
    }

    fn endpoint_alias(
        &mut self,
        path: &At<'_>,
        rtype: RecordType,
        vpc_endpoint: &str,
        spec: &AliasSpec,
    ) -> Option<AliasTarget> {
        if !matches!(rtype, RecordType::A | RecordType::AAAA) {
            let message = format!("an alias to an endpoint is of type A or AAAA, not {rtype}");
            self.error(Finding::error(path, message).rule("R64"));
        }
        let Some(known) = self.endpoint_names().get(vpc_endpoint).copied() else {
            let endpoints = self.model.endpoints.iter();
            let known: Vec<String> = endpoints
                .map(|endpoint| format!("{}/{}", self.model[endpoint.vpc].name, endpoint.name))
                .collect();
            let path = path.key("vpc_endpoint");
            let known = known.iter().map(String::as_str);
            self.unknown(&path, "interface endpoint", vpc_endpoint, known);
            return None;
        };
        // one with a mistake of its own was blamed for it
        let endpoint = known?;
        if self.model[endpoint].kind != EndpointKind::Interface {
            let message =
                format!("`{vpc_endpoint}` is no interface endpoint and has no Regional name");
            self.error(Finding::error(path.key("vpc_endpoint"), message).rule("R21"));
        }
        let availability_zone = match &spec.availability_zone {
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
        Some(AliasTarget::Endpoint { endpoint, availability_zone })
    }

    /// A CNAME stands alone at its name, and never at the apex. RFC 1034 §3.6.2
    pub(super) fn check_cnames(&mut self, of_zone: &OfZone<'_>, zone: &Records) {
        let OfZone { path, apex, .. } = of_zone;
        let mut with_others: HashMap<&DnsName, RecordType> = HashMap::new();
        for rrset in zone.rrsets.iter().filter(|rrset| rrset.rtype != RecordType::CNAME) {
            with_others.entry(&rrset.name).or_insert(rrset.rtype);
        }
        for (at, cname) in zone.rrsets.iter().enumerate() {
            if cname.rtype != RecordType::CNAME {
                continue;
            }
            for (part, data) in cname.data.parts().enumerate() {
                let name = &cname.name;
                let message = if name == *apex {
                    format!("`{name}` is the zone itself and cannot be a CNAME")
                } else if let RrSetData::Values { rdata, .. } = data
                    && rdata.len() > 1
                {
                    format!("`{name}` has {} CNAMEs: expected one", rdata.len())
                } else if let Some(other) = with_others.get(name) {
                    format!("`{name}` has a CNAME and {other} records")
                } else {
                    continue;
                };
                self.error(Finding::error(zone.place_of(path, at, part), message));
            }
        }
    }

    /// Warns of CNAMEs to zonal names that spell the AZ by its id: such names carry the AZ's name in the account of the
    /// endpoint's owner. R13
    pub(super) fn zonal_names_by_id(&mut self, path: &At<'_>, zone: &Records) {
        let parts = zone.rrsets.iter().enumerate().flat_map(|(at, rrset)| {
            rrset.data.parts().enumerate().map(move |(part, data)| (at, part, data))
        });
        let mut found = Vec::new();
        for (at, part, data) in parts {
            let RrSetData::Values { rdata, .. } = data else { continue };
            let Some(RData::CNAME(target)) = rdata.first() else { continue };
            let target = DnsName::from(&target.0);
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
            let help = format!("did you mean `{right}`?");
            let place = zone.place_of(path, at, part);
            found.push(Finding::warning(place, message).rule("R13").help(help));
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
    pub(super) fn add(&mut self, name: DnsName, rtype: RecordType, ttl: u32, rdata: RData) {
        let place = self.places.get(&(name.clone(), rtype)).and_then(|at| self.rrsets.get_mut(*at));
        match place.map(|rrset| &mut rrset.data) {
            Some(RrSetData::Values { rdata: all, .. }) => {
                if !all.contains(&rdata) {
                    all.push(rdata);
                }
            }
            Some(RrSetData::Alias(_) | RrSetData::Routed(_)) => {}
            None => {
                let data = RrSetData::Values { ttl, rdata: vec![rdata] };
                self.set(None, RrSet { name, rtype, data });
            }
        }
    }

    /// The place of a name's RRset of a type.
    pub(super) fn place(&self, name: &DnsName, rtype: RecordType) -> Option<usize> {
        self.places.get(&(name.clone(), rtype)).copied()
    }

    /// Where a part of an RRset was written: `at` and `part` are their places.
    pub(super) fn place_of<'a>(&self, zone: &'a At<'a>, at: usize, part: usize) -> At<'a> {
        let member = self.members.get(&(at, part)).copied();
        match member.or_else(|| self.entries.get(at).copied().flatten()) {
            Some(entry) => zone.item("records", entry),
            None => zone.key("file"),
        }
    }
}
