//! What callers of the old side send that the new side refuses, whatever its policies say: read off the two contracts.

use std::collections::BTreeMap;

use crate::bundle::ActionContract;
use crate::bundle::AttributeContract;
use crate::bundle::Contract;
use crate::bundle::EntityContract;

/// The context attribute that the gateway fills by itself.
pub(super) const BREAK_GLASS: &str = "break_glass";

/// One thing that no longer fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Break {
    /// What it is about: `Bill.amount`, `Bill.pay`, `Bill`.
    pub what: String,
    /// What is different: `is required now`.
    pub how: String,
}

/// Everything that no longer fits, sorted. The old contract is in the new side's names.
pub(super) fn breaks(old: &Contract, new: &Contract) -> Vec<Break> {
    let mut found = Found(Vec::new());
    for (name, was) in &old.entities {
        match new.entities.get(name) {
            Some(is) => entity(name, was, is, &mut found),
            None => found.push(name, "is gone"),
        }
    }
    for (name, was) in &old.actions {
        match new.actions.get(name) {
            Some(is) => {
                let common =
                    |attribute: &str| old.provenance.contains_key(attribute) || new.provenance.contains_key(attribute);
                action(name, was, is, &common, &mut found);
            }
            None => found.push(name, "is gone"),
        }
    }
    for (name, was) in &old.roles {
        match new.roles.get(name) {
            Some(is) if was.on != is.on || was.by != is.by => found.push(name, "is held in another way"),
            Some(is) => {
                for holder in was.holders.iter().filter(|holder| !is.holders.contains(holder)) {
                    found.push(name, format!("can no longer be held by `{holder}`"));
                }
            }
            None => found.push(name, "is gone, so that nobody can be given it"),
        }
    }
    let mut all = found.0;
    all.sort();
    all.dedup();
    all
}

struct Found(Vec<Break>);

impl Found {
    fn push(&mut self, what: &str, how: impl Into<String>) {
        self.0.push(Break {
            what: what.to_owned(),
            how: how.into(),
        });
    }
}

fn entity(name: &str, was: &EntityContract, is: &EntityContract, found: &mut Found) {
    for member in was.members.iter().filter(|member| !is.members.contains(member)) {
        found.push(name, format!("has no member `{member}` any more"));
    }
    for parent in &was.parents {
        if !is.parents.contains(parent) {
            let how = match &parent.attribute {
                Some(attribute) => format!("is no longer in `{}` by `{attribute}`", parent.ty),
                None => format!("is no longer in `{}`", parent.ty),
            };
            found.push(name, how);
        }
    }
    if was.holds_roles && !is.holds_roles {
        found.push(name, "no longer holds roles");
    }
    if was.tags != is.tags && was.tags.is_some() {
        found.push(name, "has other tags");
    }
    attributes(name, &was.attributes, &is.attributes, found);
}

fn action(name: &str, was: &ActionContract, is: &ActionContract, common: &dyn Fn(&str) -> bool, found: &mut Found) {
    for principal in was.principals.iter().filter(|ty| !is.principals.contains(ty)) {
        found.push(name, format!("cannot be asked by `{principal}` any more"));
    }
    for resource in was.resources.iter().filter(|ty| !is.resources.contains(ty)) {
        found.push(name, format!("is no longer decided on `{resource}`"));
    }
    // Grants come from the gateway, which reads the profiles of the bundle it runs.
    let of = |context: &BTreeMap<String, AttributeContract>, shared: bool| -> BTreeMap<String, AttributeContract> {
        let own = context
            .iter()
            .filter(|(name, _)| *name != BREAK_GLASS && common(name) == shared);
        own.map(|(name, attribute)| (name.clone(), attribute.clone())).collect()
    };
    attributes("context", &of(&was.context, true), &of(&is.context, true), found);
    let own = format!("context of {name}");
    attributes(&own, &of(&was.context, false), &of(&is.context, false), found);
}

fn attributes(
    owner: &str,
    was: &BTreeMap<String, AttributeContract>,
    is: &BTreeMap<String, AttributeContract>,
    found: &mut Found,
) {
    for (name, old) in was {
        let what = format!("{owner}.{name}");
        match is.get(name) {
            None => found.push(&what, "is gone"),
            Some(new) if new.ty != old.ty => found.push(&what, "has another type"),
            Some(new) if new.required && !old.required => found.push(&what, "is required now"),
            Some(_) => {}
        }
    }
    for (name, new) in is {
        if new.required && !was.contains_key(name) {
            found.push(&format!("{owner}.{name}"), "is new and required");
        }
    }
}
