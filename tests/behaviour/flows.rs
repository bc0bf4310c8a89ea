//! The `flows` step: `flows FROM TO [PROTOCOL] [packets N] [bytes N] [at N] [duration N] [flow-log NAME] [source-port N]
//! [source-address A] [nodata] [delivered-by N] [json | delivered [max-file-bytes N]]`. `delivered` shows what goes where, and when.

use std::fmt::Write as _;

use plustwo::{
    answer,
    flowlog::{self, LoggedFlow, MAX_FILE_BYTES},
    model::{FlowLogDestination, Model},
    render,
    state::{FlowsLimits, FlowsPlan, FlowsRequest, State},
};

/// When flows of pages begin that say nothing of it, in seconds since 1970: a whole ten minutes.
const BEGIN: u64 = 1_432_917_000;

/// What a step asks for.
struct Asked {
    request: FlowsRequest,
    as_json: bool,
    delivered: bool,
    max_file_bytes: u64,
}

fn asked(step: &[&str]) -> Result<Asked, String> {
    let [from, to, rest @ ..] = step else {
        return Err("`flows FROM TO`".to_owned());
    };
    let mut request = FlowsRequest { at: Some(BEGIN), ..FlowsRequest::default() };
    (request.trace.from, request.trace.to) = ((*from).to_owned(), (*to).to_owned());
    let mut asked =
        Asked { request, as_json: false, delivered: false, max_file_bytes: MAX_FILE_BYTES };
    let request = &mut asked.request;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or(format!("`{word}` of what?"));
        let number = |text: &str| text.parse::<u64>().map_err(|_| format!("no number `{text}`"));
        match *word {
            "packets" => request.packets = Some(number(value()?)?),
            "bytes" => request.bytes = Some(number(value()?)?),
            "at" => request.at = Some(number(value()?)?),
            "duration" => request.duration_secs = Some(number(value()?)?),
            "flow-log" => request.flow_log = Some((*value()?).to_owned()),
            "source-port" => {
                let port = value()?;
                request.trace.source_port =
                    Some(port.parse().map_err(|_| format!("no port `{port}`"))?);
            }
            "source-address" => {
                let address = value()?;
                let address = address.parse().map_err(|_| format!("no address `{address}`"))?;
                request.trace.source_address = Some(address);
            }
            "nodata" => request.nodata = true,
            "json" => asked.as_json = true,
            "delivered" => asked.delivered = true,
            "delivered-by" => request.delivered_by = Some(number(value()?)?),
            "max-file-bytes" => asked.max_file_bytes = number(value()?)?,
            protocol => request.trace.protocol = Some(protocol.to_owned()),
        }
    }
    Ok(asked)
}

/// Plays the step and returns what it shows. A name is resolved by the core, and its first address taken.
pub(crate) fn play(state: &State, step: &[&str]) -> Result<String, String> {
    let snapshot = state.snapshot();
    let Asked { request, as_json, delivered, max_file_bytes } = asked(step)?;
    let plan = FlowsPlan::new(&snapshot, &request, FlowsLimits::default(), BEGIN)
        .map_err(|error| error.to_string())?;
    let questions = plan.trace.questions(&snapshot);
    let answers: Vec<_> = questions
        .iter()
        .map(|question| answer::answer(&snapshot.situation(plan.trace.vantage, 0), question))
        .collect();
    let addresses = plan.trace.addresses(&answers);
    let logged = plan.records(&snapshot, &addresses).map_err(|error| error.to_string())?;
    let world = snapshot.world(false);
    let mut out = String::new();
    for logged in logged {
        if delivered {
            out.push_str(&deliveries(&snapshot.model, &logged, max_file_bytes));
            continue;
        }
        if as_json {
            let shown = render::logged_flow_json(&world, &logged);
            for line in format!("{shown:#}").lines() {
                writeln!(out, "    {line}").unwrap();
            }
            continue;
        }
        for line in render::logged_flow_lines(&world, &logged) {
            writeln!(out, "    {line}").unwrap();
        }
    }
    if out.is_empty() {
        let silence = plan.silence(&snapshot, &addresses).map_err(|error| error.to_string())?;
        writeln!(out, "    {}", render::silence_text(&world, silence)).unwrap();
    }
    Ok(out)
}

/// Where records are delivered, and when: keys and lines of objects; log streams, and the time and line of each event; Firehose streams and
/// their lines.
fn deliveries(model: &Model, logged: &LoggedFlow, max_file_bytes: u64) -> String {
    let flow_log = &model[logged.flow_log];
    let mut out = String::new();
    for delivery in flowlog::deliveries(model, logged, max_file_bytes) {
        let (group, is_group) = match &flow_log.destination {
            FlowLogDestination::CloudWatchLogs { log_group_name, .. } => {
                (format!("{log_group_name} "), true)
            }
            FlowLogDestination::S3 { .. } | FlowLogDestination::Firehose { .. } => {
                (String::new(), false)
            }
        };
        let at = flowlog::time_text(delivery.at);
        writeln!(out, "    {at} {group}{}", delivery.to).unwrap();
        for record in delivery.records {
            let time = if is_group { format!("{}000 ", record.start) } else { String::new() };
            let line = flowlog::line(&flow_log.log_format, record);
            writeln!(out, "      {time}{line}").unwrap();
        }
    }
    out
}
