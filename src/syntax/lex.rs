//! A text as a flat list of lexemes, comments included: what the checks before parsing and the formatter work on.

use super::grammar::{Pair, Rule, parse_rule};

/// A lexeme with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// The first byte.
    pub(super) start: usize,
    /// Whether it is the first on its line.
    pub(super) first: bool,
    /// Bytes before it on its line.
    pub(super) column: usize,
}

impl Token<'_> {
    /// One past the last byte.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this word or symbol.
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text == text
    }
}

/// The kinds of lexemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name; `break-glass` is one.
    Word,
    /// A number or a duration.
    Number,
    /// A string.
    Text,
    /// A string that does not end on its line.
    OpenText,
    /// An operator or a bracket.
    Symbol,
    /// A `///` line.
    Doc,
    /// A `//` comment.
    Comment,
    /// A character that begins no lexeme.
    Stray,
}

/// All lexemes of a text, in order. Between them lies only white space.
pub(super) fn lex(text: &str) -> Vec<Token<'_>> {
    let Ok(pairs) = parse_rule(Rule::lexemes, text) else {
        // The rule takes any text; were it ever not to, nothing of this text may pass for a program.
        let whole = Token { kind: Kind::Stray, text, start: 0, first: true, column: 0 };
        return vec![whole];
    };
    let mut line = 0;
    let mut seen = 0;
    let mut tokens = Vec::new();
    for pair in pairs.flat_map(Pair::into_inner) {
        let Some(kind) = kind(pair.as_rule()) else { continue };
        let (written, start) = (pair.as_str(), pair.as_span().start());
        let gap = text.get(seen..start).unwrap_or("");
        let broken = gap.rfind('\n');
        if let Some(at) = broken {
            line = seen + at + 1;
        }
        seen = start + written.len();
        // A carriage return before the line's end belongs to the white space.
        let written = if matches!(kind, Kind::Doc | Kind::Comment) { written.trim_end() } else { written };
        let first = broken.is_some() || tokens.is_empty();
        tokens.push(Token { kind, text: written, start, first, column: start - line });
    }
    tokens
}

fn kind(rule: Rule) -> Option<Kind> {
    Some(match rule {
        Rule::any_word | Rule::kw_break_glass => Kind::Word,
        Rule::numeral => Kind::Number,
        Rule::text => Kind::Text,
        Rule::open_text => Kind::OpenText,
        Rule::symbol => Kind::Symbol,
        Rule::doc => Kind::Doc,
        Rule::comment => Kind::Comment,
        Rule::stray => Kind::Stray,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lexemes_cover_everything_but_white_space() {
        let text = "\u{feff}a.b<=15m//x\r\n  ///d\r\n\"s\\\"\"§ break-glass \"open";
        let tokens = lex(text);
        let shown: Vec<_> = tokens.iter().map(|token| (token.kind, token.text, token.column)).collect();
        assert_eq!(
            shown,
            [
                (Kind::Word, "a", 3),
                (Kind::Symbol, ".", 4),
                (Kind::Word, "b", 5),
                (Kind::Symbol, "<=", 6),
                (Kind::Number, "15m", 8),
                (Kind::Comment, "//x", 11),
                (Kind::Doc, "///d", 2),
                (Kind::Text, "\"s\\\"\"", 0),
                (Kind::Stray, "§", 5),
                (Kind::Word, "break-glass", 8),
                (Kind::OpenText, "\"open", 20),
            ]
        );
        assert_eq!(tokens.iter().filter(|token| token.first).count(), 3);
    }
}
