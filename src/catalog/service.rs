//! A service in one Region: its name there, the label in its endpoints' names, its private names. R14, R17, R45

use std::sync::LazyLock;

use thiserror::Error;

use super::{
    Region, ServiceEntry, entries, region::MAX_SUGGESTED_FOR_BYTES, stable_hash, table::rows,
};

/// Who provides a service; it decides how private names are answered. R47
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// AWS: private names hold addresses.
    Amazon,
    /// A customer: private names are CNAMEs to the Regional name.
    Customer,
}

/// A private DNS name: the hidden zone that it makes. R45
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrivateName {
    /// The zone's name, lower case, no final dot.
    pub zone: Box<str>,
    /// Whether the name is `*.` and the zone: apex and wildcard both.
    pub wildcard: bool,
}

impl PrivateName {
    /// Reads `x` or `*.x`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        match name.strip_prefix("*.") {
            Some(zone) => Self { zone: zone.into(), wildcard: true },
            None => Self { zone: name.into(), wildcard: false },
        }
    }
}

/// A service in one Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its id in the catalogue, or the name it has in the topology.
    pub id: Box<str>,
    /// What `CreateVpcEndpoint` takes for an interface endpoint here, such as `com.amazonaws.us-east-1.sns`.
    pub service_name: Box<str>,
    /// The Region.
    pub region: Region,
    /// The label in its endpoints' names, one or more DNS labels, such as `api.ecr`. R14
    pub label: Box<str>,
    /// Its private names, in the order of `PrivateDnsNames`. R26, R60
    pub private_names: Vec<PrivateName>,
    /// Whether its endpoints' names stand in `DnsEntries` with `*.` in front, and resolve with anything in front. R16
    pub vpce_wildcard: bool,
    /// Who provides it.
    pub owner: Owner,
    /// Whether gateway endpoints exist for it. N50
    pub gateway: bool,
    /// The port its endpoints serve.
    pub port: u16,
    /// Whether endpoint policies are supported, where that is known.
    pub policy: Option<bool>,
    /// Whether it is one of AWS's used from another Region: its endpoints have no zonal names then. R23
    pub cross_region: bool,
}

/// AWS's services that endpoints of other Regions can be for, by id. Source: rule R23.
pub const CROSS_REGION: [&str; 12] = [
    "s3",
    "iam",
    "ecr.api",
    "ecr.dkr",
    "kms",
    "kms-fips",
    "ecs",
    "lambda",
    "kinesis-firehose",
    "kinesisanalytics",
    "kinesisanalytics-fips",
    "route53",
];

/// Ids of AZs that no cross-Region endpoint can be in. Source: rule R23.
pub const NOT_CROSS_REGION_AZS: [&str; 5] =
    ["use1-az3", "usw1-az2", "apne1-az3", "apne2-az2", "apne2-az4"];

/// The port of AWS's APIs.
const HTTPS: u16 = 443;

/// How many names an error suggests.
const SUGGESTIONS: usize = 3;

impl Service {
    /// The name of the service for a gateway endpoint, which has AWS's usual prefix in China too. R17
    #[must_use]
    pub fn gateway_service_name(&self) -> String {
        format!("com.amazonaws.{}.{}", self.region, self.id)
    }

    /// A catalogued service in a Region.
    #[must_use]
    pub fn of(entry: &ServiceEntry, region: Region) -> Self {
        Self {
            id: entry.id.into(),
            service_name: service_name(entry, region).into(),
            region,
            label: label(entry, region).into(),
            private_names: entry
                .private_dns
                .iter()
                .map(|name| PrivateName::new(&fill(name, region)))
                .collect(),
            vpce_wildcard: entry.id == "s3",
            owner: Owner::Amazon,
            gateway: matches!(entry.id, "s3" | "dynamodb"),
            port: entry.port.unwrap_or(HTTPS),
            policy: entry.api_2023.as_ref().map(|api| api.policy),
            cross_region: false,
        }
    }
}

/// Puts a Region's names in the place of the catalogue's placeholders.
pub(super) fn fill(template: &str, region: Region) -> String {
    let partition = region.partition();
    template
        .replace("{region}", region.as_str())
        .replace("{dns_suffix}", partition.dns_suffix)
        .replace("{dualstack_suffix}", partition.dualstack_suffix)
}

/// The label: the base name without Region and suffix. R14
fn label(entry: &ServiceEntry, region: Region) -> String {
    let ending = ".{region}.vpce.{dns_suffix}";
    let label =
        entry.base_dns.iter().find_map(|base| base.strip_suffix(ending)).unwrap_or(entry.id);
    // the id of a service that AWS runs as an endpoint service differs by Region and is not known
    let id = stable_hash(&format!("{}/{region}", entry.service_name)) & ((1 << 68) - 1);
    label.replace("<id>", &format!("{id:017x}"))
}

