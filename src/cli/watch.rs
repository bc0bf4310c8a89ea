//! `plustwo watch`: queries and changes of a running server, as they happen.

use std::{
    fmt::Write as _,
    io::{self, BufReader, IsTerminal as _},
    thread,
    time::Duration,
};

use clap::Args;
use serde_json::Value;

use super::{Failure, Output, Verdict, client::Server, print};

/// The widths of the columns on a terminal, but for the last: time, from, name, type, status.
const WIDTHS: [usize; 5] = [12, 16, 48, 6, 9];

/// The names of the columns.
const TITLES: [&str; 6] = ["TIME", "FROM", "NAME", "TYPE", "STATUS", "ANSWER"];

/// How long to wait before asking a server again that has let us go.
const AGAIN: Duration = Duration::from_secs(1);

/// Show the queries of a running server as they are answered, and its changes
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// End after so many queries
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Columns.
    Table,
    /// Words with a space between.
    Plain,
    /// The data as they come.
    Json,
}

/// An event of the stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    data: String,
    id: Option<String>,
}

impl Watch {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let style = match self.output {
            Output::Json => Style::Json,
            Output::Text if io::stdout().is_terminal() => Style::Table,
            Output::Text => Style::Plain,
        };
        let mut left = self.count;
        let mut last = None;
        if left == Some(0) {
            return Ok(Verdict::Yes);
        }
        loop {
            let stream = self.server.events("/v1/events?queries=true", last.as_deref())?;
            if style == Style::Table && last.is_none() {
                print(&format!("{}\n", columns(&TITLES.map(str::to_owned))))?;
            }
            let mut lines = BufReader::new(stream);
            while let Some(event) = next(&mut lines) {
                last = event.id.or(last);
                let Ok(data) = serde_json::from_str::<Value>(&event.data) else { continue };
                match style {
                    Style::Json => print(&format!("{}\n", event.data))?,
                    Style::Table => print(&format!("{}\n", columns(&cells(&data))))?,
                    Style::Plain => print(&format!("{}\n", cells(&data).join(" ")))?,
                }
                if text(&data, "type") == "query"
                    && let Some(left) = &mut left
                {
                    *left -= 1;
                    if *left == 0 {
                        return Ok(Verdict::Yes);
                    }
                }
            }
            // let go, or the server has ended: then asking again fails
            thread::sleep(AGAIN);
        }
    }
}

/// The next event with data; none when the stream is over. WHATWG HTML §9.2.6
fn next(lines: &mut impl io::BufRead) -> Option<Event> {
    let mut event = Event::default();
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let text = line.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            // an id alone says where the stream is
            if !event.data.is_empty() || event.id.is_some() {
                return Some(event);
            }
            continue;
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => event.data.push_str(value),
            "id" => event.id = Some(value.to_owned()),
            _ => {}
        }
    }
}

/// What is shown of an event, by column.
fn cells(data: &Value) -> [String; 6] {
    let time = text(data, "at");
    let time = time.split_once('T').map_or(time, |(_, time)| time).trim_end_matches('Z');
    let dash = || "-".to_owned();
    let [from, name, rtype, status, answer] = match text(data, "type") {
        "query" => [
            text(data, "vantage").to_owned(),
            text(data, "name").to_owned(),
            text(data, "qtype").to_owned(),
            text(data, "status").to_owned(),
            answers(data),
        ],
        "missed" => {
            let queries = data.get("queries").and_then(Value::as_u64);
            let changes = data.get("changes").and_then(Value::as_u64);
            let what = match (queries, changes) {
                (Some(queries), _) => format!("{queries} queries"),
                (None, Some(changes)) => format!("{changes} changes"),
                (None, None) => "changes of another run".to_owned(),
            };
            [dash(), what, dash(), "missed".to_owned(), dash()]
        }
        kind => [dash(), dash(), dash(), "changed".to_owned(), change(kind, data)],
    };
    let time = if time.is_empty() { dash() } else { format!("{time:.12}") };
    [time, from, name, rtype, status, answer]
}

