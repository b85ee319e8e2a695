//! Edited bundles whose sources say less than what they ship: of another version of the compiler, and with evidence of failures.

use std::fs;

use gatewright::bundle::{ArchiveLimits, Bundle, BundleTree, Manifest, canonical_json, pack};
use serde_json::json;

use super::Shop;
use super::edited::{edit_of, edited_contract, json_of, nothing_beside, wide_in_both_forms};

/// A bundle that says that another version made it ships what it likes, so the version is judged by that.
#[test]
fn the_version_of_what_another_version_made_is_judged_by_what_it_ships() {
    let shop = Shop::new();
    let older = |said: &mut Manifest| said.compiler.version = "0.0.9".to_owned();
    shop.publish("1.0.0", "bundles");
    shop.version("1.0.1");
    type Edit = (fn(&mut BundleTree), fn(&mut Manifest));
    let edits: [Edit; 4] = [
        (wide_in_both_forms, |_| {}),
        (|tree| edited_contract(tree, |contract| contract["provenance"]["mfa"] = json!("caller")), |_| {}),
        (|tree| tree.insert("entities/roles.json", "[]\n"), |_| {}),
        (|_| {}, |said| said.limits.max_validity_days = 366),
    ];
    let publish = "publish edited.cjar bundles --key k/private.pem --no-rebuild";
    for (at, (files, manifest)) in edits.into_iter().enumerate() {
        edit_of(&shop, "1.0.1", &files, &|said| {
            older(said);
            manifest(said);
        });
        let run = shop.run(publish);
        assert_eq!(run.code, 1, "{at}: {run:?}");
        assert!(
            run.err.contains("version 1.0.1 is lower than 1.1.0") && run.err.contains("[version-too-low]"),
            "{run:?}"
        );
        assert!(run.err.contains("`gatewright bundle diff`"), "{at}: {run:?}");
        assert!(!shop.path("bundles/versions/1.0.1").exists());
    }
    // What ships the same is published with its note, and so is what decides nothing.
    edit_of(&shop, "1.0.1", &|tree| tree.insert("smoke.json", "{\"format\":\"1\",\"suites\":[{}]}\n"), &older);
    let run = shop.run(publish);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("built by version 0.0.9"), "{run:?}");
    // The next release is compared with what that one ships.
    shop.version("1.0.2");
    let run = shop.run("publish 1.0.2.cjar bundles --key k/private.pem");
    assert_eq!(run.code, 0, "{run:?}");
}

/// No package with a failure is bundled, so evidence that records one is somebody's edit, whatever its digests are.
#[test]
fn evidence_that_records_a_failure_is_refused_by_every_verb() {
    let shop = Shop::new();
    let failed = |tree: &mut BundleTree| {
        let mut tests = json_of(tree, "evidence/tests.json");
        tests["suites"][0]["tests"][0]["outcome"] = json!("failed");
        tests["passed"] = json!(tests["passed"].as_u64().unwrap() - 1);
        tests["failed"] = json!(1);
        tree.insert("evidence/tests.json", canonical_json(&tests).unwrap());
    };
    let bundle = Bundle::open(&shop.bytes("1.0.0"), &ArchiveLimits::default()).unwrap();
    let (mut tree, mut said) = (bundle.tree, bundle.manifest);
    failed(&mut tree);
    said.files = tree.entries();
    let tests = said.evidence.tests.as_mut().unwrap();
    (tests.passed, tests.failed) = (tests.passed - 1, 1);
    tree.insert("bundle.json", canonical_json(&said).unwrap());
    fs::write(shop.path("edited.cjar"), pack(&tree).unwrap()).unwrap();
    for args in [
        "bundle inspect edited.cjar",
        "bundle sign edited.cjar --key k/private.pem --no-rebuild",
        "bundle verify edited.cjar --trust k/trust.toml",
        "publish edited.cjar bundles --key k/private.pem --no-rebuild",
    ] {
        let run = shop.run(args);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{args}: {run:?}");
        let says = "`evidence/tests.json` records 1 failed test [evidence-failed]";
        assert!(run.err.contains(says), "{args}: {run:?}");
    }
    nothing_beside(&shop);
}
