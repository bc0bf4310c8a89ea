//! The topology that the benchmarks measure with.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by benchmarks, which may panic and use what they need"
)]

use std::fmt::Write as _;

use plustwo::catalog;

/// Interface endpoints in a VPC: about as many as there are services.
pub(crate) const A_VPC: usize = 200;

/// The services that endpoints are for, and whether those have private DNS.
pub(crate) fn services() -> Vec<(String, bool)> {
    let region: catalog::Region = "us-east-1".parse().unwrap();
    let is_here = |service: &catalog::Service| catalog::find(&service.service_name, region).is_ok();
    catalog::services(region)
        .filter(|service| !service.private_names.is_empty() && is_here(service))
        .map(|service| {
            // S3 keeps its private names to inbound Resolver endpoints, and several entries share their names
            let private_dns = !service.gateway && !service.id.contains("freetier");
            (service.service_name.into(), private_dns)
        })
        .collect()
}

/// VPCs of 200 endpoints, each for another service.
pub(crate) fn text(endpoints: usize) -> String {
    let services = services();
    let mut text = String::from("region: us-east-1\nvpcs:\n");
    for at in 0..endpoints {
        let (vpc, place) = (at / A_VPC, at % A_VPC);
        if place == 0 {
            writeln!(
                text,
                "  v{vpc}:\n    cidr_block: 10.{}.0.0/16\n    enable_dns_hostnames: true\n    subnets:\n      \
                 a: {{ availability_zone: us-east-1a, cidr_block: 10.{0}.0.0/20 }}\n      \
                 b: {{ availability_zone: us-east-1b, cidr_block: 10.{0}.16.0/20 }}\n      \
                 c: {{ availability_zone: us-east-1c, cidr_block: 10.{0}.32.0/20 }}\n    vpc_endpoints:",
                vpc % 256
            )
            .unwrap();
        }
        let (service, private_dns) = &services[place % services.len()];
        writeln!(
            text,
            "      e{place}: {{ service_name: {service}, subnets: [a, b, c], private_dns_enabled: {private_dns} }}",
        )
        .unwrap();
    }
    text
}
