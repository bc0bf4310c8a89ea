//! Requests to the APIs of AWS, or to whatever speaks as they do: `ureq` sends them, for `object_store` too, which signs them.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use object_store::{
    ClientOptions,
    aws::{AwsAuthorizer, AwsCredential},
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    },
};
use ureq::{
    Agent,
    http::{Request, Response, Uri},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::{DeliveryError, Environment};
use crate::{catalog::Region, model::EndpointUrl};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Longest URL of an API, in octets: with a key behind it, it is still one that can be sent.
const MAX_ENDPOINT_BYTES: usize = 2048;

/// Longest reply that is read, in octets.
const MAX_REPLY_BYTES: u64 = 1 << 20;

/// Which API.
#[derive(Debug)]
pub(super) struct Service {
    /// As people call it.
    pub(super) name: &'static str,
    /// As signatures spell it.
    pub(super) signing_name: &'static str,
    /// The variable of the environment that names where it is.
    pub(super) variable: &'static str,
    /// What that variable says.
    pub(super) endpoint_url: fn(&Environment) -> Option<&str>,
}

/// An API of a Region, and who asks it.
#[derive(Debug)]
pub(super) struct Api {
    /// Where it is.
    pub(super) endpoint: EndpointUrl,
    pub(super) region: Region,
    pub(super) credential: AwsCredential,
    pub(super) client: Client,
    signing_name: &'static str,
}

impl Api {
    /// An API at the endpoint that the flow log or else the environment names.
    pub(super) fn new(
        service: &Service,
        endpoint_url: Option<&EndpointUrl>,
        region: Region,
        environment: &Environment,
    ) -> Result<Self, DeliveryError> {
        let &Service { name, signing_name, variable, endpoint_url: of_environment } = service;
        let endpoint = match (endpoint_url, of_environment(environment)) {
            (Some(url), _) => url.clone(),
            (None, Some(url)) => {
                url.parse().map_err(|error| DeliveryError::NotAnEndpointUrl { variable, error })?
            }
            (None, None) => return Err(DeliveryError::NoEndpoint { service: name, variable }),
        };
        // what sends requests reads URLs by a grammar of its own, and `object_store` takes for granted that it can
        let url = endpoint.as_url().as_str();
        if url.len() > MAX_ENDPOINT_BYTES {
            let error = "an endpoint has 2,048 octets at most".to_owned();
            return Err(DeliveryError::Request { url: url.to_owned(), error });
        }
        if let Err(error) = Uri::try_from(url) {
            return Err(DeliveryError::Request { url: url.to_owned(), error: error.to_string() });
        }
        let Credentials { access_key_id, secret_access_key, session_token } =
            environment.credentials.clone();
        let in_headers = [
            ("AWS_ACCESS_KEY_ID", Some(&access_key_id)),
            ("AWS_SESSION_TOKEN", session_token.as_ref()),
        ];
        for (name, value) in in_headers {
            // `HeaderValue` takes octets beyond ASCII too
            if value.is_some_and(|value| !value.bytes().all(|octet| octet.is_ascii_graphic())) {
                return Err(DeliveryError::NotAHeader(name));
            }
        }
        let credential = AwsCredential {
            key_id: access_key_id,
            secret_key: secret_access_key,
            token: session_token,
        };
        Ok(Self { endpoint, region, credential, client: Client::new(), signing_name })
    }

    /// Signs and sends a request; its reply, whatever that says.
    pub(super) fn send(&self, mut request: HttpRequest) -> Result<Response<String>, DeliveryError> {
        let url = request.uri().to_string();
        let failed = |error: &dyn Error| DeliveryError::Request { url, error: error.to_string() };
        let signer = AwsAuthorizer::new(&self.credential, self.signing_name, self.region.as_str());
        if let Err(error) = signer.try_authorize(&mut request, None) {
            return Err(failed(&error));
        }
        let request = request.map(|body| body.as_bytes().cloned().unwrap_or_default());
        let (parts, body) = request.into_parts();
        self.client.send(Request::from_parts(parts, &*body)).map_err(|error| failed(&error))
    }
}

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

/// Sends requests.
#[derive(Clone, Debug)]
pub(super) struct Client {
    agent: Agent,
}

impl Client {
    fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // one of the environment would get what is for the endpoint, also where that is on this machine
            .proxy(None)
            // a signature holds for one place
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls())
            .build();
        Self { agent: config.new_agent() }
    }

    /// Sends a request and reads its reply.
    fn send(&self, request: Request<&[u8]>) -> Result<Response<String>, ureq::Error> {
        let (parts, mut body) = self.agent.run(request)?.into_parts();
        let read = body.with_config().limit(MAX_REPLY_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, String::from_utf8_lossy(&read).into_owned()))
    }
}

#[async_trait]
impl HttpService for Client {
    /// Waits for the reply, which holds up the thread: there is nothing else on it.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let reply = self
            .send(Request::from_parts(parts, &*body))
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        Ok(reply.map(Into::into))
    }
}

impl HttpConnector for Client {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
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
