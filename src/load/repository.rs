//! Finds and opens git repositories. libgit2 opens whatever lies under the names that it reads, and would wait for ever for a named
//! pipe. So everything in the folder of git is looked at before libgit2 sees it.
#![expect(clippy::disallowed_methods, reason = "looks at the folder of git before libgit2 does")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use git2::{ErrorCode, Repository};

use super::disk::read_at_most;
use super::settings;
use crate::load::LoadError;

/// Most files and folders in a folder of git. Git packs its objects long before a repository has as many.
const MAX_FILES: usize = 1_000_000;
/// Most bytes of a file that leads to another folder.
const MAX_LINK_BYTES: usize = 65_536;
/// Files of settings in a folder of git.
const SETTINGS: [&str; 2] = ["config", "config.worktree"];
/// What libgit2 does not read, and what can be large: programs, and the files of git-lfs.
const UNREAD: [&str; 2] = ["hooks", "lfs"];

/// The repository that a real path lies in.
///
/// # Errors
/// Where there is none, or it cannot be read.
pub(super) fn repository_of(root: &Path, existing: &Path) -> Result<Repository, LoadError> {
    find(root, existing)?.ok_or_else(|| LoadError::NotARepository(root.to_owned()))
}

/// The repository that a real path lies in; `None` where it lies in none. What looks like a repository and cannot be read is an
/// error: a bundle must not lose its commit because of a broken file.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn find(root: &Path, existing: &Path) -> Result<Option<Repository>, LoadError> {
    for folder in existing.ancestors() {
        let git = folder.join(".git");
        let git = match fs::symlink_metadata(&git) {
            Ok(_) => git,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound && is_bare(folder) => folder.to_owned(),
            Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
            Err(cause) => return Err(LoadError::read(&git, cause)),
        };
        can_be_opened(&git)?;
        return match Repository::open(folder) {
            Ok(repository) => Ok(Some(repository)),
            Err(error) if error.code() == ErrorCode::NotFound => Err(LoadError::BrokenRepository(git)),
            Err(error) => Err(git_error(root, &error)),
        };
    }
    Ok(None)
}

pub(super) fn git_error(path: &Path, error: &git2::Error) -> LoadError {
    let (path, message) = (path.to_owned(), error.message());
    match format(message) {
        Some(format) => LoadError::RepositoryFormat { path, format },
        None => LoadError::Git { path, message: message.to_owned() },
    }
}

/// What a repository uses that libgit2 does not read, by what it says.
fn format(message: &str) -> Option<String> {
    if message == "unknown object format 'sha256'" {
        return Some("SHA-256 object names (`extensions.objectFormat`)".to_owned());
    }
    if message.contains("unsupported mandatory extension: 'sdir'") {
        return Some("a sparse index (`index.sparse`)".to_owned());
    }
    match message.strip_prefix("unsupported extension name ")? {
        "extensions.refstorage" => Some("reftables (`extensions.refStorage`)".to_owned()),
        other => Some(format!("the extension `{other}`")),
    }
}

/// Whether a folder is the folder of git itself. `HEAD` may be anything: that is checked later.
fn is_bare(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join("HEAD")).is_ok()
        && ["objects", "refs"].iter().all(|name| folder.join(name).is_dir())
}

/// Checks that libgit2 can open all that lies in a folder of git, or in what a file in its place leads to, and what git's settings
/// name: nothing there is a pipe, a device or a link that leads in a circle, and all folders can be listed.
///
/// # Errors
/// The first file or folder for which this does not hold.
pub(super) fn can_be_opened(git: &Path) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![git.to_owned()];
    let mut files = 0_usize;
    let mut settings = Vec::new();
    while let Some(path) = waiting.pop() {
        let Some(found) = present(&path, fs::metadata(&path))? else {
            continue;
        };
        if found.is_dir() {
            // Links can lead to the same folder twice.
            let Some(real) = present(&path, fs::canonicalize(&path))? else {
                continue;
            };
            if seen.insert(real) {
                folder(&path, &mut waiting, &mut files)?;
                settings.extend(SETTINGS.map(|name| path.join(name)));
            }
        } else if is_openable(found.file_type()) {
            waiting.extend(leads_to(&path, git)?);
        } else {
            return Err(LoadError::NotAFile(path));
        }
        if files > MAX_FILES {
            return Err(LoadError::LargeRepository { path: git.to_owned(), most: MAX_FILES });
        }
    }
    settings::can_be_opened(settings.into_iter().filter(|path| path.is_file()).collect())
}

/// Puts what must be looked at more closely into `waiting`: folders, links, and files that lead elsewhere. Counts all others.
fn folder(path: &Path, waiting: &mut Vec<PathBuf>, files: &mut usize) -> Result<(), LoadError> {
    let Some(children) = present(path, fs::read_dir(path))? else {
        return Ok(());
    };
    let mut bad: Option<PathBuf> = None;
    let mut found = Vec::new();
    for child in children {
        let child = child.map_err(|cause| LoadError::read(path, cause))?;
        let (name, at) = (child.file_name(), child.path());
        // The type comes with the name, so that a large folder takes no look at each file.
        let Some(kind) = present(&at, child.file_type())? else {
            continue;
        };
        *files += 1;
        let is_link = LINKS.iter().any(|link| name == *link);
        if kind.is_symlink() || is_link || kind.is_dir() && !UNREAD.iter().any(|unread| name == *unread) {
            found.push(at);
        } else if !kind.is_dir() && !is_openable(kind) && bad.as_ref().is_none_or(|bad| at < *bad) {
            bad = Some(at);
        }
    }
    if let Some(bad) = bad {
        return Err(LoadError::NotAFile(bad));
    }
    // The last is looked at first.
    found.sort_by(|a, b| b.cmp(a));
    waiting.extend(found);
    Ok(())
}

/// What was found; `None` if it is gone, as git may be at work.
fn present<T>(path: &Path, found: io::Result<T>) -> Result<Option<T>, LoadError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(LoadError::read(path, cause)),
    }
}

/// Whether to open it takes no time: sockets, which some tools leave here, cannot be opened as files.
fn is_openable(kind: fs::FileType) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        kind.is_file() || kind.is_socket()
    }
    #[cfg(not(unix))]
    {
        kind.is_file()
    }
}

/// Files whose text leads to another folder: `.git` of a linked work tree or a submodule, the common folder of work trees, and
/// other places of objects.
const LINKS: [&str; 3] = [".git", "commondir", "alternates"];

/// The folders that a file leads to, if it is one that leads anywhere.
fn leads_to(path: &Path, git: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let is_named = |name: &str| path.file_name().is_some_and(|found| found == name);
    if path != git && !LINKS.iter().any(|link| is_named(link)) {
        return Ok(Vec::new());
    }
    let text = read_at_most(path, MAX_LINK_BYTES)?;
    let text = String::from_utf8_lossy(&text);
    // Relative to the folder of the file; alternates to the folder of the objects, in which their `info` lies.
    let above = match is_named("alternates") {
        true => path.parent().and_then(Path::parent),
        false => path.parent(),
    };
    let above = above.unwrap_or(Path::new("."));
    let lines = text.lines().map(|line| line.strip_prefix("gitdir:").unwrap_or(line).trim());
    Ok(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| above.join(line)).collect())
}

#[cfg(test)]
mod tests;
