//! A mapping of YAML or a section of TOML, read key by key.

use std::ops::RangeInclusive;

use crate::diag::{Diagnostic, Diagnostics};
use crate::text::Span;

use super::field::{Field, Placed};
use super::format::{Format, Language, Nulls};
use super::node::{Key, Node};

/// The fields of a mapping.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    format: &'static Format,
    /// The whole mapping; of a TOML section, its header.
    span: Span,
    entries: &'a [(Key, Node)],
    /// What messages call it: `a test`, `` `[package]` ``.
    what: String,
    /// The keys that lead to a TOML section; empty for a file, and in YAML.
    path: String,
    /// Known keys for which others stand here. Those were reported, so that these are not reported as missing.
    misnamed: Vec<String>,
}

impl Format {
    /// A mapping whose keys are all known. `what` names it, with its article.
    pub fn fields<'a>(
        &'static self,
        node: &'a Node,
        what: &str,
        known: &[&str],
        out: &mut Diagnostics,
    ) -> Option<Fields<'a>> {
        self.at(node, what).fields(known, out)
    }
}

impl<'a> Field<'a> {
    /// Its entries as fields, to be read one by one.
    pub fn section(&self, out: &mut Diagnostics) -> Option<Fields<'a>> {
        let entries = self.mapping(out)?;
        let (what, path) = match &self.path {
            Some(path) => (format!("`[{path}]`"), path.clone()),
            None => (self.what.clone(), String::new()),
        };
        Some(Fields { format: self.format, span: self.node.span, entries, what, path, misnamed: Vec::new() })
    }

    /// The same, and each key that is not known is reported.
    pub fn fields(&self, known: &[&str], out: &mut Diagnostics) -> Option<Fields<'a>> {
        let mut fields = self.section(out)?;
        fields.only(known, out);
        let unknown = fields.entries.iter().map(|(key, _)| key.text.as_str()).filter(|key| !known.contains(key));
        fields.misnamed = unknown.filter_map(|key| Format::stands_for(key, known)).map(str::to_owned).collect();
        Some(fields)
    }
}

impl<'a> Fields<'a> {
    /// The same under another name, where its own fields say what it is.
    #[must_use]
    pub fn called(&self, what: impl Into<String>) -> Self {
        Self { what: what.into(), ..self.clone() }
    }

    /// Where it is.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where to say that it lacks something: at the header of a section, at the first key of a mapping, which may be long.
    #[must_use]
    pub fn place(&self) -> Span {
        let first = self.entries.first().filter(|_| self.format.language == Language::Yaml);
        first.map_or(self.span, |(key, _)| key.span)
    }

    /// All keys and their values, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &'a [(Key, Node)] {
        self.entries
    }

    /// A key and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&'a Key, &'a Node)> {
        let is_there = |node: &Node| self.format.nulls == Nulls::Values || !node.is_null();
        let found = self.entries.iter().find(|(known, node)| known.text == key && is_there(node));
        found.map(|(key, node)| (key, node))
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// Whether the key is there, whatever its value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value under a key, to be read.
    #[must_use]
    pub fn at(&self, key: &str) -> Option<Field<'a>> {
        Some(self.field(key, self.get(key)?))
    }

    /// Every key with its value, to be read, in the order of the file.
    pub fn each(&self) -> impl Iterator<Item = (&'a Key, Field<'a>)> {
        self.entries.iter().map(|(key, node)| (key, self.field(&key.text, node)))
    }

    fn field(&self, key: &str, node: &'a Node) -> Field<'a> {
        match self.format.language {
            Language::Toml => Field::under(self.format, node, self.path_of(key)),
            Language::Yaml => self.format.at(node, format!("`{key}`")),
        }
    }

    /// The value under a key that must be there.
    pub fn require(&self, key: &str, out: &mut Diagnostics) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() && !self.is_misnamed(key) {
            out.push(self.missing(key));
        }
        found
    }

    /// The same, to be read, with an example of what to write.
    pub fn require_like(&self, key: &str, example: &str, out: &mut Diagnostics) -> Option<Field<'a>> {
        let found = self.at(key);
        if found.is_none() && !self.is_misnamed(key) {
            let help = match (self.format.language, self.path.is_empty()) {
                (Language::Toml, true) => format!("write `{key} = {example}` at the top"),
                (Language::Toml, false) => format!("write `{key} = {example}` under {}", self.what),
                (Language::Yaml, _) => format!("write `{key}: {example}`"),
            };
            out.push(self.missing(key).help(help));
        }
        found
    }

    /// Whether another key stands for one, which was reported.
    #[must_use]
    pub fn is_misnamed(&self, key: &str) -> bool {
        self.misnamed.iter().any(|known| known == key)
    }

    /// The fault of a key that is not there.
    #[must_use]
    pub fn missing(&self, key: &str) -> Diagnostic {
        self.format.missing(key, &self.what, self.place())
    }

    /// Reports keys that are not among the known ones.
    pub fn only(&self, known: &[&str], out: &mut Diagnostics) {
        out.extend(self.unknown(known).map(|(_, fault)| fault));
    }

    /// Keys that are not among the known ones, each with its fault.
    pub fn unknown(&self, known: &[&str]) -> impl Iterator<Item = (&'a Key, Diagnostic)> {
        let unknown = self.entries.iter().filter(|(key, _)| !known.contains(&key.text.as_str()));
        unknown.map(|(key, node)| {
            let unspaced = self.format.unspaced(key, node);
            (key, unspaced.unwrap_or_else(|| self.format.unknown(key, &self.what, known)))
        })
    }

    /// The text under a key, which may be empty.
    pub fn text(&self, key: &str, out: &mut Diagnostics) -> Option<Placed<'a>> {
        self.at(key)?.text(out)
    }

    /// The whole number under a key.
    pub fn number(&self, key: &str, range: RangeInclusive<u32>, out: &mut Diagnostics) -> Option<u32> {
        self.at(key)?.number(range, out)
    }

    /// The text under each key; what is no text is reported, and left out.
    pub fn pairs(&self, out: &mut Diagnostics) -> Vec<(Placed<'a>, Placed<'a>)> {
        self.each().filter_map(|(key, field)| Some(((key.text.as_str(), key.span), field.text(out)?))).collect()
    }

    /// The section under a key; without any entry, at the place of this one, where there is none.
    pub fn section(&self, key: &str, out: &mut Diagnostics) -> Option<Self> {
        match self.at(key) {
            Some(field) => field.section(out),
            None => {
                let path = self.path_of(key);
                Some(Self { entries: &[], what: format!("`[{path}]`"), path, misnamed: Vec::new(), ..*self })
            }
        }
    }

    /// The sections of a list, `[[key]]`, or the one of `[key]`.
    pub fn sections(&self, key: &str, out: &mut Diagnostics) -> Vec<Self> {
        let Some(field) = self.at(key) else {
            return Vec::new();
        };
        let Some(items) = field.node.as_list() else {
            return field.section(out).into_iter().collect();
        };
        let path = self.path_of(key);
        let sections = items.iter().filter_map(|item| {
            let entry = Field::under(self.format, item, path.clone());
            let section = entry.help(format!("write `[[{path}]]`, with its keys below")).section(out)?;
            Some(Self { what: format!("`[[{path}]]`"), ..section })
        });
        sections.collect()
    }

    /// Every key with the section under it.
    pub fn subsections(&self, out: &mut Diagnostics) -> Vec<(&'a Key, Self)> {
        self.each().filter_map(|(key, field)| Some((key, field.section(out)?))).collect()
    }

    fn path_of(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.path),
        }
    }
}
