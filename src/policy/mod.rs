//! Endpoint policies and bucket policies: who may do what through which endpoint, and which statement says so.
//!
//! ```text
//!  JSON ─► read ─► PolicyDocument ─► evaluate ─┐
//!            └─► lint: what will surprise      ├─► decide ─► Decision: allowed or not, with its reasons
//!  vantage, endpoint, principal ─► request ────┘
//! ```
//! **Invariant:** evaluation is total. An explicit denial in any policy wins, then each policy that must allow has to, and what
//! nothing allows is denied (N250). Where the rules come from: N58, N59, N81, N250–N256.

mod compare;
mod condition;
mod context;
mod date;
mod decide;
mod evaluate;
mod lint;
mod pattern;
mod principal;
mod read;
mod remark;
mod request;
mod value;

pub use context::{NotAnEntry, RequestContext};
pub use decide::{Asking, Decision, Identity, Reason, decide};
pub use evaluate::{Evaluation, Misfit, Request, Verdict, evaluate};
pub use lint::Subject;
pub use principal::{NotAPrincipal, Requester};
pub use read::read;
pub use remark::{Remark, Step};
pub use request::{Asked, Through, Unfit, request};
