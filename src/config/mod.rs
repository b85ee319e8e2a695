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
mod trust;
mod version;

pub use assignments::{Assignment, assignments};
pub use bump::{Bump, with_version};
pub use bundle::{BundleDemands, EvidenceKind};
pub use gateway::{GatewayFile, IdSource, Obligation, Route, Segment, Subject, Word};
pub use levels::{Level, Levels, Origin, Setting};
pub use project::{Edition, Limits, Project, Roles, is_package_name};
pub use trust::{TrustFile, TrustKey, TrustRole};
pub use version::{Step, Version};
