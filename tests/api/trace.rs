//! The way of a packet, over HTTP.

use serde_json::{Value, json};

use crate::{
    server::Server,
    table::{Case, check, problem},
};

#[test]
fn a_trace_has_the_shape_of_an_analysis() {
    let server = Server::start();
    let post = |name, body: Value, status, expected| {
        Case::new(name, "POST", "/v1/trace", &body.to_string(), status, expected)
    };
    // the endpoint has the default security group, and so has whoever asks from a subnet
    let found = json!({ "NetworkPathFound": true, "Explanations": [] });
    let no_route = json!({ "NetworkPathFound": false, "Explanations": [{ "ExplanationCode": "NO_ROUTE_TO_DESTINATION" }] });
    let from_a = |to: &str| json!({ "from": "app/app-a", "to": to });
    let analyses = |of: &[&Value]| json!({ "NetworkInsightsAnalyses": of });
    check(
        &server,
        &[
            post(
                "a name is traced to each address",
                from_a("sns.us-east-1.amazonaws.com"),
                200,
                analyses(&[&found, &found]),
            ),
            post(
                "a failed AZ is left out",
                json!({ "from": "app/app-a", "to": "sns.us-east-1.amazonaws.com", "impaired": ["us-east-1b"] }),
                200,
                analyses(&[&found]),
            ),
            post("an address", from_a("192.0.2.1:80"), 200, analyses(&[&no_route])),
            post("no such name", from_a("nosuch.us-east-1.amazonaws.com"), 200, analyses(&[])),
            post(
                "everything else",
                json!({
                    "from": "app/app-a", "to": "10.9.9.9:443", "protocol": "udp", "source_port": 5000,
                    "source_address": "10.0.1.99", "explain_all": true,
                }),
                200,
                json!({ "NetworkInsightsAnalyses": [{ "ForwardPathComponents": [
                    {
                        "InboundHeader": { "Protocol": "17", "SourceAddresses": ["10.0.1.99/32"],
                            "SourcePortRanges": [{ "From": 5000, "To": 5000 }] },
                    },
                    {}, {},
                ] }] }),
            ),
            post("no place", json!({ "from": "app", "to": "192.0.2.1" }), 400, problem(400)),
            post("nobody", json!({ "from": "nobody", "to": "192.0.2.1" }), 400, problem(400)),
            post(
                "no protocol",
                json!({ "from": "app/app-a", "to": "192.0.2.1", "protocol": "tcpp" }),
                400,
                problem(400),
            ),
            post(
                "no AZ",
                json!({ "from": "app/app-a", "to": "192.0.2.1", "impaired": ["x"] }),
                404,
                problem(404),
            ),
            post(
                "an unknown member",
                json!({ "from": "app/app-a", "to": "x", "port": 1 }),
                400,
                problem(400),
            ),
        ],
    );
}
