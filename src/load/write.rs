//! Results back to disk: single files that are never half written, and the folder of a build.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is written")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use super::path::link_to_nowhere;
use crate::load::LoadError;

/// Writes a file so that a reader sees either the old or the new content. Missing folders are made; the permissions
/// of a file that is replaced are kept. A link stays, and the file that it leads to is written.
///
/// # Errors
/// Where it cannot be written, or there is something else than a file; what is there is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    match fs::metadata(path) {
        Ok(found) if found.is_file() && is_link => {
            replace(&fs::canonicalize(path).map_err(|cause| LoadError::write(path, cause))?, bytes)
        }
        Ok(found) if found.is_file() => replace(path, bytes),
        Ok(found) if found.is_dir() => Err(LoadError::write(path, io::ErrorKind::IsADirectory.into())),
        Ok(_) => Err(LoadError::NotAFile(path.to_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => match link_to_nowhere(path) {
            Some(link) => Err(LoadError::LinkToNowhere(link)),
            None => replace(path, bytes),
        },
        Err(cause) => Err(LoadError::write(path, cause)),
    }
}

/// Writes what somebody asked for by the name of a file: into a pipe or device as it comes, as other tools do, else as
/// [`write_atomic`].
///
/// # Errors
/// Where it cannot be written.
pub fn write_named(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let is_stream = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    match is_stream {
        true => {
            let opened = File::options().write(true).open(path);
            opened.and_then(|mut stream| stream.write_all(bytes)).map_err(|cause| LoadError::write(path, cause))
        }
        false => write_atomic(path, bytes),
    }
}

/// Takes away what an earlier run wrote where [`write_named`] is to write: a file is removed, and the target of a link is emptied,
/// so that the link stays. A pipe or device is left alone.
///
/// # Errors
/// Where it cannot be removed or emptied.
pub fn clear_named(path: &Path) -> Result<(), LoadError> {
    match (fs::symlink_metadata(path), fs::metadata(path)) {
        (Ok(found), Ok(target)) if found.is_symlink() && target.is_file() => write_atomic(path, b""),
        (Ok(found), _) if found.is_file() || found.is_dir() => remove_if_present(path),
        (Ok(found), Err(_)) if found.is_symlink() => Err(LoadError::LinkToNowhere(path.to_owned())),
        _ => Ok(()),
    }
}

/// Puts a file in the place of whatever has its name: a link is replaced.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
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
    // A pipe or device is of nobody's build.
    let is_odd = |path: &PathBuf| {
        fs::symlink_metadata(path).is_ok_and(|found| !found.is_file() && !found.is_symlink() && !found.is_dir())
    };
    if let Some(odd) = present.iter().map(|name| dir.join(name)).find(is_odd) {
        return Err(LoadError::NotAFile(odd));
    }
    let made: BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
    for stale in present.iter().filter(|name| !made.contains(name.as_str())) {
        remove(dir, stale)?;
    }
    for (name, bytes) in files {
        // A link is replaced, so that nothing is written through it.
        replace(&dir.join(name), bytes)?;
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
    fn a_pipe_where_the_write_begins_is_replaced_and_one_where_it_ends_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.snap");
        pipe(&dir.path().join(format!("a.snap.{}.tmp", std::process::id())));
        write_atomic(&path, b"one").unwrap();
        assert_eq!(tree(dir.path()), [("a.snap".to_owned(), "one".to_owned())]);
        fs::remove_file(&path).unwrap();
        pipe(&path);
        std::os::unix::fs::symlink("a.snap", dir.path().join("link")).unwrap();
        let files: [(&str, &[u8]); 1] = [("a.snap", b"two")];
        for error in [
            write_atomic(&path, b"two").unwrap_err(),
            write_atomic(&dir.path().join("link"), b"two").unwrap_err(),
            replace_tree(dir.path(), &names(&["a.snap", "link"]), files).unwrap_err(),
        ] {
            assert!(matches!(error, LoadError::NotAFile(_)), "{error}");
        }
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[cfg(unix)]
    fn pipe(path: &Path) {
        #[expect(clippy::disallowed_methods, reason = "the standard library makes no named pipe")]
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_named_for_output_goes_through_a_pipe_and_to_the_target_of_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        pipe(&at("pipe"));
        let reader = std::thread::spawn({
            let path = at("pipe");
            move || fs::read_to_string(path).unwrap()
        });
        clear_named(&at("pipe")).unwrap();
        write_named(&at("pipe"), b"one").unwrap();
        assert_eq!(reader.join().unwrap(), "one");
        assert!(!fs::symlink_metadata(at("pipe")).unwrap().is_file(), "the pipe stays");
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("folder/file"), "old").unwrap();
        std::os::unix::fs::symlink("folder/file", at("link")).unwrap();
        std::os::unix::fs::symlink("link", at("second")).unwrap();
        clear_named(&at("second")).unwrap();
        assert_eq!(fs::read_to_string(at("folder/file")).unwrap(), "");
        write_named(&at("second"), b"new").unwrap();
        assert_eq!(fs::read_to_string(at("folder/file")).unwrap(), "new");
        assert!(fs::symlink_metadata(at("second")).unwrap().is_symlink());
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        std::os::unix::fs::symlink("gone", at("nowhere")).unwrap();
        for name in ["nowhere", "nowhere/file"] {
            let error = write_named(&at(name), b"x").unwrap_err();
            assert_eq!(clear_named(&at(name)).is_err(), name == "nowhere");
            assert!(matches!(error, LoadError::LinkToNowhere(_)), "{error}");
        }
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
