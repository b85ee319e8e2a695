//! Instants and durations as Cedar counts them: whole milliseconds in an `i64`.
//! Absent on purpose: the current time. It enters in `cli` only.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Milliseconds since 1970-01-01T00:00:00Z, the range and precision of Cedar's `datetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// Milliseconds, the range and precision of Cedar's `duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Instant {
    /// Parses an RFC 3339 date and time with its zone, as `2026-03-01T10:00:00Z` or `2026-03-01T10:00:00.250+01:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let zoned = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
        if !zoned || text.as_bytes().get(10) != Some(&b'T') {
            return None;
        }
        text.parse::<Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }

    /// Parses a calendar date, `2026-03-01`, as its first moment in UTC.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Self> {
        if text.len() != 10 {
            return None;
        }
        format!("{text}T00:00:00Z")
            .parse::<Timestamp>()
            .ok()
            .map(|at| Self(at.as_millisecond()))
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

    /// The calendar date in UTC, `2026-03-01`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take_while(|c| *c != 'T').collect()
    }
}

/// RFC 3339 in UTC, with milliseconds only where they are not zero. The form is one that Cedar's `datetime` reads.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(at) => {
                let civil = TimeZone::UTC.to_datetime(at);
                write!(
                    f,
                    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                    civil.year(),
                    civil.month(),
                    civil.day(),
                    civil.hour(),
                    civil.minute(),
                    civil.second()
                )?;
                match self.0.rem_euclid(1000) {
                    0 => f.write_str("Z"),
                    millis => write!(f, ".{millis:03}Z"),
                }
            }
            Err(_) => write!(f, "{}ms", self.0),
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
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut total: i64 = 0;
        let mut last_unit = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let number: i64 = number.parse().ok()?;
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
            total = total.checked_add(number.checked_mul(unit)?)?;
            rest = tail;
        }
        if last_unit == i64::MAX {
            return None;
        }
        Some(Self(if negative { total.checked_neg()? } else { total }))
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
        for (unit, name) in [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
            (1, "ms"),
        ] {
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
    use super::*;

    #[test]
    fn durations_read_and_print_as_cedar_does() {
        for text in ["15m", "1h30m", "-5m", "2d", "250ms", "1d1h1m1s1ms", "0ms"] {
            let parsed = Duration::parse(text).unwrap();
            assert_eq!(Duration::parse(&parsed.to_string()), Some(parsed), "{text}");
        }
        assert_eq!(Duration::parse("90m").unwrap().to_string(), "1h30m");
        for text in [
            "",
            "-",
            "m",
            "15",
            "15x",
            "1m1h",
            "1m1m",
            "99999999999999999999m",
            "9223372036854775807d",
        ] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn instants_need_a_zone_and_print_in_utc() {
        let at = Instant::parse("2026-03-01T10:00:00+01:00").unwrap();
        assert_eq!(at.to_string(), "2026-03-01T09:00:00Z");
        assert_eq!(Instant(at.0 + 7).to_string(), "2026-03-01T09:00:00.007Z");
        assert_eq!(
            Instant::parse_date("2026-03-01").unwrap().to_string(),
            "2026-03-01T00:00:00Z"
        );
        assert_eq!(at.date(), "2026-03-01");
        for text in [
            "2026-03-01T10:00:00",
            "2026-03-01",
            "2026-13-01T10:00:00Z",
            "now",
            "2026-03-01 10:00:00Z",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
