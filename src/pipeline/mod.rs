//! The one place where stages are strung together; the command line and the tests come in here.

mod asserted;
mod assignments;
mod build;
mod bump;
mod bundle;
mod check;
mod coverage;
mod declared;
mod diff;
mod facts;
mod fix;
mod gateway;
mod meant;
mod mutate;
mod prove;
mod shard;
mod suites;
mod test;

pub use asserted::{asserted, assertions, refuted};
pub use build::{BuildError, Origin, build, engine};
pub use bump::{bump, bump_of_shipped};
pub use bundle::{Evidence, bundle, carried, one_policy, shipped, shipped_contract, shipped_roles};
pub use check::{Checked, Options, check};
pub use coverage::{changed, coverage_plan};
pub use declared::{declarations, declared};
pub use diff::{DiffOptions, diff, initial};
pub use facts::{FactsError, ProofOptions, ProvedLints, prove_lints};
pub use fix::{Mended, MendedFile, mend};
pub use mutate::{MergeError, MutateError, MutateOptions, Mutated, Part, Tried, merge, mutants, mutate};
pub use prove::{Proofs, ProveError, ProveOptions, claims, prove};
pub use shard::Shard;
pub use suites::{Suites, SuitesError, beside, check_entities, suites, suites_of_files};
pub use test::{TestOptions, Tested, run_suites, test};
