//! What is only called otherwise: a part gone and a part come that say the same once names are set aside. Where two could
//! be meant, nothing is taken for a rename. What counts as the same:
//!
//! - a condition, a break-glass profile, a statement: what it says;
//! - a type: what it says and its attributes and actions;
//! - a role: what it says and its grants;
//! - an action: what it says and every statement that names it.
//!
//! A type without attributes and actions and a role without grants count by the statements that name them.
//!
//! What annotations say that a part stands for must be the same, too. A type or an action that an importer made, and that
//! stands for something else on the other side, is another one even under the same name.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Form, NameOf, Renames};

use super::Side;
use super::item::{BECAUSE, Item, Kind};

type Name = (NameOf, String);

/// Names that went and names that came, of parts that say the same.
type Group<'a> = (Vec<&'a Name>, Vec<&'a Name>);

/// The renames that lead from one side's parts to the other's.
pub(super) fn detect(sides: [Side<'_>; 2], old: &[Item], new: &[Item]) -> Renames {
    let [before, after] = sides.map(|side| side.program);
    // A raw schema speaks of Gate's names in text of its own, so names beside one stay what they are.
    let fixed = [before, after].iter().any(|program| program.types.iter().any(|ty| ty.from_schema));
    let is_moved = !fixed && before.namespace != after.namespace;
    Renames { namespace: is_moved.then(|| after.namespace.clone()), ..between(fixed, old, new) }
}

/// The renames of parts. Where names are `fixed`, those that policies say stay what they are.
fn between(fixed: bool, old: &[Item], new: &[Item]) -> Renames {
    let mut renames = Renames::default();
    let may = |item: &&Item| {
        let declared = matches!(item.kind, Kind::Type | Kind::Action | Kind::Role | Kind::BreakGlass);
        item.names.is_some() && !(fixed && declared)
    };
    let apart = if fixed { BTreeSet::new() } else { apart(old, new) };
    let gone = unmatched(old, new, &apart);
    let came = unmatched(new, old, &apart);
    let set_aside: BTreeSet<Name> = gone.iter().chain(&came).filter_map(|item| item.names.clone()).collect();
    let veiled = |of: NameOf, name: &str| veil(&set_aside, of, name);
    let (old_parts, new_parts) = (Parts::new(old), Parts::new(new));
    let mut groups: BTreeMap<(Kind, String), Group<'_>> = BTreeMap::new();
    for item in gone.iter().copied().filter(may) {
        let group = groups.entry((item.kind, old_parts.evidence(item, &veiled))).or_default();
        group.0.extend(&item.names);
    }
    // What may not go meets nothing here.
    for item in came.iter().copied() {
        let group = groups.entry((item.kind, new_parts.evidence(item, &veiled))).or_default();
        group.1.extend(&item.names);
    }
    // Types first: what is called after them follows.
    for ((kind, _), (gone, came)) in groups {
        let sure = gone.len() == 1 || kind.is_statement() || kind == Kind::RawPolicy;
        if gone.len() != came.len() || !sure {
            continue;
        }
        for (from, to) in gone.into_iter().zip(came) {
            if renames.of(from.0, &from.1) != to.1 {
                renames.names.insert(from.clone(), to.1.clone());
            }
        }
    }
    verified(renames, &apart, &old_parts, &new_parts)
}

/// How the annotations of importers begin, by which they say what each thing was.
const IMPORTED: &str = "x_k8s";

/// Types and actions that have one name on both sides and stand for different things.
fn apart(old: &[Item], new: &[Item]) -> BTreeSet<Name> {
    let imported = |item: &Item| -> BTreeMap<String, String> {
        let all = item.stands_for.iter().filter(|(name, _)| name.starts_with(IMPORTED));
        all.map(|(name, text)| (name.clone(), text.clone())).collect()
    };
    let of = |items: &[Item]| -> BTreeMap<Name, BTreeMap<String, String>> {
        let may = items.iter().filter(|item| matches!(item.kind, Kind::Type | Kind::Action));
        let named = may.filter_map(|item| Some((item.names.clone()?, imported(item))));
        named.filter(|(_, imported)| !imported.is_empty()).collect()
    };
    let now = of(new);
    let is_other = |(name, was): &(Name, BTreeMap<String, String>)| now.get(name).is_some_and(|is| is != was);
    of(old).into_iter().filter(is_other).map(|(name, _)| name).collect()
}

/// A name that neither side has.
fn fresh(name: &Name, old: &Parts<'_>, new: &Parts<'_>) -> String {
    let mut fresh = format!("{}_before", name.1);
    while [old, new].iter().any(|side| side.by_name.contains_key(&(name.0, fresh.clone()))) {
        fresh.push('_');
    }
    fresh
}

/// Drops renames that do not hold under the names of the others, until all hold. What stands for something else and is found
/// nowhere leaves its name to the other.
fn verified(mut renames: Renames, apart: &BTreeSet<Name>, old: &Parts<'_>, new: &Parts<'_>) -> Renames {
    loop {
        for name in apart {
            let names = renames.names.entry(name.clone());
            names.or_insert_with(|| fresh(name, old, new));
        }
        let wrong: Vec<Name> = renames
            .names
            .iter()
            .filter(|(from, to)| {
                let to = (from.0, (*to).clone());
                let (Some(before), Some(after)) = (old.by_name.get(from), new.by_name.get(&to)) else {
                    return false;
                };
                let said = old.evidence(before, &|of, name| renames.of(of, name));
                said != new.evidence(after, &|_, name| name.to_owned())
            })
            .map(|(from, _)| from.clone())
            .collect();
        if wrong.is_empty() {
            return renames;
        }
        for name in wrong {
            renames.names.remove(&name);
        }
    }
}

/// Parts of one side that the other has not by their names, or not with their meaning. A raw policy without a name of its own
/// is known by what it says alone.
fn unmatched<'a>(these: &'a [Item], others: &[Item], apart: &BTreeSet<Name>) -> Vec<&'a Item> {
    let known: BTreeSet<(Kind, String)> = others
        .iter()
        .filter(|item| item.named || item.kind != Kind::RawPolicy)
        .map(|item| (item.kind, item.key.plain()))
        .collect();
    let is_apart = |item: &Item| item.names.as_ref().is_some_and(|name| apart.contains(name));
    let is_known = |item: &Item| known.contains(&(item.kind, item.key.plain())) && !is_apart(item);
    these.iter().filter(|item| !is_known(item) || (item.kind == Kind::RawPolicy && !item.named)).collect()
}

