//! The files of a suite: YAML documents, what they include, and the fixtures of all of them on one sheet.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Fields, Key, Node};
use crate::load::yaml;
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::Section;
use crate::text::{FileId, Sources};

use super::fixtures::Declared;
use super::{names, raw};

/// The keys under which fixtures and contexts are declared.
pub(super) const FIXTURES: [&str; 4] = ["principals", "resources", "groups", "contexts"];

/// The keys of a file that only shares fixtures.
const SHARED_KEYS: [&str; 5] = ["include", "principals", "resources", "groups", "contexts"];

/// The keys under which fixtures and contexts stand.
pub(super) const SECTIONS: [&str; 4] = ["principals", "resources", "groups", "contexts"];

/// The keys of a suite.
pub(super) const SUITE_KEYS: [&str; 11] = [
    "suite",
    "at",
    "include",
    "principals",
    "resources",
    "groups",
    "contexts",
    "tests",
    "entities",
    "entities-unchecked",
    "links",
];

/// What is not said of a suite for which an included file is missing.
const UNREPORTED: &str =
    "fixtures and contexts that no other file declares may come from it, and are not reported as unknown";

/// The YAML files of a package that are sound, and those that are not.
#[derive(Default)]
pub(super) struct Documents {
    sound: BTreeMap<FileId, Node>,
    broken: BTreeSet<FileId>,
}

impl Documents {
    /// Reads files and all that they include.
    pub(super) fn read(sources: &Sources, files: &[FileId], out: &mut Diagnostics) -> Self {
        let mut documents = Self::default();
        let mut open: Vec<FileId> = files.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(file) = open.pop() {
            if !seen.insert(file) {
                continue;
            }
            let mut faults = Diagnostics::new();
            let document = yaml::parse(sources, file, &mut faults);
            // What YAML takes a faulty file to mean is not what its author wrote: nothing follows from it.
            let sound = !faults.has_errors();
            out.extend(faults);
            let Some(document) = document.filter(|_| sound) else {
                documents.broken.insert(file);
                continue;
            };
            // Faults in `include` are reported when the suite is read.
            let mut ignored = Diagnostics::new();
            let includes = document.get("include").map(Node::one_or_many).unwrap_or_default();
            open.extend(includes.iter().filter_map(|node| raw::file(node, sources, &mut ignored)));
            documents.sound.insert(file, document);
        }
        documents
    }

    /// A sound file.
    pub(super) fn get(&self, file: FileId) -> Option<&Node> {
        self.sound.get(&file)
    }

    /// All sound files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.sound.values()
    }
}

/// Whether a file has tests of its own.
pub(super) fn is_suite(document: &Node) -> bool {
    document.get("suite").is_some() || document.get("tests").is_some()
}

/// The fixtures of a suite and of all that it includes, by name.
#[derive(Default)]
pub(super) struct Sheet<'a> {
    pub(super) fixtures: BTreeMap<String, Declared<'a>>,
    pub(super) contexts: BTreeMap<String, (&'a Key, &'a Node)>,
    /// The suite and all that it includes.
    pub(super) files: BTreeSet<FileId>,
    /// Whether a file of it is no sound YAML, so that names in it are missing.
    pub(super) incomplete: bool,
    /// Whether what an `include` names is not there, so that any name may be missing.
    pub(super) is_lacking: bool,
}

impl<'a> Sheet<'a> {
    /// The sheet of a suite. Files that it includes are added to `included`.
    pub(super) fn gather(
        file: FileId,
        documents: &'a Documents,
        sources: &Sources,
        included: &mut BTreeSet<FileId>,
        out: &mut Diagnostics,
    ) -> Self {
        let mut sheet = Self::default();
        let mut chain = Vec::new();
        let mut done = BTreeSet::new();
        sheet.add(file, documents, sources, &mut chain, &mut done, out);
        included.extend(done.iter().filter(|other| **other != file));
        sheet.files = done;
        sheet
    }

