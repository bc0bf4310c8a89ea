//! `/v1/resolve`: a question without a DNS client, with the explanation.

use std::sync::Arc;

use axum::{Json, extract::State};
use hickory_proto::rr::{Name, RecordType};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Api,
    problem::{Body, Problem},
};
use crate::{
    answer::Question,
    config,
    health::Target,
    model::{Vantage, VpcIx},
    render::{self, AnswerReport},
};

/// A question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Question")]
pub(super) struct Ask {
    /// The QNAME, with or without its last dot.
    name: String,
    /// The QTYPE; A where absent.
    #[serde(rename = "type")]
    rtype: Option<String>,
    /// Who asks, as the command line spells it; the first VPC where absent.
    from: Option<String>,
    /// AZs that DNS shall take to be impaired, for this question only.
    #[serde(default)]
    impaired: Vec<String>,
}

pub(super) async fn resolve(
    State(api): State<Api>,
    Body(ask): Body<Ask>,
) -> Result<Json<AnswerReport>, Problem> {
    let Ask { name, rtype, from, impaired } = ask;
    let snapshot = api.state.snapshot();
    let model = &snapshot.model;
    let mut name = Name::from_ascii(&name)
        .map_err(|error| Problem::bad_request(format!("`{name}` is not a domain name: {error}")))?;
    name.set_fqdn(true);
    let rtype = rtype.unwrap_or_else(|| "A".to_owned()).to_ascii_uppercase();
    let rtype: RecordType = rtype
        .parse()
        .map_err(|_| Problem::bad_request(format!("`{rtype}` is not a record type")))?;
    let question = Question { name, rtype };
    let vantage = match from {
        Some(from) => config::vantage(model, &from)?,
        None if model.vpcs.is_empty() => Vantage::Internet,
        None => Vantage::vpc(VpcIx(0)),
    };
    let mut supposed = (*snapshot).clone();
    for az in &impaired {
        let target = Target::AvailabilityZone(config::find_az(model, az)?);
        supposed = supposed.forcing(target, api.state.clock().now());
    }
    let supposed = Arc::new(supposed);
    let answer = (api.resolve)(Arc::clone(&supposed), vantage, question.clone()).await;
    Ok(Json(render::answer_report(&supposed.situation(vantage, 0), &question, &answer)))
}
