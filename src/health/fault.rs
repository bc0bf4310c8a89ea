//! Faults and what DNS has noticed of them; what health checks say.

use std::{collections::BTreeMap, time::Duration};

use crate::model::{AzIx, EniIx, Failover, HealthCheckIx, SubnetIx, VpcIx};

/// A point in time, as the time since an origin that whoever holds the clock chose.
pub type Moment = Duration;

/// What can be impaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A whole AZ.
    AvailabilityZone(AzIx),
    /// One subnet.
    Subnet(SubnetIx),
    /// One endpoint network interface.
    NetworkInterface(EniIx),
}

/// Whether something works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It works.
    #[default]
    Healthy,
    /// Nothing gets through.
    Impaired,
}

/// Something that happened to a target, or that a person decided about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is in this state from this moment on.
    Observed(Moment, Target, State),
    /// DNS shall take it to be in this state, whatever is observed; none ends that.
    Forced(Target, Option<State>),
    /// A health check says this from now on. R72
    Checked(HealthCheckIx, State),
    /// DNS Firewall answers in a VPC from now on, or does not. R107
    Firewall(VpcIx, State),
}

/// What is known of one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// The state it is in, as the data plane sees it.
    pub observed: State,
    /// Since when.
    pub since: Moment,
    /// What DNS took it to be at that moment.
    noticed_before: State,
    /// What a person forced DNS to take it to be.
    pub forced: Option<State>,
}

impl Fault {
    /// What DNS takes the target to be, leaving aside what a person forced.
    #[must_use]
    pub fn noticed(&self, failover: &Failover, now: Moment) -> State {
        if now >= self.changes_at(failover) { self.observed } else { self.noticed_before }
    }

    /// When DNS notices (or noticed) the state that is observed.
    #[must_use]
    pub fn changes_at(&self, failover: &Failover) -> Moment {
        let delay = match self.observed {
            State::Impaired => failover.detection,
            State::Healthy => failover.recovery,
        };
        self.since.saturating_add(delay)
    }

    /// What DNS acts upon: the forced state, else the noticed one.
    #[must_use]
    pub fn effective(&self, failover: &Failover, now: Moment) -> State {
        self.forced.unwrap_or_else(|| self.noticed(failover, now))
    }
}

/// All faults; a target that is not listed has always been healthy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    faults: BTreeMap<Target, Fault>,
    /// What health checks were made to say; the others say what the topology does.
    checks: BTreeMap<HealthCheckIx, State>,
    /// Whether DNS Firewall was made to answer in a VPC; in the others it does what the topology says.
    firewalls: BTreeMap<VpcIx, State>,
}

impl Health {
    /// The state after an event. `failover` decides what DNS had noticed until then.
    #[must_use]
    pub fn after(mut self, event: Event, failover: &Failover) -> Self {
        match event {
            Event::Observed(at, target, state) => {
                let fault = self.faults.entry(target).or_default();
                if fault.observed != state {
                    fault.noticed_before = fault.noticed(failover, at);
                    fault.observed = state;
                    fault.since = at;
                }
            }
            Event::Forced(target, forced) => {
                self.faults.entry(target).or_default().forced = forced;
            }
            Event::Checked(check, state) => {
                self.checks.insert(check, state);
            }
            Event::Firewall(vpc, state) => {
                self.firewalls.insert(vpc, state);
            }
        }
        self
    }

    /// What is known of a target.
    #[must_use]
    pub fn fault(&self, target: Target) -> Fault {
        self.faults.get(&target).copied().unwrap_or_default()
    }

    /// Whether nothing is known of any target.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether a target is impaired in fact, as the data plane sees it, whatever DNS has noticed.
    #[must_use]
    pub fn is_observed_impaired(&self, target: Target) -> bool {
        self.fault(target).observed == State::Impaired
    }

