//! What `test --changed-since` measures: the statements that mean something else than in a git revision.

use std::collections::BTreeSet;

use crate::cli::args::{CoverageArgs, LintArgs, Output, PackageArgs};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::load::LoadError;
use crate::pipeline;
use crate::scenario::StatementName;

use super::package::Package;

/// The statements that are measured.
pub(super) enum Changed {
    /// All of them.
    NotAsked,
    /// Those that changed.
    Statements(BTreeSet<StatementName>),
    /// The revision has faults, which are shown.
    Faults,
}

/// Reads the package as it was, and compares. Where the revision does not have it, everything is new.
pub(super) fn changed(
    args: &CoverageArgs,
    named: &PackageArgs,
    package: &Package,
    output: Output<'_>,
    console: &mut Console,
) -> Result<Changed, CliError> {
    let Some(revision) = &args.changed_since else { return Ok(Changed::NotAsked) };
    let before = PackageArgs::of(named.package.first().cloned(), named.at, Some(revision.clone()));
    let before = match Package::check(&before, &LintArgs::default()) {
        Err(CliError::Load(LoadError::NotInRevision { .. })) => package.nothing(named.at.unwrap_or_else(env::today)),
        before => before?,
    };
    let faults = before.faults_of_policy();
    if faults.has_errors() {
        before.show(&faults, output, console)?;
        return Ok(Changed::Faults);
    }
    Ok(Changed::Statements(pipeline::changed(&before.checked, &package.checked)))
}