/// Prefixes of service names by Region. R17
static PREFIXES: LazyLock<Vec<(&'static str, &'static str, Vec<&'static str>)>> =
    LazyLock::new(|| {
        rows(include_str!("../../zones/service-prefixes.tsv"))
            .filter_map(|mut row| Some((row.next()?, row.next()?, row.list())))
            .collect()
    });

fn service_name(entry: &ServiceEntry, region: Region) -> String {
    let name = fill(entry.service_name, region);
    let special = PREFIXES
        .iter()
        .find(|(of, _, ids)| *of == region.as_str() && ids.contains(&entry.id))
        .and_then(|(_, prefix, _)| Some((prefix, name.strip_prefix("com.amazonaws.")?)));
    let Some((prefix, rest)) = special else { return name };
    let end =
        if region.partition().id == "aws-cn" && entry.id == "transcribe" { ".cn" } else { "" };
    format!("{prefix}.{rest}{end}")
}

/// Every catalogued service as it is in a Region; whether AWS has it there is not known.
pub fn services(region: Region) -> impl Iterator<Item = Service> {
    entries().iter().map(move |entry| Service::of(entry, region))
}

/// Why a name is not that of a service here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServiceError {
    /// AWS's own words for it.
    #[error("The Vpc Endpoint Service '{found}' does not exist")]
    Unknown {
        /// What was asked for.
        found: String,
        /// The nearest ids, best first.
        nearest: Vec<&'static str>,
    },
    /// It names a service of another Region. R23
    #[error(
        "`{found}` is a service of {other}, and the VPC is in {region}: a cross-Region endpoint says `service_region: {other}`"
    )]
    OtherRegion {
        /// What was asked for.
        found: String,
        /// The Region it names.
        other: Region,
        /// The Region of the VPC.
        region: Region,
    },
}

/// Finds a service by its id (`sns`, `ecr.api`) or its full name.
///
/// Three ids stand for two services; alone they mean the one named `com.amazonaws…`, and the other is found by its
/// full name.
pub fn find(name: &str, region: Region) -> Result<Service, ServiceError> {
    let by_id = || {
        let mut of_id = entries().iter().filter(|entry| entry.id == name);
        let first = of_id.next()?;
        Some(of_id.find(|entry| entry.service_name.starts_with("com.amazonaws.")).unwrap_or(first))
    };
    let named = |region: Region| {
        let usual = |entry: &&ServiceEntry| {
            let rest = name.strip_prefix("com.amazonaws.")?.strip_prefix(region.as_str())?;
            Some(rest.strip_prefix('.')? == entry.id)
        };
        let exact = entries().iter().find(|entry| name == service_name(entry, region));
        exact.or_else(|| entries().iter().find(|entry| usual(entry) == Some(true)))
    };
    let found = name.to_owned();
    if let Some(entry) = by_id().or_else(|| named(region)) {
        // a few names hold the one Region where the service is
        return match entry.service_name.split('.').find_map(Region::named) {
            Some(other) if other != region => {
                Err(ServiceError::OtherRegion { found, other, region })
            }
            _ => Ok(Service::of(entry, region)),
        };
    }
    let elsewhere = Region::all().find(|other| {
        name.contains(&format!(".{other}.")) && *other != region && named(*other).is_some()
    });
    match elsewhere {
        Some(other) => Err(ServiceError::OtherRegion { found, other, region }),
        None => Err(ServiceError::Unknown { nearest: nearest(name), found }),
    }
}

/// The ids nearest to a name: those that contain it, then slips of the pen, then those that it contains.
fn nearest(name: &str) -> Vec<&'static str> {
    if name.len() > MAX_SUGGESTED_FOR_BYTES {
        return Vec::new();
    }
    let word = after_region(name).to_ascii_lowercase();
    let mut ids: Vec<&'static str> = entries().iter().map(|entry| entry.id).collect();
    ids.sort_by_cached_key(|id| {
        let reversed: Vec<&str> = id.rsplit('.').collect();
        let distance = strsim::damerau_levenshtein(id, &word)
            .min(strsim::damerau_levenshtein(&reversed.join("."), &word));
        let kinship = if word.len() > 2 && id.contains(word.as_str()) {
            0
        } else if distance <= 2 {
            1
        } else if id.len() > 2 && word.contains(id) {
            2
        } else {
            3
        };
        (kinship, distance, *id)
    });
    ids.dedup();
    ids.truncate(SUGGESTIONS);
    ids
}

