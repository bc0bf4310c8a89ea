//! Records as lines of text, and back. N210, N211, N230

use std::borrow::Cow;

use thiserror::Error;

use super::{Record, Value};
use crate::model::{FlowLogField, FlowLogFieldType, FlowLogFormat};

/// What a line has where a field says nothing.
const ABSENT: &str = "-";

/// The first line of a file: the fields by name.
#[must_use]
pub fn header(format: &FlowLogFormat) -> String {
    format.fields().iter().map(|field| field.as_str()).collect::<Vec<_>>().join(" ")
}

/// A record as a line, without its end.
#[must_use]
pub fn line(format: &FlowLogFormat, record: &Record) -> String {
    let version = format.version();
    let mut out = String::with_capacity(format.fields().len() * 12);
    for field in format.fields() {
        if !out.is_empty() {
            out.push(' ');
        }
        match record.value(*field, version) {
            Value::Int32(value) => out.push_str(&value.to_string()),
            Value::Int64(value) => out.push_str(&value.to_string()),
            Value::Text(value) => out.push_str(&value),
            Value::Absent => out.push_str(ABSENT),
        }
    }
    out
}

/// Why a line is no record of a format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRecord {
    /// It has more or fewer words than the format has fields.
    #[error("{found} words, where the format has {expected} fields")]
    Length {
        /// How many words.
        found: usize,
        /// How many fields.
        expected: usize,
    },
    /// A word is no number where a number stands.
    #[error("`{found}` is no value of `{}`", field.as_str())]
    Number {
        /// Of which field.
        field: FlowLogField,
        /// The word.
        found: Box<str>,
    },
}

/// Reads a line: what each field of the format says. Between two words there may be several spaces, as in one of AWS's own examples.
///
/// # Errors
/// Where it is no record of the format.
pub fn read<'a>(
    format: &FlowLogFormat,
    line: &'a str,
) -> Result<Vec<(FlowLogField, Value<'a>)>, BadRecord> {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let fields = format.fields();
    if words.len() != fields.len() {
        return Err(BadRecord::Length { found: words.len(), expected: fields.len() });
    }
    let values = fields.iter().zip(words).map(|(field, word)| {
        let bad = || BadRecord::Number { field: *field, found: word.into() };
        let value = match field.kind() {
            _ if word == ABSENT => Value::Absent,
            FlowLogFieldType::Int32 => Value::Int32(word.parse().map_err(|_| bad())?),
            FlowLogFieldType::Int64 => Value::Int64(word.parse().map_err(|_| bad())?),
            FlowLogFieldType::Text => Value::Text(Cow::Borrowed(word)),
        };
        Ok((*field, value))
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS's own examples. Source: flow-log-records.md and flow-logs-records-examples.md of the VPC User Guide.
    #[test]
    fn reads_the_examples_of_the_user_guide() {
        let v3 = "${version} ${vpc-id} ${subnet-id} ${instance-id} ${interface-id} ${account-id} ${type} ${srcaddr} \
                  ${dstaddr} ${srcport} ${dstport} ${pkt-srcaddr} ${pkt-dstaddr} ${protocol} ${bytes} ${packets} \
                  ${start} ${end} ${action} ${tcp-flags} ${log-status}";
        for (format, line, field, value) in [
            (
                None,
                "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
                FlowLogField::Bytes,
                Value::Int64(4249),
            ),
            (
                None,
                "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA",
                FlowLogField::SrcPort,
                Value::Absent,
            ),
            (
                None,
                "2 123456789010 eni-1235b8ca123456789 172.31.16.139 203.0.113.12 0 0 1 4 336 1432917094 1432917142 REJECT OK",
                FlowLogField::Action,
                Value::Text("REJECT".into()),
            ),
            (
                Some(v3),
                "3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 eni-1235b8ca123456789 123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43638  10.0.0.62 52.213.180.42 6 967 14 1566933133 1566933193 ACCEPT 19 OK",
                FlowLogField::TcpFlags,
                Value::Int32(19),
            ),
        ] {
            let format: FlowLogFormat =
                format.map_or_else(FlowLogFormat::default, |text| text.parse().unwrap());
            let found = read(&format, line).unwrap();
            assert_eq!(found.iter().find(|(of, _)| *of == field), Some(&(field, value)), "{line}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_line() {
        let format: FlowLogFormat = "${srcaddr} ${packets} ${protocol}".parse().unwrap();
        for (line, expected) in [
            ("10.0.0.1 3", "2 words, where the format has 3 fields"),
            ("10.0.0.1 3 6 7", "4 words, where the format has 3 fields"),
            ("", "0 words, where the format has 3 fields"),
            ("10.0.0.1 three 6", "`three` is no value of `packets`"),
            ("10.0.0.1 3 6000000000", "`6000000000` is no value of `protocol`"),
        ] {
            assert_eq!(read(&format, line).unwrap_err().to_string(), expected, "{line}");
        }
    }
}
