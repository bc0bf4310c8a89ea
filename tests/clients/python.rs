//! dnspython, Python's jsonschema, schemathesis, prometheus-client and botocore: messages no ordinary tool sends, and readers
//! that are not ours.

use libtest_mimic::Trial;

use crate::{
    program::{file, run, tool},
    server::Server,
};

/// The functions of messages.py, each a test.
const MESSAGES: &[&str] = &[
    "responses_get_no_answer",
    "short_packets_get_no_answer",
    "random_bytes_do_no_harm",
    "missing_question_is_formerr",
    "two_questions_are_formerr",
    "compression_loops_are_formerr",
    "overlong_names_are_formerr",
    "two_opt_records_are_formerr",
    "unknown_edns_options_are_ignored",
    "ad_is_never_set",
    "update_notify_and_transfers_are_refused",
    "malformed_message_over_tcp_is_formerr",
    "pipelined_queries_are_all_answered",
    "query_that_comes_byte_by_byte_is_answered",
    "broken_tcp_frames_do_no_harm",
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials =
        trials!("jsonschema": examples_validate_against_the_schema events_are_of_their_form);
    trials.extend(trials!("prometheus_client": metrics_are_read));
    trials.extend(trials!("botocore": traces_are_network_insights_analyses));
    trials.extend(trials!("schemathesis": the_api_is_as_it_says what_there_is_is_as_the_api_says));
    trials.extend(MESSAGES.iter().map(|case| {
        Trial::test(format!("dnspython::{case}"), move || {
            let server = Server::start();
            python("messages.py", &[case, &server.port()]);
            Ok(())
        })
    }));
    trials
}

/// `plustwo schema` describes each topology of examples/ and the one of these tests.
fn examples_validate_against_the_schema() {
    let schema = run(env!("CARGO_BIN_EXE_plustwo"), ["schema"]);
    let printed = tool("test-tools").join(format!("schema-{}.json", std::process::id()));
    std::fs::write(&printed, schema).unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let schema = printed.display().to_string();
    python("schema.py", &[&schema, root]);
    std::fs::remove_file(printed).unwrap();
}

/// The data of events, which schemathesis does not read, against their schemas in `/openapi.json`.
fn events_are_of_their_form() {
    let server = Server::of(include_str!("../api/topology.yaml"));
    python("events.py", &[&server.api, &server.port()]);
}

/// Traces as JSON against botocore's model of EC2. N280
fn traces_are_network_insights_analyses() {
    python("analyses.py", &[env!("CARGO_BIN_EXE_plustwo")]);
}

fn metrics_are_read() {
    let server = Server::start();
    python("metrics.py", &[&format!("{}/metrics", server.api)]);
}

fn the_api_is_as_it_says() {
    schemathesis(&[]);
}

/// The same with names of things that exist.
fn what_there_is_is_as_the_api_says() {
    let config = file("schemathesis.toml").display().to_string();
    schemathesis(&["--config-file", &config]);
}

/// Holds a server against its own `/openapi.json`. Streams have no end, so they are left out; that data of the right form
/// is accepted is not asked, because names of nothing have it too.
fn schemathesis(before: &[&str]) {
    let server = Server::of(include_str!("../api/topology.yaml"));
    let document = format!("{}/openapi.json", server.api);
    let run_it = [
        "run",
        &document,
        "--max-examples",
        "50",
        "--generation-deterministic",
        "--exclude-path",
        "/v1/events",
        "--exclude-path",
        "/v1/query-log",
        "--exclude-checks",
        "positive_data_acceptance",
        "--no-color",
    ];
    // it leaves files of its own where it runs
    let program = tool("test-venv/bin/schemathesis").display().to_string();
    let in_folder = ["-C", env!("CARGO_TARGET_TMPDIR"), &program];
    run("env", [&in_folder, before, &run_it].concat());
}

pub(crate) fn python(script: &str, arguments: &[&str]) -> String {
    let script = file(script).display().to_string();
    run(tool("test-venv/bin/python"), [&[&*script], arguments].concat())
}