/// What follows a Region in a service's name, also one that does not exist; else the whole.
fn after_region(name: &str) -> &str {
    let mut rest = name;
    while let Some((label, later)) = rest.split_once('.') {
        if label.matches('-').count() > 1 && label.ends_with(|last: char| last.is_ascii_digit()) {
            return later;
        }
        rest = later;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, region: &str) -> Service {
        find(name, region.parse().unwrap()).unwrap()
    }

    #[test]
    fn labels() {
        // R14 with its exceptions
        for (id, label) in [
            ("sns", "sns"),
            ("ecr.api", "api.ecr"),
            ("sagemaker.runtime", "runtime.sagemaker"),
            ("kinesis-streams", "kinesis"),
            ("kinesis-firehose", "firehose"),
            ("ecs-agent", "ecs-a"),
            ("ecs-telemetry", "ecs-t"),
            ("codeartifact.repositories", "d.codeartifact"),
            ("pinpoint-sms-voice-v2", "sms-voice"),
            ("comprehendmedical", "prod.comprehendmedical"),
            ("deviceadvisor.iot", "deviceadvisor.iot"),
        ] {
            assert_eq!(&*service(id, "us-east-1").label, label, "{id}");
        }
        assert!(service("notebook", "us-east-1").label.starts_with("vpce-svc-"));
    }

    #[test]
    fn service_names_by_partition() {
        // R17
        for (id, region, name) in [
            ("sns", "us-east-1", "com.amazonaws.us-east-1.sns"),
            ("sns", "us-gov-west-1", "com.amazonaws.us-gov-west-1.sns"),
            ("ecr.api", "cn-north-1", "cn.com.amazonaws.cn-north-1.ecr.api"),
            ("sns", "cn-north-1", "com.amazonaws.cn-north-1.sns"),
            ("transcribe", "cn-northwest-1", "cn.com.amazonaws.cn-northwest-1.transcribe.cn"),
            ("ecr.dkr", "eusc-de-east-1", "eu.amazonaws.eusc-de-east-1.ecr.dkr"),
            ("sqs", "us-iso-east-1", "gov.ic.c2s.us-iso-east-1.sqs"),
            ("freetier", "us-east-1", "com.amazonaws.us-east-1.freetier"),
            ("iam", "us-east-1", "com.amazonaws.iam"),
        ] {
            let found = service(id, region);
            assert_eq!(&*found.service_name, name);
            assert_eq!(service(name, region), found, "the full name finds the same");
        }
        assert_eq!(service("aws.api.us-east-1.freetier", "us-east-1").id, "freetier".into());
        assert_eq!(service("com.amazonaws.cn-north-1.s3", "cn-north-1").id, "s3".into());
        assert_eq!(
            service("s3", "cn-north-1").gateway_service_name(),
            "com.amazonaws.cn-north-1.s3"
        );
    }

    #[test]
    fn private_names() {
        // R45, R59–R61
        for (id, region, expected) in [
            ("sqs", "us-east-1", &["sqs.us-east-1.amazonaws.com"][..]),
            ("sts", "eu-west-1", &["sts.eu-west-1.amazonaws.com"]),
            ("sqs", "cn-north-1", &["sqs.cn-north-1.amazonaws.com.cn"]),
            (
                "monitoring",
                "us-east-1",
                &[
                    "monitoring.us-east-1.amazonaws.com",
                    "monitoring.us-east-1.api.aws",
                    "monitoring-fips.us-east-1.amazonaws.com",
                    "monitoring-fips.us-east-1.api.aws",
                ],
            ),
            ("execute-api", "us-east-1", &["*.execute-api.us-east-1.amazonaws.com"]),
            (
                "s3",
                "us-east-1",
                &[
                    "*.s3.us-east-1.amazonaws.com",
                    "*.s3-control.us-east-1.amazonaws.com",
                    "*.s3-accesspoint.us-east-1.amazonaws.com",
                ],
            ),
            ("dynamodb", "us-east-1", &[]),
            ("eks-auth", "us-east-1", &["eks-auth.us-east-1.api.aws"]),
        ] {
            let mut found: Vec<String> = service(id, region)
                .private_names
                .iter()
                .map(|name| format!("{}{}", if name.wildcard { "*." } else { "" }, name.zone))
                .collect();
            let mut expected: Vec<String> =
                expected.iter().map(|name| (*name).to_owned()).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{id}");
        }
    }

    #[test]
    fn unknown_names_suggest_the_nearest() {
        let region = "us-east-1".parse().unwrap();
        for (name, nearest) in [
            ("snss", "sns"),
            ("com.amazonaws.us-east-1.ecr-dkr", "ecr.dkr"),
            ("api.ecr", "ecr.api"),
            ("ecr", "ecr.api"),
            ("com.amazonaws.eu-west-1.ecr-dkr", "ecr.dkr"),
            ("com.amazonaws.us-east-9.sns", "sns"),
            ("com.amazonaws.cn-north-1.sqss", "sqs"),
            ("kms-fipz", "kms-fips"),
            ("kinesis", "kinesis-streams"),
        ] {
            match find(name, region) {
                Err(ServiceError::Unknown { nearest: found, .. }) => {
                    assert_eq!(found.first(), Some(&nearest), "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        let none = ServiceError::Unknown { found: "x".repeat(100_000), nearest: Vec::new() };
        assert_eq!(find(&"x".repeat(100_000), region), Err(none), "no long search");
        for name in ["com.amazonaws.eu-west-1.sns", "aws.api.us-east-2.route53globalresolver"] {
            assert!(matches!(find(name, region), Err(ServiceError::OtherRegion { .. })), "{name}");
        }
        assert!(find("route53globalresolver", "us-east-2".parse().unwrap()).is_ok());
    }
}
