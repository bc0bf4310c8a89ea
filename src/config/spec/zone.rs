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
    /// Instead of values: the addresses of an endpoint (R64).
    pub(in crate::config) alias: Option<AliasSpec>,
}

/// What an alias points to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct AliasSpec {
    /// An interface endpoint as `vpc/name`, or by its id.
    pub(in crate::config) vpc_endpoint: String,
    /// Its zonal name of this AZ; its Regional name where absent.
    pub(in crate::config) availability_zone: Option<String>,
}
