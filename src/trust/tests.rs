//! What it takes to be believed: signed bundles and channels, and every way that was thought of to get another bundle, or an
//! older one, past whoever checks.

mod attacks;
mod channels;
mod policies;

use std::collections::BTreeSet;

use sigstore_types::SignatureBytes;

use super::{Algorithm, Kind, LOCAL_BUILDER, PrivateKey, Rebuilt, Signer, Signing, Statements, TrustPolicy, Verified};
use crate::bundle::{ArchiveLimits, Bundle, Refusal, sample};
use crate::diag::Diagnostics;
use crate::text::{Instant, Sources};

/// A small bundle of a version.
fn bytes(version: &str) -> Vec<u8> {
    sample::archive(version)
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
        let more = super::sign(bundle, signing, signer, &statements).unwrap();
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
        let place = fault.primary().map_or_else(String::new, |span| sources.location(span).to_string());
        format!("{} {place}: {}; {}", fault.code, fault.message, fault.help.as_deref().unwrap_or("-"))
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
    super::verify(bundle, statements, policy, at("2026-03-02"))
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
