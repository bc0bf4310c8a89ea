//! A query event as a line of the query log.

use hickory_proto::op::Message;

use crate::{
    model::VpcVantage,
    render::{LoggedQuery, query_log_line},
    state::{QueryEvent, Transport},
};

/// The line of a query from a place in a VPC; none if its reply cannot be read, which does not happen.
pub(super) fn line(event: &QueryEvent, place: VpcVantage, unix_secs: u64) -> Option<String> {
    let message = Message::from_vec(&event.reply).ok()?;
    let question = message.queries.first()?;
    Some(query_log_line(&LoggedQuery {
        model: &event.model,
        place,
        interface: event.interface,
        asker: event.asker,
        transport: match event.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        },
        unix_secs,
        name: question.name(),
        rtype: question.query_type(),
        rcode: message.metadata.response_code,
        answers: &message.answers,
        firewall: event.firewall,
    }))
}
