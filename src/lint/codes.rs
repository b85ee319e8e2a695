//! Codes of the faults in lint levels and waivers. A finding has its lint's id as code.

use crate::diag::Code;

/// A level or a waiver for a lint that does not exist.
pub const UNKNOWN_LINT: Code = Code::new("unknown-lint");
/// A waiver without a reason or without an end.
pub const INCOMPLETE_WAIVER: Code = Code::new("incomplete-waiver");
/// A waiver whose end has come.
pub const EXPIRED_WAIVER: Code = Code::new("expired-waiver");
/// An entry of the baseline that matches no finding.
pub const STALE_BASELINE: Code = Code::new("stale-baseline");
/// A waiver of something that is not found.
pub const UNUSED_WAIVER: Code = Code::new("unused-waiver");
/// What needs a solver was not asked, for want of one.
pub const NO_SOLVER: Code = Code::new("no-solver");
/// A question of a lint that was put and not answered.
pub const UNPROVED: Code = Code::new("unproved");
