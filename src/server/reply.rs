//! A reply on its way out: header bits, EDNS, truncation.

use std::sync::Arc;

use hickory_proto::{
    op::{Edns, Header, HeaderCounts, Message, Metadata, ResponseCode},
    rr::Record,
};
use hickory_server::server::{Request, ResponseInfo};

use crate::{
    answer::{FirewallMatch, UDP_PAYLOAD_BYTES},
    model::{Model, Vantage},
};

/// The UDP payload that every asker can take, in octets. Source: RFC 1035 §4.2.1.
const MIN_PAYLOAD_BYTES: u16 = 512;

/// A reply before it is encoded.
#[derive(Debug)]
pub(super) struct Reply {
    /// Header without counts.
    pub(super) metadata: Metadata,
    /// The OPT record, if the query had one.
    pub(super) edns: Option<Edns>,
    /// The answer section.
    pub(super) answers: Vec<Record>,
    /// The authority section: the SOA of a negative answer. R5
    pub(super) soa: Option<Record>,
    /// What those who listen are told of it; none where the question was not looked at.
    pub(super) asked: Option<Asked>,
}

/// What is told of a reply besides its octets.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// What existed.
    pub(super) model: Arc<Model>,
    /// From where it was asked.
    pub(super) vantage: Vantage,
    /// The rule of DNS Firewall that it matched.
    pub(super) firewall: Option<FirewallMatch>,
    /// Whether the answer came from the cache.
    pub(super) cached: bool,
}

impl Reply {
    /// A reply without records: `qr rd ra`, no `aa`, no `ad`. R5, R100
    pub(super) fn new(request: &Request, rcode: ResponseCode) -> Self {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        metadata.response_code = rcode;
        let edns = request.edns.as_ref().map(|_| {
            let mut edns = Edns::new();
            edns.set_max_payload(UDP_PAYLOAD_BYTES);
            edns.set_rcode_high(rcode.high());
            edns
        });
        Self { metadata, edns, answers: Vec::new(), soa: None, asked: None }
    }

    /// The bytes of a UDP datagram and whether it was cut: then it has TC, no records, and still its OPT.
    /// RFC 2181 §9, RFC 6891 §7
    pub(super) fn to_datagram(&self, request: &Request) -> Option<(Vec<u8>, bool)> {
        let limit = match &request.edns {
            Some(edns) => edns.max_payload().clamp(MIN_PAYLOAD_BYTES, UDP_PAYLOAD_BYTES),
            None => MIN_PAYLOAD_BYTES,
        };
        match self.message(request).to_vec() {
            Ok(bytes) if bytes.len() <= usize::from(limit) => Some((bytes, false)),
            Ok(_) | Err(_) => {
                let mut cut = Self {
                    metadata: self.metadata,
                    edns: self.edns.clone(),
                    answers: Vec::new(),
                    soa: None,
                    asked: None,
                };
                cut.metadata.truncation = true;
                cut.message(request).to_vec().ok().map(|bytes| (bytes, true))
            }
        }
    }

    /// As a message.
    pub(super) fn message(&self, request: &Request) -> Message {
        let Metadata { id, message_type, op_code, .. } = self.metadata;
        let mut message = Message::new(id, message_type, op_code);
        message.metadata = self.metadata;
        // as it was asked, in its case
        message.queries =
            request.queries.queries().iter().map(|query| query.original().clone()).collect();
        message.answers.clone_from(&self.answers);
        message.authorities = self.soa.clone().into_iter().collect();
        message.edns.clone_from(&self.edns);
        message
    }
}

impl Reply {
    /// What hickory-server logs of a reply.
    pub(super) fn info(&self) -> ResponseInfo {
        ResponseInfo::from(Header { metadata: self.metadata, counts: HeaderCounts::default() })
    }
}
