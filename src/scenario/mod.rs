//! Scenario tests: YAML suites typed against a compiled policy, their runner, golden snapshots and the reasons of failures.
//! The policy is seen through bundle artifacts only, and decided by the same code that a gateway runs.

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
mod run;
mod smoke;
mod suite;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod timeline;
mod value;
mod why;

use crate::bundle::Contract;
use crate::bundle::Origins;
use crate::decide::Engine;

pub use ask::Answer;
pub use ask::Verdict;
pub use asked::AskedSuite;
pub use asked::asked;
pub use coverage::Coverage;
pub use coverage::Covered;
pub use coverage::CoveredClause;
pub use coverage::coverage;
pub use event::Event;
pub use explain::ClauseResult;
pub use explain::Explanation;
pub use explain::Statement;
pub use explain::Truth;
pub use outcome::Failure;
pub use outcome::FailureKind;
pub use outcome::Judged;
pub use outcome::RunReport;
pub use outcome::SuiteReport;
pub use outcome::TestOutcome;
pub use outcome::TestReport;
pub use outcome::Totals;
pub use question::Answers;
pub use question::Candidates;
pub use question::Cause;
pub use question::Decided;
pub use question::QuestionError;
pub use question::find_suite;
pub use question::what_can;
pub use question::who_can;
pub use quorum::too_few_approvers;
pub use read::check_entities;
pub use read::link_files;
pub use read::load_suites;
pub use read::unreadable;
pub use run::RunOptions;
pub use run::run;
pub use smoke::SmokeRequest;
pub use smoke::SmokeSuite;
pub use smoke::smoke;
pub use suite::Because;
pub use suite::Expected;
pub use suite::Extent;
pub use suite::Stated;
pub use suite::Suite;
pub use why::Told;
pub use why::Why;
pub use why::suite_in;
pub use why::why;

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
