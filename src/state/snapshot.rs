//! What holds at one moment: immutable, and replaced as a whole.

use std::sync::{Arc, OnceLock};

use super::{TargetState, Written};
use crate::{
    answer::Situation,
    config,
    health::{Detected, Event, Health, Moment, State, Target},
    model::{HealthCheckIx, Model, Vantage, VpcIx},
    trace::{Network, World},
    view::Views,
};

/// A model, its views, and the health of what is in it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What exists.
    pub model: Arc<Model>,
    /// What each source sees of the namespace.
    pub views: Arc<Views>,
    /// What traces look up; compiled by the first of them.
    pub(super) network: Arc<OnceLock<Network>>,
    /// The faults.
    pub health: Health,
    /// What DNS takes to be impaired.
    pub detected: Detected,
    /// When `detected` changes by itself.
    pub next_change: Option<Moment>,
    /// Counts snapshots of one run, from 1.
    pub generation: u64,
    /// Since when it holds.
    pub at: Moment,
    /// The text that the model was read from.
    pub written: Written,
}

impl Snapshot {
    /// The first one: everything healthy but what the topology says is not.
    pub(super) fn new(model: Model, written: Written) -> Self {
        let health = Health::default();
        Self {
            views: Arc::new(Views::compile(&model)),
            detected: Detected::at(&health, &model, Moment::ZERO),
            model: Arc::new(model),
            health,
            network: Arc::default(),
            next_change: None,
            generation: 1,
            at: Moment::ZERO,
            written,
        }
    }

    /// The situation of an asker. `turn` rotates the RRset. R32
    #[must_use]
    pub fn situation(&self, vantage: Vantage, turn: u32) -> Situation<'_> {
        Situation {
            model: &self.model,
            views: &self.views,
            detected: &self.detected,
            vantage,
            turn,
        }
    }

    /// The network behind the names.
    #[must_use]
    pub fn network(&self) -> &Network {
        self.network.get_or_init(|| Network::compile(&self.model))
    }

    /// What a trace depends on besides its flow; with `explain_all` it says what would drop the packet further on. N162
    #[must_use]
    pub fn world(&self, explain_all: bool) -> World<'_> {
        World { model: &self.model, network: self.network(), health: &self.health, explain_all }
    }

    /// What would hold if this had happened and DNS had noticed; the running state knows nothing of it.
    #[must_use]
    pub fn supposing(&self, event: Event) -> Self {
        self.after([event], Moment::MAX)
    }

    /// What would hold at `now` if DNS were forced to take a target to be impaired, whatever else was observed or
    /// forced of it; the running state knows nothing of it.
    #[must_use]
    pub fn forcing(&self, target: Target, now: Moment) -> Self {
        self.after([Event::Forced(target, Some(State::Impaired))], now)
    }

    /// What would hold at `now` if a target were impaired and DNS knew; the running state knows nothing of it.
    #[must_use]
    pub fn impairing(&self, target: Target, now: Moment) -> Self {
        self.after([Event::Observed(now, target, State::Impaired)], now).forcing(target, now)
    }

    /// The one after faults and forced states: no name is compiled again.
    pub(super) fn after(&self, events: impl IntoIterator<Item = Event>, now: Moment) -> Self {
        let failover = &self.model.failover;
        let health = self.health.clone();
        let health = events.into_iter().fold(health, |health, event| health.after(event, failover));
        Self { health, ..self.clone() }.at(now)
    }

    /// The one that holds at `now` if nothing else happens.
    pub(super) fn at(&self, now: Moment) -> Self {
        Self {
            detected: Detected::at(&self.health, &self.model, now),
            next_change: [
                self.health.next_change(&self.model.failover, now),
                config::next_detachment(&self.model),
            ]
            .into_iter()
            .flatten()
            .min(),
            generation: self.generation + 1,
            at: now,
            ..self.clone()
        }
    }

    /// The one with another model. A fault stays with what has the same name or id there, else it ends; so does what a
    /// health check was made to say.
    pub(super) fn with_model(&self, model: Model, now: Moment) -> Self {
        let old = &self.model;
        let check = |check: HealthCheckIx| {
            let same = |ix: &HealthCheckIx| model[*ix].name == old[check].name;
            model.health_check_indexes().find(same)
        };
        let target = |target: Target| match target {
            Target::AvailabilityZone(az) => {
                model.find_az(old[az].name.as_str()).map(Target::AvailabilityZone)
            }
            Target::Subnet(subnet) => {
                let id = old[subnet].id;
                model.subnet_indexes().find(|ix| model[*ix].id == id).map(Target::Subnet)
            }
            Target::NetworkInterface(eni) => {
                let id = old[eni].id;
                model
                    .interface_indexes()
                    .find(|ix| model[*ix].id == id)
                    .map(Target::NetworkInterface)
            }
        };
        let vpc = |vpc: VpcIx| {
            let id = old[vpc].id;
            (0..).map(VpcIx).zip(&model.vpcs).find(|(_, new)| new.id == id).map(|(ix, _)| ix)
        };
        let health = self.health.mapped(target, check, vpc);
        Self {
            views: Arc::new(Views::compile(&model)),
            model: Arc::new(model),
            network: Arc::default(),
            health,
            generation: self.generation,
            detected: Detected::default(),
            next_change: None,
            at: now,
            written: self.written.clone(),
        }
        .at(now)
    }

    /// The targets whose state DNS notices between this snapshot and `now`.
    pub(super) fn noticing(&self, now: Moment) -> impl Iterator<Item = Target> {
        let failover = &self.model.failover;
        self.health.faults().filter_map(move |(target, fault)| {
            let notices = fault.noticed(failover, self.at) != fault.noticed(failover, now);
            notices.then_some(target)
        })
    }

    /// What is known of a target.
    #[must_use]
    pub fn target(&self, target: Target, now: Moment) -> TargetState {
        let fault = self.health.fault(target);
        let failover = &self.model.failover;
        let noticed = fault.noticed(failover, now);
        TargetState {
            observed: fault.observed,
            noticed,
            forced: fault.forced,
            effective: fault.effective(failover, now),
            notices_in: (noticed != fault.observed)
                .then(|| fault.changes_at(failover).saturating_sub(now)),
        }
    }
}
