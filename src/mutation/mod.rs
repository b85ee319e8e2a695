//! Mutants of a program: one small mistake each, which the scenarios of the package should notice. Kinds of mistakes, the
//! mutants of a program, what became of each, and the score. Nothing is run here; `pipeline` does.

mod edit;
mod emergencies;
mod expressions;
mod mutant;
mod operator;
mod outcome;
mod record;
mod roles;
mod statements;

pub use mutant::{Edit, Mutant, Named, applied};
pub use operator::MutationOperator;
pub use outcome::{Decided, Outcome, Same, Shown, Tally, Trial};
pub use record::Record;
pub use statements::mutants;
