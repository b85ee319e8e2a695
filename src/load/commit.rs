//! How the files on disk stand to the commit that is checked out, compared as git compares them: line ends, `ident` and filters that
//! a checkout put into a file are no change, and what is read then are the committed bytes.
#![expect(clippy::disallowed_methods, reason = "files are held against what git noted of them")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use git2::{
    AttrCheckFlags, AttrValue, ErrorCode, IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, IndexTime, Repository,
    Status, StatusOptions,
};

use super::git::{folder_of, inside, unknown, walk};
use super::package::{Content, Entry, PackageFiles};
use super::path::existing_part;
use super::repository::{can_be_opened, find, git_error, repository_of};
use super::{disk, package};
use crate::diag::Diagnostics;
use crate::load::LoadError;

/// A commit, and how a package's folder stands to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole id.
    pub id: String,
    /// The id of the package's folder in it; `None` where it has none.
    pub tree: Option<String>,
    /// When it was committed, in seconds since 1970 UTC.
    pub time: i64,
    /// What in the folder is not as committed, be it untracked or ignored, sorted: paths from the folder.
    pub changed: Vec<String>,
}

impl Commit {
    /// Whether anything in the folder is not as committed.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Loads the package in a folder as [`load_package`](super::load_package) does, and names the commit that is checked out; `None` outside
/// a repository and before its first commit. A file that git holds for unchanged has its committed bytes, whatever line ends
/// and filters made of it on this machine.
///
/// # Errors
/// Where there is no package, or the repository cannot be read; what is wrong with the files goes to `out`.
pub fn load_checkout(root: &Path, out: &mut Diagnostics) -> Result<(PackageFiles, Option<Commit>), LoadError> {
    let mut entries = disk::entries(root)?;
    let commit = match Checkout::of(root)? {
        Some(checkout) => {
            rules_of_git(checkout.repository.workdir(), &checkout.real)?;
            Some(checkout.held(&mut entries).map_err(|error| git_error(root, &error))?)
        }
        None => None,
    };
    Ok((package::assemble(root.to_owned(), entries, out), commit))
}

/// The commit that a revision names.
///
/// # Errors
/// Where there is no repository, or it has no such revision.
pub fn commit_of(root: &Path, revision: &str) -> Result<Commit, LoadError> {
    let (existing, missing) = existing_part(root)?;
    let repository = repository_of(root, &existing)?;
    let commit = repository
        .revparse_single(revision)
        .and_then(|object| object.peel_to_commit())
        .map_err(|_| unknown(&repository, revision))?;
    let folder = inside(&repository, root, &existing)?.join(missing);
    let tree = tree_of(&repository, &commit, &folder).map_err(|error| git_error(root, &error))?;
    Ok(committed(&commit, tree.as_ref(), Vec::new()))
}

fn committed(commit: &git2::Commit<'_>, tree: Option<&git2::Tree<'_>>, changed: Vec<String>) -> Commit {
    Commit {
        id: commit.id().to_string(),
        tree: tree.map(|tree| tree.id().to_string()),
        time: commit.time().seconds(),
        changed,
    }
}

/// A folder in a commit; `None` where the commit has none.
fn tree_of<'r>(
    repository: &'r Repository,
    commit: &git2::Commit<'r>,
    folder: &Path,
) -> Result<Option<git2::Tree<'r>>, git2::Error> {
    folder_of(repository, commit.tree()?, folder)
}

/// A folder of a work tree.
struct Checkout {
    repository: Repository,
    /// The folder on disk.
    real: PathBuf,
    /// The folder from the top of the repository.
    folder: PathBuf,
}

impl Checkout {
    fn of(root: &Path) -> Result<Option<Self>, LoadError> {
        let (real, _) = existing_part(root)?;
        let Some(repository) = find(root, &real)? else {
            return Ok(None);
        };
        match repository.head() {
            Ok(_) => {}
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => return Ok(None),
            Err(error) => return Err(git_error(root, &error)),
        }
        let folder = inside(&repository, root, &real)?;
        Ok(Some(Self { repository, real, folder }))
    }

    /// Holds what lies on disk against the commit, and puts committed bytes in the place of what git made of them.
    fn held(&self, entries: &mut [Entry]) -> Result<Commit, git2::Error> {
        let head = self.repository.head()?.peel_to_commit()?;
        let Some(tree) = tree_of(&self.repository, &head, &self.folder)? else {
            // The folder itself is not committed.
            return Ok(committed(&head, None, vec![".".to_owned()]));
        };
        // What is hashed on the way is kept in memory: looking at a repository does not write into it.
        let database = self.repository.odb()?;
        let _memory = database.add_new_mempack_backend(IN_MEMORY_FIRST)?;
        let mut theirs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for entry in walk(&self.repository, &tree) {
            if let Content::Bytes(bytes) = entry.content {
                theirs.insert(entry.name, bytes);
            }
        }
        let mut changed = BTreeSet::new();
        for entry in entries {
            let Content::Bytes(bytes) = &mut entry.content else {
                continue;
            };
            match theirs.remove(&entry.name) {
                Some(committed) if *bytes == committed || self.is_checked_out(&entry.name, &committed) => {
                    *bytes = committed;
                }
                // What git is told to ignore is no less a text that the commit does not have.
                Some(_) | None => {
                    changed.insert(entry.name.clone());
                }
            }
        }
        changed.extend(theirs.into_keys());
        changed.extend(self.touched()?);
        Ok(committed(&head, Some(&tree), changed.into_iter().collect()))
    }

