//! Finds who asks: an asker's address to its vantage, by the longest prefix.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::model::{InstanceIx, Model, QuickMap, SubnetIx, Vantage, VpcIx};

/// Who is who among the askers.
#[derive(Clone, Debug)]
pub struct Askers {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
    otherwise: Vantage,
    /// VPCs by the address that their resolver has in them alone. R1
    resolvers: QuickMap<Ipv4Addr, VpcIx>,
}

impl Askers {
    /// Compiles the `clients` of the topology, its subnets and its instances.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        let clients = model.clients.iter().map(|client| (client.prefix, client.vantage, true));
        let instances = (0..).map(InstanceIx).zip(&model.instances).flat_map(|(ix, instance)| {
            let place = Vantage::instance(model[instance.subnet].vpc, instance.subnet, ix);
            let addresses =
                [instance.private_ip.map(IpAddr::V4), instance.ipv6_address.map(IpAddr::V6)];
            addresses.into_iter().flatten().map(move |ip| (IpNet::from(ip), place, false))
        });
        let subnets = (0..).map(SubnetIx).zip(&model.subnets).flat_map(|(ix, subnet)| {
            let place = Vantage::subnet(subnet.vpc, ix);
            subnet.blocks().map(move |block| (block, place, false))
        });
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (prefix, vantage, told) in clients.chain(instances).chain(subnets) {
            match prefix {
                IpNet::V4(net) => v4.push(Prefix {
                    first: net.network().to_bits(),
                    last: net.broadcast().to_bits(),
                    source: Source { vantage, told },
                }),
                IpNet::V6(net) => v6.push(Prefix {
                    first: net.network().to_bits(),
                    last: net.broadcast().to_bits(),
                    source: Source { vantage, told },
                }),
            }
        }
        let otherwise =
            if model.vpcs.is_empty() { Vantage::Internet } else { Vantage::vpc(VpcIx(0)) };
        let mut resolvers = QuickMap::default();
        for (ix, vpc) in (0..).map(VpcIx).zip(&model.vpcs) {
            if let Some(address) = vpc.resolver_plus_two() {
                resolvers.entry(address).or_insert(ix);
            }
        }
        Self {
            v4: Ranges::compile(v4, |address| address.checked_add(1)),
            v6: Ranges::compile(v6, |address| address.checked_add(1)),
            otherwise,
            resolvers,
        }
    }

    /// The VPC whose resolver has this address; of several with equal blocks, the first in the file. R1
    #[must_use]
    pub fn vpc_of_resolver(&self, address: IpAddr) -> Option<VpcIx> {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.resolvers.get(&v4).copied(),
            IpAddr::V6(_) => None,
        }
    }

    /// The vantage of an asker at the resolver's address of a VPC: what `clients` says of it, else its place in that VPC,
    /// else that VPC. R1
    #[must_use]
    pub fn vantage_in(&self, vpc: VpcIx, asker: IpAddr) -> Vantage {
        match self.find(asker) {
            Some(Source { vantage, told: true }) => vantage,
            Some(Source { vantage: Vantage::Vpc(place), told: false }) if place.vpc == vpc => {
                Vantage::Vpc(place)
            }
            _ => Vantage::vpc(vpc),
        }
    }

    /// The vantage of an asker: what `clients` says of it, else the instance or subnet its address is in (of
    /// VPCs with equal blocks, the first in the file), else the first VPC.
    #[must_use]
    #[inline(always)]
    pub fn vantage_of(&self, asker: IpAddr) -> Vantage {
        self.find(asker).map_or(self.otherwise, |source| source.vantage)
    }

    /// Whether the topology knows this address: by `clients`, or as one inside a subnet.
    #[must_use]
    pub fn knows(&self, asker: IpAddr) -> bool {
        self.find(asker).is_some()
    }

    #[inline(always)]
    fn find(&self, asker: IpAddr) -> Option<Source> {
        match asker.to_canonical() {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find(v6.to_bits()),
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    vantage: Vantage,
    /// Whether the topology tells so by `clients`, which outrank places.
    told: bool,
}

/// The addresses of a prefix, and who asks from there.
#[derive(Clone, Copy)]
struct Prefix<A> {
    first: A,
    last: A,
    source: Source,
}

/// The addresses of a family, cut where it changes who asks.
#[derive(Clone, Debug)]
struct Ranges<A> {
    /// The first address of each range, in order; each range ends where the next one begins.
    firsts: Vec<A>,
    /// Who asks from there; none where nothing is known.
    sources: Vec<Option<Source>>,
}

impl<A: Copy + Ord> Ranges<A> {
    /// Of two vantages given for one prefix, the first is kept. `next` is the address after another one, if there is one.
    fn compile(mut prefixes: Vec<Prefix<A>>, next: impl Fn(A) -> Option<A>) -> Self {
        // any two are disjoint, or one is in the other: the outer one first. The sort keeps the order of equal ones
        prefixes.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
        let mut ranges = Self { firsts: Vec::new(), sources: Vec::new() };
        let mut open: Vec<Prefix<A>> = Vec::new();
        for prefix in prefixes {
            ranges.close(&mut open, |last| last < prefix.first, &next);
            let outer = open.last().copied();
            match outer {
                Some(outer) if (outer.first, outer.last) == (prefix.first, prefix.last) => continue,
                Some(outer) if outer.source.told && !prefix.source.told => {
                    open.push(Prefix { last: prefix.last, ..outer });
                }
                _ => open.push(prefix),
            }
            ranges.begin(prefix.first, open.last().map(|prefix| prefix.source));
        }
        ranges.close(&mut open, |_| true, &next);
        ranges
    }

    /// Ends the innermost prefixes as long as their last addresses are `done`.
    fn close(
        &mut self,
        open: &mut Vec<Prefix<A>>,
        done: impl Fn(A) -> bool,
        next: &impl Fn(A) -> Option<A>,
    ) {
        while let Some(inner) = open.pop_if(|prefix| done(prefix.last)) {
            if let Some(after) = next(inner.last) {
                self.begin(after, open.last().map(|prefix| prefix.source));
            }
        }
    }

    /// Begins a range. Of several that begin at one address the last counts.
    fn begin(&mut self, first: A, source: Option<Source>) {
        if self.firsts.last() == Some(&first) {
            self.firsts.pop();
            self.sources.pop();
        }
        if self.sources.last().copied().flatten() != source {
            self.firsts.push(first);
            self.sources.push(source);
        }
    }

    #[inline(always)]
    fn find(&self, address: A) -> Option<Source> {
        let after = self.firsts.partition_point(|first| *first <= address);
        *self.sources.get(after.checked_sub(1)?)?
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A prefix of few possible addresses, so that many meet.
    fn prefix() -> impl Strategy<Value = (IpNet, bool)> {
        let v4 = (0_u32..64, 24_u8..=32).prop_map(|(address, length)| {
            IpNet::new(IpAddr::V4((0xffff_ffc0 + address).into()), length)
        });
        let told = any::<bool>();
        (v4, told).prop_map(|(net, told)| (net.unwrap_or_default().trunc(), told))
    }

    proptest! {
        #[test]
        fn the_longest_prefix_is_found_as_a_naive_search_finds_it(
            prefixes in prop::collection::vec(prefix(), 0..20),
        ) {
            let vantages: Vec<_> = prefixes.iter().zip((0..).map(|at| Vantage::vpc(VpcIx(at)))).collect();
            let compiled = vantages.iter().map(|((net, told), vantage)| {
                let IpNet::V4(net) = net else { unreachable!("IPv4 alone") };
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                Prefix { first, last, source: Source { vantage: *vantage, told: *told } }
            });
            // those that are told stand in front, as in the topology
            let mut compiled: Vec<_> = compiled.collect();
            compiled.sort_by_key(|prefix| !prefix.source.told);
            let ranges = Ranges::compile(compiled, |address| address.checked_add(1));
            for address in (0xffff_ff00..=u32::MAX).chain([0]) {
                let of = |class: bool| {
                    let all = vantages.iter().rev().filter(|((net, told), _)| {
                        *told == class && net.contains(&IpAddr::V4(address.into()))
                    });
                    // of equal ones the last here, the first of the topology
                    all.max_by_key(|((net, _), _)| net.prefix_len()).map(|(_, vantage)| *vantage)
                };
                let expected = of(true).or_else(|| of(false));
                prop_assert_eq!(ranges.find(address).map(|source| source.vantage), expected);
            }
        }
    }
}
