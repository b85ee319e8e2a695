//! From a checked package to the tree of files that travels.

use std::collections::BTreeMap;

use cedar_policy::PolicySet;
use serde_json::json;
use thiserror::Error;

use crate::bundle::{
    BundleLimits, BundleTree, CedarVersions, CompilerVersion, EvidenceSummary, FORMAT, GitState, MANIFEST, Manifest,
    MinEngine, canonical_json, compat_digest, sha256_hex,
};
use crate::decide::{Engine, EngineError, Parts};
use crate::lower::Lowered;
use crate::text::Sources;

use super::Checked;

/// The first gateway that reads this bundle format.
const GATEWAY: &str = "0.1.0";

/// Why a package without faults could not be written as a bundle. Each is a fault of ours.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Cedar would not write or read back what it was given.
    #[error("Cedar could not write the policies: {0}")]
    Cedar(String),
    /// A value could not be written as canonical JSON.
    #[error("a bundle file could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a bundle holds besides what is compiled.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The commit, where there is a repository.
    pub git: Option<GitState>,
    /// The day that everything was judged on.
    pub judged_at: Option<String>,
    /// What the evidence comes to.
    pub evidence: EvidenceSummary,
    /// The command that makes it again.
    pub reproduce: Vec<String>,
}

/// Builds the compiled files and their manifest in memory; the same package gives the same bytes.
///
/// # Errors
/// Where Cedar or the JSON writer refuses what the compiler made.
pub fn build(checked: &Checked, sources: &Sources) -> Result<BundleTree, BuildError> {
    let mut tree = compiled(checked, sources)?;
    sign_off(&mut tree, checked, Origin::default())?;
    Ok(tree)
}

/// The compiled files.
fn compiled(checked: &Checked, sources: &Sources) -> Result<BundleTree, BuildError> {
    let lowered = &checked.lowered;
    let mut tree = BundleTree::default();
    for (path, text) in lowered.policy_files(sources).map_err(BuildError::Cedar)? {
        tree.insert(path, text);
    }
    tree.insert("policies.json", canonical_json(&policy_set_json(lowered)?)?);
    tree.insert("schema.cedarschema", lowered.schema_text.clone().unwrap_or_default());
    tree.insert("entities/roles.json", canonical_json(&roles_json(lowered))?);
    tree.insert("contract.json", canonical_json(&lowered.contract)?);
    tree.insert("origins.json", canonical_json(&lowered.origins)?);
    let policies = tree.get("policies.json").map(sha256_hex).unwrap_or_default();
    tree.insert("metadata.json", canonical_json(&metadata_json(checked, &policies))?);
    Ok(tree)
}

/// Adds the manifest of everything that is there.
pub(super) fn sign_off(tree: &mut BundleTree, checked: &Checked, origin: Origin) -> Result<(), BuildError> {
    let digest = |path: &str| tree.get(path).map(sha256_hex).unwrap_or_default();
    let (schema_digest, policy_set_digest) = (digest("schema.cedarschema"), digest("policies.json"));
    let language = cedar_policy::get_lang_version().to_string();
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        name: checked.project.name.clone(),
        version: checked.project.version.clone(),
        compiler: CompilerVersion {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            edition: checked.project.edition.name().to_owned(),
        },
        min_engine: MinEngine { gateway: GATEWAY.to_owned(), cedar_language: language.clone() },
        cedar: CedarVersions { language, sdk: cedar_policy::get_sdk_version().to_string() },
        git: origin.git,
        judged_at: origin.judged_at,
        compat_digest: compat_digest(&schema_digest, &policy_set_digest),
        schema_digest,
        policy_set_digest,
        limits: BundleLimits { max_validity_days: checked.project.bundle.max_validity_days },
        evidence: origin.evidence,
        break_glass: checked.lowered.contract.break_glass.keys().cloned().collect(),
        reproduce: origin.reproduce,
        files: tree.entries(),
    };
    tree.insert(MANIFEST, canonical_json(&manifest)?);
    Ok(())
}

/// Version of the policy stores that Cedarling reads; 2.5 refuses a later one, and 2.6 reads this one.
const POLICY_STORE_VERSION: u32 = 1;

/// What Cedarling must find in a policy store. Its id is that of the policies; no time is in it, so that the same package gives
/// the same bytes.
fn metadata_json(checked: &Checked, policies: &str) -> serde_json::Value {
    let project = &checked.project;
    let id: String = policies.chars().filter(char::is_ascii_hexdigit).take(STORE_ID).collect();
    let description = project.description.clone().unwrap_or_default();
    json!({
        "policy_store_spec_version": POLICY_STORE_VERSION,
        "cedar_version": cedar_policy::get_sdk_version().to_string(),
        "policy_store": {
            "id": id,
            "name": project.name,
            "version": project.version,
            "description": description.chars().take(STORE_DESCRIPTION).collect::<String>(),
        },
    })
}

/// The digits of a policy store's id, and the most characters of its description.
const STORE_ID: usize = 64;
const STORE_DESCRIPTION: usize = 1000;

/// The evaluator of what a package would ship, without writing it. Cedar files need no schema.
///
/// # Errors
/// Where what the compiler made does not hold together; a fault of ours.
pub fn engine(lowered: &Lowered) -> Result<Engine, EngineError> {
    let policies = policy_set(lowered).map_err(EngineError::Policies)?;
    let Some(schema) = &lowered.schema else {
        return Engine::new(policies, None, []);
    };
    let (schema_json, roles, contract) = (&lowered.schema_json, &roles_json(lowered), &lowered.contract);
    Engine::of(Parts { policies, schema, schema_json, roles, contract })
}

/// The whole set as Cedar JSON: the only form in which other clients keep policy ids.
fn policy_set_json(lowered: &Lowered) -> Result<serde_json::Value, BuildError> {
    policy_set(lowered).and_then(|set| set.to_json().map_err(|error| error.to_string())).map_err(BuildError::Cedar)
}

/// All policies that ship.
fn policy_set(lowered: &Lowered) -> Result<PolicySet, String> {
    let all = lowered.policies.iter().map(|(policy, _)| policy.clone());
    let all = all.chain(lowered.unknown_types.iter().map(|(_, policy)| policy.clone()));
    let all = all.chain(lowered.raw.iter().map(|raw| raw.policy.clone()));
    PolicySet::from_policies(all).map_err(|error| error.to_string())
}

/// Roles as Cedar entities without parents: `extends` is flattened into the policies.
fn roles_json(lowered: &Lowered) -> serde_json::Value {
    let entities: BTreeMap<String, serde_json::Value> = lowered
        .roles
        .iter()
        .map(|(ty, id)| (id.clone(), json!({ "uid": { "type": ty, "id": id }, "attrs": {}, "parents": [] })))
        .collect();
    serde_json::Value::Array(entities.into_values().collect())
}
