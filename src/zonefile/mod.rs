//! RFC 1035 master files: text → records, each with the line it begins on.
//!
//! hickory's parser reads the records; this module cuts a file into entries first, so that a mistake has a line,
//! a bad entry does not hide the next one, and `$INCLUDE` opens no file.
//!
//! What hickory's parser does not take is refused by name: DNAME, RP, DS and other types it has no text form for.
//! What it would take for something else is refused too: `\DDD` outside quotes, above 127 (it re-encodes such
//! octets) and of control characters, other escapes in unquoted text, values that are left over, data that no message can hold. Text above 127
//! is kept as UTF-8. A record without a TTL takes `$TTL`, else the TTL of the record before it, else [`DEFAULT_TTL`].

mod entries;

use hickory_proto::{
    rr::{DNSClass, Name, Record, RecordType},
    serialize::{
        binary::BinEncodable,
        txt::{ParseError, Parser},
    },
};
use thiserror::Error;

use entries::{Entry, entries};

/// TTL of records in a file that gives none, in seconds; what Route 53's console proposes.
pub const DEFAULT_TTL: u32 = 300;

/// Longest file, in octets. A zone of Route 53's holds 10,000 records by default.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// Longest entry, in octets: a record of 65,535 octets of RDATA with every octet escaped, and a name.
pub const MAX_ENTRY_BYTES: usize = 512 << 10;

/// Most mistakes that are reported of one file; the rest is not read.
pub const MAX_ERRORS: usize = 100;

/// A record and the line it begins on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The line.
    pub number: usize,
    /// The record.
    pub record: Record,
}

/// What is wrong with a master file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}:{line}: {message}\n  {text}")]
pub struct ZoneFileError {
    /// The file, as it was named.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The line's text, cut to a length that can be shown.
    pub text: String,
    /// What is wrong.
    pub message: String,
}

/// How much of a line an error shows, in characters.
const SHOWN: usize = 120;

/// Reads a master file whose names are relative to `origin` until it says otherwise.
///
/// # Errors
/// The first [`MAX_ERRORS`] mistakes of the file, in order; `path` is what they are reported under.
pub fn parse(text: &str, origin: &Name, path: &str) -> Result<Vec<Line>, Vec<ZoneFileError>> {
    let error = |line: usize, text: &str, message: String| ZoneFileError {
        path: path.to_owned(),
        line,
        text: text.lines().next().unwrap_or_default().chars().take(SHOWN).collect(),
        message,
    };
    if text.len() > MAX_FILE_BYTES {
        let message =
            format!("{} octets are too many: expected at most {MAX_FILE_BYTES}", text.len());
        return Err(vec![error(1, "", message)]);
    }
    let mut apex = origin.clone();
    apex.set_fqdn(true);
    let mut reader =
        Reader { apex: &apex, origin: apex.clone(), owner: None, ttl: None, last_ttl: None };
    let mut records = Vec::new();
    let mut errors = Vec::new();
    for entry in entries(text) {
        match entry.map_err(|(line, text, message)| error(line, text, message)) {
            Ok(entry) => match reader.read(&entry) {
                Ok(Some(record)) => records.push(Line { number: entry.line, record }),
                Ok(None) => {}
                Err(message) => errors.push(error(entry.line, entry.text, message)),
            },
            Err(error) => errors.push(error),
        }
        if errors.len() >= MAX_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(records) } else { Err(errors) }
}

/// What one entry leaves behind for the next.
struct Reader<'a> {
    apex: &'a Name,
    origin: Name,
    owner: Option<Name>,
    ttl: Option<u32>,
    last_ttl: Option<u32>,
}

