//! Files by their ending below a folder, for verbs that work on files rather than packages.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is read")]

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::load::LoadError;

/// The files below `path` with one of some endings, sorted; `path` itself if it is a file. Links to folders, hidden folders and
/// build folders (`target`, `node_modules`) below it are passed over. A link, a pipe or a device with one of the endings is an
/// error: whoever named the folder means all that is in it. Editors keep hidden links while they have a file open.
pub(super) fn find_files(path: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, LoadError> {
    let metadata = fs::metadata(path).map_err(|cause| LoadError::read(path, cause))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut other = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (path, kind) in children(&folder).map_err(|cause| LoadError::read(&folder, cause))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_hidden = name.starts_with('.');
            let skipped = is_hidden || matches!(&*name, "target" | "node_modules");
            let is_wanted = endings.iter().any(|ending| name.ends_with(ending));
            if kind.is_dir() && !skipped {
                waiting.push(path);
            } else if kind.is_file() && is_wanted {
                found.push(path);
            } else if !kind.is_dir() && is_wanted && !is_hidden {
                let what = if kind.is_symlink() { "a symbolic link" } else { "neither a file nor a folder" };
                other.push((path, what));
            }
        }
    }
    if let Some((path, what)) = other.into_iter().min() {
        return Err(LoadError::NotReadBelow { path, what });
    }
    found.sort();
    Ok(found)
}

fn children(folder: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
    fs::read_dir(folder)?.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_pipe_with_an_ending_that_is_wanted_is_named() {
        for (name, what) in [("link.gate", "a symbolic link"), ("pipe.gate", "neither a file nor a folder")] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("a.gate"), "").unwrap();
            std::os::unix::fs::symlink("a@host.1", dir.path().join(".#a.gate")).unwrap();
            std::os::unix::fs::symlink("a.gate", dir.path().join("a.txt")).unwrap();
            assert_eq!(find_files(dir.path(), &[".gate"]).unwrap().len(), 1);
            let path = dir.path().join(name);
            match name {
                "link.gate" => std::os::unix::fs::symlink("a.gate", &path).unwrap(),
                _ => {
                    #[expect(clippy::disallowed_methods, reason = "the standard library makes no named pipe")]
                    let made = std::process::Command::new("mkfifo").arg(&path).status();
                    assert!(made.unwrap().success());
                }
            }
            let error = find_files(dir.path(), &[".gate"]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(what), "{error}");
        }
    }

    #[test]
    fn files_are_found_below_a_folder_and_links_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.gate", "a/c.gate", "a/d.txt", ".git/e.gate", "target/f.gate"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("..", dir.path().join("a/loop")).unwrap();
        let found = find_files(dir.path(), &[".gate"]).unwrap();
        assert_eq!(found, [dir.path().join("a/c.gate"), dir.path().join("b.gate")]);
        assert_eq!(find_files(&dir.path().join("a/d.txt"), &[".gate"]).unwrap().len(), 1, "what is named is taken");
        assert!(matches!(find_files(&dir.path().join("x"), &[".gate"]), Err(LoadError::Missing(_))));
    }
}
