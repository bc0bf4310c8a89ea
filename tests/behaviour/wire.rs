//! The server on loopback, and a stub resolver with an address for each asker of the page.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
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

/// How long a reply may take: a bound on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the server's counters are asked whether there will be no reply.
const TICK: Duration = Duration::from_millis(20);

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
    state: Arc<State>,
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
        let dns =
            Dns::bind(Arc::clone(&state), Arc::new(Upstream::default()), &listen, options).unwrap();
        let address = dns.bound().next().unwrap();
        runtime.spawn(dns.run(CancellationToken::new()));
        drop(entered);
        Self { address, askers, state, _runtime: runtime }
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
        socket.set_read_timeout(Some(TICK)).unwrap();
        socket.connect(self.address).unwrap();
        let mut query = Message::query();
        query.metadata.recursion_desired = true;
        let name: Name = question.name.clone();
        query.add_query(Query::query(name, question.rtype));
        let mut edns = Edns::new();
        edns.set_max_payload(4096);
        query.set_edns(edns);
        let silences = self.silences();
        socket.send(&query.to_vec().unwrap()).unwrap();
        let mut buffer = [0; 4096];
        let Some(length) = self.receive(&socket, &mut buffer, silences) else {
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

    /// The length of the reply; none once the server has counted one more message that it does not reply to.
    fn receive(&self, socket: &UdpSocket, buffer: &mut [u8], silences: u64) -> Option<usize> {
        for _ in 0..PATIENCE.as_millis() / TICK.as_millis() {
            let silent = self.silences() > silences;
            match socket.recv(buffer) {
                Ok(length) => return Some(length),
                Err(_) if silent => return None,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("neither a reply within {PATIENCE:?}, nor a message without one counted")
    }

    /// How many messages had no reply.
    fn silences(&self) -> u64 {
        let counts = self.state.counters().counts();
        counts.dropped + counts.limited
    }
}
