//! Records of flow logs, over HTTP. N200–N218

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    server::Server,
    table::{Case, check, problem},
};

fn post(name: &str, body: &Value, status: u16, expected: Value) -> Case {
    Case::new(name, "POST", "/v1/flows", &body.to_string(), status, expected)
}

/// From a subnet, which has no interface, to an endpoint's one.
fn to_sqs() -> Value {
    json!({ "from": "app/app-a", "to": "10.0.1.70", "at": 1_432_917_000 })
}

/// The same with more in it.
fn and(more: Value) -> Value {
    let mut body = to_sqs();
    let (Value::Object(body_fields), Value::Object(more)) = (&mut body, more) else {
        unreachable!("both are objects")
    };
    body_fields.extend(more);
    body
}

/// A reply in which the flow log `all` has these records of one interface.
fn all_has(records: &Value) -> Value {
    json!({ "FlowLogs": [{
        "FlowLog": { "FlowLogId": "fl-0123456789abcdef0", "TrafficType": "ALL", "LogGroupName": "all" },
        "NetworkInterfaces": [{ "Records": records }],
    }] })
}

#[test]
fn flows_are_recorded_as_on_the_command_line() {
    let server = Server::start();
    let there = json!({ "srcaddr": "10.0.1.254", "dstaddr": "10.0.1.70", "dstport": 443, "protocol": 6, "packets": 4,
        "bytes": 336, "start": 1_432_917_000, "end": 1_432_917_000, "action": "ACCEPT", "log-status": "OK" });
    let back = json!({ "srcaddr": "10.0.1.70", "srcport": 443, "packets": 4, "action": "ACCEPT" });
    let later = json!({ "srcport": 5000, "packets": 2, "bytes": 100, "start": 1_432_917_079, "action": "ACCEPT" });
    check(
        &server,
        &[
            post("there and back", &to_sqs(), 200, all_has(&json!([there, back]))),
            post(
                "everything else",
                &and(json!({
                    "protocol": "udp", "source_port": 5000, "source_address": "10.0.1.99", "packets": 4, "bytes": 200,
                    "duration": 119, "flow_log": "fl-0123456789abcdef0", "nodata": false,
                })),
                200,
                all_has(&json!([
                    { "srcaddr": "10.0.1.99", "protocol": 17, "packets": 2 }, {}, later, { "dstport": 5000 },
                ])),
            ),
            post(
                "interfaces without data",
                &and(json!({ "flow_log": "all", "nodata": true })),
                200,
                json!({ "FlowLogs": [{ "NetworkInterfaces": [
                    {},
                    { "Records": [{ "log-status": "NODATA", "srcaddr": null }] },
                    { "Records": [{ "log-status": "NODATA" }] },
                ] }] }),
            ),
            post(
                "before it is delivered",
                &and(json!({ "delivered_by": 1_432_917_359 })),
                200,
                json!({ "FlowLogs": [], "Explanation": "no record yet: AWS would deliver the first about 2015-05-29T16:36:00Z (N203)" }),
            ),
            post(
                "when it is delivered",
                &and(json!({ "delivered_by": 1_432_917_360 })),
                200,
                json!({ "FlowLogs": [{ "Deliveries": [{ "At": "2015-05-29T16:36:00Z", "Records": 2 }] }] }),
            ),
            post(
                "nothing is seen",
                &and(json!({ "flow_log": "rejected" })),
                200,
                json!({ "FlowLogs": [], "Explanation": "no record: no flow log that is asked for covers network interface of interface endpoint app/sqs (eni-9956876f4447b0101) (N200)" }),
            ),
            post(
                "no packet",
                &and(json!({ "packets": 0 })),
                200,
                json!({ "FlowLogs": [], "Explanation": "no record: no packet is sent" }),
            ),
            post(
                "no such name",
                &and(json!({ "to": "nosuch.us-east-1.amazonaws.com" })),
                200,
                json!({ "FlowLogs": [], "Explanation": "no record: there is no address to send packets to" }),
            ),
        ],
    );
}

