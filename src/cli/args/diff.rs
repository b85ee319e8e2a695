//! The arguments of `gatewright diff` and `gatewright bump`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::text::Instant;

use super::output::DiffOutputArgs;
use super::shared::{AnswerArgs, BudgetArgs};

/// Two states of a package, and how they are compared.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ComparedArgs {
    /// What to compare: `OLD..NEW`, `OLD...NEW` (since the merge base), or `OLD` (with the working tree) [default: HEAD];
    /// then the folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "[REVISIONS] [PACKAGE]", num_args = 0..=2, conflicts_with_all = ["from", "to"])]
    pub(in crate::cli) what: Vec<String>,
    /// Folder to use as the old side
    #[arg(long, value_name = "DIR", requires = "to")]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Folder to use as the new side
    #[arg(long, value_name = "DIR", requires = "from")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// Evaluate as of this date, such as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
}

/// Show who gains and loses access between two versions of a package
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright diff HEAD~1..HEAD examples/marketplace
  gatewright diff main...HEAD . --format markdown    since the merge base with main
  gatewright diff                                    uncommitted changes
  gatewright diff --from before --to after           two folders
  gatewright diff main...HEAD . --gate               fail on an undeclared widening
  gatewright diff main . --declare                   write missing declarations into changes/")]
pub(in crate::cli) struct Diff {
    #[command(flatten)]
    pub(in crate::cli) compared: ComparedArgs,
    /// Compare only one of several parts, such as `2/8`
    #[arg(long, value_name = "PART/PARTS", default_value = "1/1", value_parser = super::shared::part)]
    pub(in crate::cli) shard: (usize, NonZeroUsize),
    /// Fail if access is widened or a term weakened without a declaration in `changes/`, or if a declaration is stale; unknown
    /// results do not pass either (exit 3)
    #[arg(long, conflicts_with = "shard")]
    pub(in crate::cli) gate: bool,
    /// Write a declaration to fill in to the package's `changes/` for each undeclared change; existing files are not
    /// changed
    #[arg(long)]
    pub(in crate::cli) declare: bool,
    /// Write each example to this folder, as a scenario that the new side passes
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: DiffOutputArgs,
}

/// Show how much the package version must increase, and which request is the reason
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bump main .                      the next version, and why
  gatewright bump main . --write              write it into gatewright.toml
  gatewright bump main...HEAD . --check       fail if the version is too low")]
pub(in crate::cli) struct Bump {
    #[command(flatten)]
    pub(in crate::cli) compared: ComparedArgs,
    /// Write the version to `gatewright.toml` if the current one is too low; nothing else changes
    #[arg(long, conflicts_with = "check")]
    pub(in crate::cli) write: bool,
    /// Fail if the new side's version is too low (exit 1) or the required version is unknown (exit 3)
    #[arg(long)]
    pub(in crate::cli) check: bool,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}
