//! Packages as they are in a git revision, read from the object database: no checkout, no network, no hooks.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use git2::{ObjectType, Oid, Repository, Tree, TreeEntry};

use super::error::History;
use super::package;
use super::package::{Content, Entry, MAX_FILE_BYTES, PackageFiles};
use super::part::{Part, TOP, in_other_case};
use super::path::existing_part;
use super::repository::{git_error, repository_of};
use crate::diag::{Diagnostics, closest};
use crate::load::LoadError;

/// The file mode by which git marks a symbolic link.
const SYMBOLIC_LINK: i32 = 0o120_000;

/// Loads the package in a folder as it is in a revision: a commit, branch, tag or any other expression that names one.
/// The folder is found in its repository by its path; it need not exist in the work tree any more. In a bare
/// repository the package is its root.
///
/// # Errors
/// Where there is no repository, revision or package; what is wrong with the files goes to `out`.
pub fn load_revision(root: &Path, revision: &str, out: &mut Diagnostics) -> Result<PackageFiles, LoadError> {
    let (existing, missing) = existing_part(root)?;
    let repository = repository_of(root, &existing)?;
    let top = revision_tree(&repository, revision)?;
    let folder = inside(&repository, root, &existing)?.join(missing);
    let absent = || LoadError::NotInRevision { path: root.to_owned(), revision: revision.to_owned() };
    let tree = folder_of(&repository, top, &folder).map_err(|error| git_error(root, &error))?.ok_or_else(absent)?;
    if tree.get_name("gatewright.toml").is_none() {
        return Err(absent());
    }
    Ok(package::assemble(root.to_owned(), walk(&repository, &tree), out))
}

/// The commit from which two revisions went apart, as its whole id.
///
/// # Errors
/// Where there is no repository or revision, or the two have no commit in common.
pub fn merge_base(root: &Path, one: &str, other: &str) -> Result<String, LoadError> {
    let (existing, _) = existing_part(root)?;
    let repository = repository_of(root, &existing)?;
    let commit = |revision: &str| {
        let found = repository.revparse_single(revision).and_then(|object| object.peel_to_commit());
        found.map_err(|_| unknown(&repository, revision))
    };
    let base = repository.merge_base(commit(one)?.id(), commit(other)?.id());
    base.map(|id| id.to_string()).map_err(|_| LoadError::NoCommonCommit(one.to_owned(), other.to_owned()))
}

/// A folder below a tree; `None` where the tree has none. A tree on the way that cannot be read, as in a partial clone, is an error:
/// nobody knows what is in it. libgit2's own search says "not found" of both.
pub(super) fn folder_of<'r>(
    repository: &'r Repository,
    top: Tree<'r>,
    folder: &Path,
) -> Result<Option<Tree<'r>>, git2::Error> {
    let mut tree = top;
    for part in folder.components() {
        let Component::Normal(name) = part else {
            return Ok(None);
        };
        let Some((ObjectType::Tree, id)) = entry_of(&tree, name) else {
            return Ok(None);
        };
        tree = repository.find_tree(id)?;
    }
    Ok(Some(tree))
}

/// What a tree has under a name: of which kind, and its id.
fn entry_of(tree: &Tree<'_>, name: &OsStr) -> Option<(ObjectType, Oid)> {
    let entry = tree.iter().find(|entry| entry.name_bytes() == name.as_encoded_bytes())?;
    Some((entry.kind()?, entry.id()))
}

/// A real path as seen from the top of its repository; empty for a bare repository and for the git folder itself.
///
/// # Errors
/// Where the repository has its files elsewhere, as `core.worktree` says, or has none.
pub(super) fn inside(repository: &Repository, root: &Path, path: &Path) -> Result<PathBuf, LoadError> {
    let top = repository.workdir().and_then(|top| fs::canonicalize(top).ok());
    let git = fs::canonicalize(repository.path()).ok();
    let below = |top: Option<&PathBuf>| top.and_then(|top| path.strip_prefix(top).ok()).map(Path::to_owned);
    below(git.as_ref()).or_else(|| below(top.as_ref())).ok_or_else(|| LoadError::OutsideWorkTree {
        path: root.to_owned(),
        top: repository.workdir().map(Path::to_owned),
    })
}

