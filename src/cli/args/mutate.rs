//! The arguments of `gatewright mutate`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output::OutcomeArgs;
use super::shared::{BudgetArgs, FolderArgs};
use crate::mutation::MutationOperator;

/// Measure the scenarios of a package: find small mistakes in the policy that they do not detect
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright mutate examples/quickstart
  gatewright mutate . --min 80                     exit 1 if the score is lower
  gatewright mutate . --kind drop-guard --list     list the mutants, run no tests
  gatewright mutate . --save scenarios             write requests that would kill mutants, as scenarios")]
pub(in crate::cli) struct Mutate {
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
    /// Minimum score in percent: killed mutants among all mutants not proved equivalent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(in crate::cli) min: Option<u8>,
    /// Only make mutants of this kind, such as `drop-clause` (can be repeated)
    #[arg(long = "kind", alias = "genre", value_name = "KIND", value_parser = kind)]
    pub(in crate::cli) kinds: Vec<MutationOperator>,
    /// List the mutants without running tests
    #[arg(long, conflicts_with_all = ["min", "save", "format", "reports"])]
    pub(in crate::cli) list: bool,
    /// Write each request that would kill a mutant to this folder, as a scenario
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutcomeArgs,
}

fn kind(text: &str) -> Result<MutationOperator, String> {
    MutationOperator::parse(text).ok_or_else(|| {
        let names = MutationOperator::ALL.map(MutationOperator::name);
        format!("expected one of {}", names.join(", "))
    })
}
