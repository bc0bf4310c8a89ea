//! Endpoints by their id, four octets a place: a name of an endpoint is not stored, but taken apart.

use crate::model::{EndpointIx, EndpointKind, Model, VpcEndpointId};

/// A place that holds nothing.
const FREE: u32 = u32::MAX;

/// Open addressing with linear probing; at most half of the places are taken.
#[derive(Clone, Debug)]
pub(super) struct EndpointIndex {
    places: Box<[u32]>,
}

impl EndpointIndex {
    pub(super) fn compile(model: &Model) -> Self {
        let size = (model.endpoints.len() * 2).next_power_of_two().max(2);
        let mut places = vec![FREE; size].into_boxed_slice();
        for ix in model.endpoint_indexes() {
            if model[ix].kind != EndpointKind::Interface {
                // it has no names of this form. R21, R22
                continue;
            }
            let mut at = start(size, model[ix].id);
            // half of the places are free
            while places.get(at).is_some_and(|place| *place != FREE) {
                at = (at + 1) & (size - 1);
            }
            if let Some(place) = places.get_mut(at) {
                *place = ix.0;
            }
        }
        Self { places }
    }

    /// The endpoint with this id.
    #[inline(always)]
    pub(super) fn find(&self, model: &Model, id: VpcEndpointId) -> Option<EndpointIx> {
        let mut at = start(self.places.len(), id);
        loop {
            match *self.places.get(at)? {
                FREE => return None,
                place if model[EndpointIx(place)].id == id => return Some(EndpointIx(place)),
                _ => at = (at + 1) & (self.places.len() - 1),
            }
        }
    }
}

/// Where an id stands, or the places behind; `size` is a power of two.
fn start(size: usize, id: VpcEndpointId) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are as good as the rest")]
    let spread = id.0.spread() as usize;
    spread & (size - 1)
}
