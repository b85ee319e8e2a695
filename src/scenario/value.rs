//! Values of fixtures and contexts as the suite states them: typed, but with times still relative to the clock.
//! Reading them from YAML is in `typed`.

use std::collections::BTreeMap;
use std::fmt;

use cedar_policy::{EntityUid, RestrictedExpression};
use serde_json::json;

use crate::text::{Duration, Instant};

/// A value of one of the contract's types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Text.
    String(String),
    /// Decimal text that Cedar reads, so that no float ever touches it.
    Decimal(String),
    /// A point in time.
    Datetime(Moment),
    /// A length of time.
    Duration(Duration),
    /// An address or range in Cedar's text form.
    Ipaddr(String),
    /// A set, in the order it was written.
    Set(Vec<Value>),
    /// A record.
    Record(BTreeMap<String, Value>),
    /// An entity or a member of an enumeration.
    Entity(EntityUid),
}

/// A point in time, absolute or counted from the clock that the request is made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-03-01T10:00:00Z`
    At(Instant),
    /// `-5m`, `+1h`, `now`
    FromNow(Duration),
}

impl Moment {
    /// The instant, by a clock; `None` beyond Cedar's range.
    #[must_use]
    pub fn resolve(self, now: Instant) -> Option<Instant> {
        match self {
            Self::At(at) => Some(at),
            Self::FromNow(by) => now.checked_add(by),
        }
    }
}

impl Value {
    /// The value in Cedar's JSON form, by a clock. A time beyond Cedar's range becomes one that Cedar refuses, so that
    /// whatever reads it errors instead of seeing another time.
    #[must_use]
    pub fn to_json(&self, now: Instant) -> serde_json::Value {
        let call = |function: &str, argument: String| json!({"__extn": {"fn": function, "arg": argument}});
        match self {
            Self::Bool(value) => json!(value),
            Self::Long(value) => json!(value),
            Self::String(value) => json!(value),
            Self::Decimal(text) => call("decimal", text.clone()),
            Self::Datetime(moment) => match moment.resolve(now) {
                Some(at) => at.to_json(),
                None => call("datetime", "out of range".to_owned()),
            },
            Self::Duration(by) => call("duration", by.to_string()),
            Self::Ipaddr(text) => call("ip", text.clone()),
            Self::Set(items) => items.iter().map(|item| item.to_json(now)).collect(),
            Self::Record(fields) => record(fields, now).into(),
            Self::Entity(uid) => json!({"__entity": entity(uid)}),
        }
    }
}

impl Value {
    /// The value for Cedar, by a clock; `None` for a time that has no text, which only the JSON form can say.
    #[must_use]
    pub fn to_expression(&self, now: Instant) -> Option<RestrictedExpression> {
        Some(match self {
            Self::Bool(value) => RestrictedExpression::new_bool(*value),
            Self::Long(value) => RestrictedExpression::new_long(*value),
            Self::String(value) => RestrictedExpression::new_string(value.clone()),
            Self::Decimal(text) => RestrictedExpression::new_decimal(text),
            Self::Datetime(moment) => RestrictedExpression::new_datetime(moment.resolve(now)?.text()?),
            Self::Duration(by) => RestrictedExpression::new_duration(by.to_string()),
            Self::Ipaddr(text) => RestrictedExpression::new_ip(text),
            Self::Set(items) => {
                let items: Option<Vec<_>> = items.iter().map(|item| item.to_expression(now)).collect();
                RestrictedExpression::new_set(items?)
            }
            Self::Record(fields) => RestrictedExpression::new_record(expressions(fields, now)?).ok()?,
            Self::Entity(uid) => RestrictedExpression::new_entity_uid(uid.clone()),
        })
    }
}

/// A record for Cedar.
pub(super) fn expressions<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
    now: Instant,
) -> Option<Vec<(String, RestrictedExpression)>> {
    fields.into_iter().map(|(name, value)| Some((name.clone(), value.to_expression(now)?))).collect()
}

/// A record in Cedar's JSON form.
pub(super) fn record<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
    now: Instant,
) -> serde_json::Map<String, serde_json::Value> {
    fields.into_iter().map(|(name, value)| (name.clone(), value.to_json(now))).collect()
}

/// An entity's name in Cedar's JSON form.
pub(super) fn entity(uid: &EntityUid) -> serde_json::Value {
    json!({"type": uid.type_name().to_string(), "id": uid.id().unescaped()})
}

/// The value as the suite writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Long(value) => write!(f, "{value}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::Decimal(text) | Self::Ipaddr(text) => f.write_str(text),
            Self::Datetime(Moment::At(at)) => write!(f, "{at}"),
            Self::Datetime(Moment::FromNow(Duration(0))) => f.write_str("now"),
            Self::Datetime(Moment::FromNow(by)) if by.0 > 0 => write!(f, "+{by}"),
            Self::Datetime(Moment::FromNow(by)) | Self::Duration(by) => write!(f, "{by}"),
            Self::Set(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Record(fields) => {
                f.write_str("{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Entity(uid) => write!(f, "{uid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_follow_the_clock_and_absolute_ones_do_not() {
        let morning = Instant::parse("2026-03-01T10:00:00Z").unwrap();
        let noon = Instant::parse("2026-03-01T12:00:00Z").unwrap();
        let five_minutes_ago = Moment::FromNow(Duration::parse("-5m").unwrap());
        assert_eq!(five_minutes_ago.resolve(morning).unwrap().to_string(), "2026-03-01T09:55:00Z");
        assert_eq!(five_minutes_ago.resolve(noon).unwrap().to_string(), "2026-03-01T11:55:00Z");
        assert_eq!(Moment::At(morning).resolve(noon), Some(morning));
    }

    #[test]
    fn a_time_beyond_the_range_is_refused_by_cedar_and_never_wraps() {
        let value = Value::Datetime(Moment::FromNow(Duration(i64::MAX)));
        let context = json!({"at": value.to_json(Instant(1))});
        assert!(cedar_policy::Context::from_json_value(context, None).is_err());
    }
}
