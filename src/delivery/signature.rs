//! AWS Signature Version 4 of a request without a query. Source: IAM User Guide, "Create a signed AWS API request".
//!
//! Ours, and not `aws-sigv4`: that brings an http and http-body of their own, in a version that stands still since later ones need a newer Rust, and
//! implementations of `PartialEq` that make types ambiguous elsewhere.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use ring::{digest, hmac};
use time::OffsetDateTime;

use super::Credentials;

/// What every signature begins with.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signable<'a> {
    pub(super) method: &'a str,
    /// Host and port, as the request says them.
    pub(super) host: &'a str,
    /// Each octet encoded as the service wants it.
    pub(super) path: &'a str,
    /// Names in lower case.
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: &'a [u8],
}

/// Who asks what service where, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) region: &'a str,
    /// What the signature calls it: `s3`, `logs`.
    pub(super) service: &'static str,
    /// In seconds since 1970.
    pub(super) now: u64,
}

/// The headers that a request has to have besides its own.
pub(super) fn signed_headers(of: &Signable<'_>, scope: &Scope<'_>) -> Vec<(&'static str, String)> {
    let Scope { credentials, region, service, now } = *scope;
    let at = i64::try_from(now).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let day = format!("{}{:02}{:02}", at.year(), u8::from(at.month()), at.day());
    let date = format!("{day}T{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second());
    let body = sha256(of.body);
    let mut added = vec![("host", of.host.to_owned()), ("x-amz-date", date.clone())];
    if service == "s3" {
        added.push(("x-amz-content-sha256", body.clone()));
    }
    added.extend(credentials.session_token.clone().map(|token| ("x-amz-security-token", token)));
    let own = of.headers.iter().copied();
    let mut all: Vec<(&str, &str)> =
        own.chain(added.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    all.sort_unstable();
    let names = all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut lines = String::new();
    for (name, value) in &all {
        // writing to a String cannot fail
        _ = writeln!(lines, "{name}:{}", value.trim());
    }
    let canonical = format!("{}\n{}\n\n{lines}\n{names}\n{body}", of.method, of.path);
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let secret = format!("AWS4{}", credentials.secret_access_key);
    let key = [&*day, region, service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| mac(&key, part));
    let signature = HEXLOWER.encode(&mac(&key, &to_sign));
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.access_key_id
    );
    added.push(("authorization", authorization));
    added
}

fn sha256(of: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, of).as_ref())
}

fn mac(key: &[u8], of: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, of.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example "PUT Object" of the S3 API reference, "Authenticating Requests: Using the Authorization Header".
    #[test]
    fn signs_the_example_of_the_s3_api_reference() {
        let credentials = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        // 24 May 2013
        let scope = Scope {
            credentials: &credentials,
            region: "us-east-1",
            service: "s3",
            now: 1_369_353_600,
        };
        let of = Signable {
            method: "PUT",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test%24file.text",
            headers: &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            body: b"Welcome to Amazon S3.",
        };
        let headers = signed_headers(&of, &scope);
        let (name, value) = headers.last().unwrap();
        assert_eq!(*name, "authorization");
        let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
        assert_eq!(value.rsplit('=').next(), Some(signature), "{value}");
    }
}
