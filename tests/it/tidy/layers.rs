//! Which room may import which, and which room owns which crate: the table in `architecture.md` is the law.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::support::{File, assert_none, file, files};

pub(super) const TABLE: &str = "book/src/contributing/architecture.md";

#[test]
fn rooms_import_only_what_their_row_allows() {
    let rows = rows();
    let mut offences = Vec::new();
    for source in sources() {
        for line in code(&source) {
            for used in rooms_named(&line.text) {
                if used != source.room && !rows.get(&source.room).is_some_and(|row| row.imports.contains(used)) {
                    offences.push(format!("{}: `{}` may not import `{used}`", line.place, source.room));
                }
            }
        }
    }
    assert_none("imports that the table does not allow", offences);
}

#[test]
fn every_room_has_its_row_and_rows_look_down_only() {
    let rows = rows();
    let mut offences: Vec<String> = sources()
        .into_iter()
        .filter(|source| !rows.contains_key(&source.room))
        .map(|source| format!("{}: the room `{}` has no row", source.file.path, source.room))
        .collect();
    for (room, row) in &rows {
        for import in &row.imports {
            if rows.get(import).is_none_or(|below| below.at >= row.at) {
                offences.push(format!("{TABLE}: `{room}` imports `{import}`, which does not stand above its row"));
            }
        }
    }
    assert_none("rooms and rows that do not fit", offences);
}

#[test]
fn every_crate_has_one_owner_or_is_named_as_shared() {
    let shared = shared();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (room, row) in rows() {
        for owned in row.owns {
            if let Some(other) = owners.insert(owned.clone(), room.clone()) {
                panic!("{TABLE}: `{owned}` is owned by `{other}` and `{room}`");
            }
        }
    }

    let mut offences = Vec::new();
    for name in dependencies() {
        if !owners.contains_key(&name) && !shared.contains(&name) {
            offences.push(format!("Cargo.toml: `{name}` has no owner in {TABLE}"));
        }
    }
    for source in sources() {
        for line in code(&source).filter(|line| !line.test) {
            for (owned, owner) in &owners {
                let named = match owned.split_once("::") {
                    // An item may be imported by its name or called by its path: either way its name stands there.
                    Some((_, item)) => has_word(&line.text, item),
                    None => names_crate(&line.text, owned),
                };
                if named && *owner != source.room {
                    offences.push(format!("{}: `{owned}` belongs to `{owner}`", line.place));
                }
            }
        }
    }
    assert_none("crates used outside their owner", offences);
}

#[test]
fn imports_are_grouped_by_module_and_nothing_is_passed_on_across_rooms() {
    let mut offences = Vec::new();
    for source in sources() {
        let mut seen = BTreeSet::new();
        for line in code(&source) {
            let text = line.text.trim();
            if let Some(module) = module_imported(text)
                && !seen.insert((line.test, line.text.split("use ").next().map(str::to_owned), module.to_owned()))
            {
                offences.push(format!("{}: `{module}` is imported twice; group its items", line.place));
            }
            let passes_on = text.starts_with("pub use crate::") || text.starts_with("pub(crate) use crate::");
            if passes_on && rooms_named(text).any(|room| room != source.room) {
                offences.push(format!("{}: passes an item of another room on", line.place));
            }
            let above = text.matches("super::").count();
            if above > 0 && above >= source.depth && !line.test {
                offences.push(format!("{}: `super::` leaves the room", line.place));
            }
        }
    }
    assert_none("imports that are not grouped, or leave their room", offences);
}

#[test]
fn claims_call_no_emitter() {
    let sources = sources();
    let claims = sources.iter().filter(|source| source.file.path.starts_with("src/lower/claims/"));
    let lines: Vec<Line<'_>> = claims.flat_map(code).collect();
    assert!(lines.iter().any(|line| has_word(&line.text, "Claims")), "no code of claims found");
    // Emitters are its methods.
    let calling = lines.into_iter().filter(|line| has_word(&line.text, "Lowering"));
    assert_none("claims that call what they check", calling.map(|line| line.place).collect());
}

#[test]
fn there_is_no_unsafe_code_but_where_the_solver_library_is_called() {
    let mut offences = Vec::new();
    let worker = "src/analysis/solver/worker.rs";
    for source in sources().into_iter().filter(|source| source.file.path != worker) {
        for line in code(&source) {
            if has_word(&line.text, "unsafe") || line.text.contains("unsafe_code") {
                offences.push(line.place);
            }
        }
    }
    assert_none("unsafe code", offences);
}

/// A row of the table.
pub(super) struct Row {
    at: usize,
    imports: BTreeSet<String>,
    pub(super) owns: Vec<String>,
}

/// The rows by their rooms.
pub(super) fn rows() -> BTreeMap<String, Row> {
    let page = file(TABLE).text;
    let section = page.split("<!-- layers:").nth(1).expect("the page marks its table");
    let table = section.split("\n## ").next().unwrap_or(section);
    let rows: BTreeMap<String, Row> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .enumerate()
        .map(|(at, line)| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let [room, imports, owns] = cells[..] else {
                panic!("{TABLE}: a row has three cells: {line}");
            };
            let row = Row {
                at,
                imports: quoted(imports).map(str::to_owned).collect(),
                owns: quoted(owns).map(str::to_owned).collect(),
            };
            (quoted(room).next().unwrap().to_owned(), row)
        })
        .collect();
    assert!(rows.len() > 10, "{TABLE}: the table was not understood");
    rows
}

