//! What a file format adds to a document: its language and the codes of its faults. The words of the faults are here.

use crate::diag::{Certainty, Code, Diagnostic, Fix, closest};
use crate::text::Span;

use super::node::{Key, Node, Value};

/// A file format.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// What it is written in.
    pub language: Language,
    /// What a key without a value means.
    pub nulls: Nulls,
    /// The code of a key that its mapping does not have.
    pub unknown_key: Code,
    /// The code of a required key that is not there.
    pub missing_key: Code,
    /// The code of a value of the wrong type.
    pub wrong_type: Code,
    /// The code of a value of the right type that is out of range, malformed or empty.
    pub bad_value: Code,
}

/// What a document is written in. Messages use its terms and its syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// YAML: mappings.
    Yaml,
    /// TOML: sections.
    Toml,
}

/// What a key without a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// A value of its own, which fits no type.
    Values,
    /// The key is not there.
    Absent,
}

/// Keys that are listed where none is near.
const MOST_LISTED: usize = 16;

/// Words that people and other tools use for keys, and ours for them; of several, the first that the mapping has.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("principal", &["as", "by"]),
    ("user", &["as", "by"]),
    ("who", &["as", "by"]),
    ("as", &["by"]),
    ("by", &["as"]),
    ("context", &["in"]),
    ("resource", &["resources", "to"]),
    ("on", &["to"]),
    ("action", &["actions", "do"]),
    ("title", &["name"]),
    ("description", &["name"]),
    ("grant", &["with", "as-grant"]),
    ("duration", &["for"]),
    ("wait", &["after"]),
    ("advance", &["after"]),
    ("timeline", &["steps"]),
    ("at", &["after"]),
    ("time", &["at"]),
    ("now", &["at"]),
    ("users", &["principals"]),
    ("fixtures", &["principals"]),
    ("scenarios", &["tests"]),
    ("cases", &["tests"]),
    ("reason", &["because"]),
    ("cause", &["because"]),
];

fn near<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    closest(key, known.iter().copied())
}

/// Our word for a key.
fn ours<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let (_, ours) = OTHER_WORDS.iter().find(|(word, _)| *word == key)?;
    ours.iter().find_map(|word| known.iter().find(|known| *known == word)).copied()
}

impl Format {
    /// The fault of a key that its mapping does not have.
    pub fn unknown(&self, key: &Key, what: &str, known: &[&str]) -> Diagnostic {
        let fault = Diagnostic::error(self.unknown_key, key.span, format!("unknown key `{}` in {what}", key.text));
        if let Some(ours) = ours(&key.text, known).filter(|ours| near(&key.text, known) != Some(ours)) {
            return fault.help(format!("write `{ours}` in place of `{}`", key.text)).fix(Fix::replace(
                key.span,
                key.text.as_str(),
                ours,
                Certainty::Likely,
            ));
        }
        let fault = fault.meant(key.span, &key.text, known.iter().copied());
        match fault.help.is_some() || known.len() > MOST_LISTED {
            true => fault,
            false => {
                let mut all: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
                all.sort_unstable();
                fault.help(format!("known here: {}", all.join(", ")))
            }
        }
    }

    /// The known key that an unknown one stands for, if any.
    pub(super) fn stands_for<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
        ours(key, known).or_else(|| near(key, known))
    }

    /// The fault of `{read:p1}`, which YAML reads as the one key `read:p1` without a value.
    pub fn unspaced(&self, key: &Key, node: &Node) -> Option<Diagnostic> {
        let (name, value) = key.text.split_once(':').filter(|_| self.language == Language::Yaml && node.is_null())?;
        if name.is_empty() || value.is_empty() || value.starts_with(':') {
            return None;
        }
        let message = format!("`{}` is one key without a value", key.text);
        Some(
            Diagnostic::error(self.wrong_type, key.span, message)
                .help(format!("write a space after the colon: `{name}: {value}`")),
        )
    }

    /// The fault of a required key that is not there.
    pub fn missing(&self, key: &str, what: &str, at: Span) -> Diagnostic {
        Diagnostic::error(self.missing_key, at, format!("missing key `{key}` in {what}"))
    }

    /// The fault of a value of another type than `due`.
    pub fn mistyped(&self, node: &Node, what: &str, due: &str) -> Diagnostic {
        let found = match node.value {
            Value::Map(_) => self.mapping(),
            _ => node.kind_name(),
        };
        Diagnostic::error(self.wrong_type, node.span, format!("{what} must be {due}, found {found}"))
    }

    /// The fault of a value of the right type.
    pub fn invalid(&self, at: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.bad_value, at, message)
    }

    /// A mapping, as the language calls it.
    pub(super) fn mapping(&self) -> &'static str {
        match self.language {
            Language::Yaml => "a mapping",
            Language::Toml => "a section",
        }
    }
}
