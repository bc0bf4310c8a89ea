//! What holds of whole traces.

use plustwo::{
    health::{Event, Health, Moment, State, Target as Faulty},
    model::AzIx,
    trace::{Component, Flow, Network, Trace},
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
    if !explain_all && trace.forward.iter().any(plustwo::trace::Hop::drops) {
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
