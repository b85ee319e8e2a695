//! A repository with a history that tests write.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use git2::{IndexAddOption, Repository, Signature, Time};
use tempfile::TempDir;

use crate::prover::solver;
use crate::support::{paths, root};

use super::{Run, gatewright};

/// A repository with the marketplace in it, as the book's examples name it.
pub(super) struct History {
    pub(super) dir: TempDir,
    cache: TempDir,
    solver: Option<PathBuf>,
}

pub(super) const PACKAGE: &str = "examples/marketplace";

impl History {
    /// The marketplace, with a solver; `None` where there is none.
    pub(super) fn proved() -> Option<Self> {
        Some(Self::new(Some(solver()?.place)))
    }

    /// The marketplace.
    pub(super) fn new(solver: Option<PathBuf>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for path in paths(PACKAGE) {
            let to = dir.path().join(&path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(&path), to).unwrap();
        }
        let history = Self { dir, cache: tempfile::tempdir().unwrap(), solver };
        history.commit();
        history
    }

    pub(super) fn commit(&self) {
        let folder = self.dir.path();
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

    /// Replaces text everywhere in the policy and its `gateway.toml`; each must be there.
    pub(super) fn edit(&self, edits: &[(&str, &str)]) {
        let package = self.dir.path().join(PACKAGE);
        let policy = fs::read_dir(package.join("policy")).unwrap();
        let mut files: Vec<PathBuf> = policy.map(|entry| entry.unwrap().path()).collect();
        files.extend(Some(package.join("gateway.toml")).filter(|path| path.exists()));
        for (old, new) in edits {
            let mut found = false;
            for path in &files {
                let text = fs::read_to_string(path).unwrap();
                found |= text.contains(old);
                fs::write(path, text.replace(old, new)).unwrap();
            }
            assert!(found, "the policy has {old}");
        }
    }

    /// Writes a file of the package.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(PACKAGE).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file of the package.
    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(PACKAGE).join(name)).unwrap()
    }

    /// `diff` on 2026-03-01.
    pub(super) fn run(&self, args: &[&str]) -> Run {
        self.verb("diff", args)
    }

    pub(super) fn verb(&self, verb: &str, args: &[&str]) -> Run {
        let mut command = gatewright(self.dir.path());
        command.env("GATEWRIGHT_CACHE", self.cache.path());
        if let Some(solver) = &self.solver {
            command.env("GATEWRIGHT_CVC5", solver);
        }
        let output = command.args([verb, "--at", "2026-03-01"]).args(args).stdin(Stdio::null()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
