//! Where an API is that records go to.

use std::str::FromStr;

use thiserror::Error;
use url::Url;

/// The URL of an API of AWS, or of what speaks as it does: `http` or `https`, a host, perhaps a port and a path, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// The URL. Its path begins with a slash.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

/// A text that is no URL of an API.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` is no URL of an API: expected one such as `http://127.0.0.1:5000`", .0.escape_debug())]
pub struct NotAnEndpointUrl(String);

impl FromStr for EndpointUrl {
    type Err = NotAnEndpointUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        let url = Url::parse(text).ok().filter(fits);
        url.map(Self).ok_or_else(|| NotAnEndpointUrl(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_apis() {
        for (found, expected) in [
            ("http://127.0.0.1:5000", Some("http://127.0.0.1:5000/")),
            ("https://s3.example:443/some/path/", Some("https://s3.example/some/path/")),
            ("http://[::1]:5000", Some("http://[::1]:5000/")),
            ("http://a:99999", None),
            ("http://", None),
            ("http://a b", None),
            ("http://user:secret@host", None),
            ("http://host/?a=b", None),
            ("http://host/#a", None),
            ("ftp://host", None),
            ("127.0.0.1:5000", None),
            ("", None),
        ] {
            let url = found.parse::<EndpointUrl>().ok();
            assert_eq!(url.as_ref().map(|url| url.as_url().as_str()), expected, "{found}");
        }
    }
}