/// The data of the answer's records.
fn answers(query: &Value) -> String {
    let records = query.get("answers").and_then(Value::as_array).map(Vec::as_slice);
    let mut out: Vec<&str> =
        records.unwrap_or_default().iter().map(|record| text(record, "data")).collect();
    if query.get("answers_left_out").and_then(Value::as_u64).is_some_and(|left| left > 0) {
        out.push("…");
    }
    if out.is_empty() { "-".to_owned() } else { out.join(" ") }
}

/// A change in words.
fn change(kind: &str, data: &Value) -> String {
    match kind {
        "health" => {
            let targets = data.get("targets").and_then(Value::as_array).map(Vec::as_slice);
            let mut out = String::new();
            for target in targets.unwrap_or_default() {
                let comma = if out.is_empty() { "" } else { ", " };
                // writing to a String cannot fail
                _ = write!(
                    out,
                    "{comma}{} is {}, DNS takes it as {}",
                    text(target, "name"),
                    text(target, "observed"),
                    text(target, "effective")
                );
            }
            out
        }
        "health_check" => {
            format!("health check {} is {}", text(data, "name"), text(data, "status"))
        }
        "firewall" => {
            format!("DNS Firewall of {} is {}", text(data, "vpc"), text(data, "state"))
        }
        "vpc_endpoint" => {
            let private_dns = data.get("private_dns_enabled").and_then(Value::as_bool);
            let switch = if private_dns == Some(true) { "on" } else { "off" };
            let (name, state) = (text(data, "name"), text(data, "state"));
            format!("{name} is {state}, private DNS {switch}")
        }
        "topology" => format!("topology: {}", text(data, "cause").replace('_', " ")),
        other => other.to_owned(),
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A line in columns; what is too long for its own pushes the others.
fn columns(cells: &[String; 6]) -> String {
    let mut out = String::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        _ = write!(out, "{cell:width$} ");
    }
    let [.., last] = cells;
    out + last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_out_of_a_stream() {
        let stream = "id: 1-4\n\n: keep alive\n\nevent: query\ndata: {\"a\":1}\n\nevent: health\r\ndata:{}\r\nid: 1-5\r\n\r\ndata: cut";
        let mut bytes = stream.as_bytes();
        let event = |data: &str, id: Option<&str>| {
            Some(Event { data: data.to_owned(), id: id.map(str::to_owned) })
        };
        assert_eq!(next(&mut bytes), event("", Some("1-4")));
        assert_eq!(next(&mut bytes), event(r#"{"a":1}"#, None));
        assert_eq!(next(&mut bytes), event("{}", Some("1-5")));
        assert_eq!(next(&mut bytes), None);
    }

    #[test]
    fn a_line_has_what_a_person_looks_for() {
        for (data, expected) in [
            (
                r#"{"type":"query","at":"2026-01-02T03:04:05.678Z","vantage":"app","name":"a.","qtype":"A","status":"NOERROR","answers":[{"data":"10.0.0.1"},{"data":"10.0.0.2"}],"answers_left_out":1}"#,
                "03:04:05.678 app a. A NOERROR 10.0.0.1 10.0.0.2 …",
            ),
            (
                r#"{"type":"query","at":"2026-01-02T03:04:05Z","vantage":"app","name":"a.","qtype":"A","status":"NXDOMAIN","answers":[],"answers_left_out":0}"#,
                "03:04:05 app a. A NXDOMAIN -",
            ),
            (
                r#"{"type":"health","at":"2026-01-02T03:04:05Z","targets":[{"name":"us-east-1a","observed":"impaired","effective":"available"}]}"#,
                "03:04:05 - - - changed us-east-1a is impaired, DNS takes it as available",
            ),
            (r#"{"type":"missed","queries":7}"#, "- - 7 queries - missed -"),
            (
                r#"{"type":"vpc_endpoint","at":"x","name":"app/sqs","state":"available","private_dns_enabled":false}"#,
                "x - - - changed app/sqs is available, private DNS off",
            ),
            (
                r#"{"type":"topology","at":"x","cause":"hidden_zone_detached"}"#,
                "x - - - changed topology: hidden zone detached",
            ),
        ] {
            assert_eq!(cells(&serde_json::from_str(data).unwrap()).join(" "), expected, "{data}");
        }
    }
}
