//! The least share of each kind that tests must show, and what is missing where they do not.

use std::collections::BTreeMap;

use super::{Aspect, Coverage};
use crate::diag::{Diagnostic, Diagnostics};
use crate::scenario::codes::UNCOVERED;

/// The least share of each kind, in percent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minimum {
    /// Of every kind without its own.
    pub all: Option<u32>,
    /// Of single kinds.
    pub of: BTreeMap<Aspect, u32>,
}

/// How many missing obligations of a run are told one by one.
const TOLD: usize = 50;

impl Minimum {
    /// The least share of a kind.
    #[must_use]
    pub fn least(&self, aspect: Aspect) -> Option<u32> {
        self.of.get(&aspect).copied().or(self.all)
    }

    /// What keeps coverage from the minimum: the missing obligations of each kind that is below it. A kind with nothing to see
    /// is not.
    #[must_use]
    pub fn shortfall(&self, coverage: &Coverage) -> Diagnostics {
        let mut out = Diagnostics::new();
        let mut told = 0;
        for aspect in Aspect::ALL {
            let (share, Some(least)) = (coverage.share(aspect), self.least(aspect)) else { continue };
            let least_of = u64::from(least).saturating_mul(share.of as u64);
            if (share.seen as u64).saturating_mul(100) >= least_of {
                continue;
            }
            let missing: Vec<_> = coverage.missing().filter(|one| one.aspect == aspect).collect();
            for one in missing.iter().take(TOLD.saturating_sub(told)) {
                let message = format!("no test shows `{}` {}", one.statement.name, one.what);
                let mut found =
                    Diagnostic::error(UNCOVERED, one.at, message).label("never seen").help(one.help.clone());
                if one.at != one.statement_at {
                    found = found.also(one.statement_at, "of this statement");
                }
                out.push(found);
            }
            let left = missing.len().saturating_sub(TOLD.saturating_sub(told));
            told += missing.len() - left;
            let (name, seen, of) = (aspect.name(), share.seen, share.of);
            let message = format!("{name}: tests show {seen} of {of}, less than {least}%");
            let mut whole = Diagnostic::global_error(UNCOVERED, message);
            if left > 0 {
                whole = whole.note(format!("{left} more are missing; `--report annotated=PATH` lists all"));
            }
            out.push(whole);
        }
        out.sorted()
    }
}