    /// Whether git would commit a file on disk as it was committed.
    fn is_checked_out(&self, name: &str, committed: &[u8]) -> bool {
        let cleaned = || -> Result<bool, git2::Error> {
            let id = self.repository.blob_path(&self.real.join(name))?;
            Ok(self.repository.find_blob(id)?.content() == committed)
        };
        // What cannot be told counts as a change.
        cleaned().unwrap_or(false) || self.is_left(&self.folder.join(name))
    }

    fn is_left(&self, path: &Path) -> bool {
        self.is_as_git_left_it(path).unwrap_or(false)
    }

    /// Whether a file that is translated by more than is done here (programs are not run, and of several `$Id$` in a file one is read)
    /// is as git wrote it: by its times and size, as git itself goes. If somebody has tampered with these, what is bundled is
    /// still what was committed.
    fn is_as_git_left_it(&self, path: &Path) -> Result<bool, git2::Error> {
        let is_filtered = ["filter", "working-tree-encoding", "ident"].iter().any(|name| {
            let value = self.repository.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX);
            value.is_ok_and(|value| matches!(AttrValue::from_string(value), AttrValue::String(_) | AttrValue::True))
        });
        let Some(entry) = self.repository.index()?.get_path(path, 0).filter(|_| is_filtered) else {
            return Ok(false);
        };
        // Of such an entry git does not look at the file at all.
        if entry.flags & IndexEntryFlag::VALID.bits() != 0 || is_skipped(&entry) {
            return Ok(false);
        }
        let top = self.repository.workdir().unwrap_or(&self.real);
        let head = self.repository.head()?.peel_to_tree()?.get_path(path)?.id();
        Ok(entry.id == head && fs::symlink_metadata(top.join(path)).is_ok_and(|found| is_stat_of(&entry, &found)))
    }

    /// Where git sees a change below the folder, be it in a file that plays no part.
    fn touched(&self) -> Result<Vec<String>, git2::Error> {
        if self.repository.is_bare() {
            return Ok(Vec::new());
        }
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(false)
            .include_ignored(false)
            .disable_pathspec_match(true);
        if !self.folder.as_os_str().is_empty() {
            options.pathspec(&self.folder);
        }
        let found = self.repository.statuses(Some(&mut options))?;
        let index = self.repository.index()?;
        let touched = found.iter().filter_map(|entry| {
            let path = String::from_utf8_lossy(entry.path_bytes());
            let path = Path::new(path.as_ref());
            let is_change = match entry.status() {
                Status::WT_MODIFIED => !self.is_left(path),
                // What a sparse checkout leaves out. A file that the package needs is missed before.
                Status::WT_DELETED => !index.get_path(path, 0).is_some_and(|entry| is_skipped(&entry)),
                _ => true,
            };
            is_change.then(|| path.strip_prefix(&self.folder).unwrap_or(path).display().to_string())
        });
        Ok(touched.collect())
    }
}

/// Whether git is told not to look at a file in the work tree, as it is of what a sparse checkout leaves out.
fn is_skipped(entry: &IndexEntry) -> bool {
    entry.flags_extended & IndexEntryExtendedFlag::SKIP_WORKTREE.bits() != 0
}

/// Sees to it that what git reads of a work tree to know what is ignored and translated can be read: git opens it whatever it is, and
/// would wait for a pipe.
fn rules_of_git(top: Option<&Path>, folder: &Path) -> Result<(), LoadError> {
    let top = top.and_then(|top| fs::canonicalize(top).ok());
    let above = folder.ancestors().skip(1);
    let mut waiting: Vec<PathBuf> = match top {
        Some(top) => above.take_while(|above| above.starts_with(&top)).map(Path::to_owned).collect(),
        None => Vec::new(),
    };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // What cannot be listed, git cannot list.
        for child in fs::read_dir(&folder).into_iter().flatten().flatten() {
            // Of a repository in this one git asks which commit it is at.
            if child.file_name() == ".git" {
                can_be_opened(&child.path())?;
            } else if child.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(child.path());
            }
        }
        waiting.push(folder);
    }
    for name in [".gitignore", ".gitattributes"] {
        for path in waiting.iter().map(|folder| folder.join(name)) {
            if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
                return Err(LoadError::NotAFile(path));
            }
        }
    }
    Ok(())
}

/// Whether a file has the times and the size that git noted when it wrote it. Systems without these times have no such file.
fn is_stat_of(entry: &IndexEntry, found: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let is_time = |noted: IndexTime, seconds: i64, nanoseconds: i64| {
            // Not every git notes parts of seconds.
            i64::from(noted.seconds()) == seconds
                && (noted.nanoseconds() == 0 || i64::from(noted.nanoseconds()) == nanoseconds)
        };
        found.is_file()
            && u64::from(entry.file_size) == found.len()
            && is_time(entry.mtime, found.mtime(), found.mtime_nsec())
            && is_time(entry.ctime, found.ctime(), found.ctime_nsec())
    }
    #[cfg(not(unix))]
    {
        let _ = (entry, found);
        false
    }
}

/// Above the priorities of all that git keeps on disk.
const IN_MEMORY_FIRST: i32 = 1000;

#[cfg(test)]
mod tests;
