//! The server on loopback, and a stub resolver with an address for each asker of the page.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use hickory_proto::{
    op::{Edns, Message, Query},
    rr::Name,
};
use plustwo::{
    answer::{Answer, Question},
    model::Vantage,
    server::{self, Dns, DnsOptions, UdpPath, Upstream},
    state::{Snapshot, State},
};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::{message::Sent, play::Seen};

/// How long a reply may take before it counts as none. Only pages about silence wait for it.
const NO_REPLY: Duration = Duration::from_millis(500);

/// How long where somebody else is asked, who may be silent.
const NO_REPLY_OF_OTHERS: Duration = Duration::from_secs(8);

/// What the core answers once others have been asked.
pub(crate) fn resolve(
    state: &State,
    snapshot: &Snapshot,
    vantage: Vantage,
    question: &Question,
) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let upstream = Upstream::default();
    runtime.block_on(server::resolve(state, &upstream, snapshot, vantage, question))
}

/// A running server.
pub(crate) struct Wire {
    address: SocketAddr,
    askers: BTreeMap<String, IpAddr>,
    /// Whether somebody else may be asked.
    forwards: bool,
    _runtime: Runtime,
}

impl Wire {
    /// Serves a state on a free port.
    pub(crate) fn start(
        state: Arc<State>,
        askers: BTreeMap<String, IpAddr>,
        path: UdpPath,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let entered = runtime.enter();
        let options = DnsOptions { threads: 1, path };
        let listen = [SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        let model = &state.snapshot().model;
        let forwards = !model.resolver_rules.is_empty() || !model.public_dns.upstream.is_empty();
        let dns = Dns::bind(state, Arc::new(Upstream::default()), &listen, options).unwrap();
        let address = dns.bound().next().unwrap();
        runtime.spawn(dns.run(CancellationToken::new()));
        drop(entered);
        Self { address, askers, forwards, _runtime: runtime }
    }

    /// Sends a message from the address of an asker, and shows the reply.
    pub(crate) fn send(&self, from: Option<&str>, sent: &Sent) -> Result<String, String> {
        let from = from.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |from| self.askers[from]);
        sent.send(from, self.address)
    }

    /// Asks from the address of an asker, and checks what every reply must have. R5
    pub(crate) fn ask(&self, from: Option<&str>, question: &Question) -> Seen {
        let from = from.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |from| self.askers[from]);
        let socket = UdpSocket::bind((from, 0)).unwrap();
        let patience = if self.forwards { NO_REPLY_OF_OTHERS } else { NO_REPLY };
        socket.set_read_timeout(Some(patience)).unwrap();
        socket.connect(self.address).unwrap();
        let mut query = Message::query();
        query.metadata.recursion_desired = true;
        let name: Name = question.name.clone();
        query.add_query(Query::query(name, question.rtype));
        let mut edns = Edns::new();
        edns.set_max_payload(4096);
        query.set_edns(edns);
        socket.send(&query.to_vec().unwrap()).unwrap();
        let mut buffer = [0; 4096];
        let Ok(length) = socket.recv(&mut buffer) else {
            return Seen::nothing();
        };
        let reply = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!(reply.metadata.id, query.metadata.id);
        assert_eq!(reply.queries, query.queries);
        assert!(reply.metadata.recursion_available && reply.metadata.recursion_desired, "ra, rd");
        assert!(!reply.metadata.authoritative && !reply.metadata.authentic_data, "no aa, no ad");
        assert!(reply.edns.is_some(), "OPT for OPT");
        Seen {
            rcode: Some(reply.metadata.response_code),
            answers: reply.answers,
            authority: reply.authorities,
            rules: Vec::new(),
        }
    }
}
