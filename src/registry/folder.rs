//! A plain folder, for what any file server can serve:
//!
//! ```text
//! versions/1.4.0/release.json                          what belongs to the version; written last
//! versions/1.4.0/payouts-1.4.0.cjar
//! versions/1.4.0/payouts-1.4.0.cjar.release.sigstore.json
//! channels/prod.sigstore.json
//! ```
#![expect(clippy::disallowed_methods, reason = "this is where bundles are kept on disk")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::artifact::digest;
use super::location::{is_digest, tag_of};
use super::store::{MAX_BUNDLE, MAX_SMALL, MAX_STATEMENTS, Progress, is_file, is_kind};
use super::{Fetched, Overwrite, Put, RegistryError, Release};

/// Version of the format of `release.json`.
const FORMAT: u32 = 1;

/// What belongs to a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    pub(super) format: u32,
    /// The bundle's file.
    pub(super) file: String,
    /// Its digest.
    pub(super) digest: String,
    /// Digests of its statements by kind.
    pub(super) statements: BTreeMap<String, String>,
}

impl Listing {
    /// Reads a listing of a place.
    pub(super) fn read(bytes: &[u8], place: &str) -> Result<Self, RegistryError> {
        let lied = |why: String| RegistryError::Lied { place: place.to_owned(), why };
        let listing: Self = serde_json::from_slice(bytes)
            .map_err(|error| lied(format!("`release.json` is not a valid listing: {error}")))?;
        let sound = listing.format == FORMAT
            && is_file(&listing.file)
            && is_digest(&listing.digest)
            && listing.statements.len() <= MAX_STATEMENTS
            && listing.statements.iter().all(|(kind, digest)| is_kind(kind) && is_digest(digest));
        match sound {
            true => Ok(listing),
            false => Err(lied("`release.json` is not a listing that this version can read".to_owned())),
        }
    }

    /// The bundle and its statements, which some place gives by their paths.
    pub(super) fn fetch(
        &self,
        version: &str,
        place: &str,
        read: impl Fn(&str, usize) -> Result<Option<Vec<u8>>, RegistryError>,
    ) -> Result<Fetched, RegistryError> {
        let whole = |path: &str, most: usize, wanted: &str| {
            let lied = |why: String| RegistryError::Lied { place: place.to_owned(), why };
            let bytes = read(path, most)?.ok_or_else(|| lied(format!("`{path}` is listed but not found")))?;
            match digest(&bytes) == wanted {
                true => Ok(bytes),
                false => Err(lied(format!("`{path}` does not have the listed digest"))),
            }
        };
        let folder = folder_of(version)?;
        let bundle = whole(&format!("{folder}/{}", self.file), MAX_BUNDLE, &self.digest)?;
        let mut statements = BTreeMap::new();
        for (kind, digest) in &self.statements {
            let path = format!("{folder}/{}", statement_of(&self.file, kind));
            statements.insert(kind.clone(), whole(&path, MAX_SMALL, digest)?);
        }
        Ok(Fetched { file: self.file.clone(), bundle, statements, pinned: self.digest.clone() })
    }
}

/// The folder of a version.
pub(super) fn folder_of(version: &str) -> Result<String, RegistryError> {
    match tag_of(version) {
        Some(_) => Ok(format!("versions/{version}")),
        None => Err(RegistryError::Location {
            location: version.to_owned(),
            why: "it is not a valid folder name".to_owned(),
        }),
    }
}

/// The file of a channel.
pub(super) fn channel_file(channel: &str) -> String {
    format!("channels/{channel}.sigstore.json")
}

fn statement_of(file: &str, kind: &str) -> String {
    format!("{file}.{kind}.sigstore.json")
}

/// A folder of bundles.
pub(super) struct Folder {
    disk: Disk,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { disk: Disk::new(root) }
    }

    fn listing(&self, version: &str) -> Result<Option<Listing>, RegistryError> {
        let path = format!("{}/release.json", folder_of(version)?);
        let bytes = self.disk.read(&path, MAX_SMALL)?;
        bytes.map(|bytes| Listing::read(&bytes, &self.disk.name())).transpose()
    }

    pub(super) fn fetch(&self, version: &str, progress: Progress<'_>) -> Result<Option<Fetched>, RegistryError> {
        let Some(listing) = self.listing(version)? else {
            return Ok(None);
        };
        let fetched = listing.fetch(version, &self.disk.name(), |path, most| self.disk.read(path, most))?;
        let size = u64::try_from(fetched.bundle.len()).unwrap_or(u64::MAX);
        progress(size, size);
        Ok(Some(fetched))
    }

    pub(super) fn put(
        &self,
        release: &Release,
        overwrite: Overwrite,
        progress: Progress<'_>,
    ) -> Result<Put, RegistryError> {
        let _lock = self.disk.lock()?;
        let folder = folder_of(&release.version)?;
        let mut listing = Listing {
            format: FORMAT,
            file: release.file.clone(),
            digest: digest(&release.bundle),
            statements: BTreeMap::new(),
        };
        let there = self.listing(&release.version)?;
        let known = there.as_ref().is_some_and(|there| there.digest == listing.digest);
        match there {
            Some(there) if known => listing.statements = there.statements,
            Some(there) if overwrite == Overwrite::Never => {
                return Err(RegistryError::Taken {
                    place: self.disk.name(),
                    version: release.version.clone(),
                    digest: there.digest,
                });
            }
            _ => {}
        }
        let size = u64::try_from(release.bundle.len()).unwrap_or(u64::MAX);
        progress(0, size);
        for (kind, statement) in &release.statements {
            let digest = digest(&statement.bytes);
            match listing.statements.get(kind) {
                Some(there) if *there == digest => continue,
                Some(_) => {
                    return Err(RegistryError::Stated {
                        place: self.disk.name(),
                        version: release.version.clone(),
                        kind: kind.clone(),
                    });
                }
                None => {}
            }
            let path = format!("{folder}/{}", statement_of(&release.file, kind));
            self.disk.write(&path, &statement.bytes)?;
            listing.statements.insert(kind.clone(), digest);
        }
        if !known {
            self.disk.write(&format!("{folder}/{}", release.file), &release.bundle)?;
        }
        // Strings always serialize.
        let text = serde_json::to_vec(&listing).unwrap_or_default();
        self.disk.write(&format!("{folder}/release.json"), &text)?;
        progress(size, size);
        let digest = listing.digest;
        Ok(if known { Put::Known(digest) } else { Put::New(digest) })
    }

    pub(super) fn channel(&self, channel: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        self.disk.read(&channel_file(channel), MAX_SMALL)
    }

    pub(super) fn move_channel(
        &self,
        channel: &str,
        expected: Option<&[u8]>,
        pointer: &[u8],
        moved: &dyn Fn() -> RegistryError,
    ) -> Result<(), RegistryError> {
        let _lock = self.disk.lock()?;
        match self.channel(channel)?.as_deref() == expected {
            true => self.disk.write(&channel_file(channel), pointer),
            false => Err(moved()),
        }
    }

    pub(super) fn versions(&self) -> Result<Vec<String>, RegistryError> {
        let names = self.disk.names("versions")?;
        // A folder without its listing is of a publish that was interrupted.
        let mut versions = Vec::new();
        for name in names {
            if tag_of(&name).is_some() && self.listing(&name)?.is_some() {
                versions.push(name);
            }
        }
        Ok(versions)
    }
}

