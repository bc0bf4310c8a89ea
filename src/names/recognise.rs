//! Finds the endpoint that a QNAME speaks of.

use crate::model::{HexDigits, VpcEndpointId, suffixes};

/// A QNAME that has the form of an endpoint's name; whether such an endpoint exists is another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VpceName<'a> {
    /// The endpoint id it spells.
    pub endpoint: VpcEndpointId,
    /// The hash it spells; an endpoint's is of lower-case letters and digits. R11
    pub hash: [u8; 8],
    /// The AZ name it spells; none in a Regional name. R13
    pub availability_zone: Option<&'a [u8]>,
    /// How many labels stand in front of the endpoint's own. R16
    pub labels_below: usize,
    /// What follows the endpoint's label, as wire format: to be compared with `names::base_name`.
    pub base: &'a [u8],
}

/// Reads a lower-case wire-format QNAME. Of several labels in the form of an endpoint's, the rightmost counts.
#[must_use]
pub fn recognise(qname: &[u8]) -> Option<VpceName<'_>> {
    let names = suffixes(qname).enumerate().filter_map(|(labels_below, suffix)| {
        recognise_first(suffix).map(|name| VpceName { labels_below, ..name })
    });
    names.last()
}

/// Reads the first label of a lower-case wire-format QNAME alone, which nearly all names of endpoints have their form in:
/// `vpce-{digits}-{hash}` or `vpce-{digits}-{hash}-{az}`.
#[must_use]
#[inline(always)]
pub fn recognise_first(qname: &[u8]) -> Option<VpceName<'_>> {
    let (length, rest) = qname.split_first()?;
    let (label, base) = rest.split_at_checked(usize::from(*length))?;
    let rest = label.strip_prefix(VpcEndpointId::PREFIX.as_bytes())?;
    let (digits, rest) = match rest.split_first_chunk() {
        // of the old form
        Some((digits, [b'-', rest @ ..])) => (HexDigits::parse_short(digits)?, rest),
        _ => match rest.split_first_chunk() {
            Some((digits, [b'-', rest @ ..])) => (HexDigits::parse_long(digits)?, rest),
            _ => return None,
        },
    };
    let endpoint = VpcEndpointId(digits);
    let (hash, rest) = rest.split_first_chunk::<8>()?;
    let availability_zone = match rest {
        [] => None,
        [b'-', az @ ..] if !az.is_empty() => Some(az),
        _ => return None,
    };
    Some(VpceName { endpoint, hash: *hash, availability_zone, labels_below: 0, base })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DnsName;

    /// `id hash az below`, or nothing.
    fn read(text: &str) -> Option<String> {
        let name: DnsName = text.parse().unwrap();
        recognise(name.wire()).map(|name| {
            let az = name.availability_zone.map_or("-".into(), String::from_utf8_lossy);
            let hash = String::from_utf8_lossy(&name.hash);
            format!("{} {hash} {az} {}", name.endpoint, name.labels_below)
        })
    }

    #[test]
    fn names_seen_in_the_wild() {
        // R11–R13, R16; rule page §9
        for (text, expected) in [
            (
                "vpce-0e44d14a27a369e43-rf450lif.vpce-svc-04ee54fb2f549cf66.ap-northeast-1.vpce.amazonaws.com",
                Some("vpce-0e44d14a27a369e43 rf450lif - 0"),
            ),
            (
                "vpce-099deb00b40f00e22-lj2wisx3-us-east-2c.monitoring.us-east-2.vpce.amazonaws.com",
                Some("vpce-099deb00b40f00e22 lj2wisx3 us-east-2c 0"),
            ),
            (
                "MyBucket.bucket.VPCE-1a2b3c4d-5e6f7a8b.s3.us-east-1.vpce.amazonaws.com",
                Some("vpce-1a2b3c4d 5e6f7a8b - 2"),
            ),
            ("vpce-svc-04ee54fb2f549cf66.ap-northeast-1.vpce.amazonaws.com", None),
            ("vpce-0e44d14a27a369e43.sns.us-east-1.vpce.amazonaws.com", None),
            ("vpce-0e44d14a27a369e43-rf450lif9.sns.us-east-1.vpce.amazonaws.com", None),
            ("vpce-0e44d14a27a369e43-rf450lif-.sns.us-east-1.vpce.amazonaws.com", None),
            ("sns.us-east-1.amazonaws.com", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
