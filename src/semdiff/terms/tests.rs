//! That the rules and the contract stay in step: no field of it is left out, no rule is about nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bundle::{
    ActionContract, ApproverContract, AttributeContract, BreakGlassProfile, ClaimTest, Contract, EntityContract,
    EntityRole, GatewayContract, Holder, IdFrom, ObligationContract, ParentContract, PathSegment, RelationContract,
    RoleContract, RolesForm, RouteContract, SubjectContract, ValueType,
};
use crate::clauses::Clause;
use crate::graph::{NameOf, Renames};
use crate::lower::Lowered;

use super::reads::Readers;
use super::rules::Node;
use super::{Effect, TermChange, Told, contract_changes, rules};

fn one<V>(name: &str, value: V) -> BTreeMap<String, V> {
    BTreeMap::from([(name.to_owned(), value)])
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// A contract in which everything is said. Nothing stands for "the rest": a field that is new does not compile here.
fn everything() -> Contract {
    let nested = AttributeContract { ty: ValueType::Long, required: true, masked: true };
    let attribute = AttributeContract {
        ty: ValueType::Set(Box::new(ValueType::Record(one("inner", nested)))),
        required: true,
        masked: true,
    };
    let entity = EntityContract {
        cedar: text("U"),
        kind: EntityRole::Group,
        members: vec![text("m")],
        parents: vec![ParentContract { ty: text("G"), attribute: Some(text("above")) }],
        attributes: one("attribute", attribute.clone()),
        tags: Some(ValueType::String),
        holds_roles: true,
        carries_roles: true,
        relations: vec![RelationContract { role: text("admin"), inherits_through: vec![text("above")] }],
    };
    let action = ActionContract {
        cedar: text("Action::\"U.read\""),
        declared_on: Some(text("U")),
        resources: vec![text("U")],
        principals: vec![text("U")],
        sensitive: true,
        context: one("risk", attribute),
    };
    let role = RoleContract {
        on: Some(text("U")),
        by: Some(text("attribute")),
        holders: vec![text("U")],
        extends: vec![text("other")],
        until: Some(text("2026-01-01T00:00:00Z")),
    };
    let holder = || Holder { role: text("clerk") };
    let profile = BreakGlassProfile {
        cedar: text("BreakGlassProfile::\"outage\""),
        request_action: text("a1"),
        approve_action: text("a2"),
        refuse_action: text("a3"),
        revoke_action: text("a4"),
        review_action: text("a5"),
        principal: text("U"),
        tenant: one("org", text("Org")),
        eligible: vec![holder()],
        actions: vec![text("U.read")],
        resources: vec![text("U")],
        bounds: [
            (Clause::Resources, 2),
            (Clause::Refused, 2),
            (Clause::Pending, 60_000),
            (Clause::Expires, 60_000),
            (Clause::Uses, 2),
            (Clause::Cooldown, 60_000),
            (Clause::Idle, 60_000),
        ]
        .into_iter()
        .collect(),
        reason_required: true,
        ticket_required: true,
        ticket_pattern: Some(text("INC-*")),
        approvals: 2,
        approver: Some(holder()),
        window: 86_400_000,
        max_grants: 2,
        lifts: vec![text("steady")],
        alerts: one("request", vec![text("ops")]),
        revokers: vec![holder()],
        review_within: 60_000,
        reviewer: holder(),
    };
    let segments =
        vec![PathSegment::Text(text("payouts")), PathSegment::One(text("id")), PathSegment::Rest(text("rest"))];
    let route = RouteContract {
        host: Some(text("pay.example")),
        methods: vec![text("GET")],
        path: segments,
        action: text("U.read"),
        resource: text("U"),
        id: IdFrom::Path(text("id")),
    };
    let subject = SubjectContract {
        ty: text("U"),
        when: Some(ClaimTest { claim: text("kind"), is: text("person") }),
        id: text("sub"),
        attributes: one("level", text("lvl")),
        context: one("mfa", text("amr")),
    };
    let approver = ApproverContract { ty: text("U"), id: text("ann") };
    Contract {
        format: text("1"),
        namespace: Some(text("Shop")),
        entities: one("U", entity),
        actions: one("U.read", action),
        provenance: one("risk", text("gateway")),
        roles: one("clerk", role),
        role_type: Some(text("Role")),
        holders_type: Some(text("RoleHolders")),
        roles_form: RolesForm::Both,
        break_glass: one("outage", profile),
        gateway: Some(GatewayContract {
            routes: vec![route],
            type_names: one("user", text("U")),
            action_names: one("get", one("U", text("U.read"))),
            subjects: vec![subject],
            obligations: one("stepped_up", ObligationContract::StepUp { acr: vec![text("gold")] }),
            approvers: one("key-1", approver),
        }),
    }
}

fn json_of(contract: &Contract) -> Value {
    serde_json::to_value(contract).unwrap()
}

fn compared(old: Value, new: Value, renames: &Renames) -> Vec<TermChange> {
    let none = Lowered::default();
    contract_changes((old, new), renames, &Readers::new(&none, &none, &Default::default()), Told::Elsewhere)
}

/// The pointer of each value in JSON. Each rule must be about a field that there is.
fn places(node: &Node, value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let below = |name: &str, node: &Node, value: &Value, found: &mut Vec<String>| {
        places(node, value, &format!("{at}/{name}"), found);
    };
    match (node, value) {
        (Node::Fields(known) | Node::Profile(known), Value::Object(fields)) => {
            for (field, _) in *known {
                assert!(fields.contains_key(*field), "there is a rule for {at}/{field}, and no such field");
            }
            for (name, value) in fields {
                below(name, node.field(name), value, found);
            }
        }
        (Node::Entries { each, .. }, Value::Object(entries)) => {
            entries.iter().for_each(|(name, value)| below(name, each, value, found));
        }
        (Node::Entries { each, .. }, Value::Array(items)) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, value)| below(&at.to_string(), each, value, found));
        }
        (Node::ValueType, Value::Object(ty)) => {
            for (kind, value) in ty {
                let node = if kind == "record" { &rules::ATTRIBUTES } else { &Node::ValueType };
                below(kind, node, value, found);
            }
        }
        (Node::Value { .. }, Value::Object(fields)) => {
            fields.iter().for_each(|(name, value)| below(name, node, value, found));
        }
        (Node::Value { .. }, Value::Array(items)) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, value)| below(&at.to_string(), node, value, found));
        }
        _ => {}
    }
}

