//! Scenario tests: YAML suites typed against a compiled policy, their runner, golden snapshots and the reasons of failures.
//! The policy is seen through bundle artifacts only, and decided by the same code that a gateway runs.

mod answer;
mod ask;
mod asked;
/// Codes of everything that can be wrong in a suite.
pub mod codes;
mod coverage;
mod event;
mod explain;
/// Golden snapshots in insta's file format.
pub mod golden;
mod outcome;
mod question;
mod quorum;
mod read;
mod rerun;
mod run;
mod smoke;
mod suite;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod timeline;
mod value;
mod why;

use crate::bundle::{Contract, Origins};
use crate::decide::Engine;

pub use answer::{Answer, Verdict};
pub use asked::{AskedSuite, asked};
pub use coverage::{
    Aspect, Atom, AtomMarks, Condition, Coverage, Covered, Excluded, Minimum, Obligation, OwnClause, Plan, Stage,
    StatementName, Watch, Watched,
};
pub use event::Event;
pub use explain::{ClauseResult, Explanation, Statement, Truth};
pub use outcome::{Failure, FailureKind, Judged, RunReport, SuiteReport, TestOutcome, TestReport, Totals};
pub use question::{Answers, Candidates, Cause, Decided, QuestionError, find_suite, what_can, who_can};
pub use quorum::too_few_approvers;
pub use read::{check_entities, declared_names, link_files, load_suites, unreadable};
pub use rerun::{IsTouched, Rerun};
pub use run::{RunOptions, coverage, run};
pub use smoke::{SmokeRequest, SmokeSuite, smoke};
pub use suite::{Because, Expected, Extent, Stated, Suite};
pub use why::{Told, Why, suite_in, why};

/// A compiled policy, as its bundle shows it.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Types, actions, roles: what names in a suite are typed against.
    pub contract: &'a Contract,
    /// Statements and their words.
    pub origins: &'a Origins,
    /// The evaluator.
    pub engine: &'a Engine,
}
