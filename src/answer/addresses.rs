//! The addresses an endpoint's name holds at one moment: healthy ones, by routing policy, rotated.

use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::{Reason, Situation};
use crate::{
    model::{
        AzIx, ClientRoutingPolicy, DnsRecordIpType, ENDPOINT_TTL, EndpointIx, EniIx,
        ImpairedAnswer, NetworkInterface, Vantage,
    },
    view::EndpointName,
};

/// Which kind of name asks for the addresses; `service-defined` endpoints tell them apart. R42
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// Regional, zonal, or an alias to one.
    OfEndpoint,
    /// The service's own name.
    Private,
}

/// What a name of an endpoint holds for one type.
pub(super) enum Addresses {
    /// These records; none is NODATA.
    Records(Vec<Record>),
    /// The switch for impaired endpoints says SERVFAIL. R36, R37
    ServFail,
}

/// The records of `owner` for an endpoint's name. R31–R37, R42
pub(super) fn addresses(
    situation: &Situation<'_>,
    name: EndpointName,
    kind: NameKind,
    owner: &Name,
    rtype: RecordType,
    reasons: &mut Vec<Reason>,
) -> Addresses {
    let model = situation.model;
    let chosen = match name.availability_zone {
        Some(az) => zonal(situation, name.endpoint, az, reasons),
        None => regional(situation, name.endpoint, reasons),
    };
    let Some(chosen) = chosen else { return Addresses::ServFail };
    let families = Families::of(model[name.endpoint].dns_record_ip_type, kind, rtype);
    let records = chosen
        .into_iter()
        .flat_map(|eni| families.rdata(&model[eni]))
        .map(|rdata| Record::from_rdata(owner.clone(), ENDPOINT_TTL, rdata))
        .collect();
    Addresses::Records(records)
}

/// Which families a question gets.
struct Families {
    v4: bool,
    v6: bool,
}

impl Families {
    /// ANY gets all that there is. R42, R44
    fn of(record_type: DnsRecordIpType, kind: NameKind, rtype: RecordType) -> Self {
        let (has_v4, has_v6) = match (record_type, kind) {
            (DnsRecordIpType::Ipv4, _) | (DnsRecordIpType::ServiceDefined, NameKind::Private) => {
                (true, false)
            }
            (DnsRecordIpType::Ipv6, _) => (false, true),
            (DnsRecordIpType::Dualstack, _)
            | (DnsRecordIpType::ServiceDefined, NameKind::OfEndpoint) => (true, true),
        };
        let any = rtype == RecordType::ANY;
        Self {
            v4: has_v4 && (any || rtype == RecordType::A),
            v6: has_v6 && (any || rtype == RecordType::AAAA),
        }
    }

    fn rdata(&self, eni: &NetworkInterface) -> impl Iterator<Item = RData> + use<> {
        let v4 = eni.ipv4.filter(|_| self.v4).map(|address| RData::A(address.into()));
        let v6 =
            eni.ipv6.as_deref().filter(|_| self.v6).map(|address| RData::AAAA((*address).into()));
        v4.into_iter().chain(v6)
    }
}

/// The network interface of one AZ, whether it is healthy or not, as the switch says. R35, R36
fn zonal(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    az: AzIx,
    reasons: &mut Vec<Reason>,
) -> Option<Vec<EniIx>> {
    let Situation { model, detected, .. } = situation;
    let of_az =
        model.interfaces_of(endpoint).map(|(eni, _)| eni).find(|eni| model.az_of(*eni) == az);
    let Some(eni) = of_az else { return Some(Vec::new()) };
    let Some(impairment) = detected.impairment(model, eni) else { return Some(vec![eni]) };
    let switch = model.failover.zonal;
    reasons.push(Reason::ZonalImpaired(switch));
    impaired_answer(switch, vec![(eni, impairment)], reasons)
}

/// The healthy network interfaces, picked and ordered by the routing policy. R31–R34, R37
fn regional(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    reasons: &mut Vec<Reason>,
) -> Option<Vec<EniIx>> {
    let Situation { model, detected, .. } = situation;
    let mut healthy = Vec::new();
    let mut impaired = Vec::new();
    for (eni, _) in model.interfaces_of(endpoint) {
        match detected.impairment(model, eni) {
            None => healthy.push(eni),
            Some(impairment) => impaired.push((eni, impairment)),
        }
    }
    if healthy.is_empty() && !impaired.is_empty() {
        let switch = model.failover.all_impaired;
        reasons.push(Reason::AllImpaired(switch));
        let mut all = impaired_answer(switch, impaired, reasons)?;
        rotate(&mut all, situation.turn);
        return Some(all);
    }
    reasons.extend(impaired.into_iter().map(|(eni, why)| Reason::LeftOut(eni, why)));
    Some(route(situation, endpoint, healthy, reasons))
}

/// What the switches for impaired endpoints make of them; none is SERVFAIL.
fn impaired_answer(
    switch: ImpairedAnswer,
    impaired: Vec<(EniIx, crate::health::Impairment)>,
    reasons: &mut Vec<Reason>,
) -> Option<Vec<EniIx>> {
    match switch {
        ImpairedAnswer::Answer => {
            reasons.extend(impaired.iter().map(|(eni, why)| Reason::KeptImpaired(*eni, *why)));
            Some(impaired.into_iter().map(|(eni, _)| eni).collect())
        }
        ImpairedAnswer::Nodata => Some(Vec::new()),
        ImpairedAnswer::Servfail => None,
    }
}

/// Applies the endpoint's `client_routing_policy` and rotates what it leaves free. R32, R34
fn route(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    mut healthy: Vec<EniIx>,
    reasons: &mut Vec<Reason>,
) -> Vec<EniIx> {
    let model = situation.model;
    let policy = model[endpoint].client_routing_policy;
    let own_az = match situation.vantage {
        Vantage::Vpc(place) => place.subnet.map(|subnet| model[subnet].availability_zone),
        Vantage::Internet => None,
    };
    let own = own_az
        .and_then(|az| healthy.iter().position(|eni| model.az_of(*eni) == az).map(|at| (az, at)));
    match (policy, own) {
        (ClientRoutingPolicy::AnyAvailabilityZone, _) | (_, None) => {
            rotate(&mut healthy, situation.turn);
            healthy
        }
        (ClientRoutingPolicy::AvailabilityZoneAffinity, Some((az, at))) => {
            reasons.push(Reason::Routing(policy, az));
            vec![healthy.swap_remove(at)]
        }
        (ClientRoutingPolicy::PartialAvailabilityZoneAffinity, Some((az, at))) => {
            reasons.push(Reason::Routing(policy, az));
            let own = healthy.remove(at);
            rotate(&mut healthy, situation.turn);
            healthy.insert(0, own);
            healthy
        }
    }
}

/// Rotates by one place a turn. R32
pub(super) fn rotate<T>(items: &mut [T], turn: u32) {
    if !items.is_empty() {
        let by = turn as usize % items.len();
        items.rotate_left(by);
    }
}
