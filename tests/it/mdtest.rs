//! Pages that run. In the book and in `tests/specs`, a heading is a test and the fences below it are the files of a small
//! package; a comment `// error: [code]` says which diagnostic its line must raise, and what raises none must be silent.
//!
//! - A fence's language gives its place: `gate`, `cedar`, `cedarschema`, `toml` (the project file) and `yaml` (a suite);
//!   `path=policy/other.gate` behind it gives another, and a `json` fence has no other. Any other language is text.
//! - A fence with `path=manifests/…` is a Kubernetes manifest. Where there is one, the manifests are imported, and what
//!   importing says is what counts.
//! - `gate prelude` is a part of every package below it on its page, up to the next prelude; it raises nothing itself. `gate alone`
//!   leaves it out under its heading.
//! - An assertion stands at the end of its line or alone on the line above, `#` before it in TOML and YAML. A text in
//!   quotes after it must be part of the message: `// error: [unknown-name] "did not find"`. JSON has no comments: there
//!   `error=code` behind the fence's language is about its first line.
//! - A `snapshot` fence holds all diagnostics of its heading as people see them; `GATEWRIGHT_UPDATE=1` rewrites it. In
//!   `tests/specs/proofs` it holds what is proved of the package instead.

mod matcher;
mod page;

use crate::support::{File, assert_none, file, files, root};

use matcher::Lints;
use page::Page;

#[test]
fn lint_pages_raise_their_lint_where_they_say_and_nowhere_else() {
    let pages = files("book/src/lints", ".md").into_iter().filter(|page| page.stem() != "index");
    assert_none("lint pages that do not hold", pages.flat_map(|page| run(&page, Lints::Only(page.stem()))).collect());
}

#[test]
fn lint_pages_show_the_fault_and_what_to_write_instead() {
    let mut offences = Vec::new();
    for page in files("book/src/lints", ".md").iter().filter(|page| page.stem() != "index") {
        let tests = Page::parse(page).tests;
        for (heading, raises) in [("Example", true), ("Instead", false)] {
            let shown = tests.iter().find(|test| test.name.ends_with(heading));
            if shown.is_none_or(|test| test.asserts(page.stem()) != raises) {
                offences.push(format!(
                    "{}: no `{heading}` that {}",
                    page.path,
                    if raises { "raises it" } else { "is silent" }
                ));
            }
        }
    }
    assert_none("lint pages that show too little", offences);
}

#[test]
fn the_page_of_diagnostics_shows_each_of_them() {
    /// What needs bytes, links, sizes, two sides or bugs that no page can hold. Tests of the rooms show them.
    const NOT_SHOWN: [&str; 19] = [
        "unreadable-file",
        "symbolic-link",
        "file-too-large",
        "not-utf8",
        "file-name",
        "unused-file",
        "empty-package",
        "chain-too-long",
        "too-many-faults",
        "internal",
        "stale-baseline",
        "change-stale",
        "change-expired",
        "no-solver",
        "refuted-assertion",
        "unproved",
        "trust-key",
        "scenario-limit",
        "uncovered",
    ];
    let page = file("book/src/language/errors.md");
    let mut offences = run(&page, Lints::None);
    let tests = Page::parse(&page).tests;
    for code in page.text.lines().filter_map(|line| line.strip_prefix("## ")) {
        let shown = tests.iter().any(|test| test.name.ends_with(code) && test.asserts(code));
        if shown == NOT_SHOWN.contains(&code) {
            offences.push(format!(
                "{}: `{code}` {}",
                page.path,
                if shown { "is shown, and excused" } else { "is not shown" }
            ));
        }
    }
    assert_none("diagnostics that are not raised as their section says", offences);
}

#[test]
fn specs_of_the_language_hold() {
    let specs: Vec<File> =
        files("tests/specs", ".md").into_iter().filter(|spec| !spec.path.contains("/proofs/")).collect();
    let offences = specs.iter().flat_map(|spec| match spec.path.contains("/lints/") {
        true => run(spec, Lints::Only(spec.stem())),
        false => run(spec, Lints::None),
    });
    assert_none("specs that do not hold", offences.collect());
}

#[test]
fn specs_of_proofs_hold() {
    let specs = files("tests/specs/proofs", ".md");
    assert_none("specs of proofs that do not hold", specs.iter().flat_map(|spec| run(spec, Lints::Proofs)).collect());
}

#[test]
fn programs_in_the_book_compile() {
    // The guide is followed as one package, by `guide`.
    let pages = ["book/src/language", "book/src/scenarios", "book/src/reference"];
    let pages = pages.iter().flat_map(|folder| files(folder, ".md"));
    let offences = pages.filter(|page| page.stem() != "errors").flat_map(|page| run(&page, Lints::None));
    assert_none("programs in the book that do not compile", offences.collect());
}

/// Runs the tests of a page, and rewrites its snapshots where that is asked for.
fn run(file: &File, lints: Lints<'_>) -> Vec<String> {
    if lints.need_a_solver() && crate::prover::solver().is_none() {
        return Vec::new();
    }
    let update = std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1");
    let page = Page::parse(file);
    let mut offences = page.faults.clone();
    let mut text = file.text.clone();
    // From the last to the first, so that the places of the others stay right.
    for test in page.tests.iter().rev() {
        let outcome = matcher::check(test, lints);
        offences.extend(outcome.offences.into_iter().map(|offence| format!("{}:{offence}", file.path)));
        let Some(snapshot) = &test.snapshot else { continue };
        if snapshot.text != outcome.rendered {
            if update {
                text.replace_range(snapshot.range.clone(), &outcome.rendered);
            } else {
                offences.push(format!("{}:{}: the snapshot is now\n{}", file.path, snapshot.line, outcome.rendered));
            }
        }
    }
    if text != file.text {
        std::fs::write(root().join(&file.path), text).unwrap();
    }
    offences
}
