//! Where each statement of a `.cedar` file stands: Cedar's API tells the order, not the place.

use crate::text::{FileId, Sources, Span};

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

/// Where a statement has an annotation of some name, from `@` to its end.
pub(super) fn annotation(sources: &Sources, statement: Span, name: &str) -> Option<Span> {
    let text = sources.slice(statement);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                while chars.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            '"' => {
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
            '@' => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let word = rest.trim_start();
                let length = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
                let after = word.get(length..).unwrap_or_default();
                if word.get(..length) == Some(name) {
                    let value = after.trim_start();
                    let value = value.strip_prefix('(').and_then(|value| value.split_once(')'));
                    let end = match value {
                        Some((_, after)) => text.len() - after.len(),
                        None => text.len() - after.len(),
                    };
                    let start = statement.range().start;
                    return Some(Span::new(statement.file, start + at, start + end));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_found_by_name() {
        let mut sources = Sources::default();
        let text = "@why(\"@id(x)\") // @id\n@identity @id ( \"\" ) permit (principal, action, resource);@ id\nforbid (principal, action, resource);";
        let file = sources.add("p.cedar", text);
        let found: Vec<&str> = spans(file, text)
            .into_iter()
            .map(|span| sources.slice(annotation(&sources, span, "id").unwrap()))
            .collect();
        assert_eq!(found, ["@id ( \"\" )", "@ id"]);
    }

    #[test]
    fn strings_and_comments_do_not_end_a_statement() {
        let text = "// a; b\n@id(\"x;\\\"y\")\npermit (principal, action, resource); // end;\nforbid (principal,\n action, resource) when { \";\" == \"//\" };";
        let file = FileId(0);
        let texts: Vec<&str> = spans(file, text).into_iter().map(|span| text.get(span.range()).unwrap()).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].starts_with("@id") && texts[0].ends_with("resource);"));
        assert!(texts[1].starts_with("forbid") && texts[1].ends_with("};"));
    }
}
