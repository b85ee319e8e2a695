//! Diagnostics as GitHub workflow commands, which GitHub shows beside the changed lines.

use super::files::Files;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::text::{Span, safe};

/// One command per diagnostic. GitHub finds the files where the run stands at the repository's root.
#[must_use]
pub fn annotations(all: &Diagnostics, files: Files<'_>) -> String {
    all.iter().map(|one| annotation(one, files)).collect()
}

pub(super) fn annotation(diagnostic: &Diagnostic, files: Files<'_>) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let mut text = diagnostic.message.clone();
    for (kind, line) in
        (diagnostic.help.iter().map(|help| ("help", help))).chain(diagnostic.notes.iter().map(|note| ("note", note)))
    {
        text.push_str(&format!("\n{kind}: {line}"));
    }
    if let Some(evidence) = diagnostic.evidence {
        text.push_str(&format!("\nevidence: {}", evidence.name()));
    }
    command(kind, diagnostic.primary(), diagnostic.code.as_str(), &text, files)
}

/// One command: `error`, `warning` or `notice`, at a place if there is one.
pub(super) fn command(kind: &str, span: Option<Span>, title: &str, text: &str, files: Files<'_>) -> String {
    let mut properties = Vec::new();
    if let Some(span) = span {
        let start = files.sources.position(span);
        let end = files.sources.position(span.at_end());
        properties.push(("file", files.path(span.file)));
        properties.push(("line", start.line.to_string()));
        properties.push(("endLine", end.line.to_string()));
        // GitHub takes columns only where the annotation stays on one line.
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endColumn", end.column.to_string()));
        }
    }
    properties.push(("title", title.to_owned()));
    let properties: Vec<_> =
        properties.into_iter().map(|(key, value)| format!("{key}={}", safe::command_property(&value))).collect();
    format!("::{kind} {}::{}\n", properties.join(","), safe::command_text(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::text::Sources;

    #[test]
    fn a_diagnostic_is_one_line_with_its_place() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a,b.gate", "one\ntwo three\n");
        let fault = Diagnostic::error(Code::new("some-fault"), Span::new(file, 8, 13), "100% wrong\nreally")
            .help("write: less")
            .note("a fact");
        let files = Files { sources: &sources, root: "./examples/shop/" };
        assert_eq!(
            annotations(&[fault].into_iter().collect(), files),
            "::error file=examples/shop/policy/a%2Cb.gate,line=2,endLine=2,col=5,endColumn=10,title=some-fault\
             ::100%25 wrong%0Areally%0Ahelp: write: less%0Anote: a fact\n"
        );
    }

    #[test]
    fn a_fault_without_a_place_has_none() {
        let fault = Diagnostic::global_error(Code::new("some-fault"), "nothing here");
        assert_eq!(
            annotations(&[fault].into_iter().collect(), Files::new(&Sources::default())),
            "::error title=some-fault::nothing here\n"
        );
    }
}
