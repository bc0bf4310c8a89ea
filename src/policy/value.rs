//! What values condition keys have, where those are no text. N254, N255
//!
//! Source: the IAM User Guide, "AWS global condition context keys", and the Service Authorization Reference of S3: the type of each key.

use std::net::IpAddr;

use super::{compare, date};

/// What the values of a condition key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    Date,
    Seconds,
    Number,
    Boolean,
    Address,
}

impl ValueType {
    /// That of a key; text, or nothing that is known of it, has none.
    pub(super) fn of(key: &str) -> Option<Self> {
        Some(match &*key.to_lowercase() {
            "aws:currenttime" | "aws:tokenissuetime" | "s3:object-lock-retain-until-date" => {
                Self::Date
            }
            "aws:epochtime" => Self::Seconds,
            "aws:multifactorauthage"
            | "s3:max-keys"
            | "s3:object-lock-remaining-retention-days"
            | "s3:signatureage"
            | "s3:tlsversion" => Self::Number,
            "aws:multifactorauthpresent"
            | "aws:principalisawsservice"
            | "aws:securetransport"
            | "aws:viaawsservice" => Self::Boolean,
            "aws:sourceip" | "aws:vpcsourceip" => Self::Address,
            _ => return None,
        })
    }

    /// Whether a text is such a value.
    pub(super) fn takes(self, text: &str) -> bool {
        match self {
            Self::Date => date::nanos(text).is_some(),
            Self::Seconds => text.parse::<i64>().is_ok(),
            Self::Number => compare::number(text).is_some(),
            Self::Boolean => compare::boolean(text).is_some(),
            Self::Address => text.parse::<IpAddr>().is_ok(),
        }
    }

    /// What is expected, in words.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Date => "a date such as `2026-01-31T12:00:00Z`, or seconds since 1970",
            Self::Seconds => "seconds since 1970, such as `1769860800`",
            Self::Number => "a number, such as `10`",
            Self::Boolean => "`true` or `false`",
            Self::Address => "an address, such as `192.0.2.1` or `2001:db8::1`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (key, text, expected) in [
            ("aws:CurrentTime", "2026-01-31T12:00:00Z", Some(true)),
            ("aws:currenttime", "2026-01-31", Some(true)),
            ("aws:CurrentTime", "0", Some(true)),
            ("aws:CurrentTime", "tomorrow", Some(false)),
            ("aws:CurrentTime", "2026-02-30", Some(false)),
            ("aws:EpochTime", "1769860800", Some(true)),
            ("aws:EpochTime", "2026-01-31", Some(false)),
            ("aws:MultiFactorAuthAge", "300", Some(true)),
            ("aws:MultiFactorAuthAge", "5m", Some(false)),
            ("s3:TlsVersion", "1.2", Some(true)),
            ("s3:TlsVersion", "TLSv1.2", Some(false)),
            ("aws:SecureTransport", "False", Some(true)),
            ("aws:SecureTransport", "yes", Some(false)),
            ("aws:SecureTransport", "", Some(false)),
            ("aws:SourceIp", "2001:DB8::1", Some(true)),
            ("aws:SourceIp", "192.0.2.0/24", Some(false)),
            ("aws:VpcSourceIp", "10.0.0.256", Some(false)),
            ("aws:PrincipalOrgID", "tomorrow", None),
            ("s3:prefix", "", None),
        ] {
            let found = ValueType::of(key).map(|of| of.takes(text));
            assert_eq!(found, expected, "{key} {text}");
        }
    }
}