/// The crates that several rooms name.
pub(super) fn shared() -> BTreeSet<String> {
    let page = file(TABLE).text;
    let shared = page.split("Named by several rooms: ").nth(1).and_then(|text| text.split("\n\n").next());
    quoted(shared.expect("the page lists the shared crates")).map(str::to_owned).collect()
}

/// A source file in a room.
pub(super) struct Source {
    pub(super) file: File,
    room: String,
    /// How many modules deep the file's own module lies; 1 for the room's.
    depth: usize,
    /// Whether the whole file is a test module.
    pub(super) test: bool,
}

/// All files of rooms. `src/lib.rs` and `src/main.rs` stand above the rooms.
pub(super) fn sources() -> Vec<Source> {
    let sources = sources_of(files("src", ".rs"));
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

/// Those among some files that lie in rooms.
pub(super) fn sources_of(all: Vec<File>) -> Vec<Source> {
    let tests = test_modules(&all);
    all.into_iter()
        .filter_map(|file| {
            let path = file.path.strip_prefix("src/")?.strip_suffix(".rs")?;
            let (room, _) = path.split_once('/')?;
            Some(Source {
                room: room.to_owned(),
                depth: path.split('/').filter(|part| *part != "mod").count(),
                test: tests.iter().any(|test| path == test || path.starts_with(&format!("{test}/"))),
                file,
            })
        })
        .collect()
}

/// The modules declared as `#[cfg(test)] mod name;`, as paths from `src/`.
fn test_modules(all: &[File]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in all {
        let module = file.path.trim_start_matches("src/").trim_end_matches(".rs");
        let folder = module.trim_end_matches("/mod");
        for (line, next) in file.text.lines().zip(file.text.lines().skip(1)) {
            let declared = next.trim().strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
            if let (true, Some(name)) = (line.trim() == "#[cfg(test)]", declared) {
                found.insert(format!("{folder}/{name}"));
            }
        }
    }
    found
}

/// A line of code, comments and doc comments left out; an import of several lines is one.
pub(super) struct Line<'a> {
    pub(super) place: String,
    pub(super) text: Cow<'a, str>,
    /// Whether it stands in a test module, which by the house's order ends its file.
    pub(super) test: bool,
}

pub(super) fn code(source: &Source) -> impl Iterator<Item = Line<'_>> {
    let mut test = source.test;
    let text = source.file.text.as_str();
    let mut lines =
        text.lines().zip(text.lines().skip(1).chain([""])).enumerate().filter_map(move |(at, (line, next))| {
            // A test module in a file of its own is declared among the others.
            test |= line == "#[cfg(test)]" && !next.ends_with(';');
            let text = line.split(" //").next().unwrap_or(line);
            (!text.trim_start().starts_with("//")).then(|| Line {
                place: format!("{}:{}", source.file.path, at + 1),
                text: Cow::Borrowed(text),
                test,
            })
        });
    std::iter::from_fn(move || {
        let mut line = lines.next()?;
        while line.text.contains("use ") && line.text.ends_with(['{', ',']) && !line.text.contains("fn ") {
            line.text = Cow::Owned(format!("{} {}", line.text, lines.next()?.text.trim()));
        }
        Some(line)
    })
}

/// The module whose items a line imports: `std::fmt` of `use std::fmt::{self, Write as _};`.
fn module_imported(text: &str) -> Option<&str> {
    let (vis, path) = text.strip_suffix(';')?.split_once("use ")?;
    let end = path.find("::{").or_else(|| path.rfind("::"))?;
    (vis.is_empty() || vis.starts_with("pub")).then_some(&path[..end])
}

/// The rooms that a line names as `crate::room` or `crate::{room, room::Item}`.
fn rooms_named(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).flat_map(|rest| {
        let several = rest.strip_prefix('{').and_then(|list| list.split('}').next());
        several.unwrap_or(rest).split(if several.is_some() { ", " } else { "\n" }).filter_map(|path| {
            let room = path.trim().split(|c: char| !is_word(c)).next()?;
            (!room.is_empty()).then_some(room)
        })
    })
}

/// Whether a line names a crate: `use pest::…`, `pest::Parser`.
fn names_crate(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + name.len()..];
        let starts = !before.ends_with(is_word) && !before.ends_with("::") && !before.ends_with('.');
        starts && (after.starts_with("::") || (before.trim() == "use" && !after.starts_with(is_word)))
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What stands in backticks.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The crates in `[dependencies]`, as code names them.
fn dependencies() -> Vec<String> {
    let manifest = file("Cargo.toml").text;
    manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.replace('-', "_"))
        .collect()
}

#[test]
fn the_readers_of_code_see_what_matters() {
    assert_eq!(rooms_named("x(crate::diag::Code, crate::text::Span)").collect::<Vec<_>>(), ["diag", "text"]);
    assert_eq!(rooms_named("use crate::{graph, lower};").collect::<Vec<_>>(), ["graph", "lower"]);
    assert_eq!(module_imported("pub(super) use a::b::{C, d::E};"), Some("a::b"));
    assert_eq!((module_imported("use std::fmt;"), module_imported("let use_a = b::c;")), (Some("std"), None));
    assert!(names_crate("use pest::Parser;", "pest") && names_crate("let x = pest::parse();", "pest"));
    assert!(!names_crate("use crate::pest::X;", "pest") && !names_crate("let pest_derive = 1;", "pest"));
    assert!(has_word("use cedar_policy::Authorizer;", "Authorizer") && !has_word("MyAuthorizers", "Authorizer"));
}
