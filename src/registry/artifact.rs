//! Bundles as OCI artifacts (OCI image and distribution specifications 1.1), over anything that keeps manifests and blobs.
//! A bundle is a manifest with one layer; its statements are manifests that refer to it, as cosign keeps Sigstore bundles;
//! a channel is a tag on a small artifact that holds the signed pointer, never on a bundle. Manifests depend on nothing but
//! what is kept, so that two publishers of one bundle write one digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::digest::digest;
use super::location::tag_of;
use super::release::{MAX_BUNDLE, MAX_SMALL, MAX_STATEMENTS, is_file, is_kind};
use super::{Attachment, Fetched, Overwrite, Pin, Progress, Put, RegistryError, Release};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_BYTES: &[u8] = b"{}";
const BUNDLE: &str = "application/vnd.gatewright.bundle.v1";
const LAYER: &str = "application/vnd.gatewright.bundle.v1.cjar";
const CHANNEL: &str = "application/vnd.gatewright.channel.v1";
const STATEMENT: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const TITLE: &str = "org.opencontainers.image.title";
const VERSION: &str = "org.opencontainers.image.version";
const REVISION: &str = "org.opencontainers.image.revision";
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE: &str = "dev.sigstore.bundle.predicateType";
const ENDING: &str = ".sigstore.json";
const CHANNEL_TAG: &str = "channel-";

/// What keeps manifests and blobs. Whatever is read is held against its digest here; implementations hold it to a size.
pub(super) trait Content {
    /// A manifest or index by tag or digest.
    fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>, RegistryError>;
    /// A blob of exactly this size.
    fn blob(&self, descriptor: &Descriptor, progress: &dyn Fn(u64)) -> Result<Vec<u8>, RegistryError>;
    /// Keeps a blob, unless it is there.
    fn put_blob(&self, digest: &str, bytes: &[u8]) -> Result<(), RegistryError>;
    /// Keeps a manifest under a tag or its digest.
    fn put_manifest(&self, reference: &str, media_type: &str, bytes: &[u8]) -> Result<(), RegistryError>;
    /// Keeps a manifest under a tag if `check` allows it. Content with a lock holds it for both; other content checks again
    /// afterwards, so that of two writers at once at least one is told.
    fn put_tag(&self, tag: &str, media_type: &str, bytes: &[u8], check: Check<'_>) -> Result<(), RegistryError> {
        check()?;
        self.put_manifest(tag, media_type, bytes)?;
        check()
    }
    /// Manifests that refer to one.
    fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, RegistryError>;
    /// Sees to it that a manifest which was put is listed among those that refer to another.
    fn refer(&self, to: &str, referrer: &Descriptor) -> Result<(), RegistryError>;
    /// All tags.
    fn tags(&self) -> Result<Vec<String>, RegistryError>;
}

/// Whether a tag may still be written.
pub(super) type Check<'a> = &'a dyn Fn() -> Result<(), RegistryError>;

/// A reference to content, as manifests hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) annotations: Option<BTreeMap<String, String>>,
    /// What other writers put there, kept as it is.
    #[serde(flatten)]
    pub(super) other: BTreeMap<String, serde_json::Value>,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: digest(bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            artifact_type: None,
            annotations: None,
            other: BTreeMap::new(),
        }
    }
}

/// An image manifest, as far as it is read and written here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
}

/// An index of manifests: what lists referrers, and the table of contents of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    pub(super) schema_version: u32,
    #[serde(default = "index_type")]
    pub(super) media_type: String,
    pub(super) manifests: Vec<Descriptor>,
    #[serde(flatten)]
    pub(super) other: BTreeMap<String, serde_json::Value>,
}

fn index_type() -> String {
    INDEX.to_owned()
}

impl Index {
    pub(super) fn empty() -> Self {
        Self { schema_version: 2, media_type: index_type(), manifests: Vec::new(), other: BTreeMap::new() }
    }
}

/// Artifacts in some content.
pub(super) struct Artifacts<C> {
    content: C,
    name: String,
}

impl<C: Content> Artifacts<C> {
    pub(super) fn new(content: C, name: String) -> Self {
        Self { content, name }
    }

