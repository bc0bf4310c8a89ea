//! A line of the query log of Resolver. R110

use std::net::{IpAddr, SocketAddr};

use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{name_text, rdata_text, type_text};
use crate::{
    answer::FirewallMatch,
    model::{FirewallAction, Model, VpcVantage},
};

/// The version of the format. Source: rule R110.
const VERSION: &str = "1.100000";

/// Class IN, the only one that is answered.
const CLASS: &str = "IN";

/// A query and its answer, as the log needs them.
#[derive(Clone, Copy, Debug)]
pub struct LoggedQuery<'a> {
    /// What existed.
    pub model: &'a Model,
    /// Where the asker is.
    pub place: VpcVantage,
    /// Which address of the inbound endpoint it came to, by its place there.
    pub interface: Option<usize>,
    /// The address it came from.
    pub asker: SocketAddr,
    /// `UDP` or `TCP`.
    pub transport: &'static str,
    /// When, in seconds since 1970.
    pub unix_secs: u64,
    /// The QNAME.
    pub name: &'a Name,
    /// The QTYPE.
    pub rtype: RecordType,
    /// The RCODE.
    pub rcode: ResponseCode,
    /// The answer section.
    pub answers: &'a [Record],
    /// The rule of DNS Firewall that matched.
    pub firewall: Option<FirewallMatch>,
}

/// The object as it is written. The order of its fields is that of AWS's example.
#[derive(Serialize)]
struct Line {
    srcaddr: IpAddr,
    vpc_id: String,
    answers: Vec<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firewall_rule_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firewall_rule_action: Option<&'static str>,
    query_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    firewall_domain_list_id: Option<String>,
    query_class: &'static str,
    srcids: SourceIds,
    rcode: String,
    query_type: String,
    transport: &'static str,
    version: &'static str,
    account_id: String,
    srcport: String,
    query_timestamp: String,
    region: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    rdata: String,
    #[serde(rename = "Type")]
    rtype: String,
    class: &'static str,
}

#[derive(Serialize)]
struct SourceIds {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolver_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolver_network_interface: Option<String>,
}

/// The JSON object of a query, on one line without its end. R110
#[must_use]
pub fn query_log_line(query: &LoggedQuery<'_>) -> String {
    let LoggedQuery { model, place, .. } = *query;
    let vpc = &model[place.vpc];
    let endpoint = place.inbound.map(|ix| &model[ix]);
    let interface = endpoint.zip(query.interface).and_then(|(of, at)| of.ip_addresses.get(at));
    // a query that passed without a word is logged as if there were no rule
    let firewall = query.firewall.filter(|found| found.action != FirewallAction::Allow);
    let rule = firewall.map(|found| &model[found.rule]);
    let line = Line {
        srcaddr: source(query),
        vpc_id: vpc.id.to_string(),
        answers: query.answers.iter().map(answer).collect(),
        firewall_rule_group_id: rule.map(|rule| model[rule.group].id.to_string()),
        firewall_rule_action: firewall.map(|found| found.action.as_str()),
        query_name: name_text(query.name),
        firewall_domain_list_id: rule.map(|rule| model[rule.domain_list].id.to_string()),
        query_class: CLASS,
        srcids: SourceIds {
            instance: place.instance.map(|ix| model[ix].id.to_string()),
            resolver_endpoint: endpoint.map(|endpoint| endpoint.id.to_string()),
            resolver_network_interface: interface.map(|interface| interface.ip_id.to_string()),
        },
        rcode: rcode_text(query.rcode),
        query_type: type_text(query.rtype),
        transport: query.transport,
        version: VERSION,
        account_id: model.account_id.to_string(),
        srcport: query.asker.port().to_string(),
        query_timestamp: date_text(query.unix_secs),
        region: vpc.region.as_str(),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// The address of the instance that asks; of whoever is none, the address that the query came from.
fn source(query: &LoggedQuery<'_>) -> IpAddr {
    let instance = query.place.instance.map(|ix| &query.model[ix]);
    let modelled = instance.and_then(|instance| {
        instance.private_ip.map(IpAddr::V4).or(instance.ipv6_address.map(IpAddr::V6))
    });
    modelled.unwrap_or_else(|| query.asker.ip().to_canonical())
}

fn answer(record: &Record) -> Answer {
    Answer { rdata: rdata_text(&record.data), rtype: type_text(record.record_type()), class: CLASS }
}

/// An RCODE's mnemonic; `RCODE` and its number where it has none here.
pub(super) fn rcode_text(rcode: ResponseCode) -> String {
    let known = match u16::from(rcode) {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        other => return format!("RCODE{other}"),
    };
    known.to_owned()
}

/// ISO 8601, UTC, seconds.
fn date_text(unix_secs: u64) -> String {
    let secs = i64::try_from(unix_secs).unwrap_or(i64::MAX);
    let date = OffsetDateTime::from_unix_timestamp(secs).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    date.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_iso_8601() {
        for (secs, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_612_461_115, "2021-02-04T17:51:55Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
        ] {
            assert_eq!(date_text(secs), expected);
        }
    }
}
