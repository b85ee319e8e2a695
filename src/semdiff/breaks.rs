//! What callers of the old side send that the new side refuses, whatever its policies say: read off the two contracts.

use std::collections::BTreeMap;

use crate::bundle::{ActionContract, AttributeContract, Contract, EntityContract, GRANTS_ATTRIBUTE};

use super::item::Kind;
use super::structural::{Change, What};

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

/// What callers and data call by a name that it no longer has. Conditions and statements have names for authors alone.
pub(super) fn renamed(changes: &[Change]) -> Vec<Break> {
    let is_spoken = |kind| matches!(kind, Kind::Type | Kind::Action | Kind::Role | Kind::BreakGlass);
    let mut found = Found(Vec::new());
    for change in changes {
        match (&change.what, change.kind) {
            (What::Renamed { from }, kind) if is_spoken(kind) => {
                found.push(from, format!("is called `{}` now", change.name));
            }
            (_, Kind::Namespace) => {
                found.push("namespace", "is another one, so that every type and action has another name")
            }
            _ => {}
        }
    }
    found.0
}

struct Found(Vec<Break>);

impl Found {
    fn push(&mut self, what: &str, how: impl Into<String>) {
        self.0.push(Break { what: what.to_owned(), how: how.into() });
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
        let own = context.iter().filter(|(name, _)| *name != GRANTS_ATTRIBUTE && common(name) == shared);
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn contract(edit: impl Fn(&mut Value)) -> Contract {
        let mut contract = json!({
            "format": "1",
            "entities": {
                "User": { "cedar": "User", "kind": "principal", "holds_roles": true },
                "Bot": { "cedar": "Bot", "kind": "principal", "holds_roles": true },
                "Org": { "cedar": "Org", "kind": "resource" },
            },
            "actions": {},
            "provenance": {},
            "break_glass": {},
            "roles": {
                "Org.admin": { "on": "Org", "holders": ["User", "Bot"] },
                "writer": { "on": "Org", "by": "created_by", "holders": ["User"] },
            },
        });
        edit(&mut contract);
        serde_json::from_value(contract).unwrap()
    }

    fn told(edit: impl Fn(&mut Value)) -> Vec<String> {
        let all = breaks(&contract(|_| ()), &contract(edit));
        all.into_iter().map(|one| format!("{} {}", one.what, one.how)).collect()
    }

    #[test]
    fn a_role_that_is_held_in_another_way_breaks_whoever_gives_it() {
        assert!(told(|_| ()).is_empty());
        // On another type, but by nobody's attribute; and the other way round.
        assert_eq!(told(|new| new["roles"]["Org.admin"]["on"] = json!("User")), ["Org.admin is held in another way"]);
        assert_eq!(told(|new| new["roles"]["Org.admin"]["on"] = Value::Null), ["Org.admin is held in another way"]);
        assert_eq!(told(|new| new["roles"]["writer"]["by"] = json!("owner")), ["writer is held in another way"]);
        assert_eq!(
            told(|new| new["roles"]["Org.admin"]["holders"] = json!(["Bot"])),
            ["Org.admin can no longer be held by `User`"]
        );
        assert!(told(|new| new["roles"]["writer"]["holders"] = json!(["User", "Bot"])).is_empty());
        assert_eq!(
            told(|new| {
                new["roles"].as_object_mut().unwrap().remove("writer");
            }),
            ["writer is gone, so that nobody can be given it"]
        );
    }

    #[test]
    fn what_callers_say_by_an_old_name_is_told_and_what_authors_alone_say_is_not() {
        let change = |kind, from: &str, name: &str| Change {
            kind,
            name: name.to_owned(),
            what: What::Renamed { from: from.to_owned() },
            old: None,
            new: None,
        };
        let changes = [
            change(Kind::Type, "Bill", "Invoice"),
            change(Kind::Action, "Bill.pay", "Bill.settle"),
            change(Kind::Role, "boss", "chief"),
            change(Kind::BreakGlass, "fire", "flood"),
            change(Kind::Condition, "calm", "quiet"),
            change(Kind::Grant, "a", "b"),
            change(Kind::RawPolicy, "p", "q"),
        ];
        let told: Vec<String> = renamed(&changes).into_iter().map(|one| format!("{} {}", one.what, one.how)).collect();
        assert_eq!(
            told,
            [
                "Bill is called `Invoice` now",
                "Bill.pay is called `Bill.settle` now",
                "boss is called `chief` now",
                "fire is called `flood` now"
            ]
        );
        let mut namespace = change(Kind::Namespace, "", "namespace");
        namespace.what = What::Changed(Vec::new());
        assert_eq!(renamed(&[namespace]).len(), 1);
    }
}
