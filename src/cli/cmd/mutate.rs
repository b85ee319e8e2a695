//! `gatewright mutate`: how strong the scenarios of a package are.

use std::path::PathBuf;

use crate::analysis::solver;
use crate::analysis::solver::Found;
use crate::cli::args::{BudgetArgs, Format, LintArgs, Mutate, PackageArgs};
use crate::cli::console::Console;
use crate::cli::error::{CliError, WRITE_SCENARIOS};
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::mutation::{MutationOperator, Tally};
use crate::pipeline::{MutateOptions, Mutated, Part, Shard, Suites, Tried};
use crate::report::{Requests, printable, results};
use crate::text::Instant;
use crate::{load, parallel, pipeline, report};

use super::budget::budget;
use super::package::Package;
use super::saved;

pub(in crate::cli) fn run(args: &Mutate, console: &mut Console) -> Result<Exit, CliError> {
    if let Some(jobs) = args.jobs {
        parallel::allow(jobs);
    }
    let output = args.output.asked();
    output.clear()?;
    let package = Package::check(&PackageArgs::from(&args.folder), &LintArgs::default())?;
    let faults = package.faults_of_policy();
    if faults.has_errors() {
        return package.show(&faults, output, console);
    }
    let root = package.root();
    let files = package.files(&root);
    if args.list {
        let all = pipeline::mutants(&package.loaded, &package.checked, &args.kinds);
        console.print(&report::mutants(&all, files))?;
        return Ok(Exit::Ok);
    }
    if !args.merge.is_empty() {
        let (tried, at) = merged(&args.merge, &package)?;
        return told(args, &Report { package: &package, tried: &tried, part: None, at }, console);
    }
    let suites = pipeline::suites(&package.loaded, &package.checked)?;
    if suites.diagnostics.has_errors() {
        return package.show(&suites.diagnostics, output, console);
    }
    // Without one, what no test notices is undecided, which counts against the tests.
    let found = solver::find(&env::solver_places())?;
    let asked = Asked {
        found: found.as_ref(),
        budget: &args.budget,
        at: args.folder.when.at.unwrap_or_else(env::today),
        kinds: &args.kinds,
        shard: args.shard.map_or(Shard::WHOLE, |(part, of)| Shard { part, of }),
    };
    let (tried, part) = match tried(&package, &suites, &asked, console)? {
        Ok(tried) => tried,
        Err(exit) => return Ok(exit),
    };
    let part = args.shard.map(|_| &part);
    let exit = told(args, &Report { package: &package, tried: &tried, part, at: asked.at }, console)?;
    if let (Some(caution), Format::Human) = (found.as_ref().and_then(Found::caution), args.output.format) {
        console.print(&format!("warning: {caution}\n"))?;
    }
    Ok(exit)
}

/// The most bytes of a report that is merged.
const MOST_BYTES: usize = 256 << 20;

/// What is told of a run.
struct Report<'a> {
    package: &'a Package,
    tried: &'a Tried,
    part: Option<&'a Part>,
    at: Instant,
}

/// Tells what became of mutants, and keeps the requests that would kill some.
fn told(args: &Mutate, told: &Report<'_>, console: &mut Console) -> Result<Exit, CliError> {
    let Report { package, tried, part, at } = *told;
    let root = package.root();
    let files = package.files(&root);
    let engine = tried.engine.as_deref();
    let rendered = |format| match format {
        Format::Json => report::mutation_json(&tried.trials, tried.tally, engine, files, Requests::Shown, part),
        _ => {
            let survivors = report::survivors(&tried.trials, files, at);
            let gap = if survivors.is_empty() { "" } else { "\n" };
            let summary = report::mutation_summary(tried.tally, engine);
            let part = part.map(|part| format!("part {}/{}: ", part.part, part.of)).unwrap_or_default();
            format!("{survivors}{gap}{}: {part}{summary}\n", printable(&package.named))
        }
    };
    let output = args.output.asked();
    console.print(&rendered(output.format))?;
    output.write(rendered, console)?;
    if let Some(folder) = &args.save {
        for one in report::mutation_scenarios(&tried.trials, files, at) {
            saved::write(folder, &one)?;
        }
    }
    Ok(args.min.map_or(Exit::Ok, |min| exit(tried.tally, min)))
}

