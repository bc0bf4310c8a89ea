//! Signed requests to the APIs of AWS, or to whatever speaks as they do.

use std::{sync::Arc, time::Duration};

use ureq::{
    Agent,
    http::{Method, Request},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::{
    DeliveryError, Environment,
    signature::{Scope, Signable, signed_headers},
};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Longest reply that is read, in octets.
const MAX_REPLY_BYTES: u64 = 1 << 20;

/// Who signs requests.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`
    pub session_token: Option<String>,
}

/// Where requests go, and how they are signed.
#[derive(Debug)]
pub(super) struct Api<'a> {
    agent: Agent,
    service: &'static str,
    region: &'a str,
    environment: &'a Environment,
}

/// A request before it is signed.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: &'a [u8],
}

impl<'a> Api<'a> {
    pub(super) fn new(
        service: &'static str,
        region: &'a str,
        environment: &'a Environment,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .tls_config(tls())
            .build();
        Self { agent: config.new_agent(), service, region, environment }
    }

    /// Sends a request; the status of its reply, and what that says.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<(u16, String), DeliveryError> {
        let failed = |error: &dyn std::fmt::Display| DeliveryError::Request {
            url: call.url.to_owned(),
            error: error.to_string(),
        };
        let mut request = Request::builder().method(call.method.clone()).uri(call.url);
        let (host, path) = host_and_path(call.url);
        let signable = Signable {
            method: call.method.as_str(),
            host,
            path,
            headers: call.headers,
            body: call.body,
        };
        let scope = Scope {
            credentials: &self.environment.credentials,
            region: self.region,
            service: self.service,
            now: self.environment.now,
        };
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        for (name, value) in signed_headers(&signable, &scope) {
            request = request.header(name, value);
        }
        let request = request.body(call.body).map_err(|error| failed(&error))?;
        let mut reply = self.agent.run(request).map_err(|error| failed(&error))?;
        let status = reply.status().as_u16();
        let text = reply.body_mut().with_config().limit(MAX_REPLY_BYTES).read_to_string();
        Ok((status, text.unwrap_or_default()))
    }

    /// Sends a request that has to succeed.
    pub(super) fn require(&self, call: &Call<'_>) -> Result<(), DeliveryError> {
        let (status, reply) = self.send(call)?;
        if (200..300).contains(&status) { Ok(()) } else { Err(refused(call.url, status, reply)) }
    }
}

/// Host and port of a URL, and its path.
fn host_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

/// A reply that is no success.
pub(super) fn refused(url: &str, status: u16, reply: String) -> DeliveryError {
    DeliveryError::Refused { url: url.to_owned(), status, reply }
}

/// With the certificates that the machine trusts.
fn tls() -> TlsConfig {
    let native = rustls_native_certs::load_native_certs().certs;
    let native: Vec<_> = native.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&native))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
