//! Names in the texts of raw policies. A rename is followed in what a policy names, but a raw policy may also hold a name inside
//! a text: the name of a role in a set of roles, the id of those who hold a role on something, an action in a break-glass grant.
//! Data has the new name from now on. A policy that has the old one does not meet it any more, and one that has the new one does.
//! No request shows it, as nobody can tell whether the text is meant as the name.

use std::collections::BTreeMap;

use crate::graph::{NameOf, Renames};
use crate::lower::raw_templates;
use crate::semdiff::item::Kind;
use crate::semdiff::raw::Texts;
use crate::semdiff::{Side, raw};

use super::{Effect, POLICIES, TermChange, spelt};

/// The raw policies and templates of the new side that have the old or the new name of something renamed in a text.
pub(super) fn changes(old: Side<'_>, new: Side<'_>, renames: &Renames) -> Vec<TermChange> {
    let renamed = renamed(old, new, renames);
    if renamed.is_empty() {
        return Vec::new();
    }
    let policies = new.lowered.raw.iter().map(|raw| {
        let shown = new.sources.slice(raw.span).split_whitespace().collect::<Vec<_>>().join(" ");
        (POLICIES, raw.policy.id().to_string(), raw.policy.to_json().ok(), shown)
    });
    let templates = raw_templates(new.sources).into_iter();
    let templates = templates.map(|(id, one)| ("templates", id, one.template.to_json().ok(), one.shown));
    let mut found = Vec::new();
    for (section, id, json, shown) in policies.chain(templates) {
        // What cannot be read may have any name.
        let texts = json.map(|json| raw::texts(new.program, &json));
        let has = |one: &&Renamed| texts.as_ref().is_none_or(|texts| one.is_in(texts));
        let through: Vec<(Kind, String)> = renamed.iter().filter(has).map(|one| one.part.clone()).collect();
        if !through.is_empty() {
            found.push(TermChange {
                path: spelt(&[section.to_owned(), id]),
                from: Some(shown.clone()),
                to: Some(shown),
                effect: Effect::Weakens,
                readers: Vec::new(),
                through,
            });
        }
    }
    found
}

/// Something renamed, and the names that data and callers know it by.
struct Renamed {
    part: (Kind, String),
    names: Vec<String>,
    /// Whether it is also the name of an attribute: of a grant, or of those who hold a role.
    is_attribute: bool,
}

impl Renamed {
    fn is_in(&self, texts: &Texts) -> bool {
        let is_pattern = |text: &String| self.names.iter().any(|name| name.contains(text) || has_word(text, name));
        texts.literals.iter().any(|text| self.names.iter().any(|name| has_word(text, name)))
            || texts.patterns.iter().any(is_pattern)
            || (self.is_attribute && texts.attributes.iter().any(|text| self.names.contains(text)))
    }
}

/// What was renamed, sorted.
fn renamed(old: Side<'_>, new: Side<'_>, renames: &Renames) -> Vec<Renamed> {
    let mut all: BTreeMap<(Kind, String), (Vec<String>, bool)> = BTreeMap::new();
    for ((of, from), to) in &renames.names {
        let kind = match of {
            NameOf::Type => Kind::Type,
            NameOf::Action => Kind::Action,
            NameOf::Role => Kind::Role,
            NameOf::Profile => Kind::BreakGlass,
            // No data has the names of statements and conditions.
            NameOf::Condition | NameOf::Statement => continue,
        };
        // The role of a type stands alone in the id of those who hold it.
        let known = |name: &String| match (of, name.rsplit_once('.')) {
            (NameOf::Role, Some((_, own))) => own.to_owned(),
            _ => name.clone(),
        };
        let (names, _) = all.entry((kind, to.clone())).or_default();
        names.extend([known(from), known(to)]);
    }
    for ((kind, _), (_, is_attribute)) in &mut all {
        *is_attribute = matches!(kind, Kind::Role | Kind::BreakGlass);
    }
    if renames.namespace.is_some() {
        let names = [old, new].into_iter().filter_map(|side| side.program.namespace.clone()).collect();
        all.insert((Kind::Namespace, String::new()), (names, false));
    }
    all.into_iter().map(|(part, (names, is_attribute))| Renamed { part, names, is_attribute }).collect()
}

/// Whether a text has a name as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_of_a_text() {
        for text in ["admin", "Org::acme.admin", "Org::\"admin\"", "x.admin.y"] {
            assert!(has_word(text, "admin"), "{text}");
        }
        for text in ["administrator", "co_admin", "Admin", ""] {
            assert!(!has_word(text, "admin"), "{text}");
        }
        assert!(has_word("Doc.purge", "Doc.purge") && has_word("Org::acme.admin", "Org"));
        assert!(!has_word("Doc.purged", "Doc.purge"));
    }
}
