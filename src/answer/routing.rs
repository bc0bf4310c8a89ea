//! Records that are not answered as they stand: aliases, and those that a routing policy chooses from. R64, R71–R73
//!
//! ```text
//!  RRset ─► values ───────────────────────────────► records
//!    ├─► alias to an endpoint ─► its addresses ───► records
//!    ├─► alias to a name of the zone ─► its RRset, from the beginning
//!    └─► routing policy ─► the healthy ones ─► one of them, from the beginning (multivalue: up to eight)
//! ```
//! Route 53 chooses by chance where the weights say so; here the turn decides, so that each gets its share in any stretch
//! of questions, and the same situation always gives the same answer.

use hickory_proto::rr::RecordType;

use super::{
    Reason,
    addresses::{NameKind, addresses},
    evaluate::{Reply, Walk},
};
use crate::{
    catalog::Region,
    model::{
        AliasTarget, AzIx, EndpointIx, EndpointState, FailoverRole, Geolocation, MAX_ALIAS_CHAIN,
        MAX_MULTIVALUE_RECORDS, RoutedRecords, RoutingPolicy, RrSetData, Vantage,
    },
    view::{CompiledRrset, EndpointName, Zone},
};

/// How far a turn goes round the circle of shares, as a part of 2³²: the fractional parts of irrational numbers, which make
/// even steps, one for each choice on the way to an answer, so that the choices do not follow each other. (The golden
/// ratio and the square roots of 2, 3, 7 and 11; odd, so that every step is made.)
const STEPS: [u32; 5] = [0x9e37_79b9, 0x6a09_e667, 0xbb67_ae85, 0xa54f_f53b, 0x510e_527f];

