//! How long a large Region takes to import, and how much memory at most.
//!
//! `cargo bench --bench import -- [VPCS]` (default 50) writes what `describe-*` calls would say of so many VPCs, with ten
//! subnets, forty instances and 120 endpoints in three AZs each, which is 400 network interfaces a VPC, and imports that.
//! The figures are of this machine and moment.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, and reads the clock"
)]

use std::{fs, path::Path, time::Instant};

use plustwo::import;
use serde_json::{Value, json};

const SUBNETS: usize = 10;
const ENDPOINTS: usize = 120;
const INSTANCES: usize = 40;

fn main() {
    let vpcs = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(50);
    let folder = std::env::temp_dir().join(format!("plustwo-import-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let interfaces = write(&folder, vpcs);
    let start = Instant::now();
    let imported = import::aws(&folder).map_err(|problems| problems.render()).unwrap();
    let took = start.elapsed();
    fs::remove_dir_all(&folder).unwrap();
    let (subnets, notes) = (imported.topology.model.subnets.len(), imported.notes.len());
    println!(
        "{vpcs} VPCs, {subnets} subnets, {interfaces} network interfaces, {} MB of YAML, {notes} notes: {:.2} s, at most {} MB",
        imported.text.len() / 1_000_000,
        took.as_secs_f64(),
        most_memory() / 1_000,
    );
}

/// The most memory that there was in use, in kB.
fn most_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Writes the files; how many network interfaces they have.
fn write(folder: &Path, vpcs: usize) -> usize {
    let (mut all, mut subnets, mut endpoints) = (Vec::new(), Vec::new(), Vec::new());
    let (mut interfaces, mut instances) = (Vec::new(), Vec::new());
    for n in 0..vpcs {
        let vpc = format!("vpc-{n:017x}");
        all.push(json!({
            "VpcId": vpc, "CidrBlock": format!("10.{n}.0.0/16"), "State": "available", "OwnerId": "123456789012",
            "EnableDnsHostnames": true, "Tags": [{ "Key": "Name", "Value": format!("vpc-{n}") }],
        }));
        let subnet = |at: usize| format!("subnet-{:017x}", n * SUBNETS + at);
        for at in 0..SUBNETS {
            let az = ["a", "b", "c"][at % 3];
            subnets.push(json!({
                "SubnetId": subnet(at), "VpcId": vpc, "CidrBlock": format!("10.{n}.{}.0/22", at * 4),
                "AvailabilityZone": format!("us-east-1{az}"), "State": "available",
            }));
        }
        let mut eni = |at: usize, address: usize, description: String, kind: &str| {
            let id = format!("eni-{:017x}", interfaces.len());
            let (high, low) = (at * 4 + (address + 10) / 256, (address + 10) % 256);
            let address = format!("10.{n}.{high}.{low}");
            interfaces.push(json!({
                "NetworkInterfaceId": id, "SubnetId": subnet(at), "VpcId": vpc, "InterfaceType": kind,
                "Description": description, "Status": "in-use", "PrivateIpAddress": address,
                "PrivateIpAddresses": [{ "Primary": true, "PrivateIpAddress": address }], "Ipv6Addresses": [],
                "OwnerId": "123456789012", "SourceDestCheck": true, "Groups": [], "TagSet": [],
            }));
            (id, address)
        };
        for e in 0..ENDPOINTS {
            let id = format!("vpce-{:017x}", n * ENDPOINTS + e);
            let made = (0..3)
                .map(|at| eni(at, e, format!("VPC Endpoint Interface {id}"), "vpc_endpoint").0);
            let enis: Vec<String> = made.collect();
            let name = format!("{id}-{:08x}.sqs.us-east-1.vpce.amazonaws.com", n * ENDPOINTS + e);
            endpoints.push(json!({
                "VpcEndpointId": id, "VpcEndpointType": "Interface", "VpcId": vpc, "State": "available",
                "ServiceName": "com.amazonaws.us-east-1.sqs", "SubnetIds": [subnet(0), subnet(1), subnet(2)],
                "NetworkInterfaceIds": enis, "PrivateDnsEnabled": false, "Groups": [], "RouteTableIds": [],
                "DnsEntries": [{ "DnsName": name, "HostedZoneId": "Z7HUB22UULQXV" }],
            }));
        }
        for i in 0..INSTANCES {
            let (eni, address) = eni(3 + i % 3, i, String::new(), "interface");
            instances.push(json!({
                "InstanceId": format!("i-{:017x}", n * INSTANCES + i), "State": { "Name": "running" }, "VpcId": vpc,
                "SubnetId": subnet(3 + i % 3), "PrivateIpAddress": address,
                "NetworkInterfaces": [{ "NetworkInterfaceId": eni, "PrivateIpAddress": address }],
            }));
        }
    }
    let count = interfaces.len();
    for (call, list, values) in [
        ("vpcs", "Vpcs", all),
        ("subnets", "Subnets", subnets),
        ("vpc-endpoints", "VpcEndpoints", endpoints),
        ("network-interfaces", "NetworkInterfaces", interfaces),
    ] {
        save(folder, call, &json!({ list: values }));
    }
    save(folder, "instances", &json!({ "Reservations": [{ "Instances": instances }] }));
    count
}

fn save(folder: &Path, call: &str, value: &Value) {
    fs::write(folder.join(format!("describe-{call}.json")), format!("{value:#}")).unwrap();
}
