//! What is known of each field of the contract: in which direction it weakens, or who else compares it. What has no rule here
//! is weakened by any change.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::clauses::{Bound, Clause, Unit, Weaker};
use crate::graph::NameOf;
use crate::text::Duration;

use super::reads::Readers;
use super::{Effect, Judged, Place};

/// A part of the contract, as its type is made.
#[derive(Debug)]
pub(super) enum Node {
    /// A struct. A field that is not listed is judged by `any`.
    Fields(&'static [(&'static str, Node)]),
    /// A break-glass profile: a struct whose other fields are the bounds of the table of clauses.
    Profile(&'static [(&'static str, Node)]),
    /// A map, or a list whose items have keys.
    Entries {
        /// What its keys are the names of.
        names: Option<NameOf>,
        /// The key of an item; `None` for a map.
        key: Option<Key>,
        /// An entry that only one side has.
        whole: &'static Node,
        /// An entry that both have.
        each: &'static Node,
    },
    /// The type of a value.
    ValueType,
    /// A value, compared as a whole.
    Value {
        judge: fn(&Place<'_>, &Readers<'_>) -> Judged,
        /// What it is the name of.
        names: Option<NameOf>,
        shown: fn(&Value) -> String,
    },
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) of: fn(&Value) -> String,
    pub(super) order: Order,
}

/// Whether the order of a list means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Counts,
    Free,
}

/// Under this name a list with keys keeps its order. No key is empty.
pub(super) const ORDER: &str = "";

/// What a gateway is told and nothing else compares, without an order.
pub(super) const ANY: Node = value(any);
/// What accesses or broken callers tell of.
const ELSEWHERE: Node = value(elsewhere);

const fn value(judge: fn(&Place<'_>, &Readers<'_>) -> Judged) -> Node {
    Node::Value { judge, names: None, shown: plain }
}

const fn time(judge: fn(&Place<'_>, &Readers<'_>) -> Judged) -> Node {
    Node::Value { judge, names: None, shown: duration }
}

const fn name(of: NameOf) -> Node {
    Node::Value { judge: any, names: Some(of), shown: plain }
}

/// A name that accesses or broken callers tell of.
const fn elsewhere_by(of: NameOf) -> Node {
    Node::Value { judge: elsewhere, names: Some(of), shown: plain }
}

const fn map(names: Option<NameOf>, whole: &'static Node, each: &'static Node) -> Node {
    Node::Entries { names, key: None, whole, each }
}

const fn list(of: fn(&Value) -> String, order: Order, whole: &'static Node, each: &'static Node) -> Node {
    Node::Entries { names: None, key: Some(Key { of, order }), whole, each }
}

impl Node {
    /// The field of a struct; what has no rule is judged by `any`.
    pub(super) fn field(&self, name: &str) -> &'static Self {
        let (known, bounds) = match self {
            Self::Fields(known) => (*known, false),
            Self::Profile(known) => (*known, true),
            _ => return &ANY,
        };
        let of_table = || Clause::of_field(name).filter(|_| bounds).map(|(_, known)| bound(known));
        let listed = known.iter().find(|(field, _)| *field == name).map(|(_, node)| node);
        listed.or_else(of_table).unwrap_or(&ANY)
    }
}

/// What the table says of a bound.
fn bound(bound: &Bound) -> &'static Node {
    match (bound.unit, bound.weaker) {
        (Unit::Count, Weaker::Higher) => const { &value(higher_is_weaker) },
        (Unit::Count, Weaker::Lower) => const { &value(lower_is_weaker) },
        (Unit::Count, Weaker::HigherOrNone) => const { &value(limit) },
        (Unit::Duration, Weaker::Higher) => const { &time(higher_is_weaker) },
        (Unit::Duration, Weaker::Lower) => const { &time(lower_is_weaker) },
        (Unit::Duration, Weaker::HigherOrNone) => const { &time(limit) },
    }
}

/// The whole contract.
pub(super) fn contract() -> &'static Node {
    &CONTRACT
}

