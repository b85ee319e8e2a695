//! Where the parts of a YAML document stand: the event stream of `saphyr-parser`, aliases unexpanded, as byte ranges.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::fault;
use super::fault::Faults;
use super::places::Places;
use crate::diag::Diagnostic;
use crate::load::codes;
use crate::text::Span;

/// Lists and mappings within each other.
const MAX_DEPTH: usize = 64;

/// One part of a document.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) span: Span,
    /// The anchor it defines; 0 for none.
    pub(super) anchor: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    Scalar { text: Cow<'a, str>, quoted: bool },
    Alias(usize),
    ListStart,
    ListEnd,
    MapStart,
    MapEnd,
}

/// The parts of the only document, one after the other.
pub(super) struct Parts<'a, 'p> {
    parser: Parser<'a, StrInput<'a>>,
    places: &'p Places<'a>,
    depth: usize,
    documents: usize,
}

/// After this fault nothing more can be read.
#[derive(Debug)]
pub(super) struct Broken;

impl<'a, 'p> Parts<'a, 'p> {
    pub(super) fn of(places: &'p Places<'a>) -> Self {
        Self { parser: Parser::new_from_str(places.text()), places, depth: 0, documents: 0 }
    }

    /// The next part; `None` after the last.
    pub(super) fn next(&mut self, out: &mut Faults<'_>) -> Result<Option<Part<'a>>, Broken> {
        while let Some(event) = self.parser.next() {
            let (event, at) = event.map_err(|error| {
                out.push(fault::syntax(error.info(), error.marker().index(), self.places));
                Broken
            })?;
            let span = self.places.span(at.start.index(), at.end.index());
            let (kind, anchor, tag) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let quoted = style != ScalarStyle::Plain;
                    let joined = self.places.joined;
                    if style != ScalarStyle::DoubleQuoted && joined.has_pair_in(at.start.index(), at.end.index()) {
                        out.push(
                            Diagnostic::error(codes::YAML_AMBIGUOUS, span, "a pair of escapes outside double quotes")
                                .label("JSON reads this as a character, YAML as two literal escapes")
                                .help("use double quotes, or write the character itself"),
                        );
                    }
                    (Kind::Scalar { text, quoted }, anchor, tag)
                }
                Event::Alias(target) => (Kind::Alias(target), 0, None),
                Event::SequenceStart(anchor, tag) => (Kind::ListStart, anchor, tag),
                Event::MappingStart(anchor, tag) => (Kind::MapStart, anchor, tag),
                Event::SequenceEnd => (Kind::ListEnd, 0, None),
                Event::MappingEnd => (Kind::MapEnd, 0, None),
                Event::DocumentStart(_) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        out.push(
                            Diagnostic::error(codes::YAML_UNSUPPORTED, span, "more than one YAML document in the file")
                                .label("starts here")
                                .help("put each document in a separate file"),
                        );
                        return Err(Broken);
                    }
                    continue;
                }
                Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => continue,
            };
            match kind {
                Kind::ListStart | Kind::MapStart => self.depth += 1,
                Kind::ListEnd | Kind::MapEnd => self.depth = self.depth.saturating_sub(1),
                Kind::Scalar { .. } | Kind::Alias(_) => {}
            }
            if self.depth > MAX_DEPTH {
                out.push(fault::too_deep(span));
                return Err(Broken);
            }
            if tag.is_some() {
                out.push(
                    Diagnostic::error(codes::YAML_UNSUPPORTED, span, "tagged values are not supported")
                        .label("tagged value")
                        .help("remove the tag; quote a value to make it text"),
                );
            }
            return Ok(Some(Part { kind, span, anchor }));
        }
        Ok(None)
    }
}

/// All parts of the only document; none of an empty one. `None` after a fault.
pub(super) fn all<'a>(places: &Places<'a>, out: &mut Faults<'_>) -> Option<Vec<Part<'a>>> {
    let mut parts = Parts::of(places);
    let mut all = Vec::new();
    let before = out.count();
    while let Some(part) = parts.next(out).ok()? {
        all.push(part);
    }
    (out.count() == before).then_some(all)
}
