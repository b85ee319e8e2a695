//! The checks before parsing, each one pass over the characters or the tokens: hidden and stray characters, strings
//! without an end, brackets without a partner, and the nesting that would drive recursion too deep.

use super::brackets::{Missing, match_brackets};
use super::codes;
use super::faults::Faults;
use super::lex::{Kind, Token, lex};
use super::limits::{CHAIN_OPERANDS, Limits, MAX_DEPTH};
use super::outline::{Outline, starts_declaration};
use crate::diag::{Diagnostic, hidden_characters};
use crate::text::{FileId, Span, is_hidden};

/// What the checks leave for the parser.
#[derive(Debug)]
pub(super) struct Scan<'t> {
    pub(super) outline: Outline<'t>,
    /// One for each token.
    pub(super) marks: Vec<Mark>,
    /// The missing `}`, in the order in which they would stand.
    pub(super) missing: Vec<Missing>,
    /// Whether no token was left out: hidden characters and brackets that close nothing are, once reported.
    whole: bool,
}

impl Scan<'_> {
    /// Whether the text may be parsed as it stands.
    pub(super) fn is_clean(&self) -> bool {
        self.whole && self.missing.is_empty() && self.marks.iter().all(|mark| *mark == Mark::Fine)
    }
}

/// What is known of a token before parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing against it.
    Fine,
    /// Reported; what stands around it may still parse.
    Reported,
    /// Reported; nothing that holds it may be parsed.
    Barred,
}

/// Checks a text and matches its brackets.
pub(super) fn scan<'t>(text: &'t str, file: FileId, limits: &Limits, faults: &mut Faults) -> Scan<'t> {
    let hidden = hidden_characters(file, text, |_| true, |code| format!("`\\u{{{code:x}}}`"));
    hidden.for_each(|fault| faults.push(fault));
    let mut tokens: Vec<Token<'t>> = lex(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let all = tokens.len();
    tokens.retain(|token| token.kind != Kind::Stray || !token.text.chars().all(is_hidden));
    let brackets = match_brackets(&mut tokens, file, faults);
    let mut marks = vec![Mark::Fine; tokens.len()];
    stray_characters(&tokens, file, &mut marks, faults);
    for opener in &brackets.unclosed {
        if let (Some(token), Some(mark)) = (tokens.get(*opener), marks.get_mut(*opener)) {
            // What stands in a block may still parse; what stands in parentheses may not.
            *mark = if token.is("{") { Mark::Reported } else { Mark::Barred };
        }
    }
    let whole = tokens.len() == all;
    let outline = Outline { tokens, close: brackets.close };
    nesting(&outline, file, limits, &mut marks, faults);
    Scan { outline, marks, missing: brackets.missing, whole }
}

