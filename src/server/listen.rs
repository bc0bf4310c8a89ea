//! Where DNS is served: doors, which are opened and closed as the topology says.
//!
//! ```text
//!  bind ─► Dns ─► run: every door is served until the end
//!  reload ─► prepare: what is new is bound, or the reload fails ─► swap ─► commit: new doors are served, old ones end
//! ```
//! **Invariants:** a door that stays keeps its sockets, so that nothing sent there is lost; one that goes is closed before the swap,
//! so that nobody is answered there by a topology that does not have it.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    door::{Door, SharedDoor},
    handler::Handler,
    serve,
    sockets::Sockets,
    tls::TlsIdentity,
    upstream::Upstream,
};
use crate::{
    model::{Model, ResolverProtocol},
    state::{State, Unbound},
};

/// How long questions that wait for the public DNS may hold up the end.
const DRAIN: Duration = Duration::from_secs(5);

/// How often an address is tried whose last door is about to end.
const RETRY: Duration = Duration::from_millis(10);

/// Most UDP sockets, and threads, at one address.
pub const MAX_THREADS: usize = 256;

/// How the DNS server works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DnsOptions {
    /// Threads for UDP at each address, each with a socket of its own; 0 is one a core. At most [`MAX_THREADS`].
    pub threads: usize,
    /// Which way UDP queries take.
    pub path: UdpPath,
}

/// Which way UDP queries take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UdpPath {
    /// Batches, answered by the fast path where it can; where the system has no `recvmmsg`, as [`UdpPath::Portable`].
    #[default]
    Fast,
    /// One datagram at a time, answered by the fast path where it can.
    Portable,
    /// One datagram at a time, every one through the codec.
    Full,
}

/// Which doors a model wants, where these are open.
type Wanted = Box<dyn Fn(&Model, &[Door]) -> Vec<Door> + Send + Sync>;

/// The DNS server, bound and not yet serving.
#[derive(Debug)]
pub struct Dns {
    doors: Arc<Doors>,
}

/// The doors of a DNS server, and what they are served with.
struct Doors {
    handler: Box<dyn Fn(Arc<SharedDoor>) -> Handler + Send + Sync>,
    threads: usize,
    path: UdpPath,
    /// What is shown where TLS is spoken; one made for the addresses where it is not given.
    tls: Mutex<Option<Arc<TlsIdentity>>>,
    runtime: Handle,
    /// How many threads have been started.
    started: AtomicUsize,
    open: Mutex<Open>,
}

/// What is open.
#[derive(Default)]
struct Open {
    listeners: Vec<Listener>,
    /// Doors that were closed, and what is still being answered there.
    ending: Vec<(SocketAddr, JoinSet<()>)>,
    /// Once it serves: cancelled when all of it is to end.
    stop: Option<CancellationToken>,
}

/// One door, bound.
struct Listener {
    door: Arc<SharedDoor>,
    sockets: Sockets,
    tls: Option<Arc<TlsIdentity>>,
    serving: Option<(CancellationToken, JoinSet<()>)>,
}

/// What becomes of the doors: decided, bound, and not yet in force.
struct Plan {
    /// By its place among those that are open: a door that stays, as it is from now on.
    kept: Vec<(usize, Door)>,
    added: Vec<Listener>,
    leaving: Leaving,
}

/// Doors that close; dropped before that is in force, they are open again.
#[derive(Default)]
struct Leaving(Vec<Arc<SharedDoor>>);

impl Leaving {
    fn close(doors: impl Iterator<Item = Arc<SharedDoor>>) -> Self {
        Self(doors.inspect(|door| door.close(true)).collect())
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.iter().for_each(|door| door.close(false));
    }
}

impl Dns {
    /// Binds UDP and TCP at each door. To be called inside a runtime, which then serves them.
    ///
    /// # Errors
    /// If an address cannot be bound; the message names it.
    pub fn bind(
        state: Arc<State>,
        upstream: Arc<Upstream>,
        doors: &[Door],
        options: DnsOptions,
    ) -> io::Result<Self> {
        let path = match options.path {
            UdpPath::Fast if !cfg!(target_os = "linux") => UdpPath::Portable,
            path => path,
        };
        let threads = match (path, options.threads) {
            (UdpPath::Portable | UdpPath::Full, _) => 1,
            (UdpPath::Fast, 0) => thread::available_parallelism().map_or(1, usize::from),
            (UdpPath::Fast, threads) => threads,
        };
        let handler = move |door| Handler::new(Arc::clone(&state), Arc::clone(&upstream), door);
        let dns = Doors {
            handler: Box::new(handler),
            threads: threads.min(MAX_THREADS),
            path,
            tls: Mutex::default(),
            runtime: Handle::current(),
            started: AtomicUsize::new(0),
            open: Mutex::default(),
        };
        let mut listeners: Vec<Listener> = Vec::with_capacity(doors.len());
        for door in doors {
            let sockets =
                Sockets::bind(door.address, door.protocol, dns.threads).map_err(|error| {
                    told_apart(error, door.address, listeners.iter().map(|of| of.sockets.bound))
                })?;
            listeners.push(Listener::new(*door, sockets));
        }
        lock(&dns.open).listeners = listeners;
        Ok(Self { doors: Arc::new(dns) })
    }

