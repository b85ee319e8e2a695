//! Strings, patterns, numbers, durations, instants: token text to values.

use super::Cx;
use crate::diag::Diagnostic;
use crate::syntax::grammar::Pair;
use crate::syntax::{ast, codes};
use crate::text::{Duration, Instant, Span};

/// A string with its escapes resolved; a bad escape is reported and left out.
pub(super) fn text(cx: &mut Cx<'_>, pair: &Pair<'_>) -> ast::Text {
    let mut value = String::new();
    for piece in pieces(inside(pair)) {
        match piece {
            Piece::Plain(c) => value.push(c),
            Piece::Bad { at, length } => bad_escape(cx, pair, at, length),
        }
    }
    ast::Text { value, span: cx.span(pair) }
}

/// A pattern of `like` as written between its quotes; `\*` is one more escape here.
pub(super) fn pattern(cx: &mut Cx<'_>, pair: &Pair<'_>) -> ast::Text {
    let raw = inside(pair);
    for piece in pieces(raw) {
        if let Piece::Bad { at, length } = piece
            && raw.get(at..at + length) != Some("\\*")
        {
            bad_escape(cx, pair, at, length);
        }
    }
    ast::Text { value: raw.to_owned(), span: cx.span(pair) }
}

/// A whole number of a clause.
pub(super) fn number(cx: &mut Cx<'_>, pair: &Pair<'_>) -> Option<ast::Number> {
    let span = cx.span(pair);
    let value = long(cx, pair.as_str(), span)?;
    Some(ast::Number { value, span })
}

/// A 64-bit integer; `digits` may carry a leading `-`.
pub(super) fn long(cx: &mut Cx<'_>, digits: &str, span: Span) -> Option<i64> {
    let value = digits.parse().ok();
    if value.is_none() {
        cx.report(
            Diagnostic::error(codes::BAD_NUMBER, span, "this number does not fit in 64 bits")
                .help("numbers range from -9223372036854775808 to 9223372036854775807"),
        );
    }
    value
}

/// A duration of a clause.
pub(super) fn duration_literal(cx: &mut Cx<'_>, pair: &Pair<'_>) -> Option<ast::DurationLiteral> {
    let span = cx.span(pair);
    let value = duration(cx, pair.as_str(), span)?;
    Some(ast::DurationLiteral { value, span })
}

/// A duration; `written` may carry a leading `-`.
pub(super) fn duration(cx: &mut Cx<'_>, written: &str, span: Span) -> Option<Duration> {
    let value = Duration::parse(written);
    if value.is_none() {
        cx.report(
            Diagnostic::error(codes::BAD_NUMBER, span, format!("`{written}` is neither a number nor a duration"))
                .help("durations are written `15m` or `1h30m`: units `d`, `h`, `m`, `s`, `ms` in this order, each at most once"),
        );
    }
    value
}

/// The instant of an `until`; one without a zone is reported and has no value.
pub(super) fn instant(cx: &mut Cx<'_>, pair: &Pair<'_>) -> ast::InstantLiteral {
    let text = text(cx, pair);
    let at = Instant::parse(&text.value);
    if at.is_none() {
        cx.report(
            Diagnostic::error(codes::BAD_INSTANT, text.span, format!("`{}` is not an instant", text.value))
                .label("expected a date, a time and a zone")
                .help(match Instant::parse_date(&text.value) {
                    Some(day) => format!("write `until \"{day}\"`; the end is exclusive"),
                    None => "write it as `until \"2027-02-01T00:00:00Z\"`; the end is exclusive".to_owned(),
                }),
        );
    }
    ast::InstantLiteral { text, at }
}

fn inside<'i>(pair: &Pair<'i>) -> &'i str {
    let quoted = pair.as_str();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted)
}

fn bad_escape(cx: &mut Cx<'_>, pair: &Pair<'_>, at: usize, length: usize) {
    let start = pair.as_span().start() + 1 + at;
    let span = Span::new(cx.file, start, start + length);
    let written = inside(pair).get(at..at + length).unwrap_or_default();
    cx.report(
        Diagnostic::error(codes::BAD_ESCAPE, span, format!("unknown escape `{written}`"))
            .help("escapes are `\\n`, `\\r`, `\\t`, `\\0`, `\\\\`, `\\\"`, `\\'`, `\\x41` and `\\u{1F600}`; a pattern also has `\\*`"),
    );
}

/// A character of a string, or an escape that Cedar does not know, by its place after the opening quote.
enum Piece {
    Plain(char),
    Bad { at: usize, length: usize },
}

fn pieces(raw: &str) -> impl Iterator<Item = Piece> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let at = raw.len() - rest.len();
        let mut chars = rest.chars();
        let first = chars.next()?;
        if first != '\\' {
            rest = chars.as_str();
            return Some(Piece::Plain(first));
        }
        let (value, length) = escape(rest);
        rest = rest.get(length..).unwrap_or("");
        Some(match value {
            Some(value) => Piece::Plain(value),
            None => Piece::Bad { at, length },
        })
    })
}

/// The character that an escape at the start of `text` stands for, and the escape's length in bytes.
fn escape(text: &str) -> (Option<char>, usize) {
    let mut chars = text.chars().skip(1);
    let Some(kind) = chars.next() else {
        return (None, text.len());
    };
    let plain = |value| (Some(value), 2);
    match kind {
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        '0' => plain('\0'),
        '\\' | '"' | '\'' => plain(kind),
        'x' => match text.get(2..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(digits) => (u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii).map(char::from), 4),
            None => (None, 2),
        },
        'u' => match text.get(2..).and_then(|rest| rest.strip_prefix('{')?.split_once('}')) {
            Some((digits, _)) => (unicode(digits), digits.len() + 4),
            None => (None, 2),
        },
        other => (None, 1 + other.len_utf8()),
    }
}

/// One to six hexadecimal digits, with `_` between them as in Rust, as a character.
fn unicode(digits: &str) -> Option<char> {
    if digits.starts_with('_') {
        return None;
    }
    let digits = digits.replace('_', "");
    let fits = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(&digits, 16).ok()).flatten().and_then(char::from_u32)
}
