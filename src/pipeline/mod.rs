//! The one place where stages are strung together; the command line and the tests come in here.

mod build;
mod bump;
mod check;
mod declared;
mod diff;
mod facts;
mod prove;
mod shard;
mod suites;
mod test;

pub use build::BuildError;
pub use build::build;
pub use bump::bump;
pub use check::Checked;
pub use check::Options;
pub use check::check;
pub use declared::declarations;
pub use declared::declared;
pub use diff::DiffOptions;
pub use diff::diff;
pub use facts::FactsError;
pub use facts::ProofOptions;
pub use facts::prove_lints;
pub use prove::Proofs;
pub use prove::ProveError;
pub use prove::ProveOptions;
pub use prove::prove;
pub use shard::Shard;
pub use suites::Suites;
pub use suites::SuitesError;
pub use suites::check_entities;
pub use suites::suites;
pub use test::TestOptions;
pub use test::Tested;
pub use test::test;
