//! The words for what is wrong with a YAML text. Both parsers name causes in their own terms; the common ones get ours and a help.

use super::brackets;
use super::places::Places;
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::codes;
use crate::text::Span;

/// The most faults reported for one document; a file of nothing but duplicate keys has no end of them.
const MAX_FAULTS: usize = 100;

/// Values that a document may hold once its aliases are expanded.
pub(super) const MAX_VALUES: u32 = 500_000;

/// The faults of one document.
pub(super) struct Faults<'a> {
    out: &'a mut Diagnostics,
    left: usize,
}

impl<'a> Faults<'a> {
    pub(super) fn new(out: &'a mut Diagnostics) -> Self {
        Self { out, left: MAX_FAULTS }
    }

    /// How many were reported.
    pub(super) fn count(&self) -> usize {
        MAX_FAULTS - self.left
    }

    /// Reports a fault, unless there are enough.
    pub(super) fn push(&mut self, fault: Diagnostic) {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.out.push(fault);
        }
    }
}

/// A fault in the syntax at a character, from a parser's own words.
pub(super) fn syntax(cause: &str, character: usize, places: &Places<'_>) -> Diagnostic {
    let span = places.point(character);
    if cause.contains("recursion limit") {
        return too_deep(span);
    }
    // One parser stops at the tab, the other behind it or where the scalar before it starts, and neither always names it.
    let ahead = cause.contains("found a tab").then(|| places.tab(character)).flatten();
    for at in [Some(character), character.checked_sub(1), ahead].into_iter().flatten() {
        if places.character(at) == Some('\t') {
            return Diagnostic::error(codes::YAML_SYNTAX, places.point(at), "a tab in the indentation")
                .help("indent with spaces; YAML does not allow tabs here");
        }
    }
    if let Some(fault) = brackets::unbalanced(character, places) {
        return fault;
    }
    if cause.contains("quoted scalar") && !cause.contains("escape") {
        // The parser has read the quote when it begins to look for the other one.
        let quote = character.checked_sub(1).filter(|at| matches!(places.character(*at), Some('"' | '\'')));
        let at = quote.unwrap_or(character);
        return Diagnostic::error(codes::YAML_SYNTAX, places.point(at), "a quoted text is not closed")
            .help("close it with the same quote; indent continuation lines");
    }
    for (words, message, help) in KNOWN {
        if cause.contains(words) {
            return Diagnostic::error(codes::YAML_SYNTAX, span, *message).help(*help);
        }
    }
    Diagnostic::error(codes::YAML_SYNTAX, span, format!("invalid YAML: {cause}"))
}

/// Nesting beyond the limit.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::YAML_LIMIT, span, "lists and mappings are nested too deeply")
        .help("at most 64 levels are allowed")
}

/// More values than the limit, which takes aliases, the first of which is given, or an enormous file.
pub(super) fn too_large(alias: Option<Span>, start: Span) -> Diagnostic {
    match alias {
        Some(alias) => Diagnostic::error(codes::YAML_LIMIT, alias, "the document expands to too many values")
            .help("use fewer aliases or smaller values; an alias cannot contain itself"),
        None => Diagnostic::error(codes::YAML_LIMIT, start, "the document has too many values")
            .help(format!("at most {MAX_VALUES} are allowed: split it into several documents or files")),
    }
}

/// Words of the parsers, then a message and a help of ours. The first match counts.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "invalid Unicode character escape",
        "invalid character escape",
        "write the character itself, or both halves of the pair, such as `\\ud83d\\ude00`",
    ),
    ("unknown escape character", "unknown YAML escape", "write `\\\\` for a backslash, or use single quotes"),
    (
        "unknown anchor",
        "alias of an unknown anchor",
        "define it first with `&name`, or quote text that starts with `*`",
    ),
    (
        "mapping values are not allowed",
        "unexpected `:`",
        "quote a value that contains `: `, and align the keys of one mapping",
    ),
    (
        "illegal placement of ':'",
        "unexpected `:`",
        "close the list above with `]`, or quote a value that contains `: `",
    ),
    (
        "did not find expected ',' or '}'",
        "a mapping in braces is not closed",
        "separate its entries with `,` and close it with `}`",
    ),
    (
        "did not find expected ',' or ']'",
        "a list in brackets is not closed",
        "separate its items with `,` and close it with `]`",
    ),
    ("simple key expect", "expected `:` after the key", "write `key: value`, with a space after the `:`"),
    (
        "invalid indentation",
        "this line is indented less than the value it continues",
        "indent it further, or end the value on the previous line",
    ),
    (
        "did not find expected key",
        "this key is not aligned with the other keys of its mapping",
        "indent all keys of a mapping equally",
    ),
    ("unexpected character: `@'", "text that starts with `@` needs quotes", "write it as \"@…\""),
    ("unexpected character: ``'", "text that starts with a backtick needs quotes", "write it in double quotes"),
    (
        "character that cannot start any token",
        "unexpected character",
        "indent with spaces, and quote text that starts with a special character",
    ),
    (
        "control characters are not allowed",
        "a control character in YAML",
        "remove it, or write it as an escape in double quotes",
    ),
    ("unprintable character", "a control character in YAML", "remove it, or write it as an escape in double quotes"),
];
