//! Bundles and statements that are altered, exchanged or mixed.

use std::collections::BTreeSet;

use serde_json::json;

use crate::bundle::canonical_json;
use crate::trust::envelope::seal;
use crate::trust::statement::{statement, subject};
use crate::trust::{Algorithm, Kind, LOCAL_BUILDER, PrivateKey, Rebuilt, Signer, Signing, Statements, TrustPolicy};

use super::{all_of, bytes, codes, first, key, opened, policy, signed, turned, verified};

fn set<const N: usize>(codes: [&'static str; N]) -> BTreeSet<&'static str> {
    BTreeSet::from(codes)
}

#[test]
fn a_signed_bundle_is_believed_and_what_is_known_of_it_is_told() {
    for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
        let signer = key(algorithm);
        let bundle = opened(&bytes("1.0.0"));
        let statements = signed(&bundle, first(), &[&signer]);
        assert_eq!(statements.keys().collect::<Vec<_>>(), ["evidence", "provenance", "release"]);
        assert_eq!(statements, signed(&bundle, first(), &[&signer]), "the same files each time");
        let facts = verified(&bundle, &statements, &TrustPolicy::of_one(signer.public())).unwrap();
        assert_eq!((facts.release.sequence, facts.release.parent), (1, None));
        assert_eq!(facts.built.unwrap().slsa_level, 1, "nobody vouches for a local build");
    }
}

/// ECDSA has two signatures for one, and anybody can make the other: a mirror could give every reader another file.
#[test]
fn a_signature_that_is_turned_into_its_twin_is_refused() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let statements = signed(&bundle, first(), &[&signer]);
    let policy = TrustPolicy::of_one(signer.public());
    assert!(verified(&bundle, &statements, &policy).is_ok());
    for kind in Kind::BESIDE {
        let mut others = statements.clone();
        others.insert(kind.name().to_owned(), turned(&statements[kind.name()]));
        assert!(codes(verified(&bundle, &others, &policy)).contains("bad-signature"), "{kind:?}");
    }
}

#[test]
fn key_swap_a_bundle_signed_by_somebody_else_is_refused() {
    let (ours, theirs) = (key(Algorithm::P256), key(Algorithm::P256));
    let bundle = opened(&bytes("1.0.0"));
    let policy = TrustPolicy::of_one(ours.public());
    let statements = signed(&bundle, first(), &[&theirs]);
    assert_eq!(codes(verified(&bundle, &statements, &policy)), set(["wrong-key", "threshold-not-met"]));
    // A statement that says it is by our key.
    let ours_said = signed(&bundle, first(), &[&ours]);
    let (our_id, their_id) = (ours.public().id(), theirs.public().id());
    let mut forged = Statements::new();
    for (name, bytes) in &statements {
        let text = String::from_utf8(bytes.clone()).unwrap().replace(their_id, our_id);
        forged.insert(name.clone(), text.into_bytes());
    }
    assert_eq!(forged.keys().collect::<Vec<_>>(), ours_said.keys().collect::<Vec<_>>());
    assert!(codes(verified(&bundle, &forged, &policy)).contains("bad-signature"));
    // Two keys named in one file.
    let half = String::from_utf8(statements["release"].clone()).unwrap().replacen(their_id, our_id, 1);
    let mut forged = ours_said;
    forged.insert("release".to_owned(), half.into_bytes());
    assert!(codes(verified(&bundle, &forged, &policy)).contains("statement-form"));
}

#[test]
fn mix_and_match_statements_of_one_bundle_do_not_speak_for_another() {
    let signer = key(Algorithm::P256);
    let policy = TrustPolicy::of_one(signer.public());
    let (old, new) = (opened(&bytes("1.0.0")), opened(&bytes("1.1.0")));
    let of_old = signed(&old, first(), &[&signer]);
    let of_new = signed(&new, first(), &[&signer]);
    assert!(codes(verified(&new, &of_old, &policy)).contains("subject-mismatch"));
    for kind in Kind::BESIDE {
        let mut mixed = of_new.clone();
        mixed.insert(kind.name().to_owned(), of_old[kind.name()].clone());
        assert!(codes(verified(&new, &mixed, &policy)).contains("subject-mismatch"), "{kind:?}");
        let mut lacking = of_new.clone();
        lacking.remove(kind.name());
        assert_eq!(codes(verified(&new, &lacking, &policy)), set(["missing-statement"]), "{kind:?}");
        for other in Kind::BESIDE.into_iter().filter(|other| *other != kind) {
            let mut mixed = of_new.clone();
            mixed.insert(kind.name().to_owned(), of_new[other.name()].clone());
            assert!(codes(verified(&new, &mixed, &policy)).contains("statement-kind"), "{other:?} as {kind:?}");
        }
    }
}