impl<'a, R: Reply> Walk<'a, '_, R> {
    /// Adds the records of an RRset that is an alias or has a routing policy; false is SERVFAIL.
    #[cold]
    pub(super) fn indirect(&mut self, zone: &'a Zone, rrset: &'a CompiledRrset) -> bool {
        let Some(leaf) = self.leaf(zone, rrset) else { return true };
        match &leaf.data {
            RrSetData::Values { .. } => {
                self.reply.rrset(leaf, leaf.rotation(self.situation.turn));
                true
            }
            RrSetData::Alias(AliasTarget::Endpoint { endpoint, availability_zone }) => {
                self.endpoint_alias(*endpoint, *availability_zone, leaf.rtype)
            }
            RrSetData::Alias(AliasTarget::Record { .. }) => true,
            RrSetData::Routed(all) => {
                self.multivalue(zone, leaf, all);
                true
            }
        }
    }

    /// Adds the addresses of an endpoint that an alias points to; false is SERVFAIL. R64
    fn endpoint_alias(
        &mut self,
        endpoint: EndpointIx,
        availability_zone: Option<AzIx>,
        rtype: RecordType,
    ) -> bool {
        self.reply.note(|| Reason::Alias(endpoint));
        if self.situation.model[endpoint].state != EndpointState::Available {
            // the name it points to does not exist yet. R129
            return true;
        }
        let target = EndpointName { endpoint, availability_zone };
        addresses(self.situation, target, NameKind::OfEndpoint, rtype, self.reply)
    }

    /// What an RRset comes to when aliases within the zone are followed and choices are made: one with values, an alias to
    /// an endpoint, or one whose policy is multivalue; none where nothing is there for this asker.
    pub(super) fn leaf(
        &mut self,
        zone: &'a Zone,
        rrset: &'a CompiledRrset,
    ) -> Option<&'a CompiledRrset> {
        let mut rrset = rrset;
        // a choice and an alias take turns
        for _ in 0..=2 * MAX_ALIAS_CHAIN {
            rrset = match &rrset.data {
                RrSetData::Values { .. } | RrSetData::Alias(AliasTarget::Endpoint { .. }) => {
                    return Some(rrset);
                }
                RrSetData::Alias(AliasTarget::Record { name, .. }) => {
                    self.reply.note(|| Reason::AliasRecord(name.clone()));
                    zone.exact(name)?.rrset(rrset.rtype)?
                }
                RrSetData::Routed(all) => {
                    if all.first()?.policy == RoutingPolicy::Multivalue {
                        return Some(rrset);
                    }
                    let at = self.choose(zone, rrset.rtype, all)?;
                    self.note_choice(all.get(at)?);
                    rrset.members.get(at)?
                }
            };
        }
        None
    }

    /// The place of the record that the policy chooses for this asker, at this turn. R73
    fn choose(&mut self, zone: &Zone, rtype: RecordType, all: &[RoutedRecords]) -> Option<usize> {
        let asker = self.region_of_asker();
        let concerns = |one: &RoutedRecords| cost(&one.policy, asker).is_some();
        if !all.iter().any(concerns) {
            self.reply.note(|| Reason::NoGeolocation(asker));
            return None;
        }
        let none_is_healthy = self.note_health(zone, rtype, all, concerns);
        let usable = |one: &RoutedRecords| {
            concerns(one) && (none_is_healthy || self.is_healthy(zone, rtype, one))
        };
        let weights = all.iter().map(|one| match one.policy {
            RoutingPolicy::Weighted(weight) if usable(one) => Some(u64::from(weight)),
            _ => None,
        });
        if weights.clone().flatten().next().is_some() {
            let at = self.share(weights);
            self.choices += 1;
            return at;
        }
        let costs = all.iter().enumerate().filter(|(_, one)| usable(one));
        costs
            .filter_map(|(at, one)| Some((at, cost(&one.policy, asker)?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(at, _)| at)
    }

    /// The place of a weight that this turn falls to: each gets its part of the turns, and where all are zero the same
    /// part. A record that has none gets nothing. R73
    fn share(&self, weights: impl Iterator<Item = Option<u64>> + Clone) -> Option<usize> {
        let sum: u64 = weights.clone().flatten().sum();
        let part =
            |weight: Option<u64>| weight.map_or(0, |weight| if sum == 0 { 1 } else { weight });
        let whole: u64 = weights.clone().map(part).sum();
        let step = STEPS.get(self.choices % STEPS.len()).copied().unwrap_or(1);
        // half a circle on, so that the first question goes to a heavy record
        let turned = self.situation.turn.wrapping_mul(step).wrapping_add(1 << 31);
        let mut rest = (u64::from(turned) * whole) >> 32;
        weights.map(part).position(|part| {
            let here = rest < part;
            rest = rest.saturating_sub(part);
            here
        })
    }

    /// Adds up to eight healthy records of a multivalue policy, beginning with another at each turn. R73
    fn multivalue(&mut self, zone: &Zone, rrset: &CompiledRrset, all: &[RoutedRecords]) {
        let none_is_healthy = self.note_health(zone, rrset.rtype, all, |_| true);
        let first = (self.situation.turn as usize).checked_rem(all.len()).unwrap_or(0);
        let mut left = MAX_MULTIVALUE_RECORDS;
        let members = || all.iter().zip(&rrset.members);
        for (one, member) in members().skip(first).chain(members().take(first)) {
            if left > 0 && (none_is_healthy || self.is_healthy(zone, rrset.rtype, one)) {
                self.note_choice(one);
                self.reply.rrset(member, 0);
                left -= 1;
            }
        }
    }

    fn note_choice(&mut self, one: &RoutedRecords) {
        self.reply.note(|| Reason::RoutingPolicy {
            policy: one.policy.clone(),
            set_identifier: one.set_identifier.clone(),
        });
    }

    /// Whether none of those that matter is healthy: then all are taken to be. Says what is left out. R73
    fn note_health(
        &mut self,
        zone: &Zone,
        rtype: RecordType,
        all: &[RoutedRecords],
        matters: impl Fn(&RoutedRecords) -> bool,
    ) -> bool {
        let healthy = |one: &&RoutedRecords| matters(one) && self.is_healthy(zone, rtype, one);
        let none = !all.iter().any(|one| healthy(&one));
        if none {
            self.reply.note(|| Reason::NoneHealthy);
        } else if R::THOROUGH {
            for one in all.iter().filter(|one| matters(one)) {
                if !self.is_healthy(zone, rtype, one) {
                    self.reply.note(|| Reason::Unhealthy {
                        set_identifier: one.set_identifier.clone(),
                        check: one
                            .health_check
                            .filter(|check| self.situation.detected.is_unhealthy(*check)),
                    });
                }
            }
        }
        none
    }

    /// Whether a record counts as healthy: its health check says so, or it has none; and what an alias points to, where
    /// that is to be looked at. Endpoints are always healthy to Route 53. R64, R73
    fn is_healthy(&self, zone: &Zone, rtype: RecordType, one: &RoutedRecords) -> bool {
        let unhealthy = |check| self.situation.detected.is_unhealthy(check);
        !one.health_check.is_some_and(unhealthy) && self.target_is_healthy(zone, rtype, &one.data)
    }

    /// Whether what an alias points to is healthy, if that is to be looked at. How many records there are to look at has
    /// been limited when the zone was read.
    fn target_is_healthy(&self, zone: &Zone, rtype: RecordType, data: &RrSetData) -> bool {
        let RrSetData::Alias(AliasTarget::Record { name, evaluate_target_health: true }) = data
        else {
            return true;
        };
        match zone.exact(name).and_then(|node| node.rrset(rtype)).map(|rrset| &rrset.data) {
            Some(RrSetData::Routed(all)) => all.iter().any(|one| self.is_healthy(zone, rtype, one)),
            Some(data) => self.target_is_healthy(zone, rtype, data),
            None => true,
        }
    }

    /// The Region that routing policies go by: that of the VPC that the question came from, or in which the inbound
    /// endpoint is that it came through. R73
    fn region_of_asker(&self) -> Region {
        let model = self.situation.model;
        match self.situation.vantage {
            Vantage::Vpc(place) => model[place.vpc].region,
            Vantage::Internet => model.region,
        }
    }
}

/// How far a record is from an asker, as its policy counts: the least is chosen. None where it is not for this asker.
fn cost(policy: &RoutingPolicy, asker: Region) -> Option<f64> {
    Some(match policy {
        RoutingPolicy::Weighted(_)
        | RoutingPolicy::Multivalue
        | RoutingPolicy::Failover(FailoverRole::Primary) => 0.0,
        RoutingPolicy::Failover(FailoverRole::Secondary) => 1.0,
        RoutingPolicy::Latency(region) => region.distance_km(asker),
        RoutingPolicy::Geoproximity(geoproximity) => {
            geoproximity.biased_distance_km(asker.place()?.coordinates)
        }
        RoutingPolicy::Geolocation(geolocation) => {
            let place = asker.place()?;
            let (here, size) = match geolocation {
                Geolocation::Subdivision(state) => (place.subdivision == Some(&**state), 0.0),
                Geolocation::Country(country) => (place.country == &**country, 1.0),
                Geolocation::Continent(continent) => (place.continent == &**continent, 2.0),
                Geolocation::Default => (true, 3.0),
            };
            return here.then_some(size);
        }
    })
}
