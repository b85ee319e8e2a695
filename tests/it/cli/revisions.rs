//! `--at-rev`: packages as they were, read from a scripted history without a checkout.

use std::path::Path;

use git2::{IndexAddOption, Repository, Signature, Time};

use super::Copy;

/// Commits the whole folder; the clock and the author are the test's.
fn commit(folder: &Path) {
    let repository = Repository::open(folder).or_else(|_| Repository::init(folder)).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.update_all(["*"], None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("ann", "ann@example.com", &Time::new(0, 0)).unwrap();
    let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &who, &who, "change", &tree, &parents).unwrap();
}

/// Three revisions: sound; a test that fails; a policy that does not compile. The folder then holds nothing but the
/// history.
fn history() -> Copy {
    let package = Copy::of("quickstart");
    commit(package.dir.path());
    package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [mona]");
    commit(package.dir.path());
    package.replace("policy/invoices.gate", "role clerk for User", "role clerk for Usr");
    commit(package.dir.path());
    for folder in ["policy", "scenarios", "snapshots"] {
        std::fs::remove_dir_all(package.path(folder)).unwrap();
    }
    package
}

#[test]
fn check_and_test_read_the_package_as_it_was() {
    let package = history();
    for (args, code, says) in [
        ("check . --at-rev HEAD~2", 0, ". at HEAD~2: no problems found"),
        ("test . --at-rev HEAD~2", 0, ". at HEAD~2: 5 passed; 56 decisions"),
        ("check . --at-rev HEAD~1", 0, "no problems found"),
        ("test . --at-rev HEAD~1", 1, "FAIL  clerks write bills"),
        ("check . --at-rev HEAD", 1, "did you mean `User`?"),
        ("test . --at-rev HEAD", 1, "did you mean `User`?"),
    ] {
        let run = package.run(args);
        assert_eq!((run.code, run.err.as_str()), (code, ""), "{args}: {}", run.out);
        assert!(run.out.contains(says), "{args}: {}", run.out);
    }
}

#[test]
fn questions_are_answered_about_a_revision() {
    let package = history();
    let then = package.run("who-can . invoices cancel unpaid --in stepped_up --at-rev HEAD~2");
    assert_eq!((then.code, then.err.as_str()), (0, ""));
    assert!(then.out.contains("manager.Invoice.cancel"), "{}", then.out);
    let why = package.run("why . invoices.yaml#clerks --at-rev HEAD~1");
    assert_eq!(why.code, 1, "{}", why.out);
}

#[test]
fn a_revision_is_drawn_as_it_was() {
    let package = history();
    let then = package.run("graph . --svg --at-rev HEAD~2");
    assert_eq!((then.code, then.err.as_str()), (0, ""));
    assert_eq!(then.out, super::run("graph examples/quickstart --svg").out);
    assert_eq!(package.run("graph . --at-rev HEAD").code, 1);
}

#[test]
fn a_run_on_a_revision_writes_no_snapshot() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "allow list, read on Invoice;", "allow read on Invoice;");
    commit(package.dir.path());
    let before = package.read("snapshots/invoices__access-table.snap");
    let run = package.run("test . --at-rev HEAD");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("differs from the accepted"), "{}", run.out);
    assert!(!package.path("snapshots/invoices__access-table.snap.new").exists());
    for flag in ["--accept", "--review"] {
        let refused = package.run(&format!("test . --at-rev HEAD {flag}"));
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{flag}");
        assert!(refused.err.contains("cannot be used with"), "{}", refused.err);
    }
    assert_eq!(package.read("snapshots/invoices__access-table.snap"), before);
}

#[test]
fn a_revision_that_is_not_there_is_exit_2() {
    let package = history();
    for (args, says) in [
        ("check . --at-rev HAED", "use a commit, branch or tag"),
        ("check policy.cedar --at-rev HEAD", "`--at-rev` reads a package folder"),
        ("check nowhere --at-rev HEAD", "nowhere"),
    ] {
        let run = package.run(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
        assert!(run.err.contains(says), "{args}: {}", run.err);
    }
}
