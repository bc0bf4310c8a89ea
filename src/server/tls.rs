//! The identity that DNS over TLS and HTTPS show: a certificate of the user's, or one made for this run.

use std::{fmt, io, net::IpAddr, path::Path, sync::Arc, time::Duration};

use hickory_server::{Server, server::RequestHandler};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
};
use tokio::net::TcpListener;

use crate::model::ResolverProtocol;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Where DNS over HTTPS is served. Source: RFC 8484 §4.1.1, by its example and everybody's custom.
pub const DOH_PATH: &str = "/dns-query";

/// A certificate chain and its key.
pub struct TlsIdentity {
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

impl TlsIdentity {
    /// Reads a certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// If a file cannot be read or holds neither; the message names it.
    pub fn from_files(certificate: &Path, key: &Path) -> io::Result<Self> {
        let named = |path: &Path, error: &dyn fmt::Display| {
            io::Error::other(format!("cannot read `{}`: {error}", path.display()))
        };
        let certificates = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| named(certificate, &error))?;
        if certificates.is_empty() {
            return Err(named(certificate, &"there is no certificate in it"));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
        Ok(Self { certificates, key })
    }

    /// Makes a certificate for these addresses that nobody has signed but itself.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn self_signed(addresses: impl IntoIterator<Item = IpAddr>) -> io::Result<Self> {
        let names = addresses.into_iter().map(|ip| ip.to_string());
        let names: Vec<String> = names.chain(["localhost".to_owned()]).collect();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
        Ok(Self { certificates: vec![cert.der().clone()], key })
    }

    /// Serves a protocol at a listener. Those without TLS are none of this.
    pub(super) fn serve<H: RequestHandler>(
        &self,
        server: &mut Server<H>,
        listener: TcpListener,
        protocol: ResolverProtocol,
    ) -> io::Result<()> {
        let (alpn, over_https) = match protocol {
            ResolverProtocol::Do53 => return Ok(()),
            ResolverProtocol::DoT => (&b"dot"[..], false),
            ResolverProtocol::DoH => (&b"h2"[..], true),
        };
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let key = self.key.clone_key();
                builder.with_no_client_auth().with_single_cert(self.certificates.clone(), key)
            })
            .map_err(|error| {
                io::Error::other(format!("the TLS certificate is of no use: {error}"))
            })?;
        config.alpn_protocols = vec![alpn.to_vec()];
        let config = Arc::new(config);
        if over_https {
            let path = DOH_PATH.to_owned();
            server.register_https_listener_with_tls_config(listener, HANDSHAKE, config, None, path)
        } else {
            server.register_tls_listener_with_tls_config(listener, HANDSHAKE, config)
        }
    }
}
