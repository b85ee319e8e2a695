//! The bracket that is not closed, where a YAML text does not parse: parsers go on to the next line, or to the end, and blame
//! what stands there.

use super::places::Places;
use crate::diag::Diagnostic;
use crate::load::codes;

/// What is wrong with the brackets before a place, if anything is.
pub(super) fn unbalanced(until: usize, places: &Places<'_>) -> Option<Diagnostic> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut reader = Reader::default();
    for (at, c) in places.characters().enumerate() {
        if !reader.reads(c, !open.is_empty()) {
            continue;
        }
        match c {
            // A parser stops at the bracket that does not fit, or behind it.
            '[' | '{' if at < until && reader.begins => open.push((at, c)),
            ']' | '}' if at <= until => match open.pop() {
                Some((_, opener)) if closes(opener) == c => {}
                Some((opened, opener)) => return Some(fault(opened, opener, Some(at), places)),
                None => return None,
            },
            _ if at > until => break,
            _ => {}
        }
    }
    let (at, opener) = open.pop()?;
    Some(fault(at, opener, None, places))
}

fn fault(opened: usize, opener: char, closer: Option<usize>, places: &Places<'_>) -> Diagnostic {
    let (what, close) = (name(opener), closes(opener));
    let message = format!("{what} is not closed");
    let fault = Diagnostic::error(codes::YAML_SYNTAX, places.point(opened), message).label("opened here");
    match closer {
        Some(closer) => fault
            .also(places.point(closer), format!("this closes no `{opener}`"))
            .help(format!("write `{close}` where it ends")),
        None => fault.help(format!("separate its parts by `,` and close it with `{close}`")),
    }
}

fn closes(opener: char) -> char {
    if opener == '[' { ']' } else { '}' }
}

fn name(opener: char) -> &'static str {
    if opener == '[' { "a list in brackets" } else { "a mapping in braces" }
}

/// What of a text is neither quoted, nor a comment, nor the lines of a block scalar.
#[derive(Debug, Default)]
struct Reader {
    quote: Option<char>,
    escaped: bool,
    /// Whether the character before closed a text in single quotes.
    closed: bool,
    comment: bool,
    /// The last character that is no white space, on this line.
    last: Option<char>,
    /// Whether white space, or the start of the line, comes before this character.
    apart: bool,
    /// Whether a value begins at this character.
    begins: bool,
    column: usize,
    indent: usize,
    /// The indentation of the line whose value is a block scalar.
    scalar: Option<usize>,
    started: bool,
}

impl Reader {
    /// Takes a character; whether it may be a bracket of the document.
    fn reads(&mut self, c: char, in_flow: bool) -> bool {
        if c == '\n' {
            let block = self.quote.is_none() && !in_flow && matches!(self.last, Some('|' | '>'));
            if block {
                self.scalar = Some(self.indent);
            }
            (self.comment, self.last, self.column, self.indent, self.started) = (false, None, 0, 0, false);
            self.apart = true;
            return false;
        }
        self.column += 1;
        if !self.started && c != ' ' {
            (self.started, self.indent) = (true, self.column - 1);
            if self.scalar.is_some_and(|outer| self.indent <= outer) {
                self.scalar = None;
            }
        }
        if self.comment || self.scalar.is_some() {
            return false;
        }
        if let Some(quote) = self.quote {
            match (quote, c, self.escaped) {
                ('"', '\\', false) => self.escaped = true,
                (quote, c, false) if quote == c => (self.quote, self.closed) = (None, c == '\''),
                _ => self.escaped = false,
            }
            return false;
        }
        if std::mem::take(&mut self.closed) && c == '\'' {
            // Two of them are one in the text.
            self.quote = Some(c);
            return false;
        }
        self.begins = self.apart || matches!(self.last, Some('[' | '{' | ','));
        match c {
            '#' if self.apart || self.column == 1 => self.comment = true,
            '"' | '\'' if self.begins || self.column == 1 => self.quote = Some(c),
            _ => {}
        }
        self.apart = c.is_whitespace();
        if !c.is_whitespace() && !self.comment {
            self.last = Some(c);
        }
        !self.comment && self.quote.is_none()
    }
}

#[cfg(test)]
mod tests {
    use crate::diag::Diagnostics;
    use crate::load::yaml;
    use crate::text::Sources;

    /// Each fault with the characters that it points at, and what is to be written.
    fn faults(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let mut out = Diagnostics::new();
        let _ = yaml::parse(&sources, file, &mut out);
        let lines = out.iter().map(|fault| {
            let at: Vec<String> = fault
                .labels
                .iter()
                .map(|label| {
                    let at = sources.position(label.span);
                    format!("{}:{} `{}`", at.line, at.column, sources.slice(label.span))
                })
                .collect();
            format!("{} {} | {}\n", at.join(", "), fault.message, fault.help.as_deref().unwrap_or_default())
        });
        lines.collect()
    }

    #[test]
    fn the_bracket_that_is_not_closed_is_told_and_not_the_line_after_it() {
        insta::assert_snapshot!(
            [
                "a: {b: [c, d: e}\nf: g\n",
                "a: {b: [c}, d: e}\nf: g\n",
                "a: [b, c\nf: g\n",
                "a: {b: c\nf: g\n",
                "# [\nt: \"[\"\nu: 'it''s {'\nw: x[1\nv: |\n  [ {\na: [b\nf: g\n",
                "a: 'b\nf: g\n",
            ]
            .map(faults)
            .concat(),
            @"
        1:8 `[`, 1:16 `}` a list in brackets is not closed | write `]` where it ends
        1:8 `[`, 1:10 `}` a list in brackets is not closed | write `]` where it ends
        1:4 `[` a list in brackets is not closed | separate its parts by `,` and close it with `]`
        1:4 `{` a mapping in braces is not closed | separate its parts by `,` and close it with `}`
        7:4 `[` a list in brackets is not closed | separate its parts by `,` and close it with `]`
        1:4 `'` a quoted text is not closed | close it with the quote it opened with; its further lines must be indented
        "
        );
        for sound in ["a: {b: [c], d: \"]\"}\n", "a: x]\nb: }\n"] {
            assert!(!faults(sound).contains("is not closed"), "{sound}");
        }
    }
}
