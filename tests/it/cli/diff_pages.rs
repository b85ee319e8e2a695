//! Pages of `tests/specs/diff`: two packages under each heading, and what `diff --gate` and `bump` say of them.
//!
//! - A fence `both`, `old` or `new` is a file of both packages or of one; `path=policy/raw.cedar` behind it gives its place,
//!   which is `policy/main.gate` else. `both` before the first heading of the second level is part of every package.
//! - The project file is a plain one where no fence gives another.
//! - With a path below `manifests/` the package is what importing the manifests gives.
//! - A fence `diff` holds what is said, without the examples; `GATEWRIGHT_UPDATE=1` rewrites it.

use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::prover::solver;
use crate::support::{assert_none, files, root};

use super::{Run, gatewright};

const CONFIG: &str = "[package]\nname = \"spec\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";

#[test]
fn specs_of_differences_hold() {
    let Some(found) = solver() else { return };
    let cache = tempfile::tempdir().unwrap();
    let mut offences = Vec::new();
    for page in files("tests/specs/diff", ".md") {
        let mut text = page.text.clone();
        // From the last to the first, so that the places of the others stay right.
        for test in tests(&page.text).iter().rev() {
            let Some((golden, range)) = &test.golden else {
                offences.push(format!("{}: `{}` has no `diff` fence", page.path, test.name));
                continue;
            };
            let said = said(test, |command| {
                command.env("GATEWRIGHT_CACHE", cache.path()).env("GATEWRIGHT_CVC5", &found.place);
            });
            if said == *golden {
                continue;
            }
            match std::env::var_os("GATEWRIGHT_UPDATE").is_some_and(|value| value == "1") {
                true => text.replace_range(range.clone(), &said),
                false => offences.push(format!("{}: `{}` is now\n{said}", page.path, test.name)),
            }
        }
        if text != page.text {
            fs::write(root().join(&page.path), text).unwrap();
        }
    }
    assert_none("specs of differences that do not hold", offences);
}

/// What stands under one heading.
#[derive(Default)]
struct Test {
    name: String,
    /// Side, path and text; the side is empty for both.
    files: Vec<(String, String, String)>,
    golden: Option<(String, Range<usize>)>,
}

fn tests(page: &str) -> Vec<Test> {
    let mut tests: Vec<Test> = vec![Test::default()];
    let mut at = 0;
    let mut open: Option<(String, usize)> = None;
    for line in page.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(name) = line.strip_prefix("## ").filter(|_| open.is_none()) {
            tests.push(Test { name: name.trim().to_owned(), ..Test::default() });
            continue;
        }
        let Some(info) = line.trim_end().strip_prefix("```") else {
            continue;
        };
        let Some((info, from)) = open.take() else {
            open = Some((info.to_owned(), at));
            continue;
        };
        let test = tests.last_mut().unwrap();
        let text = page[from..start].to_owned();
        let (kind, path) = info.split_once(" path=").unwrap_or((&info, "policy/main.gate"));
        match kind {
            "both" => test.files.push((String::new(), path.to_owned(), text)),
            "old" | "new" => test.files.push((kind.to_owned(), path.to_owned(), text)),
            "diff" => test.golden = Some((text, from..start)),
            other => panic!("no such fence: {other}"),
        }
    }
    let common = tests.remove(0).files;
    for test in &mut tests {
        test.files.splice(0..0, common.iter().cloned());
    }
    tests
}

fn said(test: &Test, environment: impl Fn(&mut std::process::Command)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| -> Run {
        let mut command = gatewright(dir.path());
        environment(&mut command);
        let output = command.args(args).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    };
    for side in ["old", "new"] {
        let mine = test.files.iter().filter(|(of, ..)| of.is_empty() || of == side);
        let imported = format!("{side}-manifests");
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let known = fs::read_to_string(path).unwrap_or_default();
            fs::write(path, known + text).unwrap();
        };
        let mut imports = false;
        for (_, path, text) in mine {
            match path.strip_prefix("manifests/") {
                Some(name) => {
                    imports = true;
                    write(&dir.path().join(&imported).join(name), text);
                }
                None => write(&dir.path().join(side).join(path), text),
            }
        }
        if imports {
            let run = run(&["import", "k8s-rbac", &imported, "--out", side]);
            assert_eq!(run.code, 0, "{}: {}{}", test.name, run.out, run.err);
        } else if !dir.path().join(side).join("gatewright.toml").exists() {
            write(&dir.path().join(side).join("gatewright.toml"), CONFIG);
        }
    }
    let sides = ["--from", "old", "--to", "new", "--at", "2026-03-01"];
    let diff = run(&[["diff"].as_slice(), &sides, &["--gate"]].concat());
    let bump = run(&[["bump"].as_slice(), &sides].concat());
    let mut text = String::new();
    let mut in_example = false;
    for line in diff.out.lines() {
        in_example = match line {
            "    for example" => true,
            _ => in_example && line.starts_with("        "),
        };
        // How many questions it took is no matter of what is said.
        let is_effort = line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" of request");
        if !in_example && !is_effort {
            text.push_str(line);
            text.push('\n');
        }
    }
    let bump = bump.out.lines().next().unwrap_or(&bump.err).to_owned();
    format!("{text}gate: exit {}{}\nbump: {bump}\n", diff.code, diff.err)
}
