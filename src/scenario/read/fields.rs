//! Shapes: mappings with a fixed set of keys, one-or-many lists, texts, flags and durations.
//! Every misfit is a located diagnostic; no name of the policy is known here.

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::yaml::{Key, Node};
use crate::scenario::codes;
use crate::text::{Duration, Instant, Span};

/// A mapping all of whose keys are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    /// The whole mapping.
    pub(super) span: Span,
    entries: &'a [(Key, Node)],
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// Reads a mapping; each key that is not in `known` is reported. `what` names the mapping, with its article.
    pub(super) fn read(node: &'a Node, what: &'static str, known: &[&str], out: &mut Diagnostics) -> Option<Self> {
        let entries = mapping(node, what, out)?;
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                out.push(
                    Diagnostic::error(codes::UNKNOWN_KEY, key.span, format!("unknown key `{}` in {what}", key.text))
                        .label("not a key here")
                        .meant(key.span, &key.text, known.iter().copied()),
                );
            }
        }
        Some(Self { span: node.span, entries, what })
    }

    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// A key and its value.
    pub(super) fn entry(&self, key: &str) -> Option<(&'a Key, &'a Node)> {
        self.entries.iter().find(|(known, _)| known.text == key).map(|(key, node)| (key, node))
    }

    /// The value under a key that must be there.
    pub(super) fn require(&self, key: &str, out: &mut Diagnostics) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            out.push(
                Diagnostic::error(
                    codes::MISSING_KEY,
                    first_line(self.entries, self.span),
                    format!("{} needs `{key}`", self.what),
                )
                .label(format!("`{key}` is missing here")),
            );
        }
        found
    }
}

/// The place to say that a mapping lacks something: its first key, as the whole may be long.
fn first_line(entries: &[(Key, Node)], whole: Span) -> Span {
    entries.first().map_or(whole, |(key, _)| key.span)
}

/// The entries of a mapping.
pub(super) fn mapping<'a>(node: &'a Node, what: &str, out: &mut Diagnostics) -> Option<&'a [(Key, Node)]> {
    let entries = node.as_map();
    if entries.is_none() {
        wrong_shape(node, what, "a mapping of keys to values", out);
    }
    entries
}

/// The items of a list.
pub(super) fn list<'a>(node: &'a Node, what: &str, out: &mut Diagnostics) -> Option<&'a [Node]> {
    let items = node.as_list();
    if items.is_none() {
        wrong_shape(node, what, "a list", out);
    }
    items
}

/// The items of a list, or the one thing that stands there instead.
pub(super) fn one_or_many(node: &Node) -> &[Node] {
    node.as_list().unwrap_or(std::slice::from_ref(node))
}

/// The characters of a scalar that is not empty.
pub(super) fn text<'a>(node: &'a Node, what: &str, out: &mut Diagnostics) -> Option<&'a str> {
    let written = node.written().filter(|text| !text.trim().is_empty() && !node.is_null());
    if written.is_none() {
        wrong_shape(node, what, "text", out);
    }
    written
}

/// `true` or `false`.
pub(super) fn flag(node: &Node, what: &str, out: &mut Diagnostics) -> Option<bool> {
    let flag = node.as_bool();
    if flag.is_none() {
        wrong_shape(node, what, "`true` or `false`", out);
    }
    flag
}

/// A length of time that is not negative.
pub(super) fn duration(node: &Node, what: &str, out: &mut Diagnostics) -> Option<Duration> {
    let duration = node.written().and_then(Duration::parse).filter(|by| by.0 >= 0);
    if duration.is_none() {
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, node.span, format!("{what} must be a duration"))
                .label("not a duration")
                .help("write `30m`, `1h30m` or `2d`"),
        );
    }
    duration
}

/// A point in time with its zone.
pub(super) fn instant(node: &Node, what: &str, out: &mut Diagnostics) -> Option<Instant> {
    let instant = node.written().and_then(Instant::parse);
    if instant.is_none() {
        out.push(
            Diagnostic::error(codes::WRONG_VALUE, node.span, format!("{what} must be a time with a zone"))
                .label("not a time with a zone")
                .help("write it as `2026-03-01T10:00:00Z`"),
        );
    }
    instant
}

/// Reports a node of another shape than is due.
pub(super) fn wrong_shape(node: &Node, what: &str, due: &str, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(codes::WRONG_SHAPE, node.span, format!("{what} must be {due}"))
            .label(format!("this is {}", node.kind_name())),
    );
}

/// A noun with its article: `an Org`, `a User` (as it is spoken).
pub(in crate::scenario) fn a(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
