//! What changes, as it is shown to those who follow the changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Snapshot, TargetState};
use crate::{
    health::{Moment, State as HealthState, Target},
    model::{EndpointIx, HealthCheckIx, Model, VpcIx},
};

/// Most targets that one change names.
pub(super) const MAX_TARGETS: usize = 64;

/// A state as AWS words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AvailabilityState {
    /// Nothing gets through.
    Impaired,
    /// It works.
    Available,
}

impl From<HealthState> for AvailabilityState {
    fn from(state: HealthState) -> Self {
        match state {
            HealthState::Impaired => Self::Impaired,
            HealthState::Healthy => Self::Available,
        }
    }
}

impl From<AvailabilityState> for HealthState {
    fn from(word: AvailabilityState) -> Self {
        match word {
            AvailabilityState::Impaired => Self::Impaired,
            AvailabilityState::Available => Self::Healthy,
        }
    }
}

/// What a health check says. R72
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthCheckStatus {
    /// What it watches is healthy.
    Healthy,
    /// It is not.
    Unhealthy,
}

impl From<HealthCheckStatus> for HealthState {
    fn from(status: HealthCheckStatus) -> Self {
        match status {
            HealthCheckStatus::Healthy => Self::Healthy,
            HealthCheckStatus::Unhealthy => Self::Impaired,
        }
    }
}

/// What can be impaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A whole AZ.
    AvailabilityZone,
    /// One subnet.
    Subnet,
    /// One endpoint network interface.
    NetworkInterface,
}

/// An AZ, subnet or network interface, with what is known of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TargetReport {
    /// What it is.
    pub kind: TargetKind,
    /// Its name: `us-east-1a`, `vpc/subnet`, or `vpc/endpoint` of a network interface.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The state it is in.
    pub observed: AvailabilityState,
    /// The state that DNS has noticed. R36
    pub noticed: AvailabilityState,
    /// The state that DNS was forced to take it to be in.
    pub forced: Option<AvailabilityState>,
    /// What DNS acts upon: the forced state, else the noticed one.
    pub effective: AvailabilityState,
    /// How long until DNS notices what is observed; none when it has.
    pub notices_in_secs: Option<f64>,
}

impl TargetReport {
    /// What a snapshot knows of a target at `now`.
    #[must_use]
    pub fn new(snapshot: &Snapshot, target: Target, now: Moment) -> Self {
        let model: &Model = &snapshot.model;
        let (kind, name, id) = match target {
            Target::AvailabilityZone(az) => {
                let az = &model[az];
                (TargetKind::AvailabilityZone, az.name.to_string(), az.id.to_string())
            }
            Target::Subnet(subnet) => {
                let name = format!("{}/{}", model[model[subnet].vpc].name, model[subnet].name);
                (TargetKind::Subnet, name, model[subnet].id.to_string())
            }
            Target::NetworkInterface(eni) => {
                let name = endpoint_name(model, model[eni].endpoint);
                (TargetKind::NetworkInterface, name, model[eni].id.to_string())
            }
        };
        let TargetState { observed, noticed, forced, effective, notices_in } =
            snapshot.target(target, now);
        Self {
            kind,
            name,
            id,
            observed: observed.into(),
            noticed: noticed.into(),
            forced: forced.map(Into::into),
            effective: effective.into(),
            notices_in_secs: notices_in.map(|wait| wait.as_secs_f64()),
        }
    }
}

/// A health check with what it says. R72
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HealthCheckReport {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What it says.
    pub status: HealthCheckStatus,
}

impl HealthCheckReport {
    /// What a health check of a snapshot says.
    #[must_use]
    pub fn new(snapshot: &Snapshot, ix: HealthCheckIx) -> Self {
        let check = &snapshot.model[ix];
        let unhealthy = snapshot.detected.is_unhealthy(ix);
        let status =
            if unhealthy { HealthCheckStatus::Unhealthy } else { HealthCheckStatus::Healthy };
        Self { name: check.name.to_string(), id: check.id.to_string(), status }
    }
}

