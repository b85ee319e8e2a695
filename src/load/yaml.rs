//! YAML with positions. `serde_yaml` says what a document means, `saphyr-parser` where its parts stand; both trees are
//! walked side by side, and where they differ the document is refused as ambiguous. So is a plain scalar that the versions
//! of YAML read differently. Left out on purpose: tags, and merge keys outside manifests. Faults never stop at the first
//! where reading on makes sense.

mod brackets;
mod documents;
mod events;
mod fault;
mod places;
mod plain;
mod surrogates;
mod values;

use std::collections::{BTreeMap, HashMap, HashSet};

use events::{Kind, Part};
use fault::Faults;
use places::Places;
use values::{Plain, RefusalKind};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::codes;
use crate::load::document::{Key, Node, Value};
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

/// The key under which YAML 1.1 takes the entries of other mappings.
const MERGE: &str = "<<";

/// What it means.
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
    let text = joined.text.as_ref();
    // Events come first: they bound the nesting before anything recurses, and they expand no alias.
    let parts = events::read(&places, &mut out)?;
    let value = match values::interpret(text) {
        Ok(value) => value,
        Err(refusal) => {
            out.push(match refusal.kind {
                RefusalKind::Syntax => fault::syntax(&refusal.message, refusal.at.unwrap_or(0), &places),
                RefusalKind::Limit => fault::too_large(first_alias(&parts), places.point(0)),
            });
            return None;
        }
    };
    if parts.is_empty() {
        return Some(Node { span: places.span(0, 0), value: Value::Null, written: Some("".into()), quoted: false });
    }
    let mut walk = Walk { parts: &parts, anchors: anchors(&parts), at: 0, merge, out: &mut out };
    match walk.node(value) {
        Ok(node) => Some(node),
        Err(Ambiguous(span)) => {
            out.push(
                Diagnostic::error(codes::YAML_AMBIGUOUS, span.unwrap_or(places.point(0)), "ambiguous YAML")
                    .label("YAML parsers disagree about this value")
                    .help("quote the text, or write the list or mapping with one entry per line"),
            );
            None
        }
    }
}

