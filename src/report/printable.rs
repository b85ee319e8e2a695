//! Text that may be of anybody, on one line of bounded length.

use crate::text::safe;

/// The most characters of one message, label or note that are shown; user input in them may be of any length.
const TEXT_CHARS: usize = 600;

/// One line that is safe to show and of bounded length: the rest of an overlong text becomes `…`.
#[must_use]
pub fn printable(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((at, _)) => format!("{}…", safe::line(text.get(..at).unwrap_or_default())),
        None => safe::line(text),
    }
}
