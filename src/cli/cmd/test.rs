//! `gatewright test`: the scenarios of a package, their snapshots, and reports of the run.

use std::path::{Path, PathBuf};

use crate::cli::args::{Format, LintArgs, PackageArgs, Test};
use crate::cli::console::{Console, Detail};
use crate::cli::error::{CliError, WRITE_SCENARIOS};
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::diag::Diagnostics;
use crate::pipeline::{TestOptions, Tested};
use crate::report::{Style, printable, results};
use crate::scenario::golden::{SnapshotAction, SnapshotMode};
use crate::scenario::{Coverage, Event, RunReport, Watch};
use crate::text::{counted, safe};
use crate::{load, pipeline, report};

use super::package::Package;
use super::{measured, review};

pub(in crate::cli) fn run(args: &Test, console: &mut Console) -> Result<Exit, CliError> {
    let mode = snapshot_mode(args)?;
    if let Some(asked) = args.output.reports.iter().find(|asked| asked.format.is_coverage() && !args.coverage.coverage)
    {
        return Err(CliError::NoCoverage { format: asked.format.name() });
    }
    let output = args.output.asked();
    output.clear()?;
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
        return package.show(&faults, output, console);
    }
    if args.review {
        let tested = tested(&package, args, SnapshotMode::Pending, None, &mut |_| {})?;
        if let Some(report) = &tested.report {
            review::ask(&package, report, console)?;
        }
        // What was accepted is on disk now; the run that counts reads it from there.
        package = Package::check(&named, &LintArgs::default())?;
    }

    let changed = match measured::changed(&args.coverage, &named, &package, output, console)? {
        measured::Changed::Faults => return Ok(Exit::PolicyFails),
        measured::Changed::Statements(statements) => Some(statements),
        measured::Changed::NotAsked => None,
    };
    let plan = args.coverage.coverage.then(|| pipeline::coverage_plan(&package.checked, &package.loaded.sources));
    let watch = plan.as_ref().map(Watch::new);
    let mut printed = Ok(());
    let human = output.format == Format::Human && console.detail() == Detail::All;
    let tested = tested(&package, args, mode, watch.as_ref(), &mut |event| {
        if human && printed.is_ok() {
            printed = console.print(&line(event));
        }
    })?;
    printed?;
    let Some(report) = tested.report else {
        return package.show(&tested.diagnostics, output, console);
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
    let coverage = watch.map(|watch| watch.coverage()).map(|coverage| match &changed {
        Some(statements) => coverage.only(statements),
        None => coverage,
    });
    let shortfall = coverage.as_ref().map(|coverage| args.coverage.minimum().shortfall(coverage)).unwrap_or_default();
    let measured = coverage.as_ref().map(|coverage| results::Measured { coverage, shortfall: &shortfall });
    let folder = args.folder.folder.as_deref();
    let shown = Shown { report: &report, measured, warnings: &tested.diagnostics, package: &package, folder, mode };
    output.write(|format| shown.rendered(format), console)?;
    // JSON is one object; what suites are warned of is not in it.
    let is_quiet = output.format == Format::Human && console.detail() == Detail::Failures;
    if !tested.diagnostics.is_empty() && output.format != Format::Json && !is_quiet {
        package.show(&tested.diagnostics, output.format, console)?;
    }
    let text = match output.format {
        Format::Human if is_quiet => shown.conclusion(console.style()).trim_start().to_owned(),
        Format::Human => shown.conclusion(console.style()),
        Format::Github => shown.annotations(),
        format => shown.rendered(format),
    };
    match output.format {
        Format::Github => console.print_exactly(&text)?,
        _ => console.print(&text)?,
    }
    Ok(if report.is_success() && shortfall.is_empty() { Exit::Ok } else { Exit::PolicyFails })
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
    watch: Option<&Watch<'_>>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Tested, CliError> {
    let options = TestOptions { filter: args.filter.as_deref(), threads: env::threads(), snapshots, watch };
    let run =
        |on_event: &mut dyn FnMut(Event<'_>)| pipeline::test(&package.loaded, &package.checked, options, on_event);
    if args.output.format == Format::Human && env::is_shown() {
        // A line for each test is sign enough, and a spinner would stand between them.
        return Ok(run(on_event)?);
    }
    Ok(progress::counted(&format!("testing {}", package.named), |progress| {
        let (mut done, mut all) = (0, 0);
        run(&mut |event| {
            match event {
                Event::RunStarted { tests, .. } => all = tests,
                Event::TestFinished { .. } => done += 1,
                Event::SuiteStarted { .. } | Event::SuiteFinished { .. } | Event::RunFinished { .. } => {}
            }
            progress(done, all);
            on_event(event);
        })
    })?)
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

/// A run that is over, with what there is to show of it.
struct Shown<'a> {
    report: &'a RunReport,
    /// What the tests covered, where that was asked.
    measured: Option<results::Measured<'a>>,
    /// What suites are warned of.
    warnings: &'a Diagnostics,
    package: &'a Package,
    /// The package as the user named it, if so.
    folder: Option<&'a Path>,
    mode: SnapshotMode,
}

impl Shown<'_> {
    fn rendered(&self, format: Format) -> String {
        let Self { report, measured, warnings, package, .. } = *self;
        let root = package.root();
        let files = package.files(&root);
        let coverage = |render: fn(&Coverage, report::Files<'_>) -> String| {
            measured.map(|measured| render(measured.coverage, files)).unwrap_or_default()
        };
        match format {
            Format::Human => {
                let tests = report.suites.iter().map(|suite| {
                    let lines: String = suite.tests.iter().map(results::test_line).collect();
                    format!("{}\n{lines}", printable(&suite.name))
                });
                let tests: String = tests.collect();
                format!("{tests}{}{}", package.human(warnings, Style::PLAIN), self.conclusion(Style::PLAIN))
            }
            Format::Junit => results::junit(report, files),
            Format::Github => report::annotations(warnings, files) + &self.annotations(),
            Format::Markdown => results::markdown(report, files),
            Format::Sarif => results::sarif_log(report, warnings, files),
            Format::Json => results::json(report, files, measured.as_ref()),
            Format::Lcov => coverage(report::lcov),
            Format::Cobertura => coverage(report::cobertura),
            Format::Annotated => coverage(report::annotated),
        }
    }

    /// What failed, and what the tests did not cover, as annotations.
    fn annotations(&self) -> String {
        let root = self.package.root();
        let files = self.package.files(&root);
        let missing = self.measured.map(|measured| report::annotations(measured.shortfall, files));
        results::annotations(self.report, files) + &missing.unwrap_or_default()
    }

    /// Failures, the count, and what to do about snapshots that wait.
    fn conclusion(&self, style: Style) -> String {
        let Self { report, measured, package, mode, .. } = *self;
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
                "to accept new and changed snapshots: gatewright test{} --review, or --accept\n",
                self.folder
                    .map_or_else(String::new, |folder| format!(" {}", safe::word(&folder.display().to_string())))
            )),
        }
        if let Some(measured) = measured {
            text.push_str(&format!("\n{}\n", report::coverage_summary(measured.coverage, package.files(&root))));
            text.push_str(&package.human(measured.shortfall, style));
        }
        text
    }
}
