//! Where characters of a YAML text stand, as byte ranges.

use super::surrogates::Joined;
use crate::text::{FileId, Span};

/// Byte ranges from the character counts that both YAML parsers give.
pub(super) struct Places<'a> {
    file: FileId,
    pub(super) joined: &'a Joined<'a>,
    /// Bytes before the document proper: those of a byte order mark and of documents before it.
    base: usize,
    /// The byte offset of each character as the author wrote it; `None` where all are one byte long.
    offsets: Option<Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(file: FileId, base: usize, joined: &'a Joined<'a>) -> Self {
        Self { file, joined, base, offsets: joined.offsets() }
    }

    pub(super) fn text(&self) -> &'a str {
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
