//! Routing policies of records, the health checks they go by, and where aliases within a zone lead. R64, R71–R73

use hickory_proto::rr::RecordType;

use super::{
    Builder,
    records::{OfZone, Records, Subject},
};
use crate::{
    catalog::{Coordinates, Region},
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{
            FailoverRoleWord, GeolocationSpec, GeoproximitySpec, HealthCheckSpec, HealthStatusSpec,
            RecordSpec,
        },
    },
    model::{
        AliasTarget, FailoverRole, Geolocation, Geoproximity, HealthCheck, HealthCheckId,
        HealthCheckIx, MAX_ALIAS_CHAIN, RoutedRecords, RoutingPolicy, RrSetData,
    },
};

/// Continents as Route 53 abbreviates them. Source: Route 53 API reference, `GeoLocation`.
const CONTINENTS: [&str; 7] = ["AF", "AN", "AS", "EU", "OC", "NA", "SA"];

/// How many records may have to be looked at behind one alias: what an answer costs is bounded by it. The limit is ours.
const MAX_RECORDS_BEHIND_ALIAS: usize = 1_000;

/// A record's routing policy, read.
pub(super) struct Policy {
    pub(super) kind: RoutingPolicy,
    pub(super) set_identifier: Box<str>,
    pub(super) health_check: Option<HealthCheckIx>,
}

/// Something was wrong and has been blamed.
pub(super) struct Blamed;

impl Builder {
    /// All health checks. R72
    pub(super) fn health_checks(&mut self, checks: Entries<HealthCheckSpec>) {
        for (name, spec) in checks {
            let path = At::ROOT.entry("health_checks", &name);
            self.check_name(&path, &name);
            let HealthCheckSpec { id, status } = spec;
            let id = self.id(&path, id.as_deref(), || HealthCheckId::derive(&name));
            let Ok(ix) = u16::try_from(self.model.health_checks.len()).map(HealthCheckIx) else {
                let message = format!("more than {} health checks", u16::MAX);
                self.error(Finding::error(path, message).at_key());
                return;
            };
            let unhealthy = status == Some(HealthStatusSpec::Unhealthy);
            self.names.health_checks.insert(id.to_string().into(), ix);
            self.names.health_checks.insert(name.clone(), ix);
            self.model.health_checks.push(HealthCheck { name, id, unhealthy });
        }
    }

    /// The routing policy of a record, if it has one. R71
    pub(super) fn routing_policy(
        &mut self,
        path: &At<'_>,
        subject: &Subject<'_>,
        spec: &RecordSpec,
    ) -> Result<Option<Policy>, Blamed> {
        let given = [
            spec.weighted_routing_policy.is_some(),
            spec.failover_routing_policy.is_some(),
            spec.latency_routing_policy.is_some(),
            spec.geolocation_routing_policy.is_some(),
            spec.geoproximity_routing_policy.is_some(),
            spec.multivalue_answer_routing_policy,
        ];
        let count = given.iter().filter(|given| **given).count();
        match (count, &spec.set_identifier) {
            (0, None) => {
                if spec.health_check_id.is_some() {
                    let message = "a record without a routing policy has no health check";
                    let path = path.key("health_check_id");
                    self.error(Finding::error(path, message).rule("R72"));
                }
                return Ok(None);
            }
            (1, Some(_)) => {}
            (1, None) => {
                self.refused(path, &AwsError::no_set_identifier(subject));
                return Err(Blamed);
            }
            (count, _) => {
                let found = if count == 0 { "none" } else { "more than one" };
                self.refused(path, &AwsError::not_one_policy(subject, found));
                return Err(Blamed);
            }
        }
        if matches!(subject.rtype, RecordType::NS | RecordType::SOA) {
            let message = format!("{} records have no routing policy", subject.rtype);
            self.error(Finding::error(path, message).rule("R71"));
            return Err(Blamed);
        }
        let kind = self.policy_of_record(path, subject, spec)?;
        let health_check = match &spec.health_check_id {
            None => None,
            Some(found) => Some(self.health_check(&path.key("health_check_id"), found)?),
        };
        let set_identifier = spec.set_identifier.as_deref().unwrap_or_default().into();
        Ok(Some(Policy { kind, set_identifier, health_check }))
    }

