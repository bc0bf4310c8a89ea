//! What DNS takes to be impaired at one moment, in a form that answers "and this network interface?" at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Health, Moment, State, Target};
use crate::model::{AzIx, EniIx, HealthCheckIx, Model, SubnetIx, VpcIx};

/// Why DNS takes a network interface to be impaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impairment {
    /// Whose state it is: the interface's own, its subnet's or its AZ's.
    pub target: Target,
    /// Whether a person forced it.
    pub forced: bool,
}

/// The states of all targets as DNS sees them at one moment. Its size is that of the faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detected {
    azs: BTreeMap<AzIx, Seen>,
    subnets: BTreeMap<SubnetIx, Seen>,
    interfaces: BTreeMap<EniIx, Seen>,
    unhealthy: BTreeSet<HealthCheckIx>,
    /// VPCs where DNS Firewall does not answer.
    without_firewall: BTreeSet<VpcIx>,
}

/// A state and whether a person forced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    state: State,
    forced: bool,
}

impl Detected {
    /// What DNS sees at `now`. A healthy state is kept only where it is forced.
    #[must_use]
    pub fn at(health: &Health, model: &Model, now: Moment) -> Self {
        let failover = &model.failover;
        let checks = model.health_check_indexes().filter(|check| model[*check].unhealthy);
        let silent = (0..).map(VpcIx).zip(&model.vpcs).filter(|(_, vpc)| !vpc.firewall_available);
        let mut detected = Self {
            unhealthy: checks.collect(),
            without_firewall: silent.map(|(ix, _)| ix).collect(),
            ..Self::default()
        };
        for (vpc, state) in health.firewalls() {
            match state {
                State::Healthy => detected.without_firewall.remove(&vpc),
                State::Impaired => detected.without_firewall.insert(vpc),
            };
        }
        for (check, state) in health.checks() {
            match state {
                State::Healthy => detected.unhealthy.remove(&check),
                State::Impaired => detected.unhealthy.insert(check),
            };
        }
        for (target, fault) in health.faults() {
            let seen =
                Seen { state: fault.effective(failover, now), forced: fault.forced.is_some() };
            if seen.state == State::Healthy && !seen.forced {
                continue;
            }
            match target {
                Target::AvailabilityZone(az) => detected.azs.insert(az, seen),
                Target::Subnet(subnet) => detected.subnets.insert(subnet, seen),
                Target::NetworkInterface(eni) => detected.interfaces.insert(eni, seen),
            };
        }
        detected
    }

    /// Whether a health check says that what it watches is unhealthy. R72
    #[must_use]
    pub fn is_unhealthy(&self, check: HealthCheckIx) -> bool {
        self.unhealthy.contains(&check)
    }

    /// Whether DNS Firewall answers in a VPC. R107
    #[must_use]
    pub fn firewall_answers(&self, vpc: VpcIx) -> bool {
        !self.without_firewall.contains(&vpc)
    }

    /// Whether no AZ, subnet or interface is impaired or forced.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.azs.is_empty() && self.subnets.is_empty() && self.interfaces.is_empty()
    }

    /// Why DNS takes this network interface to be impaired; none if it takes it to be healthy.
    ///
    /// A forced state outranks what is noticed, and of two forced states the more specific counts:
    /// the interface's before the subnet's before the AZ's.
    #[must_use]
    pub fn impairment(&self, model: &Model, eni: EniIx) -> Option<Impairment> {
        if self.is_clear() {
            return None;
        }
        let subnet = model[eni].subnet;
        let az = model[subnet].availability_zone;
        let seen = [
            self.interfaces.get(&eni).map(|seen| (Target::NetworkInterface(eni), *seen)),
            self.subnets.get(&subnet).map(|seen| (Target::Subnet(subnet), *seen)),
            self.azs.get(&az).map(|seen| (Target::AvailabilityZone(az), *seen)),
        ];
        let mut seen = seen.into_iter().flatten();
        let (target, seen) = match seen.clone().find(|(_, seen)| seen.forced) {
            Some(forced) => forced,
            None => seen.next()?,
        };
        (seen.state == State::Impaired).then_some(Impairment { target, forced: seen.forced })
    }
}
