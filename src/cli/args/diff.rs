//! The arguments of `gatewright diff` and `gatewright bump`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use crate::text::Instant;

use super::shared::{AnswerArgs, BudgetArgs};

/// Two states of a package, and how they are compared.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ComparedArgs {
    /// What to compare: `OLD..NEW`, `OLD...NEW` (since they went apart), or `OLD` (with the folder as it is) [default:
    /// HEAD]; and the folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "[REVISIONS] [PACKAGE]", num_args = 0..=2, conflicts_with_all = ["from", "to"])]
    pub(in crate::cli) what: Vec<String>,
    /// Compare this folder, as the old side
    #[arg(long, value_name = "DIR", requires = "to")]
    pub(in crate::cli) from: Option<PathBuf>,
    /// With this one, as the new side
    #[arg(long, value_name = "DIR", requires = "from")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// The date for what depends on today's, as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = super::shared::date)]
    pub(in crate::cli) at: Option<Instant>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
}

/// Say who gains and who loses which access between two states of a package
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright diff HEAD~1..HEAD examples/marketplace
  gatewright diff main...HEAD . --format markdown    since the branch left main
  gatewright diff                                    what is not committed yet
  gatewright diff --from before --to after           two folders
  gatewright diff main...HEAD . --gate               fail where access is widened and not declared
  gatewright diff main . --declare                   write what is to be declared into changes/")]
pub(in crate::cli) struct Diff {
    #[command(flatten)]
    pub(in crate::cli) compared: ComparedArgs,
    /// Compare only one of several parts, as `2/8`
    #[arg(long, value_name = "PART/PARTS", default_value = "1/1", value_parser = super::shared::part)]
    pub(in crate::cli) shard: (usize, NonZeroUsize),
    /// Fail where access is widened or a term of it weakened and no file in `changes/` declares it, and where one declares in
    /// vain; what is not known does not pass either (exit 3)
    #[arg(long, conflicts_with = "shard")]
    pub(in crate::cli) gate: bool,
    /// Write a file into the package's `changes/` for each change of access that none declares, to be filled in; no file
    /// that exists is touched
    #[arg(long)]
    pub(in crate::cli) declare: bool,
    /// Write each example into this folder, as a scenario that the new side passes
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    /// For people, for a pull request, for programs, or as GitHub workflow commands
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(in crate::cli) format: DiffFormat,
}

/// Say how far a package's version goes up by what changed, and which request is the reason
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright bump main .                      the next version, and why
  gatewright bump main . --write              write it into gatewright.toml
  gatewright bump main...HEAD . --check       fail where the version is too low")]
pub(in crate::cli) struct Bump {
    #[command(flatten)]
    pub(in crate::cli) compared: ComparedArgs,
    /// Write the version into `gatewright.toml` where the one there is too low; nothing else in it changes
    #[arg(long, conflicts_with = "check")]
    pub(in crate::cli) write: bool,
    /// Fail where the new side's version is too low (exit 1), or where it is not known how high it must be (exit 3)
    #[arg(long)]
    pub(in crate::cli) check: bool,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

/// How to show the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DiffFormat {
    Human,
    Markdown,
    Json,
    Github,
}
