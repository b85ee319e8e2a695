//! Where the parts of a YAML document stand: the event stream of `saphyr-parser`, aliases unexpanded, as byte ranges.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::fault;
use super::fault::Faults;
use super::places::Places;
use crate::diag::Diagnostic;
use crate::load::codes;
use crate::text::Span;

/// Lists and mappings within each other.
const MAX_DEPTH: usize = 64;

/// One part of a document.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) span: Span,
    /// The anchor it defines; 0 for none.
    pub(super) anchor: usize,
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    Scalar { text: Cow<'a, str>, quoted: bool },
    Alias(usize),
    ListStart,
    ListEnd,
    MapStart,
    MapEnd,
}

/// The parts of the only document; empty for an empty one. `None` after a fault that leaves nothing to read.
pub(super) fn read<'a>(places: &Places<'a>, out: &mut Faults<'_>) -> Option<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    let mut depth: usize = 0;
    let mut documents = 0;
    let mut complete = true;
    for event in Parser::new_from_str(places.text()) {
        let (event, at) = match event {
            Ok(event) => event,
            Err(error) => {
                out.push(fault::syntax(error.info(), error.marker().index(), places));
                return None;
            }
        };
        let span = places.span(at.start.index(), at.end.index());
        let (kind, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain;
                if style != ScalarStyle::DoubleQuoted && places.joined.has_pair_in(at.start.index(), at.end.index()) {
                    complete = false;
                    out.push(
                        Diagnostic::error(codes::YAML_AMBIGUOUS, span, "a pair of escapes outside double quotes")
                            .label("a character to a reader of JSON, two escapes written out to one of YAML")
                            .help("put the text into double quotes, or write the character itself"),
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
                documents += 1;
                if documents > 1 {
                    out.push(
                        Diagnostic::error(codes::YAML_UNSUPPORTED, span, "a second YAML document in one file")
                            .label("starts here")
                            .help("put each document into a file of its own"),
                    );
                    return None;
                }
                continue;
            }
            Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => continue,
        };
        match kind {
            Kind::ListStart | Kind::MapStart => depth += 1,
            Kind::ListEnd | Kind::MapEnd => depth = depth.saturating_sub(1),
            Kind::Scalar { .. } | Kind::Alias(_) => {}
        }
        if depth > MAX_DEPTH {
            out.push(fault::too_deep(span));
            return None;
        }
        if tag.is_some() {
            complete = false;
            out.push(
                Diagnostic::error(codes::YAML_UNSUPPORTED, span, "a tag on a value")
                    .label("tagged value")
                    .help("remove the tag; quote a value to make it text"),
            );
        }
        parts.push(Part { kind, span, anchor });
    }
    complete.then_some(parts)
}
