//! The command line, run as a user runs it: output, standard error and exit code.

mod build;
mod bundle;
mod cedar;
mod check;
mod coverage;
mod declared;
mod diff;
mod diff_pages;
mod explained;
mod fix;
mod fmt;
mod graph;
mod history;
mod hostile;
mod import;
mod init;
mod mutate;
mod mutate_runs;
mod outputs;
mod questions;
mod revisions;
mod test;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{paths, root};

/// What a run came to.
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// The binary in a folder, with an environment that no terminal or CI system has touched.
fn gatewright(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    // How long a run takes is not for a test to say.
    command.current_dir(folder).env_clear().env("GATEWRIGHT_PROGRESS", "never");
    command
}

fn run_in(folder: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    let output = gatewright(folder).args(args).stdin(Stdio::null()).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(args: &str) -> Run {
    run_in(root(), args.split_whitespace())
}

/// A copy of an example package, for tests that change it.
struct Copy {
    dir: TempDir,
}

impl Copy {
    fn of(example: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let copy = Self { dir };
        for path in paths(&format!("examples/{example}")) {
            let inside = path.strip_prefix(&format!("examples/{example}/")).unwrap();
            copy.write(inside, &fs::read_to_string(root().join(&path)).unwrap());
        }
        copy
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that must be there.
    fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} holds {old}");
        self.write(name, &text.replace(old, new));
    }

    /// Runs in the package's folder.
    fn run(&self, args: &str) -> Run {
        run_in(self.dir.path(), args.split_whitespace())
    }
}

#[test]
fn explain_prints_the_section_of_a_code() {
    let run = run("explain role-cycle");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("## role-cycle\n"), "{}", run.out);
    assert!(!run.out.contains("## extends-other-kind"), "one section only");
}

#[test]
fn explain_prints_the_page_of_a_lint() {
    let run = run("explain unisolated-tenant");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("# unisolated-tenant\n"), "{}", run.out);
}

#[test]
fn lints_are_listed_with_their_levels_and_since_when_they_are() {
    let run = run("lint --list");
    assert_eq!(run.code, 0);
    let listed: Vec<_> = run.out.lines().map(|line| line.split_whitespace().take(3).collect::<Vec<_>>()).collect();
    let declared: Vec<_> = gatewright::lint::all().map(|lint| vec![lint.id(), lint.level.name(), lint.since]).collect();
    assert_eq!(listed, declared);
    assert!(declared.len() > 24);
}

#[test]
fn explain_of_an_unknown_code_suggests_a_near_one() {
    let run = run("explain role-cicle");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: unknown code `role-cicle`
      help: did you mean `role-cycle`?
    ");
}

#[test]
fn wrong_usage_is_exit_2_and_says_how_it_is_done() {
    for (args, says) in [
        ("", "Usage: gatewright"),
        ("chekc .", "similar subcommand exists: 'check'"),
        ("check", "no package found in this folder or its parents"),
        ("bundle verfy", "did you mean `gatewright bundle verify`?"),
        ("bundle inspct a.cjar --format json", "did you mean `gatewright bundle inspect`?"),
        ("bundle diff / b.cjar", "to compare two folders, use `gatewright diff --from / --to b.cjar`"),
        ("diff / /usr", "to compare two folders, use `gatewright diff --from / --to /usr`"),
        ("bump / . --check", "to compare two folders, use `gatewright bump --from / --to .`"),
        ("who-can payouts approve", "`who-can` needs SUITE ACTION RESOURCE"),
        ("what-can payouts", "write `gatewright what-can [PACKAGE] SUITE PRINCIPAL`"),
        ("who-can --help-me", "Usage: gatewright who-can [OPTIONS] [PACKAGE] SUITE ACTION RESOURCE\n"),
        ("check . --at yesterday", "expected a date, such as `2026-03-01`"),
        ("build .", "--out <DIR>"),
        ("test . --report pdf=x", "expected one of text, json, junit, github, markdown, sarif"),
        ("lint . --list", "cannot be used with"),
    ] {
        let run = run(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
        assert!(run.err.contains(says), "{args}: {}", run.err);
    }
}

#[test]
fn every_verb_has_help_that_ends_in_an_example() {
    for verb in verbs() {
        let help = run(&format!("{verb} --help"));
        let (_, examples) = help.out.split_once("\nExample").unwrap_or_else(|| panic!("{verb}: {}", help.out));
        assert!(examples.contains(&format!("  gatewright {verb} ")), "{verb}: {examples}");
    }
}

#[test]
fn the_books_page_of_commands_is_their_help() {
    const PAGE: &str = "book/src/reference/commands.md";
    let mut page = String::from("# Commands\n\nWhat `gatewright --help` and `gatewright COMMAND --help` print.\n");
    page.push_str(&format!("\n```text\n{}```\n", run("--help").out));
    for verb in verbs() {
        let help = run(&format!("{verb} --help"));
        page.push_str(&format!("\n## {verb}\n\n```text\n{}```\n", help.out));
        for step in listed(&help.out) {
            let help = run(&format!("{verb} {step} --help"));
            page.push_str(&format!("\n### {verb} {step}\n\n```text\n{}```\n", help.out));
        }
    }
    if std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
        fs::write(root().join(PAGE), &page).unwrap();
    }
    let kept = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    assert_eq!(kept, page, "run with GATEWRIGHT_UPDATE=1, then read the difference");
}

/// The verbs that the help lists.
fn verbs() -> Vec<String> {
    let help = run("--help");
    assert_eq!(help.code, 0);
    let verbs = listed(&help.out);
    assert!(verbs.len() > 5, "{}", help.out);
    verbs
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run(&format!("completions {shell}"));
        assert_eq!(run.code, 0, "{shell}");
        assert!(run.out.contains("completions") && run.out.contains("explain"), "{shell}");
    }
}

#[test]
fn a_reader_that_stops_listening_ends_nothing_but_the_writing() {
    let mut child =
        gatewright(root()).args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
