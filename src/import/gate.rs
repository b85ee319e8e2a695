//! Writing Gate: literals, and names made of what other systems call things.

use std::collections::BTreeSet;

use crate::bundle::RESERVED_NAMES;
use crate::syntax;
use crate::syntax::Limits;
use crate::text::Sources;

use super::ImportError;

/// A text between quotes.
pub(super) fn literal(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A `like` pattern between quotes: whatever starts so.
pub(super) fn starts_with(prefix: &str) -> String {
    format!("\"{}*\"", escaped(prefix).replace('*', "\\*"))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Characters that make a text look like another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Lines of description, each after `///`; nothing for no text.
pub(super) fn description(text: &str, indent: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let clean: String = line.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
            format!("{indent}/// {clean}\n")
        })
        .collect()
}

/// `system:kube-proxy` → `system_kube_proxy`: what is no letter, digit or `_` becomes `_`.
pub(super) fn snake(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(keep).collect();
    match name.chars().next() {
        None => "empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) => name,
    }
}

/// `replicationcontrollers/scale` → `ReplicationcontrollersScale`: the words of a text, each with a capital.
pub(super) fn camel(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let name: String = words
        .filter_map(|word| {
            let mut chars = word.chars();
            let first = chars.next()?;
            Some(format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
        })
        .collect();
    match name.chars().next() {
        None => "Unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) => name,
    }
}

/// Whether a word can name something as it stands.
pub(super) fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !syntax::RESERVED.contains(&word)
        && !word.starts_with("__cedar")
}

/// The names that are given in one namespace of names.
#[derive(Debug)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// No name but those that the language uses is given yet.
    pub(super) fn new() -> Self {
        Self { taken: RESERVED_NAMES.map(str::to_owned).into() }
    }

    /// A namespace of its own, in which every name is free.
    pub(super) fn within() -> Self {
        Self { taken: BTreeSet::new() }
    }

    /// The wanted name, or one like it where it is reserved or given already.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let base = match is_name(wanted) {
            true => wanted.to_owned(),
            false => format!("{wanted}_"),
        };
        let mut name = base.clone();
        let mut number = 2_usize;
        while !self.taken.insert(name.clone()) {
            name = format!("{base}_{number}");
            number += 1;
        }
        name
    }
}

/// Gate in its one style.
pub(super) fn formatted(file: &str, text: String) -> Result<String, ImportError> {
    let mut sources = Sources::default();
    let id = sources.add(file.to_owned(), text);
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    syntax::format(&sources, id, &limits).map_err(|faults| ImportError::NotGate {
        file: file.to_owned(),
        message: faults.iter().next().map_or_else(String::new, |fault| {
            let at = fault.primary().map(|span| sources.location(span)).unwrap_or_default();
            format!("{at}: {}", fault.message)
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_any_text_and_each_is_given_once() {
        assert_eq!(snake("system:controller:a-b"), "system_controller_a_b");
        assert_eq!(["", "1a", "é"].map(snake), ["empty", "n1a", "_"].map(str::to_owned));
        assert_eq!(["pods/log", "3scale", "é"].map(camel), ["PodsLog", "N3scale", "Unnamed"]);
        let mut names = Names::new();
        let given = ["view", "view", "view_2", "when", "Role", "view"].map(|name| names.fresh(name));
        assert_eq!(given, ["view", "view_2", "view_2_2", "when_", "Role_2", "view_3"]);
    }

    #[test]
    fn literals_and_descriptions_keep_within_their_line() {
        assert_eq!(literal("a\"b\\c\n\u{202e}é*"), r#""a\"b\\c\n\u{202e}é*""#);
        assert_eq!(starts_with("/a*\"b/"), r#""/a\*\"b/*""#);
        assert_eq!(description("one\r\n\n  two\u{1b}[0m", "  "), "  /// one\n  /// two[0m\n");
    }
}
