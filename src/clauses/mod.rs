//! The clauses of a break-glass profile as one table, and the steps of a grant, which the language, the contract, the state
//! machine and the diff read.
//!
//! A clause whose whole argument is one number or one duration is a *bound*: its row says everything that resolution, the
//! contract and the diff need to know of it. What a bound means for a grant is not here: the policies that test it, the
//! claims that are proved of these policies, and the state machine are written by hand, each for itself, so that a fault in
//! one of them shows in another.

mod step;
mod table;

pub use step::Step;
pub use table::{Bound, Clause, Kept, Row, Unit, Weaker};

/// The clause of a break-glass grant without which no other of its clauses means anything.
pub const PRESENTED: &str = "a grant is presented";