    fn invalid_response(&self, why: impl Into<String>) -> RegistryError {
        RegistryError::InvalidResponse { place: self.name.clone(), why: why.into() }
    }

    fn tag(&self, version: &str) -> Result<String, RegistryError> {
        tag_of(version).ok_or_else(|| RegistryError::Location {
            location: version.to_owned(),
            why: "it is not a valid tag".to_owned(),
        })
    }

    /// A manifest with its digest, which is what was asked for where that was a digest.
    fn manifest(&self, reference: &str) -> Result<Option<(Manifest, String)>, RegistryError> {
        let Some(bytes) = self.content.manifest(reference)? else {
            return Ok(None);
        };
        let digest = digest(&bytes);
        if bytes.len() > MAX_SMALL {
            return Err(self.invalid_response(format!("the manifest `{reference}` is larger than {MAX_SMALL} bytes")));
        }
        if reference.starts_with("sha256:") && reference != digest {
            return Err(self.invalid_response(format!("the manifest `{reference}` has the digest {digest}")));
        }
        match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(manifest) if manifest.schema_version == 2 => Ok(Some((manifest, digest))),
            _ => Err(self.invalid_response(format!("`{reference}` is not an image manifest"))),
        }
    }

    /// The one layer of a manifest, as its digest says.
    fn layer(
        &self,
        manifest: &Manifest,
        media_type: &str,
        most: usize,
        progress: &dyn Fn(u64),
    ) -> Result<(Descriptor, Vec<u8>), RegistryError> {
        let [layer] = manifest.layers.as_slice() else {
            return Err(
                self.invalid_response(format!("an artifact must have one layer, found {}", manifest.layers.len()))
            );
        };
        if layer.media_type != media_type {
            return Err(self
                .invalid_response(format!("a layer must have the type `{media_type}`, found `{}`", layer.media_type)));
        }
        if usize::try_from(layer.size).map_or(true, |size| size > most) {
            return Err(self.invalid_response(format!("a layer has {} bytes, more than {most}", layer.size)));
        }
        let bytes = self.content.blob(layer, progress)?;
        if digest(&bytes) != layer.digest {
            return Err(self.invalid_response(format!("the blob {} has the digest {}", layer.digest, digest(&bytes))));
        }
        Ok((layer.clone(), bytes))
    }

    pub(super) fn fetch(&self, pin: &Pin, progress: Progress<'_>) -> Result<Option<Fetched>, RegistryError> {
        let reference = match pin {
            Pin::Version(version) => self.tag(version)?,
            Pin::Digest(digest) => digest.clone(),
        };
        let Some((manifest, pinned)) = self.manifest(&reference)? else {
            return Ok(None);
        };
        if manifest.artifact_type.as_deref() != Some(BUNDLE) {
            return Err(self.invalid_response(format!("`{reference}` is not a Gatewright bundle")));
        }
        let size = manifest.layers.first().map_or(0, |layer| layer.size);
        let (layer, bundle) = self.layer(&manifest, LAYER, MAX_BUNDLE, &|done| progress(done, size))?;
        let file = title(&layer).filter(|file| is_file(file));
        let file =
            file.ok_or_else(|| self.invalid_response("the bundle's layer has no valid file name as its title"))?;
        Ok(Some(Fetched { file, bundle, statements: self.statements(&pinned)?, pinned }))
    }

    /// The statements on a bundle. Referrers of other types, and those whose title is no kind of statement, are others' business.
    fn statements(&self, subject: &str) -> Result<BTreeMap<String, Vec<u8>>, RegistryError> {
        let mut statements = BTreeMap::new();
        let referrers = self.content.referrers(subject)?;
        let ours = referrers.into_iter().filter(|one| one.artifact_type.as_deref() == Some(STATEMENT));
        for referrer in ours.take(MAX_STATEMENTS) {
            let Some((manifest, _)) = self.manifest(&referrer.digest)? else {
                return Err(self.invalid_response(format!("{} is listed but not found", referrer.digest)));
            };
            if manifest.subject.as_ref().map(|subject| subject.digest.as_str()) != Some(subject) {
                return Err(
                    self.invalid_response(format!("{} is listed but refers to something else", referrer.digest))
                );
            }
            let (layer, bytes) = self.layer(&manifest, STATEMENT, MAX_SMALL, &|_| ())?;
            let kind = title(&layer).and_then(|title| title.strip_suffix(ENDING).map(str::to_owned));
            if let Some(kind) = kind.filter(|kind| is_kind(kind))
                && let Some(other) = statements.insert(kind.clone(), bytes.clone())
                && other != bytes
            {
                return Err(self.invalid_response(format!("found two different `{kind}` statements")));
            }
        }
        Ok(statements)
    }

    pub(super) fn put(
        &self,
        release: &Release,
        overwrite: Overwrite,
        progress: Progress<'_>,
    ) -> Result<Put, RegistryError> {
        let tag = self.tag(&release.version)?;
        let manifest = bundle_manifest(release);
        let (bytes, pinned) = written(&manifest);
        let known = self.is_there(&tag, release, &pinned, overwrite)?;
        if !known {
            self.overtaken(release)?;
        }
        let sizes = release.statements.values().map(|one| one.bytes.len());
        let total = u64::try_from(release.bundle.len() + sizes.sum::<usize>()).unwrap_or(u64::MAX);
        progress(0, total);
        self.content.put_blob(&digest(EMPTY_BYTES), EMPTY_BYTES)?;
        if !known {
            self.content.put_blob(&digest(&release.bundle), &release.bundle)?;
            // By its digest first: statements need something to refer to, and nobody finds it by a digest that they do not know.
            self.content.put_manifest(&pinned, MANIFEST, &bytes)?;
        }
        let mut done = u64::try_from(release.bundle.len()).unwrap_or(u64::MAX);
        progress(done, total);
        let subject = Descriptor::of(MANIFEST, &bytes);
        let present = self.statements(&pinned)?;
        for (kind, statement) in &release.statements {
            match present.get(kind) {
                Some(there) if *there == statement.bytes => {}
                Some(_) => {
                    return Err(RegistryError::Stated {
                        place: self.name.clone(),
                        version: release.version.clone(),
                        kind: kind.clone(),
                    });
                }
                None => self.put_statement(kind, statement, &subject)?,
            }
            done = done.saturating_add(u64::try_from(statement.bytes.len()).unwrap_or(0));
            progress(done, total);
        }
        if !known {
            let check = || {
                self.is_there(&tag, release, &pinned, overwrite)?;
                self.overtaken(release)
            };
            match self.content.put_tag(&tag, MANIFEST, &bytes, &check) {
                Err(RegistryError::Overtaken { place, version, other })
                    if self.is_there(&tag, release, &pinned, overwrite)? =>
                {
                    return Err(RegistryError::AtOnce { place, version, other });
                }
                put => put?,
            }
        }
        Ok(match known {
            true => Put::Known(pinned),
            false => Put::New(pinned),
        })
    }

    /// Whether the very manifest is under its tag. Another one is an error, unless it may be replaced.
    fn is_there(
        &self,
        tag: &str,
        release: &Release,
        pinned: &str,
        overwrite: Overwrite,
    ) -> Result<bool, RegistryError> {
        match self.manifest(tag)? {
            Some((_, digest)) if digest == pinned => Ok(true),
            Some((other, digest)) if overwrite == Overwrite::Never => Err(RegistryError::Taken {
                place: self.name.clone(),
                version: release.version.clone(),
                digest: other.layers.first().map_or(digest, |layer| layer.digest.clone()),
            }),
            _ => Ok(false),
        }
    }

    /// An error if a version appeared after a release was judged.
    fn overtaken(&self, release: &Release) -> Result<(), RegistryError> {
        match release.unseen(self.versions()?) {
            None => Ok(()),
            Some(other) => {
                let (place, version) = (self.name.clone(), release.version.clone());
                Err(RegistryError::Overtaken { place, version, other })
            }
        }
    }

    fn put_statement(&self, kind: &str, statement: &Attachment, subject: &Descriptor) -> Result<(), RegistryError> {
        let mut layer = Descriptor::of(STATEMENT, &statement.bytes);
        layer.annotations = Some(BTreeMap::from([(TITLE.to_owned(), format!("{kind}{ENDING}"))]));
        let annotations = BTreeMap::from([
            (CONTENT.to_owned(), "dsse-envelope".to_owned()),
            (PREDICATE.to_owned(), statement.predicate_type.clone()),
        ]);
        let manifest = Manifest {
            artifact_type: Some(STATEMENT.to_owned()),
            subject: Some(subject.clone()),
            annotations: Some(annotations.clone()),
            ..artifact(layer)
        };
        let (bytes, digest) = written(&manifest);
        self.content.put_blob(&self::digest(&statement.bytes), &statement.bytes)?;
        self.content.put_manifest(&digest, MANIFEST, &bytes)?;
        let mut referrer = Descriptor::of(MANIFEST, &bytes);
        referrer.artifact_type = Some(STATEMENT.to_owned());
        referrer.annotations = Some(annotations);
        self.content.refer(&subject.digest, &referrer)
    }

    pub(super) fn channel(&self, channel: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        let Some((manifest, _)) = self.manifest(&format!("{CHANNEL_TAG}{channel}"))? else {
            return Ok(None);
        };
        if manifest.artifact_type.as_deref() != Some(CHANNEL) {
            return Err(
                self.invalid_response(format!("the tag of the channel `{channel}` does not point to a pointer"))
            );
        }
        Ok(Some(self.layer(&manifest, STATEMENT, MAX_SMALL, &|_| ())?.1))
    }

    pub(super) fn move_channel(
        &self,
        channel: &str,
        expected: Option<&[u8]>,
        pointer: &[u8],
        moved: &dyn Fn() -> RegistryError,
    ) -> Result<(), RegistryError> {
        if self.channel(channel)?.as_deref() != expected {
            return Err(moved());
        }
        let mut layer = Descriptor::of(STATEMENT, pointer);
        layer.annotations = Some(BTreeMap::from([(TITLE.to_owned(), format!("{channel}{ENDING}"))]));
        let manifest = Manifest { artifact_type: Some(CHANNEL.to_owned()), ..artifact(layer) };
        let (bytes, _) = written(&manifest);
        self.content.put_blob(&digest(EMPTY_BYTES), EMPTY_BYTES)?;
        self.content.put_blob(&digest(pointer), pointer)?;
        let check = || match self.channel(channel)? {
            now if now.as_deref() == expected || now.as_deref() == Some(pointer) => Ok(()),
            _ => Err(moved()),
        };
        self.content.put_tag(&format!("{CHANNEL_TAG}{channel}"), MANIFEST, &bytes, &check)?;
        // A registry has no comparison and exchange. Whoever wrote at the same moment reads the same, and one of the two sees
        // that it is not theirs.
        match self.channel(channel)?.as_deref() == Some(pointer) {
            true => Ok(()),
            false => Err(moved()),
        }
    }

    pub(super) fn versions(&self) -> Result<Vec<String>, RegistryError> {
        let tags = self.content.tags()?;
        let is_version = |tag: &String| tag.chars().next().is_some_and(|first| first.is_ascii_digit());
        let versions = tags.into_iter().filter(is_version);
        Ok(versions.map(|tag| tag.replace('_', "+")).collect())
    }
}

fn title(layer: &Descriptor) -> Option<String> {
    layer.annotations.as_ref()?.get(TITLE).cloned()
}

fn artifact(layer: Descriptor) -> Manifest {
    Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        artifact_type: None,
        config: Descriptor::of(EMPTY, EMPTY_BYTES),
        layers: vec![layer],
        subject: None,
        annotations: None,
    }
}

fn bundle_manifest(release: &Release) -> Manifest {
    let mut layer = Descriptor::of(LAYER, &release.bundle);
    layer.annotations = Some(BTreeMap::from([(TITLE.to_owned(), release.file.clone())]));
    let mut annotations = BTreeMap::from([(VERSION.to_owned(), release.version.clone())]);
    annotations.extend(release.revision.clone().map(|revision| (REVISION.to_owned(), revision)));
    Manifest { artifact_type: Some(BUNDLE.to_owned()), annotations: Some(annotations), ..artifact(layer) }
}

fn written(manifest: &Manifest) -> (Vec<u8>, String) {
    // Strings and numbers always serialize.
    let bytes = serde_json::to_vec(manifest).unwrap_or_default();
    let digest = digest(&bytes);
    (bytes, digest)
}

#[cfg(test)]
mod tests;
