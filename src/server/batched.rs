//! UDP by the batch: one OS thread a socket, two system calls a batch, no lock, no allocation, no runtime.
//!
//! ```text
//!  recvmmsg ─► for each datagram: fast path ──► reply ─┬─► sendmmsg
//!                 │ declined                          │
//!                 └─► bounded queue ─► full path ─────┼─► sendmsg
//!                        │ full                       │
//!                        └─► SERVFAIL, or dropped ────┘
//! ```

use std::{
    io,
    net::{Shutdown, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use socket2::SockRef;
use tokio::sync::mpsc;
use tracing::{debug, error};

use super::{
    fast::{Scene, Workplace},
    handler::Handler,
    screen::{Screened, screen},
    udp::Handed,
};
use crate::{
    answer::{self, Query},
    model::NameBuffer,
    state::{Counters, SAMPLE},
    sys::Batch,
};

/// A thread that answers the datagrams of one socket. When dropped it ends, once it has answered what it has received.
pub(super) struct Worker {
    socket: Arc<UdpSocket>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread works with.
struct Work {
    socket: Arc<UdpSocket>,
    stopping: Arc<AtomicBool>,
    handler: Handler,
    full_path: mpsc::Sender<Handed>,
    /// A number of its own.
    number: usize,
    local_addresses: bool,
}

impl Worker {
    /// Starts a thread for a socket. What it does not answer itself goes to `full_path`.
    pub(super) fn start(
        socket: Arc<UdpSocket>,
        handler: Handler,
        full_path: mpsc::Sender<Handed>,
        number: usize,
    ) -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let local_addresses = socket.local_addr()?.ip().is_unspecified();
        let work = Work {
            socket: Arc::clone(&socket),
            stopping: Arc::clone(&stopping),
            handler,
            full_path,
            number,
            local_addresses,
        };
        let thread =
            thread::Builder::new().name(format!("dns-{number}")).spawn(move || work.run())?;
        Ok(Self { socket, stopping, thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // wakes the thread, and then complains that a datagram socket is not connected
        _ = SockRef::from(&*self.socket).shutdown(Shutdown::Read);
        // it waits for nothing but datagrams
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("a thread of the DNS server ended badly");
        }
    }
}

impl Work {
    fn run(self) {
        let mut batch = Batch::new(self.local_addresses);
        let mut place = Workplace::new(self.number);
        let mut batches: u32 = 0;
        loop {
            let received = batch.receive(&self.socket);
            match received {
                Ok(received) => {
                    let began = batches.is_multiple_of(SAMPLE).then(|| self.handler.now());
                    self.answer(&mut batch, received, &mut place);
                    batches = batches.wrapping_add(1);
                    if let Some(began) = began {
                        let took = self.handler.now().saturating_sub(began);
                        self.handler.counters().replies.batches.observe(took);
                    }
                }
                // an ICMP error about an earlier reply; the socket is as good as before
                Err(error) => debug!(%error, "receiving failed"),
            }
            if self.stopping.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn answer(&self, batch: &mut Batch, received: usize, place: &mut Workplace) {
        let counters = self.handler.counters();
        let mut udp = 0;
        let snapshot = self.handler.state().current();
        let scene = Scene::new(&self.handler, &snapshot, place);
        for at in 0..received {
            let Some((datagram, from, out)) = batch.exchange(at) else { continue };
            udp += 1;
            if !self.handler.admits(&snapshot, from) {
                continue;
            }
            let replied = scene.as_ref().and_then(|scene| scene.reply(datagram, from, out, place));
            let length = if let Some(length) = replied {
                length
            } else {
                match screen(datagram, from) {
                    Screened::Drop => {
                        Counters::add(&counters.dropped);
                        0
                    }
                    Screened::Refuse(header) => {
                        Counters::add(&counters.malformed);
                        put(out, &header)
                    }
                    Screened::Parse(_) => {
                        // before somebody else replies, as below
                        counters.udp.fetch_add(std::mem::take(&mut udp), Ordering::Relaxed);
                        self.hand_over(batch, at, &mut place.room, scene.is_some())
                    }
                }
            };
            if length > 0 {
                batch.reply(at, length);
            }
        }
        if let Some(scene) = scene {
            scene.end();
        }
        // before the replies: who has one finds itself counted
        counters.udp.fetch_add(udp, Ordering::Relaxed);
        counters.collect(&mut place.tally);
        // not held while it waits: a snapshot that was replaced is let go
        drop(snapshot);
        let refused = batch.send(&self.socket);
        if refused > 0 {
            debug!(refused, "sending failed");
        }
    }

    /// Queues a datagram for the full path. If that has too much to do already it is dropped, or answered SERVFAIL if the
    /// fast path has `looked` at it and knows that there may be a reply; the octets of that reply are returned.
    fn hand_over(
        &self,
        batch: &mut Batch,
        at: usize,
        room: &mut NameBuffer,
        looked: bool,
    ) -> usize {
        let Some(envelope) = batch.envelope(at) else { return 0 };
        let Ok(place) = self.full_path.try_reserve() else {
            let counters = self.handler.counters();
            Counters::add(&counters.overloaded);
            let Some((datagram, _, out)) = batch.exchange(at).filter(|_| looked) else { return 0 };
            let query = Query::read(datagram, room);
            let reply = query.and_then(|query| answer::servfail(&query, out));
            if reply.is_some() {
                Counters::add(&counters.servfail);
            }
            return reply.unwrap_or(0);
        };
        if let Some((datagram, _, _)) = batch.exchange(at) {
            let since = self.handler.now();
            place.send(Handed { octets: datagram.into(), envelope, since });
        }
        0
    }
}

fn put(out: &mut [u8], octets: &[u8]) -> usize {
    match out.get_mut(..octets.len()) {
        Some(place) => {
            place.copy_from_slice(octets);
            octets.len()
        }
        None => 0,
    }
}