#[test]
fn a_file_that_is_no_statement_is_refused_whoever_signed_the_others() {
    let signer = key(Algorithm::P256);
    let policy = TrustPolicy::of_one(signer.public());
    let bundle = opened(&bytes("1.0.0"));
    let statements = signed(&bundle, first(), &[&signer]);
    for name in ["approval", "release.", "release.ABCDEF0123456789", "release.abc", "releases", "channel"] {
        let mut more = statements.clone();
        more.insert(name.to_owned(), statements["release"].clone());
        assert_eq!(codes(verified(&bundle, &more, &policy)), set(["unexpected-statement"]), "{name}");
    }
    let mut more = statements.clone();
    more.insert("release.abcdef0123456789".to_owned(), b"{}".to_vec());
    assert_eq!(codes(verified(&bundle, &more, &policy)), set(["statement-form"]));
    let text = String::from_utf8(statements["release"].clone()).unwrap();
    let other = text.replace("application/vnd.in-toto+json", "application/vnd.in-toto+jsom");
    more.insert("release".to_owned(), other.into_bytes());
    assert!(codes(verified(&bundle, &more, &policy)).contains("unknown-payload-type"));
}

#[test]
fn a_threshold_counts_distinct_keys_that_say_the_same() {
    let (one, two, three) = (key(Algorithm::P256), key(Algorithm::Ed25519), key(Algorithm::P256));
    let keys = [("one", &one), ("two", &two), ("three", &three)];
    let policy = all_of(2, &keys);
    let bundle = opened(&bytes("1.0.0"));
    let enough = signed(&bundle, first(), &[&one, &two]);
    assert_eq!(enough.len(), 6);
    let facts = verified(&bundle, &enough, &policy).unwrap();
    let by: BTreeSet<&str> = facts.released_by.iter().map(String::as_str).collect();
    assert_eq!(by, set(["one", "two"]));
    assert!(verified(&bundle, &signed(&bundle, first(), &[&one, &two, &three]), &policy).is_ok());
    assert_eq!(codes(verified(&bundle, &signed(&bundle, first(), &[&one]), &policy)), set(["threshold-not-met"]));
    // The same key once more, under the name of another's file.
    let mut twice = signed(&bundle, first(), &[&one]);
    for kind in Kind::BESIDE {
        let copy = twice[kind.name()].clone();
        twice.insert(format!("{}.{}", kind.name(), two.public().id().get(..16).unwrap()), copy);
    }
    assert_eq!(codes(verified(&bundle, &twice, &policy)), set(["threshold-not-met"]));
    // Two keys that say two things.
    let second = Signing { sequence: 2, parent: Some("sha256:00"), ..first() };
    let mut split = signed(&bundle, first(), &[&one]);
    split.extend(crate::trust::sign(&bundle, second, &two, &split).unwrap());
    assert_eq!(codes(verified(&bundle, &split, &policy)), set(["threshold-not-met"]));
    // One key is enough, and two trusted keys disagree.
    assert_eq!(codes(verified(&bundle, &split, &all_of(1, &keys))), set(["statement-conflict"]));
}

#[test]
fn keys_are_rotated_by_signing_with_both_and_a_revoked_one_counts_no_more() {
    let (old, new) = (key(Algorithm::P256), key(Algorithm::Ed25519));
    let bundle = opened(&bytes("1.0.0"));
    let both = signed(&bundle, first(), &[&old, &new]);
    for (who, signer) in [("does not know the new key", &old), ("knows the new one only", &new)] {
        assert!(verified(&bundle, &both, &TrustPolicy::of_one(signer.public())).is_ok(), "{who}");
    }
    let text = |old: &str| {
        let mut text = format!(
            "format = 1\n[keys.old]\npublic = \"\"\"\nPEM(old)\"\"\"\n{old}\n[keys.new]\npublic = \"\"\"\nPEM(new)\"\"\"\n"
        );
        for role in ["release", "provenance", "evidence"] {
            text.push_str(&format!("[{role}]\nkeys = [\"old\", \"new\"]\n"));
        }
        text
    };
    let keys = [("old", &old), ("new", &new)];
    let of_old = signed(&bundle, first(), &[&old]);
    assert!(verified(&bundle, &of_old, &policy(&text(""), &keys)).is_ok());
    for (state, code) in [
        ("revoked = true", "key-revoked"),
        ("not_after = 2026-03-02", "key-expired"),
        ("not_before = 2026-03-03", "key-expired"),
    ] {
        let policy = policy(&text(state), &keys);
        assert_eq!(codes(verified(&bundle, &of_old, &policy)), set([code, "threshold-not-met"]), "{state}");
        let facts = verified(&bundle, &both, &policy).unwrap();
        assert_eq!(facts.released_by, ["new"], "{state}");
    }
    assert!(verified(&bundle, &of_old, &policy(&text("not_after = 2026-03-03"), &keys)).is_ok());
    let from_now = policy(&text("not_before = 2026-03-02"), &keys);
    assert!(verified(&bundle, &of_old, &from_now).is_ok(), "it counts from that very moment");
}

