//! Bundles that somebody edited between whoever made them and whoever signs, publishes, compares or pulls them, with all digests
//! made to fit: the policies, what the gateway reads, what the manifest says, the evidence. Sources are left as they are.

use std::fs;

use gatewright::bundle::{ArchiveLimits, Bundle, BundleTree, Manifest, canonical_json, pack, sha256_hex};
use gatewright::trust;
use gatewright::trust::{Kind, LOCAL_BUILDER, PrivateKey, Rebuilt, Signer, Signing, Statements};
use serde_json::{Value, json};

use super::Shop;

/// Writes `edited.cjar`: the bundle of version 1.0.0 with other files and another manifest, whose digests fit.
fn edit(shop: &Shop, files: &dyn Fn(&mut BundleTree), manifest: &dyn Fn(&mut Manifest)) -> Bundle {
    edit_of(shop, "1.0.0", files, manifest)
}

/// The same of another version.
pub(super) fn edit_of(
    shop: &Shop,
    version: &str,
    files: &dyn Fn(&mut BundleTree),
    manifest: &dyn Fn(&mut Manifest),
) -> Bundle {
    let bundle = Bundle::open(&shop.bytes(version), &ArchiveLimits::default()).unwrap();
    let (mut tree, mut said) = (bundle.tree, bundle.manifest);
    files(&mut tree);
    said.files = tree.entries();
    let digest = |path: &str| sha256_hex(tree.get(path).unwrap());
    said.policy_set_digest = digest("policies.json");
    said.schema_digest = digest("schema.cedarschema");
    said.compat_digest = sha256_hex(format!("{}\n{}\n", said.schema_digest, said.policy_set_digest).as_bytes());
    manifest(&mut said);
    tree.insert("bundle.json", canonical_json(&said).unwrap());
    let bytes = pack(&tree).unwrap();
    fs::write(shop.path("edited.cjar"), &bytes).unwrap();
    Bundle::open(&bytes, &ArchiveLimits::default()).unwrap()
}

pub(super) fn json_of(tree: &BundleTree, path: &str) -> Value {
    serde_json::from_slice(tree.get(path).unwrap()).unwrap()
}

fn replaced(tree: &mut BundleTree, path: &str, old: &str, new: &str) {
    let text = String::from_utf8(tree.get(path).unwrap().to_vec()).unwrap();
    assert!(text.contains(old), "{path} holds {old}");
    tree.insert(path, text.replace(old, new));
}

/// Every denial gone, every grant without its conditions.
fn opened_wide(tree: &mut BundleTree) {
    let mut set = json_of(tree, "policies.json");
    let policies = set["staticPolicies"].as_object_mut().unwrap();
    policies.retain(|_, policy| policy["effect"] == "permit");
    for policy in policies.values_mut() {
        policy["conditions"] = json!([]);
    }
    tree.insert("policies.json", canonical_json(&set).unwrap());
}

/// What whoever has the trusted key and an older signer would write.
fn signed(shop: &Shop, bundle: &Bundle, rebuilt: Rebuilt) -> Statements {
    let pem = fs::read_to_string(shop.path("k/private.pem")).unwrap();
    let signer = Signer::Key(Box::new(PrivateKey::from_pem(&pem).unwrap()));
    let signing =
        Signing { sequence: 1, parent: None, builder: LOCAL_BUILDER, invocation: None, kinds: &Kind::BESIDE, rebuilt };
    let statements = trust::sign(bundle, signing, &signer, &Statements::new()).unwrap();
    for (kind, bytes) in &statements {
        fs::write(shop.path(&format!("edited.cjar.{kind}.sigstore.json")), bytes).unwrap();
    }
    statements
}

/// Writes `anyhow.toml`, a trust policy that does not demand that a bundle was rebuilt.
fn anyhow(shop: &Shop) {
    let policy = fs::read_to_string(shop.path("k/trust.toml")).unwrap();
    assert!(policy.contains("rebuilt = true"));
    fs::write(shop.path("anyhow.toml"), policy.replace("rebuilt = true", "rebuilt = false")).unwrap();
}

pub(super) fn nothing_beside(shop: &Shop) {
    let names = fs::read_dir(shop.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let beside: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("edited.cjar.")).collect();
    assert!(beside.is_empty(), "{beside:?}");
    assert!(!shop.path("bundles").exists());
}

