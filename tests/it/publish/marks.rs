//! What was seen last of a channel: it binds whatever keys come and go and however the place is written, until it is set aside by
//! name.

use std::fs;

use super::Shop;

/// Two keys: `o` published 1.0.0 and signed pointer 1, `k` went on to 1.0.1 and pointer 2, which was pulled. Then the old pointer lies
/// there again. `both.toml` trusts both keys, `without.toml` lets `o` move channels only, `gone.toml` does not know `k` as one
/// that does.
fn gone_back() -> Shop {
    let shop = Shop::new();
    shop.ok("key generate --out o --name old");
    shop.ok("bundle sign 1.0.0.cjar --key o/private.pem");
    let pem = |key: &str| fs::read_to_string(shop.path(&format!("{key}/public.pem"))).unwrap();
    let policy = |channel: &str| {
        format!(
            "format = 1\n[keys.o]\npublic = \"\"\"\n{}\"\"\"\n[keys.k]\npublic = \"\"\"\n{}\"\"\"\n\
             [release]\nkeys = [\"o\", \"k\"]\n[channel]\nkeys = {channel}\n",
            pem("o"),
            pem("k")
        )
    };
    fs::write(shop.path("both.toml"), policy("[\"o\", \"k\"]")).unwrap();
    fs::write(shop.path("without.toml"), policy("[\"o\"]")).unwrap();
    shop.ok("publish 1.0.0.cjar bundles --channel prod --key o/private.pem --trust both.toml");
    let old = fs::read(shop.path("bundles/channels/prod.sigstore.json")).unwrap();
    shop.version("1.0.1");
    shop.ok("publish 1.0.1.cjar bundles --channel prod --key k/private.pem --trust both.toml");
    shop.ok("pull bundles --channel prod --trust both.toml --out out/a.cjar");
    fs::write(shop.path("bundles/channels/prod.sigstore.json"), old).unwrap();
    shop
}

#[test]
fn a_key_that_is_taken_out_does_not_let_an_old_pointer_in() {
    let shop = gone_back();
    for policy in ["both.toml", "without.toml"] {
        shop.refused(&format!("pull bundles --channel prod --trust {policy} --out out/b.cjar"), &["pointer-rollback"]);
        shop.refused(&format!("channel show bundles --channel prod --trust {policy}"), &["pointer-rollback"]);
        // Nor does whoever moves the channel go on from it.
        shop.refused(
            &format!("channel promote bundles 1.0.1 --channel prod --key o/private.pem --trust {policy}"),
            &["pointer-rollback"],
        );
    }
    // A channel that is gone is not a new one, either.
    fs::remove_file(shop.path("bundles/channels/prod.sigstore.json")).unwrap();
    shop.refused("pull bundles --channel prod --trust without.toml --out out/b.cjar", &["pointer-rollback"]);
    assert!(!shop.path("out/b.cjar").exists());
}

#[test]
fn what_was_seen_is_set_aside_by_name_and_not_otherwise() {
    let shop = gone_back();
    shop.refused("channel forget bundles --channel canary", &["no-mark"]);
    shop.refused("channel forget elsewhere --channel prod", &["no-mark"]);
    let pull = "pull bundles --channel prod --trust without.toml --out out/b.cjar";
    shop.refused(pull, &["pointer-rollback"]);
    let said = shop.ok("channel forget ./bundles/ --channel prod");
    assert!(said.contains("forgot pointer 2 of the package quickstart, signed by the key "), "{said}");
    let said = shop.ok(pull);
    assert!(said.contains("quickstart 1.0.0"), "{said}");
    shop.refused("channel forget bundles --channel canary", &["no-mark"]);
    // One that cannot be read is set aside in the same way.
    let marks = fs::read_dir(shop.path("home/.local/state/gatewright/channels")).unwrap();
    for mark in marks.map(|entry| entry.unwrap().path()) {
        if mark.extension().is_some_and(|end| end == "json") {
            fs::write(mark, "{").unwrap();
        }
    }
    shop.refused(pull, &["mark"]);
    let said = shop.ok("channel forget bundles --channel prod");
    assert!(said.contains("forgot an unreadable record"), "{said}");
    shop.ok(pull);
    shop.refused("channel forget bundles --channel canary", &["no-mark"]);
}

#[cfg(unix)]
#[test]
fn a_place_is_one_place_however_its_folder_is_written() {
    let shop = gone_back();
    std::os::unix::fs::symlink("bundles", shop.path("link")).unwrap();
    fs::create_dir_all(shop.path("deep/er")).unwrap();
    std::os::unix::fs::symlink("deep/er", shop.path("er")).unwrap();
    let whole = fs::canonicalize(shop.path("bundles")).unwrap();
    let whole = whole.display();
    for place in [
        "bundles".to_owned(),
        "./bundles".to_owned(),
        "bundles/".to_owned(),
        "bundles//.".to_owned(),
        "p/../bundles".to_owned(),
        "er/../../bundles".to_owned(),
        "link".to_owned(),
        "file:bundles".to_owned(),
        whole.to_string(),
        format!("file:{whole}"),
        format!("file://{whole}/"),
    ] {
        shop.refused(&format!("pull {place} --channel prod --trust both.toml --out out/b.cjar"), &["pointer-rollback"]);
    }
}

