//! A step of a break-glass profile, as statements name it.

use crate::clauses::Step;
use crate::graph::ProfileId;

/// A step of one profile: `ApproveBreakGlass.emergency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileStep {
    /// The profile.
    pub profile: ProfileId,
    /// The step.
    pub step: Step,
}
