//! The package that an import comes to.

use std::collections::{BTreeMap, BTreeSet};

/// The files of a package by their names, and what is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Texts by their place in the package, `policy/roles.gate`.
    pub files: BTreeMap<String, String>,
    /// What was imported, in a few words: `3 roles with 12 grants, 2 bindings`.
    pub summary: String,
}

impl Imported {
    /// Sets lints to `warn` in the project file.
    pub fn tolerate(&mut self, lints: &BTreeSet<&str>) {
        let Some(project) = self.files.get_mut("gatewright.toml") else {
            return;
        };
        if lints.is_empty() {
            return;
        }
        if !project.contains("\n[lint]\n") {
            project.push_str("\n[lint]\n");
        }
        project
            .push_str("# These lints have findings in the imported files. Once there are none, remove these lines.\n");
        for lint in lints {
            project.push_str(&format!("{lint} = \"warn\"\n"));
        }
    }
}

/// `1 role`, `2 roles`.
pub(super) fn count(n: usize, one: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}
