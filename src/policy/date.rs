//! Dates of conditions: ISO 8601, or seconds since 1970. N254

use time::{
    Date, OffsetDateTime, PrimitiveDateTime, Time, format_description::well_known::Iso8601,
};

/// A moment in nanoseconds since 1970. A year alone is seconds.
/// Source: IAM User Guide, "Date condition operators": one of the forms of the W3C's note on dates and times, or epoch time.
pub(super) fn nanos(text: &str) -> Option<i128> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(i128::from(seconds) * 1_000_000_000);
    }
    let format = &Iso8601::DEFAULT;
    let moment = OffsetDateTime::parse(text, format)
        .or_else(|_| PrimitiveDateTime::parse(text, format).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| {
            let first = format!("{text}-01");
            let date = Date::parse(text, format).or_else(|_| Date::parse(&first, format));
            date.map(|date| date.with_time(Time::MIDNIGHT).assume_utc())
        });
    moment.ok().map(OffsetDateTime::unix_timestamp_nanos)
}

/// Seconds since 1970 as `2026-01-31T12:00:00Z`.
pub(super) fn iso8601(unix_secs: u64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp(i64::try_from(unix_secs).ok()?).ok()?;
    let (date, time) = (moment.date(), moment.time());
    let (hour, minute, second) = time.as_hms();
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("1970-01-02T00:00:00Z", Some(86400)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1970-01-01T00:00:01", Some(1)),
            ("1970-01-02", Some(86400)),
            ("1970-02", Some(31 * 86400)),
            ("1970-13", None),
            ("1970-01-01T00:01Z", Some(60)),
            ("1970-01-01T00:01:00+00:00", Some(60)),
            ("86400", Some(86400)),
            ("-1", Some(-1)),
            ("tomorrow", None),
            ("1970-02-30T00:00:00Z", None),
            ("1970-01-", None),
            ("", None),
        ] {
            assert_eq!(
                nanos(text),
                expected.map(|secs| i128::from(secs) * 1_000_000_000),
                "{text}"
            );
        }
        assert_eq!(iso8601(86400).as_deref(), Some("1970-01-02T00:00:00Z"));
        assert_eq!(iso8601(u64::MAX), None);
    }
}
