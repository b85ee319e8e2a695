//! A bundle as it comes out of its archive: every file as the manifest says, and no other file.

use std::collections::BTreeMap;

use super::{
    ArchiveLimits, BundleTree, FORMAT, FileEntry, MANIFEST, Manifest, Refusal, canonical_json, cjar, evidence,
    sha256_hex,
};

/// Where the package's own files lie.
pub const SOURCE: &str = "source/";

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
            true => Ok(Self { digest: format!("sha256:{}", sha256_hex(bytes)), manifest, tree }),
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

fn manifest(tree: &BundleTree) -> Result<Manifest, Refusal> {
    let refuse = |why: String| Refusal::new("manifest", format!("`{MANIFEST}` {why}"));
    let bytes = tree.get(MANIFEST).ok_or_else(|| refuse("is missing".to_owned()))?;
    // A manifest of another format has other fields, and its number is the better reason.
    let format = serde_json::from_slice::<serde_json::Value>(bytes)
        .ok()
        .and_then(|value| value.get("format")?.as_str().map(str::to_owned));
    if let Some(format) = format.filter(|format| format != FORMAT) {
        let message = format!("`{MANIFEST}` has format `{}`; this version reads `{FORMAT}`", format.escape_debug());
        return Err(Refusal::new("bundle-format", message));
    }
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("is not a valid manifest: {error}")))?;
    match canonical_json(&manifest) {
        Ok(written) if written == bytes => {}
        _ => {
            return Err(refuse(
                "is not in canonical form: canonical JSON, no duplicate fields, no unknown fields".to_owned(),
            ));
        }
    }
    if !is_name(&manifest.name) || !is_version(&manifest.version) {
        let (name, version) = (manifest.name.escape_debug(), manifest.version.escape_debug());
        return Err(refuse(format!("has `{name}` and `{version}`, which are not a valid package name and version")));
    }
    Ok(manifest)
}

fn is_name(text: &str) -> bool {
    is_plain(text, b"-")
}

fn is_version(text: &str) -> bool {
    is_plain(text, b"-.+")
}

/// Whether a text can be part of a file's name and of a tag.
fn is_plain(text: &str, more: &[u8]) -> bool {
    let mut bytes = text.bytes();
    bytes.len() <= MAX_WORD
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
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
            let message = format!("`{path}` has {} bytes, but the manifest says {}", bytes.len(), entry.size);
            found.push(Refusal::new("file-digest", message));
        } else if sha256_hex(bytes) != entry.sha256 {
            let message = format!("the content of `{path}` does not match its digest in the manifest");
            found.push(Refusal::new("file-digest", message));
        }
    }
    for path in listed.keys() {
        let message = format!("`{}` is in the manifest, but not in the archive", path.escape_debug());
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
        ("compat_digest", &manifest.compat_digest, &compat_digest(&schema, &policies)),
    ];
    for (field, said, is) in says {
        if said != is {
            let message = format!("`{field}` of `{MANIFEST}` does not match the content of the bundle");
            found.push(Refusal::new("file-digest", message));
        }
    }
    found.extend(evidence::disagreements(tree, &manifest.evidence));
    found.extend(evidence::failures(&manifest.evidence));
}

