//! The pinned solver in the cache folder: fetched by the user's own pip, checked against its pinned digest, unpacked, put in
//! place as a whole. Without a network it is taken from a wheel that the user names.
#![expect(clippy::disallowed_methods, reason = "installs into the user's cache folder, with the user's pip")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::wheels;
use super::wheels::Wheel;
use crate::bundle::{ArchiveError, read_archive, sha256_hex};

/// Where the wheel comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The user's pip and the index it is configured for.
    Pip,
    /// A file.
    Wheel(&'a Path),
}

/// Why nothing was installed.
#[derive(Debug, Error)]
pub enum InstallError {
    /// No wheel is pinned for this machine.
    #[error("no cvc5 wheel is pinned for {}-{}", std::env::consts::OS, std::env::consts::ARCH)]
    Machine,
    /// The system names no cache folder.
    #[error("no cache folder to install into")]
    NoCache,
    /// None of pip's names starts anything.
    #[error("pip not found: none of {0} can be started")]
    NoPip(String),
    /// pip did not bring the wheel.
    #[error("pip did not download cvc5 {}: {said}", wheels::VERSION)]
    Pip {
        /// Its last line.
        said: String,
    },
    /// The file is not the pinned one.
    #[error("`{}` is not the pinned wheel: its SHA-256 is {found}, not {expected}", file.display())]
    Digest {
        /// The file.
        file: PathBuf,
        /// What it has.
        found: String,
        /// What it must have.
        expected: &'static str,
    },
    /// The named wheel cannot be read.
    #[error("cannot read the wheel `{}`: {}", file.display(), source.kind())]
    Wheel {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The wheel is no archive.
    #[error("cannot unpack the wheel: {0}")]
    Archive(#[from] ArchiveError),
    /// A file cannot be read or written.
    #[error("cannot {doing} `{}`: {}", path.display(), source.kind())]
    Disk {
        /// `read`, `write`
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing.
    Absent,
    /// All files are as they were unpacked.
    Whole {
        /// Where.
        folder: PathBuf,
        /// The wheel's digest.
        wheel: String,
    },
    /// A file is missing or was changed.
    Damaged {
        /// Where.
        folder: PathBuf,
        /// The file.
        file: String,
    },
}

/// What was unpacked, kept beside it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: String,
    wheel_sha256: String,
    files: Vec<RecordedFile>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedFile {
    name: String,
    sha256: String,
}

const RECORD: &str = "installed.json";

/// The most that a wheel may unpack to.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The folder of the pinned install, if it is there.
pub(super) fn installed(cache: &Path) -> Option<PathBuf> {
    let folder = folder(cache);
    folder.join(RECORD).is_file().then_some(folder)
}

/// Whether the pinned install is there and whole.
#[must_use]
pub fn status(cache: &Path) -> Status {
    let folder = folder(cache);
    let Ok(record) = read(&folder.join(RECORD)) else {
        return Status::Absent;
    };
    let Ok(record) = serde_json::from_slice::<Record>(&record) else {
        return Status::Damaged { folder, file: RECORD.to_owned() };
    };
    let intact =
        |file: &RecordedFile| read(&folder.join(&file.name)).is_ok_and(|bytes| sha256_hex(&bytes) == file.sha256);
    match record.files.iter().find(|file| !intact(file)) {
        Some(file) => Status::Damaged { file: file.name.clone(), folder },
        None => Status::Whole { folder, wheel: record.wheel_sha256 },
    }
}

/// Installs the pinned solver; what is there is replaced only once the new one is whole.
///
/// # Errors
/// Where the wheel cannot be had or is not the pinned one, or the disk refuses.
pub fn install(cache: &Path, source: Source<'_>) -> Result<PathBuf, InstallError> {
    let wheel = wheels::of_this_machine().ok_or(InstallError::Machine)?;
    let folder = folder(cache);
    let work = cache.join(format!("solver-{}.partial", std::process::id()));
    let result = staged(wheel, source, &work, &folder);
    // What is left there is of no use to anybody.
    let _ = fs::remove_dir_all(&work);
    result.map(|()| folder)
}

/// The bytes of a file. A pipe or device is not opened: it may never answer.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    match fs::metadata(path)?.is_file() {
        true => fs::read(path),
        false => Err(std::io::ErrorKind::InvalidInput.into()),
    }
}

fn staged(wheel: &'static Wheel, source: Source<'_>, work: &Path, folder: &Path) -> Result<(), InstallError> {
    let unpacked = work.join("unpacked");
    on(&unpacked, "create", fs::create_dir_all(&unpacked))?;
    let file = match source {
        Source::Pip => download(wheel, work)?,
        Source::Wheel(file) => file.to_owned(),
    };
    let bytes = read(&file).map_err(|source| InstallError::Wheel { file: file.clone(), source })?;
    let found = sha256_hex(&bytes);
    if found != wheel.sha256 {
        return Err(InstallError::Digest { file, found, expected: wheel.sha256 });
    }
    let mut record = Record { version: wheels::VERSION.to_owned(), wheel_sha256: found, files: Vec::new() };
    for (name, bytes) in read_archive(&bytes, MOST_BYTES)? {
        let library = name.strip_prefix(wheel.folder).filter(|name| !name.contains('/'));
        let licence = name.contains("/licenses/").then(|| name.rsplit('/').next()).flatten();
        let Some(name) = library.or(licence).filter(|name| !name.is_empty()) else {
            continue;
        };
        let path = unpacked.join(name);
        on(&path, "write", fs::write(&path, &bytes))?;
        record.files.push(RecordedFile { name: name.to_owned(), sha256: sha256_hex(&bytes) });
    }
    let path = unpacked.join(RECORD);
    let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
    on(&path, "write", fs::write(&path, text))?;
    let parent = folder.parent().unwrap_or(folder);
    on(parent, "create", fs::create_dir_all(parent))?;
    let old = work.join("old");
    match fs::rename(folder, &old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => on(folder, "replace", Err(error))?,
        _ => {}
    }
    on(folder, "write", fs::rename(&unpacked, folder))
}

/// The names under which pip may be started.
const PIPS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];