fn all_places() -> Vec<String> {
    let mut found = Vec::new();
    places(rules::contract(), &json_of(&everything()), "", &mut found);
    found
}

#[test]
fn a_field_that_has_no_rule_weakens_wherever_it_comes() {
    let full = json_of(&everything());
    // Maps by names, whose entries accesses tell of, and the types of values, of which another one breaks callers.
    let maps = ["/entities", "/actions", "/provenance", "/roles", "/break_glass", "/tenant", "/attributes", "/context"];
    let types = ["/type", "/set", "/record"];
    let is_map = |at: &str| maps.iter().chain(&types).any(|map| at.ends_with(map)) && !at.contains("/subjects/");
    let structs: Vec<String> = all_places().into_iter().filter(|at| !is_map(at)).collect();
    let structs: Vec<String> =
        structs.into_iter().filter(|at| full.pointer(at).is_some_and(Value::is_object)).collect();
    assert!(structs.len() >= 20, "{structs:?}");
    for at in structs {
        let mut more = full.clone();
        let owner = more.pointer_mut(&at).unwrap().as_object_mut().unwrap();
        owner.insert(text("a_new_field"), json!(1));
        for (old, new) in [(&full, &more), (&more, &full)] {
            let found = compared(old.clone(), new.clone(), &Renames::default());
            assert!(!found.is_empty(), "{at}");
            assert!(found.iter().all(|term| term.effect == Effect::Weakens), "{at}: {found:?}");
        }
    }
}

/// A value that is not the same.
fn other(value: &Value) -> Value {
    match value {
        Value::Bool(is) => json!(!is),
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::String(text) => json!(format!("{text}x")),
        _ => Value::Null,
    }
}

