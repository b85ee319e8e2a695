//! The codes of faults and notes of importing. Each has its section in `book/src/language/errors.md`.

use crate::diag::Code;
use crate::load::document::{Format, Language, Nulls};

/// Manifests of Kubernetes.
pub static MANIFEST_FILE: Format = Format {
    language: Language::Yaml,
    nulls: Nulls::Absent,
    unknown_key: MANIFEST,
    missing_key: MANIFEST,
    wrong_type: MANIFEST,
    bad_value: MANIFEST,
};

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
