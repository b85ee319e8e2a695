//! Tests of the room as a whole: outcomes and causes, partial requests, located faults, and the law of the index.

use std::collections::{BTreeSet, HashMap};

use cedar_policy::{Effect, Entities, EntityUid, EvalResult, PolicyId, PolicySet, SchemaFragment, SlotId, Template};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::bundle::BundleTree;

mod incomplete;

const SCHEMA: &str = r#"
    namespace Shop {
        entity Level enum ["low", "high"];
        entity Role in [Role];
        entity User in [Role] { clearance: Long, manager?: User };
        entity App;
        entity Order { level: Level, owner: User };
        action write;
        action read appliesTo { principal: [User, App], resource: [Order, Level], context: { now: datetime, mfa: Bool, note?: String, case?: { open: Bool, by?: { who: User } } } };
        action edit in [write] appliesTo { principal: [User], resource: [Order], context: { now: datetime, mfa: Bool, note?: String, case?: { open: Bool, by?: { who: User } } } };
    }
"#;

const POLICIES: &str = r#"
    @id("clerk.read") permit (principal in Shop::Role::"clerk", action == Shop::Action::"read", resource is Shop::Order);
    @id("owner.edit") permit (principal, action in Shop::Action::"write", resource is Shop::Order) when { resource.owner == principal };
    @id("mfa") forbid (principal, action in [Shop::Action::"write"], resource) unless { context.mfa };
    @id("managed") forbid (principal is Shop::User, action == Shop::Action::"edit", resource) when { context.note == "managed" && principal.manager == principal };
    @id("levels") permit (principal, action == Shop::Action::"read", resource == Shop::Level::"low");
    @id("boss.read") permit (principal is Shop::User, action == Shop::Action::"read", resource is Shop::Order) when { principal.manager.clearance > 3 };
"#;

/// The set, with each policy under the name its `@id` gives.
fn policies(text: &str) -> PolicySet {
    let parsed: PolicySet = text.parse().unwrap();
    PolicySet::from_policies(parsed.policies().map(|policy| match policy.annotation("id") {
        Some(id) => policy.new_id(id.parse().unwrap()),
        None => policy.clone(),
    }))
    .unwrap()
}

fn schema() -> SchemaFragment {
    SchemaFragment::from_cedarschema_str(SCHEMA).unwrap().0
}

fn engine() -> Engine {
    Engine::new(policies(POLICIES), Some(schema()), []).unwrap()
}

fn world(engine: &Engine) -> Entities {
    engine
        .entities(&json!([
            { "uid": { "type": "Shop::Role", "id": "clerk" }, "attrs": {}, "parents": [] },
            { "uid": { "type": "Shop::User", "id": "ann" }, "attrs": { "clearance": 1 }, "parents": [{ "type": "Shop::Role", "id": "clerk" }] },
            { "uid": { "type": "Shop::User", "id": "bob" }, "attrs": { "clearance": 2 }, "parents": [] },
            { "uid": { "type": "Shop::App", "id": "pos" }, "attrs": {}, "parents": [] },
            { "uid": { "type": "Shop::Order", "id": "o1" }, "attrs": { "level": { "type": "Shop::Level", "id": "low" }, "owner": { "type": "Shop::User", "id": "bob" } }, "parents": [] }
        ]))
        .unwrap()
}

fn ask(principal: &str, action: &str, resource: &str, context: Value) -> Request {
    let Value::Object(context) = context else { panic!("a record") };
    Request {
        principal: format!("Shop::{principal}").parse().unwrap(),
        action: format!("Shop::Action::{action:?}").parse().unwrap(),
        resource: format!("Shop::{resource}").parse().unwrap(),
        context,
    }
}

fn calm() -> Value {
    json!({ "now": "2026-03-01T10:00:00Z", "mfa": true })
}