    /// Every target that something is known of, in order.
    pub fn faults(&self) -> impl Iterator<Item = (Target, &Fault)> {
        self.faults.iter().map(|(target, fault)| (*target, fault))
    }

    /// Every health check that was made to say something, in order.
    pub fn checks(&self) -> impl Iterator<Item = (HealthCheckIx, State)> {
        self.checks.iter().map(|(check, state)| (*check, *state))
    }

    /// Every VPC whose firewall was made to answer, or not to, in order.
    pub fn firewalls(&self) -> impl Iterator<Item = (VpcIx, State)> {
        self.firewalls.iter().map(|(vpc, state)| (*vpc, *state))
    }

    /// The same faults, health checks and firewalls in another model; those without a counterpart there are dropped.
    #[must_use]
    pub fn mapped(
        &self,
        target: impl Fn(Target) -> Option<Target>,
        check: impl Fn(HealthCheckIx) -> Option<HealthCheckIx>,
        vpc: impl Fn(VpcIx) -> Option<VpcIx>,
    ) -> Self {
        let faults = self.faults.iter().filter_map(|(old, fault)| Some((target(*old)?, *fault)));
        let checks = self.checks().filter_map(|(old, state)| Some((check(old)?, state)));
        let firewalls = self.firewalls().filter_map(|(old, state)| Some((vpc(old)?, state)));
        Self { faults: faults.collect(), checks: checks.collect(), firewalls: firewalls.collect() }
    }

    /// The next moment after `now` at which DNS will notice something by itself.
    #[must_use]
    pub fn next_change(&self, failover: &Failover, now: Moment) -> Option<Moment> {
        self.faults.values().map(|fault| fault.changes_at(failover)).filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AZ: Target = Target::AvailabilityZone(AzIx(0));

    fn secs(secs: u64) -> Moment {
        Duration::from_secs(secs)
    }

    /// Plays observed states and says what DNS takes the AZ to be at a moment.
    fn noticed(events: &[(u64, State)], now: u64) -> State {
        let failover = Failover::default();
        let health = events.iter().fold(Health::default(), |health, (at, state)| {
            health.after(Event::Observed(secs(*at), AZ, *state), &failover)
        });
        health.fault(AZ).effective(&failover, secs(now))
    }

    #[test]
    fn dns_notices_after_detection_and_forgives_after_recovery() {
        use State::{Healthy, Impaired};
        // R36, R39 with 120 s detection and 60 s recovery
        for (events, now, expected) in [
            (&[][..], 0, Healthy),
            (&[(10, Impaired)][..], 129, Healthy),
            (&[(10, Impaired)], 130, Impaired),
            (&[(10, Impaired), (300, Healthy)], 359, Impaired),
            (&[(10, Impaired), (300, Healthy)], 360, Healthy),
            // over before it was noticed
            (&[(10, Impaired), (100, Healthy)], 131, Healthy),
            // fails again before DNS has forgiven: it stays out all the time
            (&[(10, Impaired), (300, Healthy), (330, Impaired)], 400, Impaired),
            // said twice, counted from the first time
            (&[(10, Impaired), (100, Impaired)], 130, Impaired),
        ] {
            assert_eq!(noticed(events, now), expected, "{events:?} at {now}");
        }
    }

    #[test]
    fn a_forced_state_outranks_the_observed_one_and_leaves_it_alone() {
        let failover = Failover::default();
        let health = Health::default()
            .after(Event::Observed(secs(0), AZ, State::Impaired), &failover)
            .after(Event::Forced(AZ, Some(State::Healthy)), &failover);
        let fault = health.fault(AZ);
        assert_eq!(fault.effective(&failover, secs(500)), State::Healthy);
        assert_eq!(fault.noticed(&failover, secs(500)), State::Impaired);
        let health = health.after(Event::Forced(AZ, None), &failover);
        assert_eq!(health.fault(AZ).effective(&failover, secs(500)), State::Impaired);
    }
}
