//! What happens during a run, as it happens: for progress bars and live output. The order is that of the suites,
//! however many threads work.

use super::outcome::{SuiteReport, TestReport, Totals};

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The run starts, with this many suites and tests.
    RunStarted {
        /// Suites with a chosen test.
        suites: usize,
        /// Chosen tests.
        tests: usize,
    },
    /// The first test of a suite is about to be reported.
    SuiteStarted {
        /// The suite's name.
        suite: &'a str,
    },
    /// A test is done.
    TestFinished {
        /// The suite's name.
        suite: &'a str,
        /// The test.
        test: &'a TestReport,
    },
    /// All tests of a suite are done.
    SuiteFinished {
        /// The suite.
        suite: &'a SuiteReport,
    },
    /// Everything is done.
    RunFinished {
        /// The count of outcomes.
        totals: Totals,
    },
}
