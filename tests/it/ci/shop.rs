//! A repository with a package, keys and a trust policy, in which the steps of CI run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{all, output};
use crate::support::{file, paths};

/// The builder that the book's trust policy lists.
pub(super) const BUILDER: &str = "https://github.com/example/shop/.github/workflows/policy.yml";

/// A repository with the quickstart package in `policy`, in a version and the next, two keys beside it, and the book's trust
/// policy with those.
pub(super) struct Shop {
    pub(super) dir: TempDir,
}

impl Shop {
    pub(super) fn new() -> Self {
        let shop = Self { dir: tempfile::tempdir().unwrap() };
        for path in paths("examples/quickstart") {
            shop.write(&path.replacen("examples/quickstart", "policy", 1), &file(&path).text);
        }
        let mut trust = file("book/src/ci/trust.toml").text;
        for name in ["builder", "release"] {
            let made = output(
                Command::new(env!("CARGO_BIN_EXE_gatewright"))
                    .args(["key", "generate", "--out", name])
                    .current_dir(shop.dir.path()),
            );
            assert!(made.status.success(), "{}", all(&made));
            let section = trust.find(&format!("[keys.{name}]")).unwrap();
            let start = section + trust[section..].find("-----BEGIN").unwrap();
            let end = start + trust[start..].find("\"\"\"").unwrap();
            trust.replace_range(start..end, &shop.read(&format!("{name}/public.pem")));
        }
        shop.write("trust.toml", &trust);
        fs::create_dir(shop.path("temp")).unwrap();
        shop.write(".gitignore", "/temp\n/home\n/docker\n/.docker\n/builder\n/release\n*.sarif\n/tests.*\n/diff.*\n/summary.md\n*.cjar\n*.json\n");
        shop.git("init --quiet --initial-branch main .");
        shop.replace("policy/gatewright.toml", "version = \"0.1.0\"", "version = \"1.0.0\"");
        shop.commit();
        shop.replace("policy/gatewright.toml", "version = \"1.0.0\"", "version = \"1.0.1\"");
        shop.commit();
        shop
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn text_path(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} holds {old:?}");
        self.write(name, &text.replace(old, new));
    }

    pub(super) fn git(&self, args: &str) -> String {
        let done = output(
            Command::new("git")
                .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
                .args(args.split(' '))
                .current_dir(self.dir.path())
                .envs(self.environment()),
        );
        assert!(done.status.success(), "git {args}: {}", all(&done));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    pub(super) fn commit(&self) {
        self.git("add --all");
        self.git("commit --quiet --message change");
    }

    /// What every step finds: the program on the path, the solver, a home of its own.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let mut found: BTreeMap<String, String> = std::env::vars()
            .filter(|(name, _)| ["GATEWRIGHT_CACHE", "GATEWRIGHT_CVC5", "CVC5"].contains(&name.as_str()))
            .collect();
        if !found.contains_key("GATEWRIGHT_CACHE")
            && let Some(home) = std::env::var_os("HOME")
        {
            let cache = Path::new(&home).join(".cache/gatewright");
            found.insert("GATEWRIGHT_CACHE".to_owned(), cache.to_str().unwrap().to_owned());
        }
        let own = Path::new(env!("CARGO_BIN_EXE_gatewright")).parent().unwrap();
        let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
        found.insert("PATH".to_owned(), path);
        found.insert("HOME".to_owned(), self.text_path("home"));
        found.insert("CI".to_owned(), "true".to_owned());
        found
    }

    /// Runs a script as CI systems do.
    pub(super) fn bash(&self, script: &str, environment: &BTreeMap<String, String>) -> Output {
        output(
            Command::new("bash")
                .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
                .current_dir(self.dir.path())
                .env_clear()
                .env("GATEWRIGHT_PROGRESS", "never")
                .envs(environment),
        )
    }
}
