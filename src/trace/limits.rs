//! How large packets may be, and how long components remember connections. N39, N77, N103, N148

use super::{Code, Explanation, walk::Walk};
use crate::model::{Compat, EndpointIx, EndpointKind, VpcIx};

/// The largest packet that a network interface sends, in octets: its MTU inside a Region. Source: rule N148.
pub const MAX_PACKET_BYTES: u32 = 9_001;

/// The largest packet that an interface endpoint takes, in octets. Source: rule N77.
const ENDPOINT_MTU_BYTES: u32 = 8_500;

/// The largest packet between peered VPCs of two Regions, in octets, today and in 2021. Source: rule N148.
const INTER_REGION_MTU_BYTES: u32 = 8_500;
const INTER_REGION_MTU_BYTES_2021: u32 = 1_500;

/// After how many seconds of silence a NAT gateway forgets a connection. Source: rule N39.
const NAT_IDLE_TIMEOUT_SECS: u64 = 350;

/// After how many seconds of silence security groups forget an established TCP connection, a UDP packet that was answered by none
/// yet, and anything else. Source: rule N103.
const TCP_IDLE_TIMEOUT_SECS: u64 = 432_000;
const UDP_IDLE_TIMEOUT_SECS: u64 = 30;
const OTHER_IDLE_TIMEOUT_SECS: u64 = 600;

impl Walk<'_> {
    /// Whether a packet is too large for an interface endpoint. N77
    pub(super) fn too_large_for(&self, endpoint: EndpointIx) -> Option<Explanation> {
        let is_interface = self.world.model[endpoint].kind == EndpointKind::Interface;
        let is_large = self.memory.packet_bytes > ENDPOINT_MTU_BYTES;
        (is_interface && is_large).then(|| Explanation::new(Code::EndpointMtu))
    }

    /// Whether a packet is too large for a peering connection between two Regions. N148
    pub(super) fn too_large_between(&self, ours: VpcIx, theirs: VpcIx) -> Option<Explanation> {
        let model = self.world.model;
        let mtu = match model.compat {
            Compat::Of2021 => INTER_REGION_MTU_BYTES_2021,
            Compat::Current => INTER_REGION_MTU_BYTES,
        };
        let inter_region = model[ours].region != model[theirs].region;
        let is_large = self.memory.packet_bytes > mtu;
        (inter_region && is_large).then(|| Explanation::new(Code::PeeringMtu))
    }

    /// Whether a NAT gateway has forgotten what it translated. N39
    pub(super) fn nat_has_forgotten(&self) -> bool {
        self.memory.idle_secs >= NAT_IDLE_TIMEOUT_SECS
    }

    /// Whether security groups have forgotten that a flow was let begin. N103
    pub(super) fn groups_have_forgotten(&self) -> bool {
        let timeout = match self.packet.protocol() {
            6 => TCP_IDLE_TIMEOUT_SECS,
            17 => UDP_IDLE_TIMEOUT_SECS,
            _ => OTHER_IDLE_TIMEOUT_SECS,
        };
        self.memory.idle_secs >= timeout
    }
}
