//! A topology as large as wanted, for measurements.

#![allow(clippy::unwrap_used, reason = "a measurement may panic")]

use std::fmt::Write as _;

use plustwo::catalog;

/// Interface endpoints in a VPC: about as many as there are services.
const A_VPC: usize = 200;

/// VPCs of 200 endpoints, each for another service, with three network interfaces each.
pub(crate) fn text(endpoints: usize) -> String {
    let region: catalog::Region = "us-east-1".parse().unwrap();
    let is_here = |service: &catalog::Service| catalog::find(&service.service_name, region).is_ok();
    let services: Vec<catalog::Service> = catalog::services(region)
        .filter(|service| !service.private_names.is_empty() && is_here(service))
        .collect();
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
        let service = &services[place % services.len()];
        // S3 keeps its private names to inbound Resolver endpoints, and several entries share their names
        let private_dns = !service.gateway && !service.id.contains("freetier");
        writeln!(
            text,
            "      e{place}: {{ service_name: {}, subnets: [a, b, c], private_dns_enabled: {private_dns} }}",
            service.service_name
        )
        .unwrap();
    }
    text
}