#[test]
fn what_its_sources_do_not_give_is_refused_by_every_verb_that_reads_it() {
    type Edit = (&'static str, fn(&mut BundleTree), fn(&mut Manifest));
    let same = |_: &mut Manifest| {};
    let edits: [Edit; 9] = [
        ("policies.json", opened_wide, same),
        (
            "policies/001-invoices.cedar",
            |tree| replaced(tree, "policies/001-invoices.cedar", "permit", "// more\npermit"),
            same,
        ),
        (
            "schema.cedarschema",
            |tree| {
                let schema = String::from_utf8(tree.get("schema.cedarschema").unwrap().to_vec()).unwrap();
                tree.insert("schema.cedarschema", format!("{schema}\nentity Robot;\n"));
            },
            same,
        ),
        ("entities/roles.json", |tree| tree.insert("entities/roles.json", "[]\n"), same),
        (
            "contract.json",
            |tree| {
                let mut contract = json_of(tree, "contract.json");
                contract["roles"] = json!({});
                tree.insert("contract.json", canonical_json(&contract).unwrap());
            },
            same,
        ),
        ("smoke.json", |tree| tree.insert("smoke.json", "{\"format\":\"1\",\"suites\":[{}]}\n"), same),
        ("source/README.md", |tree| tree.insert("source/README.md", "read me"), same),
        ("bundle.json", |_| {}, |said| said.limits.max_validity_days = 366),
        ("bundle.json", |_| {}, |said| said.version = "9.0.0".to_owned()),
    ];
    let shop = Shop::new();
    anyhow(&shop);
    for (path, files, manifest) in edits {
        let bundle = edit(&shop, &files, &manifest);
        for args in [
            "bundle inspect edited.cjar",
            "bundle inspect edited.cjar --format json",
            "bundle diff 1.0.0.cjar edited.cjar --at 2026-03-01",
            "bundle diff edited.cjar 1.0.0.cjar --at 2026-03-01",
            "bundle sign edited.cjar --key k/private.pem",
            "bundle sign edited.cjar --key k/private.pem --no-rebuild",
            "bundle verify edited.cjar --rebuild",
            "publish edited.cjar bundles --key k/private.pem",
            "publish edited.cjar bundles --key k/private.pem --no-rebuild",
        ] {
            let run = shop.run(args);
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{path}: {args}: {run:?}");
            let says = [
                format!("`{path}` differs from what its sources produce"),
                format!("`{path}` is not produced by its sources"),
            ];
            assert!(
                says.iter().any(|says| run.err.contains(says)) && run.err.contains("[rebuild-differs]"),
                "{path}: {args}: {run:?}"
            );
        }
        nothing_beside(&shop);
        // Even where a trusted key signed it, which did not say that it rebuilt it.
        let statements = signed(&shop, &bundle, Rebuilt::No);
        for args in ["bundle verify edited.cjar --trust anyhow.toml", "publish edited.cjar bundles --trust anyhow.toml"]
        {
            let run = shop.run(args);
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{path}: {args}: {run:?}");
            assert!(run.err.contains("[rebuild-differs]"), "{path}: {args}: {run:?}");
        }
        for kind in statements.keys() {
            fs::remove_file(shop.path(&format!("edited.cjar.{kind}.sigstore.json"))).unwrap();
        }
    }
}

/// A place where somebody put such a bundle, with statements by the trusted key.
#[test]
fn what_its_sources_do_not_give_is_not_pulled() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    anyhow(&shop);
    let bundle = edit(&shop, &opened_wide, &|_| {});
    let statements = signed(&shop, &bundle, Rebuilt::No);
    let folder = shop.path("bundles/versions/1.0.0");
    let digests = statements.iter().map(|(kind, bytes)| (kind.clone(), json!(format!("sha256:{}", sha256_hex(bytes)))));
    let listing = json!({ "format": 1, "file": "quickstart-1.0.0.cjar", "digest": bundle.digest,
        "statements": digests.collect::<serde_json::Map<_, _>>() });
    fs::write(folder.join("release.json"), listing.to_string()).unwrap();
    fs::copy(shop.path("edited.cjar"), folder.join("quickstart-1.0.0.cjar")).unwrap();
    for (kind, bytes) in &statements {
        fs::write(folder.join(format!("quickstart-1.0.0.cjar.{kind}.sigstore.json")), bytes).unwrap();
    }
    shop.refused("pull bundles --release 1.0.0 --trust k/trust.toml", &["not-rebuilt"]);
    shop.refused("pull bundles --release 1.0.0 --trust anyhow.toml", &["rebuild-differs"]);
    // Nor is it gone on from: what changed since then is not what its sources say.
    shop.version("1.0.1");
    let run = shop.run("publish 1.0.1.cjar bundles --key k/private.pem");
    assert!(
        run.code == 1
            && run.err.contains("[release-before]")
            && run.err.contains("differs from what its sources produce"),
        "{run:?}"
    );
    assert!(!shop.path("bundles/versions/1.0.1").exists());
    assert!(!shop.path("quickstart-1.0.0.cjar").exists());
}

