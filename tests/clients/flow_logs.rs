//! Others read what `plustwo flows --deliver` writes: `DuckDB` files, moto as S3, `CloudWatch` Logs and Firehose, botocore signatures. N230–N232, N234

use libtest_mimic::Trial;

use crate::python::python;

/// The functions of `flow_logs.py`, each a test.
const CASES: &[&str] = &[
    "a_folder_reads_as_the_table_of_athena",
    "the_same_records_are_the_same_files",
    "a_bucket_has_what_a_folder_has",
    "a_log_group_has_a_stream_an_interface",
    "a_firehose_stream_has_a_line_a_record",
    "what_a_log_group_refuses_is_said",
    "what_a_bucket_refuses_is_said",
    "what_a_firehose_stream_refuses_is_said",
    "requests_are_signed_as_botocore_signs_them",
];

pub(crate) fn trials() -> Vec<Trial> {
    let trials = CASES.iter().map(|case| {
        Trial::test(format!("flow_logs::{case}"), move || {
            python("flow_logs.py", &[case, env!("CARGO_BIN_EXE_plustwo")]);
            Ok(())
        })
    });
    trials.collect()
}