fn revision_tree<'r>(repository: &'r Repository, revision: &str) -> Result<Tree<'r>, LoadError> {
    let found = repository.revparse_single(revision).and_then(|object| object.peel_to_tree());
    found.map_err(|_| unknown(repository, revision))
}

pub(super) fn unknown(repository: &Repository, revision: &str) -> LoadError {
    let names: Vec<String> = repository.references().map_or_else(
        |_| Vec::new(),
        |references| {
            let named = references.flatten().filter_map(|r| r.shorthand().ok().map(str::to_owned));
            named.collect()
        },
    );
    LoadError::UnknownRevision {
        revision: revision.to_owned(),
        near: closest(revision, names.iter().map(String::as_str)).map(str::to_owned),
        history: match (repository.is_shallow(), repository.is_empty()) {
            (true, _) => History::Part,
            (false, Ok(true)) => History::None,
            (false, _) => History::Whole,
        },
    }
}

/// Everything in the package's six places.
pub(super) fn walk(repository: &Repository, package: &Tree<'_>) -> Vec<Entry> {
    let in_other_case = package.iter().filter_map(|entry| {
        let name = std::str::from_utf8(entry.name_bytes()).ok()?;
        let kind = match Part::of(in_other_case(name)?).is_one_file() {
            true => ObjectType::Blob,
            false => ObjectType::Tree,
        };
        (entry.kind() == Some(kind)).then(|| Entry { name: name.to_owned(), content: Content::Unread })
    });
    let mut entries: Vec<Entry> = in_other_case.collect();
    let mut waiting: Vec<(String, TreeEntry<'static>)> =
        TOP.iter().filter_map(|name| Some(((*name).to_owned(), package.get_name(name)?.to_owned()))).collect();
    while let Some((name, entry)) = waiting.pop() {
        let part = Part::of(&name);
        let content = match entry.kind() {
            _ if std::str::from_utf8(entry.name_bytes()).is_err() => Content::BadName,
            Some(ObjectType::Tree) if part.is_one_file() => Content::NotAFile("a folder"),
            Some(ObjectType::Tree) => match repository.find_tree(entry.id()) {
                Ok(tree) => {
                    waiting.extend(tree.iter().map(|child| {
                        let child_name = String::from_utf8_lossy(child.name_bytes());
                        (format!("{name}/{child_name}"), child.to_owned())
                    }));
                    continue;
                }
                Err(error) => Content::Unreadable(error.message().to_owned()),
            },
            Some(ObjectType::Blob) if entry.filemode() == SYMBOLIC_LINK => Content::SymbolicLink,
            Some(ObjectType::Blob) => match part {
                Part::Folder => Content::NotAFile("a file"),
                part if !part.is_read() => Content::Unread,
                _ => blob(repository, &entry),
            },
            _ => Content::NotAFile("a submodule"),
        };
        entries.push(Entry { name, content });
    }
    entries
}

/// The bytes of a file, unless its header says that it is too large.
fn blob(repository: &Repository, entry: &TreeEntry<'_>) -> Content {
    let read = || -> Result<Content, git2::Error> {
        let (size, _) = repository.odb()?.read_header(entry.id())?;
        if u64::try_from(size).is_ok_and(|size| size <= MAX_FILE_BYTES) {
            Ok(Content::Bytes(repository.find_blob(entry.id())?.content().to_vec()))
        } else {
            Ok(Content::TooLarge)
        }
    };
    read().unwrap_or_else(|error| Content::Unreadable(error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "repositories are made on disk")]

    use git2::Signature;
    use tempfile::TempDir;

    use super::*;
    use crate::load::load_package;

    const FILE: i32 = 0o100_644;

    /// Commits exactly these files (mode, path, bytes) on the current branch.
    fn commit(repository: &Repository, files: &[(i32, &str, &[u8])]) -> Oid {
        let mut index = git2::Index::new().unwrap();
        for (mode, path, bytes) in files {
            let id = match mode {
                0o160_000 => Oid::from_str("0123456789012345678901234567890123456789").unwrap(),
                _ => repository.blob(bytes).unwrap(),
            };
            let entry = git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode: u32::try_from(*mode).unwrap(),
                uid: 0,
                gid: 0,
                file_size: 0,
                id,
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).unwrap();
        }
        let tree = repository.find_tree(index.write_tree_to(repository).unwrap()).unwrap();
        let who = Signature::new("a", "a@example.com", &git2::Time::new(0, 0)).unwrap();
        let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap()
    }

    fn repository() -> (TempDir, Repository) {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        (dir, repository)
    }

    fn load(root: &Path, revision: &str) -> (PackageFiles, Vec<String>) {
        let mut out = Diagnostics::new();
        let package = load_revision(root, revision, &mut out).unwrap();
        let faults = out.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        (package, faults)
    }

    fn texts(package: &PackageFiles) -> Vec<(String, String)> {
        let pair = |(_, source): (_, &crate::text::Source)| (source.name().to_owned(), source.text().to_owned());
        package.sources.iter().map(pair).collect()
    }

    #[test]
    fn a_revision_is_read_whatever_the_work_tree_holds() {
        let (dir, repository) = repository();
        let first = commit(&repository, &[(FILE, "p/gatewright.toml", b"1"), (FILE, "p/policy/a.gate", b"old\r\n")]);
        commit(&repository, &[(FILE, "p/gatewright.toml", b"2"), (FILE, "p/policy/b.gate", b"new")]);
        let at = dir.path().join("p");
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let old = [pair("gatewright.toml", "1"), pair("policy/a.gate", "old\r\n")];
        for revision in [first.to_string(), "HEAD~1".to_owned(), format!("{first:.8}")] {
            assert_eq!(texts(&load(&at, &revision).0), old, "{revision}");
        }
        assert_eq!(
            texts(&load(&at, "HEAD").0),
            [pair("gatewright.toml", "2"), pair("policy/b.gate", "new")],
            "the folder itself was never checked out"
        );
        assert!(load(&at, "HEAD").1.is_empty());
    }

    #[test]
    fn a_revision_and_the_disk_give_the_same_package() {
        let (dir, repository) = repository();
        let files: [(i32, &str, &[u8]); 8] = [
            (FILE, "gateway.toml", b"[[route]]"),
            (FILE, "gatewright.toml", b"[package]"),
            (FILE, "policy/a.gate", "\u{feff}r\u{f6}le".as_bytes()),
            (FILE, "policy/b/c.cedar", b"// \xff"),
            (FILE, "Policy/d.gate", b"x"),
            (FILE, "policy/notes.txt", b"x"),
            (FILE, "scenarios/s.yaml", b"a: 1"),
            (FILE, "src/main.rs", b""),
        ];
        commit(&repository, &files);
        for (_, name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let mut out = Diagnostics::new();
        let disk = load_package(dir.path(), &mut out).unwrap();
        let (git, faults) = load(dir.path(), "HEAD");
        assert_eq!(texts(&git), texts(&disk));
        assert_eq!(faults, out.iter().map(|d| format!("{}: {}", d.code, d.message)).collect::<Vec<_>>());
        assert!(faults.iter().any(|fault| fault.contains("nothing reads `Policy`")), "{faults:?}");
        assert_eq!(
            (git.gateway, git.gate, git.cedar, git.scenarios),
            (disk.gateway, disk.gate, disk.cedar, disk.scenarios)
        );
    }

    #[test]
    fn links_and_submodules_are_errors() {
        let (dir, repository) = repository();
        commit(
            &repository,
            &[
                (FILE, "gatewright.toml", b""),
                (FILE, "policy/a.gate", b""),
                (SYMBOLIC_LINK, "policy/l.gate", b"a.gate"),
                (0o160_000, "policy/m", b""),
            ],
        );
        assert_eq!(
            load(dir.path(), "HEAD").1,
            ["symbolic-link: `policy/l.gate` is a symbolic link", "unreadable-file: `policy/m` is a submodule"]
        );
    }

    #[test]
    fn a_bare_repository_is_its_package() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(dir.path()).unwrap();
        commit(&repository, &[(FILE, "gatewright.toml", b""), (FILE, "policy/a.gate", b"x")]);
        assert_eq!(load(dir.path(), "HEAD").0.gate.len(), 1);
    }

    #[test]
    fn two_revisions_went_apart_at_a_commit() {
        let (dir, repository) = repository();
        let base = commit(&repository, &[(FILE, "p/gatewright.toml", b"1")]);
        let branch = repository.find_commit(base).unwrap();
        repository.branch("side", &branch, false).unwrap();
        commit(&repository, &[(FILE, "p/gatewright.toml", b"2")]);
        let at = dir.path().join("p");
        assert_eq!(merge_base(&at, "side", "HEAD").unwrap(), base.to_string());
        assert!(matches!(merge_base(&at, "side", "nope"), Err(LoadError::UnknownRevision { .. })));
        let empty = repository.treebuilder(None).unwrap().write().unwrap();
        let tree = repository.find_tree(empty).unwrap();
        let who = Signature::new("a", "a@example.com", &git2::Time::new(0, 0)).unwrap();
        repository.commit(Some("refs/heads/other"), &who, &who, "c", &tree, &[]).unwrap();
        assert!(matches!(merge_base(&at, "other", "HEAD"), Err(LoadError::NoCommonCommit(..))));
    }

    /// As in a partial clone: the tree that should say what the package has is not there.
    #[test]
    fn a_tree_that_cannot_be_read_is_an_error_and_not_a_new_package() {
        let (dir, repository) = repository();
        let id = commit(&repository, &[(FILE, "a/p/gatewright.toml", b""), (FILE, "b/x", b"")]);
        let top = repository.find_commit(id).unwrap().tree().unwrap();
        let under = top.get_name("a").unwrap().id();
        let tree = repository.find_tree(under).unwrap().get_name("p").unwrap().id();
        for lost in [tree, under] {
            let name = lost.to_string();
            let (folder, file) = name.split_at(2);
            fs::remove_file(dir.path().join(".git/objects").join(folder).join(file)).unwrap();
            let error = load_revision(&dir.path().join("a/p"), "HEAD", &mut Diagnostics::new()).unwrap_err();
            assert!(matches!(error, LoadError::Git { .. }), "{error}");
            let error = crate::load::commit_of(&dir.path().join("a/p"), "HEAD").unwrap_err();
            assert!(matches!(error, LoadError::Git { .. }), "{error}");
        }
        let error = load_revision(&dir.path().join("b/p"), "HEAD", &mut Diagnostics::new()).unwrap_err();
        assert!(matches!(error, LoadError::NotInRevision { .. }), "{error}");
    }

    #[test]
    fn a_repository_with_its_files_elsewhere_has_no_package_here() {
        let (dir, repository) = repository();
        commit(&repository, &[(FILE, "gatewright.toml", b"top"), (FILE, "p/gatewright.toml", b"p")]);
        fs::create_dir(dir.path().join("p")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let mut config = repository.config().unwrap();
        let error = |at: &str| load_revision(&dir.path().join(at), "HEAD", &mut Diagnostics::new()).unwrap_err();
        config.set_str("core.worktree", elsewhere.path().to_str().unwrap()).unwrap();
        for at in ["", "p"] {
            assert!(matches!(error(at), LoadError::OutsideWorkTree { top: Some(_), .. }), "{at}");
        }
        config.remove("core.worktree").unwrap();
        config.set_bool("core.bare", true).unwrap();
        assert!(matches!(error("p"), LoadError::OutsideWorkTree { top: None, .. }));
        config.set_bool("core.bare", false).unwrap();
        assert_eq!(texts(&load(&dir.path().join("p"), "HEAD").0)[0].1, "p");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let (dir, repository) = repository();
        let id = commit(&repository, &[(FILE, "p/gatewright.toml", b""), (FILE, "q/x", b"")]);
        repository.reference("refs/tags/release-1", id, false, "").unwrap();
        let error = |path: &Path, revision: &str| load_revision(path, revision, &mut Diagnostics::new()).unwrap_err();
        let at = |name: &str| dir.path().join(name);

        let unknown = error(&at("p"), "relaese-1");
        assert!(matches!(&unknown, LoadError::UnknownRevision { .. }));
        assert_eq!(unknown.help().unwrap(), "did you mean `release-1`?");
        for revision in ["", "HEAD..HEAD", "HEAD:q/x", "--help"] {
            assert!(matches!(error(&at("p"), revision), LoadError::UnknownRevision { .. }), "{revision}");
        }
        for path in ["q", "nowhere", "q/x", ""] {
            assert!(matches!(error(&at(path), "HEAD"), LoadError::NotInRevision { .. }), "{path}");
        }
        let outside = tempfile::tempdir().unwrap();
        assert!(matches!(error(outside.path(), "HEAD"), LoadError::NotARepository(_)));
        git2::Repository::init(outside.path()).unwrap();
        let unborn = error(outside.path(), "HEAD");
        assert_eq!(unborn.help().unwrap(), "the repository has no commits yet");
    }
}
