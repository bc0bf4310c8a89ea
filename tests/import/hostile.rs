//! Dumps made to hurt: circles, huge numbers, ten thousands of everything. Each ends soon, and says what it left out.

use plustwo::import::{self, Imported};
use serde_json::{Value, json};

use crate::mistakes::Folder;

/// How many there are of what there are many of.
const MANY: usize = 10_000;

fn folder(name: &str, documents: &[Value]) -> Folder {
    let lines: Vec<String> = documents.iter().map(Value::to_string).collect();
    let text = lines.join("\n");
    Folder::new(name).with("dump.json", text)
}

fn imported(name: &str, documents: &[Value]) -> Imported {
    let folder = folder(name, documents);
    import::aws(&folder.0).map_err(|problems| problems.render()).unwrap()
}

/// What is said, a line each.
fn said(imported: &Imported) -> String {
    let lines: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn vpc() -> Value {
    json!({ "Vpcs": [{ "VpcId": "vpc-00000001", "CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true }] })
}

fn assert_said(imported: &Imported, expected: &[&str]) {
    let said = said(imported);
    for expected in expected {
        assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
    }
}

#[test]
fn circles_are_left_out() {
    let imported = imported(
        "circles",
        &[
            vpc(),
            json!({ "VpcPeeringConnections": [{
            "VpcPeeringConnectionId": "pcx-00000001", "Status": { "Code": "active" },
            "RequesterVpcInfo": { "VpcId": "vpc-00000001" }, "AccepterVpcInfo": { "VpcId": "vpc-00000001" },
        }] }),
            json!({ "RouteTables": [{ "RouteTableId": "rtb-00000001", "VpcId": "vpc-00000001", "Associations": [{ "Main": true }], "Routes": [
            { "DestinationCidrBlock": "10.9.0.0/16", "VpcPeeringConnectionId": "pcx-00000001" },
            { "DestinationCidrBlock": "10.8.0.0/16", "VpcPeeringConnectionId": "pcx-0000000f" },
            { "DestinationCidrBlock": "10.7.0.0/16", "GatewayId": "rtb-00000001" },
        ] }] }),
            json!({ "SecurityGroups": [
            { "GroupId": "sg-00000001", "GroupName": "a", "VpcId": "vpc-00000001", "IpPermissions": [{ "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": "sg-00000002" }] }] },
            { "GroupId": "sg-00000002", "GroupName": "b", "VpcId": "vpc-00000001", "IpPermissions": [{ "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": "sg-00000001" }, { "GroupId": "sg-00000002" }] }] },
        ] }),
        ],
    );
    // groups that name each other are as AWS has them
    assert!(imported.text.contains("security_groups: [a, b]"), "{}", imported.text);
    assert_said(
        &imported,
        &[
            "dump.json: pcx-00000001: `pcx-00000001` is left out: ",
            "dump.json: rtb-00000001: its route to 10.9.0.0/16 ends at `pcx-00000001`: there is no peering connection `pcx-00000001`",
            "dump.json: rtb-00000001: its route to 10.8.0.0/16 ends at `pcx-0000000f`, which the topology does not have",
            "dump.json: rtb-00000001: its route to 10.7.0.0/16 by `rtb-00000001` is left out",
        ],
    );
}

#[test]
fn modules_in_modules_without_end_are_refused_at_their_place() {
    let open = r#"{"child_modules":["#.repeat(MANY);
    let text = format!(r#"{{"format_version":"1.0","values":{{"root_module":{open}"#);
    let folder = Folder::new("modules").with("show.json", text);
    let text = import::terraform(&folder.0.join("show.json")).unwrap_err().render();
    assert!(text.contains("the JSON is nested too deeply"), "{text}");
    assert!(text.contains("show.json:1:"), "{text}");
}

#[test]
fn numbers_that_are_none_take_the_rule_with_them() {
    let imported = imported(
        "numbers",
        &[
            vpc(),
            json!({ "SecurityGroups": [{ "GroupId": "sg-00000001", "GroupName": "a", "VpcId": "vpc-00000001", "IpPermissions": [
            { "IpProtocol": "tcp", "FromPort": 1e30, "ToPort": "many", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] },
            { "FromPort": 1, "ToPort": 2, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] },
            { "IpProtocol": "tcp", "FromPort": i64::MAX, "ToPort": i64::MAX, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] },
            { "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }] },
        ] }] }),
            json!({ "NetworkAcls": [{ "NetworkAclId": "acl-00000001", "VpcId": "vpc-00000001", "Entries": [
            { "RuleNumber": 100, "Egress": "yes", "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0" },
            { "RuleNumber": 101, "Egress": false, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": 443 },
            { "RuleNumber": 102, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8" },
            { "RuleNumber": -5, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8" },
            { "RuleNumber": 103, "Egress": false, "Protocol": "-1", "CidrBlock": "10.0.0.0/8" },
        ] }] }),
            json!({ "HostedZones": [{ "Id": "Z00000001", "Name": "x.test.", "Config": { "PrivateZone": true } }] }),
            json!({ "ResourceRecordSets": [{ "Name": "a.x.test.", "Type": "A", "TTL": 1e19, "ResourceRecords": [{ "Value": "10.0.0.1" }] }] }),
        ],
    );
    assert!(!imported.text.contains("cidr_blocks: [0.0.0.0/0]"), "{}", imported.text);
    assert_said(
        &imported,
        &[
            "dump.json: sg-00000001: its `FromPort` is not a whole number but 1e+30: taken as absent",
            "dump.json: sg-00000001: its `ToPort` is not a whole number but \"many\": taken as absent",
            "dump.json: sg-00000001: rules that cannot be read, 2 of them, are left out",
            "dump.json: acl-00000001: rules that cannot be read, 3 of them, are left out",
            "dump.json: acl-00000001: `ingress` -5 is left out: `-5` is not a rule number: expected 1 to 32766",
            "its `TTL` is not a whole number but 1e+19: taken as absent",
        ],
    );
    let huge = Folder::new("huge").with("a.json", "{\"Vpcs\": [\n{\"VpcId\": 1e999}]}");
    let text = import::aws(&huge.0).unwrap_err().render();
    assert!(text.contains("a.json:2:"), "{text}");
}

#[test]
fn ids_that_come_twice_or_are_nowhere_are_said() {
    let imported = imported(
        "twice",
        &[
            vpc(),
            json!({ "Subnets": [
            { "SubnetId": "subnet-00000001", "VpcId": "vpc-00000001", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a" },
            { "SubnetId": "subnet-00000001", "VpcId": "vpc-00000001", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a" },
            { "SubnetId": "subnet-00000002", "VpcId": "vpc-00000009", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a" },
        ] }),
            json!({ "PrefixLists": [
            { "PrefixListId": "pl-00000001", "PrefixListName": "a", "Cidrs": ["10.0.0.0/8", "10.0.0.0/8", "10.1.0.0/16", "::/0"] },
        ] }),
            json!({ "FlowLogs": [{ "FlowLogId": "fl-00000001", "ResourceId": "subnet-0000000f", "TrafficType": "ALL", "LogGroupName": "x" }] }),
            json!({ "Reservations": [{ "Instances": [{ "InstanceId": "i-00000001", "VpcId": "vpc-00000001", "SubnetId": "vpc-00000001" }] }] }),
        ],
    );
    assert!(imported.text.contains("entries: [10.0.0.0/8, 10.1.0.0/16]"), "{}", imported.text);
    assert_said(
        &imported,
        &[
            "dump.json: subnet-00000001: it is in dump.json as well, differently: that counts",
            "dump.json: subnet-00000002: it is in `vpc-00000009`, which is in no file: left out",
            "dump.json: pl-00000001: `entries` ::/0 is left out: `::/0` is of the other family: a list has one",
            "dump.json: fl-00000001: its subnet `subnet-0000000f` is in no file: left out",
            "dump.json: i-00000001: ",
        ],
    );
}

/// Ten thousand of everything that there can be many of in one resource, half of it wrong.
#[test]
fn ten_thousand_rules_end_soon() {
    let many = || 0..MANY;
    let block = |at: usize| {
        format!("20.{}.{}.0/{}", at / 256, at % 256, if at.is_multiple_of(2) { 20 } else { 24 })
    };
    let imported = imported(
        "many",
        &[
            vpc(),
            json!({ "SecurityGroups": [{ "GroupId": "sg-00000001", "GroupName": "a", "VpcId": "vpc-00000001", "IpPermissions": many().map(|at| json!({
            "IpProtocol": "tcp", "FromPort": at, "ToPort": if at.is_multiple_of(2) { at } else { 0 }, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }],
            "PrefixListIds": [{ "PrefixListId": "pl-00000001" }], "UserIdGroupPairs": [{ "GroupId": "sg-00000001" }],
        })).collect::<Vec<_>>() }] }),
            json!({ "NetworkAcls": [{ "NetworkAclId": "acl-00000001", "VpcId": "vpc-00000001", "Entries": many().map(|at| json!({
            "RuleNumber": at + 1, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": if at.is_multiple_of(2) { "10.0.0.0/8" } else { "10.0.0.0/33" },
        })).collect::<Vec<_>>() }] }),
            json!({ "RouteTables": [{ "RouteTableId": "rtb-00000001", "VpcId": "vpc-00000001", "Associations": [{ "Main": true }], "Routes": many().map(|at| json!({
            "DestinationCidrBlock": block(at), "TransitGatewayId": "tgw-00000001",
        })).collect::<Vec<_>>() }] }),
            json!({ "PrefixLists": [{ "PrefixListId": "pl-00000001", "PrefixListName": "a", "Cidrs": many().map(block).collect::<Vec<_>>() }] }),
        ],
    );
    assert_eq!(imported.topology.model.vpcs.len(), 1);
    // of routes and entries, the blocks with bits behind the prefix
    assert_said(
        &imported,
        &[
            "`ingress` 2 is left out: `10.0.0.0/33` is not a CIDR block",
            "has bits behind the prefix",
        ],
    );
}

#[test]
fn ten_thousand_ids_that_come_twice_end_soon() {
    let vpcs: Vec<Value> = (0..MANY)
        .map(
            |at| json!({ "VpcId": "vpc-00000001", "CidrBlock": format!("10.{}.0.0/16", at % 256) }),
        )
        .collect();
    let subnets: Vec<Value> = (0..MANY)
        .map(|at| json!({ "SubnetId": format!("subnet-{at:08x}"), "VpcId": "vpc-00000001", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a" }))
        .collect();
    let imported = imported("ids", &[json!({ "Vpcs": vpcs }), json!({ "Subnets": subnets })]);
    let model = &imported.topology.model;
    assert_eq!((model.vpcs.len(), model.subnets.len()), (1, 1));
}
