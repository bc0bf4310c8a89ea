//! Routes that would have taken a packet that was dropped, had another route not come before them. N13, N284

use super::{Component, Decision, Explanation, Hop, TableIx, Target, World};

/// Adds them to the hops that drop the packet: a route table, or what its route leads to.
///
/// What a filter drops, or what is dropped behind a `local` route, is not the matter of another route. Whether the packet would get any
/// further by the other route is not looked at.
pub(super) fn passed_over(world: &World<'_>, hops: &mut [Hop]) {
    for at in 0..hops.len() {
        let (before, from) = hops.split_at_mut(at);
        let Some(hop) = from.first_mut().filter(|hop| hop.drops() && !is_filter(hop)) else {
            continue;
        };
        let table = table_of(hop).or_else(|| {
            let mut before = before.iter().rev().skip_while(|hop| is_filter(hop) && !hop.drops());
            table_of(before.next()?)
        });
        let Some((table, selected)) = table else { continue };
        let routes = &world.network[table];
        if routes.routes.get(selected).is_none_or(|route| route.target == Target::Local) {
            continue;
        }
        let lost = routes.passed_over(hop.arrives.destination).into_iter();
        hop.explanations.extend(lost.map(|(code, at)| Explanation {
            passed_over: Some((table, at)),
            ..Explanation::new(code)
        }));
    }
}

/// The table of a hop, and the route that it selected.
fn table_of(hop: &Hop) -> Option<(TableIx, usize)> {
    match (hop.component, hop.decision) {
        (Component::RouteTable(table, _), Some(Decision::Route(at))) => Some((table, at)),
        _ => None,
    }
}

/// Whether a hop is a security group or a network ACL.
fn is_filter(hop: &Hop) -> bool {
    matches!(hop.component, Component::SecurityGroup(_) | Component::NetworkAcl(..))
}
