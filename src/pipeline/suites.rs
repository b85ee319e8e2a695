//! From a checked package to its bundle and the suites that are typed against it: what tests and questions start from.

use thiserror::Error;

use crate::bundle::BundleTree;
use crate::decide::{Engine, EngineError};
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::PackageFiles;
use crate::scenario::{Policy, Suite};
use crate::{lint, scenario};

use super::{BuildError, Checked, build, declarations, engine};

/// A compiled package and its suites.
#[derive(Debug)]
pub struct Suites<'a> {
    /// The package.
    pub checked: &'a Checked,
    /// The evaluator of what ships.
    pub engine: Engine,
    /// The suites without faults.
    pub suites: Vec<Suite>,
    /// Faults that keep the suites from running, sorted by place.
    pub diagnostics: Diagnostics,
}

impl Suites<'_> {
    /// The policy as its gateway sees it.
    #[must_use]
    pub fn policy(&self) -> Policy<'_> {
        policy(self.checked, &self.engine)
    }

    /// Everything that is wrong with the suites: also what makes single tests fail and keeps no other from running.
    #[must_use]
    pub fn faults(&self) -> Diagnostics {
        let of_tests = self.suites.iter().flat_map(Suite::faults);
        let all: Diagnostics = self.diagnostics.iter().chain(of_tests).cloned().collect();
        all.sorted()
    }
}

/// Why the suites of a package without faults could not be read.
#[derive(Debug, Error)]
pub enum SuitesError {
    /// The bundle could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What ships could not be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Reads the suites of a package without faults, for what it would ship.
///
/// # Errors
/// Where what the compiler made cannot be loaded; a fault of ours.
pub fn suites<'a>(package: &PackageFiles, checked: &'a Checked) -> Result<Suites<'a>, SuitesError> {
    Ok(suites_for(package, checked, engine(&checked.lowered)?))
}

/// As [`suites`], for the files of a bundle, read back.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn suites_of_files<'a>(
    package: &PackageFiles,
    checked: &'a Checked,
) -> Result<(Suites<'a>, BundleTree), SuitesError> {
    let tree = build(checked, &package.sources)?;
    let engine = Engine::from_tree(&tree)?;
    Ok((suites_for(package, checked, engine), tree))
}

fn suites_for<'a>(package: &PackageFiles, checked: &'a Checked, engine: Engine) -> Suites<'a> {
    let sources = &package.sources;
    let mut out = Diagnostics::new();
    let policy = policy(checked, &engine);
    let suites = scenario::load_suites(sources, &package.scenarios, policy, checked.project.test_at, &mut out);
    scenario::too_few_approvers(&suites, policy, &mut out);
    Suites { checked, engine, suites, diagnostics: out.sorted() }
}

/// Adds to what is wrong with a package what is wrong with its declared changes and its suites. They have no say in what the
/// policy decides. Names in suites are looked up in a policy that is sound; beside one that is not, only what is no YAML is told.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn beside(package: &PackageFiles, checked: &mut Checked) -> Result<(), SuitesError> {
    let mut found = Diagnostics::new();
    let _ = declarations(package, &mut found);
    let others: Vec<_> = checked.beside_the_policy(package).collect();
    let is_of_policy = |one: &&Diagnostic| lint::find(one.code.as_str()).is_none() && !others.contains(one);
    let is_sound = !checked.diagnostics.iter().filter(is_of_policy).any(Diagnostic::is_error);
    found.extend(match is_sound {
        false => scenario::unreadable(&package.sources, &package.scenarios),
        true if package.scenarios.is_empty() => Diagnostics::new(),
        true => suites(package, checked)?.faults(),
    });
    let all = std::mem::take(&mut checked.diagnostics);
    checked.diagnostics = all.into_iter().chain(found).collect::<Diagnostics>().sorted();
    Ok(())
}

/// What is wrong with the entities beside the `.cedar` files of a package without faults.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn check_entities(package: &PackageFiles, checked: &Checked) -> Result<Diagnostics, SuitesError> {
    let mut out = Diagnostics::new();
    if let Some(file) = package.entities {
        let engine = engine(&checked.lowered)?;
        scenario::check_entities(&package.sources, file, policy(checked, &engine), &mut out);
    }
    Ok(out)
}

fn policy<'a>(checked: &'a Checked, engine: &'a Engine) -> Policy<'a> {
    Policy { contract: &checked.lowered.contract, origins: &checked.lowered.origins, engine }
}
