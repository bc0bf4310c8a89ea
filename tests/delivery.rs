//! Files that flow logs are delivered to, split where they would be too large. N230

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use plustwo::{
    config,
    delivery::{self, Credentials, Environment},
    flowlog::{LoggedFlow, MAX_FILE_BYTES, header, line},
    model::{FlowLog, Model},
    state::{Clock, FlowsLimits, FlowsPlan, FlowsRequest, Snapshot, State, TraceRequest},
};

/// The largest file of these tests, in octets.
const SMALL: u64 = 1000;

/// A flow log that writes to a folder, in a format.
fn model(folder: &Path, file_format: &str) -> Model {
    let text = format!(
        "region: us-east-1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    subnets: {{ a: {{ availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }} }}
    instances:
      one: {{ subnet: a, private_ip: 10.0.1.10 }}
      two: {{ subnet: a, private_ip: 10.0.1.11 }}
flow_logs:
  files: {{ vpc: app, traffic_type: ALL, log_destination_type: s3, log_destination: \"{}\", destination_options: {{ \
         file_format: {file_format} }} }}
",
        folder.display()
    );
    config::parse("topology.yaml", &text)
        .unwrap_or_else(|problems| panic!("{}", problems.render()))
        .model
}

/// An hour of packets.
fn logged(snapshot: &Snapshot) -> LoggedFlow {
    let [from, to] = ["app/one", "app/two"].map(str::to_owned);
    let request = FlowsRequest {
        trace: TraceRequest { from, to, ..TraceRequest::default() },
        packets: Some(3600),
        duration_secs: Some(3599),
        ..FlowsRequest::default()
    };
    let plan = FlowsPlan::new(snapshot, &request, FlowsLimits::default(), 1_529_511_600).unwrap();
    let addresses = plan.trace.addresses(&[]);
    plan.records(snapshot, &addresses).unwrap().remove(0)
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("delivery-{name}"));
    _ = fs::remove_dir_all(&folder);
    folder
}

/// Delivers to a folder; what was to be delivered as lines, and the files it became, by their names.
fn delivered(
    name: &str,
    file_format: &str,
    max_file_bytes: u64,
) -> (FlowLog, Vec<String>, Vec<PathBuf>) {
    let folder = folder(name);
    let state = State::new(model(&folder, file_format), Clock::stopped());
    let snapshot = state.snapshot();
    let logged = logged(&snapshot);
    let environment = Environment {
        endpoint_url_s3: None,
        endpoint_url_logs: None,
        endpoint_url_firehose: None,
        max_file_bytes,
        credentials: Credentials {
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: None,
        },
    };
    let mut delivered = Vec::new();
    delivery::deliver(&snapshot.model, &logged, &environment, |of| delivered.push(of)).unwrap();
    let mut files: Vec<PathBuf> = delivered.iter().map(|of| PathBuf::from(&of.to)).collect();
    files.sort();
    files.dedup();
    assert_eq!(files.len(), delivered.len(), "each has a name of its own");
    let flow_log = snapshot.model[logged.flow_log].clone();
    let records = logged.records.iter().flat_map(|(_, records)| records);
    let mut lines: Vec<String> = records.map(|record| line(&flow_log.log_format, record)).collect();
    lines.sort();
    (flow_log, lines, files)
}

fn text_of(file: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn text_is_split_and_nothing_is_lost() {
    let (_, _, files) = delivered("text-whole", "plain-text", MAX_FILE_BYTES);
    // a file for each five minutes of an hour
    assert_eq!(files.len(), 12);
    let (flow_log, lines, files) = delivered("text", "plain-text", SMALL);
    assert!(files.len() > 24, "{}", files.len());
    let mut found = Vec::new();
    for file in files {
        let text = text_of(&file);
        assert!(
            text.len() <= usize::try_from(SMALL).unwrap(),
            "{}: {}",
            file.display(),
            text.len()
        );
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(&*header(&flow_log.log_format)));
        found.extend(lines.map(str::to_owned));
    }
    found.sort();
    assert_eq!(found, lines);
}

#[test]
fn a_record_that_is_larger_is_a_file() {
    let (_, lines, files) = delivered("text-alone", "plain-text", 10);
    assert_eq!(files.len(), lines.len());
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_split_and_nothing_is_lost() {
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Field,
    };

    let (_, _, files) = delivered("parquet-whole", "parquet", MAX_FILE_BYTES);
    assert_eq!(files.len(), 12);
    let (_, lines, files) = delivered("parquet", "parquet", SMALL);
    assert!(files.len() > 24, "{}", files.len());
    let mut found = Vec::new();
    for file in files {
        let reader = SerializedFileReader::new(fs::File::open(&file).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let words = row.get_column_iter().map(|(_, field)| match field {
                Field::Null => "-".to_owned(),
                Field::Str(text) => text.clone(),
                number => number.to_string(),
            });
            found.push(words.collect::<Vec<_>>().join(" "));
        }
    }
    found.sort();
    assert_eq!(found, lines);
}
