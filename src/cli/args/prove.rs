//! The arguments of `gatewright prove`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output::OutcomeArgs;
use super::shared::{BudgetArgs, PackageArgs};

/// Prove assertions and the guarantees of declarations, over all requests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright prove examples/marketplace
  gatewright prove . --only tenants_apart --only payout_incident.expiry
  gatewright prove . --save scenarios            write each refutation as a scenario
  gatewright prove . --time 300 --dump unsolved  stop after 5 minutes; keep unanswered questions
  gatewright prove . --shard 2/8                 the second of eight parts")]
pub(in crate::cli) struct Prove {
    #[command(flatten)]
    pub(in crate::cli) package: PackageArgs,
    /// Prove only the claim with this name, such as `tenants_apart`; the name of a break-glass profile selects all its claims (can be repeated)
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) only: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
    /// Write each refutation to this folder, as a scenario that fails until the policy is fixed
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save: Option<PathBuf>,
    /// Write each unanswered question to this folder, as SMT-LIB
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dump: Option<PathBuf>,
    /// Prove only one of several parts, such as `2/8`
    #[arg(long, value_name = "PART/PARTS", default_value = "1/1", value_parser = super::shared::part)]
    pub(in crate::cli) shard: (usize, NonZeroUsize),
    #[command(flatten)]
    pub(in crate::cli) output: OutcomeArgs,
}
