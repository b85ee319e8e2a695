//! Where each statement of a `.cedar` file stands: Cedar's API tells the order, not the place.

use crate::text::FileId;
use crate::text::Span;

/// The statements of a text that Cedar has parsed, in their order, each from its first annotation to its semicolon.
pub(super) fn spans(file: FileId, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                while chars.peek().is_some_and(|(_, next)| *next != '\n') {
                    chars.next();
                }
            }
            '"' => {
                start.get_or_insert(at);
                while let Some((_, inside)) = chars.next() {
                    match inside {
                        '\\' => {
                            chars.next();
                        }
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ';' => {
                if let Some(from) = start.take() {
                    found.push(Span::new(file, from, at + 1));
                }
            }
            c if c.is_whitespace() || c == '\u{feff}' => {}
            _ => {
                start.get_or_insert(at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_do_not_end_a_statement() {
        let text = "// a; b\n@id(\"x;\\\"y\")\npermit (principal, action, resource); // end;\nforbid (principal,\n action, resource) when { \";\" == \"//\" };";
        let file = FileId(0);
        let texts: Vec<&str> = spans(file, text)
            .into_iter()
            .map(|span| text.get(span.range()).unwrap())
            .collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].starts_with("@id") && texts[0].ends_with("resource);"));
        assert!(texts[1].starts_with("forbid") && texts[1].ends_with("};"));
    }
}