/// A name, or what stands for all names that only one side has.
fn veil(set_aside: &BTreeSet<Name>, of: NameOf, name: &str) -> String {
    if !set_aside.contains(&(of, name.to_owned())) {
        return name.to_owned();
    }
    match name.split_once('.') {
        Some((ty, own)) if matches!(of, NameOf::Action | NameOf::Role) => {
            match set_aside.contains(&(NameOf::Type, ty.to_owned())) {
                true => format!("\u{0}.{own}"),
                false => format!("{ty}.\u{0}"),
            }
        }
        _ => "\u{0}".to_owned(),
    }
}

/// The parts of one side by what they are a part of and by what they name.
struct Parts<'a> {
    by_name: BTreeMap<Name, &'a Item>,
    owned: BTreeMap<&'a Name, Vec<&'a Item>>,
    mentions: BTreeMap<Name, Vec<&'a Item>>,
}

impl<'a> Parts<'a> {
    fn new(items: &'a [Item]) -> Self {
        let mut parts = Self { by_name: BTreeMap::new(), owned: BTreeMap::new(), mentions: BTreeMap::new() };
        for item in items {
            if let Some(name) = &item.names {
                parts.by_name.insert(name.clone(), item);
            }
            if let Some(owner) = &item.owner {
                parts.owned.entry(owner).or_default().push(item);
            }
            // What is claimed opens and closes nothing.
            if item.kind == Kind::Assertion {
                continue;
            }
            let named: BTreeSet<Name> = item.fields.iter().flat_map(|field| names_in(&field.form)).collect();
            for name in named {
                parts.mentions.entry(name).or_default().push(item);
            }
        }
        parts
    }

    /// What a part is known by, with a word for each name.
    fn evidence(&self, item: &Item, word: &dyn Fn(NameOf, &str) -> String) -> String {
        let Some(name) = &item.names else {
            return said(item, word);
        };
        let own = |of: NameOf, other: &str| match (of, other) == (name.0, name.1.as_str()) {
            true => "\u{1}".to_owned(),
            false => word(of, other),
        };
        let mut all = vec![said(item, &own)];
        let owned = self.owned.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut others: Vec<String> = match item.kind {
            Kind::Type | Kind::Role if !owned.is_empty() => owned
                .iter()
                .map(|part| match part.kind.is_statement() {
                    true => said(part, &own),
                    false => format!("{} {}", part.key.with(own), said(part, &own)),
                })
                .collect(),
            Kind::Type | Kind::Role | Kind::Action => {
                let mentions = self.mentions.get(name).into_iter().flatten();
                mentions.map(|part| mention(part, name, &own)).collect()
            }
            _ => Vec::new(),
        };
        others.sort();
        all.append(&mut others);
        all.join("\n")
    }
}

/// All fields of a part that decide something. A reason in words is mended together with a name.
fn said(item: &Item, word: &dyn Fn(NameOf, &str) -> String) -> String {
    let mut fields: Vec<String> = item
        .fields
        .iter()
        .filter(|field| field.name != BECAUSE)
        .map(|field| format!("{}={}", field.name, field.form.with(word)))
        .collect();
    fields.sort();
    format!("{} {:?} {}", item.kind.name(), item.stands_for, fields.join(";"))
}

/// A statement in whole, of anything else what it is and where it names the name.
fn mention(item: &Item, name: &Name, word: &dyn Fn(NameOf, &str) -> String) -> String {
    if item.kind.is_statement() {
        return said(item, word);
    }
    let fields =
        item.fields.iter().filter(|field| names_in(&field.form).any(|found| found == *name)).map(|field| field.name);
    let fields: Vec<&str> = fields.collect();
    format!("{} {} {}", item.kind.name(), item.key.with(word), fields.join(";"))
}

fn names_in(form: &Form) -> impl Iterator<Item = Name> {
    form.all_names().into_iter().map(|(of, name)| (of, name.to_owned()))
}

#[cfg(test)]
mod tests;
