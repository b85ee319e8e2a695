//! The terms of access: what a gateway reads beside policies and schema, compared field by field. The whole contract is walked.
//! A field with a rule of its own in `rules` is judged by it; every other field is weakened by any change, so that a field that
//! is new in the contract is compared from its first day. Templates that nothing links are terms, too: who links them opens.

mod generated;
mod names;
mod reads;
mod rules;
mod shipped;
mod templates;
mod things;

pub use shipped::{RoleEntities, shipped};

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::bundle::{Contract, GRANTS_ATTRIBUTE};
use crate::graph::Renames;
use crate::lower::{Lowered, raw_templates};

use super::Side;
use super::item::Kind;
use super::structural::{Change, Structure};

use reads::Readers;
use rules::{Key, Node, Order};

/// Where assertions stand among the terms.
pub(super) const ASSERTIONS: &str = "assertions";
/// Where separations stand among the terms.
pub(super) const SEPARATIONS: &str = "separations";
/// Under this path a package stands that the old side does not have.
pub(super) const PACKAGE: &str = "package";
/// Where settings of the project stand among the terms.
pub(super) const SETTINGS: &str = "settings";

/// Where raw policies stand among the terms.
pub(super) const POLICIES: &str = "policies";

/// A term that the two sides state differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TermChange {
    /// Its path in the contract, in the new side's names: `break_glass.outage.max_uses`. Declarations name it so.
    pub path: String,
    /// What the old side says; `None` where it says nothing.
    pub from: Option<String>,
    /// What the new side says.
    pub to: Option<String>,
    /// What the change does.
    pub effect: Effect,
    /// Statements and policies that read what became possible, sorted; empty where nothing else decides the effect.
    pub readers: Vec<String>,
    /// Of a promise whose words do not say less: the changed parts that its words stand for, sorted. Of a template that is the
    /// same: what held its links back, and does not or not in the same way.
    pub through: Vec<(Kind, String)>,
}

/// What a change of a term does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// More may be done, or it is not plain that no more may.
    Weakens,
    /// Less may be done.
    Strengthens,
}

impl TermChange {
    /// Adds who reads the same change for another reason. A term that is weakened anyway needs none.
    fn add(&mut self, other: Self) {
        if self.effect == Effect::Weakens && self.readers.is_empty() {
            return;
        }
        self.effect = other.effect;
        self.readers.extend(other.readers);
        self.readers.sort();
        self.readers.dedup();
    }

    /// Whether it is what a package promises or demands of its changes to come, not what a gateway reads.
    #[must_use]
    pub fn is_promise(&self) -> bool {
        let kinds = [ASSERTIONS, SEPARATIONS, SETTINGS];
        kinds.iter().any(|kind| self.path.strip_prefix(kind).is_some_and(|rest| rest.starts_with(['.', '['])))
    }

    /// Whether a change of a part of the program brings it about.
    #[must_use]
    pub fn concerns(&self, change: &Change) -> bool {
        let under = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            let rest = self.path.strip_prefix(&spelt(&path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let name = change.name.as_str();
        if self.through.iter().any(|(kind, part)| (*kind, part.as_str()) == (change.kind, name)) {
            return true;
        }
        match change.kind {
            Kind::Type => under(&["entities", name]),
            Kind::Attribute => {
                let parts = name.split_once('.');
                parts.is_some_and(|(ty, attribute)| under(&["entities", ty, "attributes", attribute]))
            }
            Kind::Action => under(&["actions", name]),
            Kind::Context => {
                let attribute = self.path.rsplit_once(".context.");
                let attribute = attribute.and_then(|(_, path)| path.split('.').next());
                under(&["provenance", name]) || under(&["actions"]) && attribute == Some(name)
            }
            Kind::Role => under(&["roles", name]),
            Kind::BreakGlass => under(&["break_glass", name]),
            Kind::Assertion => under(&[ASSERTIONS, name]),
            Kind::Separation => under(&[SEPARATIONS, name]),
            Kind::RawPolicy => under(&[POLICIES, name]),
            _ => false,
        }
    }
}

impl Effect {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Weakens => "weakened",
            Self::Strengthens => "strengthened",
        }
    }
}

