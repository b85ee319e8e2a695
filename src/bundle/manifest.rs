//! `bundle.json`: what is in the bundle, by digest, and what made it.

use serde::Deserialize;
use serde::Serialize;

/// The manifest. Its own digest is not in it; every other file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the bundle format.
    pub format: String,
    /// The package's name.
    pub name: String,
    /// The package's version (semver).
    pub version: String,
    /// What compiled it.
    pub compiler: CompilerVersion,
    /// Which Cedar it is written for.
    pub cedar: CedarVersions,
    /// SHA-256 of `schema.cedarschema`.
    pub schema_digest: String,
    /// SHA-256 of `policies.json`.
    pub policy_set_digest: String,
    /// Names of the break-glass profiles.
    pub break_glass: Vec<String>,
    /// Every other file, sorted by path.
    pub files: Vec<FileEntry>,
}

/// The compiler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompilerVersion {
    /// `gatewright`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The edition of the language.
    pub edition: String,
}

/// The Cedar versions the bundle is written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CedarVersions {
    /// Version of the Cedar language.
    pub language: String,
    /// Version of the SDK that validated it.
    pub sdk: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path from the bundle's root, with `/`.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}