/// What is equal where two bundles differ in evidence or sources alone.
#[must_use]
pub(crate) fn compat_digest(schema_digest: &str, policy_set_digest: &str) -> String {
    sha256_hex(format!("{schema_digest}\n{policy_set_digest}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::pack;
    use crate::bundle::sample::sound;

    fn opened(tree: &BundleTree, manifest: &Manifest) -> Result<Bundle, Vec<String>> {
        let mut tree = tree.clone();
        tree.insert(MANIFEST, canonical_json(manifest).unwrap());
        let bytes = pack(&tree).unwrap();
        let opened = Bundle::open(&bytes, &ArchiveLimits::default());
        opened.map_err(|refusals| refusals.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bundle_that_is_as_its_manifest_says_opens() {
        let (tree, manifest) = sound();
        let bundle = opened(&tree, &manifest).unwrap();
        assert_eq!(bundle.manifest, manifest);
        assert_eq!(bundle.file_name(), "docs-1.0.0.cjar");
        assert_eq!(bundle.sources().unwrap(), [("a.gate", "source/a.gate")]);
        let mut other = tree.clone();
        other.insert("source/a.gate", b"\xff".as_slice());
        let said = Manifest { files: other.entries(), ..manifest };
        let bundle = opened(&other, &said).unwrap();
        assert_eq!(bundle.sources().unwrap_err().code, "source-text");
    }

    #[test]
    fn a_name_or_a_version_that_cannot_be_one_is_refused_alone() {
        let long = "a".repeat(MAX_WORD + 1);
        for name in ["", "Docs", "-docs", "do.cs", "do/cs", "..", "d\u{f6}cs", "do cs", &long] {
            let (tree, manifest) = sound();
            let said = Manifest { name: name.to_owned(), ..manifest };
            let refusals = opened(&tree, &said).unwrap_err();
            assert_eq!(refusals.len(), 1, "{name}: {refusals:?}");
            assert!(refusals[0].ends_with("package name and version [manifest]"), "{refusals:?}");
        }
        for version in ["", "V1", "-1", "1/0", "1..\n", "1_0", &long] {
            let (tree, manifest) = sound();
            let said = Manifest { version: version.to_owned(), ..manifest };
            let refusals = opened(&tree, &said).unwrap_err();
            assert!(refusals[0].ends_with("package name and version [manifest]"), "{version}: {refusals:?}");
        }
        let longest = "a".repeat(MAX_WORD);
        for (name, version) in [("0docs-A9", "1.0.0-rc.1+b"), (longest.as_str(), longest.as_str())] {
            let (tree, manifest) = sound();
            let said = Manifest { name: name.to_owned(), version: version.to_owned(), ..manifest };
            assert!(opened(&tree, &said).is_ok(), "{name} {version}");
        }
    }

    #[test]
    fn each_disagreement_of_files_and_manifest_has_its_reason() {
        type Change = fn(&mut BundleTree, &mut Manifest);
        let changes: [(&str, Change); 9] = [
            ("`b` is not in the manifest [file-extra]", |tree, _| tree.insert("b", "")),
            ("`b` is in the manifest, but not in the archive [file-missing]", |_, said| {
                let mut entry = said.files[0].clone();
                entry.path = "b".to_owned();
                said.files.push(entry);
            }),
            ("`bundle.json` lists `policies.json` twice [manifest]", |_, said| {
                said.files.insert(0, said.files[0].clone());
            }),
            ("`source/a.gate` has 1 bytes, but the manifest says 13 [file-digest]", |tree, _| {
                tree.insert("source/a.gate", "x");
            }),
            ("the content of `source/a.gate` does not match its digest in the manifest [file-digest]", |tree, _| {
                tree.insert("source/a.gate", "source/b.gate")
            }),
            ("`schema_digest` of `bundle.json` does not match the content of the bundle [file-digest]", |_, said| {
                said.schema_digest = "0".repeat(64)
            }),
            (
                "`policy_set_digest` of `bundle.json` does not match the content of the bundle [file-digest]",
                |_, said| said.policy_set_digest = "0".repeat(64),
            ),
            ("`compat_digest` of `bundle.json` does not match the content of the bundle [file-digest]", |_, said| {
                said.compat_digest = "0".repeat(64)
            }),
            ("`bundle.json` has format `2`; this version reads `1` [bundle-format]", |_, said| {
                said.format = "2".to_owned();
            }),
        ];
        for (says, change) in changes {
            let (mut tree, mut manifest) = sound();
            change(&mut tree, &mut manifest);
            assert_eq!(opened(&tree, &manifest).unwrap_err(), [says]);
        }
    }

    /// One edit, one reason: the digests of the whole speak where the list of files agrees.
    #[test]
    fn a_file_that_is_not_as_listed_is_told_once() {
        for path in ["policies.json", "schema.cedarschema"] {
            let (mut tree, manifest) = sound();
            tree.insert(path, "edited");
            let refusals = opened(&tree, &manifest).unwrap_err();
            assert_eq!(refusals.len(), 1, "{refusals:?}");
            assert!(refusals[0].contains(path), "{refusals:?}");
        }
    }

    #[test]
    fn bundles_are_compatible_by_their_schema_and_their_policies_alone() {
        let digest = compat_digest("schema", "policies");
        assert_eq!(digest, sha256_hex(b"schema\npolicies\n"));
        for (schema, policies) in [("other", "policies"), ("schema", "other"), ("policies", "schema")] {
            assert_ne!(compat_digest(schema, policies), digest);
        }
    }

    #[test]
    fn a_manifest_has_one_form_and_reports_are_held_against_it() {
        let (mut tree, manifest) = sound();
        let text = String::from_utf8(canonical_json(&manifest).unwrap()).unwrap();
        for other in [text.replacen(':', ": ", 1), text.replace('\n', ""), format!("{text}\n")] {
            tree.insert(MANIFEST, other);
            let refusals = Bundle::open(&pack(&tree).unwrap(), &ArchiveLimits::default()).unwrap_err();
            assert!(refusals[0].message.contains("is not in canonical form"), "{refusals:?}");
        }
        let (mut tree, manifest) = sound();
        tree.insert("evidence/tests.json", "{}");
        let said = Manifest { files: tree.entries(), ..manifest };
        assert_eq!(
            opened(&tree, &said).unwrap_err(),
            ["`evidence/tests.json` has no summary in the manifest [manifest]"]
        );
    }
}
