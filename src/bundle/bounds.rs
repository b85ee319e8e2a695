//! The bounds of a break-glass profile in its contract: a field for each, by the table of clauses.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clauses::{Clause, Kept};

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
            // Who skips a clause enforces less than the author wrote.
            let Some((clause, _)) = Clause::of_field(&field) else {
                let field = field.escape_debug();
                return Err(A::Error::custom(format!("unknown clause `{field}` of a break-glass profile")));
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
