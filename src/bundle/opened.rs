//! A bundle as it comes out of its archive: every file as the manifest says, and no other file.

use std::collections::BTreeMap;

use super::ArchiveLimits;
use super::BundleTree;
use super::FileEntry;
use super::Manifest;
use super::Refusal;
use super::canonical_json;
use super::cjar;
use super::sha256_hex;

/// The one file that the manifest does not list.
pub const MANIFEST: &str = "bundle.json";

/// Where the package's own files lie.
pub const SOURCE: &str = "source/";

/// Version of the bundle format.
pub const FORMAT: &str = "1";

/// A whole bundle. That it is whole says nothing of who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// `sha256:` and the digest of the archive's bytes: what the bundle is known by everywhere.
    pub digest: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its files.
    pub tree: BundleTree,
}

impl Bundle {
    /// Opens an archive.
    ///
    /// # Errors
    /// Where it is not in its one form, or its files are not exactly those of its manifest. Of what is wrong with an
    /// archive the first thing is told; of the files and the manifest, everything.
    pub fn open(bytes: &[u8], limits: &ArchiveLimits) -> Result<Self, Vec<Refusal>> {
        let tree = cjar::unpack(bytes, limits).map_err(|refusal| vec![refusal])?;
        let manifest = manifest(&tree).map_err(|refusal| vec![refusal])?;
        let refusals = disagreements(&tree, &manifest);
        match refusals.is_empty() {
            true => Ok(Self {
                digest: format!("sha256:{}", sha256_hex(bytes)),
                manifest,
                tree,
            }),
            false => Err(refusals),
        }
    }

    /// The name of the archive's file, `payouts-1.4.0.cjar`.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.manifest.file_name()
    }

    /// The package's own files as texts, by their names in the package.
    ///
    /// # Errors
    /// Where one is not UTF-8.
    pub fn sources(&self) -> Result<Vec<(&str, &str)>, Refusal> {
        let carried = self.tree.iter();
        let named = carried.filter_map(|(path, bytes)| Some((path.strip_prefix(SOURCE)?, bytes)));
        named
            .map(|(name, bytes)| match std::str::from_utf8(bytes) {
                Ok(text) => Ok((name, text)),
                Err(_) => Err(Refusal::new("source-text", format!("`{SOURCE}{name}` is not UTF-8"))),
            })
            .collect()
    }
}

impl Manifest {
    /// The name of the archive's file, `payouts-1.4.0.cjar`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.cjar", self.name, self.version)
    }
}

fn manifest(tree: &BundleTree) -> Result<Manifest, Refusal> {
    let refuse = |why: String| Refusal::new("manifest", format!("`{MANIFEST}` {why}"));
    let bytes = tree.get(MANIFEST).ok_or_else(|| refuse("is missing".to_owned()))?;
    // A manifest of another format has other fields, and its number is the better reason.
    let format = serde_json::from_slice::<serde_json::Value>(bytes)
        .ok()
        .and_then(|value| value.get("format")?.as_str().map(str::to_owned));
    if let Some(format) = format.filter(|format| format != FORMAT) {
        let message = format!(
            "`{MANIFEST}` has format `{}`; this version reads `{FORMAT}`",
            format.escape_debug()
        );
        return Err(Refusal::new("bundle-format", message));
    }
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("is no manifest: {error}")))?;
    match canonical_json(&manifest) {
        Ok(written) if written == bytes => {}
        _ => {
            return Err(refuse(
                "is not in its one form: canonical JSON, no field twice, none unknown".to_owned(),
            ));
        }
    }
    // Both become part of file names and tags.
    let is_plain = |text: &str, more: &str| {
        let mut bytes = text.bytes();
        bytes.len() <= MAX_WORD
            && bytes
                .next()
                .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || more.as_bytes().contains(&byte))
    };
    if !is_plain(&manifest.name, "-") || !is_plain(&manifest.version, "-.+") {
        let (name, version) = (manifest.name.escape_debug(), manifest.version.escape_debug());
        return Err(refuse(format!(
            "has `{name}` and `{version}`, which cannot be a package's name and version"
        )));
    }
    Ok(manifest)
}

/// Longest name, and longest version.
const MAX_WORD: usize = 128;

/// Everything in which files and manifest do not agree.
fn disagreements(tree: &BundleTree, manifest: &Manifest) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut listed: BTreeMap<&str, &FileEntry> = BTreeMap::new();
    for entry in &manifest.files {
        if listed.insert(&entry.path, entry).is_some() {
            let message = format!("`{MANIFEST}` lists `{}` twice", entry.path.escape_debug());
            found.push(Refusal::new("manifest", message));
        }
    }
    for (path, bytes) in tree.iter().filter(|(path, _)| *path != MANIFEST) {
        let Some(entry) = listed.remove(path) else {
            found.push(Refusal::new("file-extra", format!("`{path}` is not in the manifest")));
            continue;
        };
        if u64::try_from(bytes.len()) != Ok(entry.size) {
            let message = format!("`{path}` has {} bytes, the manifest says {}", bytes.len(), entry.size);
            found.push(Refusal::new("file-digest", message));
        } else if sha256_hex(bytes) != entry.sha256 {
            let message = format!("the content of `{path}` is not what the manifest's digest says");
            found.push(Refusal::new("file-digest", message));
        }
    }
    for path in listed.keys() {
        let message = format!("`{}` is in the manifest and not in the archive", path.escape_debug());
        found.push(Refusal::new("file-missing", message));
    }
    if found.is_empty() {
        digests(tree, manifest, &mut found);
    }
    found
}

/// The digests that stand beside the list say the same as the list.
fn digests(tree: &BundleTree, manifest: &Manifest, found: &mut Vec<Refusal>) {
    let of = |path: &str| tree.get(path).map(sha256_hex).unwrap_or_default();
    let (schema, policies) = (of("schema.cedarschema"), of("policies.json"));
    let says = [
        ("schema_digest", &manifest.schema_digest, &schema),
        ("policy_set_digest", &manifest.policy_set_digest, &policies),
        (
            "compat_digest",
            &manifest.compat_digest,
            &compat_digest(&schema, &policies),
        ),
    ];
    for (field, said, is) in says {
        if said != is {
            let message = format!("`{field}` of `{MANIFEST}` is not the digest of what it names");
            found.push(Refusal::new("file-digest", message));
        }
    }
    let evidence = [
        ("lint", manifest.evidence.lint.is_some()),
        ("tests", manifest.evidence.tests.is_some()),
        ("coverage", manifest.evidence.coverage.is_some()),
        ("proofs", manifest.evidence.proofs.is_some()),
        ("mutation", manifest.evidence.mutation.is_some()),
    ];
    for (kind, summed) in evidence {
        if summed != tree.get(&format!("evidence/{kind}.json")).is_some() {
            let message = format!("`{MANIFEST}` sums up `evidence/{kind}.json`, or the file is there, but not both");
            found.push(Refusal::new("manifest", message));
        }
    }
}

/// What is equal where two bundles differ in evidence or sources alone.
#[must_use]
pub(crate) fn compat_digest(schema_digest: &str, policy_set_digest: &str) -> String {
    sha256_hex(format!("{schema_digest}\n{policy_set_digest}\n").as_bytes())
}
