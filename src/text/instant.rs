//! Instants and durations as Cedar counts them: whole milliseconds in an `i64`. Reading and writing them is Cedar's too: what
//! its `datetime` and `duration` refuse is refused here, and what is written here they read.
//! Absent on purpose: the current time. It enters in `cli` only.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The largest offset from UTC that Cedar reads.
const MOST_AHEAD: i64 = 24 * Duration::HOUR.0 - Duration::MINUTE.0;

/// Milliseconds since 1970-01-01T00:00:00Z, the range and precision of Cedar's `datetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// Milliseconds, the range and precision of Cedar's `duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Instant {
    /// Parses a date and a time with its zone as Cedar's `datetime` does: `2026-03-01T10:00:00Z`,
    /// `2026-03-01T10:00:00.250+0100`. An offset may have a colon, as in RFC 3339 and in TOML.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        let (clock, rest) = time.strip_prefix('T')?.split_at_checked(8)?;
        let (milliseconds, zone) = match rest.strip_prefix('.') {
            Some(rest) => {
                let (digits, zone) = rest.split_at_checked(3)?;
                (number(digits, 3)?, zone)
            }
            None => (0, rest),
        };
        let of_day = clock_time(clock)? + milliseconds;
        let ahead = offset(zone)?;
        Self::parse_date(date).map(|day| Self(day.0 + of_day - ahead))
    }

    /// Parses a calendar date, `2026-03-01`, as its first moment in UTC.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut part = |length| number(parts.next()?, length);
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let since = date.ok()?.duration_since(EPOCH);
        i64::try_from(since.as_millis()).ok().map(Self)
    }

    /// Parses whatever Cedar's `datetime` reads: a date alone, or a date and a time with its zone.
    #[must_use]
    pub fn parse_either(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::parse_date(text))
    }

    /// The text that Cedar's `datetime` reads as this instant; `None` where there is none.
    #[must_use]
    pub fn text(self) -> Option<String> {
        // Cedar reads years of four digits. With an offset they reach almost a day further at both ends.
        let zones = [(0, "Z"), (MOST_AHEAD, "+2359"), (-MOST_AHEAD, "-2359")];
        zones.into_iter().find_map(|(ahead, zone)| {
            let local = Self(self.0.checked_add(ahead)?).civil()?;
            let millis = match self.0.rem_euclid(1000) {
                0 => String::new(),
                millis => format!(".{millis:03}"),
            };
            Some(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{millis}{zone}",
                local.year(),
                local.month(),
                local.day(),
                local.hour(),
                local.minute(),
                local.second()
            ))
        })
    }

    /// Cedar's expression for it. Every instant has one.
    #[must_use]
    pub fn expression(self) -> String {
        match self.text() {
            Some(text) => format!("datetime(\"{text}\")"),
            None => format!("datetime(\"1970-01-01\").offset(duration(\"{}\"))", Duration(self.0)),
        }
    }

    /// Cedar's JSON form. Every instant has one.
    #[must_use]
    pub fn to_json(self) -> Value {
        let call = |function: &str, argument: &str| json!({ "__extn": { "fn": function, "arg": argument } });
        match self.text() {
            Some(text) => call("datetime", &text),
            None => json!({ "__extn": { "fn": "offset", "args": [
                call("datetime", "1970-01-01"),
                call("duration", &Duration(self.0).to_string()),
            ] } }),
        }
    }

    /// Reads Cedar's JSON form: a constructor's text, or an offset from one, as Cedar writes all instants.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let call = value.get("__extn")?;
        let arguments = call.get("args").and_then(Value::as_array);
        let first = call.get("arg").or_else(|| arguments?.first())?;
        match call.get("fn")?.as_str()? {
            "datetime" => Self::parse_either(first.as_str()?),
            "offset" => Self::from_json(first)?.checked_add(Duration::from_json(arguments?.get(1)?)?),
            _ => None,
        }
    }

    /// Date and time in UTC, where the year has four digits.
    fn civil(self) -> Option<DateTime> {
        let epoch = EPOCH.at(0, 0, 0, 0);
        let civil = epoch.checked_add(SignedDuration::from_millis(self.0)).ok()?;
        (0..=9999).contains(&civil.year()).then_some(civil)
    }

    /// This instant and a duration later; `None` beyond Cedar's range.
    #[must_use]
    pub fn checked_add(self, by: Duration) -> Option<Self> {
        self.0.checked_add(by.0).map(Self)
    }

    /// The time since an earlier instant; `None` beyond Cedar's range.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration)
    }

    /// The first moment of its day in UTC.
    #[must_use]
    pub fn day(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(Duration::DAY.0)))
    }

    /// The calendar date in UTC, `2026-03-01`; the instant in full where the year has not four digits.
    #[must_use]
    pub fn date(self) -> String {
        match self.civil() {
            Some(at) => format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day()),
            None => self.to_string(),
        }
    }
}