#[test]
fn evidence_that_does_not_come_to_its_totals_is_no_bundle() {
    let shop = Shop::new();
    let bundle = Bundle::open(&shop.bytes("1.0.0"), &ArchiveLimits::default()).unwrap();
    let report = |path: &str| json_of(&bundle.tree, path);
    let tests = || report("evidence/tests.json");
    let mut failed = tests();
    failed["suites"][0]["tests"][0]["outcome"] = json!("failed");
    let mut waived = report("evidence/lint.json");
    waived["waivers"] = json!([{}]);
    for (path, report) in [
        ("evidence/tests.json", json!({ "anything": "12 tests FAILED" })),
        ("evidence/tests.json", failed),
        ("evidence/lint.json", waived),
    ] {
        let mut tree = bundle.tree.clone();
        tree.insert(path, canonical_json(&report).unwrap());
        let mut said = bundle.manifest.clone();
        said.files = tree.entries();
        tree.insert("bundle.json", canonical_json(&said).unwrap());
        fs::write(shop.path("edited.cjar"), pack(&tree).unwrap()).unwrap();
        for args in [
            "bundle inspect edited.cjar",
            "bundle diff 1.0.0.cjar edited.cjar",
            "bundle sign edited.cjar --key k/private.pem --no-rebuild",
            "publish edited.cjar bundles --key k/private.pem",
        ] {
            let run = shop.run(args);
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{path}: {args}: {run:?}");
            assert!(run.err.contains(&format!("`{path}` ")) && run.err.contains("[evidence-count]"), "{args}: {run:?}");
        }
        nothing_beside(&shop);
    }
}

/// Evidence that fits its own totals and was never gathered: nothing but trying again tells.
#[test]
fn invented_evidence_is_signed_by_nobody_who_rebuilds_and_a_trust_policy_can_demand_that_they_do() {
    let shop = Shop::new();
    let more = |tree: &mut BundleTree| {
        let mut tests = json_of(tree, "evidence/tests.json");
        let all = tests["suites"][0]["tests"].as_array_mut().unwrap();
        let one = all[0].clone();
        all.extend(std::iter::repeat_n(one.clone(), 5000));
        for (total, each) in [("passed", 1), ("decisions", one["decisions"].as_u64().unwrap())] {
            tests[total] = json!(tests[total].as_u64().unwrap() + 5000 * each);
        }
        tree.insert("evidence/tests.json", canonical_json(&tests).unwrap());
    };
    let bundle = Bundle::open(&shop.bytes("1.0.0"), &ArchiveLimits::default()).unwrap();
    let mut tree = bundle.tree;
    more(&mut tree);
    let counted = json_of(&tree, "evidence/tests.json");
    edit(&shop, &more, &|said| {
        let tests = said.evidence.tests.as_mut().unwrap();
        tests.passed = usize::try_from(counted["passed"].as_u64().unwrap()).unwrap();
        tests.decisions = usize::try_from(counted["decisions"].as_u64().unwrap()).unwrap();
    });
    shop.refused("bundle sign edited.cjar --key k/private.pem", &["rebuild-differs"]);
    shop.refused("publish edited.cjar bundles --key k/private.pem", &["rebuild-differs"]);
    nothing_beside(&shop);
    let said = shop.ok("bundle sign edited.cjar --key k/private.pem --no-rebuild");
    assert!(said.contains("release 1, not rebuilt, with the key"), "{said}");
    shop.refused("bundle verify edited.cjar --trust k/trust.toml", &["not-rebuilt"]);
    shop.refused("publish edited.cjar bundles --trust k/trust.toml", &["not-rebuilt"]);
    shop.replace("k/trust.toml", "rebuilt = true", "rebuilt = false");
    let said = shop.ok("bundle verify edited.cjar --trust k/trust.toml");
    assert!(said.contains("no statement says that it was rebuilt from its sources"), "{said}");
}

