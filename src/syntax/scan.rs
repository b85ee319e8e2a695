//! The checks before parsing, in one pass over the characters and one over the tokens: hidden and stray characters,
//! strings without an end, brackets without a partner, and the nesting that would drive recursion too deep.

use super::codes;
use super::faults::Faults;
use super::lex::Kind;
use super::lex::Token;
use super::lex::lex;
use super::limits::CHAIN_OPERANDS;
use super::limits::Limits;
use super::limits::MAX_DEPTH;
use super::outline::Close;
use super::outline::Outline;
use super::outline::starts_declaration;
use crate::diag::Diagnostic;
use crate::text::FileId;
use crate::text::Span;

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

/// A `{` without a partner, and the token before which it is taken to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) opener: usize,
    pub(super) before: usize,
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
    hidden_characters(text, file, faults);
    let mut tokens: Vec<Token<'t>> = lex(text)
        .into_iter()
        .filter(|token| token.kind != Kind::Comment)
        .collect();
    let all = tokens.len();
    tokens.retain(|token| token.kind != Kind::Stray || !token.text.chars().all(is_hidden));
    let mut brackets = match_brackets(&tokens, Unclosed::AtTheEnd);
    if !brackets.are_sound() {
        // Only a text whose brackets do not match is judged by its indentation.
        brackets = match_brackets(&tokens, Unclosed::AtTheIndentation);
        report_unmatched(&tokens, &brackets, file, faults);
        let mut unmatched = brackets.unmatched.iter().copied().peekable();
        let mut at = 0;
        tokens.retain(|_| {
            at += 1;
            unmatched.next_if_eq(&(at - 1)).is_none()
        });
        brackets = match_brackets(&tokens, Unclosed::AtTheIndentation);
    }
    let mut marks = vec![Mark::Fine; tokens.len()];
    stray_characters(&tokens, file, &mut marks, faults);
    unclosed_brackets(&tokens, &brackets, file, &mut marks, faults);
    let whole = tokens.len() == all;
    let outline = Outline {
        tokens,
        close: brackets.close,
    };
    nesting(&outline, file, limits, &mut marks, faults);
    // Found token by token, so `missing` is in order already.
    Scan {
        outline,
        marks,
        missing: brackets.missing,
        whole,
    }
}

/// Control characters, and those that reorder the text on the reviewer's screen, anywhere in the file.
fn hidden_characters(text: &str, file: FileId, faults: &mut Faults) {
    let mut last = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let line_end = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        if !is_hidden(c) || line_end {
            continue;
        }
        let span = Span::new(file, at, at + c.len_utf8());
        if last != Some(at) {
            let code = u32::from(c);
            faults.push(
                Diagnostic::error(codes::HIDDEN_CHARACTER, span, format!("hidden character U+{code:04X}"))
                    .label("not visible in most editors")
                    .help(format!("remove it; in a string, write `\\u{{{code:x}}}`")),
            );
        }
        last = Some(at + c.len_utf8());
    }
}