    /// The one policy that is given.
    fn policy_of_record(
        &mut self,
        path: &At<'_>,
        subject: &Subject<'_>,
        spec: &RecordSpec,
    ) -> Result<RoutingPolicy, Blamed> {
        if let Some(weighted) = &spec.weighted_routing_policy {
            let path = path.key("weighted_routing_policy");
            return u8::try_from(weighted.weight).map(RoutingPolicy::Weighted).map_err(|_| {
                let message = format!("a weight of {}: expected 0 to 255", weighted.weight);
                self.blame(&path.key("weight"), message)
            });
        }
        if let Some(failover) = &spec.failover_routing_policy {
            return Ok(RoutingPolicy::Failover(match failover.role {
                FailoverRoleWord::Primary => FailoverRole::Primary,
                FailoverRoleWord::Secondary => FailoverRole::Secondary,
            }));
        }
        if let Some(latency) = &spec.latency_routing_policy {
            let path = path.key("latency_routing_policy");
            let region = self.region_of_record(&path.key("region"), &latency.region)?;
            return Ok(RoutingPolicy::Latency(region));
        }
        if let Some(geolocation) = &spec.geolocation_routing_policy {
            let path = path.key("geolocation_routing_policy");
            return self.geolocation(&path, geolocation).map(RoutingPolicy::Geolocation);
        }
        if let Some(geoproximity) = &spec.geoproximity_routing_policy {
            let path = path.key("geoproximity_routing_policy");
            return self.geoproximity(&path, geoproximity).map(RoutingPolicy::Geoproximity);
        }
        let path = path.key("multivalue_answer_routing_policy");
        if subject.rtype == RecordType::CNAME || spec.alias.is_some() {
            let message = "neither CNAMEs nor aliases have the multivalue policy";
            return Err(self.blame(&path, message));
        }
        Ok(RoutingPolicy::Multivalue)
    }

    fn blame(&mut self, path: &At<'_>, message: impl Into<String>) -> Blamed {
        self.error(Finding::error(path, message.into()).rule("R71"));
        Blamed
    }

    fn region_of_record(&mut self, path: &At<'_>, found: &str) -> Result<Region, Blamed> {
        let before = self.findings.len();
        let region = super::parse_region(found, path, &mut self.findings);
        if self.findings.len() > before { Err(Blamed) } else { Ok(region) }
    }

