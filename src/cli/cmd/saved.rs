//! `--save`: requests kept as scenarios.

use std::path::Path;

use crate::load;
use crate::load::LoadError;
use crate::report::Saved;

/// Writes a suite and its entities into a folder.
pub(super) fn write(folder: &Path, saved: &Saved) -> Result<(), LoadError> {
    load::write_atomic(&folder.join(format!("{}.yaml", saved.stem)), saved.suite.as_bytes())?;
    load::write_atomic(&folder.join(format!("{}.json", saved.stem)), saved.entities.as_bytes())
}
