//! Bundles published and pulled by the command line: folders, OCI layouts, a registry (Debian's `docker-registry`), a file
//! server; and everything in between that may not let anybody see half of it, or an older one.

mod checkouts;
mod edited;
mod marks;
mod pages;
mod pipes;
pub(crate) mod places;
mod refused;
pub(crate) mod server;
mod shipped;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git2::{IndexAddOption, Repository, Signature, Time};
use tempfile::TempDir;

use crate::support::{paths, root};

/// A repository with a package in it, keys, and a home of its own.
struct Shop {
    dir: TempDir,
}

/// What a run came to.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Shop {
    /// The quickstart package in version 1.0.0, bundled as `1.0.0.cjar`, and a key in `k`.
    fn new() -> Self {
        let shop = Self { dir: tempfile::tempdir().unwrap() };
        for path in paths("examples/quickstart") {
            let to = shop.path(&path.replacen("examples/quickstart", "p", 1));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(&path), to).unwrap();
        }
        shop.version("1.0.0");
        shop.keys("k");
        shop
    }

    /// Keys in a folder, and a trust policy that demands nothing that takes a solver: nothing here has one.
    fn keys(&self, name: &str) {
        self.ok(&format!("key generate --out {name}"));
        self.replace(&format!("{name}/trust.toml"), "\"lint\", \"tests\", \"proofs\"", "\"tests\"");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn replace(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{name} holds {old}");
        fs::write(self.path(name), text.replace(old, new)).unwrap();
    }

    /// Commits the package in a version, and bundles it as `VERSION.cjar`.
    fn version(&self, version: &str) {
        let config = fs::read_to_string(self.path("p/gatewright.toml")).unwrap();
        let lines = config.lines().map(|line| match line.starts_with("version") {
            true => format!("version = \"{version}\"\n"),
            false => format!("{line}\n"),
        });
        fs::write(self.path("p/gatewright.toml"), lines.collect::<String>()).unwrap();
        self.commit();
        self.ok(&format!("bundle p --out {version}.cjar"));
    }

    fn commit(&self) {
        let repository = Repository::init(self.dir.path()).unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["p"], IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = Signature::new("a", "a@example.com", &Time::new(1_772_323_200, 0)).unwrap();
        let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap();
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("GATEWRIGHT_PROGRESS", "never")
            .env("HOME", self.path("home"))
            .args(args.split_whitespace())
            .stdin(Stdio::null());
        command
    }

    fn run_with(&self, args: &str, environment: &[(&str, &Path)]) -> Run {
        let output = self.command(args).envs(environment.iter().copied()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, args: &str) -> Run {
        self.run_with(args, &[])
    }

    fn ok(&self, args: &str) -> String {
        let run = self.run(args);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{args}: {}", run.out);
        run.out
    }

    /// Fails with exactly these codes of refusals.
    fn refused(&self, args: &str, codes: &[&str]) {
        let run = self.run(args);
        assert_eq!(run.code, 1, "{args}: {run:?}");
        let mut found: Vec<&str> =
            run.err.lines().filter_map(|line| line.strip_suffix(']')?.rsplit_once('[')).map(|(_, code)| code).collect();
        found.dedup();
        assert_eq!(found, codes, "{args}: {run:?}");
    }

    fn publish(&self, version: &str, place: &str) -> String {
        self.ok(&format!("publish {version}.cjar {place} --channel prod --key k/private.pem"))
    }

    /// What the channel brings, by its digest.
    fn pulled(&self, place: &str) -> Vec<u8> {
        self.ok(&format!("pull {place} --channel prod --trust k/trust.toml --out out/pulled.cjar"));
        self.ok("bundle verify out/pulled.cjar --trust k/trust.toml");
        fs::read(self.path("out/pulled.cjar")).unwrap()
    }

    fn bytes(&self, version: &str) -> Vec<u8> {
        fs::read(self.path(&format!("{version}.cjar"))).unwrap()
    }
}
