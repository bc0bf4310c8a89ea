//! `(view, health, question, turn) → Answer`: what the VPC Resolver replies, and why.
//!
//! **Invariant:** [`answer`] is total and pure. The same situation and question give the same answer, to the
//! byte; there is no error path, since a resolver that fails answers SERVFAIL, which is an [`Outcome`] too.
//!
//! ```text
//!  Question ─► private zone? ─► hosted zone ─┬─ RRset ─────────────► records
//!              │                             ├─ alias, routing policy ─► the RRset or addresses it chooses ─► records
//!              │                             └─ CNAME ─► start again with its target (R6)
//!              │  ─► hidden zone ─► addresses of the endpoint: healthy, by policy, rotated
//!              └─► public: endpoint name ─► addresses · canned · upstream
//! ```
//! Rules R5, R6, R30–R38, R42–R48, R63–R73, R86, R102, R125–R130.

mod addresses;
pub mod cache;
mod evaluate;
mod explain;
mod firewall;
mod full;
mod instances;
mod reason;
mod routing;
mod wire;

use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
};

pub use evaluate::{Ending, MAX_CNAME_CHAIN, Via, wants_dns64};
pub use explain::{WhyPublic, why_public};
pub use firewall::{FirewallMatch, Inspected, Screening, blocked, inspect, weightier};
pub use full::{answer, continue_at, dns64, leads_elsewhere};
pub use reason::{Flaw, Reason, Validation};
pub use wire::{Query, Replied, reply, servfail};

use crate::{
    health::Detected,
    model::{Model, Vantage},
    view::Views,
};

/// The UDP payload size that replies announce and never exceed, in octets.
/// Source: rules R5 and R90 (observed in replies of the VPC Resolver).
pub const UDP_PAYLOAD_BYTES: u16 = 4096;

/// What is asked, class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The QNAME, in the case it was asked in.
    pub name: Name,
    /// The QTYPE.
    pub rtype: RecordType,
}

/// Everything an answer depends on besides the question.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What exists.
    pub model: &'a Model,
    /// The views compiled from it.
    pub views: &'a Views,
    /// What DNS takes to be impaired.
    pub detected: &'a Detected,
    /// Who asks.
    pub vantage: Vantage,
    /// How often the RRset was handed out before: it rotates it. R32
    pub turn: u32,
}

/// The kind of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// NOERROR with records.
    Records,
    /// NOERROR without records of the type, SOA in the authority section. R127
    NoData,
    /// NXDOMAIN, SOA in the authority section. R126, R128
    NameError,
    /// SERVFAIL.
    ServFail,
    /// No reply at all. R125
    Silent,
    /// Somebody else must be asked this; what is in `records` so far comes first.
    Ask(Via, Question),
}

impl Outcome {
    /// A word for logs and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::NoData => "nodata",
            Self::NameError => "nxdomain",
            Self::ServFail => "servfail",
            Self::Silent => "silent",
            Self::Ask(Via::PublicDns, _) => "upstream",
            Self::Ask(Via::Rule(_), _) => "forward",
        }
    }
}

/// What the VPC Resolver replies, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The kind.
    pub outcome: Outcome,
    /// The answer section: CNAMEs in order, then the RRset.
    pub records: Vec<Record>,
    /// The SOA of a negative answer, for the authority section.
    pub soa: Option<Record>,
    /// How it came about, in order.
    pub reasons: Vec<Reason>,
    /// The rule of DNS Firewall that it matched, if any.
    pub firewall: Option<FirewallMatch>,
    /// Whether a rule of DNS Firewall trusts the names that are still to come. R108
    pub trusted: bool,
}

impl Answer {
    /// Whether it came from the cache. R87
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.reasons.contains(&Reason::Cached)
    }

    /// The RCODE of the reply; none when there is no reply, or not yet.
    #[must_use]
    pub fn rcode(&self) -> Option<ResponseCode> {
        match self.outcome {
            Outcome::Records | Outcome::NoData => Some(ResponseCode::NoError),
            Outcome::NameError => Some(ResponseCode::NXDomain),
            Outcome::ServFail => Some(ResponseCode::ServFail),
            Outcome::Silent | Outcome::Ask(..) => None,
        }
    }
}