    /// Shows this identity where TLS is spoken, instead of one made for the run.
    #[must_use]
    pub fn with_tls(self, identity: TlsIdentity) -> Self {
        *lock(&self.doors.tls) = Some(Arc::new(identity));
        self
    }

    /// From here on every topology that takes the place of the one of `state` has the doors that `wanted` says, which
    /// is told of those that are open. One that cannot be bound refuses the topology.
    pub fn follow(
        &self,
        state: &State,
        wanted: impl Fn(&Model, &[Door]) -> Vec<Door> + Send + Sync + 'static,
    ) {
        let doors = Arc::downgrade(&self.doors);
        let wanted: Wanted = Box::new(wanted);
        state.before_topologies(move |model| {
            let Some(doors) = Weak::upgrade(&doors) else { return Ok(Box::new(|| {})) };
            let plan = doors.plan(|open| wanted(model, open))?;
            Ok(Box::new(move || doors.commit(plan)))
        });
    }

    /// The addresses bound, in the order they were given.
    pub fn bound(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.doors().map(|(_, bound)| bound)
    }

    /// The doors, in the order they were given, and the address that each is bound to.
    pub fn doors(&self) -> impl Iterator<Item = (Door, SocketAddr)> + '_ {
        let open = lock(&self.doors.open);
        let doors = open.listeners.iter().map(|of| (of.door.get(), of.sockets.bound));
        doors.collect::<Vec<_>>().into_iter()
    }

    /// Serves until `stop` is cancelled; what is being answered then is still answered.
    pub async fn run(self, stop: CancellationToken) {
        self.doors.begin(&stop);
        stop.cancelled().await;
        let open = std::mem::take(&mut *lock(&self.doors.open));
        let serving = open.listeners.into_iter().filter_map(|of| of.serving);
        let ending = open.ending.into_iter().map(|(_, tasks)| tasks);
        let mut all: Vec<_> = serving.map(|(_, tasks)| tasks).chain(ending).collect();
        let drained = async {
            for tasks in &mut all {
                while tasks.join_next().await.is_some() {}
            }
        };
        if timeout(DRAIN, drained).await.is_err() {
            warn!(after = ?DRAIN, "some questions are left without an answer");
        }
    }
}

impl Doors {
    /// Serves what is open.
    fn begin(&self, stop: &CancellationToken) {
        let mut open = lock(&self.open);
        open.stop = Some(stop.clone());
        self.certify(&mut open.listeners);
        for listener in &mut open.listeners {
            self.serve(listener, stop);
        }
    }

    /// Decides what becomes of the doors, and binds those that are new.
    fn plan(&self, wanted: impl FnOnce(&[Door]) -> Vec<Door>) -> Result<Plan, Unbound> {
        let mut open = lock(&self.open);
        open.forget_ended();
        let doors: Vec<Door> = open.listeners.iter().map(|of| of.door.get()).collect();
        let wanted = wanted(&doors);
        let mut kept: Vec<(usize, Door)> = Vec::new();
        let mut keep = |door: &Door, is: &dyn Fn(&Door) -> bool| {
            let free = |at: &usize| !kept.iter().any(|(taken, _)| taken == at);
            let mut same = doors.iter().enumerate().filter(|(_, of)| is(of)).map(|(at, _)| at);
            let found = same.find(free);
            found.inspect(|at| kept.push((*at, *door))).is_some()
        };
        let mut rest = wanted;
        rest.retain(|door| !keep(door, &|of| of == door));
        rest.retain(|door| !keep(door, &|of| of.same_sockets(door)));
        let leaving = |at: usize| !kept.iter().any(|(taken, _)| *taken == at);
        let mut added = Vec::with_capacity(rest.len());
        for door in rest {
            let mut others = open.listeners.iter().enumerate();
            let here = others.find(|(at, of)| leaving(*at) && of.sockets.bound == door.address);
            let sockets = match here {
                Some((_, of)) => of.sockets.tcp.try_clone().and_then(|tcp| {
                    Sockets::beside(tcp, door.address, door.protocol, self.threads)
                }),
                None => self.bind(door, &mut open.ending).map_err(|error| {
                    let bound = open.listeners.iter().chain(&added).map(|of| of.sockets.bound);
                    told_apart(error, door.address, bound)
                }),
            };
            let sockets = sockets.map_err(|error| Unbound::new(door.address, error))?;
            added.push(Listener::new(door, sockets));
        }
        self.certify(&mut added);
        let all = open.listeners.iter().enumerate();
        let leaving = all.filter(|(at, _)| leaving(*at)).map(|(_, of)| Arc::clone(&of.door));
        let leaving = Leaving::close(leaving);
        Ok(Plan { kept, added, leaving })
    }

