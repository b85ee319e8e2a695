//! What a run came to: values that reports render. Nothing here is text for a terminal.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::text::Span;

use super::answer::{Answer, Verdict};
use super::explain::Explanation;
use super::golden::{SnapshotAction, SnapshotVerdict};
use super::read::names::PERMIT_ERRORED;
use super::suite::{Because, Expected, Extent, Stated};

/// A whole run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunReport {
    /// The suites with a test that was chosen, in their order.
    pub suites: Vec<SuiteReport>,
    /// What the disk needs, for `cli` to do.
    pub snapshots: Vec<SnapshotAction>,
    /// Accepted snapshots that no test writes; each fails the run.
    pub unreferenced: Vec<String>,
    /// What is wrong beside the tests and kept none from running; each fails the run.
    pub faults: Vec<Diagnostic>,
}

/// One suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteReport {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub file_name: String,
    /// Its tests, in their order.
    pub tests: Vec<TestReport>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// How many decisions it asked for.
    pub decisions: usize,
    /// What it came to.
    pub outcome: TestOutcome,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOutcome {
    /// All it claims holds.
    Passed,
    /// It did not run, for this reason.
    Skipped(String),
    /// Some of what it claims does not hold.
    Failed(Vec<Failure>),
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The words of the suite that claim it.
    pub span: Span,
    /// What is wrong with it.
    pub kind: FailureKind,
}

impl Failure {
    /// The words that are wrong: those of a cause that the policy does not have, else those that claim.
    #[must_use]
    pub fn place(&self) -> Span {
        match &self.kind {
            FailureKind::Decision(wrong) => wrong.wrong_name().and_then(Diagnostic::primary).unwrap_or(self.span),
            _ => self.span,
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// A decision is not as claimed.
    Decision(Box<Judged>),
    /// A step of a timeline did not go as claimed: what was to happen, and what did.
    Step {
        /// What the step says.
        expected: String,
        /// What happened.
        actual: String,
    },
    /// The log does not hold what it must.
    Log {
        /// The kinds of events that were claimed.
        expected: Vec<String>,
        /// Those that are there.
        actual: Vec<String>,
    },
    /// A snapshot is not as accepted.
    Snapshot(SnapshotVerdict),
}

/// A decision held against its claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The request in one line.
    pub request: String,
    /// What was claimed.
    pub expected: Expected,
    /// The statements claimed to decide, if any were.
    pub expected_because: Option<Because>,
    /// How it was claimed.
    pub stated: Stated,
    /// What it came to.
    pub answer: Answer,
    /// Why.
    pub explanation: Explanation,
    /// Whether the claim names a context.
    pub has_context: bool,
}

/// How many tests came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tests all of whose claims hold.
    pub passed: usize,
    /// Tests with a claim that does not hold.
    pub failed: usize,
    /// Tests that did not run.
    pub skipped: usize,
    /// Decisions asked for.
    pub decisions: usize,
}

impl RunReport {
    /// All tests with their suites.
    pub fn tests(&self) -> impl Iterator<Item = (&SuiteReport, &TestReport)> {
        self.suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)))
    }

    /// The count of outcomes.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (_, test) in self.tests() {
            totals.decisions += test.decisions;
            match test.outcome {
                TestOutcome::Passed => totals.passed += 1,
                TestOutcome::Skipped(_) => totals.skipped += 1,
                TestOutcome::Failed(_) => totals.failed += 1,
            }
        }
        totals
    }

    /// Whether everything that ran holds, and something did; no snapshot is left over and nothing else is wrong.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let nothing_wrong = self.unreferenced.is_empty() && self.faults.is_empty();
        self.totals().failed == 0 && nothing_wrong && !self.decided_nothing()
    }

    /// Whether there are tests and all of them are skipped. That is no pass: nothing was held against the policy.
    #[must_use]
    pub fn decided_nothing(&self) -> bool {
        let totals = self.totals();
        totals.passed + totals.failed == 0 && totals.skipped > 0
    }
}

impl TestOutcome {
    /// `passed`, `skipped`, `failed`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

impl FailureKind {
    /// The failure in one line, without its cause.
    #[must_use]
    pub fn headline(&self) -> String {
        match self {
            Self::Decision(wrong) => wrong.headline(),
            Self::Step { expected, actual } => format!("expected {expected}, but {actual}"),
            Self::Log { .. } => "the log is not as expected".to_owned(),
            Self::Snapshot(SnapshotVerdict::Missing { path, .. }) => format!("`{path}` was never accepted"),
            Self::Snapshot(SnapshotVerdict::Changed { path, .. }) => {
                format!("`{path}` differs from the accepted snapshot")
            }
            Self::Snapshot(SnapshotVerdict::Matches) => "the snapshot matches".to_owned(),
        }
    }
}

impl Judged {
    /// Whether the decision is as claimed: the outcome, and the exact statements where they are claimed.
    #[must_use]
    pub fn holds(&self) -> bool {
        let cause_agrees = self.expected_because.as_ref().is_none_or(|because| because.agrees(&self.answer.because));
        self.outcome_agrees() && cause_agrees
    }

    /// Whether the outcome is as claimed. What only a permit that errors denies is a denial to a claim that says so, be it as
    /// Cedar's own decision, and an error to any other.
    fn outcome_agrees(&self) -> bool {
        let says_so = self.stated == Stated::AsDecision
            || self
                .expected_because
                .iter()
                .flat_map(|because| &because.statements)
                .any(|cause| cause == PERMIT_ERRORED);
        let errored = self.answer.verdict == Verdict::Error && self.answer.because.contains(PERMIT_ERRORED);
        match errored && says_so {
            true => self.expected == Expected::Deny,
            false => self.answer.verdict.is(self.expected),
        }
    }

    /// What is wrong with it, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let verdict = self.answer.verdict;
        if !self.outcome_agrees() {
            return format!("{}: expected {}, got {}", self.request, self.expected.word(), verdict.word());
        }
        let listed =
            |names: &BTreeSet<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let actual = listed(&self.answer.because);
        let wanted = match &self.expected_because {
            None => String::new(),
            Some(because) => match because.extent {
                Extent::Exactly => format!(" instead of {}", listed(&because.statements)),
                Extent::Includes => {
                    let missing = because.statements.difference(&self.answer.because).cloned().collect();
                    format!(", without {}", listed(&missing))
                }
            },
        };
        format!("{}: {} as expected, but by {actual}{wanted}", self.request, self.expected.participle())
    }

    /// The first fault of a statement that the claim names, where only the cause is not as claimed.
    #[must_use]
    pub fn wrong_name(&self) -> Option<&Diagnostic> {
        let because = self.expected_because.as_ref().filter(|_| self.outcome_agrees())?;
        because.faults.first()
    }

    /// What is wrong with statements that the claim names, a line each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let because = self.expected_because.iter();
        because
            .flat_map(|because| &because.faults)
            .map(|fault| match &fault.help {
                Some(help) => format!("{}; {help}", fault.message),
                None => fault.message.clone(),
            })
            .collect()
    }

    /// What of the claim was not said in so many words, for a reader who looks at the claim.
    #[must_use]
    pub fn remark(&self) -> Option<&'static str> {
        match self.stated {
            Stated::Directly | Stated::AsDecision => None,
            Stated::Otherwise => Some("no line of the matrix states this cell, so it must be denied"),
            Stated::InSet => Some("the expected set names it"),
            Stated::NotInSet => Some("the expected set is exact and does not name it"),
        }
    }
}
