//! The arguments of `gatewright mutate`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::shared::{AnswerArgs, BudgetArgs, FolderArgs};
use crate::mutation::Genre;

/// Say how strong the scenarios of a package are: which small mistakes in the policy they would not notice
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright mutate examples/quickstart
  gatewright mutate . --min 80                     exit 1 where the tests notice less
  gatewright mutate . --genre drop-guard --list    name the mutants, try none
  gatewright mutate . --save scenarios             write requests that would kill mutants, as scenarios")]
pub(in crate::cli) struct Mutate {
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
    /// The least score, in percent: killed mutants among all that are not proved to be the same policy
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(in crate::cli) min: Option<u8>,
    /// Make mistakes of this kind only, as `drop-clause` (can be repeated)
    #[arg(long = "genre", value_name = "GENRE", value_parser = genre)]
    pub(in crate::cli) genres: Vec<Genre>,
    /// Name the mutants and try none
    #[arg(long, conflicts_with_all = ["min", "save", "format"])]
    pub(in crate::cli) list: bool,
    /// Write each request that would kill a mutant into this folder, as a scenario
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}

fn genre(text: &str) -> Result<Genre, String> {
    Genre::parse(text).ok_or_else(|| {
        let names = Genre::ALL.map(Genre::name);
        format!("there are {}", names.join(", "))
    })
}