    fn geolocation(
        &mut self,
        path: &At<'_>,
        spec: &GeolocationSpec,
    ) -> Result<Geolocation, Blamed> {
        let GeolocationSpec { continent, country, subdivision } = spec;
        let is_code = |text: &str, most: usize| {
            (1..=most).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match (continent.as_deref(), country.as_deref(), subdivision.as_deref()) {
            (Some(continent), None, None) if CONTINENTS.contains(&continent) => {
                Ok(Geolocation::Continent(continent.into()))
            }
            (Some(continent), None, None) => {
                let message = format!("`{continent}` is not a continent");
                let help = format!("expected one of {}", CONTINENTS.join(", "));
                let finding = Finding::error(path.key("continent"), message).rule("R71");
                self.error(finding.help(help));
                Err(Blamed)
            }
            (None, Some("*"), None) => Ok(Geolocation::Default),
            (None, Some(country), None) if country.len() == 2 && is_code(country, 2) => {
                Ok(Geolocation::Country(country.into()))
            }
            (None, Some("US" | "UA"), Some(subdivision)) if is_code(subdivision, 3) => {
                Ok(Geolocation::Subdivision(subdivision.into()))
            }
            (None, Some(country), None) => {
                let message = format!(
                    "`{country}` is not a country: expected two capital letters, as `IE`, or `*`"
                );
                Err(self.blame(&path.key("country"), message))
            }
            (None, Some(_), Some(_)) => {
                let message =
                    "a `subdivision` is one of the country US or UA, in capital letters, as `OR`";
                Err(self.blame(&path.key("subdivision"), message))
            }
            _ => {
                let message =
                    "expected a `continent`, or a `country`, perhaps with a `subdivision`";
                Err(self.blame(path, message))
            }
        }
    }

    fn geoproximity(
        &mut self,
        path: &At<'_>,
        spec: &GeoproximitySpec,
    ) -> Result<Geoproximity, Blamed> {
        let Ok(bias @ -99..=99) = i8::try_from(spec.bias) else {
            let message = format!("a bias of {}: expected −99 to 99", spec.bias);
            return Err(self.blame(&path.key("bias"), message));
        };
        let location = match (&spec.aws_region, &spec.coordinates) {
            (Some(region), None) => {
                let region = self.region_of_record(&path.key("aws_region"), region)?;
                region.place().map(|place| place.coordinates)
            }
            (None, Some(point)) => Coordinates::parse(&point.latitude, &point.longitude),
            _ => {
                let message = "expected either an `aws_region` or `coordinates`";
                return Err(self.blame(path, message));
            }
        };
        location.map(|location| Geoproximity { location, bias }).ok_or_else(|| {
            let message = "expected degrees with at most two decimals: a latitude of −90 to 90, a longitude of −180 to 180";
            self.blame(&path.key("coordinates"), message)
        })
    }

    fn health_check(&mut self, path: &At<'_>, found: &str) -> Result<HealthCheckIx, Blamed> {
        self.names.health_checks.get(found).copied().ok_or_else(|| {
            let checks = self.model.health_checks.iter();
            let known: Vec<Box<str>> = checks.map(|check| check.name.clone()).collect();
            self.unknown(path, "health check", found, known.iter().map(|name| &**name));
            Blamed
        })
    }

    /// Whether a record differs from the others of its policy in what must differ, and agrees in what must agree. R71
    pub(super) fn stands_apart(
        &mut self,
        path: &At<'_>,
        subject: &Subject<'_>,
        record: &RoutedRecords,
        others: &[RoutedRecords],
    ) -> bool {
        let same_id = |other: &RoutedRecords| other.set_identifier == record.set_identifier;
        if others.iter().any(same_id) {
            self.refused(path, &AwsError::record_exists(subject));
            return false;
        }
        let ttl = |record: &RoutedRecords| match &record.data {
            RrSetData::Values { ttl, .. } => Some(*ttl),
            RrSetData::Alias(_) | RrSetData::Routed(_) => None,
        };
        let differs = |other: &RoutedRecords| matches!((ttl(other), ttl(record)), (Some(a), Some(b)) if a != b);
        if matches!(record.policy, RoutingPolicy::Weighted(_)) && others.iter().any(differs) {
            self.refused(path, &AwsError::weighted_ttl(subject));
            return false;
        }
        let one_of_each = match &record.policy {
            RoutingPolicy::Failover(FailoverRole::Primary) => "PRIMARY",
            RoutingPolicy::Failover(FailoverRole::Secondary) => "SECONDARY",
            RoutingPolicy::Latency(region) => region.as_str(),
            RoutingPolicy::Geolocation(_) => "this place",
            RoutingPolicy::Weighted(_)
            | RoutingPolicy::Multivalue
            | RoutingPolicy::Geoproximity(_) => return true,
        };
        match others.iter().find(|other| other.policy == record.policy) {
            None => true,
            Some(other) => {
                let message = format!(
                    "`{}` has a {} record for {one_of_each} already: `{}`",
                    subject.owner,
                    record.policy.kind(),
                    other.set_identifier
                );
                self.blame(path, message);
                false
            }
        }
    }

    /// Every alias within the zone leads to records of its type, not in a circle, and not to more than an answer can look
    /// at. R64
    pub(super) fn check_aliases(&mut self, of_zone: &OfZone<'_>, zone: &Records) {
        let OfZone { path, id, .. } = of_zone;
        // how many records there are to look at, of each RRset where that is known
        let mut behind: Vec<Option<usize>> = Vec::with_capacity(zone.rrsets.len());
        let mut open = Vec::new();
        for (at, rrset) in zone.rrsets.iter().enumerate() {
            let mut leads_on = false;
            for (part, data) in rrset.data.parts().enumerate() {
                let RrSetData::Alias(AliasTarget::Record { name, .. }) = data else { continue };
                if zone.place(name, rrset.rtype).is_none() {
                    let error = AwsError::alias_target_not_found(name, rrset.rtype, id);
                    self.refused(&zone.place_of(path, at, part), &error);
                }
                leads_on = true;
            }
            behind.push((!leads_on).then(|| rrset.data.parts().count()));
            open.extend(leads_on.then_some(at));
        }
        for _ in 0..MAX_ALIAS_CHAIN {
            let known: Vec<(usize, usize)> = open
                .iter()
                .filter_map(|at| Some((*at, records_behind(zone, &behind, *at)?)))
                .collect();
            for (at, count) in &known {
                if let Some(place) = behind.get_mut(*at) {
                    *place = Some(*count);
                }
            }
            open.retain(|at| behind.get(*at).is_some_and(Option::is_none));
            for (at, count) in known {
                if count > MAX_RECORDS_BEHIND_ALIAS {
                    let message = format!(
                        "there are more than {MAX_RECORDS_BEHIND_ALIAS} records behind this alias"
                    );
                    self.error(Finding::error(zone.place_of(path, at, 0), message).rule("R64"));
                }
            }
        }
        for at in open {
            let message = format!(
                "this alias leads round in a circle, or through more than {MAX_ALIAS_CHAIN} others"
            );
            self.error(Finding::error(zone.place_of(path, at, 0), message).rule("R64"));
        }
    }
}

/// How many records an answer may have to look at for an RRset; none while that is not known of what it leads to.
fn records_behind(zone: &Records, behind: &[Option<usize>], at: usize) -> Option<usize> {
    let rrset = zone.rrsets.get(at)?;
    rrset.data.parts().try_fold(0_usize, |sum, data| {
        let further = match data {
            RrSetData::Alias(AliasTarget::Record { name, .. }) => {
                match zone.place(name, rrset.rtype) {
                    Some(target) => behind.get(target).copied().flatten()?,
                    // it was blamed for that
                    None => 0,
                }
            }
            _ => 0,
        };
        Some(sum.saturating_add(1).saturating_add(further))
    })
}
