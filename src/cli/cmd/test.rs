//! `gatewright test`: the scenarios of a package, their snapshots, and reports of the run.

use std::path::PathBuf;

use crate::cli::args::{Format, LintArgs, PackageArgs, ReportArg, Test};
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::{CliError, WRITE_SCENARIOS};
use crate::cli::exit::Exit;
use crate::pipeline::{TestOptions, Tested};
use crate::report::{Style, printable, results};
use crate::scenario::golden::{SnapshotAction, SnapshotMode};
use crate::scenario::{Event, RunReport};
use crate::text::counted;
use crate::{load, pipeline};

use super::package::Package;
use super::review;

pub(in crate::cli) fn run(args: &Test, console: &mut Console) -> Result<Exit, CliError> {
    let mode = snapshot_mode(args)?;
    remove_earlier(&args.reports)?;
    let is_cedar = |folder: &PathBuf| folder.extension().is_some_and(|extension| extension == "cedar");
    if args.folder.folder.as_ref().is_some_and(is_cedar) {
        return Err(CliError::NoTests {
            message: "`.cedar` files have no scenarios: create a package from them with `gatewright import cedar`"
                .to_owned(),
            instead: "test the new package",
        });
    }
    let named = PackageArgs::from(&args.folder);
    let mut package = Package::check(&named, &LintArgs::default())?;
    let faults = package.faults_of_policy();
    if faults.has_errors() {
        return package.show(&faults, args.output.format, console);
    }
    if args.review {
        let tested = tested(&package, args, SnapshotMode::Pending, &mut |_| {})?;
        if let Some(report) = &tested.report {
            review::ask(&package, report, console)?;
        }
        // What was accepted is on disk now; the run that counts reads it from there.
        package = Package::check(&named, &LintArgs::default())?;
    }

    let mut printed = Ok(());
    let human = args.output.format == Format::Human;
    let tested = tested(&package, args, mode, &mut |event| {
        if human && printed.is_ok() {
            printed = console.print(&line(event));
        }
    })?;
    printed?;
    let Some(report) = tested.report else {
        return package.show(&tested.diagnostics, args.output.format, console);
    };
    if report.tests().next().is_none() {
        return Err(CliError::NoTests {
            message: match &args.filter {
                Some(filter) => format!("no test of {} matches `{filter}`", package.named),
                None => format!("{} has no scenarios", package.named),
            },
            instead: match &args.filter {
                Some(_) => "`--filter` selects tests whose suite or name contains its text",
                None => WRITE_SCENARIOS,
            },
        });
    }
    keep(&package, &report)?;
    for asked in &args.reports {
        write(asked, &rendered(asked.format, &report, &package), console)?;
    }
    // JSON is one object; what suites are warned of is not in it.
    if !tested.diagnostics.is_empty() && args.output.format != Format::Json {
        package.show(&tested.diagnostics, args.output.format, console)?;
    }
    let text = match args.output.format {
        Format::Human => conclusion(&report, &package, mode, console.style()),
        format => rendered(format, &report, &package),
    };
    match args.output.format {
        Format::Github => console.print_exactly(&text)?,
        _ => console.print(&text)?,
    }
    Ok(if report.is_success() { Exit::Ok } else { Exit::PolicyFails })
}

fn snapshot_mode(args: &Test) -> Result<SnapshotMode, CliError> {
    if args.folder.when.at_rev.is_some() {
        // The snapshots on disk are not those of the revision.
        return Ok(SnapshotMode::ReadOnly);
    }
    match (env::is_ci(), args.accept, args.review) {
        (true, true, _) => Err(CliError::AcceptInCi { flag: "--accept" }),
        (true, _, true) => Err(CliError::AcceptInCi { flag: "--review" }),
        (true, ..) => Ok(SnapshotMode::ReadOnly),
        (false, true, _) => Ok(SnapshotMode::Accept),
        (false, ..) => Ok(SnapshotMode::Pending),
    }
}

fn tested(
    package: &Package,
    args: &Test,
    snapshots: SnapshotMode,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Tested, CliError> {
    let options = TestOptions { filter: args.filter.as_deref(), threads: env::threads(), snapshots };
    Ok(pipeline::test(&package.loaded, &package.checked, options, on_event)?)
}

/// A report of an earlier run must not pass for one of this, whatever becomes of it.
fn remove_earlier(reports: &[ReportArg]) -> Result<(), CliError> {
    for asked in reports.iter().filter(|asked| !asked.is_stdout()) {
        load::clear_named(&asked.path)?;
    }
    Ok(())
}

/// What is shown of an event while tests run.
fn line(event: Event<'_>) -> String {
    match event {
        Event::SuiteStarted { suite } => format!("{}\n", printable(suite)),
        Event::TestFinished { test, .. } => results::test_line(test),
        Event::RunStarted { .. } | Event::SuiteFinished { .. } | Event::RunFinished { .. } => String::new(),
    }
}

/// Does to the disk what the run asks for.
fn keep(package: &Package, report: &RunReport) -> Result<(), CliError> {
    for action in &report.snapshots {
        match action {
            SnapshotAction::Write { path, text } => {
                load::write_atomic(&package.loaded.root.join(path), text.as_bytes())?;
            }
            SnapshotAction::Remove { path } => load::remove_if_present(&package.loaded.root.join(path))?,
        }
    }
    Ok(())
}

fn write(asked: &ReportArg, text: &str, console: &mut Console) -> Result<(), CliError> {
    match asked.is_stdout() {
        true => console.print_exactly(text),
        false => Ok(load::write_named(&asked.path, text.as_bytes())?),
    }
}

fn rendered(format: Format, report: &RunReport, package: &Package) -> String {
    let root = package.root();
    let files = package.files(&root);
    match format {
        Format::Junit => results::junit(report, files),
        Format::Github => results::annotations(report, files),
        Format::Markdown => results::markdown(report, files),
        _ => results::json(report, files),
    }
}

/// Failures, the count, and what to do about snapshots that wait.
fn conclusion(report: &RunReport, package: &Package, mode: SnapshotMode, style: Style) -> String {
    let root = package.root();
    let mut text = String::new();
    let failures = results::failures(report, package.files(&root), style);
    if !failures.is_empty() {
        text.push_str(&format!("\n{}\n", failures.trim_end()));
    }
    text.push_str(&format!("\n{}: {}\n", printable(&package.named), results::summary(report)));
    let waiting = report.snapshots.iter().filter(|action| matches!(action, SnapshotAction::Write { .. })).count();
    match (mode, waiting) {
        (_, 0) | (SnapshotMode::ReadOnly, _) => {}
        (SnapshotMode::Accept, count) => {
            let snapshots = counted(count, "snapshot");
            text.push_str(&format!("accepted {snapshots}; review before you commit\n"))
        }
        (SnapshotMode::Pending, _) => text.push_str(&format!(
            "to accept new and changed snapshots: gatewright test {} --review, or --accept\n",
            package.named
        )),
    }
    text
}

impl ReportArg {
    fn is_stdout(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}
