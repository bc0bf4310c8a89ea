//! Changes: one after the other, each made of the snapshot before it, each one step of the generation and one event.

use std::sync::{Arc, MutexGuard};

use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Commit, Snapshot, State, TargetReport, Unbound, Written, lock,
    report::{
        Change, ChangeReport, EndpointReport, FirewallReport, HealthCheckReport, TopologyCause,
    },
    retire,
};
use crate::{
    config::{self, AwsError, EndpointChange, NotFound, Problems},
    health::{Event, State as HealthState, Target},
    model::{Model, VpcEndpointId},
};

/// Which state of things a change is meant for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Any.
    #[default]
    Anything,
    /// One of these generations.
    Generations(Vec<u64>),
}

impl Expected {
    /// Whether this is such a generation.
    #[must_use]
    pub fn holds(&self, generation: u64) -> bool {
        match self {
            Self::Anything => true,
            Self::Generations(expected) => expected.contains(&generation),
        }
    }
}

/// Why a change was refused; the state is as it was.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// AWS would refuse it, in its words.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// What it is about is not there.
    #[error(transparent)]
    Gone(#[from] NotFound),
    /// An address that it names cannot be bound.
    #[error(transparent)]
    Unbound(#[from] Unbound),
    /// Something has changed since the caller looked.
    #[error("the generation is {generation}: something has changed since")]
    Stale {
        /// The generation that it is now.
        generation: u64,
    },
}

impl ChangeError {
    /// Of a topology file, which is right by itself, and its text.
    pub(super) fn problems(&self, file: &str, text: &str) -> Problems {
        let rules = match self {
            Self::Aws(error) => [error.code].iter().chain(error.rules).copied().collect(),
            Self::Unbound(_) => vec!["R91"],
            Self::Gone(_) | Self::Stale { .. } => Vec::new(),
        };
        let address = match self {
            Self::Unbound(unbound) => Some(unbound.address),
            Self::Aws(_) | Self::Gone(_) | Self::Stale { .. } => None,
        };
        Problems::refused(file, text, &self.to_string(), &rules, address)
    }
}

/// What is to happen to an AZ, subnet or network interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetChange {
    /// The state it is in from this moment on.
    pub observed: Option<HealthState>,
    /// What DNS shall take it to be; `Some(None)` ends that.
    pub forced: Option<Option<HealthState>>,
}

/// The right to make one change: while somebody has it, nobody else does.
#[derive(Debug)]
pub struct Changing<'s> {
    state: &'s State,
    before: Arc<Snapshot>,
    expected: Expected,
    _one_at_a_time: MutexGuard<'s, ()>,
}

