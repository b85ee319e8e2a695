//! Diagnostics for programs: one JSON object, described in the book's reference (`book/src/reference/json.md`).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::files::Files;
use crate::diag::{Code, Diagnostic, Diagnostics, Evidence, Fix, Label, Severity};
use crate::graph::Waiver;
use crate::text::{Span, safe};

/// Version of this format; raised where a reader of the one before would break.
const FORMAT: u32 = 1;

/// All diagnostics as one JSON object, with a newline at the end.
#[must_use]
pub fn json(all: &Diagnostics, files: Files<'_>) -> String {
    let report = Report {
        format: FORMAT,
        errors: all.count(Severity::Error),
        warnings: all.count(Severity::Warning),
        diagnostics: items(all.iter(), files),
    };
    safe::json(&report)
}

/// The findings that are waived in a package, one for each annotation: where it stands, and which lints it waives.
#[must_use]
pub fn waivers(all: &[Waiver], files: Files<'_>) -> Vec<Value> {
    let mut lints: BTreeMap<Span, Vec<&str>> = BTreeMap::new();
    for waiver in all {
        lints.entry(waiver.span).or_default().push(&waiver.lint);
    }
    let waived = lints.into_iter().map(|(span, lints)| {
        let at = files.sources.position(span);
        json!({ "lints": lints, "file": files.path(span.file), "line": at.line, "column": at.column })
    });
    waived.collect()
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Item<'a>>,
}

/// The diagnostics alone, for the object of another report.
pub(super) fn items<'a>(all: impl IntoIterator<Item = &'a Diagnostic>, files: Files<'_>) -> Vec<Item<'a>> {
    all.into_iter().map(|one| Item::new(one, files)).collect()
}

#[derive(Serialize)]
pub(super) struct Item<'a> {
    code: Code,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    notes: &'a [String],
    evidence: Option<Evidence>,
    labels: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixItem<'a>>,
}

impl<'a> Item<'a> {
    fn new(diagnostic: &'a Diagnostic, files: Files<'_>) -> Self {
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            notes: &diagnostic.notes,
            evidence: diagnostic.evidence,
            labels: diagnostic.labels.iter().map(|label| Place::new(label, files)).collect(),
            fix: diagnostic.fix.as_ref().map(|fix| FixItem::new(fix, files)),
        }
    }
}

/// The changes of the text that mend it.
#[derive(Serialize)]
struct FixItem<'a> {
    certainty: &'static str,
    edits: Vec<EditItem<'a>>,
}

/// A change: bytes from 0, and what is to stand in their place.
#[derive(Serialize)]
struct EditItem<'a> {
    file: String,
    start_byte: u32,
    end_byte: u32,
    old: &'a str,
    text: &'a str,
}

impl<'a> FixItem<'a> {
    fn new(fix: &'a Fix, files: Files<'_>) -> Self {
        let edits = fix.edits.iter().map(|edit| EditItem {
            file: files.path(edit.span.file),
            start_byte: edit.span.start,
            end_byte: edit.span.end,
            old: &edit.old,
            text: &edit.new,
        });
        Self { certainty: fix.certainty.name(), edits: edits.collect() }
    }
}

/// A label: where it starts and ends as people count (from 1, in characters) and as programs do (bytes from 0).
#[derive(Serialize)]
struct Place<'a> {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start_byte: u32,
    end_byte: u32,
    text: &'a str,
}

impl<'a> Place<'a> {
    fn new(label: &'a Label, files: Files<'_>) -> Self {
        let start = files.sources.position(label.span);
        let end = files.sources.position(label.span.at_end());
        Self {
            file: files.path(label.span.file),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            start_byte: label.span.start,
            end_byte: label.span.end,
            text: &label.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Sources;

    #[test]
    fn a_diagnostic_is_written_whole() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a.gate", "é\nab cd\n");
        let fault = Diagnostic::warning(Code::new("some-fault"), Span::new(file, 6, 8), "bad \"cd\"")
            .label("this")
            .help("write `ef`")
            .note("a fact")
            .evidence(Evidence::Proved);
        insta::assert_snapshot!(json(&[fault].into_iter().collect(), Files::new(&sources)), @r#"
        {
          "format": 1,
          "errors": 0,
          "warnings": 1,
          "diagnostics": [
            {
              "code": "some-fault",
              "severity": "warning",
              "message": "bad \"cd\"",
              "help": "write `ef`",
              "notes": [
                "a fact"
              ],
              "evidence": "proved",
              "labels": [
                {
                  "file": "policy/a.gate",
                  "line": 2,
                  "column": 4,
                  "end_line": 2,
                  "end_column": 6,
                  "start_byte": 6,
                  "end_byte": 8,
                  "text": "this"
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn no_diagnostics_are_an_empty_list() {
        insta::assert_snapshot!(json(&Diagnostics::new(), Files::new(&Sources::default())), @r#"
        {
          "format": 1,
          "errors": 0,
          "warnings": 0,
          "diagnostics": []
        }
        "#);
    }
}
