//! Results back to disk: single files that are never half written, and the folder of a build.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is written")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use crate::load::LoadError;

/// Writes a file so that a reader sees either the old or the new content. Missing folders are made; the permissions
/// of a file that is replaced are kept.
///
/// # Errors
/// Where it cannot be written; the old content is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let fail = |cause| LoadError::write(path, cause);
    let name = path.file_name().ok_or_else(|| fail(io::ErrorKind::InvalidFilename.into()))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = fill(&temporary, path, bytes);
    if written.is_err() {
        // Best effort: what is reported is why the write failed.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(fail)
}

/// Writes a file that only its owner may read. It must not exist.
///
/// # Errors
/// Where it exists, or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let fail = |cause| LoadError::write(path, cause);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)
}

/// Removes a file, if it is there.
///
/// # Errors
/// Where it cannot be removed.
pub fn remove_if_present(path: &Path) -> Result<(), LoadError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(LoadError::write(path, cause)),
        _ => Ok(()),
    }
}

fn fill(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an interrupted run left there is of nobody. Whatever else it is, it is never opened.
    let _ = fs::remove_file(temporary);
    let mut file = File::create_new(temporary)?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    fs::rename(temporary, path)
}

/// Makes a folder hold exactly these files of a build: writes them and removes those of the earlier build that are
/// no longer made. `earlier` names what an earlier build wrote there, its manifest included; nothing else is deleted
/// or overwritten.
///
/// # Errors
/// Where the folder holds something that is not in `earlier`, a path leaves the folder, or writing fails. The first
/// two are found before anything is changed.
pub fn replace_tree<'a>(
    dir: &Path,
    earlier: &BTreeSet<String>,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), LoadError> {
    let files: Vec<(&str, &[u8])> = files.into_iter().collect();
    let names = files.iter().map(|(name, _)| *name);
    if let Some(name) = names.chain(earlier.iter().map(String::as_str)).find(|name| !is_inside(name)) {
        return Err(LoadError::OutsideFolder { dir: dir.to_owned(), name: name.to_owned() });
    }
    let present = present(dir)?;
    if let Some(found) = present.iter().find(|name| !earlier.contains(*name)) {
        return Err(LoadError::NotABuild { dir: dir.to_owned(), found: found.clone() });
    }
    let made: BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
    for stale in present.iter().filter(|name| !made.contains(name.as_str())) {
        remove(dir, stale)?;
    }
    for (name, bytes) in files {
        write_atomic(&dir.join(name), bytes)?;
    }
    Ok(())
}

/// Whether a name stays below the folder it is joined to.
fn is_inside(name: &str) -> bool {
    let path = Path::new(name);
    !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Names of everything under a folder that is not a folder itself. Links are named, not followed, so that nothing
/// is written through them.
fn present(dir: &Path) -> Result<BTreeSet<String>, LoadError> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, String)> = vec![(dir.to_owned(), String::new())];
    while let Some((path, name)) = waiting.pop() {
        let children = match fs::read_dir(&path) {
            Ok(children) => children,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound && name.is_empty() => return Ok(found),
            Err(cause) => return Err(LoadError::read(&path, cause)),
        };
        for child in children {
            let child = child.map_err(|cause| LoadError::read(&path, cause))?;
            let kind = child.file_type().map_err(|cause| LoadError::read(&child.path(), cause))?;
            let child_name = format!("{name}{}", child.file_name().to_string_lossy());
            if kind.is_dir() {
                waiting.push((child.path(), format!("{child_name}/")));
            } else {
                found.insert(child_name);
            }
        }
    }
    Ok(found)
}

/// Removes a file and the folders that it leaves empty.
fn remove(dir: &Path, name: &str) -> Result<(), LoadError> {
    let path = dir.join(name);
    fs::remove_file(&path).map_err(|cause| LoadError::write(&path, cause))?;
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != dir);
    for folder in folders {
        // A folder that still holds something stays.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(dir: &Path) -> Vec<(String, String)> {
        let read = |name: String| {
            let text = fs::read_to_string(dir.join(&name)).unwrap();
            (name, text)
        };
        present(dir).unwrap().into_iter().map(read).collect()
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/folder/a.snap");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(tree(dir.path()), [("new/folder/a.snap".to_owned(), "two".to_owned())]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_where_the_write_begins_or_ends_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.snap");
        for name in ["a.snap".to_owned(), format!("a.snap.{}.tmp", std::process::id())] {
            #[expect(clippy::disallowed_methods, reason = "the standard library makes no named pipe")]
            let made = std::process::Command::new("mkfifo").arg(dir.path().join(name)).status();
            assert!(made.unwrap().success());
        }
        write_atomic(&path, b"one").unwrap();
        assert_eq!(tree(dir.path()), [("a.snap".to_owned(), "one".to_owned())]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.gate");
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_write_that_fails_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("taken/inside")).unwrap();
        let error = write_atomic(&dir.path().join("taken"), b"x").unwrap_err();
        assert!(matches!(error, LoadError::Write { .. }));
        assert_eq!(tree(dir.path()), []);
    }

    #[test]
    fn a_build_replaces_the_earlier_one_and_removes_what_is_stale() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let first: [(&str, &[u8]); 3] =
            [("bundle.json", b"1"), ("policies/old/a.cedar", b"a"), ("policies/b.cedar", b"b")];
        replace_tree(&out, &BTreeSet::new(), first).unwrap();
        let earlier = names(&["bundle.json", "policies/old/a.cedar", "policies/b.cedar"]);
        let second: [(&str, &[u8]); 2] = [("bundle.json", b"2"), ("policies/b.cedar", b"b")];
        replace_tree(&out, &earlier, second).unwrap();
        let expected = [("bundle.json", "2"), ("policies/b.cedar", "b")];
        assert_eq!(tree(&out), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
        assert!(!out.join("policies/old").exists());
    }

    #[test]
    fn nothing_that_a_build_did_not_write_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bundle.json"), "1").unwrap();
        fs::write(dir.path().join("thesis.txt"), "mine").unwrap();
        let before = tree(dir.path());
        let files: [(&str, &[u8]); 1] = [("bundle.json", b"2")];
        let error = replace_tree(dir.path(), &names(&["bundle.json"]), files).unwrap_err();
        assert!(error.to_string().contains("`thesis.txt`"), "{error}");
        assert_eq!(tree(dir.path()), before);
    }

    #[test]
    fn a_manifest_cannot_name_files_outside() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("precious"), "").unwrap();
        let out = dir.path().join("out");
        for name in ["../precious", "/etc/passwd", "a/../../precious", ""] {
            let error = replace_tree(&out, &names(&[name]), []).unwrap_err();
            assert!(matches!(error, LoadError::OutsideFolder { .. }), "{name}");
        }
        assert!(dir.path().join("precious").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("policies")).unwrap();
        let files: [(&str, &[u8]); 1] = [("policies/a.cedar", b"a")];
        let error = replace_tree(dir.path(), &names(&["policies/a.cedar"]), files).unwrap_err();
        assert!(matches!(error, LoadError::NotABuild { .. }));
        assert_eq!(tree(elsewhere.path()), []);
    }
}
