//! What proofs of a run may take, and the answers that they start from.

use std::time::Duration;

use crate::analysis::solver::{Engine, Limits};
use crate::analysis::{Cache, Deadline};
use crate::cli::args::BudgetArgs;
use crate::cli::env;
use crate::pipeline::{ProveOptions, Shard};
use crate::text::Instant;

/// What a run may spend on proofs.
#[derive(Debug)]
pub(super) struct Budget {
    /// Answers of earlier runs.
    pub(super) cache: Cache,
    /// For each question.
    pub(super) limits: Limits,
    /// For all of them; it begins now.
    pub(super) deadline: Deadline,
}

impl Budget {
    /// To prove the whole of a package within it.
    pub(super) fn whole<'a>(&'a self, solver: &'a dyn Engine, at: Instant) -> ProveOptions<'a> {
        ProveOptions {
            solver,
            cache: &self.cache,
            limits: self.limits,
            deadline: self.deadline,
            only: &[],
            shard: Shard::WHOLE,
            at,
            keeps_scripts: false,
        }
    }
}

/// Seconds for the proofs of all lints, where no other time is asked for. These lints ask about everything in a package, also where
/// nobody waits for one answer in particular.
const LINT_SECONDS: u64 = 600;

/// The budget of lints that prove: the one that was asked for, and never without an end.
pub(super) fn lint_budget(args: &BudgetArgs) -> Budget {
    budget(&BudgetArgs { time: args.time.or(Some(LINT_SECONDS)), ..*args })
}

/// The budget that was asked for.
pub(super) fn budget(args: &BudgetArgs) -> Budget {
    let usual = Limits::default();
    Budget {
        cache: env::cache().map_or_else(Cache::in_memory, |folder| Cache::on_disk(&folder)),
        limits: Limits { resources: args.rlimit_per.unwrap_or(usual.resources), ..usual },
        deadline: args.time.map_or_else(Deadline::never, |seconds| Deadline::after(Duration::from_secs(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_that_prove_end_without_being_told_to() {
        assert_eq!(budget(&BudgetArgs::default()).deadline, Deadline::never());
        assert_ne!(lint_budget(&BudgetArgs::default()).deadline, Deadline::never());
        // A time that was asked for stays, also one that is longer.
        let asked = BudgetArgs { time: Some(u64::MAX), ..BudgetArgs::default() };
        assert_eq!(lint_budget(&asked).deadline, budget(&asked).deadline);
    }
}