#[test]
fn a_fault_is_seen_at_once() {
    let server = Server::start();
    let put = |state: &str| server.call("PUT", "/v1/network-interfaces/10.0.1.70", state);
    assert_eq!(put(r#"{"state":"impaired"}"#).status, 200);
    let unseen = "no record: no network interface sees a packet; `trace` says where they go";
    let nothing = json!({ "FlowLogs": [], "Explanation": unseen });
    check(&server, &[post("impaired", &to_sqs(), 200, nothing)]);
    assert_eq!(put(r#"{"state":"available"}"#).status, 200);
    check(&server, &[post("available again", &to_sqs(), 200, all_has(&json!([{}, {}])))]);
}

#[test]
fn what_is_too_much_is_refused() {
    let server = Server::start();
    let refused = |detail: &str| json!({ "status": 400, "detail": detail });
    let most = u64::MAX;
    check(
        &server,
        &[
            post(
                "packets",
                &and(json!({ "packets": most })),
                400,
                refused("18446744073709551615 packets: expected at most 1000000000"),
            ),
            post(
                "octets",
                &and(json!({ "packets": 2, "bytes": 131_071 })),
                400,
                refused("131071 octets in these packets: expected at most 131070"),
            ),
            post(
                "a later time",
                &and(json!({ "at": most })),
                400,
                refused("18446744073709551615 seconds since 1970: expected at most 253370764799"),
            ),
            post(
                "seconds",
                &and(json!({ "duration": 3601 })),
                400,
                refused("3601 seconds from the first packet to the last: expected at most 3600"),
            ),
            // the most that is taken
            post(
                "all of it",
                &and(
                    json!({ "packets": 1_000_000_000, "bytes": 65_535_000_000_000_u64, "at": 253_370_764_799_u64,
                    "duration": 3600, "flow_log": "rejected" }),
                ),
                200,
                json!({ "FlowLogs": [] }),
            ),
            post(
                "delivered in the year 9999",
                &and(json!({ "at": 253_370_764_799_u64, "flow_log": "all" })),
                200,
                json!({ "FlowLogs": [{ "Deliveries": [{ "At": "9999-01-01T00:05:00Z" }] }] }),
            ),
            post("no place", &json!({ "from": "app", "to": "192.0.2.1" }), 400, problem(400)),
            post("a word", &and(json!({ "packets": "four" })), 400, problem(400)),
            post("less than none", &and(json!({ "packets": -1 })), 400, problem(400)),
            post("an unknown member", &and(json!({ "deliver": true })), 400, problem(400)),
            post(
                "no such flow log",
                &and(json!({ "flow_log": "al" })),
                404,
                json!({ "status": 404, "nearest": "all" }),
            ),
        ],
    );
}

#[test]
fn as_many_records_as_nobody_reads_are_refused() {
    let server = Server::start();
    let mut topology = "region: us-east-1\nvpcs:\n  v:\n    cidr_block: 10.0.0.0/16\n    subnets: { a: { availability_zone: \
                        us-east-1a, cidr_block: 10.0.0.0/20 } }\n    instances:\n"
        .to_owned();
    for number in 0..70 {
        writeln!(topology, "      i{number}: {{ subnet: a }}").unwrap();
    }
    let without = server.call("PUT", "/v1/topology", &topology);
    assert_eq!(without.status, 200, "{}", without.body);
    let body = json!({ "from": "v/i0", "to": "v/i1", "duration": 3600, "nodata": true });
    check(&server, &[post("no flow logs", &body, 404, problem(404))]);
    topology.push_str("flow_logs: { all: { vpc: v, traffic_type: ALL, log_group_name: all } }\n");
    assert_eq!(server.call("PUT", "/v1/topology", &topology).status, 200);
    let detail =
        "more than 2000 records: name one flow log, send for a shorter time, or leave `nodata` out";
    check(&server, &[post("too many", &body, 400, json!({ "status": 400, "detail": detail }))]);
}
