//! An OCI image layout on disk (OCI image specification 1.1, image-layout): the same manifests as in a registry, in files that
//! other tools copy to and from one. The table of contents is replaced as a whole, last.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::RegistryError;
use super::artifact::{Check, Content, Descriptor, INDEX, Index};
use super::digest::{digest, is_digest};
use super::disk::Disk;
use super::release::MAX_SMALL;

const VERSION: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}";
const NAME: &str = "org.opencontainers.image.ref.name";
const TABLE: &str = "index.json";

/// A layout.
pub(super) struct Layout {
    disk: Disk,
}

impl Layout {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { disk: Disk::new(root) }
    }

    fn table(&self) -> Result<Index, RegistryError> {
        let Some(bytes) = self.disk.read(TABLE, MAX_SMALL)? else {
            return Ok(Index::empty());
        };
        let read: Result<Index, _> = serde_json::from_slice(&bytes);
        read.map_err(|error| self.disk.invalid_response(format!("`{TABLE}` is not a valid index: {error}")))
    }

    /// Puts a manifest under a tag. The writer's lock is held.
    fn tag(&self, tag: &str, media_type: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let digest = digest(bytes);
        self.disk.write(&self.path(&digest)?, bytes)?;
        let mut table = self.table()?;
        table.manifests.retain(|entry| name(entry) != Some(tag));
        table.manifests.push(Descriptor {
            media_type: media_type.to_owned(),
            digest,
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            artifact_type: None,
            annotations: Some(BTreeMap::from([(NAME.to_owned(), tag.to_owned())])),
            other: BTreeMap::new(),
        });
        self.disk.write("oci-layout", VERSION)?;
        // Strings and numbers always serialize.
        self.disk.write(TABLE, &serde_json::to_vec(&table).unwrap_or_default())
    }

    fn path(&self, digest: &str) -> Result<String, RegistryError> {
        match is_digest(digest) {
            true => Ok(format!("blobs/{}", digest.replace(':', "/"))),
            false => Err(self.disk.invalid_response(format!("`{digest}` is not a SHA-256 digest"))),
        }
    }
}

fn name(entry: &Descriptor) -> Option<&str> {
    entry.annotations.as_ref()?.get(NAME).map(String::as_str)
}

impl Content for Layout {
    fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let digest = match is_digest(reference) {
            true => reference.to_owned(),
            false => match self.table()?.manifests.iter().find(|entry| name(entry) == Some(reference)) {
                Some(entry) => entry.digest.clone(),
                None => return Ok(None),
            },
        };
        let bytes = self.disk.read(&self.path(&digest)?, MAX_SMALL)?;
        match &bytes {
            Some(bytes) if self::digest(bytes) != digest => {
                Err(self.disk.invalid_response(format!("the file for {digest} has a different digest")))
            }
            None if !is_digest(reference) => {
                Err(self.disk.invalid_response(format!("`{reference}` is listed but not found")))
            }
            _ => Ok(bytes),
        }
    }

    fn blob(&self, descriptor: &Descriptor, progress: &dyn Fn(u64)) -> Result<Vec<u8>, RegistryError> {
        let most = usize::try_from(descriptor.size).unwrap_or(usize::MAX);
        let bytes = self.disk.read(&self.path(&descriptor.digest)?, most)?;
        progress(descriptor.size);
        bytes.ok_or_else(|| self.disk.invalid_response(format!("{} is listed but not found", descriptor.digest)))
    }

    fn put_blob(&self, digest: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        self.disk.write(&self.path(digest)?, bytes)
    }

    fn put_manifest(&self, reference: &str, media_type: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        if is_digest(reference) {
            return self.disk.write(&self.path(reference)?, bytes);
        }
        let _lock = self.disk.lock()?;
        self.tag(reference, media_type, bytes)
    }

    fn put_tag(&self, tag: &str, media_type: &str, bytes: &[u8], check: Check<'_>) -> Result<(), RegistryError> {
        let _lock = self.disk.lock()?;
        check()?;
        self.tag(tag, media_type, bytes)
    }

    /// Referrers are in an index of their own, which the table lists under the tag that the specification gives it.
    fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, RegistryError> {
        let Some(bytes) = self.manifest(&digest.replace(':', "-"))? else {
            return Ok(Vec::new());
        };
        let index: Result<Index, _> = serde_json::from_slice(&bytes);
        Ok(index
            .map_err(|error| {
                self.disk.invalid_response(format!("the list of referrers is not a valid index: {error}"))
            })?
            .manifests)
    }

    fn refer(&self, to: &str, referrer: &Descriptor) -> Result<(), RegistryError> {
        let _lock = self.disk.lock()?;
        let mut index = Index::empty();
        index.manifests = self.referrers(to)?;
        if index.manifests.iter().any(|known| known.digest == referrer.digest) {
            return Ok(());
        }
        index.manifests.push(referrer.clone());
        let bytes = serde_json::to_vec(&index).unwrap_or_default();
        self.tag(&to.replace(':', "-"), INDEX, &bytes)
    }

    fn tags(&self) -> Result<Vec<String>, RegistryError> {
        Ok(self.table()?.manifests.iter().filter_map(name).map(str::to_owned).collect())
    }
}
