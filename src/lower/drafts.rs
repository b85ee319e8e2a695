//! The drafts of a program as they are made, within what it may expand to.

use crate::diag::Diagnostics;
use crate::typing::Budget;

use super::draft::Draft;

/// Drafts that a budget pays for.
#[derive(Debug)]
pub(super) struct Drafts<'a> {
    made: Vec<Draft>,
    budget: &'a Budget,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self { made: Vec::new(), budget }
    }

    /// Adds one, where the budget has something left. What is left out then is told by [`Drafts::finish`].
    pub(super) fn push(&mut self, draft: Draft) {
        let parts = draft.when.iter().chain(&draft.unless).map(|part| part.expr.parts());
        let parts: u64 = parts.chain(draft.lifted_by.iter().map(|expr| expr.parts())).sum();
        if self.budget.spend_policy(draft.span, parts) {
            self.made.push(draft);
        }
    }

    /// Adds some.
    pub(super) fn extend(&mut self, drafts: impl IntoIterator<Item = Draft>) {
        for draft in drafts {
            if self.is_full() {
                return;
            }
            self.push(draft);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// Whether no more are taken.
    pub(super) fn is_full(&self) -> bool {
        self.budget.is_spent()
    }

    /// The drafts, sorted by id. Where the budget was spent some are missing, which is an error.
    pub(super) fn finish(self, out: &mut Diagnostics) -> Vec<Draft> {
        out.extend(self.budget.fault());
        self.sorted()
    }

    /// The drafts that were paid for, sorted by id.
    pub(super) fn sorted(self) -> Vec<Draft> {
        let mut made = self.made;
        made.sort_by(|a, b| a.id.cmp(&b.id));
        made
    }
}
