//! A package as [`Sources`](crate::text::Sources), from disk or from a git revision, and the writing of results back.
//! YAML and TOML are read here too, with a place on every value. What the files mean is not known here: `config`, `syntax` and
//! `scenario` read them.

/// Codes of this room's diagnostics.
pub mod codes;
mod commit;
mod disk;
/// Trees of values with places, and the reader of their fields.
pub mod document;
mod error;
mod find;
mod git;
/// JSON in which no key stands twice.
pub mod json;
mod other_case;
mod package;
mod part;
mod path;
mod repository;
mod settings;
mod text;
/// TOML files with a place on every value.
pub mod toml;
mod write;
/// YAML documents with a place on every value.
pub mod yaml;

pub use commit::{Commit, commit_of, load_checkout};
pub use disk::{
    CedarInput, load_cedar, load_gate, load_manifests, load_package, names_in, read_at_most, read_if_present,
};
pub use error::LoadError;
pub use git::{load_revision, merge_base};
pub use package::{MAX_FILE_BYTES, PackageFiles};
pub use path::{real_path, written_path};
pub use text::{Alone, add_text};
pub use write::{clear_named, remove_if_present, replace_tree, write_atomic, write_named, write_secret};
