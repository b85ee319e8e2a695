//! `gatewright build`: the same bytes each time, and nothing of others touched.

use std::fs;

use super::{Copy, run_in};

#[test]
fn two_builds_are_the_same_bytes_and_a_second_one_replaces_the_first() {
    let package = Copy::of("quickstart");
    for out in ["a", "b", "a"] {
        let run = package.run(&format!("build . --out target/{out}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    }
    let files = |out: &str| {
        let mut files = Vec::new();
        let mut waiting = vec![package.path(&format!("target/{out}"))];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let name = path.strip_prefix(package.path(&format!("target/{out}"))).unwrap().to_owned();
                    files.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    };
    let (a, b) = (files("a"), files("b"));
    assert!(a.len() > 5);
    assert!(a == b, "two builds differ");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let package = Copy::of("quickstart");
    package.write("out/thesis.txt", "mine");
    let run = package.run("build . --out out");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: `out` contains `thesis.txt`, which an earlier build did not write
      help: use an empty or new folder, or one that `build` wrote
    ");
    assert_eq!(fs::read_dir(package.path("out")).unwrap().count(), 1);
}

#[test]
fn a_faulty_package_is_not_built() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "isolate by org;", "isolate by orgg;");
    let run = package.run("build . --out out");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[unknown-name]"), "{}", run.out);
    assert!(!package.path("out").exists());
}

#[test]
fn the_place_from_which_a_package_is_named_changes_no_byte() {
    let package = Copy::of("quickstart");
    assert_eq!(package.run("build . --out here").code, 0);
    let root = package.dir.path().to_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = run_in(elsewhere.path(), ["build", root, "--out", "there"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for file in ["bundle.json", "origins.json", "policies/001-invoices.cedar"] {
        assert_eq!(
            fs::read(package.path("here").join(file)).unwrap(),
            fs::read(elsewhere.path().join("there").join(file)).unwrap()
        );
    }
}
