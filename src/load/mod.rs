//! A package as [`Sources`](crate::text::Sources), from disk or from a git revision, and the writing of results back.
//! YAML is read here too, with a place on every value. What the files mean is not known here: `config`, `syntax` and
//! `scenario` read them.

/// Codes of this room's diagnostics.
pub mod codes;
mod commit;
mod disk;
mod error;
mod find;
mod git;
/// JSON in which no key stands twice.
pub mod json;
mod package;
mod path;
mod text;
mod write;
/// YAML documents with a place on every value.
pub mod yaml;

pub use commit::Commit;
pub use commit::commit_of;
pub use commit::load_checkout;
pub use disk::CedarInput;
pub use disk::load_cedar;
pub use disk::load_gate;
pub use disk::load_manifests;
pub use disk::load_package;
pub use disk::names_in;
pub use disk::read_at_most;
pub use disk::read_if_present;
pub use error::LoadError;
pub use git::load_revision;
pub use git::merge_base;
pub use package::MAX_FILE_BYTES;
pub use package::PackageFiles;
pub use path::real_path;
pub use text::Alone;
pub use text::add_text;
pub use write::remove_if_present;
pub use write::replace_tree;
pub use write::write_atomic;
pub use write::write_secret;
