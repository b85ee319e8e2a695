//! Hidden characters as faults, for every room that takes in text. Their code is the one that stands here, since each room
//! reports the same.

use crate::text::{FileId, Span, hidden};

use super::{Code, Diagnostic};

/// A character that is not seen, or that reorders what is.
pub const HIDDEN_CHARACTER: Code = Code::new("hidden-character");

/// The hidden characters of a text that count, a run of them as one fault. `escape` says how one is written where it is meant.
pub fn hidden_characters(
    file: FileId,
    text: &str,
    counts: impl Fn(char) -> bool,
    escape: impl Fn(u32) -> String,
) -> impl Iterator<Item = Diagnostic> {
    let mut last = None;
    hidden(text)
        .filter(move |(_, c)| counts(*c))
        .filter(move |(at, c)| last.replace(at + c.len_utf8()) != Some(*at))
        .map(move |(at, c)| {
            let code = u32::from(c);
            let span = Span::new(file, at, at + c.len_utf8());
            Diagnostic::error(HIDDEN_CHARACTER, span, format!("hidden character U+{code:04X}"))
                .label("not visible in most editors")
                .help(format!("remove it; in a string, write {}", escape(code)))
        })
}
