//! git's settings: those of a repository, of the user and of the machine, with the files that they include and name. libgit2 opens
//! all of these whatever they are, and would wait for ever for a named pipe. So they are looked at first, as the folder of git
//! [is](super::repository).
#![expect(
    clippy::disallowed_methods,
    reason = "looks at git's settings before libgit2 does, where libgit2 looks for them"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::disk::read_at_most;
use crate::load::LoadError;

/// Most bytes of a file of settings.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most files of settings, each of which may include others.
const MAX_FILES: usize = 1000;
/// The one device that is a usual way to say "no file".
const NOTHING: &str = "/dev/null";

/// Checks that libgit2 can open all settings, and all that they name, beside those of a repository.
///
/// # Errors
/// The first file for which this does not hold.
pub(super) fn can_be_opened(of_repository: Vec<PathBuf>) -> Result<(), LoadError> {
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    let user = folder("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    let user = user.map(|folder| folder.join("git"));
    let mut waiting = of_repository;
    waiting.extend(home.iter().map(|home| home.join(".gitconfig")));
    waiting.extend(user.iter().map(|user| user.join("config")));
    waiting.push(PathBuf::from("/etc/gitconfig"));
    for path in user.iter().flat_map(|user| ["attributes", "ignore"].map(|name| user.join(name))) {
        is_openable(&path)?;
    }
    is_openable(Path::new("/etc/gitattributes"))?;
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if !is_openable(&path)? || !seen.insert(path.clone()) {
            continue;
        }
        if seen.len() > MAX_FILES {
            return Err(LoadError::LargeRepository { path, most: MAX_FILES });
        }
        for entry in entries(&String::from_utf8_lossy(&read_at_most(&path, MAX_BYTES)?)) {
            let named = match (entry.value.strip_prefix("~/"), &home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(&entry.value),
            };
            match (entry.section.as_str(), entry.key.as_str()) {
                // Under whichever condition: what does not hold here may hold for the next command.
                ("include" | "includeif", "path") => waiting.push(beside(&path, &named)),
                ("core", "excludesfile" | "attributesfile") => {
                    is_openable(&named)?;
                    is_openable(&beside(&path, &named))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn beside(file: &Path, named: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(named)
}

/// Whether there is a file to read. What is neither a file, a folder nor absent is an error.
fn is_openable(path: &Path) -> Result<bool, LoadError> {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) if found.is_dir() || path == Path::new(NOTHING) => Ok(false),
        Ok(_) => Err(LoadError::NotAFile(path.to_owned())),
        // git cannot read it, either.
        Err(cause) if matches!(cause.kind(), NotFound | NotADirectory | PermissionDenied) => Ok(false),
        Err(cause) => Err(LoadError::read(path, cause)),
    }
}

/// A setting. Names of sections and keys are in lower case, as git compares them.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    section: String,
    key: String,
    value: String,
}

/// The settings of a file. What git would not understand is left out.
fn entries(text: &str) -> Vec<Entry> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut found = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.to_owned();
        // A line that ends with a single `\` goes on in the next.
        while line.len().saturating_sub(line.trim_end_matches('\\').len()) % 2 == 1 {
            line.pop();
            match lines.next() {
                Some(next) => line.push_str(next),
                None => break,
            }
        }
        let mut rest = line.trim();
        while let Some((name, after)) = rest.strip_prefix('[').and_then(header) {
            section = name;
            rest = after.trim();
        }
        let Some((key, value)) = rest.split_once('=').filter(|_| !rest.starts_with(['#', ';'])) else {
            continue;
        };
        found.push(Entry { section: section.clone(), key: key.trim().to_lowercase(), value: value_of(value.trim()) });
    }
    found
}

/// The name of a section, without what stands behind it in quotes, and what follows its bracket.
fn header(text: &str) -> Option<(String, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.char_indices().find(|(_, character)| {
        let is_end = !quoted && *character == ']';
        quoted ^= !escaped && *character == '"';
        escaped = !escaped && *character == '\\';
        is_end
    });
    let (inside, after) = text.split_at_checked(end?.0)?;
    let name = inside.split(|character: char| character.is_whitespace() || character == '"' || character == '.').next();
    Some((name.unwrap_or_default().to_lowercase(), after.strip_prefix(']')?))
}

/// A value without quotes, escapes and the comment behind it.
fn value_of(text: &str) -> String {
    let mut value = String::new();
    let mut quoted = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_git_reads_them() {
        let text = "\u{feff}# [include] path = no\n\
            [include] path = one ; said\n\
            [Include]\n\tPath = \"t w\\\\o\" # said\r\n\
            [includeIf \"gitdir:~/a]\\\"b/\"]\n  path=th\\\nree\n\
            [core \"x\"]\nexcludesFile = a\"#\"b\n; path = no\nbare\n\
            [core.y]attributesfile=~/c\n";
        let found = entries(text);
        let shown: Vec<String> =
            found.iter().map(|entry| format!("{}.{}={}", entry.section, entry.key, entry.value)).collect();
        assert_eq!(
            shown,
            [
                "include.path=one",
                "include.path=t w\\o",
                "includeif.path=three",
                "core.excludesfile=a#b",
                "core.attributesfile=~/c",
            ]
        );
    }

    #[test]
    fn text_that_is_no_file_of_settings_names_nothing() {
        for text in ["", "[", "[]", "=", "[a", "]", "\\", "[\"", "[a \"\\", "x = \\\\\\"] {
            assert!(entries(text).iter().all(|entry| entry.section.is_empty()), "{text}");
        }
    }
}