impl Reader<'_> {
    /// Reads a directive, which gives nothing, or a record.
    fn read(&mut self, entry: &Entry<'_>) -> Result<Option<Record>, String> {
        let mut words = entry.text.split_whitespace();
        match words.next().filter(|word| word.starts_with('$')) {
            None => self.record(entry).map(Some),
            Some(directive) => {
                let argument = words.next().unwrap_or_default();
                self.directive(directive, argument)?;
                Ok(None)
            }
        }
    }

    fn directive(&mut self, directive: &str, argument: &str) -> Result<(), String> {
        match directive.to_ascii_uppercase().as_str() {
            "$ORIGIN" => {
                self.origin = Name::parse(argument, Some(&self.origin))
                    .map_err(|error| format!("`{argument}` is not a domain name: {error}"))?;
                Ok(())
            }
            "$TTL" => {
                let ttl = hickory_proto::serialize::txt::parse_ttl(argument)
                    .map_err(|error| format!("`{argument}` is not a TTL: {error}"))?;
                self.ttl = Some(ttl);
                Ok(())
            }
            "$INCLUDE" => {
                Err("`$INCLUDE` is not supported: put the records into this file".to_owned())
            }
            other => Err(format!("unknown directive `{other}`: expected `$ORIGIN` or `$TTL`")),
        }
    }

    fn record(&mut self, entry: &Entry<'_>) -> Result<Record, String> {
        let blank = entry.text.starts_with([' ', '\t']);
        let owner = match (&self.owner, blank) {
            (None, true) => return Err("the first record has no owner name".to_owned()),
            (Some(owner), true) => owner.to_ascii(),
            (_, false) => String::new(),
        };
        let default_ttl = self.ttl.or(self.last_ttl).unwrap_or(DEFAULT_TTL);
        let line = entry.on_one_line()?;
        let one = format!("$TTL {default_ttl}\n{owner}{line}\n");
        let (_, sets) = Parser::new(one, None, Some(self.origin.clone()))
            .parse()
            .map_err(|error| message(&error))?;
        let mut records = sets.values().flat_map(|set| set.records_without_rrsigs());
        let record =
            records.next().ok_or("expected a record: name, TTL, class, type, data")?.clone();
        if record.dns_class != DNSClass::IN {
            return Err(format!("class {} is not supported: expected IN", record.dns_class));
        }
        if !self.apex.zone_of(&record.name) {
            return Err(format!("`{}` is outside the zone `{}`", record.name, self.apex));
        }
        check(&record, &line, entry)?;
        self.owner = Some(record.name.clone());
        self.last_ttl = Some(record.ttl);
        Ok(record)
    }
}

/// What hickory's parser lets pass without keeping it.
fn check(record: &Record, line: &str, entry: &Entry<'_>) -> Result<(), String> {
    let rtype = record.record_type();
    if rtype == RecordType::TXT && entry.has_bare_escape() {
        return Err("escapes are read inside quotes only: put the text into quotes".to_owned());
    }
    let values = match rtype {
        RecordType::A | RecordType::AAAA | RecordType::CNAME | RecordType::NS | RecordType::PTR => {
            Some(1)
        }
        RecordType::MX => Some(2),
        RecordType::SRV => Some(4),
        RecordType::SOA => Some(7),
        _ => None,
    };
    let type_name = rtype.to_string();
    if let Some(values) = values {
        let found = line.split_whitespace().rev().nth(values);
        if !found.is_some_and(|word| word.eq_ignore_ascii_case(&type_name)) {
            return Err(format!("too many values for {type_name}: expected {values}"));
        }
    }
    record.to_bytes().map_err(|error| format!("no message can hold this record: {error}"))?;
    Ok(())
}

