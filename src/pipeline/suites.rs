//! From a checked package to its bundle and the suites that are typed against it: what tests and questions start from.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::bundle::BundleTree;
use crate::decide::{Engine, EngineError};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lint::Extent;
use crate::load::PackageFiles;
use crate::scenario;
use crate::scenario::{Policy, Suite};
use crate::text::words;

use super::check::unmerged_once;
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
/// policy decides. Where a part of the policy is lost to an error, suites are read against the rest, and only what no lost part
/// can mend is told.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn beside(package: &PackageFiles, checked: &mut Checked) -> Result<(), SuitesError> {
    let mut found = Diagnostics::new();
    let _ = declarations(package, &mut found);
    if !package.scenarios.is_empty() {
        found.extend(match (checked.extent, suites(package, checked)) {
            (Extent::Whole, Ok(suites)) => suites.faults(),
            (Extent::Part, Ok(suites)) => certain(suites.faults(), package),
            // What Cedar refuses makes no engine; the check has told why.
            (_, Err(_)) if checked.failed() => scenario::unreadable(&package.sources, &package.scenarios),
            (_, Err(error)) => return Err(error),
        });
    }
    let all = std::mem::take(&mut checked.diagnostics);
    checked.diagnostics = unmerged_once(all.into_iter().chain(found).collect()).sorted();
    Ok(())
}

/// The faults of suites that stay whatever the lost parts of the policy declare: those in their form, and names that stand nowhere
/// in the policy and that no suite declares.
fn certain(faults: Diagnostics, package: &PackageFiles) -> Diagnostics {
    let sources = &package.sources;
    let policy = [&package.gate, &package.cedar, &package.cedarschema].into_iter().flatten();
    let mut known: BTreeSet<String> = policy.flat_map(|file| words(sources.text(*file))).map(str::to_owned).collect();
    known.extend(scenario::declared_names(sources, &package.scenarios));
    let is_certain = |fault: &Diagnostic| {
        let code = fault.code;
        if code == scenario::codes::UNKNOWN_NAME {
            let name = fault.primary().map_or("", |span| sources.slice(span));
            return words(name).eq([name]) && !known.contains(name);
        }
        scenario::codes::OF_FORM.contains(&code) || !code.as_str().starts_with("scenario-")
    };
    faults.into_iter().filter(is_certain).collect()
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
