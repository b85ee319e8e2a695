//! What is not published, and what is not pulled: by name, by the command line.

use std::fs;

use super::Shop;
use super::server::Files;

#[test]
fn downgrade_a_channel_that_goes_back_without_a_signature_is_refused() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    let old = fs::read(shop.path("bundles/channels/prod.sigstore.json")).unwrap();
    shop.version("1.0.1");
    shop.publish("1.0.1", "bundles");
    shop.pulled("bundles");
    fs::write(shop.path("bundles/channels/prod.sigstore.json"), old).unwrap();
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["pointer-rollback"]);
    fs::remove_file(shop.path("bundles/channels/prod.sigstore.json")).unwrap();
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["pointer-rollback"]);
    assert!(!shop.path("quickstart-1.0.0.cjar").exists() && !shop.path("quickstart-1.0.1.cjar").exists());
}

#[test]
fn replay_a_pointer_of_another_channel_is_refused() {
    let shop = Shop::new();
    shop.ok("publish 1.0.0.cjar bundles --channel dev --key k/private.pem");
    let dev = fs::read(shop.path("bundles/channels/dev.sigstore.json")).unwrap();
    fs::write(shop.path("bundles/channels/prod.sigstore.json"), dev).unwrap();
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["wrong-channel"]);
}

#[test]
fn key_swap_releases_and_pointers_of_another_key_are_refused() {
    let shop = Shop::new();
    shop.keys("other");
    shop.ok("publish 1.0.0.cjar bundles --channel prod --key other/private.pem");
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["wrong-key"]);
    shop.refused(
        "pull bundles --release 1.0.0 --trust k/trust.toml",
        &["wrong-key", "threshold-not-met", "wrong-key", "threshold-not-met", "wrong-key", "threshold-not-met"],
    );
    // Nor does the key that is not trusted go on from what is.
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    shop.keys("other");
    shop.version("1.0.1");
    let run = shop.run("publish 1.0.1.cjar bundles --channel prod --key other/private.pem");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("[release-before]"), "{run:?}");
}

#[test]
fn mix_and_match_a_version_that_holds_another_bundle_is_refused() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    shop.version("1.0.1");
    shop.publish("1.0.1", "bundles");
    // The old, signed release in the place of the new one.
    for file in fs::read_dir(shop.path("bundles/versions/1.0.1")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    for file in fs::read_dir(shop.path("bundles/versions/1.0.0")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), shop.path("bundles/versions/1.0.1").join(file.file_name())).unwrap();
    }
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["wrong-version"]);
}

#[test]
fn a_damaged_mark_is_not_taken_for_none() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    let marks = shop.path("home/.local/state/gatewright/channels");
    let mark = fs::read_dir(&marks).unwrap().map(|entry| entry.unwrap().path());
    let mark = mark.filter(|path| path.extension().is_some_and(|end| end == "json")).last().unwrap();
    fs::write(&mark, "{").unwrap();
    shop.refused("pull bundles --channel prod --trust k/trust.toml", &["mark"]);
}

#[test]
fn what_is_not_as_committed_or_of_no_commit_is_not_published() {
    let shop = Shop::new();
    fs::write(shop.path("p/policy/more.gate"), "// not committed\n").unwrap();
    shop.ok("bundle p --out dirty.cjar");
    shop.refused("publish dirty.cjar bundles --key k/private.pem", &["not-committed"]);
    assert!(!shop.path("bundles").exists());
    fs::remove_dir_all(shop.path(".git")).unwrap();
    shop.ok("bundle p --out none.cjar --at 2026-03-01");
    shop.refused("publish none.cjar bundles --key k/private.pem", &["not-committed"]);
    shop.ok("publish none.cjar bundles --key k/private.pem --allow-no-commit");
}

#[test]
fn evidence_below_what_the_package_demands_is_not_published() {
    for (demand, evidence) in [
        ("evidence = [\"lint\", \"tests\", \"proofs\"]", "lint,tests"),
        ("evidence = [\"lint\", \"mutation\"]", "lint"),
        ("min_tests = 1000", "lint,tests"),
        ("evidence = [\"tests\"]", "lint"),
    ] {
        let shop = Shop::new();
        let config = fs::read_to_string(shop.path("p/gatewright.toml")).unwrap();
        fs::write(shop.path("p/gatewright.toml"), format!("{config}\n[bundle]\n{demand}\n")).unwrap();
        shop.commit();
        shop.ok(&format!("bundle p --out low.cjar --evidence {evidence}"));
        shop.refused("publish low.cjar bundles --key k/private.pem", &["evidence-below-demand"]);
    }
}

