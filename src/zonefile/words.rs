//! The words of one entry, as hickory's lexer cuts them, and which of them are what.

use hickory_proto::{
    rr::{DNSClass, Name, RecordType},
    serialize::txt::parse_ttl,
};

/// The words of an entry that stands on one line; a quoted string is one word, quotes included.
pub(super) fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, later) = rest.split_at(word_length(rest));
        words.push(word);
        rest = later.trim_start();
    }
    words
}

/// The length of the first word in octets.
fn word_length(text: &str) -> usize {
    let Some(string) = text.strip_prefix('"') else {
        return text.find(char::is_whitespace).unwrap_or(text.len());
    };
    let mut escaped = false;
    let end = string.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The words of a record.
pub(super) struct RecordWords<'a> {
    /// The owner name, unless the line begins blank.
    pub(super) owner: Option<&'a str>,
    /// TTL, class and type.
    pub(super) fields: Vec<&'a str>,
    /// The words of the data.
    pub(super) values: Vec<&'a str>,
}

impl<'a> RecordWords<'a> {
    /// Tells the words of a record apart; at most one TTL and one class stand in front of the type.
    pub(super) fn of(line: &'a str) -> Result<Self, String> {
        let mut words = words(line).into_iter();
        let blank = line.starts_with(char::is_whitespace);
        let owner = if blank { None } else { words.next() };
        let mut fields = Vec::with_capacity(3);
        let (mut ttls, mut classes) = (0, 0);
        for word in words.by_ref() {
            fields.push(word);
            if parse_ttl(word).is_ok() {
                ttls += 1;
            } else if word.to_ascii_uppercase().parse::<DNSClass>().is_ok() {
                classes += 1;
            } else {
                break;
            }
        }
        if ttls > 1 || classes > 1 {
            return Err("more than one TTL or class: expected name, TTL, class, type, data".into());
        }
        Ok(Self { owner, fields, values: words.collect() })
    }

    /// The line for hickory's parser, with what it does not read put in words that it does.
    ///
    /// `@` in the data is the origin in types that hold names (RFC 1035 §5.1), and text in others. The target of a
    /// service binding, which it takes for absolute, is completed.
    pub(super) fn line(&self, owner: &str, origin: &Name) -> Result<String, String> {
        let rtype = self.fields.last().and_then(|rtype| rtype.to_ascii_uppercase().parse().ok());
        let at = if rtype.is_some_and(holds_names) { origin.to_ascii() } else { "\"@\"".into() };
        let mut line = vec![self.owner.unwrap_or(owner).to_owned()];
        line.extend(self.fields.iter().map(|field| (*field).to_owned()));
        for (place, value) in self.values.iter().enumerate() {
            line.push(match rtype {
                _ if *value == "@" => at.clone(),
                Some(RecordType::HTTPS | RecordType::SVCB) if place == 1 => {
                    Name::parse(value, Some(origin))
                        .map_err(|error| format!("`{value}` is not a domain name: {error}"))?
                        .to_ascii()
                }
                _ => (*value).to_owned(),
            });
        }
        Ok(line.join(" "))
    }
}

/// Types with a domain name in their data.
fn holds_names(rtype: RecordType) -> bool {
    matches!(
        rtype,
        RecordType::CNAME
            | RecordType::HTTPS
            | RecordType::MX
            | RecordType::NAPTR
            | RecordType::NS
            | RecordType::PTR
            | RecordType::SOA
            | RecordType::SRV
            | RecordType::SVCB
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_strings() {
        for (line, expected) in [
            ("", &[][..]),
            ("  a\tb ", &["a", "b"]),
            (r#"a "b c" d"#, &["a", r#""b c""#, "d"]),
            (r#""a""b"c"#, &[r#""a""#, r#""b""#, "c"]),
            (r#""a\"b\\" c"#, &[r#""a\"b\\""#, "c"]),
            (r#"x"y" z"#, &[r#"x"y""#, "z"]),
            (r#"a "open é"#, &["a", "\"open é"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
