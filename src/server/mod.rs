//! Transports: UDP and TCP in front of the answer path, and the public DNS behind it.
//!
//! ```text
//!   UDP ─► screen ─► parse ─┐                 ┌─► state.answer ──► Reply ─► bytes (UDP), hickory (TCP)
//!          (drop, NOTIMP)   ├─► handler ──────┤
//!   TCP ─► hickory ─────────┘   (one place    └─► upstream, for names that leave the emulation
//!                                for refusals)
//! ```
//! No decision about names is taken here. What hickory-server gets wrong on the wire is put right in `screen`
//! and `reply`: rules R2, R5, R90, R138, and the RFCs cited there.

mod handler;
mod listen;
mod reply;
mod screen;
mod udp;
mod upstream;

pub use handler::resolve;
pub use listen::Dns;
pub use upstream::Upstream;
