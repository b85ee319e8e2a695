//! A plain folder, for what any file server can serve:
//!
//! ```text
//! versions/1.4.0/release.json                          what belongs to the version; written last
//! versions/1.4.0/payouts-1.4.0.cjar
//! versions/1.4.0/payouts-1.4.0.cjar.release.sigstore.json
//! channels/prod.sigstore.json
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::digest::{digest, is_digest};
use super::disk::Disk;
use super::location::tag_of;
use super::release::{MAX_BUNDLE, MAX_SMALL, MAX_STATEMENTS, is_file, is_kind};
use super::{Fetched, Overwrite, Progress, Put, RegistryError, Release};

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
        let invalid_response = |why: String| RegistryError::InvalidResponse { place: place.to_owned(), why };
        let listing: Self = serde_json::from_slice(bytes)
            .map_err(|error| invalid_response(format!("`release.json` is not a valid listing: {error}")))?;
        let sound = listing.format == FORMAT
            && is_file(&listing.file)
            && is_digest(&listing.digest)
            && listing.statements.len() <= MAX_STATEMENTS
            && listing.statements.iter().all(|(kind, digest)| is_kind(kind) && is_digest(digest));
        match sound {
            true => Ok(listing),
            false => Err(invalid_response("`release.json` is not a listing that this version can read".to_owned())),
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
            let invalid_response = |why: String| RegistryError::InvalidResponse { place: place.to_owned(), why };
            let bytes =
                read(path, most)?.ok_or_else(|| invalid_response(format!("`{path}` is listed but not found")))?;
            match digest(&bytes) == wanted {
                true => Ok(bytes),
                false => Err(invalid_response(format!("`{path}` does not have the listed digest"))),
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
        // The versions were listed before the lock was held.
        if !known && let Some(other) = release.unseen(self.versions()?) {
            let (place, version) = (self.disk.name(), release.version.clone());
            return Err(RegistryError::Overtaken { place, version, other });
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
