//! What stands for Cedar's symbolic compiler in a build without the feature `prover`: it answers no question. `solver::find`
//! finds no solver there, so that nobody asks.

use cedar_policy::Schema;

use super::question::{Answer, Question, Unknown};
use super::solver::{REMEDY, Reply};

/// What answers scripts.
pub(super) type Oracle<'a> = &'a mut (dyn FnMut(&str) -> Result<Reply, String> + Send);

/// A schema that no question is asked under.
#[derive(Debug)]
pub(super) struct Symbolic;

impl Symbolic {
    pub(super) fn new(_: &Schema) -> Result<Self, String> {
        Ok(Self)
    }

    /// Unknown, whatever is asked.
    pub(super) fn answer(&self, _: &Question, _: Oracle<'_>) -> Answer {
        Answer::Unknown(Unknown::Solver(REMEDY.to_owned()))
    }
}