#[test]
fn whoever_signs_what_they_rebuilt_says_so() {
    let shop = Shop::new();
    let said = shop.ok("bundle sign 1.0.0.cjar --key k/private.pem");
    assert!(said.contains("release 1, rebuilt from its sources, with the key"), "{said}");
    let said = shop.ok("bundle verify 1.0.0.cjar --trust k/trust.toml");
    for says in ["the signer rebuilt it from its sources", "the builder says that its sources match commit "] {
        assert!(said.contains(says), "{says}: {said}");
    }
    // Without its provenance, nobody but the bundle says so.
    let said = shop.ok("bundle verify 1.0.0.cjar --rebuild");
    assert!(said.contains("the bundle says that its sources match commit "), "{said}");
    let said = shop.ok("bundle verify 1.0.0.cjar --trust k/trust.toml --format json");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["verified"]["release"]["rebuilt"], &said["git"]["dirty"]), (&json!(true), &json!(false)));
    // `publish` signs in the same way, and does not sign anew what was signed without.
    shop.publish("1.0.0", "bundles");
    let said = shop.ok("pull bundles --channel prod --trust k/trust.toml --out x.cjar");
    assert!(said.contains("the signer rebuilt it"), "{said}");
    shop.version("1.0.1");
    shop.ok("publish 1.0.1.cjar other --key k/private.pem --no-rebuild");
    let run = shop.run("pull other --release 1.0.1 --trust k/trust.toml");
    assert!(run.code == 1 && run.err.contains("[not-rebuilt]"), "{run:?}");
}

#[test]
fn verify_says_when_a_bundle_is_dirty_or_of_no_commit() {
    let shop = Shop::new();
    fs::write(shop.path("p/policy/more.gate"), "// not committed\n").unwrap();
    let said = shop.ok("bundle p --out dirty.cjar");
    assert!(said.contains("note: p has uncommitted changes: `policy/more.gate`; `publish` refuses"), "{said}");
    fs::remove_dir_all(shop.path(".git")).unwrap();
    shop.ok("bundle p --out none.cjar --at 2026-03-01");
    for (file, says, dirty) in [
        ("dirty.cjar", "dirty: its sources differ from commit ", json!(true)),
        ("none.cjar", "built outside a git repository", Value::Null),
    ] {
        shop.ok(&format!("bundle sign {file} --key k/private.pem"));
        for how in ["--trust k/trust.toml", "--rebuild"] {
            let said = shop.ok(&format!("bundle verify {file} {how}"));
            assert!(said.contains(says), "{file} {how}: {said}");
        }
        let said = shop.ok(&format!("bundle verify {file} --rebuild --format json"));
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["git"]["dirty"], dirty, "{file}");
    }
}