static CONTRACT: Node = Node::Fields(&[
    // Both sides are compiled at once.
    ("format", ELSEWHERE),
    // Under another namespace everything has another name.
    ("namespace", ELSEWHERE),
    ("entities", map(Some(NameOf::Type), &NEW_ENTITY, &ENTITY)),
    ("actions", map(Some(NameOf::Action), &ELSEWHERE, &ACTION)),
    // What only one side has, policies of one side read.
    ("provenance", map(None, &ELSEWHERE, &ANY)),
    ("roles", map(Some(NameOf::Role), &ELSEWHERE, &ROLE)),
    ("role_type", ELSEWHERE),
    ("holders_type", ELSEWHERE),
    // Another one breaks callers; who reads it is in `generated`, as is what follows from roles and profiles.
    ("roles_form", ELSEWHERE),
    ("break_glass", map(Some(NameOf::Profile), &ELSEWHERE, &PROFILE)),
    ("gateway", GATEWAY),
]);

static NEW_ENTITY: Node = Node::Value { judge: new_type, names: None, shown: kind_of_type };

static ENTITY: Node = Node::Fields(&[
    ("cedar", ELSEWHERE),
    ("members", value(members)),
    ("parents", list(parent, Order::Free, &PARENT, &PARENT_EACH)),
    ("attributes", ATTRIBUTES),
    ("tags", value(tags)),
    ("holds_roles", value(holds_roles)),
    // Follows from the form and from who holds roles.
    ("carries_roles", ELSEWHERE),
    ("relations", list(role, Order::Free, &ELSEWHERE, &RELATION)),
]);

static PARENT: Node = Node::Value { judge: parents, names: None, shown: parent };

static PARENT_EACH: Node = Node::Fields(&[("type", elsewhere_by(NameOf::Type)), ("attribute", ELSEWHERE)]);

static RELATION: Node = Node::Fields(&[("role", ELSEWHERE), ("inherits_through", value(inheritance))]);

pub(super) const ATTRIBUTES: Node = map(None, &ATTRIBUTE_WHOLE, &ATTRIBUTE);

static ATTRIBUTE_WHOLE: Node = value(attribute);

static ATTRIBUTE: Node = Node::Fields(&[("type", Node::ValueType), ("required", value(required)), ("masked", ANY)]);

static ACTION: Node = Node::Fields(&[
    ("cedar", ELSEWHERE),
    ("declared_on", ELSEWHERE),
    ("resources", ELSEWHERE),
    ("principals", ELSEWHERE),
    ("sensitive", value(flag)),
    ("context", ATTRIBUTES),
]);

/// Who holds a role is in policies and schema; a role that is held in another way breaks callers.
static ROLE: Node = Node::Fields(&[
    ("on", ELSEWHERE),
    ("by", ELSEWHERE),
    ("holders", ELSEWHERE),
    ("extends", ELSEWHERE),
    ("until", ELSEWHERE),
]);

/// Who takes a step of break-glass, as Cedar decides it.
static HOLDER: Node = Node::Fields(HELD);
const HELD: &[(&str, Node)] = &[("role", elsewhere_by(NameOf::Role))];

/// Somebody who may revoke on one side only. Who may no longer loses a step, and the grant lasts.
static REVOKER: Node = Node::Value { judge: less_is_weaker, names: None, shown: role };

/// The window in which grants are counted, and how many there may be in it: both are 0 where grants are not limited.
const WINDOW: Node = Node::Value {
    judge: lower_is_weaker,
    names: None,
    shown: |value| unlimited(value).unwrap_or_else(|| duration(value)),
};
const MAX_GRANTS: Node =
    Node::Value { judge: limit, names: None, shown: |value| unlimited(value).unwrap_or_else(|| plain(value)) };

/// The bounds are in the table of clauses.
static PROFILE: Node = Node::Profile(&[
    ("cedar", ELSEWHERE),
    ("request_action", ELSEWHERE),
    ("approve_action", ELSEWHERE),
    ("refuse_action", ELSEWHERE),
    ("revoke_action", ELSEWHERE),
    ("review_action", ELSEWHERE),
    // Cedar decides who takes which step and what a grant opens.
    ("principal", ELSEWHERE),
    ("tenant", ELSEWHERE),
    ("eligible", list(role, Order::Free, &ELSEWHERE, &HOLDER)),
    ("actions", ELSEWHERE),
    ("resources", ELSEWHERE),
    ("approver", Node::Fields(HELD)),
    ("lifts", ELSEWHERE),
    ("reviewer", Node::Fields(HELD)),
    ("revokers", list(role, Order::Free, &REVOKER, &HOLDER)),
    ("reason_required", value(flag)),
    ("ticket_required", value(flag)),
    ("ticket_pattern", value(demand)),
    ("approvals", value(lower_is_weaker)),
    ("window", WINDOW),
    ("max_grants", MAX_GRANTS),
    ("review_within", time(higher_is_weaker)),
]);

