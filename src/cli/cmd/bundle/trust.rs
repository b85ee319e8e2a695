//! The trust policy of a verb that verifies.

use std::path::Path;

use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::diag::Diagnostics;
use crate::load::Alone;
use crate::report::Files;
use crate::text::Sources;
use crate::trust::TrustPolicy;
use crate::{load, report};

/// Reads a trust policy. `None` where it has faults, which are told on standard error.
pub(in crate::cli::cmd) fn read(path: &Path, console: &mut Console) -> Result<Option<TrustPolicy>, CliError> {
    let bytes = load::read_if_present(path)?.ok_or_else(|| CliError::NoFile { path: path.to_owned() })?;
    let mut sources = Sources::default();
    let mut faults = Diagnostics::new();
    let file = load::add_text(&mut sources, path.display().to_string(), bytes, Alone::Config, &mut faults);
    let policy = TrustPolicy::read(&sources, file, &mut faults);
    let faults = faults.sorted();
    if !faults.is_empty() {
        console.tell(&report::diagnostics(&faults, Files::new(&sources), console.error_style()));
    }
    Ok(policy)
}
