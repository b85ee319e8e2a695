//! The arguments of `gatewright prove`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::shared::{AnswerArgs, BudgetArgs, PackageArgs};

/// Prove assertions and what declarations promise, over all requests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright prove examples/marketplace
  gatewright prove . --only tenants_apart --only payout_incident.expiry
  gatewright prove . --save scenarios            write each refutation as a scenario
  gatewright prove . --time 300 --dump unsolved  in 5 minutes; keep the questions without an answer
  gatewright prove . --shard 2/8                 the second of eight parts")]
pub(in crate::cli) struct Prove {
    #[command(flatten)]
    pub(in crate::cli) package: PackageArgs,
    /// Prove only what has this name, as `tenants_apart`; the name of a break-glass profile stands for all its claims (can be repeated)
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) only: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    /// Write each refutation into this folder, as a scenario that fails until the policy is mended
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    /// Write each question without an answer into this folder, as SMT-LIB
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dump: Option<PathBuf>,
    /// Prove only one of several parts, as `2/8`
    #[arg(long, value_name = "PART/PARTS", default_value = "1/1", value_parser = super::shared::part)]
    pub(in crate::cli) shard: (usize, NonZeroUsize),
    #[command(flatten)]
    pub(in crate::cli) output: AnswerArgs,
}
