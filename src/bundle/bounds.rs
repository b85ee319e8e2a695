//! The bounds of a break-glass profile in its contract: a field for each, by the table of clauses.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clauses::{Clause, Kept};

/// How the name of a field begins that says something to people and nothing to whoever enforces: a reader may skip it. No
/// version has written one yet.
const INFORMATIVE: &str = "info_";

/// The bounds of a profile. A number of 0 is no bound, and is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds(BTreeMap<Clause, i64>);

impl Bounds {
    /// The number, or the milliseconds, of a bound; 0 where there is none.
    #[must_use]
    pub fn get(&self, clause: Clause) -> i64 {
        self.0.get(&clause).copied().unwrap_or(0)
    }

    /// Sets a bound.
    pub fn set(&mut self, clause: Clause, value: i64) {
        match value {
            0 => self.0.remove(&clause),
            _ => self.0.insert(clause, value),
        };
    }
}

impl FromIterator<(Clause, i64)> for Bounds {
    fn from_iter<I: IntoIterator<Item = (Clause, i64)>>(all: I) -> Self {
        let mut bounds = Self::default();
        for (clause, value) in all {
            bounds.set(clause, value);
        }
        bounds
    }
}

impl Serialize for Bounds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Clause::bounds().map(|(clause, bound)| (bound, self.get(clause)));
        serializer.collect_map(
            fields
                .filter(|(bound, value)| bound.kept == Kept::Always || *value != 0)
                .map(|(bound, value)| (bound.field, value)),
        )
    }
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Bounds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bounds of a break-glass profile")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bounds, A::Error> {
        let mut found: BTreeMap<Clause, i64> = BTreeMap::new();
        while let Some(field) = map.next_key::<String>()? {
            if field.starts_with(INFORMATIVE) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // Who skips a clause enforces less than the author wrote.
            let Some((clause, _)) = Clause::of_field(&field) else {
                let field = field.escape_debug();
                return Err(A::Error::custom(format!(
                    "`{field}` is not a break-glass clause that this version can enforce"
                )));
            };
            if found.insert(clause, map.next_value()?).is_some() {
                return Err(A::Error::custom(format!("duplicate field `{field}`")));
            }
        }
        for (clause, bound) in Clause::bounds() {
            if bound.kept == Kept::Always && !found.contains_key(&clause) {
                return Err(A::Error::custom(format!("missing field `{}`", bound.field)));
            }
        }
        Ok(found.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::bundle::{BreakGlassProfile, Contract};

    fn contract(edit: impl Fn(&mut Value)) -> Value {
        let mut profile = json!({
            "cedar": "P::\"p\"", "request_action": "a", "approve_action": "a", "refuse_action": "a", "revoke_action": "a",
            "review_action": "a", "principal": "User", "tenant": {}, "eligible": [], "actions": [], "resources": [],
            "max_resources": 1, "reason_required": true, "ticket_required": false, "approvals": 0, "refusals": 1,
            "pending": 1, "expires_within": 2, "max_uses": 3, "cooldown": 0, "window": 0, "max_grants": 0, "lifts": [],
            "alerts": {}, "revokers": [], "review_within": 1, "reviewer": {"role": "r"},
        });
        edit(&mut profile);
        json!({
            "format": "1", "entities": {}, "actions": {}, "provenance": {}, "roles": {}, "break_glass": {"p": profile},
        })
    }

    /// Without the place, which hangs on the order of fields.
    fn said(error: &serde_json::Error) -> String {
        let error = error.to_string();
        error.split(" at line").next().unwrap().to_owned()
    }

    fn read(value: &Value) -> Result<BreakGlassProfile, String> {
        let contract = Contract::read(&serde_json::to_vec(value).unwrap()).map_err(|error| said(&error))?;
        Ok(contract.break_glass["p"].clone())
    }

    #[test]
    fn bounds_are_fields_of_the_profile_and_come_back_as_they_were() {
        let written = contract(|_| ());
        let profile = read(&written).unwrap();
        assert_eq!([Clause::Uses, Clause::Cooldown].map(|clause| profile.bounds.get(clause)), [3, 0]);
        assert_eq!(serde_json::to_value(&profile).unwrap(), written["break_glass"]["p"]);
    }

    #[test]
    fn a_bound_that_came_later_is_written_where_it_is_said_and_read_where_it_is_absent() {
        let mut profile = read(&contract(|_| ())).unwrap();
        assert_eq!(profile.bounds.get(Clause::Idle), 0);
        profile.bounds.set(Clause::Idle, 900_000);
        let written = serde_json::to_value(&profile).unwrap();
        assert_eq!(written["idle"], json!(900_000));
        assert_eq!(serde_json::from_value::<BreakGlassProfile>(written).unwrap(), profile);
    }

    #[test]
    fn a_clause_that_is_not_known_refuses_the_contract_and_what_is_informative_is_skipped() {
        let why = |edit: fn(&mut Value)| read(&contract(edit)).err().unwrap_or_default();
        insta::assert_snapshot!(why(|p| p["weekends"] = json!(0)), @"`weekends` is not a break-glass clause that this version can enforce");
        insta::assert_snapshot!(why(|p| p["info_owner"] = json!({"team": "ops"})), @"");
        insta::assert_snapshot!(why(|p| { p.as_object_mut().unwrap().remove("max_uses"); }), @"missing field `max_uses`");
        insta::assert_snapshot!(why(|p| p["cooldown"] = json!("1h")), @r#"invalid type: string "1h", expected i64"#);
        insta::assert_snapshot!(why(|p| p["reviewer"]["info_more"] = json!(1)), @"unknown field `info_more`, expected `role`");
        let twice = serde_json::to_string(&contract(|_| ()))
            .unwrap()
            .replace("\"max_uses\":3", "\"max_uses\":3,\"max_uses\":9");
        insta::assert_snapshot!(said(&Contract::read(twice.as_bytes()).unwrap_err()), @"duplicate field `max_uses`");
    }

    #[test]
    fn a_contract_of_another_format_says_so_before_anything_else() {
        let mut newer = contract(|profile| profile["weekends"] = json!(0));
        newer["format"] = json!("2");
        insta::assert_snapshot!(read(&newer).unwrap_err(), @"it has format `2`; this version reads `1`");
        newer.as_object_mut().unwrap().remove("format");
        assert!(read(&newer).unwrap_err().contains("missing field `format`"));
    }
}