#[test]
fn what_is_signed_must_be_what_the_bundle_says() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let policy = TrustPolicy::of_one(signer.public());
    // A signer that was given another bundle's facts under this bundle's digest.
    let mut lying = bundle.clone();
    lying.manifest.version = "9.9.9".to_owned();
    let statements = signed(&lying, first(), &[&signer]);
    assert!(codes(verified(&bundle, &statements, &policy)).contains("subject-mismatch"));
    let mut lying = bundle.clone();
    lying.manifest.evidence.tests.as_mut().unwrap().passed = 1000;
    assert_eq!(codes(verified(&bundle, &signed(&lying, first(), &[&signer]), &policy)), set(["evidence-mismatch"]));
    let mut lying = bundle.clone();
    lying.manifest.git.as_mut().unwrap().commit = "f".repeat(40);
    assert_eq!(codes(verified(&bundle, &signed(&lying, first(), &[&signer]), &policy)), set(["provenance-mismatch"]));
    for (sequence, parent) in [(0, None), (2, None), (1, Some("sha256:00"))] {
        let signing = Signing { sequence, parent, ..first() };
        assert_eq!(codes(verified(&bundle, &signed(&bundle, signing, &[&signer]), &policy)), set(["release-mismatch"]));
    }
}

#[test]
fn a_key_speaks_only_for_what_it_may() {
    let (lead, ci) = (key(Algorithm::P256), key(Algorithm::P256));
    let keys = [("lead", &lead), ("ci", &ci)];
    let text = "format = 1\n[keys.lead]\npublic = \"\"\"\nPEM(lead)\"\"\"\n[keys.ci]\npublic = \"\"\"\nPEM(ci)\"\"\"\n\
        [release]\nkeys = [\"lead\"]\n[provenance]\nkeys = [\"ci\"]\nbuilders = [\"https://ci.example.com/w\"]\n\
        hosted = [\"https://ci.example.com/w\"]\n";
    let policy = policy(text, &keys);
    let bundle = opened(&bytes("1.0.0"));
    assert!(codes(verified(&bundle, &signed(&bundle, first(), &[&ci]), &policy)).contains("wrong-key"));
    let release = Signing { kinds: &[Kind::Release], ..first() };
    let local = Signing { kinds: &[Kind::Provenance], ..first() };
    let hosted = Signing { builder: "https://ci.example.com/w", ..local };
    let sign = |how, signer: &Signer| crate::trust::sign(&bundle, how, signer, &Statements::new()).unwrap();
    let mut statements = sign(release, &lead);
    statements.extend(sign(local, &ci));
    assert_eq!(codes(verified(&bundle, &statements, &policy)), set(["builder"]));
    statements.extend(sign(hosted, &ci));
    let facts = verified(&bundle, &statements, &policy).unwrap();
    assert_eq!(facts.built.unwrap().slsa_level, 2);
    assert_eq!(facts.evidence_by, None, "the policy asks for none");
}

#[test]
fn a_policy_for_a_package_refuses_every_other_one() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let name = &bundle.manifest.name;
    let statements = signed(&bundle, first(), &[&signer]);
    let with = |package: &str| {
        let key = "[keys.k]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"k\"]\n";
        policy(&format!("format = 1\n{package}\n{key}"), &[("k", &signer)])
    };
    let own = verified(&bundle, &statements, &with(&format!("package = \"{name}\""))).unwrap();
    assert_eq!(own.package.as_deref(), Some(name.as_str()));
    assert_eq!(verified(&bundle, &statements, &with("")).unwrap().package, None);
    for other in ["other".to_owned(), format!("{name}-2"), name.to_uppercase()] {
        let found = verified(&bundle, &statements, &with(&format!("package = \"{other}\"")));
        assert_eq!(codes(found), set(["wrong-package"]), "{other}");
    }
}

