//! One query over HTTPS, at a connection that is there: for targets of FORWARD rules that speak `DoH`. RFC 8484, R93

use std::{
    io,
    sync::{Arc, OnceLock},
};

use hickory_proto::op::{DnsRequest, DnsRequestOptions, Message};
use hickory_server::net::{
    h2,
    runtime::iocompat::AsyncIoTokioAsStd,
    xfer::{DnsRequestSender as _, FirstAnswer as _},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::net::TcpStream;

use super::tls::DOH_PATH;

/// Asks over HTTPS, of servers whose certificates the system trusts.
#[derive(Default)]
pub(super) struct Doh {
    /// Read when it is first needed.
    config: OnceLock<Arc<ClientConfig>>,
}

impl Doh {
    /// Asks the server at the other end, which must prove that it is `server_name`.
    pub(super) async fn ask(
        &self,
        stream: TcpStream,
        server_name: &str,
        query: &Message,
    ) -> io::Result<Message> {
        let target = stream.peer_addr()?;
        let tcp = async { Ok(AsyncIoTokioAsStd(stream)) };
        let config = self.config()?;
        let connection =
            h2::connect(tcp, config, target, server_name.into(), DOH_PATH.into(), None);
        let mut connection = connection.await.map_err(io::Error::other)?;
        let request = DnsRequest::new(query.clone(), DnsRequestOptions::default());
        let reply = connection.send_message(request).first_answer().await;
        let mut reply = reply.map_err(io::Error::other)?.into_message();
        // the request goes out with the id 0. RFC 8484 §4.1
        reply.metadata.id = query.metadata.id;
        Ok(reply)
    }

    /// Trust in the system's certificate authorities, or in those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
            return Err(io::Error::other(format!(
                "there is no certificate authority to trust{why}"
            )));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}
