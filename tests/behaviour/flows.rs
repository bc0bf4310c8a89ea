//! The `flows` step: `flows FROM TO [PROTOCOL] [packets N] [bytes N] [at N] [duration N] [flow-log NAME] [source-port N]
//! [source-address A] [idle] [json | delivered]`. `delivered` shows the objects of buckets and the streams of log groups.

use std::fmt::Write as _;

use plustwo::{
    answer,
    flowlog::{self, LoggedFlow},
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
}

fn asked(step: &[&str]) -> Result<Asked, String> {
    let [from, to, rest @ ..] = step else {
        return Err("`flows FROM TO`".to_owned());
    };
    let mut request = FlowsRequest { at: Some(BEGIN), ..FlowsRequest::default() };
    (request.trace.from, request.trace.to) = ((*from).to_owned(), (*to).to_owned());
    let mut asked = Asked { request, as_json: false, delivered: false };
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
            "idle" => request.idle = true,
            "json" => asked.as_json = true,
            "delivered" => asked.delivered = true,
            protocol => request.trace.protocol = Some(protocol.to_owned()),
        }
    }
    Ok(asked)
}

/// Plays the step and returns what it shows. A name is resolved by the core, and its first address taken.
pub(crate) fn play(state: &State, step: &[&str]) -> Result<String, String> {
    let snapshot = state.snapshot();
    let Asked { request, as_json, delivered } = asked(step)?;
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
            out.push_str(&deliveries(&snapshot.model, &logged));
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
        out.push_str("    no record\n");
    }
    Ok(out)
}

/// Keys and lines of objects; log streams, and the time and line of each event.
fn deliveries(model: &Model, logged: &LoggedFlow) -> String {
    let flow_log = &model[logged.flow_log];
    let mut out = String::new();
    match &flow_log.destination {
        FlowLogDestination::S3 { options, .. } => {
            let records = logged.records.iter().flat_map(|(_, records)| records);
            for object in flowlog::objects(model, flow_log, *options, records) {
                writeln!(out, "    {}", object.key).unwrap();
                for record in object.records {
                    writeln!(out, "      {}", flowlog::line(&flow_log.log_format, record)).unwrap();
                }
            }
        }
        FlowLogDestination::CloudWatchLogs { log_group_name, .. } => {
            for (id, records) in &logged.records {
                let stream = flowlog::log_stream(*id, flow_log.traffic_type);
                writeln!(out, "    {log_group_name} {stream}").unwrap();
                for record in records {
                    let line = flowlog::line(&flow_log.log_format, record);
                    writeln!(out, "      {}000 {line}", record.start).unwrap();
                }
            }
        }
    }
    out
}