/// Digits alone, and as many.
fn number(text: &str, length: usize) -> Option<i64> {
    let is_number = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// `10:30:00` as milliseconds of a day.
fn clock_time(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let mut part = |below| parts.next().and_then(|part| number(part, 2)).filter(|part| *part < below);
    let (hours, minutes, seconds) = (part(24)?, part(60)?, part(60)?);
    Some(hours * Duration::HOUR.0 + minutes * Duration::MINUTE.0 + seconds * Duration::SECOND.0)
}

/// `Z`, `+0100` or `+01:00` as milliseconds ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, rest) = rest.split_at_checked(2)?;
    let minutes = rest.strip_prefix(':').unwrap_or(rest);
    let hours = number(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = number(minutes, 2).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * Duration::HOUR.0 + minutes * Duration::MINUTE.0))
}

/// The text that Cedar's `datetime` reads, in UTC with milliseconds only where they are not zero; for an instant that has no
/// such text, Cedar's expression for it.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.write_str(&text),
            None => f.write_str(&self.expression()),
        }
    }
}

impl Duration {
    /// One second.
    pub const SECOND: Self = Self(1_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// One day.
    pub const DAY: Self = Self(86_400_000);

    /// Parses Cedar's duration text: `15m`, `1h30m`, `-5m`, `2d`, `250ms`; units in falling order, each at most once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let mut total: i64 = 0;
        let mut last_unit = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let number: i128 = number.parse().ok()?;
            let unit_length = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(unit_length)?;
            let unit = match unit {
                "d" => Self::DAY.0,
                "h" => Self::HOUR.0,
                "m" => Self::MINUTE.0,
                "s" => Self::SECOND.0,
                "ms" => 1,
                _ => return None,
            };
            if unit >= last_unit {
                return None;
            }
            last_unit = unit;
            // With its sign, since the least number has no positive counterpart.
            let part = number.checked_mul(i128::from(sign * unit))?;
            total = total.checked_add(i64::try_from(part).ok()?)?;
            rest = tail;
        }
        (last_unit != i64::MAX).then_some(Self(total))
    }

    fn from_json(value: &Value) -> Option<Self> {
        let call = value.get("__extn")?;
        let text = call.get("arg").or_else(|| call.pointer("/args/0"))?.as_str()?;
        (call.get("fn")?.as_str()? == "duration").then(|| Self::parse(text)).flatten()
    }
}

