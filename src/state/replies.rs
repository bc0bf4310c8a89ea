//! Replies by way, type and RCODE, and how long they took: what `GET /metrics` shows.
//!
//! The fast path counts for itself and adds once a batch; each cell is then one addition. It reads the clock for one batch
//! in [`SAMPLE`] alone.

use std::{
    mem,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::Counts;
use crate::answer::Ending;

/// Of so many batches of the fast path one is timed.
pub const SAMPLE: u32 = 64;

/// Which way a reply took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The fast path of UDP.
    Fast,
    /// The full path.
    Full,
    /// The full path, and somebody else was asked.
    Forwarded,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Full, Self::Forwarded];

    /// As metrics spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Full => "full",
            Self::Forwarded => "forwarded",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Fast => 0,
            Self::Full => 1,
            Self::Forwarded => 2,
        }
    }
}

/// The types that are counted apart, by number; all others are one.
const TYPES: [(u16, &str); 15] = [
    (1, "A"),
    (28, "AAAA"),
    (5, "CNAME"),
    (6, "SOA"),
    (2, "NS"),
    (12, "PTR"),
    (15, "MX"),
    (16, "TXT"),
    (33, "SRV"),
    (35, "NAPTR"),
    (43, "DS"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (257, "CAA"),
    (255, "ANY"),
];
const OTHER_TYPE: usize = TYPES.len();
const TYPE_COUNT: usize = TYPES.len() + 1;

/// How replies end. The first four are what the fast path has.
const RCODES: [&str; 9] = [
    "NOERROR", "NOERROR", "NXDOMAIN", "SERVFAIL", "FORMERR", "NOTIMP", "REFUSED", "BADVERS",
    "other",
];
const RECORDS: usize = 0;
const NODATA: usize = 1;
const NXDOMAIN: usize = 2;
const SERVFAIL: usize = 3;
const OTHER_RCODE: usize = RCODES.len() - 1;
const FAST_ENDS: usize = 4;

fn type_index(qtype: u16) -> usize {
    match qtype {
        1 => 0,
        28 => 1,
        other => TYPES.iter().position(|(number, _)| *number == other).unwrap_or(OTHER_TYPE),
    }
}

fn rcode_index(rcode: u16, has_records: bool) -> usize {
    match rcode {
        0 if has_records => RECORDS,
        0 => NODATA,
        1 => 4,
        2 => SERVFAIL,
        3 => NXDOMAIN,
        4 => 5,
        5 => 6,
        16 => 7,
        _ => OTHER_RCODE,
    }
}

/// Replies since the start.
#[derive(Debug)]
pub struct Replies {
    cells: [[[AtomicU64; RCODES.len()]; TYPE_COUNT]; Way::ALL.len()],
    /// From the arrival of a message to its reply, on the full path.
    pub full: Histogram,
    /// The same where somebody else was asked.
    pub forwarded: Histogram,
    /// From the arrival of a batch of the fast path to its last reply: one batch in [`SAMPLE`].
    pub batches: Histogram,
}

impl Default for Replies {
    fn default() -> Self {
        let cell = || AtomicU64::new(0);
        let cells = || std::array::from_fn(|_| std::array::from_fn(|_| cell()));
        Self {
            cells: std::array::from_fn(|_| cells()),
            full: Histogram::default(),
            forwarded: Histogram::default(),
            batches: Histogram::default(),
        }
    }
}

/// So many replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyCount {
    /// That took this way.
    pub way: Way,
    /// To questions for this type, or `other`.
    pub rtype: &'static str,
    /// With this RCODE, or `other`.
    pub rcode: &'static str,
    /// How many.
    pub count: u64,
}

impl Replies {
    /// Counts a reply of the full path, and how long it took.
    pub fn count(&self, way: Way, qtype: u16, rcode: u16, has_records: bool, took: Duration) {
        self.add(way, type_index(qtype), rcode_index(rcode, has_records), 1);
        match way {
            Way::Fast => {}
            Way::Full => self.full.observe(took),
            Way::Forwarded => self.forwarded.observe(took),
        }
    }

