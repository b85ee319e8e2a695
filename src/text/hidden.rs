//! Characters that a reviewer does not see, or that change the order in which the others are shown.

/// Whether a character is not seen: a control character, one that sets a direction, or one that has no width.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c)
}

/// The same without control characters: those of Unicode that are ignored where text is shown, and line ends that few know.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The hidden characters of a text with their places. Not among them: a byte order mark at its start, the first half of a line
/// end, and what only picks the form of the symbol before it, as in `⚠️`.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = chars.next()?;
            let next = chars.peek().map(|(_, next)| *next);
            let fine = match c {
                '\u{feff}' => at == 0,
                '\r' => next == Some('\n'),
                '\u{fe0e}' | '\u{fe0f}' => !before.is_ascii() && !is_hidden(before),
                _ => !is_hidden(c),
            };
            before = c;
            if !fine {
                return Some((at, c));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_found_and_what_is_harmless_is_not() {
        let found = |text: &str| hidden(text).map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(found("\u{feff}a\r\n\tb \u{e9} \u{26a0}\u{fe0f}"), [] as [usize; 0]);
        assert_eq!(found("a\u{feff}"), [1]);
        assert_eq!(found("a\rb\0"), [1, 3]);
        assert_eq!(found("a\u{fe0f}"), [1], "on a letter it shows nothing");
        for c in "\u{ad}\u{200b}\u{200c}\u{200d}\u{2028}\u{2029}\u{202e}\u{2060}\u{2066}\u{e0041}\u{7f}\u{1b}".chars() {
            assert_eq!(found(&format!("x{c}y")), [1], "{c:?}");
        }
    }
}
