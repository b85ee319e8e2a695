//! Reading the fields of a manifest: each is there or not, of the right kind or a located fault.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::import::codes;
use crate::load::yaml::{Key, Node};
use crate::text::Span;

/// A fault in a manifest.
pub(super) fn fault(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(codes::MANIFEST, span, message)
}

/// The first key of a mapping: where what is wrong with the whole of it is told.
pub(super) fn head(node: &Node) -> Span {
    let first = node.as_map().and_then(<[_]>::first);
    first.map_or(node.span.at_start(), |(key, _)| key.span)
}

/// A mapping; anything else is a fault.
pub(super) fn mapping<'n>(node: &'n Node, what: &str, out: &mut Diagnostics) -> Option<&'n [(Key, Node)]> {
    let map = node.as_map();
    if map.is_none() {
        let kind = node.kind_name();
        out.push(
            fault(node.span, format!("{what} must be a mapping, but this is {kind}"))
                .help("write `key: value` entries"),
        );
    }
    map
}

/// A list; nothing at all is an empty one.
pub(super) fn list<'n>(node: Option<&'n Node>, what: &str, out: &mut Diagnostics) -> &'n [Node] {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return &[];
    };
    node.as_list().unwrap_or_else(|| {
        let kind = node.kind_name();
        out.push(
            fault(node.span, format!("`{what}` must be a list, but this is {kind}"))
                .help(format!("write the entries of `{what}` below it, each after a `-`")),
        );
        &[]
    })
}

/// A list of texts, each once.
pub(super) fn texts(node: Option<&Node>, what: &str, out: &mut Diagnostics) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in list(node, what, out) {
        match item.as_text() {
            Some(text) if found.iter().any(|known| known == text) => {}
            Some(text) => found.push(text.to_owned()),
            None => out.push(not_text(item, &format!("an entry of `{what}`"))),
        }
    }
    found
}

/// A text that must be there and say something. `within` is where it is missed.
pub(super) fn text<'n>(node: &'n Node, key: &str, within: Span, out: &mut Diagnostics) -> Option<(&'n str, Span)> {
    let Some(found) = node.get(key).filter(|found| !found.is_null()) else {
        out.push(fault(within, format!("`{key}` is missing")).help(format!("add `{key}: …`")));
        return None;
    };
    match found.as_text() {
        Some("") => {
            out.push(fault(found.span, format!("`{key}` is empty")).help("write the name"));
            None
        }
        Some(text) => Some((text, found.span)),
        None => {
            out.push(not_text(found, &format!("`{key}`")));
            None
        }
    }
}

/// A text that need not be there; an empty one is none.
pub(super) fn optional_text<'n>(node: &'n Node, key: &str, out: &mut Diagnostics) -> Option<(&'n str, Span)> {
    let found = node.get(key).filter(|found| !found.is_null())?;
    match found.as_text() {
        Some("") => None,
        Some(text) => Some((text, found.span)),
        None => {
            out.push(not_text(found, &format!("`{key}`")));
            None
        }
    }
}

fn not_text(node: &Node, what: &str) -> Diagnostic {
    let fault = fault(node.span, format!("{what} must be text, but this is {}", node.kind_name()));
    match node.written() {
        Some(written) if !written.is_empty() => fault.help(format!("quote it: \"{written}\"")),
        _ => fault.help("write a string"),
    }
}

/// A mapping of texts, such as labels; nothing is the empty text.
pub(super) fn string_map(node: Option<&Node>, what: &str, out: &mut Diagnostics) -> BTreeMap<String, String> {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return BTreeMap::new();
    };
    let entries = mapping(node, &format!("`{what}`"), out).unwrap_or_default();
    let mut found = BTreeMap::new();
    for (key, value) in entries {
        if value.as_text().is_none() && !value.is_null() {
            out.push(not_text(value, &format!("`{}` of `{what}`", key.text)));
        }
        found.insert(key.text.clone(), value.as_text().unwrap_or_default().to_owned());
    }
    found
}

/// Keys that nothing reads: a misspelt one would silently mean less, or more, than was written.
pub(super) fn known_keys(map: &[(Key, Node)], known: &[&str], what: &str, out: &mut Diagnostics) {
    for (key, _) in map.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
        let help = did_you_mean(&key.text, known.iter().copied());
        out.push(fault(key.span, format!("{what} has no field `{}`", key.text)).maybe_help(help));
    }
}
