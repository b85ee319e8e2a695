//! Policies of other systems as Gate packages: their texts in, the files of a package out. What is made here is text, read
//! by everything after it like any other; nothing of the original's meaning is kept beside it.

mod cedar;
/// Codes of this room's diagnostics.
pub mod codes;
mod error;
mod gate;
mod k8s;
mod package;

pub use cedar::{CedarFiles, cedar};
pub use error::ImportError;
pub use k8s::{K8sOptions, k8s_rbac};
pub use package::Imported;