const GATEWAY: Node = Node::Fields(&[
    ("routes", list(route, Order::Counts, &ANY, &ROUTE)),
    ("type_names", map(None, &ANY, &TYPE)),
    ("action_names", map(None, &ANY, &ACTION_NAMES)),
    ("subjects", list(subject, Order::Counts, &ANY, &SUBJECT)),
    ("obligations", map(Some(NameOf::Statement), &ANY, &ANY)),
    ("approvers", map(None, &ANY, &APPROVER)),
]);

static TYPE: Node = name(NameOf::Type);

static ROUTE: Node = Node::Fields(&[("action", name(NameOf::Action)), ("resource", name(NameOf::Type))]);

static ACTION_NAMES: Node = map(Some(NameOf::Type), &ANY, &ACTION_NAME);

static ACTION_NAME: Node = name(NameOf::Action);

static SUBJECT: Node = Node::Fields(&[
    ("type", name(NameOf::Type)),
    ("attributes", map(None, &ANY, &ANY)),
    ("context", map(None, &ANY, &ANY)),
]);

static APPROVER: Node = Node::Fields(&[("type", name(NameOf::Type))]);

// Judges.

fn any(_: &Place<'_>, _: &Readers<'_>) -> Judged {
    Judged::Term(Effect::Weakens)
}

fn elsewhere(_: &Place<'_>, _: &Readers<'_>) -> Judged {
    Judged::Elsewhere
}

/// What does not hold any more is weakened.
fn flag(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    weakens_if(place.old == Some(&Value::Bool(true)))
}

/// A demand that is new is stricter; one that is gone or another is not.
fn demand(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    weakens_if(place.old.is_some())
}

fn higher_is_weaker(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    weakens_if(number(place.new) >= number(place.old))
}

fn lower_is_weaker(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    weakens_if(number(place.new) <= number(place.old))
}

/// As `higher_is_weaker`, where 0 or no field stands for no limit.
fn limit(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    let of = |side| number(side).filter(|number| *number != 0);
    weakens_if(match (of(place.old), of(place.new)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => new >= old,
    })
}

/// What a role is newly inherited through opens more. What it is no longer inherited through closes less, where somebody is kept
/// out by the role.
fn inheritance(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    if !alone(place.new, place.old).is_empty() {
        return Judged::Term(Effect::Weakens);
    }
    let role = format!("{}.{}", entity(place), place.path.get(3).map_or("", String::as_str));
    match reads.lost.of_role(&role) {
        none if none.is_empty() => Judged::Term(Effect::Strengthens),
        closing => Judged::Read(closing),
    }
}

/// What is gone weakens. What is new shows as access.
fn less_is_weaker(place: &Place<'_>, _: &Readers<'_>) -> Judged {
    match place.new {
        None => Judged::Term(Effect::Weakens),
        Some(_) => Judged::Elsewhere,
    }
}

/// A new member is in no list of those that a policy keeps out.
fn members(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    match alone(place.new, place.old).is_empty() {
        true => Judged::Elsewhere,
        false => Judged::Read(reads.gained.but_for_members(entity(place))),
    }
}

/// A type that is new, with all its parents: what is in one of them may be what a policy lets in.
fn new_type(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    let parents = place.new.and_then(|ty| ty.get("parents")).and_then(Value::as_object);
    let all = parents.into_iter().flat_map(|parents| parents.values());
    let types = all.filter_map(|parent| parent.get("type").and_then(Value::as_str));
    let found: BTreeSet<String> = types.flat_map(|parent| reads.gained.through(entity(place), parent)).collect();
    read(found.into_iter().collect())
}

/// A parent that is new, or gone.
fn parents(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    let ty = |side: Option<&'_ Value>| side?.get("type")?.as_str().map(str::to_owned);
    match (ty(place.old), ty(place.new)) {
        (_, Some(parent)) => Judged::Read(reads.gained.through(entity(place), &parent)),
        (Some(parent), None) => read(reads.lost.through(entity(place), &parent)),
        (None, None) => Judged::Elsewhere,
    }
}

