//! Finds things of a model by the names that people type: a name, `vpc/name`, an id, an address.

use std::net::IpAddr;

use thiserror::Error;

use super::nearest;
use crate::{
    model::{
        AzIx, Direction, EndpointIx, EniIx, FlowLogIx, HealthCheckIx, InstanceIx, Model,
        ResolverEndpointIx, SubnetIx, Vantage, VpcIx,
    },
    policy::Through,
};

/// There is nothing of that name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no {kind} `{found}`{}", .nearest.as_ref().map(|nearest| format!(": did you mean `{nearest}`?")).unwrap_or_default())]
pub struct NotFound {
    /// What was looked for.
    pub kind: &'static str,
    /// What was typed.
    pub found: String,
    /// The nearest name.
    pub nearest: Option<String>,
}

impl NotFound {
    fn new(kind: &'static str, found: &str, known: impl Iterator<Item = String>) -> Self {
        let known: Vec<String> = known.collect();
        let nearest = nearest(found, known.iter().map(String::as_str));
        Self { kind, found: found.to_owned(), nearest }
    }
}

/// A VPC by name or id.
pub fn find_vpc(model: &Model, found: &str) -> Result<VpcIx, NotFound> {
    let id = found.parse().ok();
    (0..)
        .map(VpcIx)
        .zip(&model.vpcs)
        .find(|(_, vpc)| *vpc.name == *found || Some(vpc.id) == id)
        .map(|(ix, _)| ix)
        .ok_or_else(|| {
            NotFound::new("VPC", found, model.vpcs.iter().map(|vpc| vpc.name.to_string()))
        })
}

/// An AZ by name or id.
pub fn find_az(model: &Model, found: &str) -> Result<AzIx, NotFound> {
    let azs = || (0..).map(AzIx).zip(&model.availability_zones);
    azs()
        .find(|(_, az)| az.name.as_str() == found || *az.id.0 == *found)
        .map(|(ix, _)| ix)
        .ok_or_else(|| {
            NotFound::new("Availability Zone", found, azs().map(|(_, az)| az.name.to_string()))
        })
}

/// A subnet as `vpc/name`, by its id, or by its name alone where only one VPC has it.
pub fn find_subnet(model: &Model, found: &str) -> Result<SubnetIx, NotFound> {
    let name = |ix: SubnetIx| (model[ix].vpc, &*model[ix].name);
    let id = found.parse().ok();
    let by_id = |ix: SubnetIx| id == Some(model[ix].id);
    one(model, model.subnet_indexes(), found, name, by_id).ok_or_else(|| {
        let known = model.subnet_indexes().map(|ix| full_name(model, name(ix)));
        NotFound::new("subnet", found, known)
    })
}

/// An interface endpoint as `vpc/name`, by its id, or by its name alone where only one VPC has it.
pub fn find_endpoint(model: &Model, found: &str) -> Result<EndpointIx, NotFound> {
    let name = |ix: EndpointIx| (model[ix].vpc, &*model[ix].name);
    let id = found.parse().ok();
    let by_id = |ix: EndpointIx| id == Some(model[ix].id);
    one(model, model.endpoint_indexes(), found, name, by_id).ok_or_else(|| {
        let known = model.endpoint_indexes().map(|ix| full_name(model, name(ix)));
        NotFound::new("interface endpoint", found, known)
    })
}

/// An endpoint of any type as `vpc/name`, by its id, or by its name alone where only one VPC has it.
pub fn find_any_endpoint(model: &Model, found: &str) -> Result<Through, NotFound> {
    let interfaces = model.endpoint_indexes().map(|ix| (model[ix].vpc, &*model[ix].name));
    let gateways = || {
        (0..).map(VpcIx).zip(&model.vpcs).flat_map(|(vpc, of)| {
            of.gateway_endpoints.iter().map(move |(name, endpoint)| (vpc, &**name, endpoint.id))
        })
    };
    let id = found.parse().ok();
    let gateway =
        one(model, gateways(), found, |(vpc, name, _)| (vpc, name), |(_, _, of)| id == Some(of));
    match (find_endpoint(model, found), gateway) {
        (Ok(ix), None) => Ok(Through::Interface(ix)),
        (Err(_), Some((vpc, name, _))) => Ok(Through::Gateway(vpc, name.into())),
        (Ok(_), Some(_)) | (Err(_), None) => {
            let names = interfaces.chain(gateways().map(|(vpc, name, _)| (vpc, name)));
            Err(NotFound::new("endpoint", found, names.map(|name| full_name(model, name))))
        }
    }
}

/// An endpoint network interface by its id or address.
pub fn find_interface(model: &Model, found: &str) -> Result<EniIx, NotFound> {
    let address = found.parse::<IpAddr>().ok();
    let id = found.parse().ok();
    model
        .interface_indexes()
        .find(|ix| {
            let interface = &model[*ix];
            interface.addresses().any(|own| Some(own) == address) || Some(interface.id) == id
        })
        .ok_or_else(|| {
            let known = model.interface_indexes().map(|ix| model[ix].id.to_string());
            NotFound::new("endpoint network interface", found, known)
        })
}

/// A health check by name or id.
pub fn find_health_check(model: &Model, found: &str) -> Result<HealthCheckIx, NotFound> {
    let id = found.parse().ok();
    model
        .health_check_indexes()
        .find(|ix| *model[*ix].name == *found || Some(model[*ix].id) == id)
        .ok_or_else(|| {
            let known = model.health_checks.iter().map(|check| check.name.to_string());
            NotFound::new("health check", found, known)
        })
}

