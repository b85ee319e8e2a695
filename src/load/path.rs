//! The one spelling of a path.

#![expect(clippy::disallowed_methods, reason = "looks where links are")]

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use crate::load::LoadError;

/// The one spelling of a path, whatever links and dots it is written with. What is not there yet is added to the real path of
/// what is.
///
/// # Errors
/// Where the path cannot be looked at.
pub fn real_path(path: &Path) -> Result<PathBuf, LoadError> {
    let (mut real, missing) = existing_part(path)?;
    for part in missing.components() {
        match part {
            // Nothing is there that a link could lead elsewhere from.
            Component::ParentDir => {
                real.pop();
            }
            Component::Normal(name) => real.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Ok(real)
}

/// A path as it is written, from the root: whatever its links lead to today. `NAME/..` goes, unless the name is that of a link.
///
/// # Errors
/// Where the current folder is not known.
pub fn written_path(path: &Path) -> Result<PathBuf, LoadError> {
    let whole = std::path::absolute(path).map_err(|cause| LoadError::read(path, cause))?;
    let mut written = PathBuf::new();
    for part in whole.components() {
        let is_link = || fs::symlink_metadata(&written).is_ok_and(|found| found.is_symlink());
        match (part, written.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) if !is_link() => {
                written.pop();
            }
            _ => written.push(part),
        }
    }
    Ok(written)
}

/// A link on the way to a path, or in its place, that leads to nothing. Without one, what is not found is absent.
pub(super) fn link_to_nowhere(path: &Path) -> Option<PathBuf> {
    let missing = |path: &&Path| fs::metadata(path).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
    let mut on_the_way = path.ancestors().take_while(missing);
    on_the_way.find(|path| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())).map(Path::to_owned)
}

/// The real path of as much of a path as exists, and the rest.
pub(super) fn existing_part(path: &Path) -> Result<(PathBuf, PathBuf), LoadError> {
    for ancestor in path.ancestors() {
        let named = match ancestor.as_os_str().is_empty() {
            true => Path::new("."),
            false => ancestor,
        };
        match fs::canonicalize(named) {
            Ok(real) => return Ok((real, path.strip_prefix(ancestor).unwrap_or(path).to_owned())),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(LoadError::read(path, cause)),
        }
    }
    Err(LoadError::Missing(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_as_written_does_not_follow_links() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
        let at = |name: &str| written_path(&dir.path().join(name)).unwrap();
        for (name, written) in [
            ("link/b", "link/b"),
            ("./link//b/.", "link/b"),
            ("new/../link/b/", "link/b"),
            ("link/../b", "link/../b"),
            ("a/../../x/../b", "../b"),
        ] {
            let expected = match written.strip_prefix("../") {
                Some(rest) => dir.path().parent().unwrap().join(rest),
                None => dir.path().join(written),
            };
            assert_eq!(at(name), expected, "{name}");
        }
        assert_eq!(written_path(Path::new("/../a")).unwrap(), Path::new("/../a"));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_has_one_spelling_before_and_after_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        let at = |name: &str| real_path(&dir.path().join(name)).unwrap();
        std::os::unix::fs::symlink("a/b", dir.path().join("link")).unwrap();
        let real = fs::canonicalize(dir.path()).unwrap();
        assert_eq!(
            [at("a/b"), at("./a//b/"), at("link"), at("link/../b"), at("a/x/../b")],
            [(); 5].map(|()| real.join("a/b"))
        );
        let before = [at("new/d"), at("./new/e/../d/"), at("link/../../new/d"), at("new/../new/d")];
        fs::create_dir_all(dir.path().join("new/d")).unwrap();
        assert_eq!(before, [(); 4].map(|()| real.join("new/d")));
        assert_eq!(at("new/d"), real.join("new/d"));
    }
}
