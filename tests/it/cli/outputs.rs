//! What output options replace, and what they leave alone.

use std::fs;
use std::process::Command;

use super::Copy;
use super::bundle::opened;

#[test]
fn a_bundle_replaces_a_bundle_or_nothing() {
    let package = Copy::of("quickstart");
    let policy = package.read("policy/invoices.gate");
    let run = package.run("bundle . --out policy/invoices.gate");
    assert!(run.code == 2 && run.err.contains("`policy/invoices.gate` exists and is not a bundle"), "{}", run.err);
    assert_eq!(package.read("policy/invoices.gate"), policy);
    package.write("empty.cjar", "");
    for _ in 0..2 {
        assert_eq!(package.run("bundle . --out empty.cjar").code, 0);
    }
}

#[cfg(unix)]
#[test]
fn what_is_in_the_place_of_an_output_is_not_replaced_unless_it_is_a_file() {
    let package = Copy::of("quickstart");
    let pipe = |name: &str| {
        let made = Command::new("mkfifo").arg(package.path(name)).status();
        assert!(made.unwrap().success());
    };
    let is_link = |name: &str| fs::symlink_metadata(package.path(name)).unwrap().is_symlink();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, package.path(name)).unwrap();
    pipe("a.cjar");
    let run = package.run("bundle . --out a.cjar");
    assert!(run.code == 2 && run.err.contains("`a.cjar` is not a file"), "{}", run.err);
    link("gone", "b.cjar");
    let run = package.run("bundle . --out b.cjar");
    assert!(run.code == 2 && run.err.contains("does not exist") && is_link("b.cjar"), "{}", run.err);
    package.write("kept.cjar", "");
    link("kept.cjar", "c.cjar");
    assert_eq!(package.run("bundle . --out c.cjar").code, 0);
    assert!(is_link("c.cjar"));
    opened(&package.path("kept.cjar"));
    // A report may go into a pipe, which somebody reads.
    pipe("report");
    let reader = std::thread::spawn({
        let path = package.path("report");
        move || fs::read_to_string(path).unwrap()
    });
    assert_eq!(package.run("test . --report json=report").code, 0);
    assert!(reader.join().unwrap().starts_with('{'));
    assert!(!fs::symlink_metadata(package.path("report")).unwrap().is_file());
}
