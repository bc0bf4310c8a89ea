//! Text, tables and JSON of answers, endpoints and records; what the command line and the HTTP API print.
//!
//! Nothing is decided here: an explanation says what the answer's reasons say, in sentences.

mod answer;
mod component;
mod explain;
mod flow_logs;
mod hosted_zones;
mod live_query;
mod names;
mod policy;
mod query_log;
mod rdata;
mod services;
mod shared_zones;
mod trace;
mod trace_json;
mod vpc_endpoints;

pub use answer::{
    AnswerReport, QuestionReport, RecordReport, answer_report, answer_text, resolved_text,
};
pub use explain::{Sentence, explain, vantage_text};
pub use flow_logs::{
    flow_log_item, logged_flow_json, logged_flow_lines, logged_flow_text, silence_text,
};
pub use hosted_zones::{
    HostedZoneOwner, HostedZoneSummary, HostedZonesByVpc, VPC_ENDPOINT_SERVICE,
    hosted_zones_by_vpc, hosted_zones_table,
};
pub use live_query::{LiveQuery, SeenQuery, live_query};
pub use names::{cloudformation, names_table};
pub use policy::{decision_json, decision_text, explain_decision};
pub use query_log::{LoggedQuery, query_log_line};
pub use rdata::{name_text, rdata_text, record_text, type_text};
pub use services::vpc_endpoint_service;
pub use shared_zones::{
    shared_zones_json, shared_zones_master, shared_zones_terraform, shared_zones_yaml,
};
pub use trace::{trace_lines, trace_text};
pub use trace_json::network_insights_analysis;
pub use vpc_endpoints::{
    DnsEntry, DnsOptions, SecurityGroupIdentifier, Tag, VpcEndpoint, VpcEndpointAssociation,
    VpcEndpointAssociations, VpcEndpoints, gateway_endpoint, interface_endpoint,
    vpc_endpoint_associations, vpc_endpoints,
};
