//! Texts in manifests as Kubernetes reads them: a list that is not there is empty, a label without a value has the empty one.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostics;
use crate::import::codes::MANIFEST_FILE;
use crate::load::document::Fields;
use crate::text::Span;

/// The texts of a list under a key, each once.
pub(super) fn texts(fields: &Fields<'_>, key: &str, out: &mut Diagnostics) -> Vec<String> {
    let texts = fields.at(key).and_then(|field| field.texts(out)).unwrap_or_default();
    let mut seen = BTreeSet::new();
    texts.into_iter().filter(|(text, _)| seen.insert(*text)).map(|(text, _)| text.to_owned()).collect()
}

/// The text under a key; an empty one is none.
pub(super) fn text<'a>(fields: &Fields<'a>, key: &str, out: &mut Diagnostics) -> Option<(&'a str, Span)> {
    fields.text(key, out).filter(|(text, _)| !text.is_empty())
}

/// The text under a key that must be there and not be empty.
pub(super) fn required<'a>(fields: &Fields<'a>, key: &str, out: &mut Diagnostics) -> Option<(&'a str, Span)> {
    fields.require_like(key, "…", out)?.filled(out)
}

/// The mapping of texts under a key, such as labels.
pub(super) fn labels(fields: &Fields<'_>, under: &str, out: &mut Diagnostics) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in fields.at(under).and_then(|field| field.mapping(out)).unwrap_or_default() {
        let text = match value.is_null() {
            true => None,
            false => MANIFEST_FILE.at(value, format!("`{}` of `{under}`", key.text)).text(out),
        };
        found.insert(key.text.clone(), text.map_or_else(String::new, |(text, _)| text.to_owned()));
    }
    found
}
