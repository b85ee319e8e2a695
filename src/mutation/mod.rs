//! Mutants of a program: one small mistake each, which the scenarios of the package should notice. Genres of mistakes, the
//! mutants of a program, what became of each, and the score. Nothing is run here; `pipeline` does.

mod edit;
mod expressions;
mod mutant;
mod operator;
mod outcome;
mod statements;

pub use mutant::{Edit, Mutant, Named};
pub use operator::MutationOperator;
pub use outcome::{Decided, Outcome, Shown, Tally, Trial};
pub use statements::mutants;
