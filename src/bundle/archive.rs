//! ZIP archives as names and bytes in memory. Names that lead out of a folder, and archives that unpack to more than the
//! caller allows, are refused.

use std::io::{Cursor, Read as _};

use thiserror::Error;
use zip::ZipArchive;

/// Why an archive is not read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// It is no ZIP archive, or a broken one.
    #[error("it is not a complete ZIP archive: {0}")]
    Broken(String),
    /// An entry's name leads out of the folder, or cannot be one.
    #[error("the path of its entry `{0}` is not inside a folder")]
    Path(String),
    /// It unpacks to more than it may.
    #[error("it unpacks to more than {0} bytes")]
    Size(u64),
}

/// The files of an archive in their order, folders left out.
///
/// # Errors
/// Where it is no archive, an entry would lie outside a folder, or all of it is larger than `most_bytes`.
pub fn read_archive(bytes: &[u8], most_bytes: u64) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let broken = |error: &dyn std::error::Error| ArchiveError::Broken(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut files = Vec::new();
    let mut left = most_bytes;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| broken(&error))?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map_err(|error| broken(&error))?.into_owned();
        if entry.enclosed_name().is_none() || name.contains(['\\', '\0']) {
            return Err(ArchiveError::Path(name));
        }
        let mut content = Vec::new();
        // The declared size is the archive's word only, so that reading is what is limited.
        let read = entry.take(left.saturating_add(1)).read_to_end(&mut content).map_err(|error| broken(&error))?;
        left =
            u64::try_from(read).ok().and_then(|read| left.checked_sub(read)).ok_or(ArchiveError::Size(most_bytes))?;
        files.push((name, content));
    }
    Ok(files)
}
