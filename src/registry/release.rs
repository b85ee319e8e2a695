//! What goes to a place and what comes from it: a bundle with its statements, a channel's pointer, and how large they may be.

use std::collections::{BTreeMap, BTreeSet};

/// Largest bundle that is brought, in bytes.
pub(super) const MAX_BUNDLE: usize = 64 * 1024 * 1024;
/// Largest statement, manifest or index, in bytes.
pub(super) const MAX_SMALL: usize = 4 * 1024 * 1024;
/// Most statements on one bundle that are read.
pub(super) const MAX_STATEMENTS: usize = 64;

/// How far a transfer is: bytes so far, and of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A bundle with its statements, on its way to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The bundle's version.
    pub version: String,
    /// The name of its file.
    pub file: String,
    /// Its bytes.
    pub bundle: Vec<u8>,
    /// The git commit that it was made from.
    pub revision: Option<String>,
    /// Statements by kind: `release`, or `release.` and the start of a key's id.
    pub statements: BTreeMap<String, Attachment>,
    /// The versions that the place had when the version and the release number were chosen.
    pub seen: BTreeSet<String>,
}

impl Release {
    /// A version of the place that was not there when this release was judged: its order and number may be wrong by now.
    pub(super) fn unseen(&self, versions: Vec<String>) -> Option<String> {
        versions
            .into_iter()
            .find(|version| *version != self.version && is_version(version) && !self.seen.contains(version))
    }
}

/// A statement as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The type of its predicate.
    pub predicate_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A bundle that was brought. Nothing of it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The name of its file, as the place says.
    pub file: String,
    /// Its bytes.
    pub bundle: Vec<u8>,
    /// Statements by kind.
    pub statements: BTreeMap<String, Vec<u8>>,
    /// What names exactly this for good: the manifest's digest in a registry, else the bundle's.
    pub pinned: String,
}

/// Whether a version that holds another bundle may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// It is refused.
    Never,
    /// The tag is moved.
    ForceTag,
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is there now, under this name for good.
    New(String),
    /// It was there; statements that were not are there now.
    Known(String),
}

/// What came of asking for a channel's pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// It is as it was.
    Same,
    /// There is none.
    Absent,
    /// The pointer.
    Pointer {
        /// Its file.
        bytes: Vec<u8>,
        /// By what to ask the next time, where the place gives it.
        tag: Option<String>,
    },
}

/// Whether a name can be a version. Others may keep other tags in a registry; they are none of ours.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(is_number)
}

/// Whether a text can be a kind of statement, and so part of a file's name.
pub(super) fn is_kind(text: &str) -> bool {
    let (kind, key) = text.split_once('.').map_or((text, None), |(kind, key)| (kind, Some(key)));
    let is_key = |key: &str| key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase()) && key.is_none_or(is_key)
}

/// Whether a text can be the name of a bundle's file.
pub(super) fn is_file(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    text.len() <= 260 && text.ends_with(".cjar") && text.bytes().all(plain) && !text.starts_with('.')
}
