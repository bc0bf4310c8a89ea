//! Doors: the addresses where askers come in, and what that says of them.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;

use crate::{
    model::{
        Model, ResolverAddress, ResolverEndpointId, ResolverEndpointIx, ResolverProtocol, Vantage,
        VpcIx,
    },
    state::Snapshot,
};

/// An address of the DNS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// What to bind; port 0 is any port that is free for UDP and TCP.
    pub address: SocketAddr,
    /// The inbound endpoint that it is an address of; else the topology's `listen` may give it a vantage.
    pub inbound: Option<ResolverEndpointId>,
    /// What is spoken there: UDP and TCP, or TCP with TLS.
    pub protocol: ResolverProtocol,
}

impl Door {
    /// The addresses of a topology's inbound endpoints. R91
    pub fn inbound(model: &Model) -> impl Iterator<Item = Self> {
        model.resolver_endpoints.iter().flat_map(|endpoint| {
            let listen = endpoint.ip_addresses.iter().flat_map(|address| &address.listen);
            listen.map(|(protocol, address)| Self {
                address: *address,
                inbound: Some(endpoint.id),
                protocol: *protocol,
            })
        })
    }

    /// Whether the sockets of one are those of the other.
    pub(super) fn same_sockets(&self, other: &Self) -> bool {
        let same = (self.address, self.protocol) == (other.address, other.protocol);
        same && self.address.port() != 0
    }

    /// What it says of who asks there.
    pub(super) fn says(&self, snapshot: &Snapshot) -> Says {
        let model = &snapshot.model;
        let inbound = |ix: ResolverEndpointIx| Says::Vantage(Vantage::inbound(model[ix].vpc, ix));
        if let Some(ix) = self.of_address(model) {
            return inbound(ix);
        }
        let listed = model.listen.iter().find(|listen| listen.address == self.address);
        if let Some(vantage) = listed.and_then(|listen| listen.vantage) {
            return Says::Vantage(vantage);
        }
        if self.inbound.is_some() {
            // one that is gone leads into no VPC
            return self.opened_for(model).map_or(Says::Vantage(Vantage::Internet), inbound);
        }
        let resolver = snapshot.views.askers.vpc_of_resolver(self.address.ip());
        resolver.map_or(Says::Nothing, Says::Resolver)
    }

    /// Which address of its inbound endpoint it is, by its place there. R91
    pub(super) fn interface(&self, model: &Model) -> Option<usize> {
        let endpoint = &model[self.of_address(model).or_else(|| self.opened_for(model))?];
        endpoint.ip_addresses.iter().position(|address| self.is(address))
    }

    /// The inbound endpoint that has its address. The model decides before the door does, so that a reload which gives the
    /// address to another one is in force at once. Port 0 says nothing: there it is the one that it was opened for.
    fn of_address(&self, model: &Model) -> Option<ResolverEndpointIx> {
        if self.address.port() == 0 {
            return self.opened_for(model);
        }
        let has = |ix: &ResolverEndpointIx| {
            model[*ix].ip_addresses.iter().any(|address| self.is(address))
        };
        model.resolver_endpoint_indexes().find(has)
    }

    /// The inbound endpoint that it was opened for.
    fn opened_for(&self, model: &Model) -> Option<ResolverEndpointIx> {
        let id = self.inbound?;
        model.resolver_endpoint_indexes().find(|ix| model[*ix].id == id)
    }

    fn is(&self, address: &ResolverAddress) -> bool {
        address.listen.contains(&(self.protocol, self.address))
    }
}

impl From<SocketAddr> for Door {
    fn from(address: SocketAddr) -> Self {
        Self { address, inbound: None, protocol: ResolverProtocol::Do53 }
    }
}

/// What a door says of who asks there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Says {
    /// They all have one vantage.
    Vantage(Vantage),
    /// It is where the resolver of a VPC answers: they are in that VPC, unless `clients` says otherwise. R1
    Resolver(VpcIx),
    /// Their addresses decide.
    #[default]
    Nothing,
}

impl Says {
    /// The vantage of an asker.
    #[inline(always)]
    pub(super) fn vantage_of(self, snapshot: &Snapshot, asker: IpAddr) -> Vantage {
        match self {
            Self::Vantage(vantage) => vantage,
            Self::Resolver(vpc) => snapshot.views.askers.vantage_in(vpc, asker),
            Self::Nothing => snapshot.views.askers.vantage_of(asker),
        }
    }
}

/// A door that stays open while a reload makes it another endpoint's, or that closes.
#[derive(Debug)]
pub(super) struct SharedDoor {
    door: ArcSwap<Door>,
    changes: AtomicU64,
    closed: AtomicBool,
}

impl SharedDoor {
    pub(super) fn new(door: Door) -> Self {
        let closed = AtomicBool::new(false);
        Self { door: ArcSwap::from_pointee(door), changes: AtomicU64::new(0), closed }
    }

    /// Takes nothing in any more, or does so again. A door closes before the topology is in force that has no such address:
    /// nobody is answered there as somebody else would be.
    pub(super) fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::Release);
    }

    /// Whether nothing is taken in.
    #[inline(always)]
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What it is now.
    pub(super) fn get(&self) -> Door {
        **self.door.load()
    }

    /// Makes something else of it.
    pub(super) fn set(&self, door: Door) {
        self.door.store(Arc::new(door));
        // behind the change: who reads the number first and then the door has no older one
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often it was set: cheaper to look at than the door itself.
    #[inline(always)]
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
}
