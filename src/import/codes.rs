//! The codes of faults and notes of importing. Each has its section in `book/src/language/errors.md`.

use crate::diag::Code;

/// A manifest that Kubernetes would not take either.
pub const MANIFEST: Code = Code::new("k8s-manifest");
/// Two manifests of one object.
pub const SAME_OBJECT: Code = Code::new("k8s-same-object");
/// Something of a manifest that has no place in the package.
pub const LEFT_OUT: Code = Code::new("k8s-left-out");
/// An entry of a rule that no request matches.
pub const NEVER_MATCHES: Code = Code::new("k8s-never-matches");
/// Files in which there is nothing to import.
pub const NOTHING_TO_IMPORT: Code = Code::new("nothing-to-import");
