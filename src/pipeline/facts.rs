//! From a checked package to the findings of the lints that read what is proved of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use thiserror::Error;

use crate::analysis::Cache;
use crate::analysis::Deadline;
use crate::analysis::Facts;
use crate::analysis::Prover;
use crate::analysis::SchemaRefused;
use crate::analysis::facts;
use crate::analysis::facts::Asked;
use crate::analysis::facts::Replay;
use crate::analysis::solver::Limits;
use crate::decide::Engine;
use crate::decide::EngineError;
use crate::decide::Strictness;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::Severity;
use crate::graph::Holder;
use crate::graph::Program;
use crate::lint;
use crate::lint::Extent;
use crate::load::PackageFiles;
use crate::text::Instant;
use crate::text::Span;

use super::BuildError;
use super::Checked;
use super::build;

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

/// Why nothing could be asked about a package without faults. Each is a fault of ours, but for a schema that is beyond the
/// symbolic compiler.
#[derive(Debug, Error)]
pub enum FactsError {
    /// The bundle could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The bundle could not be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The schema cannot be reasoned about.
    #[error(transparent)]
    Schema(#[from] SchemaRefused),
}

/// Runs the lints that read facts, and tells what these could not find out. A package of which only a part resolved has
/// none: its faults are told, and to prove something of the rest would mislead.
///
/// # Errors
/// Where what the compiler made cannot be built, loaded or reasoned about.
pub fn prove_lints(
    package: &PackageFiles,
    checked: &Checked,
    options: &ProofOptions<'_>,
) -> Result<Diagnostics, FactsError> {
    let mut out = Diagnostics::new();
    if checked.extent == Extent::Part {
        return Ok(out);
    }
    if checked.lowered.schema.is_none() {
        if !checked.failed() {
            out.push(without_schema());
        }
        return Ok(out);
    }
    // Few packages have anything to show, and their bundle takes longer than the rest of a warm run.
    let loaded: OnceLock<Result<Engine, FactsError>> = OnceLock::new();
    let load = || -> Result<Engine, FactsError> {
        let tree = build(checked, &package.sources)?;
        Ok(Engine::from_tree(&tree)?.with_strictness(Strictness::Cedar))
    };
    let prover = options
        .solver
        .map(|solver| Prover::new(solver, options.cache, options.limits, options.deadline));
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
    let Some(facts) = facts::facts(&asked)? else {
        return Ok(out);
    };
    if let Some(Err(error)) = loaded.into_inner() {
        return Err(error);
    }
    read(package, checked, &facts, options.at, &mut out);
    Ok(out)
}

fn read(package: &PackageFiles, checked: &Checked, facts: &Facts, at: Instant, out: &mut Diagnostics) {
    let cx = lint::Cx {
        program: &checked.program,
        lowered: &checked.lowered,
        sources: &package.sources,
        levels: &checked.project.levels,
        at,
        extent: checked.extent,
        facts: Some(facts),
    };
    lint::run(&cx, out);
    lint::unproved(&cx, out);
}

/// Own grants of the roles that extend others, by role.
fn own_grants(program: &Program) -> BTreeMap<String, BTreeSet<Span>> {
    let extending = program.role_ids().filter(|id| {
        let role = program.role(*id);
        role.is_some_and(|role| !role.extends.is_empty())
    });
    extending
        .map(|id| {
            let own = program.grants.iter().filter(|grant| grant.holder == Holder::Role(id));
            (program.role_name(id), own.map(|grant| grant.statement.span).collect())
        })
        .collect()
}

fn without_schema() -> Diagnostic {
    Diagnostic::new(
        lint::codes::UNPROVED,
        Severity::Advice,
        None,
        "without a schema nothing is proved of these policies",
    )
    .help("name one with `--schema`; or leave proofs out with `--no-proofs`")
}
