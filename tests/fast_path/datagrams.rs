//! Generated queries, right ones and mangled ones.

use hickory_proto::rr::Name;
use proptest::prelude::*;

/// A query before it is put into octets.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    id: u16,
    /// Which of the names.
    name: prop::sample::Index,
    /// A label to put in front, perhaps.
    below: Option<String>,
    /// Which letters are upper case.
    case: u64,
    pub(crate) rtype: u16,
    /// AD, CD, and rarely others.
    flags: [u8; 2],
    edns: Option<Edns>,
    mangle: Option<Mangle>,
    pub(crate) asker: usize,
}

#[derive(Clone, Debug)]
struct Edns {
    payload: u16,
    dnssec_ok: bool,
    options: Vec<(u16, Vec<u8>)>,
}

/// Something done to the octets of a query.
#[derive(Clone, Debug)]
enum Mangle {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Add(Vec<u8>),
    Repeat,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let rtype = prop_oneof![
        6 => Just(1_u16),
        4 => Just(28_u16),
        3 => prop::sample::select(vec![2_u16, 5, 6, 12, 15, 16, 33, 64, 65, 255, 257, 43, 99]),
        1 => any::<u16>(),
    ];
    let flags = prop_oneof![
        4 => prop::sample::select(vec![[1_u8, 0_u8], [1, 0x20], [1, 0x10], [1, 0x30]]),
        1 => any::<[u8; 2]>(),
    ];
    let option = prop_oneof![
        3 => (Just(10_u16), prop::collection::vec(any::<u8>(), 8..=8)),
        1 => (Just(12_u16), prop::collection::vec(Just(0_u8), 0..60)),
        1 => (0..20_u16, prop::collection::vec(any::<u8>(), 0..12)),
    ];
    let edns = (
        prop_oneof![Just(0_u16), Just(512), Just(1232), Just(4096), any::<u16>()],
        any::<bool>(),
        prop::collection::vec(option, 0..3),
    )
        .prop_map(|(payload, dnssec_ok, options)| Edns { payload, dnssec_ok, options });
    let mangle = prop_oneof![
        (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, by)| Mangle::Flip(at, by)),
        any::<prop::sample::Index>().prop_map(Mangle::Cut),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(Mangle::Add),
        Just(Mangle::Repeat),
    ];
    (
        (
            any::<u16>(),
            any::<prop::sample::Index>(),
            prop::option::weighted(
                0.25,
                prop_oneof![3 => "[a-zA-Z0-9_*-]{1,20}", 1 => "[!-~]{1,40}", 1 => "([a-z]{60}\\.){2,3}x"],
            ),
        ),
        (prop_oneof![Just(0_u64), any::<u64>()], rtype, flags),
        (prop::option::weighted(0.7, edns), prop::option::weighted(0.15, mangle), 0..9_usize),
    )
        .prop_map(|((id, name, below), (case, rtype, flags), (edns, mangle, asker))| Asked {
            id,
            name,
            below,
            case,
            rtype,
            flags,
            edns,
            mangle,
            asker,
        })
}

impl Asked {
    /// Whether it is one of the queries that nearly all are.
    pub(crate) fn is_everyday(&self) -> bool {
        let harmless = |edns: &Edns| edns.options.iter().all(|(code, _)| matches!(code, 10 | 12));
        self.mangle.is_none()
            && self.flags[0] == 1
            && self.flags[1] & !0x30 == 0
            && matches!(self.rtype, 1 | 28)
            && self.edns.as_ref().is_none_or(harmless)
    }

    /// Whether the label in front has other characters than most labels.
    pub(crate) fn is_escaped(&self) -> bool {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        let label = self.below.as_deref().unwrap_or_default();
        label.starts_with('-') || !label.chars().all(plain)
    }

    /// The datagram, and the name it asks for.
    pub(crate) fn octets(&self, names: &[String]) -> (Vec<u8>, String) {
        let name = self.name.get(names);
        let name = match &self.below {
            Some(label) if name.is_empty() => label.clone(),
            Some(label) => format!("{label}.{name}"),
            None => name.clone(),
        };
        let mut letters = 0;
        let cased: String = name
            .chars()
            .map(|letter| {
                letters += 1;
                if self.case >> (letters % 64) & 1 == 1 {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect();
        let [id0, id1] = self.id.to_be_bytes();
        let mut octets = vec![id0, id1, self.flags[0], self.flags[1], 0, 1, 0, 0, 0, 0, 0];
        octets.push(u8::from(self.edns.is_some()));
        let parsed = Name::from_ascii(&cased).unwrap_or_else(|_| Name::root());
        for label in &parsed {
            octets.push(u8::try_from(label.len()).unwrap());
            octets.extend_from_slice(label);
        }
        octets.push(0);
        octets.extend(self.rtype.to_be_bytes());
        octets.extend([0, 1]);
        if let Some(Edns { payload, dnssec_ok, options }) = &self.edns {
            octets.extend([0, 0, 41]);
            octets.extend(payload.to_be_bytes());
            octets.extend([0, 0, u8::from(*dnssec_ok) << 7, 0]);
            let data: Vec<u8> =
                options.iter().flat_map(|(code, data)| option(*code, data)).collect();
            octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            octets.extend(data);
        }
        match &self.mangle {
            None => {}
            Some(Mangle::Flip(at, by)) => {
                let at = at.index(octets.len());
                octets[at] ^= by;
            }
            Some(Mangle::Cut(at)) => octets.truncate(at.index(octets.len())),
            Some(Mangle::Add(more)) => octets.extend(more),
            Some(Mangle::Repeat) => octets.extend(octets.clone()),
        }
        (octets, name)
    }
}

fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&code.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
}
