//! Where the parts of a YAML document stand: the event stream of `saphyr-parser`, aliases unexpanded, as byte ranges.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::fault;
use super::fault::Faults;
use super::surrogates::Joined;
use crate::diag::Diagnostic;
use crate::load::codes;
use crate::text::{FileId, Span};

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

/// Byte ranges from the character counts that both YAML parsers give.
pub(super) struct Places<'a> {
    file: FileId,
    joined: &'a Joined<'a>,
    /// Bytes before the document proper: those of a byte order mark and of documents before it.
    base: usize,
    /// The byte offset of each character as the author wrote it; `None` where all are one byte long.
    offsets: Option<Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(file: FileId, base: usize, joined: &'a Joined<'a>) -> Self {
        Self { file, joined, base, offsets: joined.offsets() }
    }

    fn text(&self) -> &'a str {
        &self.joined.text
    }

    fn offset(&self, character: usize) -> usize {
        let offset = match &self.offsets {
            None => character.min(self.joined.written),
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.joined.written),
        };
        self.base + offset
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.offset(start), self.offset(end.max(start)))
    }

    pub(super) fn character(&self, at: usize) -> Option<char> {
        self.text().chars().nth(at)
    }

    /// All characters.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> + '_ {
        self.text().chars()
    }

    /// The first tab from a character on.
    pub(super) fn tab(&self, from: usize) -> Option<usize> {
        let mut later = self.text().chars().enumerate().skip(from);
        later.find(|(_, character)| *character == '\t').map(|(at, _)| at)
    }

    /// The span of one character, empty at the end of the text.
    pub(super) fn point(&self, character: usize) -> Span {
        self.span(character, character + 1)
    }
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
                documents += 1;
                if documents > 1 {
                    out.push(
                        Diagnostic::error(codes::YAML_UNSUPPORTED, span, "more than one YAML document in the file")
                            .label("starts here")
                            .help("put each document in a separate file"),
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
                Diagnostic::error(codes::YAML_UNSUPPORTED, span, "tagged values are not supported")
                    .label("tagged value")
                    .help("remove the tag; quote a value to make it text"),
            );
        }
        parts.push(Part { kind, span, anchor });
    }
    complete.then_some(parts)
}