impl State {
    /// Begins a change that is meant for a certain state of things. Queries are answered meanwhile.
    #[must_use]
    pub fn change(&self, expected: Expected) -> Changing<'_> {
        let one_at_a_time = lock(&self.changing);
        Changing { state: self, before: self.snapshot(), expected, _one_at_a_time: one_at_a_time }
    }

    /// A change of what there is, whatever it is.
    fn begin(&self) -> Changing<'_> {
        self.change(Expected::Anything)
    }

    /// Replaces the whole model; faults stay with the AZs, subnets and interfaces that are still there.
    ///
    /// It takes as long as compiling the model, and queries are answered from the old one meanwhile.
    ///
    /// # Errors
    /// What AWS would answer where a name is still attached to what was before it (R54), or an address that cannot be
    /// bound; nothing has changed then.
    pub fn replace(&self, model: Model) -> Result<(), ChangeError> {
        let (written, cause) = (Written::none(), TopologyCause::Replaced);
        self.begin().replace(model, written, cause).map(drop)
    }

    /// The same for a topology file that was read again.
    pub(super) fn reload(&self, model: Model, written: Written) -> Result<(), ChangeError> {
        self.begin().replace(model, written, TopologyCause::Reloaded).map(drop)
    }

    /// Changes one endpoint, found by its id.
    ///
    /// # Errors
    /// What AWS would answer; nothing has changed then.
    pub fn change_endpoint(
        &self,
        id: VpcEndpointId,
        change: &EndpointChange,
    ) -> Result<(), ChangeError> {
        self.begin().change_endpoint(id, change).map(drop)
    }

    /// Impairs or restores a target, as of this moment.
    pub fn observe(&self, target: Target, state: HealthState) {
        let change = TargetChange { observed: Some(state), forced: None };
        self.begin().target(target, change);
    }

    /// Forces what DNS takes a target to be, or ends that.
    pub fn force(&self, target: Target, state: Option<HealthState>) {
        let change = TargetChange { observed: None, forced: Some(state) };
        self.begin().target(target, change);
    }

    /// Makes a health check, found by its name or id, say that what it watches is healthy or not. R72
    ///
    /// # Errors
    /// There is no such health check.
    pub fn check(&self, check: &str, state: HealthState) -> Result<(), ChangeError> {
        self.begin().check(check, state).map(drop)
    }

    /// Lets DNS notice what it should have noticed by this moment.
    pub fn tick(&self) {
        let now = self.clock.now();
        let due = |snapshot: &Snapshot| snapshot.next_change.is_some_and(|at| at <= now);
        if !due(&self.snapshot()) {
            return;
        }
        let changing = self.begin();
        let before = Arc::clone(&changing.before);
        if !due(&before) {
            return;
        }
        if config::next_detachment(&before.model).is_some_and(|at| at <= now) {
            // R54
            let model = config::without_detached(&before.model, now);
            let next = before.with_model(model, now);
            let cause = TopologyCause::HiddenZoneDetached;
            changing.finish(next, Change::Topology { cause });
        } else {
            let next = before.at(now);
            let change = Change::health(&next, before.noticing(now), now);
            changing.finish(next, change);
        }
    }
}

