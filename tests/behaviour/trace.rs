//! The `trace` step: `trace FROM TO [PROTOCOL] [source-port N] [source-address A] [size N] [idle N] [explain-all]
//! [json]`.

use std::fmt::Write as _;

use plustwo::{
    answer::{self, Outcome},
    render,
    state::{Destination, State, TracePlan, TraceRequest},
};

/// Plays the step and returns what it shows. A name is resolved by the core, whatever the door: a trace has no wire.
pub(crate) fn play(state: &State, step: &[&str]) -> Result<String, String> {
    let [from, to, rest @ ..] = step else {
        return Err("`trace FROM TO`".to_owned());
    };
    let mut request =
        TraceRequest { from: (*from).to_owned(), to: (*to).to_owned(), ..TraceRequest::default() };
    let mut as_json = false;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or(format!("`{word}` of what?"));
        match *word {
            "explain-all" => request.explain_all = true,
            "json" => as_json = true,
            "source-port" => {
                let port = value()?;
                request.source_port = Some(port.parse().map_err(|_| format!("no port `{port}`"))?);
            }
            "size" => {
                let size = value()?;
                request.size = Some(size.parse().map_err(|_| format!("no size `{size}`"))?);
            }
            "idle" => {
                let idle = value()?;
                request.idle = Some(idle.parse().map_err(|_| format!("no seconds `{idle}`"))?);
            }
            "source-address" => {
                let address = value()?;
                let address = address.parse().map_err(|_| format!("no address `{address}`"))?;
                request.source_address = Some(address);
            }
            protocol => request.protocol = Some(protocol.to_owned()),
        }
    }
    let snapshot = state.snapshot();
    let plan = match TracePlan::new(&snapshot, &request) {
        Ok(plan) => plan,
        Err(error) => return Ok(format!("    {error}\n")),
    };
    let mut answers = Vec::new();
    for question in plan.questions(&snapshot) {
        let answer = answer::answer(&snapshot.situation(plan.vantage, 0), &question);
        if matches!(answer.outcome, Outcome::Ask(..)) {
            return Err("a trace asks nobody else".to_owned());
        }
        answers.push(answer);
    }
    let mut out = String::new();
    if let Destination::Name(name) = &plan.destination {
        let said = render::resolved_text(&snapshot.model, plan.vantage, name, &answers);
        write!(out, "    {said}").unwrap();
    }
    let world = snapshot.world(request.explain_all);
    let traces = plan.trace(&snapshot, &plan.addresses(&answers));
    for trace in traces.map_err(|error| error.to_string())? {
        if as_json {
            let analysis = render::network_insights_analysis(&world, &trace);
            for line in format!("{analysis:#}").lines() {
                writeln!(out, "    {line}").unwrap();
            }
            continue;
        }
        if matches!(plan.destination, Destination::Name(_)) {
            writeln!(out, "    to {}", trace.flow.destination).unwrap();
        }
        for line in render::trace_lines(&world, &trace) {
            writeln!(out, "    {line}").unwrap();
        }
    }
    Ok(out)
}
