//! Declared changes of access: read by themselves, and held against a difference.

use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::semdiff;
use crate::semdiff::{Asserted, ChangeFiles, Declaration, Declared, Difference};
use crate::text::Instant;

/// Everything that a package declares; what is wrong with the files goes to `out`. None of it has a say in a decision.
#[must_use]
pub fn declarations(package: &PackageFiles, out: &mut Diagnostics) -> Vec<Declaration> {
    semdiff::declarations(&package.sources, &package.changes, out)
}

/// What the new side declares of a difference, and of its assertions where they were asked about.
#[must_use]
pub fn declared(
    old: &PackageFiles,
    new: &PackageFiles,
    difference: &Difference,
    asserted: Option<&Asserted>,
    at: Instant,
) -> Declared {
    semdiff::declared(difference, asserted, files(old), files(new), at)
}

fn files(package: &PackageFiles) -> ChangeFiles<'_> {
    ChangeFiles { sources: &package.sources, files: &package.changes }
}
