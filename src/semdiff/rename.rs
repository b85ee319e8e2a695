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

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::graph::Form;
use crate::graph::NameOf;
use crate::graph::Renames;

use super::Side;
use super::item::BECAUSE;
use super::item::Item;
use super::item::Kind;

type Name = (NameOf, String);

/// Names that went and names that came, of parts that say the same.
type Group<'a> = (Vec<&'a Name>, Vec<&'a Name>);

/// The renames that lead from one side's parts to the other's.
pub(super) fn detect(sides: [Side<'_>; 2], old: &[Item], new: &[Item]) -> Renames {
    let [before, after] = sides.map(|side| side.program);
    // A raw schema speaks of Gate's names in text of its own, so names beside one stay what they are.
    let fixed = [before, after]
        .iter()
        .any(|program| program.types.iter().any(|ty| ty.from_schema));
    let is_moved = !fixed && before.namespace != after.namespace;
    Renames {
        namespace: is_moved.then(|| after.namespace.clone()),
        ..between(fixed, old, new)
    }
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
        let group = groups
            .entry((item.kind, old_parts.evidence(item, &veiled)))
            .or_default();
        group.0.extend(&item.names);
    }
    // What may not go meets nothing here.
    for item in came.iter().copied() {
        let group = groups
            .entry((item.kind, new_parts.evidence(item, &veiled)))
            .or_default();
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
        let may = items
            .iter()
            .filter(|item| matches!(item.kind, Kind::Type | Kind::Action));
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
    while [old, new]
        .iter()
        .any(|side| side.by_name.contains_key(&(name.0, fresh.clone())))
    {
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
    these
        .iter()
        .filter(|item| !is_known(item) || (item.kind == Kind::RawPolicy && !item.named))
        .collect()
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
        let mut parts = Self {
            by_name: BTreeMap::new(),
            owned: BTreeMap::new(),
            mentions: BTreeMap::new(),
        };
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
    let fields = item
        .fields
        .iter()
        .filter(|field| names_in(&field.form).any(|found| found == *name))
        .map(|field| field.name);
    let fields: Vec<&str> = fields.collect();
    format!("{} {} {}", item.kind.name(), item.key.with(word), fields.join(";"))
}

fn names_in(form: &Form) -> impl Iterator<Item = Name> {
    form.all_names().into_iter().map(|(of, name)| (of, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(of: NameOf, name: &str) -> Form {
        let mut form = Form::default();
        form.name(of, name);
        form
    }

    fn part(kind: Kind, of: NameOf, name: &str) -> Item {
        let span = crate::text::Span::new(crate::text::Sources::default().add("a.gate", ""), 0, 0);
        Item::of_name(kind, of, name, span)
    }

    fn ty(name: &str) -> Item {
        part(Kind::Type, NameOf::Type, name)
    }

    fn action(name: &str) -> Item {
        let (ty, _) = name.split_once('.').unwrap();
        let mut item = part(Kind::Action, NameOf::Action, name).owned_by(NameOf::Type, ty);
        item.field("decided on", ty, named(NameOf::Type, ty));
        item
    }

    fn role(name: &str) -> Item {
        part(Kind::Role, NameOf::Role, name)
    }

    /// A grant of a role, named after its words as where its author gives it no label.
    fn grant(role: &str, action: &str) -> Item {
        let mut item = part(Kind::Grant, NameOf::Statement, &format!("{role}.{action}")).owned_by(NameOf::Role, role);
        item.named = false;
        item.field("to", role, named(NameOf::Role, role));
        item.field("actions", action, named(NameOf::Action, action));
        item
    }

    fn with(mut item: Item, name: &'static str, text: &str) -> Item {
        item.plain(name, text);
        item
    }

    fn standing_for(mut item: Item, annotation: &str, text: &str) -> Item {
        item.stands_for(&[(annotation.to_owned(), text.to_owned())]);
        item
    }

    fn renamed(old: &[Item], new: &[Item]) -> Vec<String> {
        let names = between(false, old, new).names;
        names
            .into_iter()
            .map(|((_, from), to)| format!("{from} → {to}"))
            .collect()
    }

    #[test]
    fn a_type_is_known_by_what_it_says_and_its_actions() {
        let old = [with(ty("Bill"), "kind", "resource"), action("Bill.pay")];
        let new = [with(ty("Invoice"), "kind", "resource"), action("Invoice.pay")];
        assert_eq!(renamed(&old, &new), ["Bill → Invoice"]);
        let other_kind = [with(ty("Invoice"), "kind", "principal"), action("Invoice.pay")];
        assert!(renamed(&old, &other_kind).is_empty());
        let other_action = [with(ty("Invoice"), "kind", "resource"), action("Invoice.send")];
        assert!(renamed(&old, &other_action).is_empty());
        let more = [new[0].clone(), new[1].clone(), action("Invoice.send")];
        assert!(renamed(&old, &more).is_empty());
        let attribute = |of: &str, name: &str| {
            let mut key = named(NameOf::Type, of);
            key.text(".").text(name);
            with(Item::new(Kind::Attribute, key, None), "type", "Long").owned_by(NameOf::Type, of)
        };
        let two = |of: &str, names: [&str; 2]| [ty(of), attribute(of, names[0]), attribute(of, names[1])];
        assert_eq!(
            renamed(&two("Bill", ["amount", "size"]), &two("Invoice", ["size", "amount"])),
            ["Bill → Invoice"]
        );
        assert!(renamed(&two("Bill", ["amount", "size"]), &two("Invoice", ["amount", "sum"])).is_empty());
    }

    #[test]
    fn a_type_with_nothing_of_its_own_is_known_by_who_names_it() {
        let seen = |name: &str, when: &str| {
            let mut deny = part(Kind::Deny, NameOf::Statement, "shut");
            deny.field("on", name, named(NameOf::Type, name));
            [ty(name), with(deny, "when", when)]
        };
        assert_eq!(
            renamed(&seen("Bill", "late"), &seen("Invoice", "late")),
            ["Bill → Invoice"]
        );
        assert!(renamed(&seen("Bill", "late"), &seen("Invoice", "early")).is_empty());
    }

    #[test]
    fn the_order_of_fields_says_nothing() {
        let of = |name: &str, fields: [(&'static str, &str); 2]| {
            let item = part(Kind::Condition, NameOf::Condition, name);
            fields
                .into_iter()
                .fold(item, |item, (name, text)| with(item, name, text))
        };
        let (old, new) = (of("a", [("x", "1"), ("y", "2")]), of("b", [("y", "2"), ("x", "1")]));
        assert_eq!(renamed(&[old], &[new]), ["a → b"]);
    }

    #[test]
    fn the_name_of_a_statement_is_set_aside_in_whole() {
        let lifting = |profile: &str, guard: &str| {
            let mut outage = part(Kind::BreakGlass, NameOf::Profile, profile);
            outage.field("lifts", guard, named(NameOf::Statement, guard));
            [
                outage,
                with(part(Kind::Require, NameOf::Statement, guard), "condition", "mfa"),
            ]
        };
        assert_eq!(
            renamed(&lifting("outage", "one.guard"), &lifting("blackout", "other.guard")),
            ["one.guard → other.guard", "outage → blackout"]
        );
    }

    #[test]
    fn a_role_is_known_by_its_grants_and_one_without_by_who_names_it() {
        let (pay, send) = (action("Bill.pay"), action("Bill.send"));
        let of = |name: &str, what: &str| [ty("Bill"), pay.clone(), send.clone(), role(name), grant(name, what)];
        assert_eq!(
            renamed(&of("boss", "Bill.pay"), &of("chief", "Bill.pay")),
            ["boss → chief", "boss.Bill.pay → chief.Bill.pay"]
        );
        assert!(renamed(&of("boss", "Bill.pay"), &of("chief", "Bill.send")).is_empty());
        // Without grants: the statements that name it, each in whole.
        let watched = |name: &str, field: &'static str, text: &str| {
            let mut deny = part(Kind::Deny, NameOf::Statement, "shut");
            deny.field("whom", name, named(NameOf::Role, name));
            [role(name), with(deny, field, text)]
        };
        assert_eq!(
            renamed(&watched("guest", "when", "late"), &watched("visitor", "when", "late")),
            ["guest → visitor"]
        );
        assert!(renamed(&watched("guest", "when", "late"), &watched("visitor", "when", "early")).is_empty());
    }

    #[test]
    fn a_part_that_is_no_statement_counts_by_where_it_names_the_name() {
        let raised = |name: &str, field: &'static str, limit: &str| {
            let mut profile = part(Kind::BreakGlass, NameOf::Profile, "outage");
            profile.field(field, name, named(NameOf::Role, name));
            [role(name), with(profile, "expires within", limit)]
        };
        // What else the profile says is its own change.
        assert_eq!(
            renamed(&raised("guard", "for", "1h"), &raised("watch", "for", "4h")),
            ["guard → watch"]
        );
        assert!(renamed(&raised("guard", "for", "1h"), &raised("watch", "revoked by", "1h")).is_empty());
        let [watch, profile] = raised("watch", "for", "1h");
        let more = [watch, with(profile, "cooldown", "2h")];
        assert_eq!(renamed(&raised("guard", "for", "1h"), &more), ["guard → watch"]);
        // A part that does not name it at all says nothing of it.
        let beside = |name: &str, profile: &str| {
            let mut other = part(Kind::BreakGlass, NameOf::Profile, profile);
            other.field("for", "clerk", named(NameOf::Role, "clerk"));
            let [role, own] = raised(name, "for", "1h");
            [role, own, other]
        };
        assert_eq!(
            renamed(&beside("guard", "fire"), &beside("watch", "fire")),
            ["guard → watch"]
        );
    }

    #[test]
    fn a_reason_in_words_decides_nothing() {
        let because = |name: &str, text: &str| with(part(Kind::Condition, NameOf::Condition, name), BECAUSE, text);
        assert_eq!(
            renamed(&[because("calm", "A")], &[because("quiet", "B")]),
            ["calm → quiet"]
        );
    }

    #[test]
    fn what_is_claimed_of_a_name_opens_nothing_and_says_nothing_of_it() {
        let claimed = |name: &str, claim: &str| {
            let mut assertion = Item::new(Kind::Assertion, Form::of("a"), None);
            assertion.field("who", name, named(NameOf::Role, name));
            [role(name), with(assertion, "claim", claim)]
        };
        assert_eq!(
            renamed(&claimed("boss", "never"), &claimed("chief", "possible")),
            ["boss → chief"]
        );
        assert_eq!(renamed(&claimed("boss", "never"), &[role("chief")]), ["boss → chief"]);
    }

    #[test]
    fn where_two_could_be_meant_nothing_is_renamed_and_statements_alike_are_one_for_one() {
        assert!(renamed(&[role("a"), role("b")], &[role("c"), role("d")]).is_empty());
        assert!(renamed(&[role("a")], &[role("c"), role("d")]).is_empty());
        let label = |name: &str| with(part(Kind::Require, NameOf::Statement, name), "condition", "mfa");
        assert_eq!(
            renamed(&[label("a"), label("b")], &[label("c"), label("d")]),
            ["a → c", "b → d"]
        );
        assert!(renamed(&[label("a"), label("b")], &[label("c")]).is_empty());
    }

    #[test]
    fn a_rename_that_does_not_hold_under_the_others_is_none() {
        // Each looks like the other's heir once names are set aside.
        let pair = |one: &str, two: &str, kinds: [&str; 2]| {
            let of = |name: &str, kind: &str| {
                let mut deny = part(Kind::Deny, NameOf::Statement, &format!("no_{kind}"));
                deny.named = false;
                deny.field("whom", name, named(NameOf::Role, name));
                [role(name), with(deny, "when", kind)]
            };
            [of(one, kinds[0]), of(two, kinds[1])].concat()
        };
        let (old, new) = (pair("a", "b", ["x", "y"]), pair("c", "d", ["y", "x"]));
        assert_eq!(renamed(&old, &new), ["a → d", "b → c"]);
        let mut item = part(Kind::Condition, NameOf::Condition, "one");
        item.field("body", "Bill", named(NameOf::Type, "Bill"));
        let mut other = part(Kind::Condition, NameOf::Condition, "two");
        other.field("body", "Note", named(NameOf::Type, "Note"));
        let types = |first: &str, kind: &str| with(ty(first), "kind", kind);
        // The condition is about a type that is gone, and about another one that came.
        let (old, new) = ([types("Bill", "resource"), item], [types("Note", "principal"), other]);
        assert!(renamed(&old, &new).is_empty());
    }

    #[test]
    fn a_raw_policy_without_a_name_of_its_own_is_known_by_what_it_says() {
        let raw = |id: &str, policy: &str| with(part(Kind::RawPolicy, NameOf::Statement, id), "policy", policy);
        let unnamed = |id: &str, policy: &str| Item {
            named: false,
            ..raw(id, policy)
        };
        // One more was put before it, so that its number is another one.
        let (old, new) = (
            [unnamed("policy0", "a")],
            [unnamed("policy0", "b"), unnamed("policy1", "a")],
        );
        assert_eq!(renamed(&old, &new), ["policy0 → policy1"]);
        assert_eq!(renamed(&new, &old), ["policy1 → policy0"]);
        // A number is no name that another policy has taken.
        assert_eq!(
            renamed(&[raw("policy0", "a")], &[unnamed("policy0", "b"), raw("new", "a")]),
            ["policy0 → new"]
        );
        // One with a name keeps it, whatever it says now.
        assert!(renamed(&[raw("p", "a")], &[raw("p", "b"), raw("q", "a")]).is_empty());
        let clause = |name: &str, text: &str| with(part(Kind::Condition, NameOf::Condition, name), "body", text);
        assert!(renamed(&[clause("p", "a")], &[clause("p", "b"), clause("q", "a")]).is_empty());
        let label = |name: &str, text: &str| Item {
            named: false,
            ..with(part(Kind::Require, NameOf::Statement, name), "condition", text)
        };
        assert!(renamed(&[label("p", "a")], &[label("p", "b"), label("q", "a")]).is_empty());
    }

    #[test]
    fn names_beside_a_raw_schema_stay_but_those_of_authors_alone() {
        let condition = |name: &str| with(part(Kind::Condition, NameOf::Condition, name), "body", "mfa");
        let profile = |name: &str| with(part(Kind::BreakGlass, NameOf::Profile, name), "pending", "1h");
        let (old, new) = (
            [
                ty("Bill"),
                ty("Org"),
                role("boss"),
                profile("fire"),
                condition("calm"),
                action("Org.open"),
            ],
            [
                ty("Note"),
                ty("Org"),
                role("chief"),
                profile("flood"),
                condition("quiet"),
                action("Org.shut"),
            ],
        );
        let names: Vec<String> = between(true, &old, &new).names.into_values().collect();
        assert_eq!(names, ["quiet"]);
        assert_eq!(between(false, &old, &new).names.len(), 5);
    }

    #[test]
    fn an_action_may_leave_its_type_no_more_than_its_name() {
        let old = [ty("Bill"), ty("Note"), action("Bill.pay")];
        assert_eq!(
            renamed(&old, &[ty("Bill"), ty("Note"), action("Bill.settle")]),
            ["Bill.pay → Bill.settle"]
        );
        assert!(renamed(&old, &[ty("Bill"), ty("Note"), action("Note.pay")]).is_empty());
    }

    #[test]
    fn what_annotations_call_two_things_is_never_one() {
        let of = |name: &str, resource: &str| standing_for(ty(name), "x_k8s_resource", resource);
        assert_eq!(
            renamed(&[of("Pods", "pods")], &[of("AllPods", "pods")]),
            ["Pods → AllPods"]
        );
        assert!(renamed(&[of("Pods", "pods")], &[of("Secrets", "secrets")]).is_empty());
        assert!(renamed(&[of("Pods", "pods")], &[ty("Secrets")]).is_empty());
        let mut wildcard = ty("All");
        wildcard.is_wildcard(true);
        assert!(renamed(&[ty("Pods")], &[wildcard]).is_empty());
        let ticket = |name: &str, text: &str| standing_for(role(name), "x_origin", text);
        assert!(renamed(&[ticket("a", "1")], &[ticket("b", "2")]).is_empty());
        // A description is mended with a name.
        let told = |name: &str, text: &str| standing_for(role(name), "owner", text);
        assert_eq!(renamed(&[told("a", "x")], &[told("b", "y")]), ["a → b"]);
    }

    #[test]
    fn one_name_for_two_things_is_two_names() {
        let of = |name: &str, group: &str| standing_for(ty(name), "x_k8s_group", group);
        assert_eq!(
            renamed(&[of("Apps", "apps")], &[of("Apps", "apps.k8s.io")]),
            ["Apps → Apps_before"]
        );
        // The name went to another one, and the thing took a third.
        assert_eq!(
            renamed(
                &[of("Apps", "apps")],
                &[of("Apps", "apps.k8s.io"), of("Apps_2", "apps")]
            ),
            ["Apps → Apps_2"]
        );
        let taken = [of("Apps", "apps.k8s.io"), ty("Apps_before")];
        assert_eq!(
            renamed(&[of("Apps", "apps"), ty("Apps_before")], &taken),
            ["Apps → Apps_before_"]
        );
        let verb = |text: &str| [ty("Apps"), standing_for(action("Apps.get"), "x_k8s_verb", text)];
        assert_eq!(renamed(&verb("get"), &verb("Get")), ["Apps.get → Apps.get_before"]);
        let role_of = |text: &str| standing_for(role("view"), "x_k8s", text);
        assert!(
            renamed(&[role_of("Role/a/view")], &[role_of("ClusterRole/view")]).is_empty(),
            "data holds the name"
        );
        let note = |text: &str| standing_for(ty("Apps"), "x_ticket", text);
        assert!(
            renamed(&[note("1")], &[note("2")]).is_empty(),
            "a note of the author's is no other thing"
        );
    }
}