/// Files below a folder.
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn name(&self) -> String {
        self.root.display().to_string()
    }

    pub(super) fn lied(&self, why: String) -> RegistryError {
        RegistryError::Lied { place: self.name(), why }
    }

    fn failed(&self, path: &str, error: &io::Error) -> RegistryError {
        RegistryError::Disk { path: self.root.join(path).display().to_string(), why: error.kind().to_string() }
    }

    /// A file of at most some bytes; `None` where there is none. A pipe or device is not opened: it may never answer.
    pub(super) fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>, RegistryError> {
        if !self.is_file(path)? {
            return Ok(None);
        }
        let file = match File::open(self.root.join(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(path, &error)),
        };
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(|error| self.failed(path, &error))?;
        match bytes.len() > most {
            true => Err(self.lied(format!("`{path}` is larger than {most} bytes"))),
            false => Ok(Some(bytes)),
        }
    }

    /// Whether there is a file, or something that leads to one; what is neither a file nor absent is an error.
    fn is_file(&self, path: &str) -> Result<bool, RegistryError> {
        match fs::metadata(self.root.join(path)) {
            Ok(metadata) if metadata.is_file() => Ok(true),
            Ok(_) => Err(RegistryError::Disk {
                path: self.root.join(path).display().to_string(),
                why: "it is not a file".to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Writes a file so that a reader sees the old one or the new one, also after a crash.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let target = self.root.join(path);
        let mut temporary = target.clone().into_os_string();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let written = || -> io::Result<()> {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            // What an interrupted run left there is of nobody. Whatever else it is, it is never opened.
            let _ = fs::remove_file(&temporary);
            let mut file = File::create_new(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &target)?;
            // The name is safe when the folder is; not every system can say so, and none of those loses it otherwise.
            if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
                let _ = folder.sync_all();
            }
            Ok(())
        };
        written().map_err(|error| {
            // Best effort: what is reported is why the write failed.
            let _ = fs::remove_file(&temporary);
            self.failed(path, &error)
        })
    }

    /// Keeps other writers out until it is dropped.
    pub(super) fn lock(&self) -> Result<File, RegistryError> {
        const LOCK: &str = ".lock";
        let failed = |error: io::Error| self.failed(LOCK, &error);
        fs::create_dir_all(&self.root).map_err(failed)?;
        self.is_file(LOCK)?;
        let file = File::create(self.root.join(LOCK)).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub(super) fn names(&self, path: &str) -> Result<Vec<String>, RegistryError> {
        let entries = match fs::read_dir(self.root.join(path)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(path, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(|error| self.failed(path, &error))?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(path: &std::path::Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_is_an_error_and_nobody_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().to_owned());
        for name in ["file", ".lock"] {
            pipe(&dir.path().join(name));
        }
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        for name in ["file", "link", "."] {
            let said = disk.read(name, 10).unwrap_err().to_string();
            assert!(said.ends_with("it is not a file"), "{said}");
        }
        assert!(disk.lock().unwrap_err().to_string().ends_with("it is not a file"));
        // A pipe where a write begins, and one that is written over.
        pipe(&dir.path().join(format!("new.{}.tmp", std::process::id())));
        disk.write("new", b"1").unwrap();
        disk.write("file", b"2").unwrap();
        assert_eq!(disk.read("new", 1).unwrap(), Some(b"1".to_vec()));
        assert_eq!(disk.read("link", 1).unwrap(), Some(b"2".to_vec()));
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().to_owned());
        disk.write("a/b", b"123").unwrap();
        assert_eq!(disk.read("a/b", 3).unwrap(), Some(b"123".to_vec()));
        let said = disk.read("a/b", 2).unwrap_err().to_string();
        assert!(said.contains("`a/b` is larger than 2 bytes"), "{said}");
        assert_eq!(disk.read("a/c", 3).unwrap(), None);
        assert_eq!(disk.names("a").unwrap(), ["b"], "nothing else is left");
        assert_eq!(disk.names("c").unwrap(), Vec::<String>::new());
    }
}
