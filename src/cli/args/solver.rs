//! The arguments of `gatewright solver`, and of the child process that is a solver.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Install the solver that proofs need, or show which one is used
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright solver install
  gatewright solver install --from cvc5-1.3.1-….whl    without a network
  gatewright solver status")]
pub(in crate::cli) struct Solver {
    /// What to do
    #[command(subcommand)]
    pub(in crate::cli) step: SolverStep,
}

/// What to do with the solver.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SolverStep {
    /// Download the pinned solver with pip, verify its digest, and unpack it into the cache folder
    Install {
        /// Install from a local wheel instead of with pip
        #[arg(long, value_name = "WHEEL")]
        from: Option<PathBuf>,
    },
    /// Show which solver is used and where it is; exit 2 if there is none
    Status,
}

/// Run as a solver: SMT-LIB on standard input, answers on standard output
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct SmtWorker {
    /// Folder with cvc5's libraries
    #[arg(value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
    /// cvc5's `rlimit-per`
    pub(in crate::cli) resources: u64,
    /// cvc5's `tlimit-per`, in milliseconds
    pub(in crate::cli) milliseconds: u64,
}
