//! Parts of a run that several machines share.

use std::num::NonZeroUsize;

/// One of several parts of a run, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub part: usize,
    /// Of how many.
    pub of: NonZeroUsize,
}

impl Shard {
    /// The whole run.
    pub const WHOLE: Self = Self { part: 1, of: NonZeroUsize::MIN };

    /// Whether a task is this part's, by its number from 0.
    #[must_use]
    pub fn has(self, at: usize) -> bool {
        at % self.of == self.part.saturating_sub(1)
    }
}
