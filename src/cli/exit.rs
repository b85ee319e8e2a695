//! The exit codes, one enum for all verbs. The book's page is `book/src/exit-codes.md`.

use std::process::{ExitCode, Termination};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything asked for was done, and nothing is wrong with the policy.
    Ok = 0,
    /// The policy fails: a fault, an error-level lint, a failed or changed test, a file that `fmt --check` would change.
    PolicyFails = 1,
    /// The tool could not do what was asked: wrong usage, a file it cannot read or write.
    CouldNotRun = 2,
    /// A proof was demanded and neither found nor refuted.
    NotProved = 3,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
