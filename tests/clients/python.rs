//! dnspython and Python's jsonschema: messages no ordinary tool sends, and a validator that is not ours.

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
    let mut trials = trials!("jsonschema": examples_validate_against_the_schema);
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

fn python(script: &str, arguments: &[&str]) -> String {
    let script = file(script).display().to_string();
    run(tool("test-venv/bin/python"), [&[&*script], arguments].concat())
}
