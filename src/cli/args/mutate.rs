//! The arguments of `gatewright mutate`.

use std::num::NonZeroUsize;
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
  gatewright mutate . --save scenarios             write requests that would kill mutants, as scenarios
  gatewright mutate . --shard 2/8 --format json    the second of eight parts
  gatewright mutate . --merge 1.json 2.json …      the report of the whole, from those of all parts")]
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
    #[arg(long, conflicts_with_all = ["min", "save", "format", "reports", "shard", "merge"])]
    pub(in crate::cli) list: bool,
    /// Use this many threads [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
    /// Try only one of several parts of the mutants, such as `2/8`; the JSON reports of all parts can be merged
    #[arg(long, value_name = "PART/PARTS", value_parser = super::shared::part, conflicts_with = "min")]
    pub(in crate::cli) shard: Option<(usize, NonZeroUsize)>,
    /// Try nothing: put together the JSON reports of all parts of a run
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["shard", "kinds", "jobs", "at"])]
    pub(in crate::cli) merge: Vec<PathBuf>,
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
        let names: Vec<&str> = MutationOperator::ALL.iter().map(|kind| kind.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}
