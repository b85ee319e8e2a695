//! `gatewright init`: what it writes passes, and what is there stays.

use std::fs;

use super::{Copy, run_in};

#[test]
fn init_writes_a_package_and_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path(), ["init", "My Shop"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("gatewright test 'My Shop', then change 'My Shop/policy/invoices.gate'"), "{}", run.out);
    let project = fs::read_to_string(dir.path().join("My Shop/gatewright.toml")).unwrap();
    assert!(project.contains("name = \"my-shop\""), "{project}");

    let policy = dir.path().join("My Shop/policy/invoices.gate");
    fs::write(&policy, "mine").unwrap();
    fs::remove_file(dir.path().join("My Shop/gatewright.toml")).unwrap();
    let again = run_in(dir.path(), ["init", "My Shop"]);
    assert_eq!((again.code, again.out.as_str()), (2, ""));
    insta::assert_snapshot!(again.err, @"
    error: `My Shop/policy/invoices.gate` already exists, and `init` overwrites nothing
      help: choose a new folder, or move the file away
    ");
    assert_eq!(fs::read_to_string(&policy).unwrap(), "mine");
    assert!(!dir.path().join("My Shop/gatewright.toml").exists(), "nothing is written where something is in the way");
}

#[test]
fn init_in_the_current_folder_takes_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let shop = dir.path().join("corner-shop");
    fs::create_dir(&shop).unwrap();
    assert_eq!(run_in(&shop, ["init", "."]).code, 0);
    assert!(fs::read_to_string(shop.join("gatewright.toml")).unwrap().contains("\"corner-shop\""));
}

#[test]
fn what_init_writes_checks_and_passes_its_tests_and_is_formatted() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_in(dir.path(), ["init", "shop"]).code, 0);
    for args in [["check", "shop"].as_slice(), &["lint", "shop"], &["test", "shop"], &["fmt", "--check", "shop"]] {
        let run = run_in(dir.path(), args);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{args:?}: {}", run.out);
    }
    assert!(!dir.path().join("shop/snapshots/invoices__access-table.snap.new").exists());
}

#[test]
fn a_folder_whose_name_makes_no_package_name_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let run = run_in(dir.path(), ["init", "2026"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: cannot derive a package name from the folder name `2026`
      help: use a folder name of letters a to z, digits and `-`, with at least one letter
    ");
}

/// The README and the introduction send people here: each deletion is told by `check`, with its place, and by `test`, with
/// the cells of the table that opened.
#[test]
fn what_the_readme_says_to_break_is_told_by_check_and_by_test() {
    for (deleted, fault, opened) in [
        (
            "isolate by org;\n",
            "unisolated-tenant",
            "+     read    unpaid  allow    clerk.Invoice.create-list-read, manager.Invoice.list-read",
        ),
        (
            "stepped_up: require context.mfa for Invoice.cancel;\n",
            "unguarded-sensitive-action",
            "+     cancel  unpaid  allow    manager.Invoice.cancel",
        ),
    ] {
        let shop = Copy::of("quickstart");
        shop.replace("policy/invoices.gate", deleted, "");
        let check = shop.run("check");
        assert_eq!(check.code, 1);
        assert!(check.out.contains(&format!("error[{fault}]")), "{}", check.out);
        assert!(check.out.contains("─[policy/invoices.gate:"), "{}", check.out);
        let test = shop.run("test");
        assert_eq!(test.code, 1);
        assert!(test.out.contains(opened), "{}", test.out);
    }
}