    /// Binds a new door; one of the same address that is about to end is waited for.
    fn bind(&self, door: Door, ending: &mut [(SocketAddr, JoinSet<()>)]) -> io::Result<Sockets> {
        let mut patience = DRAIN;
        loop {
            let bound = Sockets::bind(door.address, door.protocol, self.threads);
            let ends = ending
                .iter_mut()
                .any(|(address, tasks)| *address == door.address && !has_ended(tasks));
            match bound {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && ends && !patience.is_zero() =>
                {
                    thread::sleep(RETRY);
                    patience = patience.saturating_sub(RETRY);
                }
                bound => return bound,
            }
        }
    }

    /// Does what was decided.
    fn commit(&self, plan: Plan) {
        let mut open = lock(&self.open);
        let Plan { kept, added, mut leaving } = plan;
        leaving.0.clear();
        let mut staying: Vec<Option<Door>> = vec![None; open.listeners.len()];
        for (at, door) in kept {
            if let Some(place) = staying.get_mut(at) {
                *place = Some(door);
            }
        }
        let stop = open.stop.clone();
        let before = std::mem::take(&mut open.listeners);
        for (listener, stays) in before.into_iter().zip(staying) {
            match stays {
                Some(door) => {
                    listener.door.set(door);
                    open.listeners.push(listener);
                }
                None => open.ending.extend(listener.end()),
            }
        }
        for mut listener in added {
            let (address, door) = (listener.sockets.bound, listener.door.get());
            info!(%address, protocol = door.protocol.as_str(), "DNS is served at another address");
            if let Some(stop) = &stop {
                self.serve(&mut listener, stop);
            }
            open.listeners.push(listener);
        }
    }

    /// Gives those that speak TLS what they show.
    fn certify(&self, listeners: &mut [Listener]) {
        let with_tls = |listener: &&mut Listener| listener.speaks_tls();
        let mut listeners: Vec<_> = listeners.iter_mut().filter(with_tls).collect();
        if listeners.is_empty() {
            return;
        }
        let given = lock(&self.tls).clone();
        let identity = given.or_else(|| {
            TlsIdentity::self_signed(listeners.iter().map(|of| of.sockets.bound.ip()))
                .inspect_err(
                    |error| error!(%error, "no certificate can be made: TLS is not served"),
                )
                .ok()
                .map(Arc::new)
        });
        for listener in &mut listeners {
            listener.tls.clone_from(&identity);
        }
    }

    /// Serves a door until `stop` is cancelled, or a token of its own.
    fn serve(&self, listener: &mut Listener, stop: &CancellationToken) {
        let _entered = self.runtime.enter();
        let door = listener.door.get();
        let handler = (self.handler)(Arc::clone(&listener.door));
        let stop = stop.child_token();
        let mut tasks = JoinSet::new();
        for socket in std::mem::take(&mut listener.sockets.udp) {
            let thread = self.started.fetch_add(1, Ordering::Relaxed);
            tasks.spawn(serve::udp(socket, handler.clone(), self.path, thread, stop.clone()));
        }
        let tls = listener.tls.as_deref();
        let tcp = listener.sockets.tcp.try_clone();
        let served = tcp.and_then(|tcp| serve::tcp(tcp, handler, door.protocol, tls));
        match served {
            Ok(server) => {
                tasks.spawn(serve::until(server, stop.clone()));
            }
            Err(error) => {
                error!(%error, address = %door.address, "connections cannot be served");
            }
        }
        listener.serving = Some((stop, tasks));
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Open {
    /// Lets go of doors where nothing is being answered any more.
    fn forget_ended(&mut self) {
        self.ending.retain_mut(|(_, tasks)| !has_ended(tasks));
    }
}

impl Listener {
    fn new(door: Door, sockets: Sockets) -> Self {
        let door = Arc::new(SharedDoor::new(door));
        Self { door, sockets, tls: None, serving: None }
    }

    fn speaks_tls(&self) -> bool {
        self.door.get().protocol != ResolverProtocol::Do53
    }

    /// Takes nothing in any more; what is being answered is left.
    fn end(self) -> Option<(SocketAddr, JoinSet<()>)> {
        let Self { sockets, serving, .. } = self;
        info!(address = %sockets.bound, "DNS is no longer served at an address");
        let (stop, tasks) = serving?;
        stop.cancel();
        Some((sockets.bound, tasks))
    }
}

/// An address that is taken already, by one of those that are `bound` here, is told apart from one that others have.
fn told_apart(
    error: io::Error,
    address: SocketAddr,
    mut bound: impl Iterator<Item = SocketAddr>,
) -> io::Error {
    let overlaps = |other: &SocketAddr| {
        let (one, other) = ((address.ip(), address.port()), (other.ip(), other.port()));
        let of_all = one.0.is_unspecified() || other.0.is_unspecified();
        one == other || one.1 == other.1 && of_all && one.0.is_ipv4() == other.0.is_ipv4()
    };
    match bound.find(overlaps) {
        Some(other) if error.kind() == io::ErrorKind::AddrInUse => {
            let message = format!("{error}: this server is at {other} itself");
            io::Error::new(error.kind(), message)
        }
        _ => error,
    }
}

/// Whether all tasks have ended.
fn has_ended(tasks: &mut JoinSet<()>) -> bool {
    while tasks.try_join_next().is_some() {}
    tasks.is_empty()
}

/// A lock whose holder cannot leave the value half changed, even if it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
