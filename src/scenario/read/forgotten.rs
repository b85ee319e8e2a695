//! An `include` that a suite lacks: names that nothing declares in it, and a file of shared fixtures that declares them. That is
//! one fault, and not one for each name.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::load::document::Node;
use crate::scenario::codes;
use crate::text::{FileId, Sources};

use super::directory::Undeclared;
use super::sheet::{Documents, FIXTURES, Sheet, is_suite};

/// How many names the message lists.
const LISTED: usize = 4;

/// A file that a suite does not include and seems to need.
pub(super) struct Forgotten<'a> {
    /// The names that it declares.
    pub(super) names: BTreeSet<&'a str>,
    /// What is wrong, at the first of its names.
    pub(super) fault: Diagnostic,
}

/// The file that declares most of what nothing in a suite declares.
pub(super) fn forgotten<'a>(
    suite: FileId,
    sheet: &Sheet<'_>,
    undeclared: &Undeclared,
    documents: &'a Documents,
    sources: &Sources,
) -> Option<Forgotten<'a>> {
    let others = documents.iter().filter(|document| !is_suite(document) && !sheet.files.contains(&document.span.file));
    let declaring = others.map(|document| {
        let names = declared(document);
        (undeclared.declared_by(&names), names, document.span.file)
    });
    // Of files that declare as many, the first one.
    let (found, names, file) = declaring.reduce(|best, next| if next.0.len() > best.0.len() { next } else { best })?;
    let (span, _) = found.first()?;
    let path = relative(sources.name(suite), sources.name(file));
    let listed: Vec<String> = found.iter().take(LISTED).map(|(_, name)| format!("`{name}`")).collect();
    let more = match found.len() - listed.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let verb = if found.len() == 1 { "is" } else { "are" };
    let message = format!("{}{more} {verb} declared in `{path}`, which this suite does not include", listed.join(", "));
    let fault = Diagnostic::error(codes::UNKNOWN_NAME, *span, message)
        .label("not declared here")
        .help(format!("add `include: {path}` to the suite"));
    Some(Forgotten { names, fault })
}

/// The fixtures and contexts of a file.
fn declared(document: &Node) -> BTreeSet<&str> {
    let sections = FIXTURES.iter().filter_map(|key| document.get(key)?.as_map());
    sections.flatten().map(|(key, _)| key.text.as_str()).collect()
}

/// A file as another one names it.
fn relative(from: &str, to: &str) -> String {
    let folder: Vec<&str> = from.rsplit_once('/').map_or("", |(folder, _)| folder).split('/').collect();
    let path: Vec<&str> = to.split('/').collect();
    let common = folder.iter().zip(&path).take_while(|(one, other)| one == other).count();
    let up = folder.iter().skip(common).map(|_| "..");
    up.chain(path.into_iter().skip(common)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::testing::{WORLD, faults, load, marketplace};

    #[test]
    fn a_file_is_named_from_the_folder_of_another() {
        for (from, to, named) in [
            ("scenarios/s.yaml", "scenarios/world.yaml", "world.yaml"),
            ("scenarios/s.yaml", "scenarios/shared/world.yaml", "shared/world.yaml"),
            ("scenarios/a/s.yaml", "scenarios/world.yaml", "../world.yaml"),
        ] {
            assert_eq!(relative(from, to), named);
        }
    }

    #[test]
    fn a_forgotten_include_is_one_fault_and_a_name_that_no_file_declares_another() {
        let shared = WORLD.split_once("principals:").map(|(_, rest)| format!("principals:{rest}")).unwrap();
        let head = "suite: s\nat: 2026-03-01T10:00:00Z\n";
        let tests = "tests:\n  - {name: t, as: fred, in: calm, can: {approve: p1}}\n  \
                     - {name: m, matrix: {as: [fred, mia, dana], do: read, to: [p1, p2], in: [calm, risky]}, otherwise: deny}\n  \
                     - {name: u, as: frad, in: calm, can: {approve: all}}\n";
        let lacking = load(&[("s.yaml", &format!("{head}{tests}")), ("world.yaml", &shared)], &marketplace());
        insta::assert_snapshot!(faults(&lacking), @"
        scenario-unknown-name @ 4:19 `fred`: `fred`, `calm`, `p1`, `mia`, and 3 more are declared in `world.yaml`, which this suite does not include | not declared here | add `include: world.yaml` to the suite
        scenario-unknown-name @ 6:19 `frad`: unknown fixture `frad` | not declared
        scenario-unused-file @ 1:1 ``: no suite includes this file | nothing in it is checked or run | include it from a suite, or give it `suite:` and `tests:`
        ");
        // With the file included, a wrong name is told as before.
        let included = format!("{head}include: world.yaml\n{tests}");
        let found = faults(&load(&[("s.yaml", &included), ("world.yaml", &shared)], &marketplace()));
        assert!(found.contains("unknown fixture `frad`") && !found.contains("does not include"), "{found}");
    }
}
