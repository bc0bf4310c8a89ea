//! Private hosted zones.

use schemars::JsonSchema;
use serde::Deserialize;

/// A private hosted zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct HostedZoneSpec {
    /// `Z…`; made up from the key where absent.
    pub(in crate::config) id: Option<String>,
    /// Its DNS name; the key where absent.
    pub(in crate::config) name: Option<String>,
    /// The VPCs that see it, by name or id.
    #[serde(default)]
    pub(in crate::config) vpcs: Vec<String>,
    /// Its records.
    #[serde(default)]
    pub(in crate::config) records: Vec<RecordSpec>,
    /// An RFC 1035 master file with more of them, beside the topology file.
    pub(in crate::config) file: Option<String>,
}

/// Records of one name and type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RecordSpec {
    /// Relative to the zone; `@` is the zone itself; absolute with a final dot.
    pub(in crate::config) name: String,
    /// `A`, `AAAA`, `CNAME`, `MX`, `TXT`, `SRV`, `CAA`, `PTR`, `NS`, `SOA`, `HTTPS`, `SVCB` …
    #[serde(rename = "type")]
    pub(in crate::config) rtype: String,
    /// Seconds. Default 300.
    pub(in crate::config) ttl: Option<u32>,
    /// The data of each record as in a master file; names in it are complete with or without a final dot, as in Route 53.
    #[serde(default)]
    pub(in crate::config) values: Vec<String>,
    /// Instead of values: the addresses of an endpoint, or what another name of the zone holds (R64).
    pub(in crate::config) alias: Option<AliasSpec>,
    /// With a routing policy: what tells this record from the others of its name and type.
    pub(in crate::config) set_identifier: Option<String>,
    /// With a routing policy: the health check that it goes by, by name or id (R72).
    pub(in crate::config) health_check_id: Option<String>,
    /// Answered by chance, in proportion to its weight (R73).
    pub(in crate::config) weighted_routing_policy: Option<WeightedSpec>,
    /// The primary is answered while it is healthy, else the secondary (R73).
    pub(in crate::config) failover_routing_policy: Option<FailoverRoleSpec>,
    /// Answered to askers whose Region is nearest to this one (R73).
    pub(in crate::config) latency_routing_policy: Option<LatencySpec>,
    /// Answered to askers in a place (R73).
    pub(in crate::config) geolocation_routing_policy: Option<GeolocationSpec>,
    /// Answered to askers who are nearest, with a bias (R73).
    pub(in crate::config) geoproximity_routing_policy: Option<GeoproximitySpec>,
    /// Up to eight healthy records are answered together (R73).
    #[serde(default)]
    pub(in crate::config) multivalue_answer_routing_policy: bool,
}

/// A weight among those of its name and type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct WeightedSpec {
    /// 0 to 255; with 0 it is answered only while all others are unhealthy.
    pub(in crate::config) weight: i64,
}

/// A place in a failover pair.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FailoverRoleSpec {
    /// Which of the two it is.
    #[serde(rename = "type")]
    pub(in crate::config) role: FailoverRoleWord,
}

/// Which record of a failover pair it is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum FailoverRoleWord {
    /// Answered while it is healthy, and where neither is.
    Primary,
    /// Answered while only it is healthy.
    Secondary,
}

/// Where a latency record's resource is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct LatencySpec {
    /// A Region, such as `us-east-1`.
    pub(in crate::config) region: String,
}

/// Which askers a geolocation record is for: one of the three, but a subdivision has its country beside it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct GeolocationSpec {
    /// `AF`, `AN`, `AS`, `EU`, `OC`, `NA` or `SA`.
    pub(in crate::config) continent: Option<String>,
    /// A country by ISO 3166-1, such as `IE`; `*` is everybody else.
    pub(in crate::config) country: Option<String>,
    /// A state of the United States, such as `OR`.
    pub(in crate::config) subdivision: Option<String>,
}

/// Where a geoproximity record's resource is: a Region, or coordinates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct GeoproximitySpec {
    /// A Region, such as `us-east-1`.
    pub(in crate::config) aws_region: Option<String>,
    /// A point on the map.
    pub(in crate::config) coordinates: Option<CoordinatesSpec>,
    /// −99 to 99; more than 0 draws askers from further away. Default 0.
    #[serde(default)]
    pub(in crate::config) bias: i64,
}

/// Degrees with at most two decimals, in quotes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct CoordinatesSpec {
    /// −90 to 90.
    pub(in crate::config) latitude: String,
    /// −180 to 180.
    pub(in crate::config) longitude: String,
}

/// What an alias points to: an endpoint, or a name of the zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct AliasSpec {
    /// An interface endpoint as `vpc/name`, or by its id.
    pub(in crate::config) vpc_endpoint: Option<String>,
    /// The endpoint's zonal name of this AZ; its Regional name where absent.
    pub(in crate::config) availability_zone: Option<String>,
    /// Another name of the zone that has records of this type; written as the names of records are.
    pub(in crate::config) name: Option<String>,
    /// Whether the record counts as healthy only while something it points to does. An endpoint always does (R64). Default off.
    #[serde(default)]
    pub(in crate::config) evaluate_target_health: bool,
}

/// A health check, as a switch: nothing is checked, it says what it is told to say (R72).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct HealthCheckSpec {
    /// A UUID; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// What it says at the beginning. Default `healthy`.
    pub(in crate::config) status: Option<HealthStatusSpec>,
}

/// What a health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum HealthStatusSpec {
    /// What it watches works.
    Healthy,
    /// It does not.
    Unhealthy,
}
