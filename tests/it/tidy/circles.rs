//! The files of a room import each other one way only. Siblings are held against each other with everything below them; a parent
//! and its children may name each other. An import through a re-export counts for the file that the item lives in.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{Source, code, sources, sources_of};
use crate::support::{File, assert_none};

#[test]
fn files_of_a_room_do_not_import_each_other_in_a_circle() {
    assert_none("imports that are part of a circle", circles(&sources()));
}

/// A module by its path from the crate's root.
type Module = Vec<String>;

/// The children of one module that import each other, with a place for each import.
type Imports = BTreeMap<(String, String), String>;

/// Every import that is part of a circle, with its place.
fn circles(sources: &[Source]) -> Vec<String> {
    let crate_ = Crate::new(sources);
    let mut levels: BTreeMap<Module, Imports> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.test) {
        let from = module(source);
        for line in code(source).filter(|line| !line.test) {
            let named = paths(&line.text).into_iter().filter_map(|path| crate_.home(crate_.absolute(&from, &path)?));
            for to in named {
                let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
                // Nothing in common: rooms, which the table of layers orders. All in common: a parent and its child.
                if let (1.., Some(one), Some(other)) = (shared, from.get(shared), to.get(shared)) {
                    let imports = levels.entry(from[..shared].to_vec()).or_default();
                    imports.entry((one.clone(), other.clone())).or_insert_with(|| line.place.clone());
                }
            }
        }
    }
    let mut found = Vec::new();
    for (level, imports) in &levels {
        for ((one, other), place) in imports.iter().filter(|((one, other), _)| leads(imports, other, one)) {
            let level = level.join("::");
            found.push(format!("{place}: in `{level}`, `{one}` imports `{other}`, which leads back to it"));
        }
    }
    found
}

/// Whether imports lead from one module to another.
fn leads(imports: &Imports, from: &str, to: &str) -> bool {
    let mut known = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        let next = imports.keys().filter(|(one, _)| one == at).map(|(_, other)| other.as_str());
        waiting.extend(next.filter(|other| known.insert(other)));
    }
    known.contains(to)
}

/// The modules, and the names that each passes on from another.
struct Crate {
    modules: BTreeSet<Module>,
    passed_on: BTreeMap<Module, Module>,
}

impl Crate {
    fn new(sources: &[Source]) -> Self {
        let mut all = Self { modules: sources.iter().map(module).collect(), passed_on: BTreeMap::new() };
        for source in sources {
            let from = module(source);
            for line in code(source).filter(|line| line.text.starts_with("pub") && line.text.contains(" use ")) {
                for path in paths(&line.text) {
                    let (path, name) = path.split_once(" as ").unwrap_or((&path, path.rsplit("::").next().unwrap()));
                    if let Some(target) = all.absolute(&from, path) {
                        all.passed_on.insert(below(&from, [name]), target);
                    }
                }
            }
        }
        all
    }

    /// A path from the crate's root; `None` for one that leads to another crate.
    fn absolute(&self, from: &Module, path: &str) -> Option<Module> {
        let path = path.split(" as ").next()?;
        let mut names = path.split("::").filter(|name| *name != "self").peekable();
        let mut module = from.clone();
        match names.peek().copied() {
            Some("crate") => {
                names.next();
                module.clear();
            }
            Some("super") => {
                while names.next_if_eq(&"super").is_some() {
                    module.pop();
                }
            }
            Some(name) if path.starts_with("self::") || self.modules.contains(&below(from, [name])) => {}
            _ => return None,
        }
        Some(below(&module, names))
    }

    /// The module that an item lives in, through all that pass it on.
    fn home(&self, mut path: Module) -> Option<Module> {
        let mut known = BTreeSet::new();
        loop {
            let module = (0..=path.len()).rev().map(|end| &path[..end]).find(|path| self.modules.contains(*path))?;
            let passed_on = path.get(module.len()).and_then(|name| self.passed_on.get(&below(module, [name.as_str()])));
            match passed_on {
                Some(target) if known.insert(path.clone()) => {
                    path = below(target, path[module.len() + 1..].iter().map(String::as_str));
                }
                _ => return Some(module.to_vec()),
            }
        }
    }
}

