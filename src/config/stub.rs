//! stub of what branch `build` brings
use super::{Problem, Problems};
use crate::model::{AzIx, ClientRoutingPolicy, EndpointIx, EniIx, Model, SubnetIx, Vantage, VpcIx};
/// AWS's refusal of a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AwsError {
    /// code
    pub code: &'static str,
    /// text
    pub message: String,
    /// rules
    pub rules: &'static [&'static str],
}
/// What to change of an endpoint.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointChange {
    /// on or off
    pub private_dns_enabled: Option<bool>,
}
/// change
pub fn change_endpoint(
    model: &Model,
    ix: EndpointIx,
    change: &EndpointChange,
) -> Result<Model, AwsError> {
    let mut model = model.clone();
    if let Some(on) = change.private_dns_enabled {
        model.endpoints[ix.index()].private_dns_enabled = on;
    }
    let _ = ClientRoutingPolicy::AnyAvailabilityZone;
    Ok(model)
}
/// No such thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {kind} `{found}`")]
pub struct NotFound {
    /// kind
    pub kind: &'static str,
    /// found
    pub found: String,
    /// nearest
    pub nearest: Option<String>,
}
/// A loaded topology.
#[derive(Debug)]
pub struct Topology {
    /// model
    pub model: Model,
    /// warnings
    pub warnings: Vec<Problem>,
    /// files
    pub files: Vec<std::path::PathBuf>,
}
/// load
pub fn load(_path: &std::path::Path) -> Result<Topology, Problems> {
    Err(Problems::new(Vec::new()))
}
/// parse
pub fn parse(_name: &str, _text: &str) -> Result<Topology, Problems> {
    Err(Problems::new(Vec::new()))
}
/// embedded
pub fn embedded() -> Result<Topology, Problems> {
    Err(Problems::new(Vec::new()))
}
/// schema
pub fn schema() -> serde_json::Value {
    serde_json::Value::Null
}
/// find
pub fn find_endpoint(_m: &Model, found: &str) -> Result<EndpointIx, NotFound> {
    Err(NotFound { kind: "endpoint", found: found.into(), nearest: None })
}
/// find
pub fn find_subnet(_m: &Model, found: &str) -> Result<SubnetIx, NotFound> {
    Err(NotFound { kind: "subnet", found: found.into(), nearest: None })
}
/// find
pub fn find_interface(_m: &Model, found: &str) -> Result<EniIx, NotFound> {
    Err(NotFound { kind: "network interface", found: found.into(), nearest: None })
}
/// find
pub fn find_vpc(_m: &Model, found: &str) -> Result<VpcIx, NotFound> {
    Err(NotFound { kind: "VPC", found: found.into(), nearest: None })
}
/// find
pub fn find_az(_m: &Model, found: &str) -> Result<AzIx, NotFound> {
    Err(NotFound { kind: "Availability Zone", found: found.into(), nearest: None })
}
/// vantage
pub fn vantage(_m: &Model, found: &str) -> Result<Vantage, NotFound> {
    Err(NotFound { kind: "vantage", found: found.into(), nearest: None })
}