/// All changes of terms, sorted. `before` is the old side under the new side's names: what became possible matters where policies of
/// the old side read it. `own_form` is the same in the old side's form of roles.
pub(super) fn changes(
    sides: [Side<'_>; 2],
    structure: &Structure,
    before: &Lowered,
    own_form: &Lowered,
) -> Vec<TermChange> {
    let [old, new] = sides;
    let reads = Readers::new(own_form, new.lowered, &raw_templates(new.sources));
    let contracts = (stated(&old.lowered.contract), stated(&new.lowered.contract));
    let mut found = contract_changes(contracts, &structure.renames, &reads, Told::Elsewhere);
    for term in generated::changes([own_form, new.lowered], &reads.gained, &reads.lost) {
        match found.iter_mut().find(|known| known.path == term.path) {
            Some(known) => known.add(term),
            None => found.push(term),
        }
    }
    found.extend(templates::changes(sides, structure, [before, new.lowered]));
    found.sort();
    found
}

/// Adds the raw policies and templates that a rename concerns by a text of theirs to what is known to have changed.
pub(super) fn add_names(sides: [Side<'_>; 2], renames: &Renames, found: &mut Vec<TermChange>) {
    let [old, new] = sides;
    for term in names::changes(old, new, renames) {
        match found.iter_mut().find(|known| known.path == term.path) {
            Some(known) => {
                known.through.extend(term.through);
                known.through.sort();
                known.through.dedup();
            }
            None => found.push(term),
        }
    }
}

/// A contract in its JSON form, without what nobody states: grants come from the gateway, which reads the profiles of the bundle
/// that it runs.
fn stated(contract: &Contract) -> Value {
    let mut contract = contract.clone();
    for action in contract.actions.values_mut() {
        action.context.remove(GRANTS_ATTRIBUTE);
    }
    // Names, numbers and texts always serialize.
    serde_json::to_value(contract).unwrap_or_default()
}

/// Changes between two contracts in their JSON form.
fn contract_changes((old, new): (Value, Value), renames: &Renames, reads: &Readers<'_>, told: Told) -> Vec<TermChange> {
    let node = rules::contract();
    let (was, is) = (node.prepared(old, renames), node.prepared(new, &Renames::default()));
    let mut walk = Walk { reads, told, path: Vec::new(), found: Vec::new() };
    walk.compare(node, Some(&was), Some(&is));
    walk.found
}

/// A value on both sides, and where it stands.
struct Place<'a> {
    path: &'a [String],
    old: Option<&'a Value>,
    new: Option<&'a Value>,
}

/// What a rule says of a change.
enum Judged {
    /// Accesses or broken callers tell of it.
    Elsewhere,
    /// It is a change of the terms.
    Term(Effect),
    /// It became possible, which these read.
    Read(Vec<String>),
}

/// Whether something else tells of what accesses and broken callers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The contract and the policies were made of one program.
    Elsewhere,
    /// The contract may say something else than the policies beside it, so that the walk tells everything.
    Here,
}

struct Walk<'a> {
    reads: &'a Readers<'a>,
    told: Told,
    path: Vec<String>,
    found: Vec<TermChange>,
}