/// DNS Firewall in a VPC. R107
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FirewallReport {
    /// The VPC's name.
    pub vpc: String,
    /// Its id.
    pub id: String,
    /// `impaired`: it does not answer.
    pub state: AvailabilityState,
    /// Whether queries pass then: `firewall_fail_open`.
    pub fail_open: bool,
    /// Whether it has rules for this VPC: without any nothing depends on it.
    pub has_rules: bool,
}

impl FirewallReport {
    /// What a snapshot has of a VPC.
    #[must_use]
    pub fn new(snapshot: &Snapshot, ix: VpcIx) -> Self {
        let vpc = &snapshot.model[ix];
        let answers = snapshot.detected.firewall_answers(ix);
        Self {
            vpc: vpc.name.to_string(),
            id: vpc.id.to_string(),
            state: if answers { AvailabilityState::Available } else { AvailabilityState::Impaired },
            fail_open: vpc.firewall_fail_open,
            has_rules: snapshot.views.of(ix).firewall.is_some(),
        }
    }
}

/// The attributes of an endpoint that can be changed while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndpointReport {
    /// `vpc/name`.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Whether the service's own names resolve to it. R45
    pub private_dns_enabled: bool,
    /// S3: private names for inbound Resolver endpoints alone. R58
    pub private_dns_only_for_inbound_resolver_endpoint: bool,
    /// Which healthy addresses an asker gets. R34
    pub client_routing_policy: &'static str,
    /// The families its names answer. R42
    pub dns_record_ip_type: &'static str,
    /// Where it is in its life. R129
    pub state: &'static str,
}

impl EndpointReport {
    /// What an endpoint of a model has.
    #[must_use]
    pub fn new(model: &Model, ix: EndpointIx) -> Self {
        let endpoint = &model[ix];
        Self {
            name: endpoint_name(model, ix),
            id: endpoint.id.to_string(),
            private_dns_enabled: endpoint.private_dns_enabled,
            private_dns_only_for_inbound_resolver_endpoint: endpoint
                .private_dns_only_for_inbound_resolver_endpoint,
            client_routing_policy: endpoint.client_routing_policy.as_str(),
            dns_record_ip_type: endpoint.dns_record_ip_type.as_str(),
            state: endpoint.state.as_str(),
        }
    }
}

/// Why the whole topology is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopologyCause {
    /// The file was read again.
    Reloaded,
    /// One was put in its place by the API.
    Replaced,
    /// A hidden hosted zone that outlived its private DNS is gone. R54
    HiddenZoneDetached,
}

/// A change: one step of the generation, and one event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// The generation that it led to.
    pub generation: u64,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// A fault began or ended, a state was forced, or DNS noticed. R36
    Health {
        /// What it happened to.
        targets: Vec<TargetReport>,
        /// How many more it happened to.
        left_out: usize,
    },
    /// A health check says something. R72
    HealthCheck(HealthCheckReport),
    /// DNS Firewall answers in a VPC, or does not. R107
    Firewall(FirewallReport),
    /// An endpoint was changed: its private DNS, its state, how it answers.
    VpcEndpoint(EndpointReport),
    /// Everything may be different.
    Topology {
        /// Why.
        cause: TopologyCause,
    },
}

impl Change {
    /// The kind, which is the type of its event.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Health { .. } => "health",
            Self::HealthCheck(_) => "health_check",
            Self::Firewall(_) => "firewall",
            Self::VpcEndpoint(_) => "vpc_endpoint",
            Self::Topology { .. } => "topology",
        }
    }

    /// The states of targets.
    pub(super) fn health(
        snapshot: &Snapshot,
        targets: impl IntoIterator<Item = Target>,
        now: Moment,
    ) -> Self {
        let mut targets = targets.into_iter();
        let first = targets.by_ref().take(MAX_TARGETS);
        let reports = first.map(|target| TargetReport::new(snapshot, target, now)).collect();
        Self::Health { targets: reports, left_out: targets.count() }
    }
}

fn endpoint_name(model: &Model, ix: EndpointIx) -> String {
    format!("{}/{}", model[model[ix].vpc].name, model[ix].name)
}
