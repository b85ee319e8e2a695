//! What is taken for renamed and what is not, part by part.

use super::*;
use crate::graph::{EntityType, Program, TypeKind};
use crate::lower::Lowered;
use crate::text::Sources;

fn named(of: NameOf, name: &str) -> Form {
    let mut form = Form::default();
    form.name(of, name);
    form
}

fn part(kind: Kind, of: NameOf, name: &str) -> Item {
    let span = crate::text::Span::new(Sources::default().add("a.gate", ""), 0, 0);
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
    names.into_iter().map(|((_, from), to)| format!("{from} → {to}")).collect()
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
    assert_eq!(renamed(&two("Bill", ["amount", "size"]), &two("Invoice", ["size", "amount"])), ["Bill → Invoice"]);
    assert!(renamed(&two("Bill", ["amount", "size"]), &two("Invoice", ["amount", "sum"])).is_empty());
}

#[test]
fn a_type_with_nothing_of_its_own_is_known_by_who_names_it() {
    let seen = |name: &str, when: &str| {
        let mut deny = part(Kind::Deny, NameOf::Statement, "shut");
        deny.field("on", name, named(NameOf::Type, name));
        [ty(name), with(deny, "when", when)]
    };
    assert_eq!(renamed(&seen("Bill", "late"), &seen("Invoice", "late")), ["Bill → Invoice"]);
    assert!(renamed(&seen("Bill", "late"), &seen("Invoice", "early")).is_empty());
}