#[test]
fn every_value_is_compared_here_or_in_this_list() {
    let full = json_of(&everything());
    let mut silent = Vec::new();
    for at in all_places() {
        let mut changed = full.clone();
        let value = changed.pointer_mut(&at).unwrap();
        if value.is_object() || value.is_array() {
            continue;
        }
        *value = other(value);
        if compared(full.clone(), changed, &Renames::default()).is_empty() {
            silent.push(at);
        }
    }
    // Who compares them: accesses decide who holds and does what, broken callers tell of types and names, and what became
    // possible by members, parents, attributes and `required` is read by no policy here.
    insta::assert_snapshot!(silent.join("\n"), @r"
    /format
    /namespace
    /entities/U/cedar
    /entities/U/members/0
    /entities/U/parents/0/type
    /entities/U/parents/0/attribute
    /entities/U/attributes/attribute/type/set/record/inner/type
    /entities/U/attributes/attribute/type/set/record/inner/required
    /entities/U/attributes/attribute/required
    /entities/U/tags
    /entities/U/holds_roles
    /entities/U/carries_roles
    /entities/U/relations/0/role
    /actions/U.read/cedar
    /actions/U.read/declared_on
    /actions/U.read/resources/0
    /actions/U.read/principals/0
    /actions/U.read/context/risk/type/set/record/inner/type
    /actions/U.read/context/risk/type/set/record/inner/required
    /actions/U.read/context/risk/required
    /roles/clerk/on
    /roles/clerk/by
    /roles/clerk/holders/0
    /roles/clerk/extends/0
    /roles/clerk/until
    /role_type
    /holders_type
    /roles_form
    /break_glass/outage/cedar
    /break_glass/outage/request_action
    /break_glass/outage/approve_action
    /break_glass/outage/refuse_action
    /break_glass/outage/revoke_action
    /break_glass/outage/review_action
    /break_glass/outage/principal
    /break_glass/outage/tenant/org
    /break_glass/outage/eligible/0/role
    /break_glass/outage/actions/0
    /break_glass/outage/resources/0
    /break_glass/outage/approver/role
    /break_glass/outage/lifts/0
    /break_glass/outage/reviewer/role
    ");
}

fn with(edit: impl Fn(&mut Contract)) -> Value {
    let mut contract = everything();
    edit(&mut contract);
    json_of(&contract)
}

fn profile(contract: &mut Contract) -> &mut BreakGlassProfile {
    contract.break_glass.get_mut("outage").unwrap()
}

fn gateway(contract: &mut Contract) -> &mut GatewayContract {
    contract.gateway.as_mut().unwrap()
}

/// What an edit changes, a line each.
fn told(edit: impl Fn(&mut Contract)) -> String {
    lines(&compared(json_of(&everything()), with(edit), &Renames::default()))
}

fn lines(found: &[TermChange]) -> String {
    let said = |side: &Option<String>| side.clone().unwrap_or_else(|| text("-"));
    let lines = found.iter().map(|term| {
        let (from, to) = (said(&term.from), said(&term.to));
        format!("{} {}: {from} → {to}", term.path, term.effect.name())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_an_order_weakens_in_one_direction() {
    type Edit = fn(&mut BreakGlassProfile);
    let cases: [(Edit, Edit); 16] = [
        (|p| p.bounds.set(Clause::Resources, 3), |p| p.bounds.set(Clause::Resources, 1)),
        (|p| p.reason_required = false, |p| p.reason_required = true),
        (|p| p.ticket_required = false, |p| p.ticket_required = true),
        (|p| p.approvals = 1, |p| p.approvals = 3),
        (|p| p.bounds.set(Clause::Refused, 3), |p| p.bounds.set(Clause::Refused, 1)),
        (|p| p.bounds.set(Clause::Pending, 60_001), |p| p.bounds.set(Clause::Pending, 59_999)),
        (|p| p.bounds.set(Clause::Expires, 60_001), |p| p.bounds.set(Clause::Expires, 59_999)),
        (|p| p.bounds.set(Clause::Uses, 3), |p| p.bounds.set(Clause::Uses, 1)),
        (|p| p.bounds.set(Clause::Cooldown, 0), |p| p.bounds.set(Clause::Cooldown, 60_001)),
        (|p| p.bounds.set(Clause::Idle, 60_001), |p| p.bounds.set(Clause::Idle, 59_999)),
        (|p| p.bounds.set(Clause::Idle, 0), |p| p.bounds.set(Clause::Idle, 1)),
        (|p| p.window = 3_600_000, |p| p.window += 1),
        (|p| p.max_grants = 3, |p| p.max_grants = 1),
        (|p| p.review_within += 1, |p| p.review_within -= 1),
        (|p| (p.window, p.max_grants) = (0, 0), |p| p.window += 1),
        (|p| p.ticket_pattern = None, |p| p.bounds.set(Clause::Uses, 1)),
    ];
    for (at, (weaker, stricter)) in cases.into_iter().enumerate() {
        for (edit, effect) in [(weaker, Effect::Weakens), (stricter, Effect::Strengthens)] {
            let edited = with(|contract| edit(profile(contract)));
            let found = compared(json_of(&everything()), edited.clone(), &Renames::default());
            assert!(found.iter().all(|term| term.effect == effect), "{at}: {found:?}");
            // The way back is the other way.
            let back = compared(edited, json_of(&everything()), &Renames::default());
            assert!(back.iter().all(|term| term.effect != effect), "{at}: {back:?}");
            assert_eq!(found.len(), back.len(), "{at}");
        }
    }
    insta::assert_snapshot!(told(|c| profile(c).window = 3_600_000), @"break_glass.outage.window weakened: 1d → 1h");
    insta::assert_snapshot!(told(|c| profile(c).bounds.set(Clause::Idle, 0)), @"break_glass.outage.idle weakened: 1m → -");
    insta::assert_snapshot!(told(|c| profile(c).ticket_pattern = Some(text("*"))), @"break_glass.outage.ticket_pattern weakened: INC-* → *");
}

#[test]
fn what_has_no_order_is_weakened_by_any_change() {
    insta::assert_snapshot!(told(|c| profile(c).revokers.clear()), @"break_glass.outage.revokers.clerk weakened: clerk → -");
    insta::assert_snapshot!(told(|c| profile(c).alerts.clear()), @r#"break_glass.outage.alerts weakened: {"request":["ops"]} → {}"#);
    insta::assert_snapshot!(told(|c| { c.provenance.insert(text("risk"), text("token")); }), @"provenance.risk weakened: gateway → token");
    insta::assert_snapshot!(told(|c| gateway(c).approvers.get_mut("key-1").unwrap().id = text("eve")), @"gateway.approvers.key-1.id weakened: ann → eve");
    insta::assert_snapshot!(told(|c| { gateway(c).subjects[0].context.insert(text("mfa"), text("email_verified")); }), @r#"gateway.subjects["U where kind is person"].context.mfa weakened: amr → email_verified"#);
    insta::assert_snapshot!(told(|c| gateway(c).routes[0].resource = text("Org")), @r#"gateway.routes["GET pay.example/payouts/{id}/{rest...}"].resource weakened: U → Org"#);
    insta::assert_snapshot!(told(|c| gateway(c).routes[0].methods.push(text("POST"))), @r#"
    gateway.routes["GET pay.example/payouts/{id}/{rest...}"] weakened: {"host":"pay.example","methods":["GET"],"path":[{"text":"payouts"},{"one":"id"},{"rest":"rest"}],"action":"U.read","resource":"U","id":{"path":"id"}} → -
    gateway.routes["GET,POST pay.example/payouts/{id}/{rest...}"] weakened: - → {"host":"pay.example","methods":["GET","POST"],"path":[{"text":"payouts"},{"one":"id"},{"rest":"rest"}],"action":"U.read","resource":"U","id":{"path":"id"}}
    "#);
    insta::assert_snapshot!(told(|c| gateway(c).routes.clear()), @r#"gateway.routes["GET pay.example/payouts/{id}/{rest...}"] weakened: {"host":"pay.example","methods":["GET"],"path":[{"text":"payouts"},{"one":"id"},{"rest":"rest"}],"action":"U.read","resource":"U","id":{"path":"id"}} → -"#);
    insta::assert_snapshot!(told(|c| c.entities.get_mut("U").unwrap().attributes.get_mut("attribute").unwrap().masked = false), @"entities.U.attributes.attribute.masked weakened: true → -");
    insta::assert_snapshot!(told(|c| c.gateway = None), @r#"
    gateway.action_names.get weakened: {"U":"U.read"} → -
    gateway.approvers.key-1 weakened: {"type":"U","id":"ann"} → -
    gateway.obligations.stepped_up weakened: {"type":"step-up","acr":["gold"]} → -
    gateway.routes["GET pay.example/payouts/{id}/{rest...}"] weakened: {"host":"pay.example","methods":["GET"],"path":[{"text":"payouts"},{"one":"id"},{"rest":"rest"}],"action":"U.read","resource":"U","id":{"path":"id"}} → -
    gateway.subjects["U where kind is person"] weakened: {"type":"U","when":{"claim":"kind","is":"person"},"id":"sub","attributes":{"level":"lvl"},"context":{"mfa":"amr"}} → -
    gateway.type_names.user weakened: U → -
    "#);
    insta::assert_snapshot!(told(|c| { gateway(c).obligations.clear(); }), @r#"gateway.obligations.stepped_up weakened: {"type":"step-up","acr":["gold"]} → -"#);
}

#[test]
fn the_order_of_routes_and_subjects_counts() {
    let two = |contract: &mut Contract| {
        let gateway = gateway(contract);
        let mut second = gateway.routes[0].clone();
        second.path = vec![PathSegment::Text(text("all"))];
        gateway.routes.push(second);
    };
    let old = with(two);
    let new = with(|contract| {
        two(contract);
        gateway(contract).routes.reverse();
    });
    insta::assert_snapshot!(lines(&compared(old, new, &Renames::default())), @r#"gateway.routes weakened: ["GET pay.example/payouts/{id}/{rest...}","GET pay.example/all"] → ["GET pay.example/all","GET pay.example/payouts/{id}/{rest...}"]"#);
}

#[test]
fn what_is_only_called_otherwise_is_the_same() {
    let renamed = with(|contract| {
        let entity = contract.entities.remove("U").unwrap();
        contract.entities.insert(text("V"), entity);
        contract.entities.get_mut("V").unwrap().parents[0].ty = text("Group");
        let role = contract.roles.remove("clerk").unwrap();
        contract.roles.insert(text("teller"), role);
        let action = contract.actions.remove("U.read").unwrap();
        contract.actions.insert(text("V.read"), action);
        let mut profile = contract.break_glass.remove("outage").unwrap();
        profile.revokers[0].role = text("teller");
        profile.eligible[0].role = text("teller");
        contract.break_glass.insert(text("alarm"), profile);
        let gateway = gateway(contract);
        gateway.routes[0].action = text("V.read");
        gateway.routes[0].resource = text("V");
        gateway.type_names = one("user", text("V"));
        gateway.action_names = one("get", one("V", text("V.read")));
        gateway.subjects[0].ty = text("V");
        gateway.approvers.get_mut("key-1").unwrap().ty = text("V");
        let obligation = gateway.obligations.remove("stepped_up").unwrap();
        gateway.obligations.insert(text("strong"), obligation);
    });
    let names = [
        (NameOf::Type, "U", "V"),
        (NameOf::Type, "G", "Group"),
        (NameOf::Role, "clerk", "teller"),
        (NameOf::Profile, "outage", "alarm"),
        (NameOf::Statement, "stepped_up", "strong"),
    ];
    let renames = Renames {
        namespace: None,
        names: names.into_iter().map(|(of, from, to)| ((of, text(from)), text(to))).collect(),
    };
    assert_eq!(compared(json_of(&everything()), renamed.clone(), &renames), []);
    assert!(!compared(json_of(&everything()), renamed, &Renames::default()).is_empty());
}

#[test]
fn two_paths_never_look_the_same() {
    let path = |names: &[&str]| super::spelt(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(path(&["gateway", "action_names", "x", "Invoice"]), "gateway.action_names.x.Invoice");
    assert_eq!(path(&["gateway", "action_names", "x.Invoice"]), "gateway.action_names[\"x.Invoice\"]");
    assert_eq!(path(&["a]", "b"]), "[\"a]\"].b");
}
