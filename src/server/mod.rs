//! Transports: UDP and TCP in front of the answer path, and the public DNS behind it.
//!
//! ```text
//!   UDP ─► batched ─► fast ─► reply                  one OS thread a socket; nearly all queries end here
//!             │ declined: screen (drop, NOTIMP)
//!             ▼ bounded queue
//!           udp ─► parse ─┐                 ┌─► state.answer ──► Reply ─► bytes (UDP), hickory (TCP)
//!                         ├─► handler ──────┤
//!   TCP ─► hickory ───────┘   (one place    └─► upstream, for names that leave the emulation
//!                              for refusals)
//! ```
//! No decision about names is taken here. What hickory-server gets wrong on the wire is put right in `screen`
//! and `reply`: rules R2, R5, R90, R138, and the RFCs cited there.

#[cfg(target_os = "linux")]
mod batched;
mod doh;
mod door;
mod fast;
mod forward;
mod handler;
mod in_memory;
mod links;
mod listen;
mod live_queries;
mod public_dns;
mod query_log;
mod reply;
mod screen;
mod serve;
mod sockets;
mod tls;
mod udp;
mod upstream;

pub use door::Door;
pub use handler::resolve;
pub use in_memory::InMemory;
pub use listen::{Dns, DnsOptions, MAX_THREADS, UdpPath};
pub use live_queries::tell_queries;
pub use query_log::{QueryLog, QueryLogThread, log_queries};
pub use tls::{DOH_PATH, TlsIdentity};
pub use upstream::Upstream;
