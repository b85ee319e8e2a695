//! Test outcomes for programs. The format has its own version; fields are only ever added within one.

use serde::Serialize;

use crate::diag::Diagnostics;
use crate::report::json::{Item, items};
use crate::report::{Files, coverage_value};
use crate::scenario::golden::SnapshotVerdict;
use crate::scenario::{Coverage, Explanation, Failure, FailureKind, Judged, RunReport, TestOutcome, TestReport};
use crate::text::{Span, safe};

/// Coverage that was measured, and what keeps it from its minimum.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The coverage.
    pub coverage: &'a Coverage,
    /// What is missing.
    pub shortfall: &'a Diagnostics,
}

/// The version of this format.
const FORMAT: u32 = 1;

/// The whole run, with its coverage where that was measured.
#[must_use]
pub fn json(report: &RunReport, files: Files<'_>, measured: Option<&Measured<'_>>) -> String {
    let totals = report.totals();
    let run = Run {
        format: FORMAT,
        success: report.is_success() && measured.is_none_or(|measured| measured.shortfall.is_empty()),
        passed: totals.passed,
        failed: totals.failed,
        skipped: totals.skipped,
        decisions: totals.decisions,
        unreferenced_snapshots: &report.unreferenced,
        faults: items(&report.faults, files),
        suites: report
            .suites
            .iter()
            .map(|suite| Suite {
                name: &suite.name,
                file: &suite.file_name,
                tests: suite.tests.iter().map(|test| Test::new(test, files)).collect(),
            })
            .collect(),
        coverage: measured.map(|measured| coverage_value(measured.coverage, files)),
        uncovered: measured.map(|measured| items(measured.shortfall.iter(), files)).unwrap_or_default(),
    };
    safe::json(&run)
}

#[derive(Serialize)]
struct Run<'a> {
    format: u32,
    success: bool,
    passed: usize,
    failed: usize,
    skipped: usize,
    decisions: usize,
    unreferenced_snapshots: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Item<'a>>,
    suites: Vec<Suite<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<serde_json::Value>,
    /// What keeps coverage from its minimum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncovered: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Suite<'a> {
    name: &'a str,
    file: &'a str,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    at: Place,
    outcome: &'static str,
    decisions: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Fault<'a>>,
}

impl<'a> Test<'a> {
    fn new(test: &'a TestReport, files: Files<'_>) -> Self {
        let (skip, failures) = match &test.outcome {
            TestOutcome::Passed => (None, Vec::new()),
            TestOutcome::Skipped(reason) => (Some(reason.as_str()), Vec::new()),
            TestOutcome::Failed(failures) => {
                (None, failures.iter().map(|failure| Fault::new(failure, files)).collect())
            }
        };
        Self {
            name: &test.name,
            at: Place::new(test.span, files),
            outcome: test.outcome.word(),
            decisions: test.decisions,
            skip,
            failures,
        }
    }
}

#[derive(Serialize)]
struct Fault<'a> {
    at: Place,
    message: String,
    #[serde(flatten)]
    details: Details<'a>,
}

impl<'a> Fault<'a> {
    fn new(failure: &'a Failure, files: Files<'_>) -> Self {
        Self {
            at: Place::new(failure.place(), files),
            message: failure.kind.headline(),
            details: Details::new(&failure.kind),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Details<'a> {
    Decision {
        request: &'a str,
        expected: &'static str,
        expected_because: Option<Vec<&'a str>>,
        /// `exactly` or `includes`.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected_extent: Option<&'static str>,
        /// What is wrong with names in `expected_because`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        faults: Vec<String>,
        actual: &'static str,
        because: Vec<&'a str>,
        notes: &'a [String],
        explanation: &'a Explanation,
    },
    Step {
        expected: &'a str,
        actual: &'a str,
    },
    Log {
        expected: &'a [String],
        actual: &'a [String],
    },
    Snapshot {
        path: &'a str,
        change: &'a str,
    },
    Table {
        path: &'a str,
        text: &'a str,
    },
}

impl<'a> Details<'a> {
    pub(super) fn decision(judged: &'a Judged) -> Self {
        let because = judged.expected_because.as_ref();
        Self::Decision {
            request: &judged.request,
            expected: judged.expected.word(),
            expected_because: because.map(|because| because.statements.iter().map(String::as_str).collect()),
            expected_extent: because.map(|because| because.extent.word()),
            faults: judged.faults(),
            actual: judged.answer.verdict.word(),
            because: judged.answer.because.iter().map(String::as_str).collect(),
            notes: &judged.answer.notes,
            explanation: &judged.explanation,
        }
    }

    pub(super) fn new(kind: &'a FailureKind) -> Self {
        match kind {
            FailureKind::Decision(wrong) => Self::decision(wrong),
            FailureKind::Step { expected, actual } => Self::Step { expected, actual },
            FailureKind::Log { expected, actual } => Self::Log { expected, actual },
            FailureKind::Snapshot(SnapshotVerdict::Missing { path, text }) => Self::Snapshot { path, change: text },
            FailureKind::Snapshot(SnapshotVerdict::Changed { path, diff }) => Self::Snapshot { path, change: diff },
            FailureKind::Snapshot(SnapshotVerdict::Matches) => Self::Snapshot { path: "", change: "" },
        }
    }
}

#[derive(Serialize)]
pub(super) struct Place {
    file: String,
    line: u32,
    column: u32,
}

impl Place {
    pub(super) fn new(span: Span, files: Files<'_>) -> Self {
        let at = files.sources.position(span);
        Self { file: files.path(span.file), line: at.line, column: at.column }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn programs_read_what_people_read() {
        let (report, sources) = sample::failed();
        let json: serde_json::Value = serde_json::from_str(&json(&report, Files::new(&sources), None)).unwrap();
        let test = |name: &str| {
            let tests = json["suites"][0]["tests"].as_array().unwrap();
            tests.iter().find(|test| test["name"] == name).unwrap()
        };
        assert_eq!(json["success"], false);
        assert_eq!(json["failed"], 6);
        assert_eq!(test("later")["skip"], "FIN-9: not decided");
        let denied = &test("denied <by risk> & more")["failures"][0];
        assert_eq!(denied["kind"], "decision");
        assert_eq!(denied["at"]["line"], 18);
        assert_eq!(denied["explanation"]["nearest"]["clauses"][1]["truth"], "false");
        assert_eq!(denied["explanation"]["nearest"]["clauses"][1]["values"][0], "context.risk_score = 80");
        assert_eq!(test("table")["failures"][0]["path"], "snapshots/payouts__table.snap");
        assert_eq!(json["unreferenced_snapshots"][0], "snapshots/payouts__gone.snap");
    }
}
