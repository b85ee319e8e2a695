//! The guide's page on declared changes, run as it is read: its edits are made, its files are written, and its commands print
//! what stands below them.
//!
//! `diff path=…` edits a file: context and `-` lines become context and `+` lines. `yaml path=…` writes one. In `console`
//! fences a line after `$ ` is run; behind a `|` stand `head` or `tail` with a number of lines,
//! which leave no exit code to ask for. `GATEWRIGHT_UPDATE=1` rewrites
//! what they print.

use std::fs;
use std::path::Path;

use crate::support::root;

use super::history::History;

const PAGE: &str = "book/src/guide/declare.md";

#[test]
fn the_page_on_declared_changes_says_what_happens() {
    let Some(history) = History::proved_of("examples/quickstart", "billing") else {
        return;
    };
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let mut now = String::new();
    let mut commands = 0;
    let mut fence: Option<(String, String)> = None;
    for line in page.lines() {
        match &mut fence {
            None => {
                now.push_str(&format!("{line}\n"));
                if let Some(info) = line.strip_prefix("```") {
                    fence = Some((info.to_owned(), String::new()));
                }
            }
            Some((info, text)) if line == "```" => {
                now.push_str(&fenced(&history, info, text, &mut commands));
                now.push_str("```\n");
                fence = None;
            }
            Some((_, text)) => text.push_str(&format!("{line}\n")),
        }
    }
    assert!(commands > 5, "the page runs something");
    if std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
        fs::write(root().join(PAGE), &now).unwrap();
    }
    let differing = page.lines().zip(now.lines()).find(|(page, now)| page != now);
    assert!(
        page == now,
        "{PAGE} is not what happens: {differing:?}; run with GATEWRIGHT_UPDATE=1, then read the difference"
    );
}

/// What the fence is to hold.
fn fenced(history: &History, info: &str, text: &str, commands: &mut usize) -> String {
    let folder = history.dir.path();
    let path = info
        .split_once(" path=")
        .map(|(_, path)| folder.join("billing").join(path));
    match (info.split(' ').next().unwrap(), path) {
        ("diff", Some(path)) => edit(&path, text),
        ("yaml", Some(path)) => fs::write(path, text).unwrap(),
        ("console", _) => return console(history, text, commands),
        _ => {}
    }
    text.to_owned()
}

fn edit(path: &Path, diff: &str) {
    let side = |without: char| -> String {
        let lines = diff.lines().filter(|line| !line.starts_with(without));
        lines
            .map(|line| format!("{}\n", line.get(1..).unwrap_or_default()))
            .collect()
    };
    let text = fs::read_to_string(path).unwrap();
    let old = side('+');
    assert_eq!(text.matches(&old).count(), 1, "{old}");
    fs::write(path, text.replace(&old, &side('-'))).unwrap();
}

/// Each command, and what it prints now.
fn console(history: &History, text: &str, commands: &mut usize) -> String {
    let mut now = String::new();
    let mut code = None;
    for line in text.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            continue;
        };
        *commands += 1;
        let (command, silent) = match command.strip_suffix(" > /dev/null") {
            Some(command) => (command, true),
            None => (command, false),
        };
        let (command, cut) = command.split_once(" | ").unwrap_or((command, ""));
        let words: Vec<&str> = command.split(' ').collect();
        let out = match words.as_slice() {
            ["gatewright", verb, args @ ..] => {
                let run = history.verb(verb, args);
                assert_eq!(run.err, "", "{command}");
                code = cut.is_empty().then_some(run.code);
                run.out.replace("1.3.1-modified", "1.3.1")
            }
            ["cat", path] => fs::read_to_string(history.dir.path().join(path)).unwrap(),
            ["echo", "$?"] => format!("{}\n", code.unwrap()),
            other => panic!("the page runs {other:?}"),
        };
        let lines: Vec<&str> = out.lines().collect();
        let shown = match cut.split_once(" -") {
            _ if silent => &[],
            None => lines.as_slice(),
            Some(("head", count)) => &lines[..count.parse::<usize>().unwrap()],
            Some(("tail", count)) => &lines[lines.len() - count.parse::<usize>().unwrap()..],
            Some(other) => panic!("the page runs {other:?}"),
        };
        now.push_str(&format!("{line}\n"));
        shown.iter().for_each(|line| now.push_str(&format!("{line}\n")));
    }
    now
}