/// Cedar's duration text in the largest units that fit: `1h30m`, `-5m`, `0ms`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return f.write_str("0ms");
        }
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")] {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_and_print_as_cedar_does() {
        for text in ["15m", "1h30m", "-5m", "2d", "250ms", "1d1h1m1s1ms", "0ms"] {
            let parsed = Duration::parse(text).unwrap();
            assert_eq!(Duration::parse(&parsed.to_string()), Some(parsed), "{text}");
        }
        assert_eq!(Duration::parse("90m").unwrap().to_string(), "1h30m");
        for text in ["", "-", "m", "15", "15x", "1m1h", "1m1m", "99999999999999999999m", "9223372036854775807d"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn instants_need_a_zone_and_print_in_utc() {
        let at = Instant::parse("2026-03-01T10:00:00+01:00").unwrap();
        assert_eq!(at.to_string(), "2026-03-01T09:00:00Z");
        assert_eq!(Instant(at.0 + 7).to_string(), "2026-03-01T09:00:00.007Z");
        assert_eq!(Instant::parse_date("2026-03-01").unwrap().to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(at.date(), "2026-03-01");
        for text in ["2026-03-01T10:00:00", "2026-03-01", "now", "2026-03-01 10:00:00Z"] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_cedar_refuses_is_no_instant() {
        for text in [
            "2026-13-01T10:00:00Z",
            "2026-02-29T10:00:00Z",
            "2026-12-31T23:59:60Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T10:00:00.0001Z",
            "2026-03-01T10:00:00.25Z",
            "2026-03-01T10:00:00,500Z",
            "2026-03-01T10:00:00+24:00",
            "2026-03-01T10:00:00-25:59",
            "2026-03-01T10:00:00+0060",
            "2026-03-01T10:00:00+01",
            "2026-03-01T10Z",
            "2026-03-01T10:00Z",
            "2026-03-01t10:00:00Z",
            "2026-03-01T10:00:00z",
            "10000-01-01T00:00:00Z",
            "-001-01-01T00:00:00Z",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
            assert_eq!(cedar("datetime", text), None, "{text}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_instants() {
        for text in [
            "0000-01-01T00:00:00+2359",
            "0000-01-01T00:00:00Z",
            "9999-12-30T22:00:00.001Z",
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59.999-2359",
        ] {
            let at = Instant::parse(text).unwrap();
            assert_eq!((at.to_string().as_str(), cedar("datetime", text)), (text, Some(at.0)));
        }
        let last = Instant::parse("9999-12-31T23:59:59.999-2359").unwrap();
        assert_eq!(Instant(last.0 + 1).to_string(), "datetime(\"1970-01-01\").offset(duration(\"2932897d23h59m\"))");
        assert_eq!(Instant::parse_date("9999-12-31").unwrap().date(), "9999-12-31");
    }

    /// The milliseconds of a value that Cedar's own constructor makes of a text.
    fn cedar(function: &str, text: &str) -> Option<i64> {
        milliseconds(function, &json!({ "__extn": { "fn": function, "arg": text } }))
    }

    /// The milliseconds that Cedar counts of a value in its JSON form.
    fn milliseconds(ty: &str, value: &Value) -> Option<i64> {
        let context = cedar_policy::Context::from_json_value(json!({ "value": value }), None).ok()?;
        let uid = |text: &str| text.parse::<cedar_policy::EntityUid>().unwrap();
        let (someone, action) = (uid("User::\"u\""), uid("Action::\"a\""));
        let request = cedar_policy::Request::new(someone.clone(), action, someone, context, None).unwrap();
        let expression = match ty {
            "datetime" => "context.value.durationSince(datetime(\"1970-01-01\")).toMilliseconds()",
            _ => "context.value.toMilliseconds()",
        };
        let expression = expression.parse().unwrap();
        match cedar_policy::eval_expression(&request, &cedar_policy::Entities::empty(), &expression) {
            Ok(cedar_policy::EvalResult::Long(milliseconds)) => Some(milliseconds),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    }

    /// What Cedar reads of a text that has a colon in its offset.
    fn without_colon(text: &str) -> String {
        match (text.get(..19), text.get(19..).and_then(|rest| rest.rsplit_once(':'))) {
            (Some(head), Some((zone, minutes)))
                if minutes.len() == 2 && zone.chars().rev().nth(2).is_some_and(|c| "+-".contains(c)) =>
            {
                format!("{head}{zone}{minutes}")
            }
            _ => text.to_owned(),
        }
    }

    const ALMOST_INSTANTS: &str = "[0-9]{4}-(0[0-9]|1[0-3])-[0-3][0-9]\
        ([Tt ]([0-2][0-9]:?[0-6][0-9]:?[0-6][0-9]|[0-9]{2})([.,][0-9]{0,4})?(Z|z|[+-][0-2][0-9]:?[0-6][0-9]|[+-][0-9]{2}|)?)?";
    const ALMOST_DURATIONS: &str =
        "-?([0-9]{1,12}d)?([0-9]{1,14}h)?([0-9]{1,16}m)?([0-9]{1,18}s)?([0-9]{1,20}ms)?([0-9]{0,2}[dhms]{0,2})?";

    proptest! {
        #[test]
        fn a_text_is_an_instant_exactly_where_cedar_reads_it(
            text in prop_oneof![8 => ALMOST_INSTANTS, 1 => "\\PC{0,25}"],
        ) {
            prop_assert_eq!(Instant::parse_either(&text).map(|at| at.0), cedar("datetime", &without_colon(&text)));
        }

        #[test]
        fn a_text_is_a_duration_exactly_where_cedar_reads_it(text in ALMOST_DURATIONS) {
            prop_assert_eq!(Duration::parse(&text).map(|by| by.0), cedar("duration", &text));
        }

        #[test]
        fn cedar_reads_every_instant_that_is_written(
            at in prop_oneof![any::<i64>(), -63_000_000_000_000..254_000_000_000_000_i64, Just(i64::MIN), Just(i64::MAX)],
        ) {
            let at = Instant(at);
            prop_assert_eq!(milliseconds("datetime", &at.to_json()), Some(at.0));
            prop_assert_eq!(Instant::from_json(&at.to_json()), Some(at));
            prop_assert_eq!(cedar("duration", &Duration(at.0).to_string()), Some(at.0));
            prop_assert_eq!(Duration::parse(&Duration(at.0).to_string()), Some(Duration(at.0)));
            if let Some(text) = at.text() {
                prop_assert_eq!(Instant::parse(&text), Some(at));
            }
        }
    }
}
