//! Lints, their files, pages, specs and the index agree. That each page opens with what the registry says is a test of
//! the registry.

use std::collections::BTreeSet;

use gatewright::lint;

use crate::support::{assert_none, file, files, root};

const INDEX: &str = "book/src/lints/index.md";

#[test]
fn every_lint_has_a_file_a_page_and_a_spec_of_its_name() {
    let ids: BTreeSet<String> = lint::all().map(|lint| lint.id().to_owned()).collect();
    let mut offences = Vec::new();
    for (folder, ending) in [("src/lint/rules", ".rs"), ("book/src/lints", ".md"), ("tests/specs/lints", ".md")] {
        let names: BTreeSet<String> = files(folder, ending)
            .iter()
            .map(|file| file.stem().replace('_', "-"))
            .filter(|name| name != "index")
            .collect();
        offences.extend(ids.difference(&names).map(|id| format!("{folder}: nothing for `{id}`")));
        offences.extend(names.difference(&ids).map(|name| format!("{folder}: `{name}` is no lint")));
    }
    assert_none("lints with something missing", offences);
}

#[test]
fn every_spec_shows_a_finding_a_silence_and_a_rendering() {
    let mut offences = Vec::new();
    for spec in files("tests/specs/lints", ".md") {
        let marks = spec.text.matches(&format!("error: [{}]", spec.stem())).count();
        let tests = spec.text.matches("\n## ").count();
        if marks == 0 || tests < 2 || !spec.text.contains("```snapshot") {
            offences.push(spec.path);
        }
    }
    assert_none("specs that show too little", offences);
}

#[test]
fn the_index_lists_the_lints_of_the_registry() {
    let index = file(INDEX).text;
    let (head, _) = index.split_once("\n| Lint ").expect("the index has a table");
    let rows = lint::all().map(|lint| {
        let id = lint.id();
        format!("| [{id}]({id}.md) | {} | {} | {} |\n", lint.level.name(), lint.summary, lint.since)
    });
    let table: String = rows.collect();
    let current = format!("{head}\n| Lint | Level | Finds | Since |\n|---|---|---|---|\n{table}");
    if index != current {
        if std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
            std::fs::write(root().join(INDEX), current).unwrap();
        }
        panic!("{INDEX} is not what the registry says; GATEWRIGHT_UPDATE=1 rewrites it");
    }
}
