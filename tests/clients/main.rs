//! Real DNS clients against the real server: what they print is what a user sees.
//!
//! `tests/clients/setup.sh` gets the clients (`./test` calls it). Programs that take a server address are run against
//! a server on a free port of 127.0.0.1; stub resolvers, which know only port 53 and `/etc/resolv.conf`, in a network
//! namespace where they find both (`namespace.sh`).
//!
//! Policies are compared with another evaluator's (`policies.rs`).
//!
//! Two forwarders that cache stand between stub resolvers and the server there: dnsmasq and systemd-resolved.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

/// One trial per function, named `area::function`.
macro_rules! trials {
    ($area:literal: $($case:ident)*) => {
        vec![$(::libtest_mimic::Trial::test(concat!($area, "::", stringify!($case)), || { $case(); Ok(()) })),*]
    };
}

mod browser;
mod dig;
mod dnssec;
mod flow_logs;
mod hybrid;
mod namespace;
mod policies;
mod program;
mod python;
mod readers;
mod server;
mod unbound;
mod unlike;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(browser::trials());
    trials.extend(dig::trials());
    trials.extend(dnssec::trials());
    trials.extend(flow_logs::trials());
    trials.extend(hybrid::trials());
    trials.extend(policies::trials());
    trials.extend(python::trials());
    trials.extend(readers::trials());
    trials.extend(namespace::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