impl Walk<'_> {
    fn compare(&mut self, node: &Node, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        match node {
            Node::Fields(_) | Node::Profile(_) => {
                for name in keys(old, new) {
                    let node = node.field(&name);
                    self.below(name, node, old, new);
                }
            }
            Node::Entries { whole, each, key, .. } => {
                for name in keys(old, new).into_iter().filter(|name| name != rules::ORDER) {
                    let has = |side: Option<&Value>| side.and_then(|side| side.get(&name)).is_some();
                    let node = if has(old) && has(new) { each } else { whole };
                    self.below(name, node, old, new);
                }
                if let Some(Key { order: Order::Counts, .. }) = key {
                    let order = |side: Option<&Value>| side.and_then(|side| side.get(rules::ORDER)).cloned();
                    let (was, is) = (order(old), order(new));
                    if is_reordered(was.as_ref(), is.as_ref()) {
                        self.compare(&rules::ANY, was.as_ref(), is.as_ref());
                    }
                }
            }
            Node::ValueType => {
                let both = |name: &str| Some((old?.get(name)?, new?.get(name)?));
                if let Some((old, new)) = both("record") {
                    self.compare(&rules::ATTRIBUTES, Some(old), Some(new));
                } else if let Some((old, new)) = both("set") {
                    self.compare(node, Some(old), Some(new));
                }
                // Any other difference is another type, which breaks callers.
            }
            Node::Value { judge, shown, .. } => {
                let place = Place { path: &self.path, old, new };
                let (effect, readers) = match judge(&place, self.reads) {
                    Judged::Elsewhere if self.told == Told::Here => (Effect::Weakens, Vec::new()),
                    Judged::Elsewhere => return,
                    Judged::Term(effect) => (effect, Vec::new()),
                    Judged::Read(readers) if readers.is_empty() => return,
                    Judged::Read(readers) => (Effect::Weakens, readers),
                };
                self.found.push(TermChange {
                    path: spelt(&self.path),
                    from: old.map(*shown),
                    to: new.map(*shown),
                    effect,
                    readers,
                    through: Vec::new(),
                });
            }
        }
    }

    fn below(&mut self, name: String, node: &Node, old: Option<&Value>, new: Option<&Value>) {
        let of = |side: Option<&Value>| side.and_then(|side| side.get(&name)).cloned();
        let (old, new) = (of(old), of(new));
        self.path.push(name);
        self.compare(node, old.as_ref(), new.as_ref());
        self.path.pop();
    }
}

/// The names of fields or entries that either side has, sorted.
fn keys(old: Option<&Value>, new: Option<&Value>) -> Vec<String> {
    let names = [old, new].into_iter().flatten().filter_map(Value::as_object);
    let names = names.flat_map(Map::keys);
    names.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether what both sides have stands in another order.
fn is_reordered(old: Option<&Value>, new: Option<&Value>) -> bool {
    let names = |side: Option<&Value>| side.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (names(old), names(new));
    let common = |these: &[Value], those: &[Value]| -> Vec<Value> {
        these.iter().filter(|name| those.contains(name)).cloned().collect()
    };
    common(&old, &new) != common(&new, &old)
}

/// A path in one line: names that are no plain words stand in brackets and quotes, so that no two paths look the same.
pub(super) fn spelt(path: &[String]) -> String {
    let mut text = String::new();
    for name in path {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':');
        match !name.is_empty() && name.chars().all(plain) {
            true if text.is_empty() => text.push_str(name),
            true => text.push_str(&format!(".{name}")),
            false => text.push_str(&format!("[{}]", Value::from(name.as_str()))),
        }
    }
    text
}

impl Node {
    /// A contract's JSON as it is compared: lists that have keys by their keys, names as the new side has them.
    fn prepared(&self, value: Value, renames: &Renames) -> Value {
        match (self, value) {
            (Self::Fields(_) | Self::Profile(_), Value::Object(fields)) => fields
                .into_iter()
                .map(|(name, value)| {
                    let value = self.field(&name).prepared(value, renames);
                    (name, value)
                })
                .collect(),
            (Self::Entries { names, each, .. }, Value::Object(entries)) => entries
                .into_iter()
                .map(|(name, value)| {
                    let name = names.map_or_else(|| name.clone(), |of| renames.of(of, &name));
                    (name, each.prepared(value, renames))
                })
                .collect(),
            (Self::Entries { key: Some(key), each, .. }, Value::Array(items)) => {
                let mut all = Map::new();
                let mut order = Vec::new();
                for item in items {
                    let item = each.prepared(item, renames);
                    let first = (key.of)(&item);
                    let mut free = first.clone();
                    let mut number = 1;
                    while all.contains_key(&free) {
                        number += 1;
                        free = format!("{first} ({number})");
                    }
                    order.push(Value::from(free.as_str()));
                    all.insert(free, item);
                }
                all.insert(rules::ORDER.to_owned(), Value::Array(order));
                Value::Object(all)
            }
            (Self::Value { names: Some(of), .. }, Value::String(name)) => Value::from(renames.of(*of, &name)),
            (_, value) => value,
        }
    }
}

#[cfg(test)]
mod tests;
