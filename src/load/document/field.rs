//! One value of a document, read as what is due there. What is something else is reported at its place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{Duration, Instant, Span};

use super::format::{Format, Language};
use super::node::{Key, Node, Value};

/// A text and its place.
pub type Placed<'a> = (&'a str, Span);

/// A value with the name that messages give it.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// The value.
    pub node: &'a Node,
    pub(super) format: &'static Format,
    /// Its name in messages.
    pub(super) what: String,
    /// The keys that lead to it, in a language whose messages name them all.
    pub(super) path: Option<String>,
    /// What to write, where that is not the usual.
    help: Option<String>,
}

impl Format {
    /// A value, to be read. `what` names it in messages: `a test`, `` `skip` ``.
    pub fn at<'a>(&'static self, node: &'a Node, what: impl Into<String>) -> Field<'a> {
        Field { node, format: self, what: what.into(), path: None, help: None }
    }
}

impl<'a> Field<'a> {
    pub(super) fn under(format: &'static Format, node: &'a Node, path: String) -> Self {
        Self { node, format, what: format!("`{path}`"), path: Some(path), help: None }
    }

    /// Says what to write where the type or the value is wrong.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Its entries.
    pub fn mapping(&self, out: &mut Diagnostics) -> Option<&'a [(Key, Node)]> {
        let entries = self.node.as_map();
        if entries.is_none() {
            let usual = match (self.format.language, &self.path) {
                (Language::Toml, Some(path)) => format!("write `[{path}]`, with its keys below"),
                _ => "write `key: value` entries".to_owned(),
            };
            out.push(self.mistyped(self.format.mapping(), usual));
        }
        entries
    }

    /// Its items.
    pub fn list(&self, out: &mut Diagnostics) -> Option<&'a [Node]> {
        let items = self.node.as_list();
        if items.is_none() {
            let usual = match self.format.language {
                Language::Yaml => "write each entry on its own line, after a `-`",
                Language::Toml => "write a list in brackets",
            };
            out.push(self.mistyped("a list", usual.to_owned()));
        }
        items
    }

    /// Its text, which may be empty. In YAML, numbers, dates and the like are text only in quotes.
    pub fn text(&self, out: &mut Diagnostics) -> Option<Placed<'a>> {
        let text = self.node.as_text();
        if text.is_none() {
            let usual = match self.node.written() {
                Some(written) if !written.is_empty() => format!("quote it: \"{written}\""),
                _ => "write text in quotes".to_owned(),
            };
            out.push(self.mistyped("text", usual));
        }
        Some((text?, self.node.span))
    }

    /// Its text, which must not be empty.
    pub fn filled(&self, out: &mut Diagnostics) -> Option<Placed<'a>> {
        let (text, span) = self.text(out)?;
        if text.trim().is_empty() {
            out.push(self.empty());
            return None;
        }
        Some((text, span))
    }

    /// The characters of any scalar that is not empty, as written.
    pub fn scalar(&self, out: &mut Diagnostics) -> Option<&'a str> {
        let written = self.node.written().filter(|_| !self.node.is_null());
        let Some(written) = written else {
            out.push(self.mistyped("text", "write a single value".to_owned()));
            return None;
        };
        if written.trim().is_empty() {
            out.push(self.empty());
            return None;
        }
        Some(written)
    }

    /// The texts of its list; what is no text is reported, and left out.
    pub fn texts(&self, out: &mut Diagnostics) -> Option<Vec<Placed<'a>>> {
        let items = self.list(out)?.iter();
        Some(items.filter_map(|item| self.entry(item).text(out)).collect())
    }

    /// Its text, or the texts of its list of one or more, each once. What is something else is reported, and left out.
    pub fn names(&self, out: &mut Diagnostics) -> Vec<Placed<'a>> {
        let items = match &self.node.value {
            Value::Text(_) => return self.filled(out).into_iter().collect(),
            Value::List(items) if items.is_empty() => {
                out.push(self.empty());
                return Vec::new();
            }
            Value::List(items) => items,
            _ => {
                out.push(self.mistyped("text or a list", "write one text, or a list of them".to_owned()));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for item in items {
            let Some((text, span)) = self.entry(item).filled(out) else {
                continue;
            };
            let name = text.trim();
            match first.get(name) {
                Some(first) => out.push(
                    self.format
                        .invalid(span, format!("duplicate `{name}` in {}", self.what))
                        .also(*first, "first here")
                        .help("list it once"),
                ),
                None => {
                    first.insert(name, span);
                    names.push((text, span));
                }
            }
        }
        names
    }

    /// `true` or `false`.
    pub fn flag(&self, out: &mut Diagnostics) -> Option<bool> {
        let flag = self.node.as_bool();
        if flag.is_none() {
            out.push(self.mistyped("`true` or `false`", "write it without quotes".to_owned()));
        }
        flag
    }

    /// A whole number in a range.
    pub fn number(&self, range: RangeInclusive<u32>, out: &mut Diagnostics) -> Option<u32> {
        let number = match self.node.value {
            Value::Int(number) => u32::try_from(number).ok(),
            Value::HugeInt => None,
            _ => {
                out.push(self.mistyped("a whole number", "write digits only, without quotes".to_owned()));
                return None;
            }
        };
        let valid = number.filter(|number| range.contains(number));
        if valid.is_none() {
            let help = format!("write a number from {} to {}", range.start(), range.end());
            out.push(self.invalid(format!("{} is out of range", self.what), help));
        }
        valid
    }

    /// A length of time that is not negative.
    pub fn duration(&self, out: &mut Diagnostics) -> Option<Duration> {
        let duration = self.node.written().and_then(Duration::parse).filter(|by| by.0 >= 0);
        if duration.is_none() {
            out.push(self.invalid(format!("{} must be a duration", self.what), "write `30m`, `1h30m` or `2d`".into()));
        }
        duration
    }

    /// A point in time with its zone.
    pub fn instant(&self, out: &mut Diagnostics) -> Option<Instant> {
        let instant = self.node.written().and_then(Instant::parse);
        if instant.is_none() {
            let message = format!("{} must be a time with a zone", self.what);
            out.push(self.invalid(message, "write it as `2026-03-01T10:00:00Z`".to_owned()));
        }
        instant
    }

    /// A date, or a point in time with its zone. TOML has a type for it, which needs no quotes.
    pub fn date(&self, out: &mut Diagnostics) -> Option<Instant> {
        if self.format.language == Language::Toml && self.node.value != Value::Date {
            let help = "write `2026-03-01T10:00:00Z` or `2026-03-01`, without quotes".to_owned();
            out.push(self.mistyped("a date or a date with time", help));
            return None;
        }
        let date = self.node.written().and_then(Instant::parse_either);
        if date.is_none() {
            let help = "write a date, `2026-03-01`, or an instant with `T` and a time zone, `2026-03-01T10:00:00Z`";
            out.push(self.invalid(format!("{} must be a date or an instant", self.what), help.to_owned()));
        }
        date
    }

    fn entry(&self, item: &'a Node) -> Self {
        Self { node: item, what: format!("an entry of {}", self.what), path: None, ..self.clone() }
    }

    /// The fault of a value that is empty.
    #[must_use]
    pub fn empty(&self) -> Diagnostic {
        let fault = self.format.invalid(self.node.span, format!("{} must not be empty", self.what));
        fault.help(self.help.clone().unwrap_or_else(|| "write a value".to_owned()))
    }

    fn invalid(&self, message: String, usual: String) -> Diagnostic {
        self.format.invalid(self.node.span, message).help(self.help.clone().unwrap_or(usual))
    }

    fn mistyped(&self, due: &str, usual: String) -> Diagnostic {
        self.format.mistyped(self.node, &self.what, due).help(self.help.clone().unwrap_or(usual))
    }
}
