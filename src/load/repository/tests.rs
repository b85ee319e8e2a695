//! Folders of git with pipes, links and broken files in them.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use git2::{IndexAddOption, Signature, Time};
use tempfile::TempDir;

use super::*;
use crate::diag::Diagnostics;
use crate::load::{commit_of, load_checkout, load_revision, merge_base};

fn package() -> (TempDir, Repository) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("policy")).unwrap();
    fs::write(dir.path().join("gatewright.toml"), "[package]\n").unwrap();
    let repository = Repository::init(dir.path()).unwrap();
    {
        let mut index = repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = Signature::new("a", "a@example.com", &Time::new(7, 0)).unwrap();
        repository.commit(Some("HEAD"), &who, &who, "c", &tree, &[]).unwrap();
    }
    (dir, repository)
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What each way to read a repository answers.
fn errors(root: &Path) -> Vec<LoadError> {
    vec![
        load_checkout(root, &mut Diagnostics::new()).unwrap_err(),
        load_revision(root, "HEAD", &mut Diagnostics::new()).unwrap_err(),
        commit_of(root, "HEAD").unwrap_err(),
        merge_base(root, "HEAD", "HEAD").unwrap_err(),
    ]
}

#[test]
fn a_pipe_anywhere_in_the_folder_of_git_is_an_error_at_its_place_and_nothing_waits_for_it() {
    let branch = |repository: &Repository| repository.head().unwrap().name().unwrap().to_owned();
    let loose = |repository: &Repository| {
        let id = repository.head().unwrap().target().unwrap().to_string();
        let (folder, name) = id.split_at(2);
        format!("objects/{folder}/{name}")
    };
    let fixed = [
        "HEAD",
        "config",
        "index",
        "packed-refs",
        "shallow",
        "x",
        "info/exclude",
        "objects/info/alternates",
        "objects/info/commit-graph",
        "objects/pack/x.idx",
        "objects/pack/multi-pack-index",
        "logs/HEAD",
        "modules/sub/HEAD",
    ];
    let (_dir, repository) = package();
    let names = fixed.iter().map(|name| (*name).to_owned());
    for name in names.chain([branch(&repository), loose(&repository)]) {
        let (dir, _) = package();
        pipe(&dir.path().join(".git").join(&name));
        for error in errors(dir.path()) {
            assert!(matches!(&error, LoadError::NotAFile(path) if path.ends_with(&name)), "{name}: {error}");
        }
    }
    // The same pipe through a link.
    let (dir, _) = package();
    pipe(&dir.path().join("elsewhere"));
    fs::remove_file(dir.path().join(".git/index")).unwrap();
    symlink("../elsewhere", dir.path().join(".git/index")).unwrap();
    assert!(errors(dir.path()).iter().all(|error| matches!(error, LoadError::NotAFile(_))));
}

#[test]
fn a_pipe_that_gits_settings_name_is_an_error_and_nothing_waits_for_it() {
    for settings in [
        "[include]\n\tpath = PIPE\n",
        "[include] path = \"PIPE\" ; c\n",
        "[includeIf \"gitdir:/x\"]\n\tpath = ../pipe\n",
        "[core]\n\texcludesFile = PIPE\n",
        "[core]\n\tattributesfile = PIPE\n",
        "[include]\n\tpath = ../more\n",
        "[core]\n\texcludesFile = /dev/zero\n",
    ] {
        let (dir, _) = package();
        let at = dir.path().join("pipe");
        pipe(&at);
        fs::write(dir.path().join("more"), "[core]\nexcludesfile = pipe\n").unwrap();
        let config = dir.path().join(".git/config");
        let text = fs::read_to_string(&config).unwrap() + &settings.replace("PIPE", &at.display().to_string());
        fs::write(&config, text).unwrap();
        for error in errors(dir.path()) {
            assert!(matches!(&error, LoadError::NotAFile(_)), "{settings}: {error}");
        }
    }
    // What is not there, a folder, and the usual way to name no file are none of these.
    let (dir, _) = package();
    let config = dir.path().join(".git/config");
    let text = fs::read_to_string(&config).unwrap()
        + "[core]\nexcludesFile = /dev/null\nattributesFile = nowhere\n[include]\npath = policy\npath = config\n";
    fs::write(&config, text).unwrap();
    can_be_opened(&dir.path().join(".git")).unwrap();
}

