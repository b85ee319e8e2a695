//! Two bundles compared by what they ship: Cedar policies, schema, contract and roles. Sources are compared instead wherever they
//! give what is shipped, because they have the author's names.

use std::collections::BTreeSet;

use crate::bundle::{Bundle, MANIFEST, SOURCE};
use crate::cli::cmd::compared;
use crate::cli::cmd::compared::{Compared, Labels, With};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::semdiff;

use super::opened;
use super::rebuild::{Elsewhere, terms};

/// Which bundles are not what their sources give, of those that are compared.
pub(in crate::cli::cmd) struct Unlike {
    /// Whether sources give what is shipped and decides.
    pub(super) by_sources: bool,
    /// Files that sources do not give and that no comparison reads.
    beside: BTreeSet<String>,
}

impl Unlike {
    /// All bundles are what their sources give.
    pub(in crate::cli::cmd) fn none() -> Self {
        Self { by_sources: true, beside: BTreeSet::new() }
    }

    /// Takes note of a bundle that another version made.
    pub(in crate::cli::cmd) fn note(&mut self, elsewhere: &Elsewhere) {
        self.by_sources &= elsewhere.decides_by_sources();
        self.beside.extend(elsewhere.beside().map(str::to_owned));
    }

    /// Whether a comparison of the sources leaves out nothing that is shipped.
    #[cfg(feature = "registry")]
    pub(in crate::cli::cmd) fn is_empty(&self) -> bool {
        self.by_sources && self.beside.is_empty()
    }

    /// The files that differ and are not compared. What the sources of both sides give differs as the sources do, which are
    /// compared unless something else than they is shipped.
    pub(super) fn uncompared(&self, [old, new]: [&Bundle; 2]) -> Vec<String> {
        let differs = |path: &&String| match path.as_str() {
            MANIFEST => terms(&old.tree) != terms(&new.tree),
            path => old.tree.get(path) != new.tree.get(path),
        };
        let mut found: Vec<String> = self.beside.iter().filter(differs).cloned().collect();
        let sources = |bundle: &Bundle| -> BTreeSet<(String, Vec<u8>)> {
            let all = bundle.tree.iter().filter(|(path, _)| path.starts_with(SOURCE));
            all.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
        };
        if !self.by_sources && sources(old) != sources(new) {
            found.push(SOURCE.to_owned());
        }
        found
    }
}

/// Compares two bundles, each with its name in messages, by what they ship. `None` where one of them has faults, which are shown.
pub(in crate::cli::cmd) fn compare(
    (old_named, old): (&str, &Bundle),
    (new_named, new): (&str, &Bundle),
    unlike: &Unlike,
    labels: Labels,
    with: &With<'_>,
    console: &mut Console,
) -> Result<Option<Compared>, CliError> {
    let before = opened::shipped(old, old_named, with.at)?;
    let after = opened::shipped(new, new_named, with.at)?;
    let roles = (opened::roles(old_named, old)?, opened::roles(new_named, new)?);
    let Some(mut compared) = compared::packages(before, after, labels, with, console)? else {
        return Ok(None);
    };
    let (before, after) = (&compared.before.checked.lowered, &compared.after.checked.lowered);
    compared.difference.terms = semdiff::shipped((before, &roles.0), (after, &roles.1));
    compared.difference.extent.uncompared = unlike.uncompared([old, new]);
    Ok(Some(compared))
}
