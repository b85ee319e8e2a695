//! From a checked package to the results of its scenarios, which run on what a bundle ships and nothing else of the compiler.

use std::num::NonZeroUsize;

use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::scenario;
use crate::scenario::golden::{Accepted, SnapshotMode};
use crate::scenario::{Event, RunReport, Watch};

use super::{Checked, Suites, SuitesError, suites};

/// How scenarios are run.
#[derive(Debug, Clone, Copy)]
pub struct TestOptions<'a> {
    /// Only tests whose `SUITE: TEST` contains this.
    pub filter: Option<&'a str>,
    /// How many threads decide.
    pub threads: NonZeroUsize,
    /// What becomes of snapshots that are not as accepted.
    pub snapshots: SnapshotMode,
    /// Who notes what the tests show of the policy, if that is wanted.
    pub watch: Option<&'a Watch<'a>>,
}

/// A run of scenarios.
#[derive(Debug)]
pub struct Tested {
    /// Faults in the suites, sorted by place. With an error among them nothing ran.
    pub diagnostics: Diagnostics,
    /// What happened; `None` where the suites have faults.
    pub report: Option<RunReport>,
}

/// Runs the scenarios of a package without faults. `on_event` hears of each test as it is done.
///
/// # Errors
/// Where what the compiler made cannot be loaded; a fault of ours.
pub fn test(
    package: &PackageFiles,
    checked: &Checked,
    options: TestOptions<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Tested, SuitesError> {
    let loaded = suites(package, checked)?;
    let mut report = (!loaded.diagnostics.has_errors()).then(|| run_suites(package, &loaded, options, on_event));
    if let Some(report) = &mut report {
        report.faults = checked.beside_the_policy(package).cloned().collect();
    }
    Ok(Tested { diagnostics: loaded.diagnostics, report })
}

/// Runs the suites of a package, which have no faults.
pub fn run_suites(
    package: &PackageFiles,
    loaded: &Suites<'_>,
    options: TestOptions<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> RunReport {
    let sources = &package.sources;
    let accepted: Accepted =
        package.snapshots.iter().map(|file| (sources.name(*file).to_owned(), sources.text(*file).to_owned())).collect();
    let options = scenario::RunOptions {
        filter: options.filter,
        threads: options.threads,
        snapshots: options.snapshots,
        accepted: &accepted,
        watch: options.watch,
    };
    scenario::run(&loaded.suites, loaded.policy(), options, on_event)
}
