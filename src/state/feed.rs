//! What happened, in order, for any number of readers: one bounded ring, and of each reader no more than its place.
//!
//! ```text
//!  push ─► ┌─────────────────────────────┐      reader: "after 7" ─► entry 8
//!          │ 5 6 7 8 9 …  at most so many │      reader: "after 2" ─► gone: 3 and 4 were dropped
//!          └─────────────────────────────┘
//! ```
//! **Invariant:** what a feed holds does not depend on who reads, or how slowly.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use super::lock;

/// An entry of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number: one more than that of the entry before it.
    pub number: u64,
    /// What kind of thing happened.
    pub kind: &'static str,
    /// The thing, as JSON on one line.
    pub text: Arc<str>,
}

/// What there is for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The entry after its place.
    Entry(Entry),
    /// Nothing yet.
    Nothing,
    /// So many entries after its place are not held any more; the place of the last of them is `through`.
    Gone {
        /// How many.
        missed: u64,
        /// Where to read on after.
        through: u64,
    },
}

/// A bounded ring of entries.
#[derive(Debug)]
pub struct Feed {
    kept: Mutex<Kept>,
    last: watch::Sender<u64>,
    max_entries: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Kept {
    entries: VecDeque<Entry>,
    /// Octets of their texts.
    bytes: usize,
    /// The number of the last entry, held or not.
    last: u64,
}

impl Feed {
    /// One that holds at most so many entries, with so many octets of text, but always the last one. Its first entry has
    /// the number after `last`.
    #[must_use]
    pub fn new(max_entries: usize, max_bytes: usize, last: u64) -> Self {
        let kept = Kept { entries: VecDeque::new(), bytes: 0, last };
        Self { kept: Mutex::new(kept), last: watch::Sender::new(last), max_entries, max_bytes }
    }

    /// Adds entries; readers are woken once.
    pub(super) fn push(&self, entries: impl IntoIterator<Item = (&'static str, String)>) {
        let mut kept = lock(&self.kept);
        let Kept { entries: held, bytes, last } = &mut *kept;
        for (kind, text) in entries {
            *last += 1;
            *bytes += text.len();
            held.push_back(Entry { number: *last, kind, text: text.into() });
            while held.len() > 1 && (held.len() > self.max_entries || *bytes > self.max_bytes) {
                let dropped = held.pop_front().map_or(0, |entry| entry.text.len());
                *bytes = bytes.saturating_sub(dropped);
            }
        }
        let last = kept.last;
        drop(kept);
        // whether anybody waits or not
        self.last.send_replace(last);
    }

    /// What there is after a place.
    #[must_use]
    pub fn after(&self, place: u64) -> Next {
        let kept = lock(&self.kept);
        let Some(first) = kept.entries.front().map(|entry| entry.number) else {
            return Next::Nothing;
        };
        if place.saturating_add(1) < first {
            return Next::Gone { missed: first - 1 - place, through: first - 1 };
        }
        let at = usize::try_from(place + 1 - first).unwrap_or(usize::MAX);
        kept.entries.get(at).map_or(Next::Nothing, |entry| Next::Entry(entry.clone()))
    }

    /// The number of the last entry.
    #[must_use]
    pub fn last(&self) -> u64 {
        lock(&self.kept).last
    }

    /// Something to wait with for entries. It also counts as a reader.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// How many wait, or could.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.last.receiver_count()
    }

    /// Octets of text that are held.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        lock(&self.kept).bytes
    }

    /// Waits until nobody reads.
    pub(super) async fn unread(&self) {
        self.last.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(feed: &Feed, texts: &[&str]) {
        feed.push(texts.iter().map(|text| ("thing", (*text).to_owned())));
    }

    fn text(next: Next) -> String {
        match next {
            Next::Entry(entry) => format!("{} {}", entry.number, entry.text),
            Next::Nothing => "nothing".to_owned(),
            Next::Gone { missed, through } => format!("{missed} gone through {through}"),
        }
    }

    #[test]
    fn a_reader_has_what_comes_after_its_place() {
        let feed = Feed::new(3, 100, 1);
        assert_eq!(text(feed.after(1)), "nothing");
        push(&feed, &["a", "b", "c"]);
        for (place, expected) in [
            (1, "2 a"),
            (2, "3 b"),
            (3, "4 c"),
            (4, "nothing"),
            (u64::MAX - 1, "nothing"),
            (0, "1 gone through 1"),
        ] {
            assert_eq!(text(feed.after(place)), expected, "after {place}");
        }
        push(&feed, &["d", "e"]);
        assert_eq!(text(feed.after(1)), "2 gone through 3");
        assert_eq!(text(feed.after(3)), "4 c");
        assert_eq!(feed.last(), 6);
    }

    #[test]
    fn texts_are_bounded_and_the_last_entry_stays() {
        let feed = Feed::new(100, 10, 0);
        push(&feed, &["12345", "12345"]);
        assert_eq!(feed.held_bytes(), 10);
        push(&feed, &["1"]);
        assert_eq!((feed.held_bytes(), text(feed.after(0))), (6, "1 gone through 1".to_owned()));
        push(&feed, &["longer than what may be held"]);
        assert_eq!(text(feed.after(3)), "4 longer than what may be held");
        assert_eq!(text(feed.after(2)), "1 gone through 3");
    }
}
