//! Endpoints by their id, four octets a place: a name of an endpoint is not stored, but taken apart.

use crate::model::{EndpointIx, Model, VpcEndpointId};

/// A place that holds nothing.
const FREE: u32 = u32::MAX;

/// Open addressing with linear probing; at most half of the places are taken.
#[derive(Clone, Debug)]
pub(super) struct EndpointIndex {
    places: Box<[u32]>,
}

impl EndpointIndex {
    pub(super) fn compile(model: &Model) -> Self {
        let size = (model.endpoints.len() * 2).next_power_of_two();
        let mut places = vec![FREE; size].into_boxed_slice();
        for ix in model.endpoint_indexes() {
            let free = probe(size, model[ix].id).find(|at| places.get(*at) == Some(&FREE));
            if let Some(place) = free.and_then(|at| places.get_mut(at)) {
                *place = ix.0;
            }
        }
        Self { places }
    }

    /// The endpoint with this id.
    pub(super) fn find(&self, model: &Model, id: VpcEndpointId) -> Option<EndpointIx> {
        let probed = probe(self.places.len(), id).map_while(|at| self.places.get(at));
        probed
            .take_while(|place| **place != FREE)
            .map(|place| EndpointIx(*place))
            .find(|ix| model[*ix].id == id)
    }
}

/// The places where an id may stand, in order, each once; `size` is a power of two.
fn probe(size: usize, id: VpcEndpointId) -> impl Iterator<Item = usize> {
    let mask = size - 1;
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are as good as the rest")]
    let start = id.0.spread() as usize;
    (0..size).map(move |step| start.wrapping_add(step) & mask)
}
