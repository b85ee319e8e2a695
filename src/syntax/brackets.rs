//! Which brackets belong together, and where those without a partner are taken to end.

use super::codes;
use super::faults::Faults;
use super::lex::{Kind, Token};
use super::outline::{Close, starts_declaration};
use crate::diag::Diagnostic;
use crate::text::{FileId, Span};

/// Pairs up the brackets of a text and reports those without a partner. Closing ones among them leave `tokens`.
pub(super) fn match_brackets(tokens: &mut Vec<Token<'_>>, file: FileId, faults: &mut Faults) -> Brackets {
    let sound = pair_up(tokens, Unclosed::AtTheEnd);
    if sound.unclosed.is_empty() && sound.unmatched.is_empty() {
        return sound;
    }
    // Only a text whose brackets do not match is judged by its indentation.
    let broken = pair_up(tokens, Unclosed::AtTheIndentation);
    report_unmatched(tokens, &broken, file, faults);
    let mut unmatched = broken.unmatched.iter().copied().peekable();
    let mut at = 0;
    tokens.retain(|_| {
        at += 1;
        unmatched.next_if_eq(&(at - 1)).is_none()
    });
    let mended = pair_up(tokens, Unclosed::AtTheIndentation);
    report_unclosed(tokens, &mended, file, faults);
    mended
}

/// The brackets of a text.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// For each token that opens one, where it closes.
    pub(super) close: Vec<Option<Close>>,
    /// Opening brackets that nothing closes, from the inside out.
    pub(super) unclosed: Vec<usize>,
    /// The missing `}`, in the order in which they would stand.
    pub(super) missing: Vec<Missing>,
    /// Closing brackets that close nothing.
    unmatched: Vec<usize>,
}

/// A `{` without a partner, and the token before which it is taken to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) opener: usize,
    pub(super) before: usize,
}

impl Brackets {
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

/// Where a `{` without a partner is taken to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unclosed {
    /// At the end of the file.
    AtTheEnd,
    /// Before a declaration that is indented no deeper than the line of the `{`.
    AtTheIndentation,
}

/// The most brackets that a closing one of another kind is taken to leave open.
const REACH: usize = 64;

fn pair_up(tokens: &[Token<'_>], unclosed: Unclosed) -> Brackets {
    let mut found = Brackets { close: vec![None; tokens.len()], ..Brackets::default() };
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
        let message = format!("unmatched closing `{}`", token.text);
        faults.push(Diagnostic::error(codes::UNMATCHED_BRACKET, span, message).help(help));
    }
}

/// Reports what is not closed; of brackets of a kind that end at one place, the outermost speaks for all.
fn report_unclosed(tokens: &[Token<'_>], brackets: &Brackets, file: FileId, faults: &mut Faults) {
    let kind = |at: usize| (brackets.close.get(at), tokens.get(at).map(|token| token.text));
    let mut inside = 0;
    let mut unclosed = brackets.unclosed.iter().copied().peekable();
    while let Some(at) = unclosed.next() {
        let Some(token) = tokens.get(at) else { continue };
        if unclosed.peek().is_some_and(|outer| kind(*outer) == kind(at)) {
            inside += 1;
            continue;
        }
        let span = Span::new(file, token.start, token.end());
        let (code, what) = match token.text {
            "{" => (codes::UNCLOSED_BLOCK, "block".to_owned()),
            bracket => (codes::UNCLOSED_BRACKET, format!("`{bracket}`")),
        };
        let mut fault = Diagnostic::error(code, span, format!("unclosed {what}"))
            .label("opened here")
            .help(format!("add the missing `{}`", partner(token.text)));
        if inside > 0 {
            fault = fault.note(format!("also unclosed: {inside} more inside it"));
        }
        let close = brackets.close.get(at).copied().flatten();
        if let Some(next) = close.and_then(|close| tokens.get(close.end)).filter(|_| token.is("{")) {
            fault = fault.also(Span::new(file, next.start, next.end()), "assumed to end before this");
        }
        faults.push(fault);
        inside = 0;
    }
}
