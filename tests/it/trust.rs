//! What it takes to be believed: signed bundles and channels, and every way that was thought of to get another bundle, or an
//! older one, past whoever checks.

mod attacks;
mod channels;
mod elsewhere;
mod policies;

use std::collections::BTreeSet;

use gatewright::bundle::ArchiveLimits;
use gatewright::bundle::Bundle;
use gatewright::bundle::EvidenceSummary;
use gatewright::bundle::GitState;
use gatewright::bundle::LintTotals;
use gatewright::bundle::Refusal;
use gatewright::bundle::TestTotals;
use gatewright::bundle::pack;
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use gatewright::text::Instant;
use gatewright::text::Sources;
use gatewright::trust;
use gatewright::trust::Algorithm;
use gatewright::trust::Kind;
use gatewright::trust::LOCAL_BUILDER;
use gatewright::trust::PrivateKey;
use gatewright::trust::Rebuilt;
use gatewright::trust::Signer;
use gatewright::trust::Signing;
use gatewright::trust::Statements;
use gatewright::trust::TrustPolicy;
use gatewright::trust::Verified;
use serde_json::json;
use sigstore_types::SignatureBytes;

const POLICY: &str = "resource Doc { action read; }\nprincipal User;\nrole reader for User { allow read on Doc; }\n";

/// A small bundle of a version.
fn bytes(version: &str) -> Vec<u8> {
    let config = format!("[package]\nname = \"docs\"\nversion = \"{version}\"\nedition = \"2026\"\n");
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory(
        [("gatewright.toml", config.as_str()), ("policy/main.gate", POLICY)],
        &mut faults,
    );
    let options = pipeline::Options {
        at: at("2026-03-01"),
        levels: Vec::new(),
        roles: None,
    };
    let checked = pipeline::check(&package, &options, faults);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    let suites = pipeline::suites(&package, &checked).unwrap();
    let origin = pipeline::Origin {
        git: Some(GitState {
            commit: "0123456789012345678901234567890123456789".to_owned(),
            tree: None,
            dirty: false,
        }),
        judged_at: Some(at("2026-03-01").to_string()),
        evidence: EvidenceSummary {
            coverage: None,
            lint: Some(LintTotals {
                errors: 0,
                warnings: 1,
                waivers: 0,
            }),
            tests: Some(TestTotals {
                passed: 3,
                failed: 0,
                skipped: 0,
                decisions: 9,
            }),
            proofs: None,
            mutation: None,
        },
        reproduce: Vec::new(),
    };
    let passed = json!({ "outcome": "passed", "decisions": 3 });
    let evidence = [
        (
            "lint",
            json!({ "format": 1, "errors": 0, "warnings": 1, "diagnostics": [{ "severity": "warning" }], "waivers": [] }),
        ),
        (
            "tests",
            json!({ "format": 1, "passed": 3, "failed": 0, "skipped": 0, "decisions": 9,
                "suites": [{ "tests": [passed, passed, passed] }] }),
        ),
    ];
    pack(&pipeline::bundle(&package, &suites, &evidence, origin).unwrap()).unwrap()
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

/// A policy written with the keys' names in place of their PEMs.
fn policy(text: &str, keys: &[(&str, &Signer)]) -> TrustPolicy {
    let (policy, faults) = read(text, keys);
    policy.unwrap_or_else(|| panic!("{faults:?}"))
}

fn read(text: &str, keys: &[(&str, &Signer)]) -> (Option<TrustPolicy>, Vec<String>) {
    let mut text = text.to_owned();
    for (name, signer) in keys {
        text = text.replace(&format!("PEM({name})"), &signer.public().to_pem().unwrap());
    }
    let mut sources = Sources::default();
    let file = sources.add("trust.toml", text);
    let mut out = Diagnostics::new();
    let policy = TrustPolicy::read(&sources, file, &mut out);
    let faults = out.sorted();
    let shown = faults.iter().map(|fault| {
        let place = fault
            .primary()
            .map_or_else(String::new, |span| sources.location(span).to_string());
        format!(
            "{} {place}: {}; {}",
            fault.code,
            fault.message,
            fault.help.as_deref().unwrap_or("-")
        )
    });
    (policy, shown.collect())
}

/// A policy of keys, each of which may do everything; `threshold` of them have to.
fn all_of(threshold: usize, keys: &[(&str, &Signer)]) -> TrustPolicy {
    let mut text = "format = 1\n".to_owned();
    for (name, _) in keys {
        text.push_str(&format!("[keys.{name}]\npublic = \"\"\"\nPEM({name})\"\"\"\n"));
    }
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    for role in ["release", "provenance", "evidence"] {
        text.push_str(&format!("[{role}]\nkeys = {names:?}\nthreshold = {threshold}\n"));
    }
    text.push_str(&format!("[channel]\nkeys = {names:?}\n"));
    policy(&text, keys)
}

fn codes(result: Result<Verified, Vec<Refusal>>) -> BTreeSet<&'static str> {
    match result {
        Ok(verified) => panic!("believed: {verified:?}"),
        Err(refusals) => refusals.into_iter().map(|refusal| refusal.code).collect(),
    }
}

fn verified(bundle: &Bundle, statements: &Statements, policy: &TrustPolicy) -> Result<Verified, Vec<Refusal>> {
    trust::verify(bundle, statements, policy, at("2026-03-02"))
}

/// A file whose signature by a P-256 key is turned into its twin, which is as good by ECDSA.
fn turned(file: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    let read: serde_json::Value = serde_json::from_str(text).unwrap();
    let given = read["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
    let der = SignatureBytes::from_base64(given).unwrap();
    let signature = p256::ecdsa::Signature::from_der(der.as_bytes()).unwrap();
    let (r, s) = signature.split_scalars();
    let twin = p256::ecdsa::Signature::from_scalars(*r, -*s).unwrap();
    let twin = SignatureBytes::from_bytes(twin.to_der().as_bytes()).to_base64();
    assert_ne!(twin, given);
    text.replace(given, &twin).into_bytes()
}
