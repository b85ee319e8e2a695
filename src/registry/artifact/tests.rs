//! Artifacts in content that gives whatever is put into it: what is written, in which order, and which lies are seen.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

/// Content in memory, which gives whatever is put into it, as a registry may.
#[derive(Default)]
struct Memory {
    manifests: RefCell<BTreeMap<String, Vec<u8>>>,
    blobs: RefCell<BTreeMap<String, Vec<u8>>>,
    referrers: RefCell<BTreeMap<String, Vec<Descriptor>>>,
    /// What was asked for or put, in order.
    log: RefCell<Vec<String>>,
    /// A tag that somebody else writes in the very moment that a tag is written here.
    rival: Option<&'static str>,
}

impl Content for &Memory {
    fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        Ok(self.manifests.borrow().get(reference).cloned())
    }

    fn blob(&self, descriptor: &Descriptor, _: &dyn Fn(u64)) -> Result<Vec<u8>, RegistryError> {
        Ok(self.blobs.borrow().get(&descriptor.digest).cloned().unwrap_or_default())
    }

    fn put_blob(&self, digest: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        self.log.borrow_mut().push(format!("blob of {} bytes", bytes.len()));
        self.blobs.borrow_mut().insert(digest.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn put_manifest(&self, reference: &str, _: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        let kind = if reference.starts_with("sha256:") { "by digest" } else { reference };
        self.log.borrow_mut().push(format!("manifest {kind}"));
        let mut manifests = self.manifests.borrow_mut();
        if !reference.starts_with("sha256:") {
            manifests.extend(self.rival.map(|rival| (rival.to_owned(), bytes.to_vec())));
        }
        manifests.insert(digest(bytes), bytes.to_vec());
        manifests.insert(reference.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, RegistryError> {
        Ok(self.referrers.borrow().get(digest).cloned().unwrap_or_default())
    }

    fn refer(&self, to: &str, referrer: &Descriptor) -> Result<(), RegistryError> {
        let mut referrers = self.referrers.borrow_mut();
        referrers.entry(to.to_owned()).or_default().push(referrer.clone());
        Ok(())
    }

    fn tags(&self) -> Result<Vec<String>, RegistryError> {
        Ok(self.manifests.borrow().keys().cloned().collect())
    }
}

fn artifacts(memory: &Memory) -> Artifacts<&Memory> {
    Artifacts::new(memory, "here".to_owned())
}

fn release(statements: &[(&str, &str)]) -> Release {
    let attachment = |(kind, text): &(&str, &str)| {
        let attachment =
            Attachment { predicate_type: format!("https://example.com/{kind}"), bytes: text.as_bytes().to_vec() };
        ((*kind).to_owned(), attachment)
    };
    Release {
        version: "1.0.0+b".to_owned(),
        file: "docs-1.0.0+b.cjar".to_owned(),
        bundle: b"bundle".to_vec(),
        revision: Some("0123".to_owned()),
        statements: statements.iter().map(attachment).collect(),
        seen: BTreeSet::new(),
    }
}

fn put(memory: &Memory, release: &Release, overwrite: Overwrite) -> Result<Put, String> {
    let put = artifacts(memory).put(release, overwrite, &|_, _| ());
    put.map_err(|error| error.to_string())
}

fn fetched(memory: &Memory) -> Result<Fetched, String> {
    let pin = Pin::Version("1.0.0+b".to_owned());
    let fetched = artifacts(memory).fetch(&pin, &|_, _| ());
    fetched.map(Option::unwrap).map_err(|error| error.to_string())
}

#[test]
fn what_is_put_is_fetched_and_nothing_is_to_be_seen_before_all_of_it_is_there() {
    let memory = Memory::default();
    let release = release(&[("evidence", "e"), ("release", "r")]);
    let pinned = match artifacts(&memory).put(&release, Overwrite::Never, &|_, _| ()).unwrap() {
        Put::New(pinned) => pinned,
        Put::Known(_) => panic!("it was not there"),
    };
    let log = memory.log.borrow().clone();
    assert_eq!(log.last().unwrap(), "manifest 1.0.0_b", "the tag comes last: {log:?}");
    let fetched = fetched(&memory).unwrap();
    assert_eq!((fetched.file.as_str(), fetched.bundle.as_slice()), ("docs-1.0.0+b.cjar", b"bundle".as_slice()));
    assert_eq!(fetched.pinned, pinned);
    assert_eq!(
        fetched.statements,
        BTreeMap::from([("evidence".to_owned(), b"e".to_vec()), ("release".to_owned(), b"r".to_vec())])
    );
    assert_eq!(artifacts(&memory).versions().unwrap(), ["1.0.0+b"]);
}

#[test]
fn a_statement_is_an_artifact_of_its_own_type_that_refers_to_the_bundle() {
    let memory = Memory::default();
    put(&memory, &release(&[("release", "r")]), Overwrite::Never).unwrap();
    let pinned = fetched(&memory).unwrap().pinned;
    let referrers = memory.referrers.borrow()[&pinned].clone();
    assert_eq!(referrers.len(), 1);
    let annotations = json!({
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": "https://example.com/release",
    });
    assert_eq!(referrers[0].artifact_type.as_deref(), Some(STATEMENT));
    assert_eq!(json!(referrers[0].annotations), annotations);
    let manifest: Value = serde_json::from_slice(&memory.manifests.borrow()[&referrers[0].digest]).unwrap();
    assert_eq!(manifest["artifactType"], STATEMENT);
    assert_eq!(manifest["subject"]["digest"], json!(pinned));
    assert_eq!(manifest["annotations"], annotations);
    assert_eq!(manifest["layers"][0]["annotations"]["org.opencontainers.image.title"], "release.sigstore.json");
    let bundle: Value = serde_json::from_slice(&memory.manifests.borrow()[&pinned]).unwrap();
    assert_eq!(bundle["artifactType"], BUNDLE);
    assert_eq!(bundle["subject"], Value::Null);
    assert_eq!(
        bundle["annotations"],
        json!({ "org.opencontainers.image.version": "1.0.0+b", "org.opencontainers.image.revision": "0123" })
    );
}

#[test]
fn a_statement_that_is_there_stays_what_it_was_and_others_join_it() {
    let memory = Memory::default();
    put(&memory, &release(&[("release", "r")]), Overwrite::Never).unwrap();
    memory.log.borrow_mut().clear();
    let more = release(&[("evidence", "e"), ("release", "r")]);
    assert!(matches!(put(&memory, &more, Overwrite::Never), Ok(Put::Known(_))));
    assert_eq!(
        memory.log.borrow().as_slice(),
        ["blob of 2 bytes", "blob of 1 bytes", "manifest by digest"],
        "the one that is new, and nothing again"
    );
    let said = put(&memory, &release(&[("release", "s")]), Overwrite::Never).unwrap_err();
    assert!(said.contains("already has a different `release` statement for version 1.0.0+b"), "{said}");
    assert_eq!(fetched(&memory).unwrap().statements["release"], b"r");
}

#[test]
fn a_version_that_is_there_is_moved_by_force_only() {
    let memory = Memory::default();
    put(&memory, &release(&[]), Overwrite::Never).unwrap();
    let other = Release { bundle: b"other".to_vec(), ..release(&[]) };
    let said = put(&memory, &other, Overwrite::Never).unwrap_err();
    assert!(said.contains(&digest(b"bundle")), "{said}");
    assert!(matches!(put(&memory, &other, Overwrite::ForceTag), Ok(Put::New(_))));
    assert_eq!(fetched(&memory).unwrap().bundle, b"other");
}

#[test]
fn a_version_that_appeared_since_a_release_was_judged_keeps_it_out() {
    let memory = Memory::default();
    put(&memory, &release(&[]), Overwrite::Never).unwrap();
    let next = Release { version: "2.0.0".to_owned(), bundle: b"next".to_vec(), ..release(&[]) };
    let said = put(&memory, &next, Overwrite::Never).unwrap_err();
    assert!(said.contains("version 1.0.0+b was published") && said.contains("publish it again"), "{said}");
    assert_eq!(artifacts(&memory).versions().unwrap(), ["1.0.0+b"]);
    // Tags of others that are no versions do not count.
    memory.manifests.borrow_mut().insert("2026-nightly".to_owned(), Vec::new());
    // What is there is finished all the same, whatever came after it.
    let seen = BTreeSet::from(["1.0.0+b".to_owned()]);
    put(&memory, &Release { seen, ..next }, Overwrite::Never).unwrap();
    assert!(matches!(put(&memory, &release(&[]), Overwrite::Never), Ok(Put::Known(_))));
}

#[test]
fn of_two_versions_at_once_in_a_registry_one_is_told() {
    let memory = Memory { rival: Some("1.0.1"), ..Memory::default() };
    let said = put(&memory, &release(&[]), Overwrite::Never).unwrap_err();
    assert!(said.contains("1.0.0+b and 1.0.1") && said.contains("same release number"), "{said}");
}

/// A manifest with as many spaces as it takes.
fn padded(manifest: &Manifest, size: usize) -> Vec<u8> {
    let mut bytes = written(manifest).0;
    bytes.resize(size, b' ');
    bytes
}

#[test]
fn a_manifest_is_read_up_to_its_limit() {
    let memory = Memory::default();
    put(&memory, &release(&[]), Overwrite::Never).unwrap();
    let manifest = bundle_manifest(&release(&[]));
    for (size, is_read) in [(MAX_SMALL, true), (MAX_SMALL + 1, false), (2 * MAX_SMALL, false)] {
        memory.manifests.borrow_mut().insert("1.0.0_b".to_owned(), padded(&manifest, size));
        let fetched = fetched(&memory);
        assert_eq!(fetched.is_ok(), is_read, "{size}");
        assert!(is_read || fetched.unwrap_err().contains("is larger than"), "{size}");
    }
}

#[test]
fn what_is_not_what_was_asked_for_is_a_lie() {
    type Lie = fn(&mut Manifest);
    let lies: [(&str, Lie); 8] = [
        ("is not an image manifest", |manifest| manifest.schema_version = 1),
        ("is not a Gatewright bundle", |manifest| manifest.artifact_type = None),
        ("must have one layer, found 0", |manifest| manifest.layers.clear()),
        ("must have one layer, found 2", |manifest| manifest.layers.push(manifest.layers[0].clone())),
        ("a layer must have the type", |manifest| manifest.layers[0].media_type = STATEMENT.to_owned()),
        ("a layer has 67108865 bytes", |manifest| {
            manifest.layers[0].size = u64::try_from(MAX_BUNDLE).unwrap() + 1;
        }),
        ("has the digest", |manifest| manifest.layers[0].digest = digest(b"other")),
        ("no valid file name as its title", |manifest| manifest.layers[0].annotations = None),
    ];
    for (says, lie) in lies {
        let memory = Memory::default();
        put(&memory, &release(&[]), Overwrite::Never).unwrap();
        let mut manifest = bundle_manifest(&release(&[]));
        lie(&mut manifest);
        memory.manifests.borrow_mut().insert("1.0.0_b".to_owned(), written(&manifest).0);
        let said = fetched(&memory).unwrap_err();
        assert!(said.contains(says), "{says}: {said}");
    }
    // Another manifest under a digest.
    let memory = Memory::default();
    put(&memory, &release(&[]), Overwrite::Never).unwrap();
    let pinned = fetched(&memory).unwrap().pinned;
    memory.manifests.borrow_mut().insert(pinned.clone(), b"{}".to_vec());
    let said = artifacts(&memory).fetch(&Pin::Digest(pinned), &|_, _| ()).unwrap_err().to_string();
    assert!(said.contains("has the digest"), "{said}");
}

#[test]
fn a_channel_is_moved_from_where_it_was_read_and_not_by_two() {
    let memory = Memory::default();
    let moved = || RegistryError::ReadOnly("moved".to_owned());
    let here = artifacts(&memory);
    let move_to = |expected: Option<&[u8]>, to: &[u8]| here.move_channel("prod", expected, to, &moved).is_ok();
    assert_eq!(here.channel("prod").unwrap(), None);
    assert!(!move_to(Some(b"0"), b"1"));
    assert!(move_to(None, b"1"));
    assert_eq!(here.channel("prod").unwrap().as_deref(), Some(b"1".as_slice()));
    assert!(!move_to(None, b"2"));
    assert!(move_to(Some(b"1"), b"2"));
    assert_eq!(here.channel("prod").unwrap().as_deref(), Some(b"2".as_slice()));
    // A bundle under the channel's tag is no pointer.
    let bundle = written(&bundle_manifest(&release(&[]))).0;
    memory.manifests.borrow_mut().insert("channel-prod".to_owned(), bundle);
    let said = here.channel("prod").unwrap_err().to_string();
    assert!(said.contains("does not point to a pointer"), "{said}");
}

#[test]
fn a_statement_is_read_up_to_its_limit_and_once() {
    let memory = Memory::default();
    let largest = "x".repeat(MAX_SMALL);
    put(&memory, &release(&[("release", &largest)]), Overwrite::Never).unwrap();
    let first = fetched(&memory).unwrap();
    assert_eq!(first.statements["release"].len(), MAX_SMALL);
    // Listed twice it is the same; two that differ are a lie.
    let twice = memory.referrers.borrow()[&first.pinned][0].clone();
    memory.referrers.borrow_mut().get_mut(&first.pinned).unwrap().push(twice);
    assert_eq!(fetched(&memory).unwrap().statements, first.statements);
    let other = Memory::default();
    put(&other, &release(&[("release", "r")]), Overwrite::Never).unwrap();
    for (reference, bytes) in other.manifests.borrow().iter() {
        memory.manifests.borrow_mut().insert(reference.clone(), bytes.clone());
    }
    memory.blobs.borrow_mut().extend(other.blobs.borrow().clone());
    let more = other.referrers.borrow()[&first.pinned].clone();
    memory.referrers.borrow_mut().get_mut(&first.pinned).unwrap().extend(more);
    let said = fetched(&memory).unwrap_err();
    assert!(said.contains("two different `release` statements"), "{said}");
}

#[test]
fn progress_is_told_from_nothing_to_everything() {
    let memory = Memory::default();
    let told = std::sync::Mutex::new(Vec::new());
    let progress = |done: u64, of: u64| told.lock().unwrap().push((done, of));
    let release = release(&[("evidence", "e"), ("release", "rr")]);
    artifacts(&memory).put(&release, Overwrite::Never, &progress).unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, 9), (6, 9), (7, 9), (9, 9)]);
}
