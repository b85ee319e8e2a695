//! The files that a report points into, with the paths by which the reader finds them.

use crate::text::{FileId, Sources};

/// Sources and the folder their names are relative to.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The package's folder as the user named it; empty where names are whole paths.
    pub root: &'a str,
}

impl<'a> Files<'a> {
    /// Texts whose names are whole paths.
    #[must_use]
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, root: "" }
    }

    /// The path of a file from where the user stands, so that a terminal or an editor can open it.
    #[must_use]
    pub fn path(&self, file: FileId) -> String {
        self.named(self.sources.name(file))
    }

    /// The same, of a file by its name.
    #[must_use]
    pub(super) fn named(&self, name: &str) -> String {
        match self.root.trim_start_matches("./").trim_end_matches('/') {
            "" | "." if self.root.starts_with('/') => format!("/{name}"),
            "" | "." => name.to_owned(),
            root => format!("{root}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_where_the_user_stands() {
        let mut sources = Sources::default();
        let file = sources.add("policy/a.gate", "");
        for (root, path) in [
            ("", "policy/a.gate"),
            (".", "policy/a.gate"),
            ("./", "policy/a.gate"),
            ("./shop/", "shop/policy/a.gate"),
            ("../shop", "../shop/policy/a.gate"),
            ("/", "/policy/a.gate"),
        ] {
            let files = Files { sources: &sources, root };
            assert_eq!(files.path(file), path, "{root}");
        }
    }
}