/// Nobody here can make what another version makes. It is said, and what is shipped is what counts.
#[test]
fn what_another_version_made_is_said_to_be_and_compared_as_it_is_shipped() {
    let shop = Shop::new();
    let older = |said: &mut Manifest| said.compiler.version = "0.0.9".to_owned();
    edit(&shop, &|_| {}, &older);
    let said = shop.ok("bundle inspect edited.cjar");
    assert!(
        said.contains("built by version 0.0.9; this version rebuilds different files from its sources: bundle.json"),
        "{said}"
    );
    let run = shop.run("bundle diff 1.0.0.cjar edited.cjar --at 2026-03-01");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("equivalent: no change affects access"), "{run:?}");
    assert!(run.err.contains("note: edited.cjar: built by version 0.0.9"), "{run:?}");
    shop.refused("bundle sign edited.cjar --key k/private.pem", &["rebuild-version"]);
    nothing_beside(&shop);
    let run = shop.run("bundle sign edited.cjar --key k/private.pem --no-rebuild");
    assert!(run.code == 0 && run.out.contains("not rebuilt"), "{run:?}");
    assert!(run.err.contains("note: edited.cjar: built by version 0.0.9"), "{run:?}");

    // The denials are gone, in both forms in which they are shipped.
    let edited = edit(&shop, &|tree| wide_in_both_forms(tree), &older);
    assert_ne!(edited.manifest.policy_set_digest, "");
    let run = shop.run("bundle diff 1.0.0.cjar edited.cjar --at 2026-03-01");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.out.contains("no change affects access"), "{run:?}");
    // The environment is empty: there is no solver, and what is not known is told.
    for says in [
        "removed raw policy isolate:org--User-Invoice",
        "gains Invoice.cancel on Billing::Invoice",
        "unknown: some results are unknown",
    ] {
        assert!(run.out.contains(says), "{says}: {run:?}");
    }
    assert!(run.err.contains("this compares the shipped Cedar policies, schema, contract and roles"), "{run:?}");
    let same = shop.run("bundle diff edited.cjar edited.cjar --at 2026-03-01");
    assert!(same.out.contains("equivalent: no change affects access"), "{same:?}");

    // So are contract and roles.
    type Edit = (fn(&mut BundleTree), fn(&mut Manifest), &'static str, &'static str);
    let same = |_: &mut Manifest| {};
    let edits: [Edit; 6] = [
        (
            |tree| edited_contract(tree, |contract| contract["provenance"]["mfa"] = json!("caller")),
            same,
            "provenance.mfa weakened: token → caller",
            "widened: every request is decided as before, on weaker terms",
        ),
        (
            |tree| edited_contract(tree, |contract| contract["roles"]["clerk"]["extends"] = json!(["manager"])),
            same,
            "roles.clerk.extends weakened: ",
            "widened: every request is decided as before, on weaker terms",
        ),
        (
            |tree| tree.insert("entities/roles.json", "[]\n"),
            same,
            "role_entities[\"Billing::Role::\\\"clerk\\\"\"] weakened: ",
            "widened: every request is decided as before, on weaker terms",
        ),
        (
            |tree| tree.insert("smoke.json", "{\"format\":\"1\",\"suites\":[{}]}\n"),
            same,
            "unknown: ",
            "no difference in what was compared; not compared: `smoke.json`",
        ),
        (
            |_| {},
            |said| said.limits.max_validity_days = 366,
            "unknown: ",
            "no difference in what was compared; not compared: `bundle.json`",
        ),
        (
            |tree| edited_contract(tree, |contract| contract["provenance"]["mfa"] = json!("caller")),
            |said| said.limits.max_validity_days = 366,
            "provenance.mfa weakened: token → caller",
            "on weaker terms; not compared: `bundle.json`",
        ),
    ];
    for (files, manifest, told, verdict) in edits {
        edit(&shop, &files, &|said| {
            older(said);
            manifest(said);
        });
        for sides in ["1.0.0.cjar edited.cjar", "edited.cjar 1.0.0.cjar"] {
            let run = shop.run(&format!("bundle diff {sides} --at 2026-03-01"));
            assert!(run.code == 0 && run.out.contains(verdict), "{told}: {run:?}");
            assert!(!run.out.contains("no change affects access"), "{told}: {run:?}");
            assert!(sides.starts_with("edited") || run.out.contains(told), "{told}: {run:?}");
        }
    }
    for (path, text, code) in
        [("contract.json", "{}\n", "contract-unread"), ("entities/roles.json", "{}\n", "roles-unread")]
    {
        edit(&shop, &|tree| tree.insert(path, text), &older);
        let run = shop.run("bundle diff 1.0.0.cjar edited.cjar");
        assert!(run.code != 0 && run.err.contains(code), "{path}: {run:?}");
    }

    // One form says this and the other that.
    edit(&shop, &opened_wide, &older);
    for args in ["bundle inspect edited.cjar", "bundle diff 1.0.0.cjar edited.cjar"] {
        let run = shop.run(args);
        assert!(run.code == 1 && run.err.contains("[policies-differ]"), "{args}: {run:?}");
    }
}

pub(super) fn edited_contract(tree: &mut BundleTree, edit: fn(&mut Value)) {
    let mut contract = json_of(tree, "contract.json");
    edit(&mut contract);
    tree.insert("contract.json", canonical_json(&contract).unwrap());
}

/// Every denial gone from `policies.json` and from `policies/`.
pub(super) fn wide_in_both_forms(tree: &mut BundleTree) {
    let mut set = json_of(tree, "policies.json");
    let policies = set["staticPolicies"].as_object_mut().unwrap();
    policies.retain(|_, policy| policy["effect"] == "permit");
    let set = canonical_json(&set).unwrap();
    let permits = cedar_policy::PolicySet::from_json_file(set.as_slice()).unwrap();
    let texts: Vec<String> = permits.policies().map(|policy| policy.to_cedar().unwrap()).collect();
    tree.insert("policies.json", set);
    let paths: Vec<String> = tree.iter().map(|(path, _)| path.to_owned()).collect();
    for path in paths.iter().filter(|path| path.starts_with("policies/")) {
        tree.insert(path.as_str(), "");
    }
    tree.insert("policies/001-invoices.cedar", texts.join("\n"));
}
