//! Attributes that are of another JSON type than AWS gives them: they count as absent, and that is said. N322

use serde_json::Value;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    List,
    Flag,
    Number,
}

impl Type {
    fn named(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::List => "a list",
            Self::Flag => "true or false",
            Self::Number => "a whole number",
        }
    }

    /// Whether a value can be read as this; `null` and `""` are absent, and numbers and flags may be texts.
    fn takes(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => {
                text.is_empty()
                    || match self {
                        Self::Text => true,
                        Self::Number => text.parse::<i64>().is_ok(),
                        Self::List | Self::Flag => false,
                    }
            }
            Value::Array(_) => self == Self::List,
            Value::Number(number) => self == Self::Number && number.as_i64().is_some(),
            Value::Bool(_) => self == Self::Flag,
            // `describe-vpc-attribute` has `{"Value": true}`
            Value::Object(object) => {
                self == Self::Flag && object.values().all(|value| matches!(value, Value::Bool(_)))
            }
        }
    }
}

/// The attributes that are read, wherever they stand, of which each has one type.
const TYPES: &[(Type, &[&str])] = &[
    (
        Type::Text,
        &[
            "AvailabilityZone",
            "AvailabilityZoneId",
            "AwsRegion",
            "BucketRegion",
            "CarrierGatewayId",
            "Cidr",
            "CidrBlock",
            "CidrIp",
            "CidrIpv6",
            "CoreNetworkArn",
            "DNSName",
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "Direction",
            "DnsName",
            "DomainName",
            "EgressOnlyInternetGatewayId",
            "GatewayId",
            "GroupName",
            "HostVPCId",
            "HostedZoneId",
            "InstanceId",
            "InternetGatewayBlockMode",
            "InternetGatewayExclusionMode",
            "Ipv6Address",
            "Ipv6CidrBlock",
            "LocalGatewayId",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "NatGatewayId",
            "NetworkInterfaceId",
            "OwnerId",
            "PolicyDocument",
            "PrefixListName",
            "PrivateIp",
            "PrivateIpAddress",
            "PublicIp",
            "PublicIpAddress",
            "ResolverEndpointId",
            "ResourceArn",
            "ResourceId",
            "RuleAction",
            "RuleType",
            "ServiceName",
            "SubnetId",
            "TrafficType",
            "TransitGatewayId",
            "VPCId",
            "VpcEndpointType",
            "VpcId",
            "VpcPeeringConnectionId",
        ],
    ),
    (
        Type::List,
        &[
            "Associations",
            "Attachments",
            "CidrBlockAssociationSet",
            "Cidrs",
            "DnsEntries",
            "Entries",
            "Groups",
            "IpPermissions",
            "IpPermissionsEgress",
            "IpRanges",
            "Ipv6Addresses",
            "Ipv6CidrBlockAssociationSet",
            "Ipv6Ranges",
            "NatGatewayAddresses",
            "NetworkInterfaceIds",
            "NetworkInterfaces",
            "PrefixListIds",
            "Protocols",
            "ResourceRecords",
            "RouteTableIds",
            "Routes",
            "SecurityGroupIds",
            "SecurityGroups",
            "SubnetIds",
            "TargetIps",
            "UserIdGroupPairs",
            "VPCs",
        ],
    ),
    (
        Type::Flag,
        &[
            "AcceptanceRequired",
            "Egress",
            "EnableDns64",
            "EnableDnsHostnames",
            "EnableDnsSupport",
            "EvaluateTargetHealth",
            "IsDefault",
            "IsPrimary",
            "Main",
            "MultiValueAnswer",
            "PrivateDnsEnabled",
            "PrivateZone",
            "SourceDestCheck",
        ],
    ),
    (
        Type::Number,
        &[
            "DeviceIndex",
            "FromPort",
            "MaxAggregationInterval",
            "MaxEntries",
            "Priority",
            "RuleNumber",
            "TTL",
            "ToPort",
            "Weight",
        ],
    ),
];

/// Longest value that is shown, in characters.
const MAX_SHOWN: usize = 40;
/// Most attributes of one resource that are said.
const MAX_SAID: usize = 8;

/// What is said of the attributes of a resource, those inside of others too.
pub(super) fn odd(value: &Value) -> Vec<String> {
    let mut said = Vec::new();
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(inside) => values.extend(inside.iter().rev()),
            Value::Object(inside) => {
                for (key, value) in inside {
                    if let Some(of) = of(key).filter(|of| !of.takes(value)) {
                        let text = value.to_string();
                        let shown: String = text.chars().take(MAX_SHOWN).collect();
                        let cut = if shown.len() < text.len() { "…" } else { "" };
                        let of = of.named();
                        said.push(format!(
                            "its `{key}` is not {of} but {shown}{cut}: taken as absent"
                        ));
                    }
                }
                values.extend(inside.values().rev());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    if said.len() > MAX_SAID {
        let more = said.len() - MAX_SAID;
        said.truncate(MAX_SAID);
        said.push(format!("{more} more of its attributes are of other types: taken as absent"));
    }
    said
}

/// The type of an attribute, whose first letter may be small.
fn of(key: &str) -> Option<Type> {
    let mut chars = key.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    let same = |known: &&str| {
        let mut chars = known.chars();
        chars.next().is_some_and(|begin| begin.eq_ignore_ascii_case(&first))
            && chars.as_str() == rest
    };
    TYPES.iter().find(|(_, known)| known.iter().any(same)).map(|(of, _)| *of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_of_another_type_is_said() {
        let odd = odd(&json!({
            "VpcId": 7,
            "fromPort": "x",
            "ToPort": "443",
            "Main": "",
            "EnableDnsSupport": { "Value": true },
            "Routes": { "CidrBlock": [] },
            "RuleNumber": 1e300,
            "Unknown": {},
        }));
        assert_eq!(
            odd,
            [
                "its `VpcId` is not a text but 7: taken as absent",
                "its `fromPort` is not a whole number but \"x\": taken as absent",
                "its `Routes` is not a list but {\"CidrBlock\":[]}: taken as absent",
                "its `RuleNumber` is not a whole number but 1e+300: taken as absent",
                "its `CidrBlock` is not a text but []: taken as absent",
            ]
        );
    }
}
