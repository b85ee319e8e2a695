//! `gatewright lint`: the findings of the lints alone, with those that need proofs, and the assertions that do not hold; or
//! the list of the lints.

use crate::analysis::solver;
use crate::analysis::solver::{Engine, Found};
use crate::cli::args::{BudgetArgs, Format, Lint};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::diag::Diagnostics;
use crate::pipeline::{ProofOptions, ProvedLints};
use crate::text::Instant;
use crate::{lint, pipeline};

use super::baseline;
use super::baseline::Proofs;
use super::budget::{Budget, lint_budget};
use super::package::Package;

pub(in crate::cli) fn run(args: &Lint, console: &mut Console) -> Result<Exit, CliError> {
    if args.list {
        console.print(&list())?;
        return Ok(Exit::Ok);
    }
    args.output.asked().clear()?;
    let mut package = Package::check(&args.package, &args.lints)?;
    let at = args.package.at.unwrap_or_else(env::today);
    let proofs = match args.proofs.no_proofs {
        true => Proofs::LeftOut,
        false => prove(&mut package, &args.proofs.budget, at)?,
    };
    // Errors are shown too: what does not compile is only partly linted, and must not pass for clean.
    let all = baseline::apply(&args.baseline, &package, proofs)?;
    let told = [lint::codes::NO_SOLVER, lint::codes::UNPROVED];
    let shown: Diagnostics = all
        .into_iter()
        .filter(|found| found.is_error() || lint::find(found.code.as_str()).is_some() || told.contains(&found.code))
        .collect();
    if args.output.format == Format::Human && !shown.iter().any(|found| !told.contains(&found.code)) {
        let beside = if shown.is_empty() { "" } else { " in what was checked; the rest is below" };
        console.print(&format!("{}: no findings{beside}\n", package.named))?;
    }
    package.show(&shown, args.output.asked(), console)
}

/// Adds what the lints find that need proofs.
fn prove(package: &mut Package, args: &BudgetArgs, at: Instant) -> Result<Proofs, CliError> {
    let found = solver::find(&env::solver_places())?;
    let solver = found.as_ref().map(|found: &Found| found.engine.as_ref());
    let budget = lint_budget(args);
    let proved = proving(package, solver, &budget, at)?.found;
    let mut all = std::mem::take(&mut package.checked.diagnostics);
    all.extend(proved);
    // A policy with faults is only partly there, and nothing is proved of it.
    if let Some(found) = found.as_ref().filter(|_| !Package::faults_in(&all).has_errors()) {
        let options = budget.whole(found.engine.as_ref(), at);
        let proofs = progress::counted(&format!("proving the assertions of {}", package.named), |progress| {
            pipeline::assertions(&package.loaded, &package.checked, None, options, progress)
        })?;
        all.extend(pipeline::refuted(&proofs, &package.checked));
    }
    package.checked.diagnostics = all.sorted();
    Ok(match found {
        Some(_) => Proofs::Asked,
        None => Proofs::LeftOut,
    })
}

/// What the lints that need proofs find.
pub(super) fn proving(
    package: &Package,
    solver: Option<&dyn Engine>,
    budget: &Budget,
    at: Instant,
) -> Result<ProvedLints, CliError> {
    let options = ProofOptions { solver, cache: &budget.cache, limits: budget.limits, deadline: budget.deadline, at };
    Ok(progress::counted(&format!("proving {}", package.named), |progress| {
        pipeline::prove_lints(&package.loaded, &package.checked, &options, progress)
    })?)
}

/// Every lint with its default level, the version that brought it and what it finds.
fn list() -> String {
    let widest = |of: fn(&lint::Lint) -> &'static str| lint::all().map(|lint| of(lint).len()).max().unwrap_or(0);
    let (ids, versions) = (widest(lint::Lint::id), widest(|lint| lint.since));
    lint::all()
        .map(|lint| {
            let (id, level, since) = (lint.id(), lint.level.name(), lint.since);
            format!("{id:ids$}  {level:5}  {since:versions$}  {}\n", lint.summary)
        })
        .collect()
}
