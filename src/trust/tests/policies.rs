//! Trust policies with faults: all of them in one run, each at its place.

use crate::trust::{Algorithm, policy_of_one};

use super::{key, read};

#[test]
fn the_policy_that_comes_with_a_key_has_no_fault() {
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let signer = key(algorithm);
        for package in [None, Some("shop")] {
            let text = policy_of_one("release", &signer.public().to_pem().unwrap(), package);
            let (policy, faults) = read(&text, &[]);
            assert_eq!(faults, Vec::<String>::new());
            assert_eq!(policy.unwrap().package.as_deref(), package);
        }
    }
}

#[test]
fn every_fault_is_found_in_one_run() {
    let signer = key(Algorithm::P256);
    let text = "formt = 1\n[keys.one]\npublic = \"\"\"\nPEM(k)\"\"\"\nrevokd = true\n\
        [keys.two]\npublic = \"no key\"\nnot_before = 2026-03-01\nnot_after = 2026-02-01\n\
        [keys.three]\nrevoked = \"yes\"\n\
        [release]\nkeys = [\"one\", \"won\", \"one\", 3]\nthreshold = 0\n\
        [provenance]\nkeys = [\"one\"]\nthreshold = 2\nbuilders = \"x\"\n\
        [evidence]\nrequire = [\"test\"]\n[chanel]\n";
    let (policy, faults) = read(text, &[("k", &signer)]);
    assert_eq!(policy, None);
    insta::assert_snapshot!(faults.join("\n"), @r#"
    config-unknown-key trust.toml:1:1: unknown key `formt` in a trust policy; did you mean `format`?
    config-unknown-key trust.toml:9:1: unknown key `revokd` in `[keys.one]`; did you mean `revoked`?
    config-value trust.toml:10:7: the key `two` expires before it becomes valid; set `not_after` later than `not_before`
    trust-key trust.toml:11:10: the key `two` cannot be read: it is not a PEM file of a public key; use the PEM of a P-256 or Ed25519 public key, as written by `gatewright key generate`
    config-missing-key trust.toml:14:1: missing key `public` in `[keys.three]`; write `public = """-----BEGIN PUBLIC KEY----- …"""` under `[keys.three]`
    config-type trust.toml:15:11: `keys.three.revoked` must be `true` or `false`, found text; write it without quotes
    config-value trust.toml:17:16: unknown key name `won`; known here: `one`, `two`
    config-value trust.toml:17:23: duplicate key `one`; list each key once
    config-type trust.toml:17:30: an entry of `release.keys` must be text, found a whole number; write a list, as in ["release-2026"]
    config-value trust.toml:18:13: `release.threshold` is out of range; write a number from 1 to 100
    config-value trust.toml:19:1: the threshold is 2 distinct keys, but only 1 can sign; list more keys, or lower `threshold`; otherwise nothing can pass
    config-type trust.toml:22:12: `provenance.builders` must be a list, found text; write a list, as in ["https://example.com/builder"]
    config-missing-key trust.toml:23:1: missing key `keys` in `[evidence]`; write `keys = ["NAME"]` under `[evidence]`
    config-value trust.toml:24:12: `test` is not a kind of evidence; did you mean `tests`?
    config-unknown-key trust.toml:25:2: unknown key `chanel` in a trust policy; did you mean `channel`?
    "#);
}

#[test]
fn a_policy_that_nothing_can_pass_or_that_counts_one_key_twice_is_a_fault() {
    let signer = key(Algorithm::P256);
    let of = |text: &str| read(&format!("format = 1\n{text}"), &[("k", &signer)]).1.join("\n");
    insta::assert_snapshot!(
        of("[keys.a]\npublic = \"\"\"\nPEM(k)\"\"\"\n[keys.b]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"a\", \"b\"]\nthreshold = 2\n"),
        @"trust-key trust.toml:10:10: `a` and `b` are the same key; list each key once, under one name"
    );
    insta::assert_snapshot!(
        of("[keys.a]\npublic = \"\"\"\nPEM(k)\"\"\"\nrevoked = true\n[release]\nkeys = [\"a\"]\n"),
        @"config-value trust.toml:10:1: the threshold is 1 distinct keys, but only 0 can sign; list more keys, or lower `threshold`; otherwise nothing can pass"
    );
    insta::assert_snapshot!(of(""), @r#"
    config-missing-key trust.toml:1:1: missing key `keys` in `[release]`; write `keys = ["NAME"]` under `[release]`
    config-missing-key trust.toml:1:1: the trust policy has no keys; write `[keys.NAME]`, with `public = """` and the PEM of a public key below
    "#);
    insta::assert_snapshot!(read("format = 2\n[keys.a\n", &[]).1.join("\n"), @"config-syntax trust.toml:2:8: invalid TOML: unclosed table, expected `]`; close the section's name with `]`");
}

#[test]
fn what_looks_like_a_demand_and_demands_nothing_is_a_fault() {
    let signer = key(Algorithm::P256);
    let of = |text: &str| {
        let text = format!("format = 1\n{text}\n[keys.a]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"a\"]\n");
        read(&text, &[("k", &signer)]).1.join("\n")
    };
    for section in ["provenance", "evidence", "channel"] {
        let fault = format!("missing key `keys` in `[{section}]`");
        assert!(of(&format!("[{section}]")).contains(&fault), "{section}");
        assert!(of(&format!("[{section}]\nkeys = []")).contains("only 0 can sign"), "{section}");
    }
    assert_eq!(
        of("[provenance]\nkeys = [\"a\"]\nbuilders = []"),
        "config-value trust.toml:4:12: `provenance.builders` is empty; list the builders that may build, or remove the \
         key to allow any"
    );
    assert!(of("package = \"\"").contains("`package`"));
}

#[test]
fn a_key_is_no_trust_policy() {
    let pem = key(Algorithm::P256).public().to_pem().unwrap();
    assert_eq!(
        read(&pem, &[]).1,
        [
            "trust-key trust.toml:1:1: this is a key, not a trust policy; pass the `trust.toml` that lists the key and what it may sign"
        ]
    );
}
