//! A query as those see it who watch: who asked what, and what the reply said.

use std::net::SocketAddr;

use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{RecordReport, name_text, query_log::rcode_text, type_text, vantage_text};
use crate::{
    answer::FirewallMatch,
    model::{Model, Vantage},
};

/// Most records of a reply that are shown.
const MAX_ANSWERS: usize = 16;

/// Longest RDATA that is shown whole, in characters.
const MAX_DATA_CHARS: usize = 256;

/// A query and its reply, as they are told of.
#[derive(Clone, Copy, Debug)]
pub struct SeenQuery<'a> {
    /// What existed.
    pub model: &'a Model,
    /// From where it was asked.
    pub vantage: Vantage,
    /// The address it came from.
    pub asker: SocketAddr,
    /// `UDP` or `TCP`.
    pub transport: &'static str,
    /// The QNAME.
    pub name: &'a Name,
    /// The QTYPE.
    pub rtype: RecordType,
    /// The RCODE.
    pub rcode: ResponseCode,
    /// The answer section.
    pub answers: &'a [Record],
    /// Whether the answer came from the cache. R87
    pub cached: bool,
    /// The rule of DNS Firewall that matched.
    pub firewall: Option<FirewallMatch>,
}

/// A query that was answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LiveQuery {
    /// `query`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "query"))]
    pub kind: &'static str,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// The address and port that it came from.
    pub asker: String,
    /// From where it was asked, as the command line spells it.
    pub vantage: String,
    /// `UDP` or `TCP`.
    pub transport: &'static str,
    /// The QNAME.
    pub name: String,
    /// The QTYPE.
    pub qtype: String,
    /// The RCODE.
    pub status: String,
    /// The first records of the answer section; long RDATA ends in `…`.
    pub answers: Vec<RecordReport>,
    /// How many more there are.
    pub answers_left_out: usize,
    /// Whether the answer came from the cache. R87
    pub cached: bool,
    /// What DNS Firewall's rule did that matched: `ALLOW`, `ALERT` or `BLOCK`. R106
    pub firewall_rule_action: Option<&'static str>,
}

/// A query for those who watch, `at` being when it was answered.
#[must_use]
pub fn live_query(query: &SeenQuery<'_>, at: String) -> LiveQuery {
    LiveQuery {
        kind: "query",
        at,
        asker: query.asker.to_string(),
        vantage: vantage_text(query.model, query.vantage),
        transport: query.transport,
        name: name_text(query.name),
        qtype: type_text(query.rtype),
        status: rcode_text(query.rcode),
        answers: query.answers.iter().take(MAX_ANSWERS).map(shown).collect(),
        answers_left_out: query.answers.len().saturating_sub(MAX_ANSWERS),
        cached: query.cached,
        firewall_rule_action: query.firewall.map(|found| found.action.as_str()),
    }
}

fn shown(record: &Record) -> RecordReport {
    let mut report = RecordReport::from(record);
    if let Some((end, _)) = report.data.char_indices().nth(MAX_DATA_CHARS) {
        report.data.truncate(end);
        report.data.push('…');
    }
    report
}
