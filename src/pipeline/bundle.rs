//! From a checked package and its evidence to the bundle that travels, and back: from the sources that a bundle carries
//! to the package.

use serde_json::json;

use crate::bundle::Bundle;
use crate::bundle::BundleTree;
use crate::bundle::Refusal;
use crate::bundle::SOURCE;
use crate::bundle::canonical_json;
use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::scenario;

use super::BuildError;
use super::Origin;
use super::Suites;
use super::build::sign_off;

/// Version of the format of `smoke.json`.
const SMOKE_FORMAT: &str = "1";

/// A piece of evidence: a report in JSON under its name, `lint`.
pub type Evidence = (&'static str, serde_json::Value);

/// Puts a bundle together: what was built for the suites, the sources, the smoke tests of suites without faults, and evidence.
/// The same package, evidence and origin give the same bytes.
///
/// # Errors
/// Where Cedar or the JSON writer refuses what the compiler made.
pub fn bundle(
    package: &PackageFiles,
    suites: &Suites<'_>,
    evidence: &[Evidence],
    origin: Origin,
) -> Result<BundleTree, BuildError> {
    let mut tree = suites.tree.clone();
    for (_, source) in package.sources.iter() {
        tree.insert(format!("{SOURCE}{}", source.name()), source.text());
    }
    let smoke = scenario::smoke(&suites.suites, suites.policy());
    tree.insert(
        "smoke.json",
        canonical_json(&json!({ "format": SMOKE_FORMAT, "suites": smoke }))?,
    );
    for (kind, report) in evidence {
        tree.insert(format!("evidence/{kind}.json"), canonical_json(report)?);
    }
    sign_off(&mut tree, suites.checked, origin)?;
    Ok(tree)
}

/// The package that a bundle carries; what is wrong with its files goes to `out`.
///
/// # Errors
/// Where a file is no text.
pub fn carried(bundle: &Bundle, out: &mut Diagnostics) -> Result<PackageFiles, Refusal> {
    Ok(PackageFiles::in_memory(bundle.sources()?, out))
}