/// Whether roles come to be given to a group: then its members hold them. Whether a principal holds any is in the roles.
fn holds_roles(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    match place.new == Some(&Value::Bool(true)) && reads.gained.is_group(entity(place)) {
        true => Judged::Term(Effect::Weakens),
        false => Judged::Elsewhere,
    }
}

fn tags(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    match (place.old, place.new) {
        (None, _) => Judged::Read(reads.gained.for_tags()),
        (Some(_), None) => read(reads.lost.for_tags()),
        (Some(_), Some(_)) => Judged::Elsewhere,
    }
}

/// An attribute that is new, or gone. One that is gone breaks callers, too.
fn attribute(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    match (place.old, place.path.last()) {
        (None, Some(name)) => Judged::Read(reads.gained.for_attribute(place.path, name)),
        (Some(_), Some(name)) if place.new.is_none() => read(reads.lost.for_attribute(place.path, name)),
        _ => Judged::Elsewhere,
    }
}

/// Whether an attribute may now be left out. One that is required now breaks callers.
fn required(place: &Place<'_>, reads: &Readers<'_>) -> Judged {
    let name = place.path.len().checked_sub(2).and_then(|at| place.path.get(at));
    match (place.new, name) {
        (Some(Value::Bool(false)), Some(name)) => Judged::Read(reads.gained.for_attribute(place.path, name)),
        _ => Judged::Elsewhere,
    }
}

/// A change that matters to those who read it, if any.
fn read(by: Vec<String>) -> Judged {
    match by.is_empty() {
        true => Judged::Elsewhere,
        false => Judged::Read(by),
    }
}

fn weakens_if(weakens: bool) -> Judged {
    Judged::Term(match weakens {
        true => Effect::Weakens,
        false => Effect::Strengthens,
    })
}

fn number(side: Option<&Value>) -> Option<i64> {
    side.and_then(Value::as_i64)
}

/// What is in one list and not in the other.
fn alone<'a>(these: Option<&'a Value>, those: Option<&Value>) -> Vec<&'a Value> {
    let those = those.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let these = these.and_then(Value::as_array).into_iter().flatten();
    these.filter(|one| !those.contains(one)).collect()
}

/// The type whose contract a place is in.
fn entity<'a>(place: &Place<'a>) -> &'a str {
    place.path.get(1).map_or("", String::as_str)
}

// Keys of lists.

fn text<'a>(item: &'a Value, field: &str) -> &'a str {
    item.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn parent(item: &Value) -> String {
    match text(item, "attribute") {
        "" => text(item, "type").to_owned(),
        attribute => format!("{} as {attribute}", text(item, "type")),
    }
}

fn kind_of_type(ty: &Value) -> String {
    text(ty, "kind").to_owned()
}

fn role(item: &Value) -> String {
    text(item, "role").to_owned()
}

/// `GET pay.example/payouts/{id}`
fn route(item: &Value) -> String {
    let methods = item.get("methods").and_then(Value::as_array).into_iter().flatten();
    let methods: Vec<&str> = methods.filter_map(Value::as_str).collect();
    let segments = item.get("path").and_then(Value::as_array).into_iter().flatten();
    let path: String = segments
        .map(|segment| {
            let one = |kind: &str| segment.get(kind).and_then(Value::as_str);
            match (one("text"), one("one"), one("rest")) {
                (Some(text), ..) => format!("/{text}"),
                (_, Some(name), _) => format!("/{{{name}}}"),
                (_, _, Some(name)) => format!("/{{{name}...}}"),
                _ => format!("/{segment}"),
            }
        })
        .collect();
    let path = if path.is_empty() { "/" } else { &path };
    format!("{} {}{path}", methods.join(","), text(item, "host"))
}

/// `User`, or `Robot where kind is robot`.
fn subject(item: &Value) -> String {
    match item.get("when") {
        Some(when) => format!("{} where {} is {}", text(item, "type"), text(when, "claim"), text(when, "is")),
        None => text(item, "type").to_owned(),
    }
}

// What is shown.

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn unlimited(value: &Value) -> Option<String> {
    (value.as_i64() == Some(0)).then(|| "no limit".to_owned())
}

fn duration(value: &Value) -> String {
    value.as_i64().map_or_else(|| plain(value), |ms| Duration(ms).to_string())
}
