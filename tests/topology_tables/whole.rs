//! Whole topologies: the format's own sample, and what its names and ids lead to.

use std::{fs, time::Duration};

use plustwo::{
    config::{self, EndpointChange},
    model::{
        CacheMode, ClientRoutingPolicy, DnsRecordIpType, Model, RouteTarget, RrSetData, Vantage,
    },
};

/// The sample that the format is defined by, verbatim.
const SAMPLE: &str = include_str!("../topology/sample.yaml");

fn sample() -> Model {
    config::parse("sample.yaml", SAMPLE).map_err(|problems| problems.render()).unwrap().model
}

/// `app-a 10.0.1.50`, one a network interface.
fn addresses(model: &Model, endpoint: &str) -> Vec<String> {
    let ix = config::find_endpoint(model, endpoint).unwrap();
    let interfaces = model.interfaces_of(ix);
    interfaces.map(|(_, eni)| format!("{} {}", model[eni.subnet].name, eni.ipv4.unwrap())).collect()
}

#[test]
fn the_sample_loads_whole() {
    let model = sample();
    assert_eq!(model.region.as_str(), "us-east-1");
    assert_eq!(model.account_id.to_string(), "123456789012");
    let azs: Vec<String> =
        model.availability_zones.iter().map(|az| format!("{}={}", az.name, az.id)).collect();
    assert_eq!(azs, ["us-east-1a=use1-az1", "us-east-1b=use1-az2", "us-east-1c=use1-az3"]);
    let [app] = &model.vpcs[..] else { panic!("one VPC") };
    assert!(app.enable_dns_support && app.enable_dns_hostnames && app.internet_gateway);
    assert!(!app.egress_only_internet_gateway);
    assert_eq!(model.subnets.len(), 4);
    assert_eq!(&*model.subnets[3].network_acl, "web");
    assert_eq!(&*model.subnets[0].network_acl, "default");
    assert!(app.route_tables["private"].main);
    assert_eq!(app.route_tables["public"].routes[0].target, RouteTarget::InternetGateway);
    assert_eq!(app.nat_gateways["nat-a"].public_ip, Some([203, 0, 113, 9].into()));
    assert_eq!(app.security_groups["endpoints"].ingress[0].traffic.from_port, 443);
    assert_eq!(app.security_groups.len(), 2, "`default` always exists");
    assert_eq!(app.network_acls["web"].ingress[0].rule_no, 100);
    assert_eq!(app.gateway_endpoints["s3"].route_tables, ["private".into()]);
    assert_eq!(model.instances.len(), 2);
    assert_eq!(model.endpoints.len(), 2);
    assert_eq!(&*model.endpoints[0].security_groups, ["endpoints".into()]);
    assert_eq!(model.failover.detection, Duration::from_secs(120));
    assert_eq!(model.failover.recovery, Duration::from_secs(60));
    assert_eq!(model.cache, CacheMode::Off);
    assert!(model.public_dns.upstream.is_empty() && !model.public_dns.canned.is_empty());
    let [zone] = &model.hosted_zones[..] else { panic!("one zone") };
    assert!(matches!(zone.rrsets[0].data, RrSetData::Values { ttl: 60, .. }));
    assert!(matches!(zone.rrsets[1].data, RrSetData::Alias(_)));
    assert_eq!(model.clients.len(), 2);
    assert_eq!(model.listen[0].address.port(), 5353);
}

#[test]
fn addresses_that_nobody_chose_are_the_lowest_free_ones() {
    let model = sample();
    // 10.0.1.10 is the worker's
    assert_eq!(addresses(&model, "sns"), ["app-a 10.0.1.11", "app-b 10.0.2.10", "app-c 10.0.3.10"]);
    assert_eq!(addresses(&model, "sqs"), ["app-a 10.0.1.12"]);
}

#[test]
fn made_up_ids_are_the_same_in_every_run_and_for_every_file_around_them() {
    let ids = |model: &Model| {
        let endpoints = model
            .endpoints
            .iter()
            .map(|endpoint| format!("{} {}", endpoint.id, endpoint.dns_name_hash));
        endpoints.collect::<Vec<_>>()
    };
    let more = SAMPLE.replace(
        "    vpc_endpoints:\n",
        "    vpc_endpoints:\n      kms: { service_name: kms, subnets: [app-b] }\n",
    );
    let more = config::parse("more.yaml", &more).unwrap().model;
    let (few, more) = (ids(&sample()), ids(&more));
    assert_eq!(few[..], more[1..]);
    assert_ne!(few[0], few[1]);
}

