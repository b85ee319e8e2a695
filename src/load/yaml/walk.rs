//! The values of a document, as `serde_yaml` reads them, at the places of its parts. Values are counted: an alias may repeat a
//! large one many times.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::events::{Kind, Part, Parts};
use super::fault::{Faults, MAX_VALUES};
use super::places::Places;
use super::{MergeKeys, plain};
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::codes;
use crate::load::document::{Key, Node, Value};
use crate::text::Span;

/// The key under which YAML 1.1 takes the entries of other mappings.
const MERGE: &str = "<<";

/// Why a document has no value.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is no YAML, at this character if that is known.
    Syntax { message: String, at: Option<usize> },
    /// It holds more than [`MAX_VALUES`], nests deeper than `serde_yaml` reads, or repeats aliases without an end.
    TooManyValues,
    /// The two parsers differ at this place.
    Ambiguous(Option<Span>),
}

/// The document whose parts are given.
pub(super) fn of(
    parts: &[Part<'_>],
    places: &Places<'_>,
    merge: MergeKeys,
    out: &mut Faults<'_>,
) -> Result<Node, Refusal> {
    let source = Source::Kept { parts, anchors: anchors(parts), at: 0 };
    read(source, places, merge, out).map(|(node, _)| node)
}

/// A document without a fault and without an alias; `None` for any other, which [`of`] tells more of.
pub(super) fn along(places: &Places<'_>, merge: MergeKeys) -> Option<Node> {
    let mut faults = Diagnostics::new();
    let mut out = Faults::new(&mut faults);
    let (node, source) = read(Source::Along(Box::new(Parts::of(places))), places, merge, &mut out).ok()?;
    let Source::Along(mut parts) = source else { return None };
    while parts.next(&mut out).ok()?.is_some() {}
    (out.count() == 0).then_some(node)
}

fn read<'a, 'p>(
    source: Source<'a, 'p>,
    places: &Places<'_>,
    merge: MergeKeys,
    out: &mut Faults<'_>,
) -> Result<(Node, Source<'a, 'p>), Refusal> {
    let mut walk = Walk { source, left: MAX_VALUES, ambiguous: None, merge, out };
    match walk.deserialize(serde_yaml::Deserializer::from_str(places.text())) {
        Ok(node) => Ok((node, walk.source)),
        Err(error) => {
            let message = error.to_string();
            let limited = walk.left == 0
                || message.starts_with("repetition limit exceeded")
                || message.starts_with("recursion limit exceeded");
            Err(match walk.ambiguous {
                Some(span) => Refusal::Ambiguous(span),
                None if limited => Refusal::TooManyValues,
                None => Refusal::Syntax { message, at: error.location().map(|location| location.index()) },
            })
        }
    }
}

/// The part at which each anchor is defined.
fn anchors(parts: &[Part<'_>]) -> BTreeMap<usize, usize> {
    let defined = parts.iter().enumerate().filter(|(_, part)| part.anchor > 0);
    defined.map(|(at, part)| (part.anchor, at)).collect()
}

/// Where parts come from.
enum Source<'a, 'p> {
    /// All of them, with a position that an alias moves.
    Kept { parts: &'p [Part<'a>], anchors: BTreeMap<usize, usize>, at: usize },
    /// One after the other; an alias cannot be followed.
    Along(Box<Parts<'a, 'p>>),
}

/// Values that are placed at the parts of their document.
struct Walk<'a, 'p, 'o, 'f> {
    source: Source<'a, 'p>,
    /// The values that may still come.
    left: u32,
    /// Where the parsers differ, once they do.
    ambiguous: Option<Option<Span>>,
    merge: MergeKeys,
    out: &'o mut Faults<'f>,
}

/// Reads one value.
impl<'de> DeserializeSeed<'de> for &mut Walk<'_, '_, '_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Err(D::Error::custom("too many values"));
        }
        let part = self.next()?;
        let Kind::Alias(target) = part.kind else {
            return deserializer.deserialize_any(Placed { part, walk: self });
        };
        let Some(back) = self.jump(target) else { return Err(self.differ(Some(part.span))) };
        let node = deserializer.deserialize_any(Placed { part: self.next()?, walk: self })?;
        self.return_to(back);
        Ok(Node { span: part.span, ..node })
    }
}

/// The value of a part.
struct Placed<'w, 'a, 'p, 'o, 'f> {
    part: Part<'a>,
    walk: &'w mut Walk<'a, 'p, 'o, 'f>,
}