/// As `git-sync` and mounted configurations do it: a link that is moved to a new folder with each change.
#[cfg(unix)]
#[test]
fn a_link_that_moves_on_keeps_what_was_seen_through_it() {
    let shop = Shop::new();
    let copy = |to: &str| {
        let copied = std::process::Command::new("cp").args(["-r", "bundles", to]).current_dir(shop.path("")).status();
        assert!(copied.unwrap().success());
    };
    let point = |to: &str| {
        let _ = fs::remove_file(shop.path("current"));
        std::os::unix::fs::symlink(to, shop.path("current")).unwrap();
    };
    shop.publish("1.0.0", "bundles");
    copy("old");
    shop.version("1.0.1");
    shop.publish("1.0.1", "bundles");
    for number in 1..=3 {
        copy(&format!("new{number}"));
        point(&format!("new{number}"));
        shop.ok("pull current --channel prod --trust k/trust.toml --out out/a.cjar");
    }
    point("old");
    for place in ["current", "./current/", "p/../current", "file:current"] {
        shop.refused(
            &format!("pull {place} --channel prod --trust k/trust.toml --out out/b.cjar"),
            &["pointer-rollback"],
        );
    }
    // A link that was meant to go elsewhere starts anew by name, and a folder by itself was never seen.
    shop.ok("channel forget current --channel prod");
    shop.ok("pull current --channel prod --trust k/trust.toml --out out/b.cjar");
    shop.ok("pull old --channel prod --trust k/trust.toml --out out/b.cjar");
}

/// The same for a layout, and where the place was not there yet when it was first written to.
#[test]
fn a_layout_is_one_place_before_and_after_it_is_made() {
    let shop = Shop::new();
    shop.publish("1.0.0", "oci-layout:new/../lay");
    let table = fs::read(shop.path("lay/index.json")).unwrap();
    shop.version("1.0.1");
    shop.publish("1.0.1", "oci-layout:./lay");
    let now = fs::read(shop.path("lay/index.json")).unwrap();
    fs::write(shop.path("lay/index.json"), table).unwrap();
    for place in ["oci-layout:lay", "oci-layout:./lay/", "oci-layout:new/../lay"] {
        shop.refused(&format!("pull {place} --channel prod --trust k/trust.toml"), &["pointer-rollback"]);
    }
    fs::write(shop.path("lay/index.json"), now).unwrap();
    shop.pulled("oci-layout:lay");
    let marks = fs::read_dir(shop.path("home/.local/state/gatewright/channels")).unwrap();
    let marks = marks.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "json"));
    assert_eq!(marks.count(), 1);
}

#[cfg(unix)]
#[test]
fn a_mark_behind_a_link_to_nowhere_is_not_taken_for_none() {
    let shop = gone_back();
    let channels = shop.path("home/.local/state/gatewright/channels");
    let marks: Vec<_> = fs::read_dir(&channels).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mark = marks.into_iter().find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
    let pull = "pull bundles --channel prod --trust both.toml --out out/b.cjar";
    let fails = || {
        let run = shop.run(pull);
        assert!(run.code == 2 && run.err.contains("is a symbolic link to something that does not exist"), "{run:?}");
        assert!(!shop.path("out/b.cjar").exists());
    };
    // The mark itself, as after an unmounted volume, and the folder that it is in.
    fs::rename(&mark, shop.path("mark")).unwrap();
    std::os::unix::fs::symlink("gone", &mark).unwrap();
    fails();
    fs::rename(shop.path("mark"), &mark).unwrap();
    shop.refused(pull, &["pointer-rollback"]);
    fs::rename(&channels, shop.path("kept")).unwrap();
    std::os::unix::fs::symlink("gone", &channels).unwrap();
    fails();
    fs::remove_file(&channels).unwrap();
    fs::rename(shop.path("kept"), &channels).unwrap();
    // A link in the place of the mark is set aside by name, as any mark that cannot be read.
    fs::remove_file(&mark).unwrap();
    std::os::unix::fs::symlink("gone", &mark).unwrap();
    assert!(shop.ok("channel forget bundles --channel prod").contains("forgot an unreadable record"));
    shop.ok(pull);
}

#[cfg(unix)]
#[test]
fn a_version_behind_a_link_to_nowhere_is_not_published_over() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    shop.version("1.0.1");
    for name in ["versions/1.0.0/release.json", "versions/1.0.0", "versions"] {
        let path = shop.path("bundles").join(name);
        fs::rename(&path, shop.path("kept")).unwrap();
        std::os::unix::fs::symlink("gone", &path).unwrap();
        let run = shop.run("publish 1.0.1.cjar bundles --key k/private.pem");
        assert!(run.code == 2 && run.err.contains("symbolic link"), "{name}: {run:?}");
        fs::remove_file(&path).unwrap();
        fs::rename(shop.path("kept"), &path).unwrap();
    }
    assert!(shop.publish("1.0.1", "bundles").contains("release 2"));
}

#[test]
fn a_relative_state_folder_of_the_desktop_is_ignored() {
    let shop = gone_back();
    let pull = "pull bundles --channel prod --trust both.toml --out out/b.cjar";
    let run = shop.run_with(pull, &[("XDG_STATE_HOME", std::path::Path::new("state"))]);
    assert!(run.code == 1 && run.err.contains("[pointer-rollback]"), "{run:?}");
    assert!(!shop.path("state").exists());
}

#[test]
fn a_pull_replaces_a_bundle_or_nothing() {
    let shop = Shop::new();
    shop.publish("1.0.0", "bundles");
    let pull = "pull bundles --channel prod --trust k/trust.toml --out";
    let before = fs::read(shop.path("k/trust.toml")).unwrap();
    let run = shop.run(&format!("{pull} k/trust.toml"));
    assert!(run.code == 2 && run.err.contains("exists and is not a bundle"), "{run:?}");
    assert_eq!(fs::read(shop.path("k/trust.toml")).unwrap(), before);
    assert!(!shop.path("k/trust.toml.release.sigstore.json").exists());
    for _ in 0..2 {
        shop.ok(&format!("{pull} out/a.cjar"));
    }
}
