//! The step `policy`: what becomes of a request under the policies on its way.

use std::fmt::Write as _;

use plustwo::{
    config,
    model::{Model, Vantage},
    policy::{Asked, Identity, RequestContext, Requester, decide},
    render::{Sentence, explain_decision},
};

/// Plays `policy ACTION ARN [through=ENDPOINT] [by=PRINCIPAL] [identity=none] [KEY=VALUE]…` in 1970.
pub(crate) fn policy(model: &Model, vantage: Vantage, step: &[&str]) -> Result<String, String> {
    let [action, resource, options @ ..] = step else {
        return Err("an action and an ARN are missing".to_owned());
    };
    let mut asked = Asked {
        vantage,
        through: None,
        source: None,
        requester: Requester::example(model),
        action: (*action).to_owned(),
        resource: (*resource).to_owned(),
        identity: Identity::Allow,
        at_unix_secs: 0,
        context: RequestContext::default(),
    };
    let mut keys = Vec::new();
    for option in options {
        match option.split_once('=') {
            Some(("through", endpoint)) => {
                let endpoint = config::find_any_endpoint(model, endpoint);
                asked.through = Some(endpoint.map_err(|error| error.to_string())?);
            }
            Some(("by", principal)) => {
                asked.requester =
                    principal.parse().map_err(|error| format!("{principal}: {error}"))?;
            }
            Some(("identity", "none")) => asked.identity = Identity::None,
            _ => keys.push(*option),
        }
    }
    asked.context = RequestContext::parse(&keys).map_err(|error| error.to_string())?;
    if let Err(error) = asked.check(model) {
        return Ok(format!("    {error}\n"));
    }
    let decision = decide(model, &asked);
    let mut out = match decision.code() {
        Some(code) => format!("    denied: {code}\n"),
        None => format!("    {}\n", if decision.allowed { "allowed" } else { "denied" }),
    };
    for Sentence { text, rules } in explain_decision(model, &asked, &decision) {
        writeln!(out, "    {text} ({})", rules.join(", ")).unwrap();
    }
    Ok(out)
}
