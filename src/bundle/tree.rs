//! The bundle as a tree of files in memory, sorted by path: what `build` writes to disk and a later archive packs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FileEntry;
use super::sha256_hex;

/// Files by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl BundleTree {
    /// Adds or replaces a file. `path` has `/` between its parts, no `.` or `..`, and does not start with `/`.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// A file's bytes.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The manifest's list of files.
    #[must_use]
    pub fn entries(&self) -> Vec<FileEntry> {
        self.iter()
            .map(|(path, bytes)| FileEntry {
                path: path.to_owned(),
                sha256: sha256_hex(bytes),
                size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            })
            .collect()
    }
}

/// A value as canonical JSON (RFC 8785), with a newline at the end.
///
/// # Errors
/// Where the value holds a number that RFC 8785 cannot write, or a map whose keys are not strings.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json_canonicalizer::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
