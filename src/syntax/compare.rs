//! Trees compared without their spans: what formatting must not change.

use super::ast;

/// Whether two trees say the same, wherever their parts stand.
#[must_use]
pub fn equal_but_for_spans(a: &ast::File, b: &ast::File) -> bool {
    without_spans(a) == without_spans(b)
}

/// The tree as `Debug` writes it, each span as `_`. A new field of the tree is part of it without a line here.
pub(super) fn without_spans(tree: &ast::File) -> String {
    let written = format!("{:?}", tree.items);
    let mut bare = String::with_capacity(written.len());
    let mut rest = written.as_str();
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => quoted(rest),
            '0'..='9' => span(rest).unwrap_or(1),
            _ => c.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        bare.push_str(if c.is_ascii_digit() && length > 1 { "_" } else { token });
        rest = after;
    }
    bare
}

/// The length of the string literal at the start of a text.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The length of the span (`0:12..15`) at the start of a text, if there is one.
fn span(text: &str) -> Option<usize> {
    let (file, rest) = text.split_once(':')?;
    let (start, rest) = rest.split_once("..")?;
    let end = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let all = [file, start, end];
    let digits = all.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    digits.then(|| file.len() + 1 + start.len() + 2 + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::tests::parsed;

    #[test]
    fn trees_differ_by_what_they_say_and_not_by_where() {
        let tree = |text| parsed(text).0;
        let one = tree("condition a = x == \"1:2..3 \\\" 4:5..6\" && 7 < 15m;");
        assert!(equal_but_for_spans(&one, &tree("\n condition a=x == \"1:2..3 \\\" 4:5..6\" // c\n && 7<15m;")));
        for other in [
            "condition a = x == \"1:2..4 \\\" 4:5..6\" && 7 < 15m;",
            "condition a = x == \"1:2..3 \\\" 4:5..6\" && 8 < 15m;",
            "condition a = x == \"1:2..3 \\\" 4:5..6\" && 7 < 16m;",
            "condition b = x == \"1:2..3 \\\" 4:5..6\" && 7 < 15m;",
        ] {
            assert!(!equal_but_for_spans(&one, &tree(other)), "{other}");
        }
    }
}