/// What hickory's parser minds, with the names of types it cannot read.
fn message(error: &ParseError) -> String {
    let text = error.to_string();
    let unsupported = match error {
        ParseError::UnsupportedRecordType(rtype) => Some(rtype.to_string()),
        _ => text
            .rsplit_once("record type string unknown: ")
            .map(|(_, word)| word.to_owned())
            .or_else(|| text.strip_suffix(" should be dynamically generated").map(str::to_owned)),
    };
    match unsupported {
        Some(rtype) => {
            format!("`{rtype}` is not a record type that master files can have here")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RData;

    use super::*;

    /// The record, with the strings of a TXT record told apart.
    fn show(record: &Record) -> String {
        match &record.data {
            RData::TXT(txt) => {
                let strings =
                    txt.txt_data.iter().map(|part| String::from_utf8_lossy(part).into_owned());
                format!("{} TXT {:?}", record.name, strings.collect::<Vec<_>>())
            }
            _ => record.to_string(),
        }
    }

    fn read(text: &str) -> Result<Vec<String>, Vec<String>> {
        let origin = Name::from_ascii("corp.internal.").unwrap();
        parse(text, &origin, "corp.zone")
            .map(|lines| {
                lines
                    .iter()
                    .map(|line| format!("{}: {}", line.number, show(&line.record)))
                    .collect()
            })
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_file_with_everything() {
        let text = "$TTL 1h\n@ IN SOA ns hostmaster (\n  1 ; serial\n  7200 900 1209600 86400 )\n\n\
            db 60 IN A 10.0.0.1\n   A 10.0.0.2 ; same owner\n; a comment\n$ORIGIN sub\nwww CNAME db.corp.internal.\n\
            txt TXT \"a ; b\" ( \"c\"\n \"d\" )\n*.w AAAA 2001:db8::1\n";
        assert_eq!(
            read(text).unwrap(),
            [
                "2: corp.internal. 3600 IN SOA ns.corp.internal. hostmaster.corp.internal. 1 7200 900 1209600 86400",
                "6: db.corp.internal. 60 IN A 10.0.0.1",
                "7: db.corp.internal. 3600 IN A 10.0.0.2",
                "10: www.sub.corp.internal. 3600 IN CNAME db.corp.internal.",
                "11: txt.sub.corp.internal. TXT [\"a ; b\", \"c\", \"d\"]",
                "13: *.w.sub.corp.internal. 3600 IN AAAA 2001:db8::1",
            ]
        );
    }

    #[test]
    fn every_mistake_has_its_line() {
        let text = "db A 10.0.0.256\nok A 10.0.0.1\n$INCLUDE /etc/passwd\nx DNAME y\nelse.where. A 10.0.0.1\n\
            $GENERATE 1-9 a A 10.0.0.1\nbad (\nunclosed A 10.0.0.1\n";
        let errors = read(text).unwrap_err();
        let lines: Vec<&str> = errors.iter().map(|error| error.lines().next().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "corp.zone:1: network address parse error: invalid IPv4 address syntax",
                "corp.zone:3: `$INCLUDE` is not supported: put the records into this file",
                "corp.zone:4: `DNAME` is not a record type that master files can have here",
                "corp.zone:5: `else.where.` is outside the zone `corp.internal.`",
                "corp.zone:6: unknown directive `$GENERATE`: expected `$ORIGIN` or `$TTL`",
                "corp.zone:7: a parenthesis is never closed",
            ]
        );
    }

    #[test]
    fn windows_line_ends_and_escapes() {
        let text = "@ 60 SOA ns h (\r\n 1 ; serial\r\n 2 3 4 5 )\r\n\
            a TXT \"x\\065\\034\\092\\\"y\" \"gr\u{fc}n\"\r\na\\.b A 10.0.0.1\r\n";
        assert_eq!(
            read(text).unwrap(),
            [
                "1: corp.internal. 60 IN SOA ns.corp.internal. h.corp.internal. 1 2 3 4 5",
                "4: a.corp.internal. TXT [\"xA\\\"\\\\\\\"y\", \"gr\u{fc}n\"]",
                "5: a\\.b.corp.internal. 60 IN A 10.0.0.1",
            ]
        );
    }

    #[test]
    fn what_would_be_read_wrongly_is_refused() {
        let long = format!("a TXT \"{}\"", "x".repeat(256));
        for (text, mistake) in [
            ("a TXT x\\;y", "`\\;` is read inside quotes only: put the text into quotes"),
            ("a TXT x\\.y", "escapes are read inside quotes only: put the text into quotes"),
            (
                "a\\065b A 10.0.0.1",
                "`\\065` is read inside quotes only: write the character itself",
            ),
            ("a TXT \"\\200\"", "octet `\\200` is not supported: expected text"),
            ("a TXT \"\\999\"", "`\\999` is no octet: expected `\\000` to `\\255`"),
            ("a TXT \"\\1x\"", "`\\1` is no octet: expected `\\000` to `\\255`"),
            (
                "a TXT \"\\010$INCLUDE /etc/hosts\\010\"",
                "octet `\\010` is not supported: expected text",
            ),
            (
                "a TXT x\"\\010$INCLUDE /etc/hosts\\010\"",
                "a quote inside a word: put the whole text into quotes",
            ),
            ("a TXT x\"y;z\"", "a quote inside a word: put the whole text into quotes"),
            ("a A 10.0.0.1 10.0.0.2", "too many values for A: expected 1"),
            ("a MX 1 b c", "too many values for MX: expected 2"),
            (long.as_str(), "no message can hold this record: char data length exceeds 255: 256"),
            ("a RP b c", "`RP` is not a record type that master files can have here"),
            ("a DS 1 2 3 ab", "`DS` is not a record type that master files can have here"),
            ("ds AA 10.0.0.1", "`AA` is not a record type that master files can have here"),
        ] {
            let errors = read(text).unwrap_err();
            let first = errors.first().and_then(|error| error.lines().next());
            assert_eq!(first, Some(format!("corp.zone:1: {mistake}").as_str()), "{text}");
        }
    }

    #[test]
    fn mistakes_are_bounded() {
        assert_eq!(read(&"a\n".repeat(10_000)).unwrap_err().len(), MAX_ERRORS);
    }
}
