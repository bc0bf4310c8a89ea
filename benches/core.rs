//! How long the steps of an answer take, without sockets.
//!
//! `cargo bench --bench core [-- FILTER]`. The figures are of this machine and moment: compare them within one run.

#![allow(clippy::unwrap_used, reason = "a measurement may panic")]

mod topology;

use std::{net::IpAddr, sync::LazyLock};

use divan::{Bencher, black_box};
use hickory_proto::rr::{Name, RecordType};
use plustwo::{
    answer::{self, Outcome, Question, Situation},
    config,
    health::Detected,
    model::{DnsName, EndpointIx, Model, Vantage, VpcIx},
    names::{EndpointNames, recognise},
    view::Views,
};

/// Askers as people map them: hosts and networks.
const CLIENTS: &str = "clients:
  127.0.0.1/32: { vpc: v0, subnet: a }
  127.0.0.2/32: { vpc: v0, subnet: b }
  127.0.0.9/32: internet
  172.16.0.0/12: { vpc: v1, subnet: a }
  192.168.0.0/16: { vpc: v2, subnet: c }
";

/// A thousand endpoints in five VPCs.
static WORLD: LazyLock<World> = LazyLock::new(|| World::new(1_000));

struct World {
    model: Model,
    views: Views,
    detected: Detected,
}

impl World {
    fn new(endpoints: usize) -> Self {
        let model = model(endpoints);
        Self { views: Views::compile(&model), model, detected: Detected::default() }
    }

    /// As asked from inside the first VPC.
    fn situation(&self) -> Situation<'_> {
        Situation {
            model: &self.model,
            views: &self.views,
            detected: &self.detected,
            vantage: Vantage::vpc(VpcIx(0)),
            turn: 1,
        }
    }
}

fn model(endpoints: usize) -> Model {
    let text = topology::text(endpoints) + CLIENTS;
    config::parse("bench", &text).map_err(|problems| problems.render()).unwrap().model
}

/// The names of the first VPC's first endpoint: Regional, a zonal one, a private one.
fn names() -> [String; 3] {
    let names = EndpointNames::new(&WORLD.model, EndpointIx(0));
    let service = WORLD.model.service_of(EndpointIx(0));
    let zonal = names.zonal(WORLD.model.find_az("us-east-1a").unwrap());
    [names.regional(), zonal, service.private_names[0].zone.to_string()]
}

fn main() {
    divan::main();
}

mod endpoint_names {
    use super::{Bencher, DnsName, EndpointIx, EndpointNames, WORLD, black_box, names, recognise};

    #[divan::bench]
    fn build_all(bencher: Bencher<'_, '_>) {
        let model = &WORLD.model;
        bencher.bench(|| EndpointNames::new(model, black_box(EndpointIx(7))).dns_entries());
    }

    #[divan::bench(args = ["Regional", "zonal", "private"])]
    fn recognise_one(bencher: Bencher<'_, '_>, kind: &str) {
        let [regional, zonal, private] = names();
        let (name, is_one) = match kind {
            "Regional" => (regional, true),
            "zonal" => (zonal, true),
            _ => (private, false),
        };
        let name: DnsName = name.parse().unwrap();
        assert_eq!(recognise(name.wire()).is_some(), is_one);
        bencher.bench(|| recognise(black_box(name.wire())).is_some());
    }
}

mod views {
    use super::{Bencher, IpAddr, Vantage, Views, WORLD, black_box, model};

    #[divan::bench(args = [1_000, 10_000], sample_count = 10, sample_size = 1)]
    fn compile(bencher: Bencher<'_, '_>, endpoints: usize) {
        let model = model(endpoints);
        bencher.bench_local(|| Views::compile(&model));
    }

    /// An asker among `clients`, by host and by network; one in a subnet; one from nowhere.
    #[divan::bench(args = ["127.0.0.1", "192.168.7.7", "10.0.16.9", "203.0.113.7"])]
    fn vantage(bencher: Bencher<'_, '_>, asker: &str) {
        let asker: IpAddr = asker.parse().unwrap();
        assert!(matches!(WORLD.views.askers.vantage_of(asker), Vantage::Vpc(_)));
        bencher.bench(|| WORLD.views.askers.vantage_of(black_box(asker)));
    }
}

mod answers {
    use super::{Bencher, Name, Outcome, Question, RecordType, WORLD, answer, black_box, names};

    #[divan::bench(args = ["Regional", "zonal", "private", "NODATA", "NXDOMAIN"], sample_size = 100)]
    fn answer_one(bencher: Bencher<'_, '_>, kind: &str) {
        let [regional, zonal, private] = names();
        // seventeen digits that no endpoint has
        let nobody = format!("vpce-{:017x}{}", 0, &regional["vpce-".len() + 17..]);
        let (name, rtype, outcome) = match kind {
            "Regional" => (regional, RecordType::A, Outcome::Records),
            "zonal" => (zonal, RecordType::A, Outcome::Records),
            "private" => (private, RecordType::A, Outcome::Records),
            "NODATA" => (regional, RecordType::AAAA, Outcome::NoData),
            _ => (nobody, RecordType::A, Outcome::NameError),
        };
        let question = Question { name: Name::from_ascii(name).unwrap(), rtype };
        let situation = WORLD.situation();
        assert_eq!(answer::answer(&situation, &question).outcome, outcome);
        // as in a server, it is dropped within
        bencher.bench(|| {
            black_box(answer::answer(black_box(&situation), black_box(&question)));
        });
    }
}

/// The fast path: octets of a query → octets of its reply.
mod fast_path {
    use std::{net::SocketAddr, sync::Arc};

    use plustwo::{
        model::DnsName,
        server::InMemory,
        state::{Clock, State},
    };

    use super::{Bencher, black_box, model, names};

    #[divan::bench(args = ["Regional", "zonal", "private", "NODATA", "NXDOMAIN"], sample_size = 1000)]
    fn reply(bencher: Bencher<'_, '_>, kind: &str) {
        let [regional, zonal, private] = names();
        let nobody = format!("vpce-{:017x}{}", 0, &regional["vpce-".len() + 17..]);
        let (name, qtype, rcode) = match kind {
            "Regional" => (regional, 1, 0),
            "zonal" => (zonal, 1, 0),
            "private" => (private, 1, 0),
            "NODATA" => (regional, 28, 0),
            _ => (nobody, 1, 3),
        };
        let state = Arc::new(State::new(model(1_000), Clock::stopped()));
        let address = SocketAddr::from(([127, 0, 0, 1], 53));
        let server = InMemory::new(state, address);
        let name: DnsName = name.parse().unwrap();
        let header = [7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
        let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
        let query = [&header[..], name.wire(), &[0, qtype, 0, 1], &opt].concat();
        let mut out = [0; 1472];
        assert!(server.fast(&query, address, &mut out).is_some());
        assert_eq!(out[3] & 15, rcode);
        bencher.bench_local(|| server.fast(black_box(&query), address, black_box(&mut out)));
    }
}
