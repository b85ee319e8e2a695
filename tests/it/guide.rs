//! The guide of the book, followed from its first line to its last in one folder, as a reader follows it.
//!
//! - A line that holds a file's name in bold and nothing else, `**policy/model.gate**`, belongs to the block below it. The block
//!   is the whole file. A `diff` block is an edit of it: its context and `-` lines become its context and `+` lines.
//! - In a `console` block each line after `$ ` is run by `sh`, and the lines below it are what it prints.
//!   `GATEWRIGHT_UPDATE=1` rewrites them.
//! - There are no other blocks, so nothing in the guide is left untried.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::prover::solver;
use crate::support::{file, has, root};

/// The folder that the guide makes for its package.
const PACKAGE: &str = "market";

/// The verbs that ask the solver. Without one, the blocks that hold them are left as they are.
const PROVING: [&str; 4] = ["lint", "prove", "diff", "bump"];

#[test]
fn the_guide_is_one_package_that_grows_as_its_pages_say() {
    if !has("git", runs("git")) || !has("sh", runs("sh")) {
        return;
    }
    let pages = pages();
    assert!(pages.len() > 7, "{pages:?}");
    let mut reader = Reader::new();
    let mut offences = Vec::new();
    for page in &pages {
        let path = format!("book/src/{page}");
        let text = file(&path).text;
        let now = reader.follow(&path, &text);
        let lines = text.lines().zip(now.lines());
        let differing = (1..).zip(lines).find(|(_, (page, now))| page != now);
        match differing {
            Some((number, (_, now))) => offences.push(format!("{path}:{number}: {now}")),
            None if text != now => offences.push(format!("{path}: the end differs")),
            None => {}
        }
        if text != now && std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
            fs::write(root().join(&path), &now).unwrap();
        }
        offences.extend(reader.faults(&path));
    }
    assert!(
        offences.is_empty(),
        "the guide is not what happens; GATEWRIGHT_UPDATE=1 rewrites what commands print, then read the difference:\n  {}",
        offences.join("\n  ")
    );
}

/// The guide's pages, in the order of the book.
fn pages() -> Vec<String> {
    let summary = file("book/src/SUMMARY.md").text;
    let links = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| link.starts_with("guide/")).map(str::to_owned).collect()
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command.args(["-c", "exit 0"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// Somebody who does what the guide says.
struct Reader {
    home: TempDir,
    /// The current folder of their shell.
    folder: PathBuf,
    /// The exit code of their last command.
    code: i32,
    solver: Option<PathBuf>,
}

impl Reader {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { folder: home.path().to_owned(), home, code: 0, solver: solver().map(|found| found.place) }
    }

    /// Does what a page says, and gives the page with what its commands printed.
    fn follow(&mut self, path: &str, page: &str) -> String {
        let mut now = String::new();
        let mut name = None;
        let mut fence: Option<(&str, usize, String)> = None;
        for (number, line) in (1..).zip(page.lines()) {
            match &mut fence {
                Some((info, opened, text)) if line == "```" => {
                    let place = format!("{path}:{opened}");
                    match (*info, name.take()) {
                        ("console", None) => *text = self.console(&place, text),
                        ("diff", Some(name)) => self.edit(&place, name, text),
                        (_, Some(name)) if name.ends_with(&format!(".{info}")) => self.write(name, text),
                        (info, name) => panic!("{place}: what is a `{info}` block with the name {name:?}?"),
                    }
                    now.push_str(&format!("```{info}\n{text}```\n"));
                    fence = None;
                }
                Some((_, _, text)) => text.push_str(&format!("{line}\n")),
                None => match line.strip_prefix("```") {
                    Some(info) => fence = Some((info, number, String::new())),
                    None => {
                        let bold = line.strip_prefix("**").and_then(|line| line.strip_suffix("**"));
                        assert!(name.is_none() || line.is_empty(), "{path}:{number}: no block follows {name:?}");
                        name = name.or(bold);
                        now.push_str(&format!("{line}\n"));
                    }
                },
            }
        }
        assert!(fence.is_none(), "{path}: a block is not closed");
        now
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, place: &str, name: &str, diff: &str) {
        let side = |other: char| -> String {
            let lines = diff.lines().filter(|line| !line.starts_with(other));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or(""))).collect()
        };
        let text =
            fs::read_to_string(self.folder.join(name)).unwrap_or_else(|error| panic!("{place}: {name}: {error}"));
        let (old, new) = (side('+'), side('-'));
        assert_eq!(text.matches(&old).count(), 1, "{place}: `{name}` holds this once:\n{old}\nin\n{text}");
        self.write(name, &text.replace(&old, &new));
    }

    /// Each command of a block, and what it prints now.
    fn console(&mut self, place: &str, text: &str) -> String {
        let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        assert!(!commands.is_empty(), "{place}: nothing is run");
        let proves = |command: &&str| PROVING.iter().any(|verb| command.starts_with(&format!("gatewright {verb}")));
        if self.solver.is_none() && commands.iter().any(proves) {
            return text.to_owned();
        }
        let mut now = String::new();
        for command in commands {
            let printed = match command.strip_prefix("cd ") {
                Some(folder) => {
                    self.folder = self.folder.join(folder).canonicalize().unwrap();
                    String::new()
                }
                None => self.run(command),
            };
            now.push_str(&format!("$ {command}\n{printed}"));
        }
        now
    }

    /// What a command prints on both streams.
    fn run(&mut self, command: &str) -> String {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_gatewright"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::iter::once(binary.parent().unwrap().to_owned()).chain(std::env::split_paths(&path));
        let mut sh = Command::new("sh");
        sh.arg("-c")
            .arg(format!("exec 2>&1\n(exit {})\n{command}", self.code))
            .current_dir(&self.folder)
            .env_clear()
            .env("GATEWRIGHT_PROGRESS", "never")
            .env("PATH", std::env::join_paths(places).unwrap())
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            sh.env(format!("GIT_{who}_NAME"), "ann");
            sh.env(format!("GIT_{who}_EMAIL"), "ann@example.com");
        }
        if let Some(solver) = &self.solver {
            sh.env("GATEWRIGHT_CVC5", solver);
        }
        let output = sh.stdin(Stdio::null()).output().unwrap();
        self.code = output.status.code().unwrap();
        let mut printed = String::from_utf8(output.stdout).unwrap().replace("1.3.1-modified", "1.3.1");
        if !printed.is_empty() && !printed.ends_with('\n') {
            printed.push('\n');
        }
        printed
    }

    /// What is wrong with the packages as a page leaves them.
    fn faults(&mut self, page: &str) -> Vec<String> {
        let here = std::mem::replace(&mut self.folder, self.home.path().to_owned());
        let entries = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let mut packages: Vec<PathBuf> = entries.filter(|path| path.join("gatewright.toml").exists()).collect();
        packages.sort();
        assert!(packages.contains(&self.folder.join(PACKAGE)), "{page}: {packages:?}");
        let mut faults = Vec::new();
        for package in packages {
            let has_tests = package.join("scenarios").is_dir() && package.ends_with(PACKAGE);
            self.folder = package;
            for verb in std::iter::once("check").chain(has_tests.then_some("test")) {
                let printed = self.run(&format!("gatewright {verb}"));
                if self.code != 0 {
                    let package = self.folder.display();
                    faults.push(format!("{page} leaves {package}, which does not {verb}:\n{printed}"));
                }
            }
        }
        self.folder = here;
        faults
    }
}
