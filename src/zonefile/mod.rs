//! RFC 1035 master files: text → records, each with the line it begins on.
//!
//! hickory's parser reads the records; this module cuts a file into entries first, so that a mistake has a line,
//! a bad entry does not hide the next one, and `$INCLUDE` opens no file.
//!
//! What hickory's parser does not take is refused by name: DNAME, RP, DS and other types it has no text form for.
//! Bytes above 127 in TXT data are taken as they stand, as UTF-8; `\DDD` escapes of anything but printable ASCII are
//! refused, since hickory reads them as other characters. A record without a TTL takes `$TTL`, else the TTL of the record
//! before it, else [`DEFAULT_TTL`].

mod entries;

use hickory_proto::{
    rr::{DNSClass, Name, Record},
    serialize::txt::{ParseError, Parser},
};
use thiserror::Error;

use entries::{Entry, decode_escapes, entries};

/// TTL of records in a file that gives none, in seconds; what Route 53's console proposes.
pub const DEFAULT_TTL: u32 = 300;

/// Longest file, in octets. A zone of Route 53's holds 10,000 records by default.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// Longest entry, in octets: a record of 65,535 octets of RDATA with every octet escaped, and a name.
pub const MAX_ENTRY_BYTES: usize = 512 << 10;

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
/// Every mistake of the file, in order; `path` is what they are reported under.
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
        let one = format!("$TTL {default_ttl}\n{owner}{}\n", decode_escapes(&entry.on_one_line())?);
        let (_, sets) = Parser::new(one, None, Some(self.origin.clone()))
            .parse()
            .map_err(|error| message(&error, entry.text))?;
        let mut records = sets.values().flat_map(|set| set.records_without_rrsigs());
        let record =
            records.next().ok_or("expected a record: name, TTL, class, type, data")?.clone();
        if record.dns_class != DNSClass::IN {
            return Err(format!("class {} is not supported: expected IN", record.dns_class));
        }
        if !self.apex.zone_of(&record.name) {
            return Err(format!("`{}` is outside the zone `{}`", record.name, self.apex));
        }
        self.owner = Some(record.name.clone());
        self.last_ttl = Some(record.ttl);
        Ok(record)
    }
}

/// What hickory's parser minds, with the names of types it cannot read.
fn message(error: &ParseError, text: &str) -> String {
    match error {
        ParseError::UnsupportedRecordType(rtype) => {
            format!("records of type {rtype} are not supported in master files")
        }
        ParseError::UnknownRecordType(_) | ParseError::Proto(_) => {
            let unsupported = text.split_whitespace().find(|word| {
                ["DNAME", "RP", "DS", "AFSDB", "LOC", "SPF", "APL", "URI"]
                    .iter()
                    .any(|rtype| word.eq_ignore_ascii_case(rtype))
            });
            match unsupported {
                Some(rtype) => {
                    format!("records of type {rtype} are not supported in master files ({error})")
                }
                None => error.to_string(),
            }
        }
        other => other.to_string(),
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
                "corp.zone:4: records of type DNAME are not supported in master files",
                "corp.zone:5: `else.where.` is outside the zone `corp.internal.`",
                "corp.zone:6: unknown directive `$GENERATE`: expected `$ORIGIN` or `$TTL`",
                "corp.zone:7: a parenthesis is never closed",
            ]
        );
    }
}