    fn add(&self, way: Way, rtype: usize, rcode: usize, count: u64) {
        let of_way = self.cells.get(way.index());
        if let Some(cell) = of_way.and_then(|cells| cells.get(rtype)?.get(rcode)) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Every count that is not 0.
    #[must_use]
    pub fn counts(&self) -> Vec<ReplyCount> {
        let mut counts: Vec<ReplyCount> = Vec::new();
        for (way, types) in Way::ALL.into_iter().zip(&self.cells) {
            let names = TYPES.iter().map(|(_, name)| *name).chain(["other"]);
            for (rtype, cells) in names.zip(types) {
                for (rcode, cell) in RCODES.into_iter().zip(cells) {
                    let count = cell.load(Ordering::Relaxed);
                    match counts.last_mut() {
                        // with and without records, it is the same RCODE
                        Some(last) if (last.way, last.rtype, last.rcode) == (way, rtype, rcode) => {
                            last.count += count;
                        }
                        _ if count > 0 => counts.push(ReplyCount { way, rtype, rcode, count }),
                        _ => {}
                    }
                }
            }
        }
        counts
    }

    /// Adds what the fast path counted to counters that do not know it.
    pub(super) fn add_fast(&self, counts: &mut Counts) {
        let [fast, ..] = &self.cells;
        let sum = |end: usize| -> u64 {
            let cells = fast.iter().filter_map(|cells| cells.get(end));
            cells.map(|cell| cell.load(Ordering::Relaxed)).sum()
        };
        let [records, nodata, nxdomain, servfail] = [RECORDS, NODATA, NXDOMAIN, SERVFAIL].map(sum);
        counts.records += records;
        counts.nodata += nodata;
        counts.nxdomain += nxdomain;
        counts.servfail += servfail;
        counts.fast += records + nodata + nxdomain + servfail;
    }

    /// Adds what a thread of the fast path has counted for itself, which begins at 0 again; returns how many had no reply.
    pub(super) fn collect(&self, tally: &mut Tally) -> u64 {
        let mut touched = mem::take(&mut tally.touched);
        while touched != 0 {
            let at = touched.trailing_zeros() as usize;
            touched &= touched - 1;
            if let Some(cell) = tally.cells.get_mut(at) {
                let count = u64::from(mem::take(cell));
                self.add(Way::Fast, at / FAST_ENDS, at % FAST_ENDS, count);
            }
        }
        mem::take(&mut tally.silent)
    }
}

/// What a thread has answered on the fast path and not yet told anybody.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    cells: [u32; TYPE_COUNT * FAST_ENDS],
    /// Which cells are not 0, a bit each.
    touched: u64,
    silent: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { cells: [0; TYPE_COUNT * FAST_ENDS], touched: 0, silent: 0 }
    }
}

// a bit for each cell
const _: () = assert!(TYPE_COUNT * FAST_ENDS <= 64);

impl Tally {
    /// Counts an answer by what was asked and how it ended.
    #[inline]
    pub fn count(&mut self, qtype: u16, ending: Ending) {
        let end = match ending {
            Ending::Records => RECORDS,
            Ending::NoData => NODATA,
            Ending::NameError => NXDOMAIN,
            Ending::Silent => {
                self.silent += 1;
                return;
            }
            // what needs an upstream or is declined is not answered on the fast path
            Ending::ServFail | Ending::Ask(_) | Ending::Declined => SERVFAIL,
        };
        let at = type_index(qtype) * FAST_ENDS + end;
        if let Some(cell) = self.cells.get_mut(at) {
            *cell += 1;
            self.touched |= 1 << at;
        }
    }
}

/// The upper ends of a histogram's buckets, in microseconds. Ours: from a reply out of the cache of a core to a timeout.
const BOUNDS_MICROS: [u64; 16] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000,
    1_000_000, 5_000_000,
];

/// How long things took.
#[derive(Debug, Default)]
pub struct Histogram {
    /// The last one is for what took longer than any bound.
    buckets: [AtomicU64; BOUNDS_MICROS.len() + 1],
    sum_nanos: AtomicU64,
}

impl Histogram {
    /// Counts something that took so long.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// The sum in seconds, and each bucket's upper end in seconds with how many are in it and in no bucket below.
    #[must_use]
    pub fn buckets(&self) -> (f64, Vec<(f64, u64)>) {
        let sum = Duration::from_nanos(self.sum_nanos.load(Ordering::Relaxed)).as_secs_f64();
        let bounds =
            BOUNDS_MICROS.iter().map(|micros| Duration::from_micros(*micros).as_secs_f64());
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        (sum, bounds.chain([f64::INFINITY]).zip(counts).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_batch_counts_is_in_the_sums() {
        let replies = Replies::default();
        let mut tally = Tally::default();
        for (qtype, ending) in [
            (1, Ending::Records),
            (1, Ending::Records),
            (1, Ending::NoData),
            (28, Ending::NoData),
            (65, Ending::NoData),
            (257, Ending::NameError),
            (99, Ending::ServFail),
            (1, Ending::Silent),
        ] {
            tally.count(qtype, ending);
        }
        assert_eq!(replies.collect(&mut tally), 1);
        assert_eq!(replies.collect(&mut tally), 0, "each is told once");
        replies.count(Way::Full, 16, 5, false, Duration::from_micros(30));
        replies.count(Way::Forwarded, 1, 0, true, Duration::from_secs(9));
        let found: Vec<_> = replies
            .counts()
            .iter()
            .map(|count| {
                format!("{} {} {} {}", count.way.as_str(), count.rtype, count.rcode, count.count)
            })
            .collect();
        let expected = [
            "fast A NOERROR 3",
            "fast AAAA NOERROR 1",
            "fast HTTPS NOERROR 1",
            "fast CAA NXDOMAIN 1",
            "fast other SERVFAIL 1",
            "full TXT REFUSED 1",
            "forwarded A NOERROR 1",
        ];
        assert_eq!(found, expected);
        let mut counts = Counts::default();
        replies.add_fast(&mut counts);
        let Counts { records, nodata, nxdomain, servfail, fast, .. } = counts;
        assert_eq!((records, nodata, nxdomain, servfail, fast), (2, 3, 1, 1, 7));
    }

    #[test]
    fn a_histogram_counts_each_thing_once() {
        let histogram = Histogram::default();
        for micros in [0, 10, 11, 5_000_000, 5_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let (sum, buckets) = histogram.buckets();
        assert!((sum - 10.000_022).abs() < 1e-9, "{sum}");
        let found: Vec<_> = buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(found, [(1e-5, 2), (2.5e-5, 1), (5.0, 1), (f64::INFINITY, 1)]);
    }
}
