//! The name a person probably meant.

use strsim::{damerau_levenshtein, jaro_winkler};

/// How alike two names must be (Jaro–Winkler, 0 to 1) where their edit distance alone says no.
/// Ours: below it suggestions read like guesses.
const ALIKE: f64 = 0.85;

/// Longest name looked at, in bytes: edit distance costs the product of both lengths.
const MAX_LENGTH_BYTES: usize = 256;

/// The candidate nearest to what was found: the same but for case, else within a third of its length in edits, else
/// alike by Jaro–Winkler. Among equals the first candidate.
pub fn nearest<'a>(found: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    if found.is_empty() || found.len() > MAX_LENGTH_BYTES {
        return None;
    }
    let found = found.to_lowercase();
    let edits_allowed = (found.chars().count() / 3).max(1);
    let mut by_edits: Option<(usize, &str)> = None;
    let mut by_likeness: Option<(f64, &str)> = None;
    for candidate in candidates.filter(|candidate| candidate.len() <= MAX_LENGTH_BYTES) {
        let lower = candidate.to_lowercase();
        if lower == found {
            return Some(candidate.to_owned());
        }
        let edits = damerau_levenshtein(&found, &lower);
        if edits <= edits_allowed
            && edits < lower.chars().count()
            && by_edits.is_none_or(|(best, _)| edits < best)
        {
            by_edits = Some((edits, candidate));
        }
        let likeness = jaro_winkler(&found, &lower);
        if likeness > ALIKE && by_likeness.is_none_or(|(best, _)| likeness > best) {
            by_likeness = Some((likeness, candidate));
        }
    }
    by_edits.map(|(_, name)| name).or(by_likeness.map(|(_, name)| name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests() {
        let keys = ["cidr_block", "subnets", "vpc_endpoint_type", "Interface", "a", "us-east-1a"];
        for (case, found, expected) in [
            ("case alone", "CIDR_BLOCK", Some("cidr_block")),
            ("one letter", "subnet", Some("subnets")),
            ("two letters swapped", "subntes", Some("subnets")),
            ("another style", "cidr-block", Some("cidr_block")),
            ("the beginning", "vpc_endpoint", Some("vpc_endpoint_type")),
            ("AWS's spelling", "cidrBlock", Some("cidr_block")),
            ("a value", "interface", Some("Interface")),
            ("nothing like it", "zzz", None),
            ("a letter is not near another", "b", None),
            ("empty", "", None),
        ] {
            assert_eq!(nearest(found, keys.into_iter()).as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn gives_up_on_names_too_long_to_compare() {
        assert_eq!(nearest(&"a".repeat(1_000_000), ["a"].into_iter()), None);
    }
}
