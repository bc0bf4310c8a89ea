//! Over generated topologies, faults, askers and queries: the fast path says what the full path says, or nothing.

use proptest::prelude::*;

use crate::{
    datagrams::asked,
    text,
    topologies::{asker, cases, names},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_path_says_what_the_full_path_says(
        case in cases(), queries in prop::collection::vec(asked(), 60),
    ) {
        let [fast, full] = case.servers();
        let names = names(&fast);
        for query in &queries {
            let (octets, name) = query.octets(&names);
            let from = asker(query.asker);
            let expected = full.full(&octets, from);
            match (fast.fast(&octets, from), expected) {
                (Some(reply), None) => prop_assert!(reply.is_empty(), "{} got a reply", name),
                // an SOA's owner is compressed here whatever its case, and so may just fit
                (Some(_), Some(expected)) if expected[2] & 2 != 0 => {}
                (Some(reply), Some(expected)) => {
                    prop_assert_eq!(text(&reply), text(&expected), "{} of type {}", name, query.rtype);
                }
                // the turn is taken all the same
                (None, _) => _ = fast.full(&octets, from),
            }
        }
    }

    #[test]
    fn everyday_queries_take_the_fast_path(
        case in cases(), queries in prop::collection::vec(asked(), 30),
    ) {
        let [server, _] = case.servers();
        let names = names(&server);
        for query in queries.iter().filter(|query| query.is_everyday()) {
            let (octets, name) = query.octets(&names);
            let from = asker(query.asker);
            if server.fast(&octets, from).is_none() {
                // too long for who asks, a Region of another partition, a public name that has to be escaped, or for
                // the public DNS, which refuses strangers
                let reply = server.full(&octets, from);
                let excused = reply.is_none_or(|reply| reply[2] & 2 != 0 || reply[3] & 15 == 5)
                    || name.contains("cn-north-1")
                    || query.is_escaped();
                prop_assert!(excused, "{} of type {} took the full path", name, query.rtype);
            }
        }
    }
}