fn first_alias(parts: &[Part<'_>]) -> Option<Span> {
    let alias = parts.iter().find(|part| matches!(part.kind, Kind::Alias(_)));
    alias.map(|part| part.span)
}

/// The part at which each anchor is defined.
fn anchors(parts: &[Part<'_>]) -> BTreeMap<usize, usize> {
    let defined = parts.iter().enumerate().filter(|(_, part)| part.anchor > 0);
    defined.map(|(at, part)| (part.anchor, at)).collect()
}

/// The two trees differ at this place.
struct Ambiguous(Option<Span>);

/// A position in the parts, moved forward as values are placed.
struct Walk<'a, 'o> {
    parts: &'a [Part<'a>],
    anchors: BTreeMap<usize, usize>,
    at: usize,
    merge: MergeKeys,
    out: &'a mut Faults<'o>,
}

impl<'a> Walk<'a, '_> {
    fn next(&mut self) -> Result<&'a Part<'a>, Ambiguous> {
        let part = self.parts.get(self.at).ok_or(Ambiguous(None))?;
        self.at += 1;
        Ok(part)
    }

    /// Places a value. Recursion ends: the value is a finite tree of bounded depth.
    fn node(&mut self, plain: Plain) -> Result<Node, Ambiguous> {
        let part = self.next()?;
        if let Kind::Alias(target) = part.kind {
            let back = self.at;
            self.at = *self.anchors.get(&target).ok_or(Ambiguous(Some(part.span)))?;
            let node = self.node(plain)?;
            self.at = back;
            return Ok(Node { span: part.span, ..node });
        }
        match (plain, &part.kind) {
            (Plain::List(items), Kind::ListStart) => self.list(items, part.span),
            (Plain::Map(entries), Kind::MapStart) => self.map(entries, part.span),
            (plain, Kind::Scalar { text, quoted }) => self.scalar(plain, text, *quoted, part.span),
            _ => Err(Ambiguous(Some(part.span))),
        }
    }

    fn scalar(&mut self, plain: Plain, text: &str, quoted: bool, span: Span) -> Result<Node, Ambiguous> {
        if let Some(doubt) = plain::doubt(text).filter(|_| !quoted) {
            self.out.push(
                Diagnostic::error(codes::YAML_AMBIGUOUS, span, format!("YAML parsers disagree about `{text}`"))
                    .label(doubt.label)
                    .help(doubt.help),
            );
        }
        let value = match plain {
            Plain::Text(value) if value == text => Value::Text(value),
            Plain::Null if !quoted => Value::Null,
            Plain::Bool(value) if !quoted => Value::Bool(value),
            Plain::Int(value) if !quoted => Value::Int(value),
            Plain::Float(value) if !quoted => Value::Float(value),
            Plain::HugeInt if !quoted => {
                self.out.push(
                    Diagnostic::error(codes::YAML_NUMBER, span, format!("`{text}` is out of range for a `Long`"))
                        .help("quote it if it is text"),
                );
                Value::Null
            }
            _ => return Err(Ambiguous(Some(span))),
        };
        let written = (!matches!(value, Value::Text(_))).then(|| text.into());
        // A value left out has the span of the token after it; it stands before that token.
        let span = if text.is_empty() && !quoted { span.at_start() } else { span };
        Ok(Node { span, value, written, quoted })
    }

    fn list(&mut self, plain: Vec<Plain>, start: Span) -> Result<Node, Ambiguous> {
        let mut items = Vec::with_capacity(plain.len());
        let mut inner = start;
        for item in plain {
            let item = self.node(item)?;
            inner = inner.to(item.span);
            items.push(item);
        }
        let end = self.next()?;
        match end.kind {
            Kind::ListEnd => Ok(collection(Value::List(items), inner, end.span)),
            _ => Err(Ambiguous(Some(end.span))),
        }
    }

    fn map(&mut self, plain: Vec<(Plain, Plain)>, start: Span) -> Result<Node, Ambiguous> {
        let mut entries = Vec::with_capacity(plain.len());
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(plain.len());
        let mut merged: Option<(Span, Node)> = None;
        let mut inner = start;
        for (key, value) in plain {
            let key = self.node(key)?;
            let value = self.node(value)?;
            inner = inner.to(key.span).to(value.span);
            let is_merge = key.as_text() == Some(MERGE) && !key.quoted;
            if is_merge && self.merge == MergeKeys::Merged && merged.is_none() {
                merged = Some((key.span, value));
                continue;
            }
            let Some(key) = self.key(key) else { continue };
            match seen.get(&key.text) {
                Some(first) => self.out.push(
                    Diagnostic::error(codes::YAML_DUPLICATE_KEY, key.span, format!("duplicate key `{}`", key.text))
                        .label("again here")
                        .also(*first, "first here")
                        .help("keep one of the two, or rename one"),
                ),
                None => {
                    seen.insert(key.text.clone(), key.span);
                    entries.push((key, value));
                }
            }
        }
        if let Some((key, value)) = merged {
            self.merge(&mut entries, key, value);
        }
        let end = self.next()?;
        match end.kind {
            Kind::MapEnd => Ok(collection(Value::Map(entries), inner, end.span)),
            _ => Err(Ambiguous(Some(end.span))),
        }
    }

    /// Adds the entries of a merge key's mappings that are not there yet; of several mappings the first counts.
    fn merge(&mut self, entries: &mut Vec<(Key, Node)>, key: Span, value: Node) {
        let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
        let several = match value.value {
            Value::List(items) => items,
            _ => vec![value],
        };
        for one in several {
            let Value::Map(more) = one.value else {
                let kind = one.kind_name();
                self.out.push(
                    Diagnostic::error(codes::YAML_KEY, one.span, format!("a merge key needs mappings, found {kind}"))
                        .also(key, "the merge key")
                        .help("use the anchor of a mapping, `<<: *name`, or a list of anchors"),
                );
                continue;
            };
            entries.extend(more.into_iter().filter(|(key, _)| known.insert(key.text.clone())));
        }
    }

    /// A key must be text, and not a merge key.
    fn key(&mut self, node: Node) -> Option<Key> {
        let span = node.span;
        let fault = match node.value {
            Value::Text(text) if text == MERGE && !node.quoted => match self.merge {
                MergeKeys::Refused => Diagnostic::error(codes::YAML_UNSUPPORTED, span, "merge keys are not supported")
                    .help("write the entries out, or use `extends` if the format supports it"),
                MergeKeys::Merged => Diagnostic::error(codes::YAML_DUPLICATE_KEY, span, "duplicate merge key `<<`")
                    .help("keep one of the two: `<<: [*one, *other]` merges several mappings"),
            },
            Value::Text(text) => return Some(Key { text, span }),
            _ => {
                let kind = node.kind_name();
                let fault = Diagnostic::error(codes::YAML_KEY, span, format!("a key must be text, found {kind}"));
                match node.written() {
                    Some(written) if !written.is_empty() => fault.help(format!("write \"{written}\"")),
                    _ => fault.help("write the name before the `:`"),
                }
            }
        };
        self.out.push(fault);
        None
    }
}

/// A list or mapping with its span: up to its closing bracket, or to the end of its last entry if it has none.
fn collection(value: Value, inner: Span, end: Span) -> Node {
    let bracketed = end.start < end.end;
    Node { span: if bracketed { inner.to(end) } else { inner }, value, written: None, quoted: false }
}

#[cfg(test)]
mod tests;