fn decide(request: &Request) -> Decision {
    let engine = engine();
    engine.decide(request, &world(&engine)).unwrap()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_permit_that_holds_allows_and_is_the_reason() {
    let decision = decide(&ask(r#"User::"ann""#, "read", r#"Order::"o1""#, calm()));
    assert_eq!(decision.outcome, Outcome::Allow);
    assert_eq!(decision.cause, Cause::Granted);
    assert_eq!(decision.reasons, set(&["clerk.read"]));
    // Ann has no manager: the other permit errored, which an allow survives and still tells.
    assert_eq!(decision.errors.len(), 1);
    assert_eq!(decision.errors[0].policy, "boss.read");
    assert_eq!(decision.errors[0].effect, Effect::Permit);
    assert!(decision.errors[0].message.contains("manager"), "{}", decision.errors[0].message);
}

#[test]
fn denials_tell_their_causes_apart() {
    let cause = |request: &Request| decide(request).cause;
    assert_eq!(cause(&ask(r#"App::"pos""#, "read", r#"Order::"o1""#, calm())), Cause::NoGrant);
    assert_eq!(cause(&ask(r#"User::"bob""#, "read", r#"Order::"o1""#, calm())), Cause::PermitErrored);
    let no_mfa = json!({ "now": "2026-03-01T10:00:00Z", "mfa": false, "note": "" });
    let forbidden = decide(&ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, no_mfa));
    assert_eq!((forbidden.cause, forbidden.reasons), (Cause::Forbidden, set(&["mfa"])));
    assert_eq!(cause(&ask(r#"User::"eve""#, "edit", r#"Order::"o1""#, calm())), Cause::PrincipalNotLoaded);
    assert_eq!(cause(&ask(r#"User::"bob""#, "edit", r#"Order::"o2""#, calm())), Cause::ResourceNotLoaded);
}

#[test]
fn a_forbid_that_errors_denies_unless_plain_cedar_is_asked_for() {
    // `context.note` is optional and absent, so `managed` errors and Cedar would skip it.
    let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, calm());
    let decision = decide(&request);
    assert_eq!(decision.outcome, Outcome::Deny);
    assert_eq!(decision.cause, Cause::ForbidErrored);
    assert_eq!(decision.reasons, set(&["managed"]));

    let plain = engine().with_strictness(Strictness::Cedar);
    let decision = plain.decide(&request, &world(&plain)).unwrap();
    assert!(decision.is_allow());
    assert_eq!(decision.reasons, set(&["owner.edit"]));
    assert_eq!(decision.errors[0].policy, "managed");
    let stranger = ask(r#"User::"eve""#, "read", r#"Order::"o1""#, calm());
    assert_eq!(plain.decide(&stranger, &world(&plain)).unwrap().cause, Cause::PermitErrored);
}

#[test]
fn members_of_enumerations_count_as_loaded() {
    let decision = decide(&ask(r#"User::"bob""#, "read", r#"Level::"low""#, calm()));
    assert_eq!((decision.is_allow(), decision.reasons), (true, set(&["levels"])));
    let engine = engine();
    let outside = ask(r#"User::"bob""#, "read", r#"Level::"mid""#, calm());
    assert!(engine.decide(&outside, &world(&engine)).is_err());
}

#[test]
fn every_faulty_context_attribute_is_named() {
    let engine = engine();
    let context = json!({ "now": "yesterday", "mfa": "yes", "note": "fine", "nonsense": 1 });
    let error = engine.decide(&ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, context), &world(&engine));
    let Err(RequestError::Context(faults)) = error else { panic!("{error:?}") };
    let names: BTreeSet<_> = faults.iter().map(|fault| fault.attribute.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["now", "mfa", "nonsense"]));
}

#[test]
fn a_request_cannot_carry_an_unknown() {
    // An unknown makes the policies that read it error, and Cedar skips those.
    let engine = engine();
    for smuggled in [
        json!({ "__extn": { "fn": "unknown", "arg": "mfa" } }),
        json!({ "fn": "unknown", "args": ["mfa"] }),
        json!([{ "a": { "__extn": { "fn": "unknown", "arg": "mfa" } } }]),
    ] {
        let context = json!({ "now": "2026-03-01T10:00:00Z", "mfa": smuggled });
        let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, context);
        let error = engine.decide(&request, &world(&engine));
        let Err(RequestError::Context(faults)) = error else { panic!("{error:?}") };
        assert_eq!(faults[0].attribute, "mfa");
        // Without a schema there is nothing else to stop it.
        let engine = Engine::new(policies(POLICIES), None, []).unwrap();
        assert_eq!(engine.decide(&request, &Entities::empty()), Err(RequestError::Context(faults)));
    }
    let entity = json!([{ "uid": { "type": "Shop::User", "id": "x" }, "attrs": { "clearance": { "__extn": { "fn": "unknown", "arg": "c" } } }, "parents": [] }]);
    assert!(engine.entities(&entity).is_err());
    assert!(engine.unchecked_entities(&entity).is_err());
}

#[test]
fn requests_outside_the_schema_are_errors() {
    let engine = engine();
    let error = |request: &Request| engine.decide(request, &world(&engine)).unwrap_err().to_string();
    insta::assert_snapshot!(error(&ask(r#"User::"bob""#, "erase", r#"Order::"o1""#, calm())), @r#"the schema has no action `Shop::Action::"erase"`"#);
    insta::assert_snapshot!(error(&ask(r#"App::"pos""#, "edit", r#"Order::"o1""#, calm())), @r#"`Shop::App::"pos"` is of a type that `Shop::Action::"edit"` does not apply to"#);
    insta::assert_snapshot!(error(&ask(r#"User::"bob""#, "edit", r#"User::"bob""#, calm())), @r#"`Shop::User::"bob"` is of a type that `Shop::Action::"edit"` does not apply to"#);
}

#[test]
fn every_faulty_entity_is_named_with_its_attribute() {
    let error = engine()
        .entities(&json!([
            { "uid": { "type": "Shop::User", "id": "ann" }, "attrs": { "clearance": "high" }, "parents": [] },
            { "uid": { "type": "Shop::User", "id": "bob" }, "attrs": { "clearance": 2 }, "parents": [] },
            { "uid": { "type": "Shop::User", "id": "cid" }, "attrs": {}, "parents": [] }
        ]))
        .unwrap_err();
    let faults: Vec<_> = error.0.iter().map(|fault| (fault.position, fault.entity.as_deref())).collect();
    assert_eq!(faults, [(Some(0), Some(r#"Shop::User::"ann""#)), (Some(2), Some(r#"Shop::User::"cid""#))]);
    assert!(error.0.iter().all(|fault| fault.message.contains("clearance")), "{error}");
}

#[test]
fn expressions_have_values_under_a_request() {
    let engine = engine();
    let world = world(&engine);
    let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, json!({ "now": "2026-03-01T10:00:00Z" }));
    let value = |text: &str| engine.evaluate(text, &request, &world);
    assert_eq!(value("resource.owner == principal"), Ok(EvalResult::Bool(true)));
    assert_eq!(value("principal.clearance + 1"), Ok(EvalResult::Long(3)));
    assert!(matches!(value("principal.clearance +"), Err(EvaluateError::Syntax(_))));
    assert!(matches!(value("principal.manager"), Err(EvaluateError::Evaluation(_))));
    assert!(matches!(value("context.mfa"), Err(EvaluateError::Evaluation(_))));
    assert_eq!(value("context.now < datetime(\"2027-01-01\")"), Ok(EvalResult::Bool(true)));
}

#[test]
fn a_bundle_makes_an_engine_and_an_incomplete_one_an_error() {
    let mut tree = BundleTree::default();
    assert!(matches!(Engine::from_tree(&tree), Err(EngineError::Absent("policies.json"))));
    tree.insert("policies.json", policies(POLICIES).to_json().unwrap().to_string());
    tree.insert("schema.cedarschema", SCHEMA);
    tree.insert(
        "entities/roles.json",
        r#"[{ "uid": { "type": "Shop::Role", "id": "clerk" }, "attrs": {}, "parents": [] }]"#,
    );
    let engine = Engine::from_tree(&tree).unwrap();
    // The role is in the bundle and, equal, among the entities.
    let decision = engine.decide(&ask(r#"User::"ann""#, "read", r#"Order::"o1""#, calm()), &world(&engine)).unwrap();
    assert_eq!(decision.reasons, set(&["clerk.read"]));
    tree.insert(
        "entities/roles.json",
        r#"[{ "uid": { "type": "Shop::Rle", "id": "clerk" }, "attrs": {}, "parents": [] }]"#,
    );
    assert!(matches!(Engine::from_tree(&tree), Err(EngineError::Unreadable { file: "entities/roles.json", .. })));
    tree.insert("policies.json", [0xff_u8]);
    assert!(matches!(Engine::from_tree(&tree), Err(EngineError::Unreadable { file: "policies.json", .. })));
}

#[test]
fn without_a_schema_the_context_is_taken_as_written() {
    let engine = Engine::new(policies(POLICIES), None, []).unwrap();
    let entities = engine
        .entities(&json!([
            { "uid": { "type": "Shop::User", "id": "bob" }, "attrs": {}, "parents": [] },
            { "uid": { "type": "Shop::Action", "id": "edit" }, "attrs": {}, "parents": [{ "type": "Shop::Action", "id": "write" }] },
            { "uid": { "type": "Shop::Order", "id": "o1" }, "attrs": { "owner": { "__entity": { "type": "Shop::User", "id": "bob" } } }, "parents": [] }
        ]))
        .unwrap();
    let request = ask(r#"User::"bob""#, "edit", r#"Order::"o1""#, json!({ "mfa": true, "note": "" }));
    assert_eq!(engine.decide(&request, &entities).unwrap().reasons, set(&["owner.edit"]));
}

/// A policy put together from parts that between them match, miss and error.
fn policy_text() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["permit", "forbid"]);
    let principal = prop::sample::select(vec![
        "principal",
        r#"principal in Shop::Role::"clerk""#,
        "principal is Shop::User",
        r#"principal is Shop::User in Shop::Role::"clerk""#,
        r#"principal == Shop::App::"pos""#,
    ]);
    let action = prop::sample::select(vec![
        "action",
        r#"action == Shop::Action::"read""#,
        r#"action in Shop::Action::"write""#,
        r#"action in [Shop::Action::"read", Shop::Action::"edit"]"#,
        "action in []",
    ]);
    let resource = prop::sample::select(vec![
        "resource",
        "resource is Shop::Order",
        r#"resource == Shop::Level::"low""#,
        r#"resource in Shop::Order::"o1""#,
    ]);
    let condition = prop::sample::select(vec![
        "",
        "when { context.mfa }",
        "unless { context.mfa }",
        "when { principal.clearance > 1 }",
        "when { resource.owner == principal }",
        "when { context.note == \"\" }",
        "when { context.now < datetime(\"2027-01-01\") }",
        "when { 9223372036854775807 + 1 > 0 }",
    ]);
    (effect, principal, action, resource, condition).prop_map(|(effect, principal, action, resource, condition)| {
        format!("{effect} ({principal}, {action}, {resource}) {condition};")
    })
}

/// Templates, each for the slots it has.
const TEMPLATES: [&str; 3] = [
    "permit (principal in ?principal, action, resource);",
    "forbid (principal, action in Shop::Action::\"write\", resource == ?resource) when { context.mfa };",
    "permit (principal == ?principal, action == Shop::Action::\"read\", resource in ?resource);",
];

/// Policies, and links of the templates.
fn with_links(texts: &str, links: &[(usize, usize)]) -> PolicySet {
    let mut policies: PolicySet = texts.parse().unwrap();
    for (at, text) in TEMPLATES.iter().enumerate() {
        policies.add_template(Template::parse(Some(PolicyId::new(format!("t{at}"))), text).unwrap()).unwrap();
    }
    for (number, (template, values)) in links.iter().enumerate() {
        let principal = [r#"Shop::Role::"clerk""#, r#"Shop::User::"ann""#, r#"Shop::App::"pos""#][*values];
        let resource = [r#"Shop::Order::"o1""#, r#"Shop::Level::"low""#, r#"Shop::Order::"o2""#][*values];
        let slots: HashMap<SlotId, EntityUid> =
            [(SlotId::principal(), principal.parse().unwrap()), (SlotId::resource(), resource.parse().unwrap())]
                .into_iter()
                .filter(|(slot, _)| TEMPLATES[*template].contains(&slot.to_string()))
                .collect();
        let id = PolicyId::new(format!("link{number}"));
        policies.link(PolicyId::new(format!("t{template}")), id, slots).unwrap();
    }
    policies
}

/// The world, in which a role is within another, and the groups of an action are among the entities where no schema tells them.
fn nested(engine: &Engine) -> Entities {
    let mut all = json!([
        { "uid": { "type": "Shop::Role", "id": "clerk" }, "attrs": {}, "parents": [] },
        { "uid": { "type": "Shop::Role", "id": "senior" }, "attrs": {}, "parents": [{ "type": "Shop::Role", "id": "clerk" }] },
        { "uid": { "type": "Shop::User", "id": "ann" }, "attrs": { "clearance": 1 }, "parents": [{ "type": "Shop::Role", "id": "senior" }] },
        { "uid": { "type": "Shop::User", "id": "bob" }, "attrs": { "clearance": 2 }, "parents": [] },
        { "uid": { "type": "Shop::App", "id": "pos" }, "attrs": {}, "parents": [] },
        { "uid": { "type": "Shop::Order", "id": "o1" }, "attrs": { "level": { "__entity": { "type": "Shop::Level", "id": "low" } }, "owner": { "__entity": { "type": "Shop::User", "id": "bob" } } }, "parents": [] }
    ]);
    let group = json!({ "type": "Shop::Action", "id": "write" });
    let edit = json!({ "uid": { "type": "Shop::Action", "id": "edit" }, "attrs": {}, "parents": [group] });
    all.as_array_mut().unwrap().push(edit);
    engine.entities(&all).unwrap()
}

/// The requests that the properties range over.
fn requests(context: &Value) -> Vec<Request> {
    let mut requests = Vec::new();
    for principal in [r#"User::"ann""#, r#"User::"bob""#, r#"App::"pos""#] {
        for action in ["read", "edit"] {
            for resource in [r#"Order::"o1""#, r#"Level::"low""#] {
                requests.push(ask(principal, action, resource, context.clone()));
            }
        }
    }
    requests
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_changes_no_decision_reason_or_error(
        texts in prop::collection::vec(policy_text(), 0..12),
        links in prop::collection::vec((0..TEMPLATES.len(), 0..3_usize), 0..4),
    ) {
        let policies = with_links(&texts.concat(), &links);
        for strictness in [Strictness::FailClosed, Strictness::Cedar] {
            for schema in [Some(schema()), None] {
                let engine = || Engine::new(policies.clone(), schema.clone(), []).unwrap().with_strictness(strictness);
                let (indexed, whole) = (engine(), engine().without_index());
                let world = nested(&indexed);
                for context in [calm(), json!({ "now": "2026-03-01T10:00:00Z", "mfa": false, "note": "" }), json!({})] {
                    for request in requests(&context) {
                        prop_assert_eq!(indexed.decide(&request, &world), whole.decide(&request, &world));
                    }
                }
            }
        }
    }
}

#[test]
fn entities_that_put_an_action_into_more_groups_get_round_no_forbid() {
    let text =
        r#"permit (principal, action, resource); forbid (principal, action in Shop::Action::"write", resource);"#;
    let engine = Engine::new(text.parse().unwrap(), Some(schema()), []).unwrap();
    let action = json!([
        { "uid": { "type": "Shop::Action", "id": "read" }, "attrs": {}, "parents": [{ "type": "Shop::Action", "id": "write" }] },
        { "uid": { "type": "Shop::User", "id": "bob" }, "attrs": {}, "parents": [] }
    ]);
    let entities = Entities::from_json_value(action, None).unwrap();
    let decision = engine.decide(&ask(r#"User::"bob""#, "read", r#"Level::"low""#, calm()), &entities).unwrap();
    assert_eq!(decision.cause, Cause::Forbidden);
}
