//! The addresses an endpoint's name holds at one moment: healthy ones, by routing policy, rotated.

use hickory_proto::rr::RecordType;

use super::{Reason, Situation, evaluate::Reply};
use crate::{
    model::{
        AzIx, ClientRoutingPolicy, DnsRecordIpType, EndpointIx, EniIx, ImpairedAnswer,
        InterfaceEndpoint, NetworkInterface, Vantage,
    },
    view::EndpointName,
};

/// Most network interfaces an endpoint can have: one an AZ, whose names end in a letter. R15
const MAX_INTERFACES: usize = 26;

/// Which kind of name asks for the addresses; `service-defined` endpoints tell them apart. R42
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// Regional, zonal, an alias to one, or a name of AWS's for both families. R43
    OfEndpoint,
    /// The service's own name otherwise.
    Private,
}

/// Writes the addresses that an endpoint's name holds for one type, perhaps none; false is SERVFAIL. R31–R37, R42
#[inline(always)]
pub(super) fn addresses(
    situation: &Situation<'_>,
    name: EndpointName,
    kind: NameKind,
    rtype: RecordType,
    reply: &mut impl Reply,
) -> bool {
    let model = situation.model;
    let InterfaceEndpoint { dns_record_ip_type, client_routing_policy, interfaces, .. } =
        &model[name.endpoint];
    let families = Families::of(*dns_record_ip_type, kind, rtype);
    if name.availability_zone.is_none()
        && situation.detected.is_clear()
        && *client_routing_policy == ClientRoutingPolicy::AnyAvailabilityZone
    {
        // as nearly always: all of them, in turn
        let (first, end) = *interfaces;
        let all = model.interfaces.get(first.index()..end.index()).unwrap_or_default();
        let by = (situation.turn as usize).checked_rem(all.len()).unwrap_or(0);
        let (back, front) = all.split_at_checked(by).unwrap_or_default();
        for eni in front {
            families.give(eni, reply);
        }
        for eni in back {
            families.give(eni, reply);
        }
        return true;
    }
    chosen_addresses(situation, name, &families, reply)
}

/// The addresses of a zonal name, and of any name when there is a choice to make.
fn chosen_addresses(
    situation: &Situation<'_>,
    name: EndpointName,
    families: &Families,
    reply: &mut impl Reply,
) -> bool {
    let chosen = match name.availability_zone {
        Some(az) => zonal(situation, name.endpoint, az, reply),
        None => regional(situation, name.endpoint, reply),
    };
    let Some(chosen) = chosen else { return false };
    for eni in chosen.interfaces() {
        families.give(&situation.model[eni], reply);
    }
    true
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

    /// Writes the addresses of a network interface.
    #[inline(always)]
    fn give(&self, eni: &NetworkInterface, reply: &mut impl Reply) {
        if let Some(v4) = eni.ipv4.filter(|_| self.v4) {
            reply.address(v4.into());
        }
        if let Some(v6) = eni.ipv6.as_deref().filter(|_| self.v6) {
            reply.address((*v6).into());
        }
    }
}

/// Network interfaces of one endpoint, in the order of the answer.
#[derive(Clone, Copy)]
struct Chosen {
    first: EniIx,
    /// Each as its distance from the first of the endpoint.
    order: [u8; MAX_INTERFACES],
    length: usize,
}

impl Chosen {
    fn none(first: EniIx) -> Self {
        Self { first, order: [0; MAX_INTERFACES], length: 0 }
    }

    fn push(&mut self, eni: EniIx) {
        if let (Some(place), Ok(distance)) =
            (self.order.get_mut(self.length), u8::try_from(eni.0.wrapping_sub(self.first.0)))
        {
            *place = distance;
            self.length += 1;
        }
    }

    fn interfaces(&self) -> impl Iterator<Item = EniIx> {
        let order = self.order.get(..self.length).unwrap_or_default();
        order.iter().map(|distance| EniIx(self.first.0 + u32::from(*distance)))
    }

    fn order_mut(&mut self) -> &mut [u8] {
        self.order.get_mut(..self.length).unwrap_or_default()
    }
}

