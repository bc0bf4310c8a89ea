//! Peering connections: between two VPCs that do not overlap, one a pair. N140, N143, N147

use super::{
    Builder,
    quotas::{Of, Quota},
};
use crate::{
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{PeeringSideSpec, PeeringSpec, PeeringStatusSpec},
    },
    model::{PeeringSide, PeeringStatus, VpcIx, VpcPeeringConnection, VpcPeeringConnectionId},
};

/// AWS's words for a peering connection that cannot be. N143
const OVERLAPPING: &str = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

impl Builder {
    pub(super) fn peering(&mut self, peering: Entries<PeeringSpec>) {
        for (name, spec) in peering {
            let path = At::ROOT.entry("vpc_peering_connections", &name);
            match self.peering_connection(&path, name.clone(), spec) {
                Some(connection) => self.model.vpc_peering_connections.push(connection),
                None => _ = self.names.blamed_peerings.insert(name),
            }
        }
    }

    fn peering_connection(
        &mut self,
        path: &At<'_>,
        name: Box<str>,
        spec: PeeringSpec,
    ) -> Option<VpcPeeringConnection> {
        let PeeringSpec { id, vpc, peer_vpc, requester, accepter, status } = spec;
        let id = self.id(path, id.as_deref(), || VpcPeeringConnectionId::derive(&name));
        let status = status_of(status);
        let ours = self.vpc(&path.key("vpc"), &vpc);
        let theirs = self.vpc(&path.key("peer_vpc"), &peer_vpc);
        let (ours, theirs) = (ours?, theirs?);
        if status != PeeringStatus::Failed {
            self.check_overlap(path, ours, theirs);
        }
        let pair = (ours.min(theirs), ours.max(theirs));
        if status.is_live()
            && let Some(other) = self.names.peered.insert(pair, name.clone())
        {
            let message = format!("`{other}` connects these two VPCs already");
            self.error(Finding::error(path, message).at_key().rule("N140"));
        }
        self.count_peering(path, status, (ours, theirs));
        let both_serve = [ours, theirs].iter().all(|vpc| self.model[*vpc].serves_private_names());
        let mut side = |key: &str, vpc, PeeringSideSpec { allow_remote_vpc_dns_resolution }| {
            let side = path.key(key);
            let path = side.key("allow_remote_vpc_dns_resolution");
            if allow_remote_vpc_dns_resolution && status != PeeringStatus::Active {
                self.refused(&path, &AwsError::peering_is_not_active(id));
            } else if allow_remote_vpc_dns_resolution && !both_serve {
                let message = "remote DNS resolution needs `enable_dns_support` and `enable_dns_hostnames` in both VPCs";
                self.error(Finding::error(path, message).rule("N147"));
            }
            PeeringSide { vpc, allow_remote_vpc_dns_resolution }
        };
        let requester = side("requester", ours, requester);
        let accepter = side("accepter", theirs, accepter);
        Some(VpcPeeringConnection { name, id, requester, accepter, status })
    }

    /// An active connection counts for both VPCs, one that waits for an answer for who asked. N149
    fn count_peering(
        &mut self,
        path: &At<'_>,
        status: PeeringStatus,
        (ours, theirs): (VpcIx, VpcIx),
    ) {
        match status {
            PeeringStatus::Active => {
                for vpc in [ours, theirs] {
                    self.one_more(Quota::ActivePeerings, Of::Vpc(vpc), path);
                }
            }
            PeeringStatus::InitiatingRequest | PeeringStatus::PendingAcceptance => {
                let region = self.model[ours].region;
                self.one_more(Quota::OutstandingPeerings, Of::Region(region), path);
            }
            PeeringStatus::Provisioning
            | PeeringStatus::Deleting
            | PeeringStatus::Deleted
            | PeeringStatus::Rejected
            | PeeringStatus::Failed
            | PeeringStatus::Expired => {}
        }
    }

    /// Blocks of two VPCs may not overlap; where they do, the connection fails. N143
    fn check_overlap(&mut self, path: &At<'_>, ours: VpcIx, theirs: VpcIx) {
        let (a, b) = (&self.model[ours], &self.model[theirs]);
        let overlapping = a
            .blocks()
            .any(|ours| b.blocks().any(|theirs| ours.contains(&theirs) || theirs.contains(&ours)));
        if overlapping {
            let finding = Finding::error(path.key("peer_vpc"), OVERLAPPING).rule("N143");
            let help = "the blocks of the two VPCs may not overlap, in either family";
            self.error(finding.help(help));
        }
    }
}

fn status_of(status: PeeringStatusSpec) -> PeeringStatus {
    match status {
        PeeringStatusSpec::InitiatingRequest => PeeringStatus::InitiatingRequest,
        PeeringStatusSpec::PendingAcceptance => PeeringStatus::PendingAcceptance,
        PeeringStatusSpec::Provisioning => PeeringStatus::Provisioning,
        PeeringStatusSpec::Active => PeeringStatus::Active,
        PeeringStatusSpec::Deleting => PeeringStatus::Deleting,
        PeeringStatusSpec::Deleted => PeeringStatus::Deleted,
        PeeringStatusSpec::Rejected => PeeringStatus::Rejected,
        PeeringStatusSpec::Failed => PeeringStatus::Failed,
        PeeringStatusSpec::Expired => PeeringStatus::Expired,
    }
}
