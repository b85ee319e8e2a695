//! `gatewright.toml`, `gateway.toml`, `trust.toml` and files of assignments as plain values, and the stack of lint levels. Which lints exist is not known here: their ids stay
//! strings, and `lint` reports the unknown ones where they were written.

mod assignments;
mod bump;
mod bundle;
/// Codes of this room's diagnostics.
pub mod codes;
mod gateway;
mod levels;
mod project;
mod table;
mod trust;
mod version;

pub use assignments::Assignment;
pub use assignments::assignments;
pub use bump::Bump;
pub use bump::with_version;
pub use bundle::BundleDemands;
pub use bundle::EvidenceKind;
pub use gateway::GatewayFile;
pub use gateway::IdSource;
pub use gateway::Obligation;
pub use gateway::Route;
pub use gateway::Segment;
pub use gateway::Subject;
pub use gateway::Word;
pub use levels::Level;
pub use levels::Levels;
pub use levels::Origin;
pub use levels::Setting;
pub use project::Edition;
pub use project::Limits;
pub use project::Project;
pub use project::Roles;
pub use trust::TrustFile;
pub use trust::TrustKey;
pub use trust::TrustRole;
pub use version::Step;
pub use version::Version;
