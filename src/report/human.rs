//! Diagnostics for people: the fault in its source, drawn by miette. Colour and width come from the caller.

use std::fmt;
use std::fmt::Write;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};

use super::excerpt::{Excerpt, excerpt};
use super::files::Files;
use super::printable::printable;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::text::counted;

/// The most diagnostics that are drawn.
const SHOWN: usize = 100;

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences may be written.
    pub colour: Colour,
    /// Columns of the terminal.
    pub width: usize,
}

/// Whether escape sequences may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Text only.
    Plain,
    /// ANSI colours.
    Ansi,
}

impl Style {
    /// Text only, 100 columns wide: what a file, a pipe or a test gets.
    pub const PLAIN: Self = Self { colour: Colour::Plain, width: 100 };
}

/// All diagnostics, an empty line between them. Past a hundred the rest is counted: nobody reads more at once.
#[must_use]
pub fn diagnostics(all: &Diagnostics, files: Files<'_>, style: Style) -> String {
    let mut shown: Vec<String> = all.iter().take(SHOWN).map(|one| diagnostic(one, files, style)).collect();
    if all.len() > SHOWN {
        shown.push(format!("  … and {} more; use `--format json` to see all\n", all.len() - SHOWN));
    }
    shown.join("\n")
}

/// One diagnostic: its code and message, the source with its labels, help and notes.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, files: Files<'_>, style: Style) -> String {
    let (excerpt, labels) = excerpt(diagnostic, files);
    let drawing = Drawing { diagnostic, excerpt, labels };
    let mut out = String::new();
    // Writing to a string cannot fail, and a drawing that miette refuses still leaves the message.
    let drawn = handler(diagnostic, style).render_report(&mut out, &drawing);
    if drawn.is_err() {
        out = format!("  {}: {drawing}\n", heading(diagnostic));
    }
    for note in &diagnostic.notes {
        let _ = writeln!(out, "  note: {}", printable(note));
    }
    if let Some(evidence) = diagnostic.evidence {
        let _ = writeln!(out, "  evidence: {}", evidence.name());
    }
    out.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

/// `2 errors, 1 warning`; empty where there is nothing to count.
#[must_use]
pub fn summary(all: &Diagnostics) -> String {
    let count = |severity, name: &str| match all.count(severity) {
        0 => None,
        count => Some(counted(count, name)),
    };
    [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Advice, "hint")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn handler(diagnostic: &Diagnostic, style: Style) -> GraphicalReportHandler {
    let mut theme = match style.colour {
        Colour::Ansi => GraphicalTheme::unicode(),
        Colour::Plain => GraphicalTheme::unicode_nocolor(),
    };
    // miette puts an icon before the message; ours says what it is, so that one line stands for the whole.
    let heading = format!("{}:", heading(diagnostic));
    theme.characters.error.clone_from(&heading);
    theme.characters.warning.clone_from(&heading);
    theme.characters.advice = heading;
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(40))
        .with_context_lines(1)
        .with_break_words(false)
        .without_syntax_highlighting()
}

/// `error[unknown-name]`.
fn heading(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "hint",
    };
    format!("{severity}[{}]", diagnostic.code)
}

/// A diagnostic as miette draws it.
struct Drawing<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.diagnostic, f)
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.diagnostic.message))
    }
}

impl std::error::Error for Drawing<'_> {}