fn is_hidden(c: char) -> bool {
    let direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    direction || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Characters that begin no token, a run of them as one, and strings that their line does not close.
fn stray_characters(tokens: &[Token<'_>], file: FileId, marks: &mut [Mark], faults: &mut Faults) {
    let mut run_end = None;
    for (token, mark) in tokens.iter().zip(marks) {
        let span = Span::new(file, token.start, token.end());
        match token.kind {
            Kind::Stray => {
                *mark = Mark::Barred;
                if run_end != Some(token.start) {
                    let message = format!("stray character `{}`", token.text);
                    faults.push(
                        Diagnostic::error(codes::STRAY_CHARACTER, span, message)
                            .label("no word, number, string or operator begins with it")
                            .maybe_help(stray_help(token.text)),
                    );
                }
                run_end = Some(token.end());
            }
            Kind::OpenText => {
                *mark = Mark::Barred;
                faults.push(
                    Diagnostic::error(codes::UNCLOSED_STRING, span, "this string does not end")
                        .label("no closing `\"` on this line")
                        .help("close it with `\"`; a line break inside a string is written `\\n`"),
                );
            }
            _ => {}
        }
    }
}

fn stray_help(stray: &str) -> Option<String> {
    let help = match stray {
        "'" | "\u{2018}" | "\u{2019}" | "\u{201c}" | "\u{201d}" | "`" => {
            "strings stand in straight double quotes: `\"text\"`"
        }
        "#" => "comments begin with `//`",
        "\u{2260}" => "write `!=`",
        "\u{2264}" => "write `<=`",
        "\u{2265}" => "write `>=`",
        "\u{a0}" => "this is a no-break space; write a plain one",
        _ => return None,
    };
    Some(help.to_owned())
}

/// Where a `{` without a partner is taken to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unclosed {
    /// At the end of the file.
    AtTheEnd,
    /// Before a declaration that is indented no deeper than the line of the `{`.
    AtTheIndentation,
}

#[derive(Default)]
struct Brackets {
    close: Vec<Option<Close>>,
    /// Opening brackets that nothing closes, from the inside out.
    unclosed: Vec<usize>,
    /// Closing brackets that close nothing.
    unmatched: Vec<usize>,
    missing: Vec<Missing>,
}

impl Brackets {
    fn are_sound(&self) -> bool {
        self.unclosed.is_empty() && self.unmatched.is_empty()
    }

    fn pair(&mut self, opener: usize, inner: usize, end: usize) {
        if let Some(slot) = self.close.get_mut(opener) {
            *slot = Some(Close { inner, end });
        }
    }

    /// An opening bracket that ends, unclosed, before a token.
    fn leave_open(&mut self, tokens: &[Token<'_>], opener: usize, before: usize) {
        self.unclosed.push(opener);
        self.pair(opener, before, before);
        if tokens.get(opener).is_some_and(|token| token.is("{")) {
            self.missing.push(Missing { opener, before });
        }
    }
}

/// The most brackets that a closing one of another kind is taken to leave open.
const REACH: usize = 64;

fn match_brackets(tokens: &[Token<'_>], unclosed: Unclosed) -> Brackets {
    let mut found = Brackets {
        close: vec![None; tokens.len()],
        ..Brackets::default()
    };
    // The open brackets, each with the indentation of its line.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut indentation = 0;
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    for (at, token) in tokens.iter().enumerate() {
        if token.first {
            indentation = token.column;
            if unclosed == Unclosed::AtTheIndentation && starts_declaration(tokens, at) {
                while let Some((opener, _)) = open.pop_if(|(_, outer)| *outer >= indentation) {
                    found.leave_open(tokens, opener, at);
                }
            }
        }
        if token.kind != Kind::Symbol {
            continue;
        }
        match token.text {
            "(" | "[" | "{" => open.push((at, indentation)),
            // Parentheses hold no statement: a `;` ends all that are open inside the block.
            ";" => {
                while let Some((opener, _)) = open.pop_if(|(opener, _)| text(*opener) != "{") {
                    found.leave_open(tokens, opener, at);
                }
            }
            ")" | "]" | "}" => {
                let partner = partner(token.text);
                let within = |(opener, _): &&(usize, usize)| token.text == "}" || text(*opener) != "{";
                let mut reachable = open.iter().rev().take(REACH).take_while(within);
                match reachable.position(|(opener, _)| text(*opener) == partner) {
                    None => found.unmatched.push(at),
                    Some(inner) => {
                        for _ in 0..inner {
                            if let Some((opener, _)) = open.pop() {
                                found.leave_open(tokens, opener, at);
                            }
                        }
                        if let Some((opener, _)) = open.pop() {
                            found.pair(opener, at, at + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    while let Some((opener, _)) = open.pop() {
        found.leave_open(tokens, opener, tokens.len());
    }
    found
}

fn partner(bracket: &str) -> &'static str {
    match bracket {
        ")" => "(",
        "]" => "[",
        "}" => "{",
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

fn report_unmatched(tokens: &[Token<'_>], brackets: &Brackets, file: FileId, faults: &mut Faults) {
    for token in brackets.unmatched.iter().filter_map(|at| tokens.get(*at)) {
        let span = Span::new(file, token.start, token.end());
        let help = format!("remove it, or open the `{}` it belongs to", partner(token.text));
        let message = format!("this `{}` closes nothing", token.text);
        faults.push(Diagnostic::error(codes::UNMATCHED_BRACKET, span, message).help(help));
    }
}

/// Reports what is not closed; of brackets of a kind that end at one place, the outermost speaks for all.
fn unclosed_brackets(tokens: &[Token<'_>], brackets: &Brackets, file: FileId, marks: &mut [Mark], faults: &mut Faults) {
    let kind = |at: usize| (brackets.close.get(at), tokens.get(at).map(|token| token.text));
    let mut inside = 0;
    let mut unclosed = brackets.unclosed.iter().copied().peekable();
    while let Some(at) = unclosed.next() {
        let (Some(token), Some(mark)) = (tokens.get(at), marks.get_mut(at)) else {
            continue;
        };
        // What stands in a block may still parse; what stands in parentheses may not.
        *mark = if token.is("{") { Mark::Reported } else { Mark::Barred };
        if unclosed.peek().is_some_and(|outer| kind(*outer) == kind(at)) {
            inside += 1;
            continue;
        }
        let span = Span::new(file, token.start, token.end());
        let (code, what) = match token.text {
            "{" => (codes::UNCLOSED_BLOCK, "block".to_owned()),
            bracket => (codes::UNCLOSED_BRACKET, format!("`{bracket}`")),
        };
        let mut fault = Diagnostic::error(code, span, format!("this {what} is not closed"))
            .label("opened here")
            .help(format!("add the missing `{}`", partner(token.text)));
        if inside > 0 {
            fault = fault.note(format!("also not closed: {inside} more inside it"));
        }
        let close = brackets.close.get(at).copied().flatten();
        if let Some(next) = close.and_then(|close| tokens.get(close.end)).filter(|_| token.is("{")) {
            fault = fault.also(Span::new(file, next.start, next.end()), "taken to end before this");
        }
        faults.push(fault);
        inside = 0;
    }
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
        match token.text {
            "(" | "[" | "{" => {
                let end = outline.close.get(at).copied().flatten().map_or(at, |close| close.end);
                enclosing.push((end, now));
                now = Depth {
                    outer: now.outer + now.ifs + now.steps + 1,
                    ..Depth::default()
                };
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
    Diagnostic::error(
        codes::NESTING_TOO_DEEP,
        span,
        format!("nested deeper than {limit} levels"),
    )
    .label("the first level too many")
    .help("name parts of the expression with `condition`")
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::CHAIN_TOO_LONG,
        span,
        format!("more than {CHAIN_OPERANDS} operands or elements in one row"),
    )
    .label("the first one too many")
    .help("name parts of a condition with `condition`; keep long lists as data, in attributes or groups")
}
