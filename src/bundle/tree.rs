//! The bundle as a tree of files in memory, sorted by path: what `build` writes to disk and a later archive packs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FileEntry, MANIFEST, sha256_hex};

/// Files by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl BundleTree {
    /// Adds or replaces a file. `path` has `/` between its parts, no `.` or `..`, and does not start with `/`.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// A file's bytes.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The manifest's list of files: all but itself.
    #[must_use]
    pub fn entries(&self) -> Vec<FileEntry> {
        self.iter()
            .filter(|(path, _)| *path != MANIFEST)
            .map(|(path, bytes)| FileEntry {
                path: path.to_owned(),
                sha256: sha256_hex(bytes),
                size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            })
            .collect()
    }
}

/// How a file of one tree stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlike {
    /// It is in the first only.
    Extra,
    /// It is in the second only.
    Missing,
    /// It has other bytes.
    Other,
}

impl BundleTree {
    /// The files that this tree does not have as another has them, sorted by path.
    pub fn unlike<'a>(&'a self, other: &'a Self) -> BTreeMap<&'a str, Unlike> {
        let mut found: BTreeMap<&str, Unlike> = BTreeMap::new();
        for (path, bytes) in self.iter() {
            match other.get(path) {
                None => found.insert(path, Unlike::Extra),
                Some(theirs) if theirs != bytes => found.insert(path, Unlike::Other),
                Some(_) => None,
            };
        }
        let missing = other.iter().filter(|(path, _)| self.get(path).is_none());
        found.extend(missing.map(|(path, _)| (path, Unlike::Missing)));
        found
    }
}

/// A value as compact JSON with sorted keys and a newline at the end: one value, one text.
///
/// Integers are written in full. RFC 8785 would write them as doubles, and round those over 2⁵³; policies hold 64 bits.
///
/// # Errors
/// Where the value is no JSON, such as a map whose keys are not strings.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    let mut bytes = serde_json::to_vec(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_trees_are_unlike_by_what_is_more_less_or_other() {
        let tree = |files: &[(&str, &str)]| {
            let mut tree = BundleTree::default();
            for (path, text) in files {
                tree.insert(*path, *text);
            }
            tree
        };
        let one = tree(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let two = tree(&[("b", "1"), ("c", "2"), ("d", "1")]);
        assert_eq!(
            one.unlike(&two),
            BTreeMap::from([("a", Unlike::Extra), ("c", Unlike::Other), ("d", Unlike::Missing)])
        );
        assert_eq!(one.unlike(&one), BTreeMap::new());
    }

    #[test]
    fn keys_are_sorted_at_every_depth_and_lists_keep_their_order() {
        let value = json!({ "b": [{ "d": 1, "c": 2 }, 1], "a": "ü\n" });
        let text = String::from_utf8(canonical_json(&value).unwrap()).unwrap();
        assert_eq!(text, "{\"a\":\"ü\\n\",\"b\":[{\"c\":2,\"d\":1},1]}\n");
    }

    #[test]
    fn integers_keep_all_their_digits() {
        let value = json!([i64::MIN, 9_007_199_254_740_993_i64, i64::MAX]);
        let text = String::from_utf8(canonical_json(&value).unwrap()).unwrap();
        assert_eq!(text, "[-9223372036854775808,9007199254740993,9223372036854775807]\n");
    }
}
