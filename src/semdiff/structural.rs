//! What was added, removed, changed or renamed.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{NameOf, Renames};
use crate::text::Span;

use super::inventory::inventory;
use super::item::{Field, Item, Kind};
use super::{Side, rename};

/// Changes of the programs themselves, sorted by kind and name.
#[derive(Debug, Clone, Default)]
pub struct Structure {
    /// All changes.
    pub changes: Vec<Change>,
    /// What is only called otherwise.
    pub renames: Renames,
}

/// A change of one part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it is.
    pub kind: Kind,
    /// What it is called now, or was called before it was removed.
    pub name: String,
    /// What happened to it.
    pub what: What,
    /// Where it stood.
    pub old: Option<Span>,
    /// Where it stands.
    pub new: Option<Span>,
}

/// What happened to a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says the same under another name.
    Renamed {
        /// What it was called.
        from: String,
    },
    /// It says something else.
    Changed(Vec<FieldChange>),
}

impl What {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed { .. } => "renamed",
            Self::Changed(_) => "changed",
        }
    }
}

/// One thing that a part says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange {
    /// Which.
    pub field: &'static str,
    /// What it said, in the author's words.
    pub from: Option<String>,
    /// What it says.
    pub to: Option<String>,
}

impl Structure {
    /// The change of a part by what it is called now, or was called before.
    #[must_use]
    pub fn find(&self, kind: Kind, name: &str) -> Option<&Change> {
        let mut changes = self.changes.iter();
        changes.find(|change| change.kind == kind && change.name == name)
    }
}

/// Compares the parts of two programs.
#[must_use]
pub fn structure(old: Side<'_>, new: Side<'_>) -> Structure {
    let (before, after) = (inventory(old), inventory(new));
    let renames = rename::detect([old, new], &before, &after);
    compared(&before, &after, renames)
}

/// The same where everything is what it is called.
pub(super) fn without_renames(old: Side<'_>, new: Side<'_>) -> Structure {
    compared(&inventory(old), &inventory(new), Renames::default())
}

fn compared(before: &[Item], after: &[Item], renames: Renames) -> Structure {
    let mut pairs = Pairs::of(before, after, &renames);
    let mut changes = std::mem::take(&mut pairs.changes);
    for (items, paired, what) in [(before, &pairs.old, What::Removed), (after, &pairs.new, What::Added)] {
        let alone = || items.iter().zip(paired).filter(|(_, paired)| !**paired).map(|(item, _)| item);
        let names: BTreeSet<&(NameOf, String)> = alone().filter_map(|item| item.names.as_ref()).collect();
        // What comes and goes with its owner is not told beside it.
        for item in alone().filter(|item| !item.owner.as_ref().is_some_and(|owner| names.contains(owner))) {
            let (old, new) = match what {
                What::Removed => (item.span, None),
                _ => (None, item.span),
            };
            changes.push(Change { kind: item.kind, name: shown(item), what: what.clone(), old, new });
        }
    }
    changes.sort();
    Structure { changes, renames }
}

/// Which part of the one side is which of the other.
struct Pairs {
    /// Whether each part of the old side has its like.
    old: Vec<bool>,
    /// Whether each part of the new side has its like.
    new: Vec<bool>,
    /// What those say otherwise.
    changes: Vec<Change>,
}

impl Pairs {
    fn of(before: &[Item], after: &[Item], renames: &Renames) -> Self {
        let mut pairs = Self { old: vec![false; before.len()], new: vec![false; after.len()], changes: Vec::new() };
        let mut by_name: BTreeMap<(NameOf, &str), usize> = BTreeMap::new();
        let mut by_key: BTreeMap<(Kind, String), usize> = BTreeMap::new();
        for (at, item) in after.iter().enumerate() {
            if let Some((of, name)) = &item.names {
                by_name.insert((*of, name), at);
            }
            by_key.insert((item.kind, item.key.plain()), at);
        }
        for (at, item) in before.iter().enumerate() {
            let Some(name) = &item.names else { continue };
            let renamed = renames.names.get(name);
            let found = renamed.and_then(|new| by_name.get(&(name.0, new.as_str())));
            if let Some(found) = found.copied() {
                pairs.pair(before, after, (at, found), renames);
            }
        }
        for (at, item) in before.iter().enumerate() {
            let key = item.key.with(|of, name| renames.of(of, name));
            if let Some(found) = by_key.get(&(item.kind, key)).copied()
                && pairs.old.get(at) == Some(&false)
                && pairs.new.get(found) == Some(&false)
            {
                pairs.pair(before, after, (at, found), renames);
            }
        }
        pairs
    }

    fn pair(&mut self, before: &[Item], after: &[Item], (old, new): (usize, usize), renames: &Renames) {
        let (Some(was), Some(is)) = (before.get(old), after.get(new)) else {
            return;
        };
        for (paired, at) in [(&mut self.old, old), (&mut self.new, new)] {
            if let Some(paired) = paired.get_mut(at) {
                *paired = true;
            }
        }
        let chosen = was.named || is.named;
        let renamed = was.names.as_ref().is_some_and(|name| renames.names.contains_key(name));
        let change = |what| Change { kind: is.kind, name: shown(is), what, old: was.span, new: is.span };
        if chosen && renamed {
            self.changes.push(change(What::Renamed { from: shown(was) }));
        }
        let fields = field_changes(was, is, renames);
        if !fields.is_empty() {
            self.changes.push(change(What::Changed(fields)));
        }
    }
}

fn shown(item: &Item) -> String {
    match item.kind {
        Kind::Namespace => "namespace".to_owned(),
        _ => item.shown_name(),
    }
}

/// Fields that say something else; a field may be given several times.
fn field_changes(was: &Item, is: &Item, renames: &Renames) -> Vec<FieldChange> {
    let mut names: Vec<&'static str> = Vec::new();
    for field in was.fields.iter().chain(&is.fields) {
        if !names.contains(&field.name) {
            names.push(field.name);
        }
    }
    let said = |item: &Item, name: &str, renames: &Renames| -> Vec<(String, String)> {
        let fields = item.fields.iter().filter(|field| field.name == name);
        let pair = |field: &Field| {
            let form = field.form.with(|of, name| renames.of(of, name));
            (form, field.shown.clone())
        };
        fields.map(pair).collect()
    };
    let mut changes = Vec::new();
    for name in names {
        let (before, after) = (said(was, name, renames), said(is, name, &Renames::default()));
        let only = |these: &[(String, String)], those: &[(String, String)]| -> Option<String> {
            let left = these.iter().filter(|(form, _)| !those.iter().any(|(other, _)| other == form));
            let left: Vec<&str> = left.map(|(_, shown)| shown.as_str()).collect();
            (!left.is_empty()).then(|| left.join("; "))
        };
        let (from, to) = (only(&before, &after), only(&after, &before));
        if from.is_some() || to.is_some() {
            changes.push(FieldChange { field: name, from, to });
        }
    }
    changes
}