#[test]
fn the_order_of_fields_says_nothing() {
    let of = |name: &str, fields: [(&'static str, &str); 2]| {
        let item = part(Kind::Condition, NameOf::Condition, name);
        fields.into_iter().fold(item, |item, (name, text)| with(item, name, text))
    };
    let (old, new) = (of("a", [("x", "1"), ("y", "2")]), of("b", [("y", "2"), ("x", "1")]));
    assert_eq!(renamed(&[old], &[new]), ["a → b"]);
}

#[test]
fn the_name_of_a_statement_is_set_aside_in_whole() {
    let lifting = |profile: &str, guard: &str| {
        let mut outage = part(Kind::BreakGlass, NameOf::Profile, profile);
        outage.field("lifts", guard, named(NameOf::Statement, guard));
        [outage, with(part(Kind::Require, NameOf::Statement, guard), "condition", "mfa")]
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
    // What else names a role with grants is its own change.
    let barred = |name: &str, when: &str| {
        let mut deny = part(Kind::Deny, NameOf::Statement, "shut");
        deny.field("whom", name, named(NameOf::Role, name));
        let mut all = of(name, "Bill.pay").to_vec();
        all.push(with(deny, "when", when));
        all
    };
    assert_eq!(renamed(&barred("boss", "late"), &barred("chief", "early")).len(), 2);
    // Without grants: the statements that name it, each in whole.
    let watched = |name: &str, field: &'static str, text: &str| {
        let mut deny = part(Kind::Deny, NameOf::Statement, "shut");
        deny.field("whom", name, named(NameOf::Role, name));
        [role(name), with(deny, field, text)]
    };
    assert_eq!(renamed(&watched("guest", "when", "late"), &watched("visitor", "when", "late")), ["guest → visitor"]);
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
    assert_eq!(renamed(&raised("guard", "for", "1h"), &raised("watch", "for", "4h")), ["guard → watch"]);
    assert!(renamed(&raised("guard", "for", "1h"), &raised("watch", "revoked by", "1h")).is_empty());
    let [watch, profile] = raised("watch", "for", "1h");
    let more = [watch, with(profile, "cooldown", "2h")];
    assert_eq!(renamed(&raised("guard", "for", "1h"), &more), ["guard → watch"]);
    // What the profile says of another role is its own change, too.
    let approved = |name: &str, approver: Option<&str>| {
        let [role, mut profile] = raised(name, "for", "1h");
        if let Some(approver) = approver {
            profile.field("approved by", approver, named(NameOf::Role, approver));
        }
        [role, profile]
    };
    assert_eq!(renamed(&approved("guard", None), &approved("watch", Some("head"))), ["guard → watch"]);
    // A part that does not name it at all says nothing of it.
    let beside = |name: &str, profile: &str| {
        let mut other = part(Kind::BreakGlass, NameOf::Profile, profile);
        other.field("for", "clerk", named(NameOf::Role, "clerk"));
        let [role, own] = raised(name, "for", "1h");
        [role, own, other]
    };
    assert_eq!(renamed(&beside("guard", "fire"), &beside("watch", "fire")), ["guard → watch"]);
}

#[test]
fn a_reason_in_words_decides_nothing() {
    let because = |name: &str, text: &str| with(part(Kind::Condition, NameOf::Condition, name), BECAUSE, text);
    assert_eq!(renamed(&[because("calm", "A")], &[because("quiet", "B")]), ["calm → quiet"]);
}

#[test]
fn what_is_claimed_of_a_name_opens_nothing_and_says_nothing_of_it() {
    let claimed = |name: &str, claim: &str| {
        let mut assertion = Item::new(Kind::Assertion, Form::of("a"), None);
        assertion.field("who", name, named(NameOf::Role, name));
        [role(name), with(assertion, "claim", claim)]
    };
    assert_eq!(renamed(&claimed("boss", "never"), &claimed("chief", "possible")), ["boss → chief"]);
    assert_eq!(renamed(&claimed("boss", "never"), &[role("chief")]), ["boss → chief"]);
}

#[test]
fn where_two_could_be_meant_nothing_is_renamed_and_statements_alike_are_one_for_one() {
    assert!(renamed(&[role("a"), role("b")], &[role("c"), role("d")]).is_empty());
    assert!(renamed(&[role("a")], &[role("c"), role("d")]).is_empty());
    let label = |name: &str| with(part(Kind::Require, NameOf::Statement, name), "condition", "mfa");
    assert_eq!(renamed(&[label("a"), label("b")], &[label("c"), label("d")]), ["a → c", "b → d"]);
    assert!(renamed(&[label("a"), label("b")], &[label("c")]).is_empty());
}

/// Only the names that one side lacks are set aside.
#[test]
fn a_name_that_both_sides_have_tells_two_parts_apart() {
    let on = |name: &str, of: &str| {
        let mut condition = part(Kind::Condition, NameOf::Condition, name);
        condition.field("body", of, named(NameOf::Type, of));
        condition
    };
    let types = [with(ty("Bill"), "kind", "resource"), with(ty("Note"), "kind", "principal")];
    let of = |names: [&str; 2]| [on(names[0], "Bill"), on(names[1], "Note")];
    let side = |names: [&str; 2]| types.iter().cloned().chain(of(names)).collect::<Vec<_>>();
    assert_eq!(renamed(&side(["a", "b"]), &side(["d", "c"])), ["a → d", "b → c"]);
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
    let unnamed = |id: &str, policy: &str| Item { named: false, ..raw(id, policy) };
    // One more was put before it, so that its number is another one.
    let (old, new) = ([unnamed("policy0", "a")], [unnamed("policy0", "b"), unnamed("policy1", "a")]);
    assert_eq!(renamed(&old, &new), ["policy0 → policy1"]);
    assert_eq!(renamed(&new, &old), ["policy1 → policy0"]);
    // A number is no name that another policy has taken.
    assert_eq!(renamed(&[raw("policy0", "a")], &[unnamed("policy0", "b"), raw("new", "a")]), ["policy0 → new"]);
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
        [ty("Bill"), ty("Org"), role("boss"), profile("fire"), condition("calm"), action("Org.open")],
        [ty("Note"), ty("Org"), role("chief"), profile("flood"), condition("quiet"), action("Org.shut")],
    );
    let names: Vec<String> = between(true, &old, &new).names.into_values().collect();
    assert_eq!(names, ["quiet"]);
    assert_eq!(between(false, &old, &new).names.len(), 5);
}

#[test]
fn an_action_is_known_by_the_statements_that_name_it() {
    let of = |name: &str, when: &str| [ty("Bill"), action(name), with(grant("boss", name), "when", when)];
    assert_eq!(
        renamed(&of("Bill.pay", "late"), &of("Bill.settle", "late")),
        ["Bill.pay → Bill.settle", "boss.Bill.pay → boss.Bill.settle"]
    );
    assert!(renamed(&of("Bill.pay", "late"), &of("Bill.settle", "early")).is_empty());
}

#[test]
fn an_action_may_leave_its_type_no_more_than_its_name() {
    let old = [ty("Bill"), ty("Note"), action("Bill.pay")];
    assert_eq!(renamed(&old, &[ty("Bill"), ty("Note"), action("Bill.settle")]), ["Bill.pay → Bill.settle"]);
    assert!(renamed(&old, &[ty("Bill"), ty("Note"), action("Note.pay")]).is_empty());
}

