//! Fields of Flow Log records, and the formats made of them. N210–N212

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How a field is stored where values have types. N212
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowLogFieldType {
    /// `INT_32` of Parquet.
    Int32,
    /// `INT_64` of Parquet.
    Int64,
    /// `STRING` of Parquet.
    Text,
}

macro_rules! fields {
    ($($version:literal: $($name:ident $word:literal $kind:ident),*;)*) => {
        /// A field of a record. N212
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FlowLogField {
            $($(#[doc = concat!("`", $word, "`")] $name,)*)*
        }

        impl FlowLogField {
            /// All of them, version by version, in the order of AWS's tables.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// AWS's name for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $word,)*)* }
            }

            /// The version of records that brought it. N211
            #[must_use]
            pub fn version(self) -> i32 {
                match self { $($(Self::$name => $version,)*)* }
            }

            /// How it is stored where values have types.
            #[must_use]
            pub fn kind(self) -> FlowLogFieldType {
                match self { $($(Self::$name => FlowLogFieldType::$kind,)*)* }
            }
        }
    };
}

fields! {
    2: Version "version" Int32, AccountId "account-id" Text, InterfaceId "interface-id" Text, SrcAddr "srcaddr" Text,
        DstAddr "dstaddr" Text, SrcPort "srcport" Int32, DstPort "dstport" Int32, Protocol "protocol" Int32,
        Packets "packets" Int64, Bytes "bytes" Int64, Start "start" Int64, End "end" Int64, Action "action" Text,
        LogStatus "log-status" Text;
    3: VpcId "vpc-id" Text, SubnetId "subnet-id" Text, InstanceId "instance-id" Text, TcpFlags "tcp-flags" Int32,
        Type "type" Text, PktSrcAddr "pkt-srcaddr" Text, PktDstAddr "pkt-dstaddr" Text;
    4: Region "region" Text, AzId "az-id" Text, SublocationType "sublocation-type" Text, SublocationId "sublocation-id" Text;
    5: PktSrcAwsService "pkt-src-aws-service" Text, PktDstAwsService "pkt-dst-aws-service" Text,
        FlowDirection "flow-direction" Text, TrafficPath "traffic-path" Int32;
    7: EcsClusterArn "ecs-cluster-arn" Text, EcsClusterName "ecs-cluster-name" Text,
        EcsContainerInstanceArn "ecs-container-instance-arn" Text, EcsContainerInstanceId "ecs-container-instance-id" Text,
        EcsContainerId "ecs-container-id" Text, EcsSecondContainerId "ecs-second-container-id" Text,
        EcsServiceName "ecs-service-name" Text, EcsTaskDefinitionArn "ecs-task-definition-arn" Text,
        EcsTaskArn "ecs-task-arn" Text, EcsTaskId "ecs-task-id" Text;
    8: RejectReason "reject-reason" Text;
    9: ResourceId "resource-id" Text;
    10: EncryptionStatus "encryption-status" Int32;
    11: InstanceTag "instance-tag" Text, InstanceTag2 "instance-tag-2" Text, InterfaceTag "interface-tag" Text,
        InterfaceTag2 "interface-tag-2" Text, AsgTag "asg-tag" Text, AsgTag2 "asg-tag-2" Text,
        InterfaceType "interface-type" Text, NextHopInterfaceId "next-hop-interface-id" Text,
        NextHopSubnetId "next-hop-subnet-id" Text, NextHopAzId "next-hop-az-id" Text, NextHopVpcId "next-hop-vpc-id" Text,
        NextHopInterfaceType "next-hop-interface-type" Text;
}

/// There is no field of that name, as far as plustwo knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no field of Flow Log records")]
pub struct UnknownFlowLogField(pub Box<str>);

impl FromStr for FlowLogField {
    type Err = UnknownFlowLogField;

    fn from_str(text: &str) -> Result<Self, UnknownFlowLogField> {
        let found = Self::ALL.iter().find(|field| field.as_str() == text);
        found.copied().ok_or_else(|| UnknownFlowLogField(text.into()))
    }
}

/// Fields in the order of a record. N211
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLogFormat(Box<[FlowLogField]>);

/// How many fields the default format has: those of version 2. N210
const DEFAULT_FIELDS: usize = 14;

impl Default for FlowLogFormat {
    fn default() -> Self {
        Self(FlowLogField::ALL.iter().take(DEFAULT_FIELDS).copied().collect())
    }
}

impl FlowLogFormat {
    /// A format of these fields; none if there is no field in it.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = FlowLogField>) -> Option<Self> {
        let fields: Box<[FlowLogField]> = fields.into_iter().collect();
        (!fields.is_empty()).then_some(Self(fields))
    }

    /// Its fields, in order.
    #[must_use]
    pub fn fields(&self) -> &[FlowLogField] {
        &self.0
    }

    /// What `version` says: the highest version among the fields. N211
    #[must_use]
    pub fn version(&self) -> i32 {
        self.0.iter().map(|field| field.version()).max().unwrap_or(2)
    }
}

/// As the API spells it: `${version} ${account-id}`. N210
impl fmt::Display for FlowLogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, field) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}${{{}}}", field.as_str())?;
        }
        Ok(())
    }
}

/// Why a text is no format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadFlowLogFormat {
    /// It is not `${name}`s with a space between two of them.
    #[error("expected `${{field}}`s with one space between two of them")]
    Form,
    /// A field that is not there.
    #[error(transparent)]
    Field(#[from] UnknownFlowLogField),
}

impl FromStr for FlowLogFormat {
    type Err = BadFlowLogFormat;

    fn from_str(text: &str) -> Result<Self, BadFlowLogFormat> {
        let mut fields = Vec::new();
        for word in text.split(' ') {
            let name = word.strip_prefix("${").and_then(|word| word.strip_suffix('}'));
            let name = name.filter(|name| !name.contains(['$', '{', '}']));
            fields.push(name.ok_or(BadFlowLogFormat::Form)?.parse()?);
        }
        Self::new(fields).ok_or(BadFlowLogFormat::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_as_they_are_written() {
        let default = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                       ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
        assert_eq!(FlowLogFormat::default().to_string(), default);
        for text in [default, "${traffic-path}", "${end} ${start} ${ecs-task-id} ${version}"] {
            assert_eq!(text.parse::<FlowLogFormat>().unwrap().to_string(), text);
        }
        for text in [
            "",
            " ",
            "${version} ",
            "${version}  ${end}",
            "version",
            "${version",
            "$version",
            "${version},${end}",
        ] {
            assert_eq!(text.parse::<FlowLogFormat>(), Err(BadFlowLogFormat::Form), "`{text}`");
        }
        assert!(matches!("${vesion}".parse::<FlowLogFormat>(), Err(BadFlowLogFormat::Field(_))));
    }

    #[test]
    fn the_version_is_that_of_the_newest_field() {
        for (format, version) in [
            ("${version} ${log-status}", 2),
            ("${version} ${tcp-flags}", 3),
            ("${az-id} ${version}", 4),
            ("${traffic-path} ${az-id} ${version}", 5),
            ("${ecs-task-id}", 7),
            ("${reject-reason} ${version}", 8),
            ("${resource-id} ${reject-reason}", 9),
            ("${version} ${encryption-status}", 10),
            ("${encryption-status} ${next-hop-az-id} ${version}", 11),
        ] {
            assert_eq!(format.parse::<FlowLogFormat>().unwrap().version(), version, "{format}");
        }
    }
}