#[test]
fn a_folder_of_git_that_cannot_be_read_is_not_taken_for_none() {
    let with = |change: &dyn Fn(&Path)| {
        let (dir, _) = package();
        change(&dir.path().join(".git"));
        errors(dir.path()).remove(0)
    };
    let looped = with(&|git| {
        fs::remove_file(git.join("HEAD")).unwrap();
        symlink("HEAD", git.join("HEAD")).unwrap();
    });
    assert!(matches!(&looped, LoadError::Read { path, .. } if path.ends_with(".git/HEAD")), "{looped}");
    for name in ["HEAD", "refs", "objects"] {
        let broken = with(&|git| match git.join(name).is_dir() {
            true => fs::remove_dir_all(git.join(name)).unwrap(),
            false => fs::remove_file(git.join(name)).unwrap(),
        });
        assert!(matches!(&broken, LoadError::BrokenRepository(path) if path.ends_with(".git")), "{name}: {broken}");
    }
    let replaced = |change: &dyn Fn(&Path)| {
        with(&|git| {
            fs::remove_dir_all(git).unwrap();
            change(git);
        })
    };
    assert!(matches!(replaced(&|git| pipe(git)), LoadError::NotAFile(_)));
    assert!(matches!(replaced(&|git| symlink(".git", git).unwrap()), LoadError::Read { .. }));
    for text in ["", "gitdir: nowhere\n", "nonsense"] {
        let broken = replaced(&|git| fs::write(git, text).unwrap());
        assert!(matches!(broken, LoadError::BrokenRepository(_) | LoadError::Git { .. }), "{text}: {broken}");
    }
}

#[test]
fn work_trees_alternates_and_repositories_inside_are_followed() {
    let (dir, repository) = package();
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    repository.worktree("tree", &tree, None).unwrap();
    assert!(load_checkout(&tree, &mut Diagnostics::new()).unwrap().1.is_some());
    pipe(&dir.path().join(".git/objects/pack/x.idx"));
    assert!(matches!(errors(&tree).remove(0), LoadError::NotAFile(path) if path.ends_with("pack/x.idx")));

    let (dir, _) = package();
    let objects = other.path().join("objects");
    pipe(&objects.join("pack/y.idx"));
    fs::write(dir.path().join(".git/objects/info/alternates"), format!("{}\n", objects.display())).unwrap();
    assert!(matches!(errors(dir.path()).remove(0), LoadError::NotAFile(path) if path.ends_with("pack/y.idx")));

    let (dir, _) = package();
    Repository::init(dir.path().join("inside")).unwrap();
    assert!(load_checkout(dir.path(), &mut Diagnostics::new()).is_ok());
    pipe(&dir.path().join("inside/.git/HEAD"));
    let error = load_checkout(dir.path(), &mut Diagnostics::new()).unwrap_err();
    assert!(matches!(&error, LoadError::NotAFile(path) if path.ends_with("inside/.git/HEAD")), "{error}");
}

#[test]
fn what_git_never_opens_and_sockets_of_its_tools_are_no_fault() {
    let (dir, _) = package();
    let git = dir.path().join(".git");
    pipe(&git.join("hooks/p"));
    pipe(&git.join("lfs/p"));
    let _socket = UnixListener::bind(git.join("fsmonitor.ipc")).unwrap();
    symlink("user@host.1", git.join(".#config")).unwrap();
    symlink("..", git.join("refs/up")).unwrap();
    let (_, commit) = load_checkout(dir.path(), &mut Diagnostics::new()).unwrap();
    assert!(commit.is_some());
}

#[test]
fn a_bare_repository_is_looked_at_too() {
    let dir = tempfile::tempdir().unwrap();
    Repository::init_bare(dir.path()).unwrap();
    pipe(&dir.path().join("HEAD"));
    let error = commit_of(dir.path(), "HEAD").unwrap_err();
    assert!(matches!(&error, LoadError::NotAFile(path) if path.ends_with("HEAD")), "{error}");
}
