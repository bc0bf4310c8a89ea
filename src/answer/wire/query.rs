//! What the fast path takes.

use hickory_proto::rr::RecordType;

use crate::model::{MAX_WIRE_BYTES, NameBuffer};

/// Octets of a message's header. RFC 1035 §4.1.1
pub(super) const HEADER_BYTES: usize = 12;

/// The UDP payload that every asker can take, in octets. RFC 1035 §4.2.1
const MIN_PAYLOAD_BYTES: usize = 512;

/// EDNS options that change nothing about the reply: COOKIE, which dig sends, and padding. RFC 7873, RFC 7830
const IGNORED_OPTIONS: [u16; 2] = [10, 12];

/// A query that the fast path may answer: an everyday one.
#[derive(Clone, Debug)]
pub struct Query<'q> {
    /// Header and question as they came.
    pub(super) head: &'q [u8],
    /// Whether it had an OPT record.
    pub(super) edns: bool,
    /// The longest datagram that the asker takes, in octets; not yet bounded by what we send.
    pub(super) payload_bytes: usize,
    name: &'q [u8],
    qtype: u16,
}

impl<'q> Query<'q> {
    /// Reads a datagram, its QNAME into `room`; none is for the full path.
    ///
    /// Taken is what nearly all queries are: opcode QUERY with RD, perhaps AD and CD, and no other bit; one question
    /// of class IN for a type that can have records, its name uncompressed; behind it nothing, or one OPT record of
    /// EDNS version 0 with no options but those without meaning here.
    #[must_use]
    #[inline(always)]
    pub fn read(datagram: &'q [u8], room: &'q mut NameBuffer) -> Option<Self> {
        let [_, _, flags0, flags1, counts @ ..] = *datagram.first_chunk::<HEADER_BYTES>()?;
        // one question, no answer, no authority, and one additional record or none
        let counts = u64::from_be_bytes(counts);
        if flags0 != 0x01 || flags1 & !0x30 != 0 || counts & !1 != 0x0001_0000_0000_0000 {
            return None;
        }
        let edns = counts & 1 == 1;
        let rest = datagram.get(HEADER_BYTES..)?;
        let name = rest.get(..name_length(rest)?)?;
        let (fixed, behind) = rest.get(name.len()..)?.split_first_chunk::<4>()?;
        let [type0, type1, 0, 1] = *fixed else { return None };
        let qtype = u16::from_be_bytes([type0, type1]);
        // OPT, and what no record can have but ANY: transfers and the like. RFC 6895 §3.1
        if matches!(qtype, 0 | 41 | 128..=254 | 0xffff) {
            return None;
        }
        let payload_bytes = match (edns, behind) {
            (false, []) => MIN_PAYLOAD_BYTES,
            (true, opt) => opt_payload(opt)?,
            (false, _) => return None,
        };
        Some(Self {
            head: datagram.get(..HEADER_BYTES + name.len() + fixed.len())?,
            edns,
            payload_bytes,
            name: room.lower(name)?,
            qtype,
        })
    }

    /// The QNAME, in lower-case wire format.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name
    }

    /// The number of the QTYPE.
    #[must_use]
    pub fn qtype(&self) -> u16 {
        self.qtype
    }

    /// The QTYPE.
    #[must_use]
    pub fn rtype(&self) -> RecordType {
        // what nearly everybody asks for, without looking through all there are
        match self.qtype {
            1 => RecordType::A,
            28 => RecordType::AAAA,
            other => RecordType::from(other),
        }
    }
}

/// Octets of the uncompressed name that `rest` begins with, its root label included.
#[inline(always)]
fn name_length(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut length = *rest.first()?;
    // more is a compression pointer, or nothing known
    while matches!(length, 1..=63) {
        at += 1 + usize::from(length);
        length = *rest.get(at)?;
    }
    if length != 0 {
        return None;
    }
    (at < MAX_WIRE_BYTES).then_some(at + 1)
}

/// The payload size of the OPT record that fills `opt` to its end. RFC 6891 §6.1.2
#[inline(always)]
fn opt_payload(opt: &[u8]) -> Option<usize> {
    let (fixed, mut options) = opt.split_first_chunk::<11>()?;
    // the root, OPT, size, extended RCODE 0, version 0, flags, RDLENGTH
    let [0, 0, 41, size0, size1, 0, 0, _, _, length0, length1] = *fixed else { return None };
    if usize::from(u16::from_be_bytes([length0, length1])) != options.len() {
        return None;
    }
    while let Some((head, rest)) = options.split_first_chunk::<4>() {
        let [code0, code1, length0, length1] = *head;
        if !IGNORED_OPTIONS.contains(&u16::from_be_bytes([code0, code1])) {
            return None;
        }
        options = rest.get(usize::from(u16::from_be_bytes([length0, length1]))..)?;
    }
    let size = usize::from(u16::from_be_bytes([size0, size1]));
    options.is_empty().then_some(size.max(MIN_PAYLOAD_BYTES))
}