/// The network interface of one AZ, whether it is healthy or not, as the switch says. R35, R36
fn zonal(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    az: AzIx,
    reply: &mut impl Reply,
) -> Option<Chosen> {
    let Situation { model, detected, .. } = situation;
    let mut chosen = Chosen::none(model[endpoint].interfaces.0);
    let of_az =
        model.interfaces_of(endpoint).map(|(eni, _)| eni).find(|eni| model.az_of(*eni) == az);
    let Some(eni) = of_az else { return Some(chosen) };
    chosen.push(eni);
    if detected.impairment(model, eni).is_none() {
        return Some(chosen);
    }
    let switch = model.failover.zonal;
    reply.note(|| Reason::ZonalImpaired(switch));
    impaired_answer(situation, switch, chosen, reply)
}

/// The healthy network interfaces, picked and ordered by the routing policy. R31–R34, R37
fn regional(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    reply: &mut impl Reply,
) -> Option<Chosen> {
    let Situation { model, detected, .. } = situation;
    let (first, _) = model[endpoint].interfaces;
    let (mut healthy, mut impaired) = (Chosen::none(first), Chosen::none(first));
    for (eni, _) in model.interfaces_of(endpoint) {
        if detected.impairment(model, eni).is_none() {
            healthy.push(eni);
        } else {
            impaired.push(eni);
        }
    }
    if healthy.length == 0 && impaired.length > 0 {
        let switch = model.failover.all_impaired;
        reply.note(|| Reason::AllImpaired(switch));
        let mut all = impaired_answer(situation, switch, impaired, reply)?;
        rotate(all.order_mut(), situation.turn);
        return Some(all);
    }
    for eni in impaired.interfaces() {
        if let Some(why) = detected.impairment(model, eni) {
            reply.note(|| Reason::LeftOut(eni, why));
        }
    }
    Some(route(situation, endpoint, healthy, reply))
}

/// What the switches for impaired endpoints make of them; none is SERVFAIL.
fn impaired_answer(
    situation: &Situation<'_>,
    switch: ImpairedAnswer,
    impaired: Chosen,
    reply: &mut impl Reply,
) -> Option<Chosen> {
    match switch {
        ImpairedAnswer::Answer => {
            for eni in impaired.interfaces() {
                if let Some(why) = situation.detected.impairment(situation.model, eni) {
                    reply.note(|| Reason::KeptImpaired(eni, why));
                }
            }
            Some(impaired)
        }
        ImpairedAnswer::Nodata => Some(Chosen::none(impaired.first)),
        ImpairedAnswer::Servfail => None,
    }
}

/// Applies the endpoint's `client_routing_policy` and rotates what it leaves free. R32, R34
fn route(
    situation: &Situation<'_>,
    endpoint: EndpointIx,
    mut healthy: Chosen,
    reply: &mut impl Reply,
) -> Chosen {
    let model = situation.model;
    let policy = model[endpoint].client_routing_policy;
    if policy == ClientRoutingPolicy::AnyAvailabilityZone {
        rotate(healthy.order_mut(), situation.turn);
        return healthy;
    }
    let own_az = match situation.vantage {
        Vantage::Vpc(place) => place.subnet.map(|subnet| model[subnet].availability_zone),
        Vantage::Internet => None,
    };
    let own = own_az.and_then(|az| {
        let at = healthy.interfaces().position(|eni| model.az_of(eni) == az)?;
        Some((az, at))
    });
    let Some((az, at)) = own else {
        rotate(healthy.order_mut(), situation.turn);
        return healthy;
    };
    reply.note(|| Reason::Routing(policy, az));
    // the own AZ's first, the others in their order behind it
    if let Some(front) = healthy.order_mut().get_mut(..=at) {
        front.rotate_right(1);
    }
    if policy == ClientRoutingPolicy::AvailabilityZoneAffinity {
        healthy.length = 1;
    } else if let Some((_, others)) = healthy.order_mut().split_first_mut() {
        rotate(others, situation.turn);
    }
    healthy
}

/// Rotates by one place a turn. R32
pub(super) fn rotate<T>(items: &mut [T], turn: u32) {
    let by = (turn as usize).checked_rem(items.len()).unwrap_or(0);
    if by > 0 {
        items.rotate_left(by);
    }
}
