//! Comments by the tokens they stand at: on the token's line, or on lines of their own before it.

use super::doc::Doc;
use crate::syntax::lex::{Kind, lex};

/// A comment on a line of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'t> {
    text: &'t str,
    /// Whether an empty line stands before it.
    blank: bool,
}

/// The comments of a text; taken out as they are laid out, so that none is printed twice.
#[derive(Debug, Default)]
pub(super) struct Comments<'t> {
    before: Vec<Vec<Comment<'t>>>,
    after: Vec<Option<&'t str>>,
    blank: Vec<bool>,
}

impl<'t> Comments<'t> {
    /// The comments at tokens, and those after the last one.
    pub(super) fn of(text: &'t str) -> (Self, Vec<Comment<'t>>) {
        let mut found = Self::default();
        let mut waiting = Vec::new();
        let mut seen = 0;
        for token in lex(text) {
            let gap = text.get(seen..token.start).unwrap_or("");
            let blank = gap.bytes().filter(|byte| *byte == b'\n').count() > 1;
            seen = token.end();
            if token.kind != Kind::Comment {
                found.before.push(std::mem::take(&mut waiting));
                found.after.push(None);
                found.blank.push(blank);
                continue;
            }
            match found.after.last_mut() {
                Some(slot) if !token.first => *slot = Some(token.text),
                _ => waiting.push(Comment { text: token.text, blank }),
            }
        }
        (found, waiting)
    }

    /// Whether an empty line stands right before a token.
    pub(super) fn blank_before(&self, at: usize) -> bool {
        self.blank.get(at).copied().unwrap_or(false) && self.before.get(at).is_none_or(Vec::is_empty)
    }

    /// Lays out the comments before a token.
    pub(super) fn leading(&mut self, at: usize, parts: &mut Vec<Doc<'t>>) {
        let comments = self.before.get_mut(at).map(std::mem::take).unwrap_or_default();
        if !comments.is_empty() {
            own_lines(comments, parts);
            parts.push(Doc::Hard { blank: self.blank.get(at).copied().unwrap_or(false) });
        }
    }

    /// Takes the comment after a token.
    pub(super) fn take_after(&mut self, at: usize) -> Option<&'t str> {
        self.after.get_mut(at).and_then(Option::take)
    }
}

/// Comments a line each.
pub(super) fn own_lines<'t>(comments: Vec<Comment<'t>>, parts: &mut Vec<Doc<'t>>) {
    for Comment { text, blank } in comments {
        parts.push(Doc::Hard { blank });
        parts.push(Doc::Text(text));
    }
}
