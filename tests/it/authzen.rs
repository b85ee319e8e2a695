//! The published decisions of the OpenID AuthZEN interop, read where they lie and asked of our own policies: evaluations
//! and batches of the todo application (`examples/authzen-todo`), resource searches of the record store. The users stand in
//! the scenario's own table; nothing of it is copied here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cedar_policy::EntityUid;
use gatewright::decide::{Engine, Request};
use gatewright::diag::Diagnostics;
use gatewright::load::{PackageFiles, load_package};
use gatewright::pipeline;
use gatewright::text::Instant;
use serde_json::{Map, Value, json};

use crate::support::{corpora, root};

const RECORDS: &str = include_str!("authzen/records.gate");

#[test]
fn the_todo_application_decides_as_published() {
    let Some(corpora) = corpora() else { return };
    let authzen = corpora.join("authzen");
    let mut faults = Diagnostics::new();
    let package = load_package(&root().join("examples/authzen-todo"), &mut faults).unwrap();
    let engine = engine(&package, faults);
    let users = users(&fs::read_to_string(authzen.join("todo-scenario.md")).unwrap());
    let published = json(&authzen.join("interop/authzen-todo-backend/test/decisions-authorization-api-1_0-02.json"));

    let evaluations = published["evaluation"].as_array().unwrap();
    assert_eq!(evaluations.len(), 40);
    let mut allowed = 0;
    for evaluation in evaluations {
        let (request, expected) = (&evaluation["request"], evaluation["expected"].as_bool().unwrap());
        assert_eq!(todo(&engine, &users, request), expected, "{request}");
        allowed += usize::from(expected);
    }
    assert_eq!(allowed, 26);

    let batches = published["evaluations"].as_array().unwrap();
    assert_eq!(batches.len(), 3);
    let mut decisions = 0;
    for batch in batches {
        let items = batch["request"]["evaluations"].as_array().unwrap();
        let expected = batch["expected"].as_array().unwrap();
        assert_eq!(items.len(), expected.len());
        for (item, expected) in items.iter().zip(expected) {
            // What an item does not say, the batch says for all of its items.
            let mut request = batch["request"].as_object().unwrap().clone();
            request.extend(item.as_object().unwrap().clone());
            let request = Value::Object(request);
            let decision = todo(&engine, &users, &request);
            assert_eq!(Some(decision), expected["decision"].as_bool(), "{request}");
            decisions += 1;
        }
    }
    assert_eq!(decisions, 6);
}

#[test]
fn searches_find_the_published_records() {
    let Some(corpora) = corpora() else { return };
    let idp = corpora.join("authzen/interop/authzen-idp");
    let texts = [
        ("gatewright.toml", "[package]\nname = \"records\"\nversion = \"0.1.0\"\nedition = \"2026\"\n"),
        ("policy/records.gate", RECORDS),
    ];
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory(texts, &mut faults);
    let engine = engine(&package, faults);
    let records = json(&idp.join("data/records.json"));
    let records: Vec<(&str, &str)> =
        records.as_array().unwrap().iter().map(|record| (text(record, "/id"), text(record, "/owner"))).collect();
    let owners: BTreeSet<&str> = records.iter().map(|(_, owner)| *owner).collect();
    let users = owners.iter().map(|owner| entity("Records::User", owner, json!({}), &[]));
    let stored = records.iter().map(|(id, owner)| {
        let owner = json!({ "type": "Records::User", "id": owner });
        entity("Records::Record", id, json!({ "owner": owner }), &[])
    });
    let entities = engine.entities(&users.chain(stored).collect()).unwrap();

    let searches = json(&idp.join("test-harness/src/results.json"));
    let searches = searches["search"].as_array().unwrap();
    assert_eq!(searches.len(), 6);
    for search in searches {
        let request = &search["request"];
        assert_eq!(text(request, "/resource/type"), "record");
        let action = format!("Record.{}", text(request, "/action/name"));
        let may = |id: &str| {
            let request = Request {
                principal: uid("Records::User", text(request, "/subject/id")),
                action: uid("Records::Action", &action),
                resource: uid("Records::Record", id),
                context: Map::new(),
            };
            engine.decide(&request, &entities).unwrap().is_allow()
        };
        let found: BTreeSet<&str> = records.iter().map(|(id, _)| *id).filter(|id| may(id)).collect();
        let expected = search["expected"]["results"].as_array().unwrap();
        let expected: BTreeSet<&str> = expected.iter().map(|result| text(result, "/id")).collect();
        assert_eq!(found, expected, "{request}");
    }
}

/// The engine of what `build` makes of a package. It fails closed, as that of a gateway.
fn engine(package: &PackageFiles, faults: Diagnostics) -> Engine {
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(package, &options, faults);
    assert!(!checked.failed(), "{:?}", checked.diagnostics);
    Engine::from_tree(&pipeline::build(&checked, &package.sources).unwrap()).unwrap()
}

/// The users of the scenario, from the table whose columns are: name, subject id, stored mail, roles.
fn users(page: &str) -> Vec<Value> {
    let rows = page.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let users: Vec<Value> = rows
        .filter_map(|cells| match cells[..] {
            ["", _, id, mail, roles, ""] if mail.contains('@') => {
                let roles: Vec<&str> = roles.split(", ").collect();
                Some(entity("Todo::User", id.trim_matches('`'), json!({ "mail": mail }), &roles))
            }
            _ => None,
        })
        .collect();
    assert_eq!(users.len(), 5, "the table of users was not understood");
    users
}

/// Decides a request in AuthZEN's form, with the users and what the request says of its resource.
fn todo(engine: &Engine, users: &[Value], request: &Value) -> bool {
    let (ty, action) = match text(request, "/action/name") {
        "can_read_user" => ("Todo::Profile", "Profile.read"),
        "can_read_todos" => ("Todo::Todo", "Todo.list"),
        "can_create_todo" => ("Todo::Todo", "Todo.create"),
        "can_update_todo" => ("Todo::Todo", "Todo.update"),
        "can_delete_todo" => ("Todo::Todo", "Todo.delete"),
        other => panic!("an action that the scenario does not speak of: {other}"),
    };
    let id = text(request, "/resource/id");
    let attributes = match request.pointer("/resource/properties/ownerID") {
        Some(owner) => json!({ "owner": owner }),
        None => json!({}),
    };
    let resource = entity(ty, id, attributes, &[]);
    let entities = users.iter().cloned().chain([resource]).collect();
    let request = Request {
        principal: uid("Todo::User", text(request, "/subject/id")),
        action: uid("Todo::Action", action),
        resource: uid(ty, id),
        context: Map::new(),
    };
    let entities = engine.entities(&entities).unwrap();
    engine.decide(&request, &entities).unwrap().is_allow()
}

fn entity(ty: &str, id: &str, attributes: Value, roles: &[&str]) -> Value {
    let parents: Vec<Value> = roles.iter().map(|role| json!({ "type": "Todo::Role", "id": role })).collect();
    json!({ "uid": { "type": ty, "id": id }, "attrs": attributes, "parents": parents })
}

fn uid(ty: &str, id: &str) -> EntityUid {
    EntityUid::from_json(json!({ "type": ty, "id": id })).unwrap()
}

fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer} of {json}"))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