    /// Adds a file after those that it includes. Recursion ends: a file in `chain` or `done` is not entered again.
    fn add(
        &mut self,
        file: FileId,
        documents: &'a Documents,
        sources: &Sources,
        chain: &mut Vec<FileId>,
        done: &mut BTreeSet<FileId>,
        out: &mut Diagnostics,
    ) {
        self.incomplete |= documents.broken.contains(&file);
        let Some(document) = documents.get(file).filter(|_| done.insert(file)) else {
            return;
        };
        let known: &[&str] = if chain.is_empty() { &SUITE_KEYS } else { &SHARED_KEYS };
        let what = if chain.is_empty() { "a suite" } else { "a file of shared fixtures" };
        let faults = out.len();
        let fields = SUITE.fields(document, what, known, out);
        // Names may stand under a key that is misspelt, or in what has another form.
        self.is_lacking |= out.len() > faults;
        let Some(fields) = fields else {
            return;
        };
        chain.push(file);
        for node in fields.get("include").map(Node::one_or_many).unwrap_or_default() {
            let mut missing = Diagnostics::new();
            let Some(other) = raw::file(node, sources, &mut missing) else {
                self.is_lacking = true;
                out.extend(missing.into_iter().map(|fault| fault.note(UNREPORTED)));
                continue;
            };
            if chain.contains(&other) {
                let path: Vec<&str> = chain.iter().chain([&other]).map(|file| sources.name(*file)).collect();
                out.push(
                    Diagnostic::error(
                        codes::CYCLE,
                        node.span,
                        format!("files include each other: {}", path.join(" → ")),
                    )
                    .label("leads back"),
                );
                continue;
            }
            if documents.get(other).is_some_and(is_suite) {
                self.is_lacking = true;
                out.push(
                    Diagnostic::error(codes::WRONG_TYPE, node.span, "a suite cannot be included")
                        .label("this file has tests of its own")
                        .note(UNREPORTED)
                        .help("move the fixtures they share into a file without `suite` and `tests`"),
                );
                continue;
            }
            self.add(other, documents, sources, chain, done, out);
        }
        chain.pop();
        let faults = out.len();
        let entries = FIXTURES.map(|key| entries(&fields, key, out));
        self.is_lacking |= out.len() > faults;
        let [principals, resources, groups, contexts] = entries;
        let sections = [(principals, Section::Principals), (resources, Section::Resources), (groups, Section::Groups)];
        for (entries, section) in sections {
            for (key, node) in entries {
                let first = self.fixtures.get(&key.text).map(|known| known.key);
                if usable_name(key, first, "fixture", out) {
                    self.fixtures.insert(key.text.clone(), Declared { section, key, node });
                }
            }
        }
        for (key, node) in contexts {
            let first = self.contexts.get(&key.text).map(|(known, _)| *known);
            if usable_name(key, first, "context", out) {
                self.contexts.insert(key.text.clone(), (key, node));
            }
        }
    }
}

fn entries<'a>(fields: &Fields<'a>, key: &str, out: &mut Diagnostics) -> &'a [(Key, Node)] {
    let node = fields.get(key).filter(|node| !node.is_null());
    node.and_then(|node| SUITE.at(node, "a section of fixtures").mapping(out)).unwrap_or_default()
}

/// Whether a fixture's name is free and stands for nothing else.
fn usable_name(key: &Key, first: Option<&Key>, what: &str, out: &mut Diagnostics) -> bool {
    if let Some(first) = first {
        out.push(
            Diagnostic::error(codes::DUPLICATE_NAME, key.span, format!("the {what} `{}` is declared twice", key.text))
                .label("again here")
                .also(first.span, "first here")
                .help("rename one of them: included files are added, never overridden"),
        );
        return false;
    }
    if key.text == names::ALL {
        out.push(
            Diagnostic::error(codes::DUPLICATE_NAME, key.span, format!("no {what} can be called `{}`", names::ALL))
                .label("in tests, it means all of them"),
        );
        return false;
    }
    true
}
