//! RFC 1035 master files: text → records, each with the line it begins on.
//!
//! hickory's parser reads the records; this module cuts a file into entries first, so that a mistake has a line,
//! a bad entry does not hide the next one, and `$INCLUDE` opens no file.
//!
//! What hickory's parser does not take is refused by name: DNAME, RP, DS and other types it has no text form for.
//! What it would take for something else is refused too: `\DDD` outside quotes, above 127 (it re-encodes such
//! octets) and of control characters, other escapes in unquoted text, `_` within a label, values that are left over, a second SOA or one
//! below the apex, data that no message can hold. Text above 127
//! is kept as UTF-8. `@` in the data, and relative targets of SVCB and HTTPS, are completed here. A record without a TTL takes `$TTL`, else the TTL of the record before it, else [`DEFAULT_TTL`].

mod entries;
mod trust_anchor;
mod words;

use hickory_proto::{
    rr::{DNSClass, Name, RData, Record, RecordType, rdata::SVCB},
    serialize::{
        binary::BinEncodable,
        txt::{ParseError, Parser, parse_ttl},
    },
};
use thiserror::Error;

pub use trust_anchor::trust_anchor;

use entries::{Entry, entries};
use words::{RecordWords, words};

/// TTL of records in a file that gives none, in seconds; what Route 53's console proposes.
pub const DEFAULT_TTL: u32 = 300;

/// Longest TTL, in seconds. Source: RFC 2181 §8.
const MAX_TTL: u32 = 0x7fff_ffff;

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
    let mut reader = Reader {
        apex: &apex,
        origin: apex.clone(),
        owner: None,
        ttl: None,
        last_ttl: None,
        has_soa: false,
    };
    // some editors begin a file with a byte order mark
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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
    has_soa: bool,
}