#[test]
fn a_version_that_does_not_say_what_changed_is_not_published() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    // Whether this changes access is not known without a solver, so that the most it could be counts, and that is said.
    shop.replace("p/policy/invoices.gate", "= !invoice.paid;", "= !invoice.paid && invoice.created_by != principal;");
    shop.version("1.0.1");
    let run = shop.run("publish 1.0.1.cjar bundles --channel prod --key k/private.pem");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err.contains("version 1.0.1 is lower than") && run.err.contains("count as the highest possible"),
        "{run:?}"
    );
    assert!(run.err.contains("[version-too-low]"), "{run:?}");
    assert!(!shop.path("bundles/versions/1.0.1").exists());
    shop.version("2.0.0");
    shop.publish("2.0.0", "bundles");
    // A version that was published stays what it was, and no lower one comes after.
    shop.version("1.5.0");
    shop.refused("publish 1.5.0.cjar bundles --key k/private.pem", &["version-order"]);
    fs::write(shop.path("p/README.md"), "more").unwrap();
    shop.version("2.0.0");
    shop.refused("publish 2.0.0.cjar bundles --key k/private.pem", &["version-taken"]);
}

#[test]
fn versions_that_differ_in_build_metadata_alone_are_not_higher() {
    for place in ["bundles", "oci-layout:layout"] {
        let shop = Shop::new();
        for version in ["1.0.1+b", "1.0.1+a", "1.0.1"] {
            shop.version(version);
        }
        shop.publish("1.0.1+b", place);
        for version in ["1.0.1+a", "1.0.1", "1.0.0"] {
            let args = format!("publish {version}.cjar {place} --key k/private.pem");
            shop.refused(&args, &["version-order"]);
        }
        let run = shop.run(&format!("publish 1.0.1.cjar {place} --key k/private.pem"));
        assert!(run.err.contains("build metadata after `+` does not count"), "{run:?}");
        // The same release once more changes nothing, and the next one has the next number.
        assert!(shop.publish("1.0.1+b", place).contains("is already published"));
        shop.version("1.0.2");
        assert!(shop.publish("1.0.2", place).contains("release 2"));
    }
}

#[test]
fn a_channel_does_not_go_on_to_a_version_of_the_same_precedence() {
    let shop = Shop::new();
    let key = "--channel prod --key k/private.pem";
    // A folder into which an earlier version of this tool let two of the same precedence.
    for (version, place) in [("1.0.1+b", "one"), ("1.0.1+a", "two")] {
        shop.version(version);
        shop.ok(&format!("publish {version}.cjar {place} --key k/private.pem"));
    }
    fs::rename(shop.path("two/versions/1.0.1+a"), shop.path("one/versions/1.0.1+a")).unwrap();
    shop.ok(&format!("channel promote one 1.0.1+b {key}"));
    shop.refused(&format!("channel promote one 1.0.1+a {key}"), &["channel-order"]);
    shop.refused(&format!("channel rollback one --to 1.0.1+a {key}"), &["channel-order"]);
    shop.refused(&format!("channel rollback one {key}"), &["no-release-before"]);
    shop.version("1.0.2");
    shop.publish("1.0.2", "one");
    let run = shop.run(&format!("channel rollback one {key}"));
    assert!(run.code == 1 && run.err.contains("1.0.1+a, 1.0.1+b"), "{run:?}");
    shop.ok(&format!("channel rollback one --to 1.0.1+a {key}"));
}

#[test]
fn channels_go_forward_by_promote_and_back_by_rollback_only() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    shop.version("1.0.1");
    shop.publish("1.0.1", "bundles");
    let key = "--channel prod --key k/private.pem";
    shop.refused(&format!("channel promote bundles 1.0.0 {key}"), &["channel-order"]);
    shop.refused(&format!("channel rollback bundles --to 1.0.1 {key}"), &["channel-order"]);
    shop.refused(&format!("channel promote bundles 3.0.0 {key}"), &["no-release"]);
    shop.refused(&format!("channel promote bundles 1.0.1 {key} --valid-days 31"), &["pointer-validity"]);
    shop.refused("channel rollback bundles --channel new --key k/private.pem", &["no-channel"]);
    shop.ok(&format!("channel rollback bundles {key}"));
    shop.refused(&format!("channel rollback bundles {key}"), &["no-release-before"]);
}