impl miette::Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_deref()?;
        Some(Box::new(printable(help)))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        (!self.labels.is_empty()).then_some(&self.excerpt as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::text::{FileId, Sources, Span};

    const CODE: Code = Code::new("some-fault");

    fn at(sources: &Sources, file: FileId, what: &str) -> Span {
        let start = sources.text(file).find(what).unwrap();
        Span::new(file, start, start + what.len())
    }

    #[test]
    fn a_fault_is_drawn_in_its_source() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a.gate", "role support for User {\n\tallow raed on Payout;\n}\n");
        let fault = Diagnostic::error(CODE, at(&sources, file, "raed"), "no action `raed` on `Payout`")
            .label("not an action of `Payout`")
            .help("did you mean `read`?")
            .note("declared in `policy/model.gate`");
        insta::assert_snapshot!(diagnostic(&fault, Files::new(&sources), Style::PLAIN), @"
         error[some-fault]: no action `raed` on `Payout`
          ╭─[policy/a.gate:2:8]
        1 │ role support for User {
        2 │     allow raed on Payout;
          ·           ──┬─
          ·             ╰── not an action of `Payout`
        3 │ }
          ╰────
         help: did you mean `read`?
         note: declared in `policy/model.gate`
        ");
    }

    #[test]
    fn labels_far_apart_and_in_other_files_get_snippets_of_their_own() {
        let mut sources = Sources::default();
        let filler = "\n".repeat(20);
        let a = sources.add("a.gate", format!("first;{filler}second;\n"));
        let b = sources.add("b.gate", "third;");
        let fault = Diagnostic::warning(CODE, at(&sources, a, "second"), "`second` is declared three times")
            .label("here")
            .also(at(&sources, a, "first"), "and here")
            .also(at(&sources, b, "third"), "and there");
        insta::assert_snapshot!(diagnostic(&fault, Files::new(&sources), Style::PLAIN), @"
         warning[some-fault]: `second` is declared three times
          ╭─[a.gate:1:1]
        1 │ first;
          · ──┬──
          ·   ╰── and here
        2 │
          ╰────
           ╭─[a.gate:21:1]
        20 │
        21 │ second;
           · ───┬──
           ·    ╰── here
        22 │
           ╰────
          ╭─[b.gate:1:1]
        1 │ third;
          · ──┬──
          ·   ╰── and there
          ╰────
        ");
    }

    #[test]
    fn a_label_over_many_lines_is_drawn_under_the_first() {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", "role r {\n  x\n  y\n  z\n}\n");
        let whole = Span::new(file, 0, sources.text(file).len());
        let fault = Diagnostic::error(CODE, whole, "unclosed");
        insta::assert_snapshot!(diagnostic(&fault, Files::new(&sources), Style::PLAIN), @"
         error[some-fault]: unclosed
          ╭─[a.gate:1:1]
        1 │ role r {
          · ────────
        2 │   x
          ╰────
        ");
    }

    #[test]
    fn a_place_past_the_last_line_and_a_fault_without_place_are_shown() {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", "role r {\n");
        let end = Span::new(file, 9, 9);
        let fault = Diagnostic::error(CODE, end, "missing `}`").label("expected here");
        insta::assert_snapshot!(diagnostic(&fault, Files::new(&sources), Style::PLAIN), @"
         error[some-fault]: missing `}`
          ╭─[a.gate:2:1]
        1 │ role r {
        2 │
          · ▲
          · ╰── expected here
          ╰────
        ");
        let fault = Diagnostic::global_error(CODE, "the package has no policy").note("looked in `policy/`");
        insta::assert_snapshot!(diagnostic(&fault, Files::new(&sources), Style::PLAIN), @"
        error[some-fault]: the package has no policy
        note: looked in `policy/`
        ");
    }

    #[test]
    fn hostile_text_neither_floods_nor_steers_the_terminal() {
        let mut sources = Sources::default();
        let line = format!("{}\u{1b}[31mBAD\u{202e}{}", "x".repeat(600_000), "y".repeat(600_000));
        let file = sources.add("a\u{1b}[2J.gate", format!("before\r\n{line}\r\nafter"));
        let fault = Diagnostic::error(CODE, at(&sources, file, "BAD"), format!("no name `{line}`"))
            .label(line.clone())
            .help(line.clone())
            .note(line);
        let shown = diagnostic(&fault, Files::new(&sources), Style::PLAIN);
        assert!(shown.len() < 10_000, "{} bytes", shown.len());
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r']), "{shown}");
        assert!(shown.contains("BAD"), "{shown}");
    }

    #[test]
    fn any_span_of_any_text_can_be_drawn() {
        let texts = ["", "\n", "\r\n\r\n", "é\n\u{0}\n", "\u{feff}a", "a\tb\n\n\nc", "\r", "a\rb"];
        for text in texts {
            let mut sources = Sources::default();
            let file = sources.add("a.gate", text);
            for start in 0..=text.len() + 2 {
                for end in 0..=text.len() + 2 {
                    let fault = Diagnostic::error(CODE, Span::new(file, start, end), "odd")
                        .also(Span::new(file, end, start), "odder");
                    assert!(diagnostic(&fault, Files::new(&sources), Style::PLAIN).contains("odd"));
                }
            }
        }
    }

    #[test]
    fn of_very_many_faults_the_first_are_shown_and_the_rest_counted() {
        let mut sources = Sources::default();
        let file = sources.add("a", "x".repeat(1000));
        let all: Diagnostics =
            (0..1000).map(|at| Diagnostic::error(CODE, Span::new(file, at, at + 1), "bad")).collect();
        let text = diagnostics(&all, Files::new(&sources), Style::PLAIN);
        assert_eq!(text.matches("error[some-fault]").count(), SHOWN);
        assert!(text.ends_with("… and 900 more; use `--format json` to see all\n"), "{text}");
    }

    #[test]
    fn summaries_count() {
        let none = Diagnostics::new();
        assert_eq!(summary(&none), "");
        let mut sources = Sources::default();
        let file = sources.add("a", "ab");
        let some: Diagnostics = [
            Diagnostic::error(CODE, Span::new(file, 0, 1), "x"),
            Diagnostic::error(CODE, Span::new(file, 1, 2), "x"),
            Diagnostic::warning(CODE, Span::new(file, 0, 2), "x"),
        ]
        .into_iter()
        .collect();
        assert_eq!(summary(&some), "2 errors, 1 warning");
    }
}