fn download(wheel: &Wheel, work: &Path) -> Result<PathBuf, InstallError> {
    let target = work.join("download");
    let mut said = None;
    for names in PIPS {
        let Some((program, first)) = names.split_first() else {
            continue;
        };
        let run = Command::new(program)
            .args(first)
            .args(["download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"])
            .args(["--python-version", "3.11", "--implementation", "cp", "--platform", wheel.platform])
            .arg("--dest")
            .arg(&target)
            .arg(format!("cvc5=={}", wheels::VERSION))
            .output();
        let Ok(run) = run else { continue };
        if run.status.success() {
            let entries = on(&target, "read", fs::read_dir(&target))?;
            let mut files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
            let wheel = files.find(|file| file.extension().is_some_and(|extension| extension == "whl"));
            return wheel.ok_or_else(|| InstallError::Pip { said: "it produced no wheel".to_owned() });
        }
        let errors = String::from_utf8_lossy(&run.stderr).into_owned();
        let last = errors.lines().rev().find(|line| line.contains("ERROR")).or(errors.lines().last());
        said.get_or_insert_with(|| last.unwrap_or("it failed without output").to_owned());
    }
    Err(match said {
        Some(said) => InstallError::Pip { said },
        None => InstallError::NoPip(PIPS.map(|names| format!("`{}`", names.join(" "))).join(", ")),
    })
}

fn folder(cache: &Path) -> PathBuf {
    cache.join("solver").join(format!("cvc5-{}", wheels::VERSION))
}

fn on<T>(path: &Path, doing: &'static str, result: io::Result<T>) -> Result<T, InstallError> {
    result.map_err(|source| InstallError::Disk { doing, path: path.to_owned(), source })
}
