//! The command line as a client of a running server's API.

use std::{fmt::Write as _, io, time::Duration};

use clap::Args;
use serde_json::Value;

use super::Failure;

/// How long connecting may take; the server is on this machine, or near.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a whole call may take: a change of 100,000 endpoints takes seconds.
const CALL: Duration = Duration::from_secs(60);

/// Longest reply that is read, in bytes: the list of 100,000 endpoints takes some 200 MB.
const MAX_REPLY_BYTES: u64 = 1 << 30;

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
        let request = agent().get(self.url(path)?);
        let request = match &self.api_token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        };
        self.value(request.call())
    }

    /// Follows server-sent events, after the one with this id.
    pub(super) fn events(
        &self,
        path: &str,
        last: Option<&str>,
    ) -> Result<impl io::Read + use<>, Failure> {
        let mut request = patient_agent().get(self.url(path)?);
        if let Some(token) = &self.api_token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        match request.call() {
            Ok(reply) if reply.status().is_success() => Ok(reply.into_body().into_reader()),
            refused => self.value(refused).and_then(|_| {
                let message = format!("what answers at {} is not a plustwo server", self.api);
                Err(Failure::Other(message))
            }),
        }
    }

    /// Changes a resource, named below a path, by PUT.
    pub(super) fn put(&self, path: &str, name: &str, body: &Value) -> Result<Value, Failure> {
        self.send(agent().put(self.url(&below(path, name))?), body)
    }

    /// Changes a part of a resource, named below a path.
    pub(super) fn patch(&self, path: &str, name: &str, body: &Value) -> Result<Value, Failure> {
        self.send(agent().patch(self.url(&below(path, name))?), body)
    }

    fn url(&self, path: &str) -> Result<String, Failure> {
        let api = self.api.trim_end_matches('/');
        let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/');
        match api.strip_prefix("http://").filter(|rest| has_host(rest)) {
            Some(_) => Ok(format!("{api}{path}")),
            None => Err(Failure::Other(format!(
                "`{}` is not the URL of an API, such as `http://127.0.0.1:5380`",
                self.api
            ))),
        }
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
        let mut reply = reply.map_err(|error| match error {
            ureq::Error::Timeout(_) => {
                Failure::Other(format!("the server at {} does not answer: {error}", self.api))
            }
            error => Failure::Other(format!("no plustwo server at {}: {error}", self.api)),
        })?;
        let status = reply.status();
        let body = reply.body_mut().with_config().limit(MAX_REPLY_BYTES).read_json::<Value>();
        let value = match body {
            Ok(value) => value,
            Err(ureq::Error::Json(_)) => Value::Null,
            Err(error) => {
                let broke = format!("the reply of the server at {} broke off: {error}", self.api);
                return Err(Failure::Other(broke));
            }
        };
        match value.get("detail").and_then(Value::as_str) {
            Some(detail) if !status.is_success() => Err(Failure::other(detail)),
            _ if status.is_success() && value.is_object() => Ok(value),
            _ => Err(Failure::Other(format!(
                "what answers at {} is not a plustwo server: its reply ({status}) is of another form",
                self.api
            ))),
        }
    }
}

/// A path with a name below it as one segment, whatever the name holds. RFC 3986 §2.1, §2.3
fn below(path: &str, name: &str) -> String {
    let mut out = format!("{path}/");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // writing to a String cannot fail
            other => _ = write!(out, "%{other:02X}"),
        }
    }
    out
}

/// An agent for calls that end.
fn agent() -> ureq::Agent {
    let patience = Some(CALL);
    agent_with(|config| config.timeout_global(patience))
}

/// An agent for streams, which do not: who listens hears something every so often.
fn patient_agent() -> ureq::Agent {
    agent_with(|config| config.timeout_recv_response(Some(CALL)))
}

type Config = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

/// Replies of any status are read: the server's own words are in them. The environment's proxy is for the world
/// outside: it can neither reach this machine's loopback nor should it see the token.
fn agent_with(timeouts: impl FnOnce(Config) -> Config) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT));
    timeouts(config).build().into()
}
