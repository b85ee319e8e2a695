//! What several test modules need: the repository's files, and components that may be absent.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap();
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }
}

/// A file of the repository; panics where it cannot be read.
pub(crate) fn file(path: &str) -> File {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    File { path: path.to_owned(), text }
}

/// All files below a folder whose names end so, sorted by path; none where there is no folder.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<File> {
    paths(folder).into_iter().filter(|path| path.ends_with(ending)).map(|path| file(&path)).collect()
}

/// The paths of all files below a folder, sorted.
pub(crate) fn paths(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The folders directly below a folder, sorted.
pub(crate) fn folders(folder: &str) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(root().join(folder))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| format!("{folder}/{}", entry.file_name().to_str().unwrap()))
        .collect();
    found.sort();
    found
}

/// The real policies of other projects, where they lie beside the repository.
pub(crate) fn corpora() -> Option<PathBuf> {
    let path = root().join("../shared/corpora");
    has("corpora", path.is_dir()).then_some(path)
}

/// Whether a test that needs a component can run. Where the component is absent the test is skipped, and one line on
/// standard error says so; what `GATEWRIGHT_TEST_REQUIRE` names must be there.
pub(crate) fn has(component: &'static str, present: bool) -> bool {
    static SKIPPED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    if present {
        return true;
    }
    let required = std::env::var("GATEWRIGHT_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == component),
        "GATEWRIGHT_TEST_REQUIRE names `{component}`, and it is not there"
    );
    if SKIPPED.lock().unwrap().insert(component) {
        // Written past the capture of the test harness, which hides what a passing test prints.
        let line = format!("skipped: tests that need `{component}`\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    false
}

/// Panics with all offences, one per line.
pub(crate) fn assert_none(what: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{what}:\n  {}\n", offences.join("\n  "));
}
