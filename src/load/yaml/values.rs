//! What a YAML document means, as `serde_yaml` interprets it: scalars and aliases resolved, no positions.
//! The tree is bounded here: an alias may repeat a large value many times.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Values a document may hold once its aliases are expanded.
pub(super) const MAX_VALUES: u32 = 500_000;

/// A value without its place.
#[derive(Debug)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond `i64`.
    HugeInt,
    Float(f64),
    Text(String),
    List(Vec<Plain>),
    Map(Vec<(Plain, Plain)>),
}

/// Why a document has no value, and at which character if that is known.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) at: Option<usize>,
    pub(super) kind: RefusalKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    Syntax,
    Limit,
}

/// Interprets a document. Limits: `serde_yaml`'s on depth and on alias jumps, and [`MAX_VALUES`].
pub(super) fn interpret(text: &str) -> Result<Plain, Refusal> {
    let left = Cell::new(MAX_VALUES);
    let read = Budgeted { left: &left }.deserialize(serde_yaml::Deserializer::from_str(text));
    read.map_err(|error| {
        let message = error.to_string();
        let limited = left.get() == 0
            || message.starts_with("repetition limit exceeded")
            || message.starts_with("recursion limit exceeded");
        Refusal {
            at: error.location().map(|location| location.index()),
            kind: if limited { RefusalKind::Limit } else { RefusalKind::Syntax },
            message,
        }
    })
}

/// Reads one value and counts it.
#[derive(Clone, Copy)]
struct Budgeted<'a> {
    left: &'a Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Budgeted<'_> {
    type Value = Plain;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain, D::Error> {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Budgeted<'_> {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value without a tag")
    }

    fn visit_unit<E: Error>(self) -> Result<Plain, E> {
        Ok(Plain::Null)
    }

    /// An empty document.
    fn visit_none<E: Error>(self) -> Result<Plain, E> {
        Ok(Plain::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Plain, E> {
        Ok(Plain::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Plain, E> {
        Ok(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Plain, E> {
        Ok(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Plain, E> {
        Ok(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Plain, E> {
        Ok(Plain::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Plain, E> {
        Ok(Plain::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Plain, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry_seed(self, self)? {
            map.push(entry);
        }
        Ok(Plain::Map(map))
    }
}
