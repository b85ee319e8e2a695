//! From a checked package to the findings of the lints that read what is proved of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use thiserror::Error;

use crate::analysis::facts::{Asked, Replay};
use crate::analysis::solver::Limits;
use crate::analysis::{Cache, Deadline, Prover, facts};
use crate::decide::{Engine, EngineError, Strictness};
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::{Holder, Program, StatementId};
use crate::lint::{Extent, Lint, Unasked};
use crate::load::PackageFiles;
use crate::text::Instant;
use crate::{lint, lower};

use super::{Checked, engine};

/// How lints that read facts are run.
#[derive(Debug, Clone, Copy)]
pub struct ProofOptions<'a> {
    /// The solver; without one the lints see what a replay shows, and say so.
    pub solver: Option<&'a dyn crate::analysis::solver::Engine>,
    /// Where answers are kept.
    pub cache: &'a Cache,
    /// What a question may take.
    pub limits: Limits,
    /// When the run gives up.
    pub deadline: Deadline,
    /// Today.
    pub at: Instant,
}

/// Why no request could be replayed. Each is a fault of ours.
#[derive(Debug, Error)]
pub enum FactsError {
    /// The bundle could not be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What lints that prove came to.
#[derive(Debug, Default)]
pub struct ProvedLints {
    /// What they found, and what they could not find out.
    pub found: Diagnostics,
    /// Those of which nothing was asked, or not all, because there is no solver or no schema for it.
    pub not_run: Vec<&'static Lint>,
}

/// Runs the lints that read facts, and tells what these could not find out. A package of which only a part resolved has
/// none, and neither has one in which policies share an id: its faults are told, and to prove something of the rest would mislead.
/// `progress` hears how many tasks are done, and of how many that are known by then.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded.
pub fn prove_lints(
    package: &PackageFiles,
    checked: &Checked,
    options: &ProofOptions<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<ProvedLints, FactsError> {
    let mut out = Diagnostics::new();
    let without = |found| ProvedLints { found, not_run: lint::that_prove(&checked.project.levels) };
    let same_id = |found: &Diagnostic| found.code == lower::codes::RAW_SAME_ID;
    if checked.extent == Extent::Part || checked.diagnostics.iter().any(same_id) {
        return Ok(without(out));
    }
    let cx = lint::Cx {
        program: &checked.program,
        conditions: &checked.conditions,
        lowered: &checked.lowered,
        sources: &package.sources,
        levels: &checked.project.levels,
        at: options.at,
        extent: checked.extent,
        assignments: checked.assignments.as_deref(),
        facts: None,
    };
    if checked.lowered.schema.is_none() {
        // One that does not hold together is told as a fault.
        let told = lint::unasked(&cx, &Unasked::NoSchema).filter(|_| !checked.failed());
        out.extend(told);
        return Ok(without(out));
    }
    // Few packages have anything to show, and their bundle takes longer than the rest of a warm run.
    let loaded: OnceLock<Result<Engine, FactsError>> = OnceLock::new();
    let load = || -> Result<Engine, FactsError> { Ok(engine(&checked.lowered)?.with_strictness(Strictness::Cedar)) };
    let prover = options
        .solver
        .map(|solver| Prover::new(solver, options.cache, options.limits, options.deadline).telling(progress));
    let asked = Asked {
        lowered: &checked.lowered,
        prover: prover.as_ref(),
        replay: Replay {
            plain: &|| loaded.get_or_init(load).as_ref().ok(),
            contract: &checked.lowered.contract,
            at: options.at,
        },
        roles: &own_grants(&checked.program),
    };
    let facts = match facts::facts(&asked) {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(ProvedLints::default()),
        Err(refused) => {
            out.extend(lint::unasked(&cx, &Unasked::SchemaRefused(refused.to_string())));
            return Ok(without(out));
        }
    };
    if let Some(Err(error)) = loaded.into_inner() {
        return Err(error);
    }
    let cx = lint::Cx { facts: Some(&facts), ..cx };
    lint::run(&cx, &mut out);
    lint::unproved(&cx, &mut out);
    match options.solver {
        Some(_) => Ok(ProvedLints { found: out, not_run: Vec::new() }),
        None => Ok(without(out)),
    }
}

/// Own grants of the roles that extend others, by role.
fn own_grants(program: &Program) -> BTreeMap<String, BTreeSet<StatementId>> {
    let extending = program.role_ids().filter(|id| {
        let role = program.role(*id);
        role.is_some_and(|role| !role.extends.is_empty())
    });
    extending
        .map(|id| {
            let own = program.grants.iter().filter(|grant| grant.holder == Holder::Role(id));
            (program.role_name(id), own.map(|grant| grant.statement.id.clone()).collect())
        })
        .collect()
}
