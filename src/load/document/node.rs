//! A document as a tree of values, each with its place in the file.

use crate::text::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place. A value reached through an alias has the place of the alias; what is inside it, its own.
    pub span: Span,
    /// What it means.
    pub value: Value,
    /// The text of a scalar that is not [`Value::Text`], as written: `120.00`, `0x1f`, `~`.
    pub(in crate::load) written: Option<Box<str>>,
    /// Whether it is a scalar in quotes or a block scalar, and so text whatever it looks like.
    pub(in crate::load) quoted: bool,
}

/// What a value means.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond 64 bits, of TOML. In YAML it is a fault.
    HugeInt,
    /// A number with a fraction or an exponent, infinity or none at all.
    Float(f64),
    /// A date or time of TOML. In YAML it is text.
    Date,
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; no key occurs twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl Node {
    /// Whether it is null or absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is text. For any scalar as written see [`Node::written`].
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a list, or the one thing that stands there instead.
    #[must_use]
    pub fn one_or_many(&self) -> &[Self] {
        self.as_list().unwrap_or(std::slice::from_ref(self))
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Key, Self)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key with its place, and the value under it, if it is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Self)> {
        self.as_map()?.iter().find(|(known, _)| known.text == key).map(|(key, value)| (key, value))
    }

    /// The characters of any scalar: text without its quotes, everything else exactly as written
    /// (`120.00` stays `120.00`). `None` for lists and mappings.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        self.as_text().or(self.written.as_deref())
    }

    /// Whether it was written in quotes or as a block: then `"5"` is text, not a number.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// What it is, for messages: `a list`, `text`.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::HugeInt => "a whole number",
            Value::Float(_) => "a number",
            Value::Date => "a date",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