/// Characters that begin no token, a run of them as one, and strings that their line does not close.
fn stray_characters(tokens: &[Token<'_>], file: FileId, marks: &mut [Mark], faults: &mut Faults) {
    let mut run_end = None;
    let mut quote = None;
    for (token, mark) in tokens.iter().zip(marks) {
        let span = Span::new(file, token.start, token.end());
        if token.first {
            quote = None;
        }
        match token.kind {
            Kind::Stray => {
                *mark = Mark::Barred;
                // A second quote on a line closes the first, as far as its author is concerned.
                let closes = quote.take().is_some_and(|open| open == token.text);
                if !closes && matches!(token.text, "'" | "`") {
                    quote = Some(token.text);
                }
                if run_end != Some(token.start) && !closes {
                    let message = format!("stray character `{}`", token.text);
                    faults.push(
                        Diagnostic::error(codes::STRAY_CHARACTER, span, message)
                            .label("no word, number, string or operator starts with it")
                            .maybe_help(stray_help(token.text)),
                    );
                }
                run_end = Some(token.end());
            }
            Kind::OpenText => {
                *mark = Mark::Barred;
                faults.push(
                    Diagnostic::error(codes::UNCLOSED_STRING, span, "unterminated string")
                        .label("no closing `\"` on this line")
                        .help("close it with `\"`; write a line break inside a string as `\\n`"),
                );
            }
            _ => {}
        }
    }
}

fn stray_help(stray: &str) -> Option<String> {
    let help = match stray {
        "'" | "\u{2018}" | "\u{2019}" | "\u{201c}" | "\u{201d}" | "`" => {
            "write strings in straight double quotes: `\"text\"`"
        }
        "~" => "compare strings with `==`, or with a pattern by `like`: `like \"a*\"`",
        "#" => "comments begin with `//`",
        "\u{2260}" => "write `!=`",
        "\u{2264}" => "write `<=`",
        "\u{2265}" => "write `>=`",
        "\u{a0}" => "this is a no-break space; use a plain space",
        _ => return None,
    };
    Some(help.to_owned())
}

/// How deep the tree is at one point: what the enclosing brackets add, and what this operand adds.
#[derive(Clone, Copy, Default)]
struct Depth {
    outer: usize,
    /// `if`s on the way; they nest through `else`.
    ifs: usize,
    /// Arithmetic and unary operators, accesses and `Set<` of the operand: each makes the tree one deeper.
    steps: usize,
    /// `&&` and `||`, and commas: they make the tree wider.
    operators: usize,
    commas: usize,
}

/// Bounds the depth of the tree, hence the recursion of every stage that walks it. It counts every path at least as
/// deep as the tree will have it.
fn nesting(outline: &Outline<'_>, file: FileId, limits: &Limits, marks: &mut [Mark], faults: &mut Faults) {
    let limit = limits.depth.min(MAX_DEPTH);
    let mut enclosing: Vec<(usize, Depth)> = Vec::new();
    let mut now = Depth::default();
    let mut reported = false;
    for ((at, token), mark) in outline.tokens.iter().enumerate().zip(marks) {
        while let Some((_, outside)) = enclosing.pop_if(|(end, _)| *end <= at) {
            now = outside;
        }
        if !matches!(token.kind, Kind::Symbol | Kind::Word) {
            continue;
        }
        if enclosing.is_empty() && starts_declaration(&outline.tokens, at) {
            // A role ends with its block, so that no `;` ends what its header adds.
            now = Depth::default();
            reported = false;
        }
        match token.text {
            "(" | "[" | "{" => {
                let end = outline.close.get(at).copied().flatten().map_or(at, |close| close.end);
                enclosing.push((end, now));
                now = Depth { outer: now.outer + now.ifs + now.steps + 1, ..Depth::default() };
            }
            ";" | "," => {
                now = Depth {
                    outer: now.outer,
                    commas: if token.text == "," { now.commas + 1 } else { 0 },
                    ..Depth::default()
                }
            }
            "&&" | "||" => {
                now.steps = 0;
                now.operators += 1;
            }
            "then" | "else" => now.steps = 0,
            "if" => now.ifs += 1,
            "!" | "-" | "+" | "*" | "." => now.steps += 1,
            "<" if at.checked_sub(1).is_some_and(|before| outline.is(before, "Set")) => now.steps += 1,
            _ => {}
        }
        if token.text == ";" {
            reported = false;
        }
        let deep = now.outer + now.ifs + now.steps > limit;
        let long = now.operators.max(now.commas) >= CHAIN_OPERANDS;
        if !deep && !long {
            continue;
        }
        *mark = Mark::Barred;
        if !reported {
            reported = true;
            let span = Span::new(file, token.start, token.end());
            faults.push(if deep { too_deep(span, limit) } else { too_long(span) });
        }
    }
}

fn too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(codes::NESTING_TOO_DEEP, span, format!("nested deeper than {limit} levels"))
        .label("the first level past the limit")
        .help("move parts of the expression into a `condition`")
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(codes::CHAIN_TOO_LONG, span, format!("more than {CHAIN_OPERANDS} operands or elements in a row"))
        .label("the first one past the limit")
        .help("move parts of the expression into a `condition`; keep long lists as data, in attributes or groups")
}
