//! Files that a verb names: what is read of them, and what to pass instead where they are none.

use std::path::Path;

use crate::cli::env;
use crate::cli::error::CliError;
use crate::load;

/// What a file should be.
pub(super) const BUNDLE: &str = "pass a bundle, `FILE.cjar`; `gatewright bundle DIR` builds one";
#[cfg(feature = "signing")]
pub(super) const KEY: &str = "pass a PEM file, as written by `gatewright key generate`";
#[cfg(feature = "signing")]
pub(super) const TRUST: &str = "pass a trust policy, such as the `trust.toml` that `gatewright key generate` writes";
#[cfg(feature = "registry")]
pub(super) const AUTHORITIES: &str = "pass a PEM file with the certificates of the authorities";

/// Sees to it that a bundle can be written in the place of what is there: a bundle, or an empty file.
pub(super) fn for_bundle(path: &Path) -> Result<(), CliError> {
    /// How each bundle begins: with the first file of a ZIP archive.
    const START: &[u8] = b"PK\x03\x04";
    match load::read_if_present(path)? {
        Some(bytes) if !bytes.is_empty() && !bytes.starts_with(START) => {
            Err(CliError::NoBundleThere { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The bytes of a file. `expected` says what to pass.
pub(super) fn read(path: &Path, expected: &'static str) -> Result<Vec<u8>, CliError> {
    if env::is_folder(path) {
        return Err(CliError::FolderForFile { path: path.to_owned(), expected });
    }
    load::read_if_present(path)?.ok_or_else(|| CliError::NoFile { path: path.to_owned(), expected })
}