fn below<'a>(module: &[String], names: impl IntoIterator<Item = &'a str>) -> Module {
    module.iter().cloned().chain(names.into_iter().map(str::to_owned)).collect()
}

fn module(source: &Source) -> Module {
    let path = source.file.path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| *part != "mod").map(str::to_owned).collect()
}

/// The paths that a line names: each of an import's, and in other code those from `crate`, `self` and `super`.
fn paths(line: &str) -> Vec<String> {
    if let Some((before, imported)) = line.split_once("use ")
        && (before.trim().is_empty() || before.trim_start().starts_with("pub"))
    {
        return expanded("", imported.trim_end().trim_end_matches(';'));
    }
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = line.split(|c| !is_path(c)).map(|word| word.trim_end_matches(':'));
    let ours = words.filter(|word| ["crate::", "self::", "super::"].iter().any(|start| word.starts_with(start)));
    ours.map(str::to_owned).collect()
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expanded(before: &str, tree: &str) -> Vec<String> {
    let Some((path, rest)) = tree.split_once('{') else {
        return vec![format!("{before}{}", tree.trim())];
    };
    let (mut all, mut depth, mut start) = (Vec::new(), 0, 0);
    let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inner[start..at].trim();
                if !part.is_empty() {
                    all.extend(expanded(&format!("{before}{}", path.trim()), part));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    all
}

/// What is found in a made-up room, given its files by their names.
fn room(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(name, text)| File { path: format!("src/room/{name}.rs"), text: (*text).to_owned() });
    circles(&sources_of(files.collect()))
}

#[test]
fn a_circle_through_a_re_export_is_found() {
    let facade = ("mod", "mod a;\nmod b;\n\npub use b::{Thing as Other, more};\n");
    let b = ("b", "use super::a::Name;\n\npub struct Thing(Name);\n");
    assert_eq!(
        room(&[facade, ("a", "use super::{\n    more,\n    Other,\n};\n"), b]),
        [
            "src/room/a.rs:1: in `room`, `a` imports `b`, which leads back to it",
            "src/room/b.rs:1: in `room`, `b` imports `a`, which leads back to it",
        ]
    );
    // The same by a path in the code, and from further below.
    assert_eq!(room(&[facade, ("a", "fn a(of: crate::room::Other) {}\n"), b]).len(), 2);
    assert_eq!(
        room(&[facade, ("a", "mod c;\n"), ("a/c", "fn c() {\n    use crate::room::{Other, x};\n}\n"), b]).len(),
        2
    );
    // What the facade itself holds, a test, a comment and a child are no import of a sibling.
    for none in [
        "use super::Own;\n",
        "#[cfg(test)]\nmod tests {\n    use super::super::Other;\n}\n",
        "// crate::room::Other\n",
        "mod c;\nuse c::Other;\n",
    ] {
        assert_eq!(room(&[facade, ("a", none), ("a/c", "use super::Name;\n"), b]), Vec::<String>::new(), "{none}");
    }
}

#[test]
fn a_circle_of_three_is_found_and_a_module_for_tests_is_none() {
    let facade = "mod a;\nmod b;\nmod c;\n#[cfg(test)]\nmod sample;\nmod later;\n\npub use later::Later;\n";
    let (a, b) = (("a", "use super::b::B;\n"), ("b", "use super::c::C;\nuse super::sample::S;\n"));
    let sample = ("sample", "use super::b::B;\n");
    assert_eq!(room(&[("mod", facade), a, b, ("c", "use super::a::A;\n"), sample]).len(), 3);
    assert_eq!(room(&[("mod", facade), a, b, ("c", ""), sample]), Vec::<String>::new());
    // What stands below the declaration of a module for tests is no test.
    assert_eq!(room(&[("mod", facade), ("a", "use super::Later;\n"), ("later", "use super::a::A;\n")]).len(), 2);
}

#[test]
fn imports_are_read_as_written() {
    let read = paths("    pub(super) use a::{self, b::{C, D as E}, f};");
    assert_eq!(read, ["a::self", "a::b::C", "a::b::D as E", "a::f"]);
    assert_eq!(paths("let x = super::f(crate::a::B::new(), c::d());"), ["super::f", "crate::a::B::new"]);
}
