//! A bundle read from a file, and the package that it carries.

use std::path::Path;

use crate::bundle::{ArchiveLimits, Bundle, Refusal};
use crate::cli::cmd::named;
use crate::cli::cmd::package::Package;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::pipeline;
use crate::report::printable;
use crate::semdiff::RoleEntities;
use crate::text::Instant;

/// The bytes of a file.
pub(in crate::cli::cmd) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    named::read(path, named::BUNDLE)
}

/// The bundle in some bytes, or why they are none.
pub(in crate::cli::cmd) fn open(bytes: &[u8]) -> Result<Bundle, Vec<Refusal>> {
    Bundle::open(bytes, &ArchiveLimits::default())
}

/// The bundle in a file. `None` where it is none: the reasons are told on standard error.
pub(in crate::cli::cmd) fn read_and_open(
    path: &Path,
    console: &mut Console,
) -> Result<Option<(Vec<u8>, Bundle)>, CliError> {
    let bytes = read(path)?;
    match open(&bytes) {
        Ok(bundle) => Ok(Some((bytes, bundle))),
        Err(refusals) => {
            console.tell(&refused(&path.display().to_string(), &refusals));
            Ok(None)
        }
    }
}

/// Why something is refused, a line each.
pub(in crate::cli::cmd) fn refused(what: &str, refusals: &[Refusal]) -> String {
    let what = printable(what);
    let lines = refusals.iter().map(|refusal| format!("{what}: refused: {}\n", printable(&refusal.to_string())));
    lines.collect()
}

/// What is to be known of something and refuses nothing, a line.
pub(in crate::cli::cmd) fn note(what: &str, said: &str) -> String {
    format!("note: {}: {}\n", printable(what), printable(said))
}

/// The package that a bundle carries, checked as on some day.
pub(in crate::cli::cmd) fn package(bundle: &Bundle, named: &str, at: Instant) -> Result<Package, CliError> {
    Package::carried(bundle, named, at).map_err(|refusal| unusable(named, refusal))
}

/// The policies that a bundle ships, as a package of Cedar alone.
pub(super) fn shipped(bundle: &Bundle, named: &str, at: Instant) -> Result<Package, CliError> {
    Package::shipped(bundle, named, at).map_err(|refusal| unusable(named, refusal))
}

/// The entities of roles that a bundle ships.
pub(super) fn roles(named: &str, bundle: &Bundle) -> Result<RoleEntities, CliError> {
    pipeline::shipped_roles(bundle).map_err(|refusal| unusable(named, refusal))
}

fn unusable(named: &str, why: Refusal) -> CliError {
    CliError::Refused { what: named.to_owned(), why }
}