#[test]
fn what_is_asked_for_must_be_named_and_somebody_must_be_trusted() {
    let shop = Shop::new();
    for (args, says) in [
        ("pull bundles --trust k/trust.toml", "name exactly one release"),
        ("pull bundles --trust no.toml --channel prod", "file `no.toml` not found"),
        ("publish 1.0.0.cjar bundles", "no trust policy or key given"),
        ("publish 1.0.0.cjar bundles --channel prod --trust k/trust.toml", "no signing key given"),
        ("publish 1.0.0.cjar bundles --trust k/trust.toml", "the bundle is not signed as release 1"),
        ("publish 1.0.0.cjar http://example.com/b --key k/private.pem", "write `https://`"),
        ("pull oci://127.0.0.1:1/a --channel prod --trust k/trust.toml", "cannot reach"),
        ("publish 1.0.0.cjar bundles --channel Prod --key k/private.pem", "expected lower-case letters"),
        ("bundle sign 1.0.0.cjar --key k/public.pem", "it is not a PEM file of a private key"),
        ("key generate --out k", "overwrites nothing"),
    ] {
        let run = shop.run(args);
        assert_eq!(run.code, 2, "{args}: {run:?}");
        assert!(run.err.contains(says), "{args}: {run:?}");
    }
}

#[test]
fn a_server_that_lies_is_not_believed() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    let pull = |change: fn(&str, Vec<u8>) -> Result<Vec<u8>, u16>| {
        let files = Files::start(&shop.path("bundles"), Box::new(change));
        shop.run(&format!("pull {} --channel prod --trust k/trust.toml --out never.cjar", files.url))
    };
    type Lie = fn(&str, Vec<u8>) -> Result<Vec<u8>, u16>;
    let lies: [(&str, Lie, &str); 7] = [
        (
            "another byte",
            |path, mut bytes| {
                if path.ends_with(".cjar") {
                    bytes[1000] ^= 1;
                }
                Ok(bytes)
            },
            "does not have the listed digest",
        ),
        (
            "a bundle that ends early",
            |path, mut bytes| {
                if path.ends_with(".cjar") {
                    bytes.truncate(100);
                }
                Ok(bytes)
            },
            "does not have the listed digest",
        ),
        (
            "a listing that is none",
            |path, bytes| Ok(if path.ends_with("release.json") { b"{}".to_vec() } else { bytes }),
            "is not a valid listing",
        ),
        (
            "a listing that climbs",
            |path, bytes| {
                let text = String::from_utf8_lossy(&bytes).replace("quickstart-1.0.0.cjar", "../../etc/passwd");
                Ok(if path.ends_with("release.json") { text.into_bytes() } else { bytes })
            },
            "is not a listing that",
        ),
        (
            "too much",
            |path, bytes| Ok(if path.starts_with("channels/") { vec![b'x'; 5 * 1024 * 1024] } else { bytes }),
            "is larger than",
        ),
        ("elsewhere", |_, _| Err(302), "HTTP 302"),
        ("not for you", |_, _| Err(403), "denied permission to"),
    ];
    for (what, lie, says) in lies {
        let run = pull(lie);
        assert_eq!(run.code, 2, "{what}: {run:?}");
        assert!(run.err.contains(says), "{what}: {run:?}");
        assert!(!shop.path("never.cjar").exists(), "{what}");
    }
    let run = pull(|path, mut bytes| {
        if path.starts_with("channels/") {
            bytes[700] ^= 1;
        }
        Ok(bytes)
    });
    assert_eq!(run.code, 1, "{run:?}");
}

#[test]
fn what_is_almost_an_address_is_refused_and_no_folder_is_made() {
    let shop = Shop::new();
    let before = fs::read_dir(shop.path(".")).unwrap().count();
    for (place, instead) in [
        ("localhost/x", "oci://localhost/x"),
        ("ghcr.io", "oci://ghcr.io/REPOSITORY"),
        ("https//policies.example/x", "https://policies.example/x"),
        ("//reg/x", "oci://reg/x"),
    ] {
        for verb in [
            format!("publish 1.0.0.cjar {place} --key k/private.pem"),
            format!("pull {place} --channel prod --trust k/trust.toml"),
            format!("channel show {place} --channel prod --trust k/trust.toml"),
        ] {
            let run = shop.run(&verb);
            assert!(run.code == 2 && run.err.contains(instead), "{verb}: {run:?}");
        }
    }
    assert_eq!(fs::read_dir(shop.path(".")).unwrap().count(), before);
    fs::create_dir(shop.path("bundles.d")).unwrap();
    shop.ok("publish 1.0.0.cjar bundles.d --channel prod --key k/private.pem");
}
