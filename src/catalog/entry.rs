//! The catalogue of services as it stands in `zones/services.tsv`, every column.

use std::sync::LazyLock;

use super::table::{Row, rows};

/// Where a service's base name is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseSource {
    /// Real API output: high trust.
    Api,
    /// The dotted id reversed: right in 96 % of the cases that could be checked.
    Derived,
}

/// Where a service's private names are from, by falling trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrivateSource {
    /// Seen in real output or an AWS guide of 2026.
    Observed,
    /// Real API output of September 2023; today's list is often longer.
    Api,
    /// AWS's own landing-zone accelerator, kept by hand.
    Accelerator,
    /// AWS refuses private DNS for it, in words.
    Refused,
    /// The reversed id, which is also a standard SDK endpoint.
    DerivedSdk,
    /// The reversed id only: right in 84 % of the cases that could be checked.
    Derived,
}

/// What the API said of a service in September 2023.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api2023 {
    /// `SupportedIpAddressTypes`.
    pub ip_types: Vec<&'static str>,
    /// `VpcEndpointPolicySupported`.
    pub policy: bool,
    /// In how many of 17 Regions it was.
    pub regions: u8,
    /// Whether its private names differed by Region.
    pub private_varies_by_region: bool,
}

/// One line of the catalogue; `{region}`, `{dns_suffix}` and `{dualstack_suffix}` stand for the Region's.
#[derive(Clone, Debug)]
pub struct ServiceEntry {
    /// The part of the service name after the prefix and Region.
    pub id: &'static str,
    /// The service's name in partition aws.
    pub service_name: &'static str,
    /// `BaseEndpointDnsNames`.
    pub base_dns: Vec<&'static str>,
    /// `PrivateDnsNames`.
    pub private_dns: Vec<&'static str>,
    /// Where `base_dns` is from.
    pub base_source: BaseSource,
    /// Where `private_dns` is from.
    pub private_source: PrivateSource,
    /// The letters of the sources that list it.
    pub listed_in: &'static str,
    /// Where names of [`PrivateSource::Observed`] were seen.
    pub private_evidence: Option<&'static str>,
    /// What the API said of it.
    pub api_2023: Option<Api2023>,
    /// Its port where that is not 443.
    pub port: Option<u16>,
    /// Whether endpoints for it may be in other Regions. R23
    pub cross_region: bool,
    /// Whether moto has other private names. R27
    pub moto_wrong: bool,
    /// Dual-stack and FIPS hosts that SDKs form for it.
    pub sdk_other_hosts: Vec<&'static str>,
    /// Anything else.
    pub note: Option<&'static str>,
}

static ENTRIES: LazyLock<Vec<ServiceEntry>> =
    LazyLock::new(|| rows(include_str!("../../zones/services.tsv")).filter_map(entry).collect());

/// The whole catalogue, in the file's order.
#[must_use]
pub fn entries() -> &'static [ServiceEntry] {
    &ENTRIES
}

fn entry(mut row: Row) -> Option<ServiceEntry> {
    let (id, service_name) = (row.next()?, row.next()?);
    let (base_dns, private_dns) = (row.list(), row.list());
    let base_source = match row.next()? {
        "A" => BaseSource::Api,
        "derived" => BaseSource::Derived,
        _ => return None,
    };
    let private_source = match row.next()? {
        "O" => PrivateSource::Observed,
        "A" => PrivateSource::Api,
        "E" => PrivateSource::Accelerator,
        "error text 2025" => PrivateSource::Refused,
        "derived+SDK" => PrivateSource::DerivedSdk,
        "derived" => PrivateSource::Derived,
        _ => return None,
    };
    let listed_in = row.next()?;
    let private_evidence = row.next();
    let (ip_types, policy, regions, varies) = (row.list(), row.flag(), row.next(), row.flag());
    let api_2023 = match regions {
        None => None,
        Some(regions) => Some(Api2023 {
            ip_types,
            policy,
            regions: regions.parse().ok()?,
            private_varies_by_region: varies,
        }),
    };
    let port = match row.next() {
        None => None,
        Some(port) => Some(port.parse().ok()?),
    };
    Some(ServiceEntry {
        id,
        service_name,
        base_dns,
        private_dns,
        base_source,
        private_source,
        listed_in,
        private_evidence,
        api_2023,
        port,
        cross_region: row.flag(),
        moto_wrong: row.flag(),
        sdk_other_hosts: row.list(),
        note: row.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_catalogue_is_understood() {
        assert_eq!(entries().len(), rows(include_str!("../../zones/services.tsv")).count());
        assert_eq!(entries().len(), 488);
        assert_eq!(entries().iter().filter(|entry| entry.api_2023.is_some()).count(), 239);
    }

    #[test]
    fn derived_base_names_are_the_reversed_id() {
        // R14
        for entry in entries().iter().filter(|entry| entry.base_source == BaseSource::Derived) {
            let reversed: Vec<&str> = entry.id.rsplit('.').collect();
            let expected = format!("{}.{{region}}.vpce.{{dns_suffix}}", reversed.join("."));
            assert_eq!(entry.base_dns, [expected.as_str()], "{}", entry.id);
        }
    }
}