/// The whole that reports of parts make.
fn merged(paths: &[PathBuf], package: &Package) -> Result<(Tried, Instant), CliError> {
    let read = |path: &PathBuf| {
        let bytes = load::read_at_most(path, MOST_BYTES)?;
        Ok((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    let files = paths.iter().map(read).collect::<Result<Vec<_>, CliError>>()?;
    pipeline::merge(&package.loaded, &package.checked, &files).map_err(|error| CliError::Merge(*error))
}

/// What is asked of a package.
pub(super) struct Asked<'a> {
    pub(super) found: Option<&'a Found>,
    pub(super) budget: &'a BudgetArgs,
    pub(super) at: Instant,
    pub(super) kinds: &'a [MutationOperator],
    pub(super) shard: Shard,
}

/// Tries the mutants; or how the run ends where the scenarios fail without any, which is shown.
pub(super) fn tried(
    package: &Package,
    suites: &Suites<'_>,
    asked: &Asked<'_>,
    console: &mut Console,
) -> Result<Result<(Tried, Part), Exit>, CliError> {
    let budget = budget(asked.budget);
    let build = env::build();
    let (mutated, part) = progress::counted(&format!("mutating {}", package.named), |progress| {
        let options = MutateOptions {
            solver: asked.found.map(|found| found.engine.as_ref()),
            cache: &budget.cache,
            build: &build,
            limits: budget.limits,
            deadline: budget.deadline,
            at: asked.at,
            kinds: asked.kinds,
            shard: asked.shard,
            progress,
        };
        (pipeline::mutate(&package.loaded, suites, &options), Part::new(&package.loaded, &options))
    });
    let report = match mutated? {
        Mutated::Tried(tried) => return Ok(Ok((tried, part))),
        Mutated::Unfit(report) => report,
    };
    if report.totals().failed == 0 && report.unreferenced.is_empty() {
        return Err(CliError::NoTests {
            message: format!("{} has no scenarios that run", package.named),
            instead: WRITE_SCENARIOS,
        });
    }
    let root = package.root();
    let failures = results::failures(&report, package.files(&root), console.style());
    console.print(&format!(
        "{}\n\n{}: {}; mutants are tested only if all tests pass\n",
        failures.trim_end(),
        printable(&package.named),
        results::summary(&report)
    ))?;
    Ok(Err(Exit::PolicyFails))
}

/// Where the score is too low even if all that is undecided did not count, the tests are known to be too weak.
fn exit(tally: Tally, min: u8) -> Exit {
    let reaches = |score: Option<usize>| score.map(|score| score >= usize::from(min));
    let at_best = Tally { undecided: 0, ..tally };
    let may_reach = reaches(at_best.score()).unwrap_or(tally.undecided > 0);
    match (reaches(tally.score()).unwrap_or(false), may_reach) {
        (true, _) => Exit::Ok,
        (false, true) => Exit::NotProved,
        (false, false) => Exit::PolicyFails,
    }
}

#[cfg(test)]
mod tests_of_exit {
    use super::*;

    #[test]
    fn what_is_undecided_is_no_pass_and_no_known_failure() {
        let tally = |killed, missed, undecided| Tally { killed, missed, undecided, ..Tally::default() };
        let cases = [
            (tally(8, 2, 0), Exit::Ok),
            (tally(7, 3, 0), Exit::PolicyFails),
            (tally(8, 1, 2), Exit::NotProved),
            (tally(7, 3, 5), Exit::PolicyFails),
            (tally(0, 0, 2), Exit::NotProved),
            (tally(0, 0, 0), Exit::PolicyFails),
        ];
        for (tally, expected) in cases {
            assert_eq!(exit(tally, 80), expected, "{tally:?}");
        }
    }
}
