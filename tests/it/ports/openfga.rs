//! The checks and lists that an OpenFGA sample store publishes, asked of the port.

use std::collections::BTreeSet;
use std::fs;

use cedar_policy::EntityUid;
use gatewright::decide::Request;
use serde_json::{Value, json};

use super::load;
use crate::support::corpora;

const PORT: &str = "tests/ports/temporal-access";
const STORE: &str = "openfga-sample-stores/stores/temporal-access/store.fga.yaml";
const USERS: [&str; 2] = ["user:anne", "user:bob"];
const DOCUMENTS: [&str; 2] = ["document:1", "document:2"];

#[test]
fn every_check_and_list_of_temporal_access_comes_out_the_same() {
    let Some(corpora) = corpora() else { return };
    let port = load(PORT);
    let entities = port.engine.entities(&port.entities).unwrap();
    let store: Value = serde_yaml::from_str(&fs::read_to_string(corpora.join(STORE)).unwrap()).unwrap();
    let may = |user: &str, document: &str, asked: &Value| {
        // A check without a clock is of someone who may always look.
        let now = asked.pointer("/context/current_time").and_then(Value::as_str);
        let now = now.unwrap_or("2023-01-02T00:00:00Z");
        let request = Request {
            principal: uid("User", user),
            action: uid("Action", "action:Document.view"),
            resource: uid("Document", document),
            context: json!({ "now": now }).as_object().unwrap().clone(),
        };
        port.engine.decide(&request, &entities).unwrap().is_allow()
    };
    let (mut checks, mut lists) = (0, 0);
    for test in store["tests"].as_array().unwrap() {
        for asked in items(test, "/check") {
            let (user, document) = (asked["user"].as_str().unwrap(), asked["object"].as_str().unwrap());
            let expected = asked["assertions"]["viewer"].as_bool().unwrap();
            assert_eq!(may(user, document, asked), expected, "{asked}");
            checks += 1;
        }
        for asked in items(test, "/list_objects") {
            let user = asked["user"].as_str().unwrap();
            let found = DOCUMENTS.into_iter().filter(|document| may(user, document, asked));
            assert_eq!(found.collect::<BTreeSet<_>>(), texts(asked, "/assertions/viewer"), "{asked}");
            lists += 1;
        }
        for asked in items(test, "/list_users") {
            let document = asked["object"].as_str().unwrap();
            let found = USERS.into_iter().filter(|user| may(user, document, asked));
            assert_eq!(found.collect::<BTreeSet<_>>(), texts(asked, "/assertions/viewer/users"), "{asked}");
            lists += 1;
        }
    }
    assert_eq!((checks, lists), (4, 3));
}

fn items<'a>(json: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    json.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn texts<'a>(json: &'a Value, pointer: &str) -> BTreeSet<&'a str> {
    items(json, pointer).map(|text| text.as_str().unwrap()).collect()
}

/// The entity of OpenFGA's `type:id`.
fn uid(ty: &str, object: &str) -> EntityUid {
    let (_, id) = object.split_once(':').unwrap();
    EntityUid::from_json(json!({ "type": format!("Temporal::{ty}"), "id": id })).unwrap()
}