#[test]
fn a_release_that_nobody_rebuilt_is_refused_where_that_is_demanded() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    for (demanded, rebuilt, is_believed) in [
        (true, Rebuilt::Yes, true),
        (true, Rebuilt::No, false),
        (false, Rebuilt::Yes, true),
        (false, Rebuilt::No, true),
    ] {
        let text = format!(
            "format = 1\n[keys.k]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"k\"]\nrebuilt = {demanded}\n"
        );
        let statements = signed(&bundle, Signing { rebuilt, ..first() }, &[&signer]);
        match verified(&bundle, &statements, &policy(&text, &[("k", &signer)])) {
            Ok(facts) => assert_eq!((is_believed, facts.release.rebuilt), (true, rebuilt == Rebuilt::Yes)),
            Err(refusals) => {
                assert!(!is_believed);
                assert_eq!(codes(Err(refusals)), set(["not-rebuilt"]));
            }
        }
    }
}

#[test]
fn evidence_below_the_minimum_is_refused() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let statements = signed(&bundle, first(), &[&signer]);
    let minimum = |more: &str| {
        let text = format!(
            "format = 1\n[keys.k]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"k\"]\n[evidence]\nkeys = [\"k\"]\n{more}"
        );
        verified(&bundle, &statements, &policy(&text, &[("k", &signer)]))
    };
    for enough in ["require = [\"lint\", \"tests\"]", "max_warnings = 1", "min_tests = 3"] {
        assert!(minimum(enough).is_ok(), "{enough}");
    }
    for low in ["require = [\"proofs\"]", "require = [\"mutation\"]", "max_warnings = 0", "min_tests = 4"] {
        assert_eq!(codes(minimum(low)), set(["evidence-below-minimum"]), "{low}");
    }
}

#[test]
fn a_private_key_is_never_shown() {
    let key = PrivateKey::generate(Algorithm::P256).unwrap();
    let pem = key.to_pem().unwrap();
    let secret: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let shown = format!("{key:?} {:?}", Signer::Key(Box::new(PrivateKey::from_pem(&pem).unwrap())));
    assert!(shown.contains(key.public().id()) && !shown.contains(&secret), "{shown}");
}

/// A trusted key that signs what no version of this tool would.
#[test]
fn a_release_of_another_name_or_form_is_refused_whoever_signed_it() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let policy = TrustPolicy::of_one(signer.public());
    let release =
        |name: &str, version: &str| json!({ "name": name, "version": version, "sequence": 1, "parent": null });
    for (predicate, code) in [
        (release("docs", "1.0.0"), None),
        (release("docs", "1.0.1"), Some("release-mismatch")),
        (release("payroll", "1.0.0"), Some("release-mismatch")),
        (json!({}), Some("statement-form")),
        (
            json!({ "name": "docs", "version": "1.0.0", "sequence": 1, "parent": null, "more": 1 }),
            Some("statement-form"),
        ),
    ] {
        let said = statement(Kind::Release, subject(&bundle), predicate.clone());
        let mut statements = signed(&bundle, first(), &[&signer]);
        let file = seal(&canonical_json(&said).unwrap(), &signer).unwrap();
        statements.insert("release".to_owned(), file);
        let found = verified(&bundle, &statements, &policy).err();
        let found = found.map(|refusals| refusals.into_iter().map(|refusal| refusal.code).collect::<Vec<_>>());
        assert_eq!(found, code.map(|code| vec![code]), "{predicate}");
    }
}

#[test]
fn level_two_is_for_builders_that_are_known_to_be_hosted_and_never_for_a_local_build() {
    let signer = key(Algorithm::P256);
    let bundle = opened(&bytes("1.0.0"));
    let hosted = format!("[\"https://ci.example.com/w\", \"{LOCAL_BUILDER}\"]");
    let text = format!(
        "format = 1\n[keys.k]\npublic = \"\"\"\nPEM(k)\"\"\"\n[release]\nkeys = [\"k\"]\n[provenance]\nkeys = [\"k\"]\nhosted = {hosted}\n"
    );
    let policy = policy(&text, &[("k", &signer)]);
    for (builder, level) in [("https://ci.example.com/w", 2), ("https://ci.example.com/other", 1), (LOCAL_BUILDER, 1)] {
        let statements = signed(&bundle, Signing { builder, ..first() }, &[&signer]);
        let facts = verified(&bundle, &statements, &policy).unwrap();
        assert_eq!(facts.built.unwrap().slsa_level, level, "{builder}");
    }
}
