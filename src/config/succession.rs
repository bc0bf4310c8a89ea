//! What outlives a change of the model: hidden zones that are detached only after a while. R54

use std::{collections::BTreeSet, time::Duration};

use hickory_proto::rr::{RData, RecordType, rdata::CNAME};

use super::AwsError;
use crate::{
    catalog::{Owner, PrivateName},
    model::{
        DnsName, DnsRecordIpType, ENDPOINT_TTL, EndpointIx, EndpointState, HostedZone,
        InterfaceEndpoint, Model, RrSet, RrSetData, VpcEndpointId, VpcId, VpcIx,
    },
    names::{EndpointNames, hidden_zone_id},
};

/// A hidden zone: the VPC it is attached to, and its name.
type Attached = (VpcId, Box<str>);

/// The model that follows `old` at the moment `now`: hidden zones that it has no more are attached for a while. R54
///
/// # Errors
/// In AWS's words, where it has an endpoint or a hosted zone with the name of such a zone.
pub fn succeed(old: &Model, mut new: Model, now: Duration) -> Result<Model, AwsError> {
    let lag = new.private_dns_deletion_lag;
    // what `new` was made from may hold them already
    new.hosted_zones.retain(|zone| zone.attached_until.is_none());
    if lag.is_zero() {
        return Ok(new);
    }
    let kept: BTreeSet<(Attached, VpcEndpointId)> = hidden_zones(&new)
        .map(|(ix, name)| ((new[new[ix].vpc].id, name.zone.clone()), new[ix].id))
        .collect();
    let mut gone: Vec<HostedZone> = Vec::new();
    for zone in
        old.hosted_zones.iter().filter(|zone| zone.attached_until.is_some_and(|at| at > now))
    {
        let vpcs = zone.vpcs.iter().filter_map(|vpc| same_vpc(&new, old[*vpc].id)).collect();
        gone.push(HostedZone { vpcs, ..zone.clone() });
    }
    for (ix, name) in hidden_zones(old) {
        let endpoint = &old[ix];
        let vpc = old[endpoint.vpc].id;
        if kept.contains(&((vpc, name.zone.clone()), endpoint.id)) {
            continue;
        }
        if let Some(vpc) = same_vpc(&new, vpc)
            && let Some(zone) = detached(old, ix, name, vpc, now + lag)
        {
            gone.push(zone);
        }
    }
    gone.retain(|zone| !zone.vpcs.is_empty());
    let taken: BTreeSet<(VpcIx, &DnsName)> =
        gone.iter().flat_map(|zone| zone.vpcs.iter().map(move |vpc| (*vpc, &zone.name))).collect();
    if !taken.is_empty() {
        check(&new, &taken)?;
    }
    new.hosted_zones.extend(gone);
    Ok(new)
}

/// When the next of a model's hidden zones is detached.
#[must_use]
pub fn next_detachment(model: &Model) -> Option<Duration> {
    model.hosted_zones.iter().filter_map(|zone| zone.attached_until).min()
}

/// The model without the hidden zones that are detached by `now`.
#[must_use]
pub fn without_detached(model: &Model, now: Duration) -> Model {
    let mut model = model.clone();
    model.hosted_zones.retain(|zone| zone.attached_until.is_none_or(|until| until > now));
    model
}

/// The private names of a model that have hidden zones for queries from the VPC.
fn hidden_zones(model: &Model) -> impl Iterator<Item = (EndpointIx, &PrivateName)> {
    let endpoints = model.endpoint_indexes().filter(|ix| {
        let endpoint = &model[*ix];
        endpoint.private_dns_enabled
            && endpoint.state == EndpointState::Available
            && !endpoint.private_dns_only_for_inbound_resolver_endpoint
    });
    endpoints.flat_map(|ix| model.service_of(ix).private_names.iter().map(move |name| (ix, name)))
}

fn same_vpc(model: &Model, id: VpcId) -> Option<VpcIx> {
    (0..).map(VpcIx).zip(&model.vpcs).find(|(_, vpc)| vpc.id == id).map(|(ix, _)| ix)
}

/// Whether what is there has a name of a zone that is still attached. R52–R54
fn check(model: &Model, taken: &BTreeSet<(VpcIx, &DnsName)>) -> Result<(), AwsError> {
    for (ix, name) in hidden_zones(model) {
        let vpc = model[ix].vpc;
        if name.zone.parse().is_ok_and(|zone: DnsName| taken.contains(&(vpc, &zone))) {
            return Err(AwsError::conflicting_domain(&name.zone, model[vpc].id));
        }
    }
    for zone in &model.hosted_zones {
        if let Some(vpc) = zone.vpcs.iter().find(|vpc| taken.contains(&(**vpc, &zone.name))) {
            return Err(AwsError::conflicting_zone(&zone.name.to_string(), model[*vpc].id));
        }
    }
    Ok(())
}

/// A hidden zone with what it held when its private DNS went away.
fn detached(
    old: &Model,
    ix: EndpointIx,
    name: &PrivateName,
    vpc: VpcIx,
    until: Duration,
) -> Option<HostedZone> {
    let apex: DnsName = name.zone.parse().ok()?;
    let wildcard = name.wildcard.then(|| apex.child("*")).flatten();
    let records = records(old, ix);
    let rrset = |owner: &DnsName| {
        let owner = owner.clone();
        records.iter().map(move |(rtype, rdata)| RrSet {
            name: owner.clone(),
            rtype: *rtype,
            data: RrSetData::Values { ttl: ENDPOINT_TTL, rdata: rdata.clone() },
        })
    };
    Some(HostedZone {
        id: hidden_zone_id(old, &old[ix], &name.zone),
        rrsets: rrset(&apex).chain(wildcard.iter().flat_map(rrset)).collect(),
        name: apex,
        vpcs: vec![vpc],
        attached_until: Some(until),
    })
}

/// What an endpoint's hidden zones hold. R46, R47
fn records(model: &Model, ix: EndpointIx) -> Vec<(RecordType, Vec<RData>)> {
    let InterfaceEndpoint { dns_record_ip_type, .. } = &model[ix];
    if model.service_of(ix).owner == Owner::Customer {
        let target = EndpointNames::new(model, ix).regional_key().to_name();
        return vec![(RecordType::CNAME, vec![RData::CNAME(CNAME(target))])];
    }
    let interfaces = || model.interfaces_of(ix).map(|(_, interface)| interface);
    let v4 = interfaces().filter_map(|interface| Some(RData::A(interface.ipv4?.into())));
    let v6 = interfaces()
        .filter_map(|interface| Some(RData::AAAA((*interface.ipv6.as_deref()?).into())));
    let (has_v4, has_v6) = match dns_record_ip_type {
        DnsRecordIpType::Ipv4 | DnsRecordIpType::ServiceDefined => (true, false),
        DnsRecordIpType::Ipv6 => (false, true),
        DnsRecordIpType::Dualstack => (true, true),
    };
    let v4: Vec<RData> = v4.filter(|_| has_v4).collect();
    let v6: Vec<RData> = v6.filter(|_| has_v6).collect();
    let both = [(RecordType::A, v4), (RecordType::AAAA, v6)];
    both.into_iter().filter(|(_, rdata)| !rdata.is_empty()).collect()
}
