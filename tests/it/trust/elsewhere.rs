//! Our statements in others' hands: `securesystemslib` and `in-toto-attestation` from PyPI, `@sigstore/verify` from npm, and
//! plain `openssl` over the bytes that DSSE signs. Each takes what we signed and refuses it altered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::trust;
use gatewright::trust::{Algorithm, Kind, Signer};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{has, root};

use super::{bytes, first, key, opened, signed};

/// A bundle's statements on disk, and one that is altered: another payload under the same signature.
struct Written {
    dir: TempDir,
    digest: String,
    signer: Signer,
}

impl Written {
    fn new(algorithm: Algorithm) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let signer = key(algorithm);
        let bundle = opened(&bytes("1.0.0"));
        let statements = signed(&bundle, first(), &[&signer]);
        for (name, bytes) in &statements {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let text = |name: &str| -> Value { serde_json::from_slice(&statements[name]).unwrap() };
        let mut altered = text("release");
        altered["dsseEnvelope"]["payload"] = text("evidence")["dsseEnvelope"]["payload"].clone();
        fs::write(dir.path().join("altered"), altered.to_string()).unwrap();
        fs::write(dir.path().join("public.pem"), signer.public().to_pem().unwrap()).unwrap();
        Self { digest: bundle.digest.trim_start_matches("sha256:").to_owned(), dir, signer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn files(&self) -> Vec<PathBuf> {
        let kinds = Kind::BESIDE.into_iter().map(Kind::name);
        kinds.chain(["altered"]).map(|name| self.path(name)).collect()
    }
}

fn lines(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn securesystemslib_and_in_toto_take_our_statements_and_refuse_altered_ones() {
    let packages = root().join("target/clients/python");
    if !has("python", packages.join("securesystemslib").is_dir()) {
        return;
    }
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let written = Written::new(algorithm);
        let said = lines(
            Command::new("python3")
                .arg(root().join("tests/it/trust/check_statements.py"))
                .args([&packages, &written.path("public.pem")])
                .args(written.files()),
        );
        let mut expected: Vec<String> =
            Kind::BESIDE.into_iter().map(|kind| format!("ok {} {}", kind.predicate_type(), written.digest)).collect();
        expected.push("refused".to_owned());
        assert_eq!(said, expected, "{algorithm:?}");
    }
}

#[test]
fn sigstore_verify_takes_our_statements_and_refuses_altered_ones() {
    let modules = root().join("target/clients/node/node_modules");
    if !has("node", modules.join("@sigstore/verify").is_dir()) {
        return;
    }
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let written = Written::new(algorithm);
        let said = lines(
            Command::new("node")
                .arg(root().join("tests/it/trust/check_statements.mjs"))
                .args([&modules, &written.path("public.pem")])
                .arg(written.signer.public().id())
                .args(written.files()),
        );
        assert_eq!(said, ["ok", "ok", "ok", "refused"], "{algorithm:?}");
    }
}

#[test]
fn openssl_takes_the_signature_over_the_bytes_that_dsse_signs() {
    let version = Command::new("openssl").arg("version").output();
    if !has("openssl", version.is_ok_and(|output| output.status.success())) {
        return;
    }
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let written = Written::new(algorithm);
        for (name, expected) in [("release", true), ("altered", false)] {
            let (message, signature) = parts(&written.path(name));
            fs::write(written.path("message"), message).unwrap();
            fs::write(written.path("signature"), signature).unwrap();
            let arguments: &[&str] = match algorithm {
                Algorithm::P256 => &["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message"],
                Algorithm::Ed25519 => &[
                    "pkeyutl",
                    "-verify",
                    "-pubin",
                    "-inkey",
                    "public.pem",
                    "-rawin",
                    "-in",
                    "message",
                    "-sigfile",
                    "signature",
                ],
            };
            let output = Command::new("openssl").current_dir(written.dir.path()).args(arguments).output().unwrap();
            assert_eq!(output.status.success(), expected, "{algorithm:?} {name}: {output:?}");
        }
    }
}

#[test]
fn openssl_signs_for_us_as_an_external_signer() {
    let version = Command::new("openssl").arg("version").output();
    if !has("openssl", version.is_ok_and(|output| output.status.success())) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let Signer::Key(key) = key(Algorithm::P256) else { unreachable!("a key in memory") };
    let pem = dir.path().join("private.pem");
    fs::write(&pem, key.to_pem().unwrap()).unwrap();
    let command = |words: &[&str]| Signer::Command {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        public: Box::new(key.public().clone()),
    };
    let pem = pem.to_str().unwrap();
    let openssl = command(&["openssl", "dgst", "-sha256", "-sign", pem]);
    let bundle = opened(&bytes("1.0.0"));
    let statements = signed(&bundle, first(), &[&openssl]);
    let policy = trust::TrustPolicy::of_one(key.public());
    assert!(super::verified(&bundle, &statements, &policy).is_ok());
    for (words, says) in [
        (vec!["openssl", "dgst", "-sha256"], "is not a signature by the key"),
        (vec!["false"], "exited with"),
        (vec!["/nonexistent/signer"], "cannot run"),
        (vec![], "is empty"),
    ] {
        let error = command(&words).sign(b"message").unwrap_err();
        assert!(error.to_string().contains(says), "{words:?}: {error}");
    }
}

/// The bytes that were signed (DSSE's PAE, put together here from its specification) and the signature.
fn parts(path: &Path) -> (Vec<u8>, Vec<u8>) {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let envelope = &file["dsseEnvelope"];
    let payload = decoded(envelope["payload"].as_str().unwrap());
    let kind = envelope["payloadType"].as_str().unwrap();
    let mut message = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    message.extend(payload);
    (message, decoded(envelope["signatures"][0]["sig"].as_str().unwrap()))
}

/// Base64, by the program that everybody has.
fn decoded(text: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text");
    fs::write(&path, text).unwrap();
    let output = Command::new("base64").arg("-d").arg(&path).output().unwrap();
    assert!(output.status.success());
    output.stdout
}
