//! Files by their ending below a folder, for verbs that work on files rather than packages.
#![expect(clippy::disallowed_methods, reason = "this is where the disk is read")]

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::load::LoadError;

/// The files below `path` with one of some endings, sorted; `path` itself if it is a file. Links, hidden folders and build
/// folders (`target`, `node_modules`) below it are passed over.
pub(super) fn find_files(path: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, LoadError> {
    let metadata = fs::metadata(path).map_err(|cause| LoadError::read(path, cause))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        for (path, kind) in children(&folder).map_err(|cause| LoadError::read(&folder, cause))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let skipped = name.starts_with('.') || matches!(&*name, "target" | "node_modules");
            if kind.is_dir() && !skipped {
                waiting.push(path);
            } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
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
