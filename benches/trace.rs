//! How long traces take in a Region of 50 VPCs, 500 subnets and 20,000 network interfaces.
//!
//! `cargo bench --bench trace [-- FILTER]`. The figures are of this machine and moment: compare them within one run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement may panic, and prints")]

use std::{
    cell::Cell,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    sync::LazyLock,
};

use divan::{Bencher, black_box, counter::ItemsCount};
use plustwo::{
    config,
    health::Health,
    model::{InstanceIx, Model},
    trace::{Flow, Network, Source, Transport, World, trace},
};

const VPCS: u8 = 50;
const SUBNETS: u8 = 10;
const INSTANCES: u8 = 40;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    config::parse("bench", &text()).map_err(|problems| problems.render()).unwrap().model
});
static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::compile(&MODEL));
static HEALTH: LazyLock<Health> = LazyLock::new(Health::default);

/// VPCs in a row, each peered with the next, with an internet gateway and filters that have something to look at.
fn text() -> String {
    let mut text = "region: us-east-1\nvpcs:\n".to_owned();
    for vpc in 0..VPCS {
        let (next, before) = ((vpc + 1) % VPCS, (vpc + VPCS - 1) % VPCS);
        writeln!(
            text,
            "  v{vpc}:\n    cidr_block: 10.{vpc}.0.0/16\n    internet_gateway: true\n    route_tables:\n      \
             main: {{ main: true, routes: [ {{ destination: 0.0.0.0/0, target: internet_gateway }}, \
             {{ destination: 10.{next}.0.0/16, target: {{ vpc_peering_connection: p{vpc} }} }}, \
             {{ destination: 10.{before}.0.0/16, target: {{ vpc_peering_connection: p{before} }} }} ] }}\n    \
             security_groups:\n      web: {{ ingress: [ {{ protocol: tcp, from_port: 22, to_port: 22, cidr_blocks: \
             [10.0.0.0/8] }}, {{ protocol: tcp, from_port: 443, to_port: 443, cidr_blocks: [10.0.0.0/8] }} ] }}\n    subnets:"
        )
        .unwrap();
        for subnet in 0..SUBNETS {
            let az = char::from(b'a' + subnet % 3);
            writeln!(
                text,
                "      s{subnet}: {{ availability_zone: us-east-1{az}, cidr_block: 10.{vpc}.{subnet}.0/24 }}"
            )
            .unwrap();
        }
        text.push_str("    instances:\n");
        for subnet in 0..SUBNETS {
            for instance in 0..INSTANCES {
                writeln!(
                    text,
                    "      i{subnet}-{instance}: {{ subnet: s{subnet}, private_ip: 10.{vpc}.{subnet}.{}, \
                     security_groups: [web] }}",
                    instance + 10
                )
                .unwrap();
            }
        }
    }
    text.push_str("vpc_peering_connections:\n");
    for vpc in 0..VPCS {
        let next = (vpc + 1) % VPCS;
        writeln!(text, "  p{vpc}: {{ vpc: v{vpc}, peer_vpc: v{next} }}").unwrap();
    }
    text
}

/// A trace from one instance after the other to an address that `to` makes of its VPC, at port 443.
fn traces(bencher: Bencher<'_, '_>, arrives: bool, to: impl Fn(u8, u8) -> Ipv4Addr) {
    let world = World { model: &MODEL, network: &NETWORK, health: &HEALTH, explain_all: false };
    let count = u32::try_from(MODEL.instances.len()).unwrap();
    let turn = Cell::new(0_u32);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        // a step that comes round to every one
        let at = turn.get() * 7_919 % count;
        turn.set((turn.get() + 1) % count);
        let vpc = u8::try_from(at / u32::from(SUBNETS) / u32::from(INSTANCES)).unwrap();
        let host = u8::try_from(at % u32::from(INSTANCES)).unwrap();
        let source = Source::Interface(NETWORK.interface_of(InstanceIx(at)).unwrap());
        let transport = Transport::Tcp { source_port: 49_152, destination_port: 443 };
        let flow = Flow::new(source, IpAddr::V4(to(vpc, host + 10)), transport);
        let trace = trace(black_box(&world), black_box(flow));
        assert_eq!(trace.is_reachable(), arrives);
        trace
    });
}

#[divan::bench]
fn compile(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| Network::compile(black_box(&MODEL)));
}

/// To another subnet of the VPC, there and back.
#[divan::bench]
fn within_the_vpc(bencher: Bencher<'_, '_>) {
    traces(bencher, true, |vpc, host| Ipv4Addr::new(10, vpc, 9, host));
}

/// To the peered VPC, there and back.
#[divan::bench]
fn to_the_peered_vpc(bencher: Bencher<'_, '_>) {
    traces(bencher, true, |vpc, host| Ipv4Addr::new(10, (vpc + 1) % VPCS, 4, host));
}

/// To an address of the internet, by a gateway that lets no private source out.
#[divan::bench]
fn to_the_internet(bencher: Bencher<'_, '_>) {
    traces(bencher, false, |_, host| Ipv4Addr::new(192, 0, 2, host));
}

fn main() {
    println!(
        "{} VPCs, {} subnets, {} network interfaces",
        MODEL.vpcs.len(),
        MODEL.subnets.len(),
        MODEL.instances.len()
    );
    divan::main();
}