impl<'de> Visitor<'de> for Placed<'_, '_, '_, '_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value without a tag")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.walk.scalar(Plain::Null, self.part)
    }

    /// An empty document.
    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.walk.scalar(Plain::Bool(value), self.part)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.walk.scalar(Plain::Int(value), self.part)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.walk.scalar(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int), self.part)
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.walk.scalar(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int), self.part)
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        self.walk.scalar(i64::try_from(value).map_or(Plain::HugeInt, Plain::Int), self.part)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.walk.scalar(Plain::Float(value), self.part)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.walk.scalar(Plain::Text(value), self.part)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Node, A::Error> {
        match self.part.kind {
            Kind::ListStart => self.walk.list(items, self.part.span),
            _ => Err(self.walk.differ(Some(self.part.span))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Node, A::Error> {
        match self.part.kind {
            Kind::MapStart => self.walk.map(entries, self.part.span),
            _ => Err(self.walk.differ(Some(self.part.span))),
        }
    }
}

/// A scalar without its place.
enum Plain<'v> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond `i64`.
    HugeInt,
    Float(f64),
    Text(&'v str),
}

impl<'a> Walk<'a, '_, '_, '_> {
    /// The parsers differ: nothing more is read.
    fn differ<E: Error>(&mut self, at: Option<Span>) -> E {
        self.ambiguous = Some(at);
        E::custom("the parsers differ")
    }

    fn next<E: Error>(&mut self) -> Result<Part<'a>, E> {
        let next = match &mut self.source {
            Source::Kept { parts, at, .. } => {
                *at += 1;
                parts.get(*at - 1).cloned()
            }
            Source::Along(parts) => parts.next(self.out).unwrap_or_default(),
        };
        next.ok_or_else(|| self.differ(None))
    }

    /// Goes to the part that defines an anchor; where it came from.
    fn jump(&mut self, target: usize) -> Option<usize> {
        match &mut self.source {
            Source::Kept { anchors, at, .. } => Some(std::mem::replace(at, *anchors.get(&target)?)),
            Source::Along(_) => None,
        }
    }

    fn return_to(&mut self, back: usize) {
        if let Source::Kept { at, .. } = &mut self.source {
            *at = back;
        }
    }

    fn scalar<E: Error>(&mut self, plain: Plain<'_>, part: Part<'_>) -> Result<Node, E> {
        let span = part.span;
        let Kind::Scalar { text, quoted } = part.kind else { return Err(self.differ(Some(span))) };
        if let Some(doubt) = plain::doubt(&text).filter(|_| !quoted) {
            self.out.push(
                Diagnostic::error(codes::YAML_AMBIGUOUS, span, format!("YAML parsers disagree about `{text}`"))
                    .label(doubt.label)
                    .help(doubt.help),
            );
        }
        let value = match plain {
            Plain::Text(value) if value == text => Value::Text(value.to_owned()),
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
            _ => return Err(self.differ(Some(span))),
        };
        let written = (!matches!(value, Value::Text(_))).then(|| text.as_ref().into());
        // A value left out has the span of the token after it; it stands before that token.
        let span = if text.is_empty() && !quoted { span.at_start() } else { span };
        Ok(Node { span, value, written, quoted })
    }

    fn list<'de, A: SeqAccess<'de>>(&mut self, mut plain: A, start: Span) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        let mut inner = start;
        while let Some(item) = plain.next_element_seed(&mut *self)? {
            inner = inner.to(item.span);
            items.push(item);
        }
        items.shrink_to_fit();
        let end = self.next()?;
        match end.kind {
            Kind::ListEnd => Ok(collection(Value::List(items), inner, end.span)),
            _ => Err(self.differ(Some(end.span))),
        }
    }

    fn map<'de, A: MapAccess<'de>>(&mut self, mut plain: A, start: Span) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        let mut seen = Seen::default();
        let mut merged: Option<(Span, Node)> = None;
        let mut inner = start;
        while let Some(key) = plain.next_key_seed(&mut *self)? {
            let value = plain.next_value_seed(&mut *self)?;
            inner = inner.to(key.span).to(value.span);
            let is_merge = key.as_text() == Some(MERGE) && !key.quoted;
            if is_merge && self.merge == MergeKeys::Merged && merged.is_none() {
                merged = Some((key.span, value));
                continue;
            }
            let Some(key) = self.key(key) else { continue };
            match seen.first(&entries, &key) {
                Some(first) => self.out.push(
                    Diagnostic::error(codes::YAML_DUPLICATE_KEY, key.span, format!("duplicate key `{}`", key.text))
                        .label("again here")
                        .also(first, "first here")
                        .help("keep one of the two, or rename one"),
                ),
                None => entries.push((key, value)),
            }
        }
        entries.shrink_to_fit();
        if let Some((key, value)) = merged {
            self.merge(&mut entries, key, value);
        }
        let end = self.next()?;
        match end.kind {
            Kind::MapEnd => Ok(collection(Value::Map(entries), inner, end.span)),
            _ => Err(self.differ(Some(end.span))),
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

/// The keys of a mapping. Those of a small one are compared one by one, which needs no table.
#[derive(Default)]
struct Seen(HashMap<String, Span>);

impl Seen {
    const SMALL: usize = 16;

    /// Where a key stands already.
    fn first(&mut self, entries: &[(Key, Node)], key: &Key) -> Option<Span> {
        if entries.len() < Self::SMALL {
            return entries.iter().find(|(known, _)| known.text == key.text).map(|(known, _)| known.span);
        }
        let later = entries.iter().skip(self.0.len());
        self.0.extend(later.map(|(known, _)| (known.text.clone(), known.span)));
        self.0.get(&key.text).copied()
    }
}

/// A list or mapping with its span: up to its closing bracket, or to the end of its last entry if it has none.
fn collection(value: Value, inner: Span, end: Span) -> Node {
    let bracketed = end.start < end.end;
    Node { span: if bracketed { inner.to(end) } else { inner }, value, written: None, quoted: false }
}