/// A flow log by name or id.
pub fn find_flow_log(model: &Model, found: &str) -> Result<FlowLogIx, NotFound> {
    let id = found.parse().ok();
    model
        .flow_log_indexes()
        .find(|ix| *model[*ix].name == *found || Some(model[*ix].id) == id)
        .ok_or_else(|| {
            let known = model.flow_logs.iter().map(|flow_log| flow_log.name.to_string());
            NotFound::new("flow log", found, known)
        })
}

/// An inbound endpoint as `vpc/name`, by its id, or by its name alone where only one VPC has it.
fn find_inbound_endpoint(model: &Model, found: &str) -> Result<ResolverEndpointIx, NotFound> {
    let inbound =
        model.resolver_endpoint_indexes().filter(|ix| model[*ix].direction == Direction::Inbound);
    let name = |ix: ResolverEndpointIx| (model[ix].vpc, &*model[ix].name);
    let by_id = |ix: ResolverEndpointIx| model[ix].id.to_string() == found;
    one(model, inbound.clone(), found, name, by_id).ok_or_else(|| {
        NotFound::new("inbound endpoint", found, inbound.map(|ix| full_name(model, name(ix))))
    })
}

/// An instance as `vpc/name`, by its id, or by its name alone where only one VPC has it.
#[must_use]
pub fn find_instance(model: &Model, found: &str) -> Option<InstanceIx> {
    let instances = (0..).map(InstanceIx).zip(&model.instances).map(|(ix, _)| ix);
    let name = |ix: InstanceIx| (model[model[ix].subnet].vpc, &*model[ix].name);
    let id = found.parse().ok();
    let by_id = |ix: InstanceIx| id == Some(model[ix].id);
    one(model, instances, found, name, by_id)
}

/// What packets can be addressed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// An instance.
    Instance(InstanceIx),
    /// An endpoint with network interfaces.
    Endpoint(EndpointIx),
}

/// An instance or an endpoint with network interfaces, as `vpc/name` or by its id; of one name the instance.
pub fn find_addressed(model: &Model, found: &str) -> Result<Addressed, NotFound> {
    let instance = find_instance(model, found).map(Addressed::Instance);
    let endpoint = || find_endpoint(model, found).ok().map(Addressed::Endpoint);
    instance.or_else(endpoint).ok_or_else(|| {
        let instances = model.instances.iter();
        let instances = instances.map(|of| (model[of.subnet].vpc, &*of.name));
        let endpoints = model.endpoint_indexes().map(|ix| (model[ix].vpc, &*model[ix].name));
        let known = instances.chain(endpoints).map(|name| full_name(model, name));
        NotFound::new("instance or interface endpoint", found, known)
    })
}

/// Where somebody asks from: `internet`, `vpc`, `vpc/subnet`, `vpc/instance`, or the id of one of them; or
/// `inbound:` and an inbound endpoint.
pub fn vantage(model: &Model, found: &str) -> Result<Vantage, NotFound> {
    if found == "internet" {
        return Ok(Vantage::Internet);
    }
    if let Some(endpoint) = found.strip_prefix("inbound:") {
        let ix = find_inbound_endpoint(model, endpoint)?;
        return Ok(Vantage::inbound(model[ix].vpc, ix));
    }
    if let Ok(vpc) = find_vpc(model, found) {
        return Ok(Vantage::vpc(vpc));
    }
    if let Ok(subnet) = find_subnet(model, found) {
        return Ok(Vantage::subnet(model[subnet].vpc, subnet));
    }
    if let Some(ix) = find_instance(model, found) {
        let subnet = model[ix].subnet;
        return Ok(Vantage::instance(model[subnet].vpc, subnet, ix));
    }
    if let Ok(interface) = find_interface(model, found) {
        let subnet = model[interface].subnet;
        return Ok(Vantage::subnet(model[subnet].vpc, subnet));
    }
    let vpcs = model.vpcs.iter().map(|vpc| vpc.name.to_string());
    let subnets = model.subnets.iter().map(|subnet| full_name(model, (subnet.vpc, &*subnet.name)));
    let instances = model.instances.iter();
    let instances =
        instances.map(|instance| full_name(model, (model[instance.subnet].vpc, &*instance.name)));
    let known = vpcs.chain(subnets).chain(instances);
    Err(NotFound::new("vantage", found, known.chain(["internet".to_owned()])))
}

/// `vpc/name`.
fn full_name(model: &Model, (vpc, name): (VpcIx, &str)) -> String {
    format!("{}/{name}", model[vpc].name)
}

/// The one thing that is meant by `vpc/name` with the VPC's name or id, by an id, or by a bare name that is the only
/// one of its kind.
fn one<'m, T: Copy>(
    model: &Model,
    all: impl Iterator<Item = T> + Clone,
    found: &str,
    name: impl Fn(T) -> (VpcIx, &'m str),
    by_id: impl Fn(T) -> bool,
) -> Option<T> {
    if let Some((vpc, bare)) = found.split_once('/') {
        let vpc = find_vpc(model, vpc).ok()?;
        return all.clone().find(|ix| name(*ix) == (vpc, bare));
    }
    if let Some(ix) = all.clone().find(|ix| by_id(*ix)) {
        return Some(ix);
    }
    let mut of_name = all.filter(|ix| name(*ix).1 == found);
    let first = of_name.next()?;
    of_name.next().is_none().then_some(first)
}
