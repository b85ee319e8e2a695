//! From a checked package to its bundle and the suites that are typed against it: what tests and questions start from.

use cedar_policy::PolicySet;
use thiserror::Error;

use crate::bundle::BundleTree;
use crate::decide::Engine;
use crate::decide::EngineError;
use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::scenario;
use crate::scenario::Policy;
use crate::scenario::Suite;

use super::BuildError;
use super::Checked;
use super::build;

/// A compiled package and its suites.
#[derive(Debug)]
pub struct Suites<'a> {
    /// The package.
    pub checked: &'a Checked,
    /// The bundle's files.
    pub tree: BundleTree,
    /// The evaluator, loaded from them.
    pub engine: Engine,
    /// The suites without faults.
    pub suites: Vec<Suite>,
    /// Faults in the suites, sorted by place.
    pub diagnostics: Diagnostics,
}

impl Suites<'_> {
    /// The policy as its bundle shows it.
    #[must_use]
    pub fn policy(&self) -> Policy<'_> {
        policy(self.checked, &self.engine)
    }
}

/// Why the suites of a package without faults could not be read.
#[derive(Debug, Error)]
pub enum SuitesError {
    /// The bundle could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The bundle could not be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Builds a package without faults and reads its suites.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn suites<'a>(package: &PackageFiles, checked: &'a Checked) -> Result<Suites<'a>, SuitesError> {
    let sources = &package.sources;
    let tree = build(checked, sources)?;
    let engine = Engine::from_tree(&tree)?;
    let mut out = Diagnostics::new();
    let policy = policy(checked, &engine);
    let suites = scenario::load_suites(sources, &package.scenarios, policy, checked.project.test_at, &mut out);
    scenario::too_few_approvers(&suites, policy, &mut out);
    Ok(Suites {
        checked,
        tree,
        engine,
        suites,
        diagnostics: out.sorted(),
    })
}

/// What is wrong with the entities beside the `.cedar` files of a package without faults.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn check_entities(package: &PackageFiles, checked: &Checked) -> Result<Diagnostics, SuitesError> {
    let mut out = Diagnostics::new();
    if let Some(file) = package.entities {
        let engine = match checked.lowered.schema {
            Some(_) => Engine::from_tree(&build(checked, &package.sources)?)?,
            // Without a schema, any entity is one.
            None => Engine::new(PolicySet::new(), None, [])?,
        };
        scenario::check_entities(&package.sources, file, policy(checked, &engine), &mut out);
    }
    Ok(out)
}

fn policy<'a>(checked: &'a Checked, engine: &'a Engine) -> Policy<'a> {
    Policy {
        contract: &checked.lowered.contract,
        origins: &checked.lowered.origins,
        engine,
    }
}
