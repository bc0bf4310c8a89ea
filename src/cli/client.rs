//! The command line as a client of a running server's API.

use clap::Args;
use serde_json::Value;

use super::Failure;

/// Which server to talk to
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The API of the running server
    #[arg(long, env = "PLUSTWO_API", default_value = "http://127.0.0.1:5380", value_name = "URL")]
    api: String,
    /// The API's token, where it has one
    #[arg(long, env = "PLUSTWO_API_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    api_token: Option<String>,
}

impl Server {
    /// Gets a resource.
    pub(super) fn get(&self, path: &str) -> Result<Value, Failure> {
        let request = agent().get(self.url(path));
        let request = match &self.api_token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        };
        self.value(request.call())
    }

    /// Changes a resource by PUT.
    pub(super) fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(agent().put(self.url(path)), body)
    }

    /// Changes a part of a resource.
    pub(super) fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(agent().patch(self.url(path)), body)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api.trim_end_matches('/'))
    }

    fn send(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        body: &Value,
    ) -> Result<Value, Failure> {
        let request = match &self.api_token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        };
        self.value(request.send_json(body))
    }

    /// The body of a reply; a problem becomes a failure in the server's words.
    fn value(
        &self,
        reply: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, Failure> {
        let mut reply = reply.map_err(|error| {
            Failure::Other(format!("no plustwo server at {}: {error}", self.api))
        })?;
        let value: Value = reply.body_mut().read_json().unwrap_or_default();
        if reply.status().is_success() {
            return Ok(value);
        }
        let detail = value.get("detail").and_then(Value::as_str);
        Err(Failure::Other(detail.map_or_else(|| reply.status().to_string(), ToOwned::to_owned)))
    }
}

/// Replies of any status are read: the server's own words are in them.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}
