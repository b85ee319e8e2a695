//! From two checked packages to what changed between them, and for whom.

use crate::analysis::solver::Limits;
use crate::analysis::{Cache, Deadline, Prover, solver};
use crate::config::Levels;
use crate::load::PackageFiles;
use crate::lower::Lowered;
use crate::semdiff::{Break, CompareError, Difference, Side};
use crate::text::Instant;
use crate::{lint, semdiff};

use super::Checked;
use super::shard::Shard;

/// How packages are compared.
#[derive(Clone, Copy)]
pub struct DiffOptions<'a> {
    /// The engine; without one, what needs it is left open.
    pub solver: Option<&'a dyn solver::Engine>,
    /// Answers of earlier runs.
    pub cache: &'a Cache,
    /// What one question may take.
    pub limits: Limits,
    /// When the run gives up.
    pub deadline: Deadline,
    /// Which part of the kinds of request.
    pub shard: Shard,
    /// The time that clocks of examples are set to.
    pub at: Instant,
    /// The old side in its own form of roles, where that is not the form of the new side.
    pub own_form: Option<&'a Lowered>,
    /// Hears how many kinds of request are settled, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for DiffOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiffOptions").finish_non_exhaustive()
    }
}

/// Compares two packages without faults, which are lowered in one form of roles.
///
/// # Errors
/// Where one of them has no schema.
pub fn diff(
    old: (&PackageFiles, &Checked),
    new: (&PackageFiles, &Checked),
    options: &DiffOptions<'_>,
) -> Result<Difference, CompareError> {
    let prover = options.solver.map(|solver| Prover::new(solver, options.cache, options.limits, options.deadline));
    let mut difference = semdiff::compare(
        side(old),
        side(new),
        &semdiff::Options {
            prover: prover.as_ref(),
            at: options.at,
            own_form: options.own_form,
            is_mine: &|at| options.shard.has(at),
            progress: options.progress,
        },
    )?;
    let held = |checked: &'_ Checked| checked.assignments.clone().unwrap_or_default();
    difference.assignments =
        semdiff::assigned((side(old), &held(old.1)), (side(new), &held(new.1)), &difference.structure.renames);
    let level = |levels: &Levels, id: &str| lint::find(id).map(|lint| lint.level_in(levels));
    difference.terms.extend(semdiff::settings(&old.1.project, &new.1.project, &level));
    difference.terms.sort();
    // Both sides are lowered in one form, so that nothing else shows it.
    if old.1.project.roles != new.1.project.roles {
        difference.breaks.push(Break {
            what: "compile.roles".to_owned(),
            how: "changed, so callers must pass the roles of principals differently".to_owned(),
        });
        difference.breaks.sort();
    }
    Ok(difference)
}

/// A package without faults, all of which is new; `nothing` is one without policies.
#[must_use]
pub fn initial(nothing: (&PackageFiles, &Checked), new: (&PackageFiles, &Checked)) -> Difference {
    let assignments = new.1.assignments.as_deref().unwrap_or_default();
    semdiff::initial(side(nothing), (side(new), &new.1.project, assignments))
}

fn side<'a>((package, checked): (&'a PackageFiles, &'a Checked)) -> Side<'a> {
    Side { program: &checked.program, lowered: &checked.lowered, sources: &package.sources }
}
