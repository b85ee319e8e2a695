//! Where a `.cedarschema` file declares something: Cedar's parser gives no places.

use crate::text::{FileId, Span};

/// The name of a declaration after its keyword: `entity A, B`, `action "x"`, `type T`. Comments and texts are no declarations.
pub(super) fn place(file: FileId, text: &str, keyword: &str, name: &str) -> Option<Span> {
    let mut chars = text.char_indices().peekable();
    let mut is_declared = false;
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        match c {
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                while chars.next_if(|(_, next)| *next != '\n').is_some() {}
                continue;
            }
            '"' => {
                while let Some((at, inside)) = chars.next() {
                    end = at + inside.len_utf8();
                    match inside {
                        '\\' => {
                            chars.next();
                        }
                        '"' => break,
                        _ => {}
                    }
                }
            }
            c if c.is_alphabetic() || c == '_' => {
                while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    end = at + c.len_utf8();
                }
            }
            c if c.is_whitespace() || c == ',' => continue,
            _ => {
                is_declared = false;
                continue;
            }
        }
        let word = text.get(start..end).unwrap_or_default();
        let quoted = format!("{name:?}");
        if is_declared && (word == name || word == quoted) {
            return Some(Span::new(file, start, end));
        }
        // Behind the names of a declaration stands another word, or no word at all.
        is_declared = word == keyword || is_declared && !matches!(word, "in" | "tags" | "enum" | "appliesTo");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_declared() {
        let text = "// entity A\nentity B, A in [C] { a: A };\naction \"A\", x appliesTo { principal: A };\ntype T = { a: A };";
        let found = |keyword: &str, name: &str| {
            let span = place(FileId(0), text, keyword, name)?;
            text.get(..span.range().start).map(|before| before.lines().count())
        };
        assert_eq!(found("entity", "A"), Some(2));
        assert_eq!(found("action", "A"), Some(3));
        assert_eq!(found("action", "x"), Some(3));
        assert_eq!(found("type", "T"), Some(4));
        for absent in ["C", "a", "principal"] {
            assert_eq!(found("entity", absent), None);
        }
    }
}