impl Reader<'_> {
    /// Reads a directive, which gives nothing, or a record.
    fn read(&mut self, entry: &Entry<'_>) -> Result<Option<Record>, String> {
        if !entry.text.trim_start().starts_with('$') {
            return self.record(entry).map(Some);
        }
        let line = entry.on_one_line()?;
        if let [directive, arguments @ ..] = words(&line).as_slice() {
            self.directive(directive, arguments)?;
        }
        Ok(None)
    }

    fn directive(&mut self, directive: &str, arguments: &[&str]) -> Result<(), String> {
        let argument = match arguments {
            [argument] => Ok(*argument),
            _ => Err(format!("expected one value after `{directive}`")),
        };
        match directive.to_ascii_uppercase().as_str() {
            "$ORIGIN" => {
                let argument = argument?;
                self.origin = Name::parse(argument, Some(&self.origin))
                    .map_err(|error| format!("`{argument}` is not a domain name: {error}"))?;
                Ok(())
            }
            "$TTL" => {
                let argument = argument?;
                let ttl = parse_ttl(argument)
                    .map_err(|error| format!("`{argument}` is not a TTL: {error}"))?;
                check_ttl(ttl)?;
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
        let line = entry.on_one_line()?;
        let words = RecordWords::of(&line)?;
        let owner = match (words.owner, &self.owner) {
            (None, None) => return Err("the first record has no owner name".to_owned()),
            (None, Some(owner)) => owner.to_ascii(),
            (Some(owner), _) => owner.to_owned(),
        };
        let default_ttl = self.ttl.or(self.last_ttl).unwrap_or(DEFAULT_TTL);
        let one = format!("$TTL {default_ttl}\n{}\n", words.line(&owner, &self.origin)?);
        let (_, sets) = Parser::new(one, None, Some(self.origin.clone()))
            .parse()
            .map_err(|error| message(&error))?;
        let mut records = sets.values().flat_map(|set| set.records_without_rrsigs());
        let mut record =
            records.next().ok_or("expected a record: name, TTL, class, type, data")?.clone();
        if record.dns_class != DNSClass::IN {
            return Err(format!("class {} is not supported: expected IN", record.dns_class));
        }
        if !self.apex.zone_of(&record.name) {
            return Err(format!("`{}` is outside the zone `{}`", record.name, self.apex));
        }
        sort_parameters(&mut record.data);
        check(&record, &words.values, entry)?;
        if record.record_type() == RecordType::SOA {
            if record.name != *self.apex || self.has_soa {
                return Err(format!("a zone has one SOA, and it is at `{}`", self.apex));
            }
            self.has_soa = true;
        }
        self.owner = Some(record.name.clone());
        self.last_ttl = Some(record.ttl);
        Ok(record)
    }
}

fn check_ttl(ttl: u32) -> Result<(), String> {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    Err(format!("a TTL of {ttl} seconds: at most {MAX_TTL}"))
}

/// Service parameters stand in any order in text, and in the order of their keys in messages. RFC 9460 §2.1, §2.2
fn sort_parameters(data: &mut RData) {
    let sort = |svcb: &mut SVCB| svcb.svc_params.sort_by_key(|(key, _)| *key);
    match data {
        RData::SVCB(svcb) => sort(svcb),
        RData::HTTPS(https) => sort(&mut https.0),
        _ => {}
    }
}

/// What hickory's parser lets pass without keeping it.
fn check(record: &Record, values: &[&str], entry: &Entry<'_>) -> Result<(), String> {
    check_ttl(record.ttl)?;
    let rtype = record.record_type();
    if rtype.is_dnssec() {
        return Err(message(&ParseError::UnsupportedRecordType(rtype)));
    }
    if rtype == RecordType::TXT && entry.has_bare_escape() {
        return Err("escapes are read inside quotes only: put the text into quotes".to_owned());
    }
    if rtype == RecordType::TXT && values.is_empty() {
        return Err("TXT without text: expected at least one string".to_owned());
    }
    let most = match rtype {
        RecordType::A | RecordType::AAAA | RecordType::CNAME | RecordType::NS | RecordType::PTR => {
            Some(1)
        }
        RecordType::HINFO | RecordType::MX => Some(2),
        RecordType::CAA => Some(3),
        RecordType::SRV => Some(4),
        RecordType::NAPTR => Some(6),
        RecordType::SOA => Some(7),
        _ => None,
    };
    if let Some(most) = most.filter(|most| values.len() > *most) {
        return Err(format!("too many values for {rtype}: expected {most}"));
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
        None if text.contains("Label contains invalid characters") => {
            "a name has a character that is not read: expected letters, digits, `-`, and `_` at a label's start"
                .to_owned()
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
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
            (
                "x_y A 10.0.0.1",
                "a name has a character that is not read: expected letters, digits, `-`, and `_` at a label's start",
            ),
            ("a TXT", "TXT without text: expected at least one string"),
            ("a TXT x)", "a parenthesis is closed that was never opened"),
            (
                "a 1 2 A 10.0.0.1",
                "more than one TTL or class: expected name, TTL, class, type, data",
            ),
            (
                "a IN IN A 10.0.0.1",
                "more than one TTL or class: expected name, TTL, class, type, data",
            ),
            ("a 2147483648 A 10.0.0.1", "a TTL of 2147483648 seconds: at most 2147483647"),
            ("$TTL 2147483648", "a TTL of 2147483648 seconds: at most 2147483647"),
            ("$TTL 60 s", "expected one value after `$TTL`"),
            ("$ORIGIN", "expected one value after `$ORIGIN`"),
            ("$INCLUDE", "`$INCLUDE` is not supported: put the records into this file"),
            ("x SOA ns h 1 2 3 4 5", "a zone has one SOA, and it is at `corp.internal.`"),
            ("a HINFO b c d", "too many values for HINFO: expected 2"),
            ("a CAA 0 issue \"ca\" x", "too many values for CAA: expected 3"),
            ("a NAPTR 1 2 s x \"\" r y", "too many values for NAPTR: expected 6"),
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
    fn the_origin_in_data() {
        // RFC 1035 §5.1
        let text = "\u{feff}$ORIGIN corp.internal. ; absolute\n@ 60 SOA @ h 1 2 3 4 5\n  NS @\n  MX 10 @ ; mail\n\
            $ORIGIN ( sub ;x\n ) ;y\nwww CNAME @\n_x._tcp SRV 0 5 443 @\nt TXT @ \"@\"\n";
        assert_eq!(
            read(text).unwrap(),
            [
                "2: corp.internal. 60 IN SOA corp.internal. h.corp.internal. 1 2 3 4 5",
                "3: corp.internal. 60 IN NS corp.internal.",
                "4: corp.internal. 60 IN MX 10 corp.internal.",
                "7: www.sub.corp.internal. 60 IN CNAME sub.corp.internal.",
                "8: _x._tcp.sub.corp.internal. 60 IN SRV 0 5 443 sub.corp.internal.",
                "9: t.sub.corp.internal. TXT [\"@\", \"@\"]",
            ]
        );
    }

    #[test]
    fn targets_of_service_bindings_are_completed() {
        let text =
            "$ORIGIN sub\nh 60 HTTPS 1 svc\nh SVCB 1 svc.corp.internal.\nh HTTPS 0 .\nh SVCB 2 @\n";
        let lines = read(text).unwrap();
        let targets: Vec<_> = lines.iter().map(|line| line.split(' ').nth(6).unwrap()).collect();
        assert_eq!(
            targets,
            ["svc.sub.corp.internal.", "svc.corp.internal.", ".", "sub.corp.internal."]
        );
    }

    #[test]
    fn service_parameters_in_any_order() {
        // RFC 9460 §2.1
        assert_eq!(
            read("h 60 HTTPS 1 . port=443 alpn=h2\n"),
            read("h 60 HTTPS 1 . alpn=h2 port=443\n")
        );
        assert!(read("h HTTPS 1 . alpn=h2 alpn=h3").is_err(), "a key twice");
    }

    #[test]
    fn a_second_soa_is_refused() {
        let errors = read("@ SOA a b 1 2 3 4 5\n@ SOA a b 1 2 3 4 5\n").unwrap_err();
        assert!(errors.iter().all(|error| error.starts_with("corp.zone:2: a zone has one SOA")));
    }

    #[test]
    fn mistakes_are_bounded() {
        assert_eq!(read(&"a\n".repeat(10_000)).unwrap_err().len(), MAX_ERRORS);
    }
}
