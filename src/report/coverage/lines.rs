//! Obligations by file and line, which is how other tools know coverage.

use std::collections::BTreeMap;

use crate::report::Files;
use crate::scenario::{Coverage, Covered};

/// The obligations of each line, by the path of their file.
pub(super) type Lines<'a> = BTreeMap<String, BTreeMap<u32, Vec<&'a Covered>>>;

/// Obligations by the line of the words that they are about.
pub(super) fn lines<'a>(coverage: &'a Coverage, files: Files<'_>) -> Lines<'a> {
    let mut lines = Lines::new();
    for covered in &coverage.covered {
        let at = covered.obligation.at;
        let line = files.sources.position(at).line;
        lines.entry(files.path(at.file)).or_default().entry(line).or_default().push(covered);
    }
    lines
}

/// How many of some obligations were met.
pub(super) fn met(all: &[&Covered]) -> usize {
    all.iter().filter(|covered| covered.seen).count()
}
