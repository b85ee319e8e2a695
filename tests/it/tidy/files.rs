//! Rules for single files: headers, sizes, line width of nothing but code, leftovers.

use crate::support::{assert_none, file, files, paths};

/// Files over the limit, each with the reason why it is not split. Aim: none.
const LONG: [(&str, &str); 0] = [];
const LIMIT: usize = 500;

#[test]
fn every_file_opens_with_what_lives_in_it() {
    let offences = ["src", "tests", "benches", "grammar"]
        .into_iter()
        .flat_map(|folder| [files(folder, ".rs"), files(folder, ".pest")])
        .flatten()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_none("files that do not open with `//!`", offences);
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut offences = Vec::new();
    for file in [files("src", ".rs"), files("tests", ".rs")].concat() {
        let lines = file.text.lines().count();
        let excused = LONG.iter().any(|(path, _)| *path == file.path);
        if lines > LIMIT && !excused {
            offences.push(format!("{}: {lines} lines", file.path));
        }
        if lines <= LIMIT && excused {
            offences.push(format!("{}: excused as long, and is not", file.path));
        }
    }
    assert_none(&format!("files over {LIMIT} lines"), offences);
}

#[test]
fn no_unreviewed_snapshot_is_left() {
    let offences = ["src", "tests", "snapshots", "examples"]
        .into_iter()
        .flat_map(paths)
        .filter(|path| path.ends_with(".snap.new") || path.ends_with(".pending-snap"))
        .collect();
    assert_none("snapshots that nobody has reviewed", offences);
}

#[test]
fn every_snapshot_is_of_a_test_that_exists() {
    let mut offences = Vec::new();
    for snapshot in [files("src", ".snap"), files("tests", ".snap"), files("snapshots", ".snap")].concat() {
        let source = snapshot.text.lines().find_map(|line| line.strip_prefix("source: "));
        let name = snapshot.stem().rsplit("__").next().unwrap();
        let known =
            source.is_some_and(|source| paths("").contains(&source.to_owned()) && file(source).text.contains(name));
        if !known {
            offences.push(format!("{}: no `{name}` in {}", snapshot.path, source.unwrap_or("any test")));
        }
    }
    assert_none("snapshots that no test writes", offences);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TO", "FIX", "XX"].map(|start| {
        format!(
            "{start}{}",
            match start {
                "TO" => "DO",
                "FIX" => "ME",
                _ => "X",
            }
        )
    });
    let mut offences = Vec::new();
    for file in [files("src", ""), files("tests", ""), files("book/src", ".md"), files("examples", "")].concat() {
        for (at, line) in file.text.lines().enumerate() {
            let ignored = line.trim_start().starts_with("#[ignore");
            if ignored || marks.iter().any(|mark| line.contains(mark.as_str())) {
                offences.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    assert_none("marks of unfinished work", offences);
}