#[test]
fn what_annotations_call_two_things_is_never_one() {
    let of = |name: &str, resource: &str| standing_for(ty(name), "x_k8s_resource", resource);
    assert_eq!(renamed(&[of("Pods", "pods")], &[of("AllPods", "pods")]), ["Pods → AllPods"]);
    assert!(renamed(&[of("Pods", "pods")], &[of("Secrets", "secrets")]).is_empty());
    assert!(renamed(&[of("Pods", "pods")], &[ty("Secrets")]).is_empty());
    let mut wildcard = ty("All");
    wildcard.is_wildcard(true);
    assert!(renamed(&[ty("Pods")], &[wildcard]).is_empty());
    let ticket = |name: &str, text: &str| standing_for(role(name), "x_origin", text);
    assert!(renamed(&[ticket("a", "1")], &[ticket("b", "2")]).is_empty());
    // An imported role has its name there as it was spelt.
    let spelt = |name: &str, text: &str| standing_for(role(name), "x_k8s", text);
    assert_eq!(renamed(&[spelt("a", "ClusterRole/a")], &[spelt("b", "ClusterRole/b")]), ["a → b"]);
    // A description is mended with a name.
    let told = |name: &str, text: &str| standing_for(role(name), "owner", text);
    assert_eq!(renamed(&[told("a", "x")], &[told("b", "y")]), ["a → b"]);
}

#[test]
fn one_name_for_two_things_is_two_names() {
    let of = |name: &str, group: &str| standing_for(ty(name), "x_k8s_group", group);
    assert_eq!(renamed(&[of("Apps", "apps")], &[of("Apps", "apps.k8s.io")]), ["Apps → Apps_before"]);
    // The name went to another one, and the thing took a third.
    assert_eq!(renamed(&[of("Apps", "apps")], &[of("Apps", "apps.k8s.io"), of("Apps_2", "apps")]), ["Apps → Apps_2"]);
    let taken = [of("Apps", "apps.k8s.io"), ty("Apps_before")];
    assert_eq!(renamed(&[of("Apps", "apps"), ty("Apps_before")], &taken), ["Apps → Apps_before_"]);
    let verb = |text: &str| [ty("Apps"), standing_for(action("Apps.get"), "x_k8s_verb", text)];
    assert_eq!(renamed(&verb("get"), &verb("Get")), ["Apps.get → Apps.get_before"]);
    assert!(renamed(&[of("Apps", "apps")], &[of("Apps", "apps")]).is_empty(), "the same thing keeps its name");
    for (old, new) in [(ty("Apps"), of("Apps", "apps")), (of("Apps", "apps"), ty("Apps"))] {
        assert!(renamed(&[old], &[new]).is_empty(), "one side does not say what it stands for");
    }
    let beside_a_schema = between(true, &[of("Apps", "apps")], &[of("Apps", "apps.k8s.io")]);
    assert!(beside_a_schema.names.is_empty(), "names beside a raw schema stay");
    let role_of = |text: &str| standing_for(role("view"), "x_k8s_bound_in", text);
    assert!(renamed(&[role_of("a")], &[role_of("b")]).is_empty(), "data holds the name");
    let note = |text: &str| standing_for(ty("Apps"), "x_ticket", text);
    assert!(renamed(&[note("1")], &[note("2")]).is_empty(), "a note of the author's is no other thing");
}

/// A raw schema writes the namespace out in text of its own, so that beside one it is another name for everything.
#[test]
fn a_namespace_moves_where_it_is_another_one_and_no_raw_schema_names_it() {
    let program = |namespace: &str, from_schema: bool| {
        let mut program = Program::default();
        program.namespace = Some(namespace.to_owned());
        program.types.push(EntityType {
            name: "Bill".to_owned(),
            cedar: format!("{namespace}::Bill"),
            kind: TypeKind::Resource,
            from_schema,
            span: crate::text::Span::new(Sources::default().add("a.gate", ""), 0, 0),
            parents: Vec::new(),
            attributes: BTreeMap::new(),
            member_spans: BTreeMap::new(),
            tags: None,
            holds_roles: false,
            workload: false,
            wildcard: false,
            partial: false,
            actions: Vec::new(),
            groups: BTreeMap::new(),
            doc: None,
            annotations: Vec::new(),
        });
        program
    };
    let (lowered, sources) = (Lowered::default(), Sources::default());
    let moved = |before: &Program, after: &Program| {
        let side = |program| Side { program, lowered: &lowered, sources: &sources };
        detect([side(before), side(after)], &[], &[]).namespace
    };
    let (old, new) = (program("Shop", false), program("Store", false));
    assert_eq!(moved(&old, &new), Some(Some("Store".to_owned())));
    assert_eq!(moved(&old, &old), None);
    let (old_raw, new_raw) = (program("Shop", true), program("Store", true));
    for (before, after) in [(&old_raw, &new), (&old, &new_raw), (&old_raw, &new_raw)] {
        assert_eq!(moved(before, after), None);
    }
}