impl Changing<'_> {
    /// Whether it is the state that the change is meant for; asked last, when nothing else is in its way. RFC 9110 §13.2.1
    fn fits(&self) -> Result<(), ChangeError> {
        let generation = self.before.generation;
        let fits = self.expected.holds(generation);
        fits.then_some(()).ok_or(ChangeError::Stale { generation })
    }

    /// Replaces the whole model; what holds then is returned.
    ///
    /// # Errors
    /// As [`State::replace`], or it is another state.
    pub fn replace(
        self,
        model: Model,
        written: Written,
        cause: TopologyCause,
    ) -> Result<Arc<Snapshot>, ChangeError> {
        let now = self.state.clock.now();
        let model = config::succeed(&self.before.model, model, now)?;
        let next = self.before.with_model(model, now);
        self.fits()?;
        let commit = self.state.doors.prepare(&next.model)?;
        let next = Snapshot { written, ..next };
        Ok(self.finish_with(next, Change::Topology { cause }, commit))
    }

    /// Changes one endpoint, found by its id.
    ///
    /// # Errors
    /// What AWS would answer; nothing has changed then.
    pub fn change_endpoint(
        self,
        id: VpcEndpointId,
        change: &EndpointChange,
    ) -> Result<Arc<Snapshot>, ChangeError> {
        let before = &self.before.model;
        let ix = config::find_endpoint(before, &id.to_string())?;
        let now = self.state.clock.now();
        let model = config::change_endpoint(before, ix, change)?;
        let changed = EndpointReport::new(before, ix) != EndpointReport::new(&model, ix);
        let model = config::succeed(before, model, now)?;
        self.fits()?;
        let next = self.before.with_model(model, now);
        let changed = changed || next.written.changed;
        let next = Snapshot { written: Written { changed, ..next.written }, ..next };
        let report = Change::VpcEndpoint(EndpointReport::new(&next.model, ix));
        Ok(self.finish_and_retire(next, report))
    }

    /// Impairs, restores or forces an AZ, subnet or network interface, which `find` finds.
    ///
    /// # Errors
    /// There is no such target, or it is another state.
    pub fn change_target(
        self,
        find: impl FnOnce(&Model) -> Result<Target, NotFound>,
        change: TargetChange,
    ) -> Result<(Arc<Snapshot>, TargetReport), ChangeError> {
        let target = find(&self.before.model)?;
        self.fits()?;
        let state = self.state;
        let next = self.target(target, change);
        let report = TargetReport::new(&next, target, state.clock.now());
        Ok((next, report))
    }

    fn target(self, target: Target, change: TargetChange) -> Arc<Snapshot> {
        let now = self.state.clock.now();
        let TargetChange { observed, forced } = change;
        let observed = observed.map(|observed| Event::Observed(now, target, observed));
        let forced = forced.map(|forced| Event::Forced(target, forced));
        let next = self.before.after(observed.into_iter().chain(forced), now);
        let change = Change::health(&next, [target], now);
        self.finish(next, change)
    }

    /// Makes a health check, found by its name or id, say that what it watches is healthy or not. R72
    ///
    /// # Errors
    /// There is no such health check, or it is another state.
    pub fn check(
        self,
        check: &str,
        state: HealthState,
    ) -> Result<(Arc<Snapshot>, HealthCheckReport), ChangeError> {
        let ix = config::find_health_check(&self.before.model, check)?;
        self.fits()?;
        let now = self.state.clock.now();
        let next = self.before.after([Event::Checked(ix, state)], now);
        let report = HealthCheckReport::new(&next, ix);
        let change = Change::HealthCheck(report.clone());
        Ok((self.finish(next, change), report))
    }

    /// Makes DNS Firewall answer in a VPC, found by its name or id, or not. R107
    ///
    /// # Errors
    /// There is no such VPC, or it is another state.
    pub fn firewall(
        self,
        vpc: &str,
        state: HealthState,
    ) -> Result<(Arc<Snapshot>, FirewallReport), ChangeError> {
        let ix = config::find_vpc(&self.before.model, vpc)?;
        self.fits()?;
        let now = self.state.clock.now();
        let next = self.before.after([Event::Firewall(ix, state)], now);
        let report = FirewallReport::new(&next, ix);
        let change = Change::Firewall(report.clone());
        Ok((self.finish(next, change), report))
    }

    /// Puts the next snapshot in place, and lets the old one go.
    fn finish_and_retire(self, next: Snapshot, change: Change) -> Arc<Snapshot> {
        self.finish_with(next, change, Box::new(|| {}))
    }

    /// The same, and does what belongs to it outside.
    fn finish_with(self, next: Snapshot, change: Change, commit: Commit) -> Arc<Snapshot> {
        let old = Arc::clone(&self.before);
        let next = self.tell(next, change, commit);
        retire(old);
        next
    }

    fn finish(self, next: Snapshot, change: Change) -> Arc<Snapshot> {
        self.tell(next, change, Box::new(|| {}))
    }

    /// Puts the next snapshot in place and tells of it; in this order, so that who is told finds it.
    fn tell(self, next: Snapshot, change: Change, commit: Commit) -> Arc<Snapshot> {
        let generation = next.generation;
        let kind = change.kind();
        let next = self.state.swap(next);
        commit();
        let report = ChangeReport { generation, at: self.state.date(next.at), change };
        // what cannot be written is still a step, so that numbers stay those of generations
        let text = serde_json::to_string(&report).unwrap_or_default();
        self.state.changes.push([(kind, text)]);
        next
    }
}

impl State {
    /// The date of a moment that was not long ago, as RFC 3339 has it, to the millisecond.
    #[must_use]
    pub fn date(&self, at: super::Moment) -> String {
        let millis = i128::from(self.clock.unix_millis(at));
        OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000)
            .ok()
            .and_then(|date| date.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}
