//! From a checked package and its evidence to the bundle that travels, and back: from the sources that a bundle carries
//! to the package.

use cedar_policy::{Policy, PolicySet};
use serde_json::json;

use crate::bundle::{Bundle, BundleTree, Contract, Refusal, SOURCE, canonical_json};
use crate::diag::Diagnostics;
use crate::load::PackageFiles;
use crate::scenario;
use crate::semdiff::RoleEntities;

use super::build::sign_off;
use super::{BuildError, Origin, Suites};

/// Version of the format of `smoke.json`.
const SMOKE_FORMAT: &str = "1";

/// A piece of evidence: a report in JSON under its name, `lint`.
pub type Evidence = (&'static str, serde_json::Value);

/// Puts a bundle together: what was built, the sources, the smoke tests of suites without faults, and evidence.
/// The same package, evidence and origin give the same bytes.
///
/// # Errors
/// Where Cedar or the JSON writer refuses what the compiler made.
pub fn bundle(
    package: &PackageFiles,
    built: BundleTree,
    suites: &Suites<'_>,
    evidence: &[Evidence],
    origin: Origin,
) -> Result<BundleTree, BuildError> {
    let mut tree = built;
    for (_, source) in package.sources.iter() {
        tree.insert(format!("{SOURCE}{}", source.name()), source.text());
    }
    let smoke = scenario::smoke(&suites.suites, suites.policy());
    tree.insert("smoke.json", canonical_json(&json!({ "format": SMOKE_FORMAT, "suites": smoke }))?);
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

/// The policies and the schema that a bundle ships, as a package of Cedar alone: what its engines enforce, whatever its sources
/// say. Each policy keeps its id.
///
/// # Errors
/// Where they cannot be read.
pub fn shipped(bundle: &Bundle, out: &mut Diagnostics) -> Result<PackageFiles, Refusal> {
    let set = policies(bundle)?;
    let mut all: Vec<_> = set.policies().collect();
    all.sort_by(|one, other| one.id().cmp(other.id()));
    let mut text = String::new();
    for policy in all {
        let id: &str = policy.id().as_ref();
        text.push_str(&format!("@id({id:?})\n{}\n", written(policy, |name| name != "id")?));
    }
    let schema = bundle.tree.get(SCHEMA).unwrap_or_default();
    let schema = std::str::from_utf8(schema).map_err(|_| unread("the schema is not UTF-8"))?;
    let manifest = &bundle.manifest;
    let config =
        format!("[package]\nname = \"{}\"\nversion = \"{}\"\nedition = \"2026\"\n", manifest.name, manifest.version);
    let files =
        [("gatewright.toml", config.as_str()), ("policy/shipped.cedar", &text), ("policy/shipped.cedarschema", schema)];
    Ok(PackageFiles::in_memory(files, out))
}

/// The contract that a bundle ships.
///
/// # Errors
/// Where it cannot be read.
pub fn shipped_contract(bundle: &Bundle) -> Result<Contract, Refusal> {
    let bytes = bundle.tree.get(CONTRACT).unwrap_or_default();
    Contract::read(bytes)
        .map_err(|error| Refusal::new("contract-unread", format!("`{CONTRACT}` cannot be read: {error}")))
}

/// The entities of roles that a bundle ships.
///
/// # Errors
/// Where they cannot be read.
pub fn shipped_roles(bundle: &Bundle) -> Result<RoleEntities, Refusal> {
    let bytes = bundle.tree.get(ROLES).unwrap_or_default();
    let read = serde_json::from_slice(bytes);
    read.map(RoleEntities::new)
        .map_err(|error| Refusal::new("roles-unread", format!("`{ROLES}` cannot be read: {error}")))
}

/// Whether the two forms in which a bundle ships its policies are the same ones: engines read the one or the other.
///
/// # Errors
/// Where they are not, or cannot be read.
pub fn one_policy(bundle: &Bundle) -> Result<(), Refusal> {
    let in_json = said(&policies(bundle)?)?;
    let mut in_cedar = Vec::new();
    for (path, bytes) in bundle.tree.iter() {
        if path.starts_with("policies/") {
            let text = std::str::from_utf8(bytes).map_err(|error| unread(&error.to_string()))?;
            let set: PolicySet = text.parse().map_err(|error: cedar_policy::ParseErrors| unread(&error.to_string()))?;
            in_cedar.extend(said(&set)?);
        }
    }
    in_cedar.sort();
    match in_json == in_cedar {
        true => Ok(()),
        false => Err(Refusal::new(
            "policies-differ",
            format!("`{POLICIES}` and the files in `policies/` are not the same policies"),
        )),
    }
}

const POLICIES: &str = "policies.json";
const SCHEMA: &str = "schema.cedarschema";
const CONTRACT: &str = "contract.json";
const ROLES: &str = "entities/roles.json";

fn unread(why: &str) -> Refusal {
    Refusal::new("policies-unread", format!("the policies cannot be read: {why}"))
}

fn policies(bundle: &Bundle) -> Result<PolicySet, Refusal> {
    let bytes = bundle.tree.get(POLICIES).unwrap_or_default();
    let set = PolicySet::from_json_file(bytes).map_err(|error| unread(&error.to_string()))?;
    // Links are shipped as the policies that they make.
    let template = set.templates().next().map(|template| template.id().to_string());
    match template {
        Some(id) => Err(unread(&format!("`{id}` is a template, which a bundle cannot contain"))),
        None => Ok(set),
    }
}

/// What the policies of a set say, sorted, without their names and annotations.
fn said(set: &PolicySet) -> Result<Vec<String>, Refusal> {
    let all = set.policies().map(|policy| written(policy, |_| false));
    let mut all = all.collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}

/// A policy in the one way in which what was read from JSON is written, with some of its annotations.
fn written(policy: &Policy, keeps: fn(&str) -> bool) -> Result<String, Refusal> {
    let mut value = policy.to_json().map_err(|error| unread(&error.to_string()))?;
    if let Some(annotations) = value.get_mut("annotations").and_then(|all| all.as_object_mut()) {
        annotations.retain(|name, _| keeps(name));
    }
    let read = Policy::from_json(None, value).map_err(|error| unread(&error.to_string()))?;
    read.to_cedar().ok_or_else(|| unread("a linked policy has no text"))
}
