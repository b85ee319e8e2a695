//! How deeply Cedar's text is nested, before Cedar reads it: its parser and what walks its trees recurse, and a stack that
//! overflows ends the process without a word.

use crate::text::{FileId, Span};

/// Brackets, `if`s and accesses within each other. What walks the trees takes more than linear time for each.
pub(super) const MAX_DEPTH: usize = 250;
/// Operators within each other; a chain of them nests as well.
pub(super) const MAX_OPERATORS: usize = 20_000;

/// What a text is, which decides what `<` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Policies,
    Schema,
}

/// What lies within one pair of brackets, since its last `,` or `;`.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    ifs: usize,
    accesses: usize,
    operators: usize,
}

/// The first place of a text that is nested more deeply than is read.
pub(super) fn beyond(file: FileId, text: &str, what: Text) -> Option<Span> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    // Sums over the levels outside this one.
    let (mut depth, mut operators) = (0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let opens = matches!(c, '(' | '[' | '{') || (c == '<' && what == Text::Schema);
        let closes = matches!(c, ')' | ']' | '}') || (c == '>' && what == Text::Schema);
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
            _ if opens => {
                depth += 1 + level.ifs + level.accesses;
                operators += level.operators;
                outer.push(std::mem::take(&mut level));
            }
            _ if closes => {
                level = outer.pop().unwrap_or_default();
                depth = depth.saturating_sub(1 + level.ifs + level.accesses);
                operators = operators.saturating_sub(level.operators);
                level.accesses += usize::from(c == ']');
            }
            ',' | ';' => level = Level::default(),
            '.' => level.accesses += 1,
            '&' | '|' | '+' | '-' | '*' | '!' => {
                if matches!(c, '&' | '|') {
                    chars.next_if(|(_, next)| *next == c);
                }
                level.accesses = 0;
                level.operators += 1;
            }
            '=' | '<' | '>' => level.accesses = 0,
            c if c.is_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some((_, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                if word == "if" {
                    level.accesses = 0;
                    level.ifs += 1;
                }
            }
            _ => {}
        }
        if depth + level.ifs + level.accesses > MAX_DEPTH || operators + level.operators > MAX_OPERATORS {
            return Some(Span::new(file, at, at + c.len_utf8()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, what: Text) -> Option<usize> {
        beyond(FileId(0), text, what).map(|span| span.range().start)
    }

    #[test]
    fn what_is_long_is_not_deep() {
        let long = [
            "permit (principal, action, resource) when { a.b[\"c\"].d(if x then y else z) };\n".repeat(2_000),
            format!("[{}]", "A::\"((((\", ".repeat(2_000)),
            "a.b == c.d || ".repeat(19_000),
            "// ((((((\n".repeat(2_000),
        ];
        for text in long {
            assert_eq!(at(&text, Text::Policies), None, "{:.60}", text);
        }
        assert_eq!(at(&"a < b && ".repeat(1_000), Text::Policies), None);
        assert_eq!(at(&"type T = Set<Set<Long>>;".repeat(1_000), Text::Schema), None);
    }

    #[test]
    fn what_is_deep_is_told_where_it_becomes_so() {
        for deep in ["(", "[", "{a: ", "if a then ", ".a", "[\"a\"]", ".a(1)", "a(", "a.b("] {
            let text = deep.repeat(MAX_DEPTH + 1);
            let found = at(&text, Text::Policies);
            assert!(found.is_some_and(|at| at >= MAX_DEPTH / 2), "{deep}: {found:?}");
        }
        for deep in ["a && ", "a || ", "1 + ", "a && (b || "] {
            assert!(at(&deep.repeat(MAX_OPERATORS + 1), Text::Policies).is_some(), "{deep}");
        }
        assert!(at(&"Set<".repeat(MAX_DEPTH + 1), Text::Schema).is_some());
    }
}
