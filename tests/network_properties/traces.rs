//! What holds of whole traces.

use plustwo::{
    health::{Event, Health, Moment, State, Target as Faulty},
    model::AzIx,
    trace::{Component, Decision, Flow, Hop, Network, Target, Trace},
};
use proptest::prelude::*;

use crate::shapes::{ALL_BLOCKED, drawn_flow, flow, model, rule, shape, traced};

/// The least that a trace has to be, whatever it says.
fn check_form(trace: &Trace, explain_all: bool) -> Result<(), TestCaseError> {
    for way in [&trace.forward, &trace.back] {
        for (before, behind) in way.iter().zip(way.iter().skip(1)) {
            // headers change inside components alone
            prop_assert_eq!(before.leaves, behind.arrives);
            prop_assert!(explain_all || !before.drops(), "goes on behind {:?}", before);
        }
    }
    prop_assert!(!trace.forward.is_empty());
    if !explain_all && trace.forward.iter().any(Hop::drops) {
        prop_assert!(trace.back.is_empty());
    }
    if trace.is_reachable() {
        let begins = trace.forward.first().map(|hop| hop.component);
        let aws = matches!(trace.forward.last().unwrap().component, Component::AwsService(_));
        prop_assert!(aws || trace.back.last().map(|hop| hop.component) == begins);
        if let Some((first, last)) = trace.forward.first().zip(trace.back.last()) {
            prop_assert_eq!(last.leaves, first.arrives.reply());
        }
    }
    Ok(())
}

/// What a way leads through, told in another way than `trace` does. A middlebox may be where the packet goes to.
fn leads_through(way: &[Hop]) -> Vec<String> {
    let is_end = |hop: &Hop| {
        let of_its_own =
            matches!(hop.component, Component::Host(_) | Component::InterfaceEndpoint(_));
        let ends = [way.first(), way.last()];
        of_its_own && ends.iter().flatten().any(|end| end.component == hop.component)
    };
    let mut found: Vec<String> = way
        .iter()
        .filter(|hop| !is_end(hop))
        .filter(|hop| {
            matches!(
                hop.component,
                Component::InternetGateway(_)
                    | Component::EgressOnlyInternetGateway(_)
                    | Component::NatGateway(_)
                    | Component::VpcPeeringConnection(_)
                    | Component::GatewayEndpoint(_)
                    | Component::Host(_)
                    | Component::InterfaceEndpoint(_)
            )
        })
        .map(|hop| format!("{:?}", hop.component))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether every route that was taken is `local`, and nothing came from outside.
fn is_local(network: &Network, trace: &Trace) -> bool {
    trace.hops().all(|hop| match (hop.component, hop.decision) {
        (Component::RouteTable(table, _), Some(Decision::Route(at))) => {
            network[table].routes[at].target == Target::Local
        }
        (component, _) => component != Component::Internet,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_trace_ends_repeats_and_is_reachable_exactly_if_nothing_drops(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
        impaired in prop::option::of(0..3_u16),
    ) {
        let model = model(&shape);
        let network = Network::compile(&model);
        let health = impaired.map_or_else(Health::default, |az| {
            let target = Faulty::AvailabilityZone(AzIx(az));
            let event = Event::Observed(Moment::ZERO, target, State::Impaired);
            Health::default().after(event, &model.failover)
        });
        for drawn in flows {
            let flow = drawn_flow(&network, drawn);
            let found = traced(&model, &network, &health, false, flow);
            prop_assert_eq!(&found, &traced(&model, &network, &health, false, flow));
            check_form(&found, false)?;
            let all = traced(&model, &network, &health, true, flow);
            check_form(&all, true)?;
            prop_assert_eq!(found.is_reachable(), all.is_reachable());
            // silence and size only take away
            for flow in [Flow { idle_secs: 1_000_000, ..flow }, Flow { packet_bytes: 9_001, ..flow }] {
                let harder = traced(&model, &network, &health, false, flow);
                check_form(&harder, false)?;
                prop_assert!(found.is_reachable() || !harder.is_reachable());
            }
            // what goes on behind a drop begins as what stops there
            prop_assert_eq!(found.dropped_at(), all.dropped_at());
        }
    }

    #[test]
    fn blocking_public_access_only_takes_away_and_lets_no_gateway_pass(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
    ) {
        let with = |blocks| {
            let mut shape = shape.clone();
            shape.blocks = blocks;
            model(&shape)
        };
        let (open, closed) = (with(0), with(ALL_BLOCKED));
        let networks = (Network::compile(&open), Network::compile(&closed));
        let health = Health::default();
        for drawn in flows {
            let flow = drawn_flow(&networks.0, drawn);
            let was = traced(&open, &networks.0, &health, false, flow).is_reachable();
            let is = traced(&closed, &networks.1, &health, false, flow);
            prop_assert!(was || !is.is_reachable(), "{:?}", flow);
            for hop in is.hops() {
                let is_gateway = matches!(
                    hop.component,
                    Component::InternetGateway(_) | Component::EgressOnlyInternetGateway(_)
                );
                prop_assert!(!is_gateway || hop.drops(), "{:?}", hop);
            }
        }
    }

    /// N161
    #[test]
    fn a_reply_takes_another_way_exactly_if_it_leads_through_other_things(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
    ) {
        let model = model(&shape);
        let network = Network::compile(&model);
        let health = Health::default();
        for drawn in flows {
            let flow = drawn_flow(&network, drawn);
            let found = traced(&model, &network, &health, false, flow);
            let [there, back] = found.one_way();
            let is_another = !there.is_empty() || !back.is_empty();
            let answered = found.is_reachable() && !found.back.is_empty();
            let differs = leads_through(&found.forward) != leads_through(&found.back);
            prop_assert_eq!(is_another, answered && differs, "{:?}", found);
            prop_assert!(!is_another || !is_local(&network, &found), "{:?}", found);
        }
    }

    #[test]
    fn an_allow_rule_more_never_drops_more(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
        more in rule(),
        group in 0..2_usize,
        ingress in any::<bool>(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut wider = shape.clone();
        let rules = &mut wider.groups[group];
        let rules = if ingress { &mut rules.0 } else { &mut rules.1 };
        rules.insert(at.index(rules.len() + 1), more);
        let (before, after) = (model(&shape), model(&wider));
        let networks = (Network::compile(&before), Network::compile(&after));
        let health = Health::default();
        for drawn in flows {
            let flow = drawn_flow(&networks.0, drawn);
            let was = traced(&before, &networks.0, &health, false, flow).is_reachable();
            let is = traced(&after, &networks.1, &health, false, flow).is_reachable();
            prop_assert!(!was || is, "{:?}", flow);
        }
    }
}
