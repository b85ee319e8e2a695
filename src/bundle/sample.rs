//! Small bundles for tests, written by hand as the compiler would write them.

use serde_json::json;

use super::{
    BundleLimits, BundleTree, CedarVersions, CompilerVersion, EvidenceSummary, FORMAT, GitState, LintTotals, MANIFEST,
    Manifest, MinEngine, TestTotals, canonical_json, compat_digest, pack, sha256_hex,
};

/// A bundle of three files, as it must be.
pub(crate) fn sound() -> (BundleTree, Manifest) {
    let mut tree = BundleTree::default();
    for path in ["schema.cedarschema", "policies.json", "source/a.gate"] {
        tree.insert(path, path);
    }
    let (schema, policies) = (sha256_hex(b"schema.cedarschema"), sha256_hex(b"policies.json"));
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        name: "docs".to_owned(),
        version: "1.0.0".to_owned(),
        compiler: CompilerVersion {
            name: "gatewright".to_owned(),
            version: "0.1.0".to_owned(),
            edition: "2026".to_owned(),
        },
        cedar: CedarVersions { language: "4.6.0".to_owned(), sdk: "4.14.1".to_owned() },
        min_engine: MinEngine { gateway: "0.1.0".to_owned(), cedar_language: "4.6.0".to_owned() },
        git: None,
        judged_at: None,
        compat_digest: compat_digest(&schema, &policies),
        schema_digest: schema,
        policy_set_digest: policies,
        limits: BundleLimits { max_validity_days: 30 },
        evidence: EvidenceSummary::default(),
        break_glass: Vec::new(),
        reproduce: Vec::new(),
        files: tree.entries(),
    };
    (tree, manifest)
}

/// The archive of such a bundle in a version, with the evidence of a lint that warns once and of three tests.
#[allow(dead_code, reason = "tests of rooms that a build may leave out use it")]
pub(crate) fn archive(version: &str) -> Vec<u8> {
    let (mut tree, manifest) = sound();
    let passed = json!({ "outcome": "passed", "decisions": 3 });
    let lint = json!({ "format": 1, "errors": 0, "warnings": 1, "diagnostics": [{ "severity": "warning" }],
        "waivers": [], "not_run": [] });
    let tests = json!({ "format": 1, "passed": 3, "failed": 0, "skipped": 0, "decisions": 9,
        "suites": [{ "tests": [passed, passed, passed] }] });
    tree.insert("evidence/lint.json", canonical_json(&lint).unwrap());
    tree.insert("evidence/tests.json", canonical_json(&tests).unwrap());
    let manifest = Manifest {
        version: version.to_owned(),
        git: Some(GitState { commit: "0123456789012345678901234567890123456789".to_owned(), tree: None, dirty: false }),
        evidence: EvidenceSummary {
            lint: Some(LintTotals { errors: 0, warnings: 1, waivers: 0, not_run: 0, unanswered: 0 }),
            tests: Some(TestTotals { passed: 3, failed: 0, skipped: 0, decisions: 9 }),
            ..EvidenceSummary::default()
        },
        files: tree.entries(),
        ..manifest
    };
    tree.insert(MANIFEST, canonical_json(&manifest).unwrap());
    pack(&tree).unwrap()
}
