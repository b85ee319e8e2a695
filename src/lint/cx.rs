//! What lints read.

use crate::analysis::Facts;
use crate::config::{Assignment, Levels};
use crate::graph::Program;
use crate::lower::Lowered;
use crate::text::{Instant, Sources};
use crate::typing::Conditions;

/// What lints read.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// The resolved program.
    pub program: &'a Program,
    /// What its conditions mean.
    pub conditions: &'a Conditions,
    /// The lowered program, raw policies included.
    pub lowered: &'a Lowered,
    /// The texts.
    pub sources: &'a Sources,
    /// Who set which level.
    pub levels: &'a Levels,
    /// Today.
    pub at: Instant,
    /// How much of the program there is.
    pub extent: Extent,
    /// Who holds which role, where the package says so.
    pub assignments: Option<&'a [Assignment]>,
    /// What is proved of its policies, where that was asked. Lints that read it run then, and no others.
    pub facts: Option<&'a Facts>,
}

/// How much of a program resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A part: what has faults is left out.
    Part,
}
