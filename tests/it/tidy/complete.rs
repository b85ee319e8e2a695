//! Code, pages, examples and tests name each other completely: nothing is undocumented, and nothing is documented that
//! does not exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{assert_none, file, files, folders, paths};

const ERRORS: &str = "book/src/language/errors.md";

#[test]
fn every_code_has_its_section_and_every_section_its_code() {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files("src", ".rs") {
        let code = file.text.split("#[cfg(test)]").next().unwrap();
        for declared in code.split("Code::new(\"").skip(1) {
            let id = declared.split('"').next().unwrap();
            codes.entry(id.to_owned()).or_default().push(file.path.clone());
        }
    }
    assert!(codes.len() > 10, "the codes were not found");
    let page = file(ERRORS).text;
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();

    let mut offences = Vec::new();
    for (id, places) in &codes {
        if places.len() > 1 {
            offences.push(format!("`{id}` is declared more than once: {}", places.join(", ")));
        }
        if !sections.contains(&id.as_str()) {
            offences.push(format!("{ERRORS}: no section `## {id}` ({})", places[0]));
        }
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            offences.push(format!("`{id}` is not kebab-case ({})", places[0]));
        }
    }
    for (at, section) in sections.iter().enumerate() {
        if !codes.contains_key(*section) {
            offences.push(format!("{ERRORS}: no code `{section}`"));
        }
        if sections[..at].contains(section) {
            offences.push(format!("{ERRORS}: `{section}` twice"));
        }
    }
    assert_none("codes and sections that do not fit", offences);
}

#[test]
fn every_page_is_in_the_summary_and_every_entry_has_its_page() {
    let summary = file("book/src/SUMMARY.md").text;
    let entries: Vec<&str> = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let pages: BTreeSet<String> = paths("book/src")
        .into_iter()
        .filter_map(|path| path.strip_prefix("book/src/").map(str::to_owned))
        .filter(|path| path.ends_with(".md") && path != "SUMMARY.md")
        .collect();
    let mut offences: Vec<String> = pages
        .iter()
        .filter(|page| !entries.contains(&page.as_str()))
        .map(|page| format!("{page} is not in SUMMARY.md"))
        .collect();
    for (at, entry) in entries.iter().enumerate() {
        if !pages.contains(*entry) {
            offences.push(format!("SUMMARY.md names {entry}, which does not exist"));
        }
        if entries[..at].contains(entry) {
            offences.push(format!("SUMMARY.md names {entry} twice"));
        }
    }
    assert_none("pages and summary that do not fit", offences);
}

#[test]
fn every_example_is_a_whole_package() {
    let examples = folders("examples");
    assert!(!examples.is_empty(), "there are examples");
    let mut offences = Vec::new();
    for example in examples {
        let paths = paths(&example);
        let has = |start: &str, end: &str| {
            let start = format!("{example}/{start}");
            paths.iter().any(|path| path.starts_with(&start) && path.ends_with(end))
        };
        for (start, end) in [
            ("README.md", ""),
            ("gatewright.toml", ""),
            ("policy/", ".gate"),
            ("scenarios/", ".yaml"),
            ("snapshots/", ".snap"),
        ] {
            if !has(start, end) {
                offences.push(format!("{example} has no {start}*{end}"));
            }
        }
    }
    assert_none("examples with something missing", offences);
}

#[test]
fn every_test_module_is_listed() {
    let mut offences = Vec::new();
    for path in paths("tests/it").into_iter().filter(|path| path.ends_with(".rs")) {
        let inside = path.strip_prefix("tests/it/").unwrap().trim_end_matches(".rs");
        if inside == "main" {
            continue;
        }
        let (parent, name) = match inside.rsplit_once('/') {
            Some((folder, name)) => (format!("tests/it/{folder}.rs"), name),
            None => ("tests/it/main.rs".to_owned(), inside),
        };
        if !file(&parent).text.contains(&format!("mod {name};")) {
            offences.push(format!("{path}: no `mod {name};` in {parent}"));
        }
    }
    assert_none("test files that nothing runs", offences);
}