#[test]
fn things_are_found_by_name_and_by_id() {
    let model = sample();
    let endpoint = config::find_endpoint(&model, "app/sns").unwrap();
    let subnet = config::find_subnet(&model, "app/app-a").unwrap();
    let (vpc, eni) = (&model.vpcs[0], model.interfaces_of(endpoint).next().unwrap().1);
    for text in ["sns".to_owned(), model[endpoint].id.to_string(), format!("{}/sns", vpc.id)] {
        assert_eq!(config::find_endpoint(&model, &text), Ok(endpoint), "{text}");
    }
    assert_eq!(config::find_subnet(&model, &model[subnet].id.to_string()), Ok(subnet));
    assert_eq!(config::find_az(&model, "use1-az2"), config::find_az(&model, "us-east-1b"));
    assert!(config::find_interface(&model, &eni.id.to_string()).is_ok());
    let worker = config::vantage(&model, "app/worker").unwrap();
    assert_eq!(config::vantage(&model, &model.instances[0].id.to_string()), Ok(worker));
    assert_eq!(config::vantage(&model, &vpc.id.to_string()), config::vantage(&model, "app"));
    assert_eq!(config::vantage(&model, "internet"), Ok(Vantage::Internet));
    for (text, nearest) in
        [("app/ap-a", Some("app/app-a")), ("intrenet", Some("internet")), ("zzz", None)]
    {
        assert_eq!(config::vantage(&model, text).unwrap_err().nearest.as_deref(), nearest);
    }
}

/// Changes `sqs` of the sample as JSON says; gives AWS's code and text where it refuses.
fn change(json: &str) -> Result<Model, String> {
    let model = sample();
    let ix = config::find_endpoint(&model, "sqs").unwrap();
    let change: EndpointChange = serde_json::from_str(json).unwrap();
    config::change_endpoint(&model, ix, &change).map_err(|error| format!("{}: {error}", error.code))
}

#[test]
fn a_running_endpoint_changes_as_modify_vpc_endpoint_would() {
    let json =
        r#"{"private_dns_enabled": false, "client_routing_policy": "availability_zone_affinity"}"#;
    let changed = change(json).unwrap();
    assert!(!changed.endpoints[1].private_dns_enabled && changed.endpoints[0].private_dns_enabled);
    assert_eq!(
        changed.endpoints[1].client_routing_policy,
        ClientRoutingPolicy::AvailabilityZoneAffinity
    );
    assert_eq!(
        change(r#"{"dns_record_ip_type": "ipv4"}"#).unwrap().endpoints[1].dns_record_ip_type,
        DnsRecordIpType::Ipv4
    );
    // R43
    let refused = change(r#"{"dns_record_ip_type": "dualstack"}"#).unwrap_err();
    assert!(refused.starts_with("InvalidParameter: `dualstack` does not go"), "{refused}");
    // R58
    let refused = change(r#"{"private_dns_only_for_inbound_resolver_endpoint": true}"#);
    assert!(refused.is_err());
    assert!(serde_json::from_str::<EndpointChange>(r#"{"private_dns": true}"#).is_err());
}

#[test]
fn a_file_and_its_master_files_are_named_for_watching() {
    let folder = std::env::temp_dir().join(format!("plustwo-topology-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("corp.zone"),
        "www 60 IN CNAME db\ndb IN A 10.0.1.20\nwww IN A 10.0.1.21\n",
    )
    .unwrap();
    let text = format!(
        "{}\n",
        SAMPLE.replace(
            "    vpcs: [app]\n    records:",
            "    vpcs: [app]\n    file: corp.zone\n    records:"
        )
    );
    fs::write(folder.join("t.yaml"), &text).unwrap();
    let refused = config::load(&folder.join("t.yaml")).unwrap_err().render();
    assert!(refused.contains("`www.corp.internal` has a CNAME and A records"), "{refused}");
    fs::write(folder.join("corp.zone"), "www 60 IN CNAME db\nother IN A 10.0.1.20\n").unwrap();
    let topology =
        config::load(&folder.join("t.yaml")).map_err(|problems| problems.render()).unwrap();
    assert_eq!(topology.files, [folder.join("t.yaml"), folder.join("corp.zone")]);
    assert_eq!(topology.model.hosted_zones[0].rrsets.len(), 4);
    fs::remove_dir_all(&folder).unwrap();
}
