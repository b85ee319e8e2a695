//! YAML with positions. `serde_yaml` says what a document means, `saphyr-parser` where its parts stand; the values of one are
//! placed at the parts of the other as they come, and where they differ the document is refused as ambiguous. So is a plain scalar that the versions
//! of YAML read differently. Left out on purpose: tags, and merge keys outside manifests. Faults never stop at the first
//! where reading on makes sense.

mod brackets;
mod documents;
mod events;
mod fault;
mod places;
mod plain;
mod surrogates;
mod walk;

use events::{Kind, Part};
use fault::Faults;
use places::Places;
use walk::Refusal;

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::codes;
use crate::load::document::{Node, Value};
use crate::text::{FileId, Sources, Span};

/// Reads a file of `sources` as one YAML document. An empty document is [`Value::Null`].
///
/// `None` where nothing can be read. After a fault that leaves the rest readable (a duplicate key: the first counts)
/// the tree is returned nevertheless; `out` says that it is not what the author wrote.
pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Node> {
    let whole = sources.text(file);
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    document(text, file, whole.len() - text.len(), MergeKeys::Refused, out)
}

/// Reads a file of `sources` as YAML or JSON documents one after another, as Kubernetes manifests come, with merge keys.
/// Each is read by itself: one with a fault that leaves nothing to read is left out, and `out` says so. Anchors do not
/// reach across documents.
pub fn parse_all(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Vec<Node> {
    let whole = sources.text(file);
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    let base = whole.len() - text.len();
    documents::split(text)
        .filter_map(|(start, text)| document(&text, file, base + start, MergeKeys::Merged, out))
        .filter(|node| !(node.is_null() && node.written() == Some("")))
        .collect()
}

/// What the merge keys of YAML 1.1 mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MergeKeys {
    /// A fault.
    Refused,
    /// The entries of the mappings under it, where the mapping itself has none of that key.
    Merged,
}

/// One document that begins `base` bytes into its file.
fn document(text: &str, file: FileId, base: usize, merge: MergeKeys, out: &mut Diagnostics) -> Option<Node> {
    let mut out = Faults::new(out);
    let joined = surrogates::joined(text);
    let places = Places::new(file, base, &joined);
    // Most documents have no fault and no alias: their parts are read along with their values, and none is kept.
    if let Some(node) = walk::along(&places, merge) {
        return Some(node);
    }
    let parts = events::all(&places, &mut out)?;
    if parts.is_empty() {
        return Some(Node { span: places.span(0, 0), value: Value::Null, written: Some("".into()), quoted: false });
    }
    let mut found = Diagnostics::new();
    let read = walk::of(&parts, &places, merge, &mut Faults::new(&mut found));
    let (node, refusal) = match read {
        Ok(node) => (Some(node), None),
        Err(Refusal::Syntax { message, at }) => {
            out.push(fault::syntax(&message, at.unwrap_or(0), &places));
            return None;
        }
        // Where a document expands to too many values, a fault in one is a fault in each of its copies.
        Err(Refusal::TooManyValues) => {
            out.push(fault::too_large(first_alias(&parts), places.point(0)));
            return None;
        }
        Err(Refusal::Ambiguous(span)) => {
            let at = span.unwrap_or(places.point(0));
            let refusal = Diagnostic::error(codes::YAML_AMBIGUOUS, at, "ambiguous YAML")
                .label("YAML parsers disagree about this value")
                .help("quote the text, or write the list or mapping with one entry per line");
            (None, Some(refusal))
        }
    };
    for fault in found.into_iter().chain(refusal) {
        out.push(fault);
    }
    node
}

fn first_alias(parts: &[Part<'_>]) -> Option<Span> {
    let alias = parts.iter().find(|part| matches!(part.kind, Kind::Alias(_)));
    alias.map(|part| part.span)
}

#[cfg(test)]
mod tests;
