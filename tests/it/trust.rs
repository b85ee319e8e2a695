//! Signed bundles byte by byte, and in the hands of programs that are not ours. Who is believed for what is tested beside the code.

mod elsewhere;
mod flipped;

use gatewright::bundle::{ArchiveLimits, Bundle, EvidenceSummary, GitState, LintTotals, Refusal, TestTotals, pack};
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::text::Instant;
use gatewright::trust::{
    Algorithm, Kind, LOCAL_BUILDER, PrivateKey, Rebuilt, Signer, Signing, Statements, TrustPolicy, Verified,
};
use gatewright::{pipeline, trust};
use serde_json::json;

const POLICY: &str = "resource Doc { action read; }\nprincipal User;\nrole reader for User { allow read on Doc; }\n";

/// A small bundle of a version.
fn bytes(version: &str) -> Vec<u8> {
    let config = format!("[package]\nname = \"docs\"\nversion = \"{version}\"\nedition = \"2026\"\n");
    let mut faults = Diagnostics::new();
    let package =
        PackageFiles::in_memory([("gatewright.toml", config.as_str()), ("policy/main.gate", POLICY)], &mut faults);
    let options = pipeline::Options { at: at("2026-03-01"), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, faults);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    let (suites, built) = pipeline::suites_of_files(&package, &checked).unwrap();
    let origin = pipeline::Origin {
        git: Some(GitState { commit: "0123456789012345678901234567890123456789".to_owned(), tree: None, dirty: false }),
        judged_at: Some(at("2026-03-01").to_string()),
        evidence: EvidenceSummary {
            coverage: None,
            lint: Some(LintTotals { errors: 0, warnings: 1, waivers: 0, not_run: 0, unanswered: 0 }),
            tests: Some(TestTotals { passed: 3, failed: 0, skipped: 0, decisions: 9 }),
            proofs: None,
            mutation: None,
        },
        reproduce: Vec::new(),
    };
    let passed = json!({ "outcome": "passed", "decisions": 3 });
    let evidence = [
        (
            "lint",
            json!({ "format": 1, "errors": 0, "warnings": 1, "diagnostics": [{ "severity": "warning" }], "waivers": [], "not_run": [] }),
        ),
        (
            "tests",
            json!({ "format": 1, "passed": 3, "failed": 0, "skipped": 0, "decisions": 9,
                "suites": [{ "tests": [passed, passed, passed] }] }),
        ),
    ];
    pack(&pipeline::bundle(&package, built, &suites, &evidence, origin).unwrap()).unwrap()
}

fn opened(bytes: &[u8]) -> Bundle {
    Bundle::open(bytes, &ArchiveLimits::default()).unwrap()
}

fn at(date: &str) -> Instant {
    Instant::parse_date(date).or_else(|| Instant::parse(date)).unwrap()
}

fn key(algorithm: Algorithm) -> Signer {
    Signer::Key(Box::new(PrivateKey::generate(algorithm).unwrap()))
}

fn first() -> Signing<'static> {
    Signing {
        sequence: 1,
        parent: None,
        builder: LOCAL_BUILDER,
        invocation: None,
        kinds: &Kind::BESIDE,
        rebuilt: Rebuilt::Yes,
    }
}

/// Signs, and keeps what others signed.
fn signed(bundle: &Bundle, signing: Signing<'_>, signers: &[&Signer]) -> Statements {
    let mut statements = Statements::new();
    for signer in signers {
        let more = trust::sign(bundle, signing, signer, &statements).unwrap();
        statements.extend(more);
    }
    statements
}

fn verified(bundle: &Bundle, statements: &Statements, policy: &TrustPolicy) -> Result<Verified, Vec<Refusal>> {
    trust::verify(bundle, statements, policy, at("2026-03-02"))
}
