//! Where a check is in a document: a path that costs nothing until a finding needs it.

use super::{Path, Segment};

/// A place in a document, as links to the places around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    /// Any steps, or none.
    Path(&'a [Segment]),
    Key(&'a str),
    Index(usize),
    /// A key, and a key of what stands there.
    Entry(&'a str, &'a str),
    /// A key, and a place in the list that stands there.
    Item(&'a str, usize),
}

impl<'a> At<'a> {
    /// The document itself.
    pub(super) const ROOT: At<'static> = At { above: None, step: Step::Path(&[]) };

    /// A place that was kept as a path.
    pub(super) fn of(path: &'a Path) -> Self {
        Self { above: None, step: Step::Path(&path.0) }
    }

    /// The place of a key below this one.
    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At { above: Some(self), step: Step::Key(key) }
    }

    /// The place of an element below this one.
    pub(super) fn index(&'a self, index: usize) -> At<'a> {
        At { above: Some(self), step: Step::Index(index) }
    }

    /// The place of an element or key below this one.
    pub(super) fn below(&'a self, segment: &'a Segment) -> At<'a> {
        At { above: Some(self), step: Step::Path(std::slice::from_ref(segment)) }
    }

    /// The place of a named entry in a mapping below this one.
    pub(super) fn entry(&'a self, mapping: &'a str, name: &'a str) -> At<'a> {
        At { above: Some(self), step: Step::Entry(mapping, name) }
    }

    /// The place of an element of a list below this one.
    pub(super) fn item(&'a self, list: &'a str, index: usize) -> At<'a> {
        At { above: Some(self), step: Step::Item(list, index) }
    }

    /// The path, to keep.
    pub(super) fn path(&self) -> Path {
        let mut path = self.above.map(At::path).unwrap_or_default();
        match self.step {
            Step::Path(segments) => path.0.extend_from_slice(segments),
            Step::Key(key) => path.0.push(Segment::Key(key.into())),
            Step::Index(index) => path.0.push(Segment::Index(index)),
            Step::Entry(mapping, name) => {
                path.0.extend([Segment::Key(mapping.into()), Segment::Key(name.into())]);
            }
            Step::Item(list, index) => {
                path.0.extend([Segment::Key(list.into()), Segment::Index(index)]);
            }
        }
        path
    }
}

impl From<At<'_>> for Path {
    fn from(at: At<'_>) -> Self {
        at.path()
    }
}

impl From<&At<'_>> for Path {
    fn from(at: &At<'_>) -> Self {
        at.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn becomes_the_same_path() {
        let (vpcs, kept) = (At::ROOT.entry("vpcs", "app"), Path::default().key("vpcs").key("app"));
        assert_eq!(vpcs.path(), kept);
        let subnets = At::of(&kept);
        let subnets = subnets.item("subnets", 2);
        assert_eq!(subnets.key("id").path(), kept.key("subnets").index(2).key("id"));
        assert_eq!(subnets.index(0).path().to_string(), "vpcs.app.subnets[2][0]");
    }
}
