//! The tests that the Cerbos tutorial publishes with its application, asked of the port.

use std::fs;
use std::path::Path;

use cedar_policy::EntityUid;
use gatewright::decide::Request;
use serde_json::{Map, Value, json};

use super::load;
use crate::support::corpora;

const PORT: &str = "tests/ports/cerbforce";
const TESTS: &str = "cerbos/docs/modules/ROOT/examples/tutorial/07-derived-roles/cerbos/tests";

#[test]
fn every_effect_that_the_tutorial_expects_comes_out_the_same() {
    let Some(corpora) = corpora() else { return };
    let port = load(PORT);
    let entities = port.engine.entities(&port.entities).unwrap();
    let mut decisions = 0;
    for (file, kind) in
        [("company_test.yaml", "Company"), ("contact_test.yaml", "Contact"), ("user_test.yaml", "Profile")]
    {
        for (principal, resource, action, allowed) in expected(&corpora.join(TESTS).join(file)) {
            let request = Request {
                principal: uid("User", &principal),
                action: uid("Action", &format!("{kind}.{action}")),
                resource: uid(kind, &resource),
                context: Map::new(),
            };
            let decision = port.engine.decide(&request, &entities).unwrap();
            assert_eq!(decision.is_allow(), allowed, "{file}: {request:?}");
            decisions += 1;
        }
    }
    assert_eq!(decisions, 84);
}

/// Principal, resource, action and whether it is allowed, of every line that a file expects.
fn expected(file: &Path) -> Vec<(String, String, String, bool)> {
    let suite: Value = serde_yaml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let tests = suite["tests"].as_array().unwrap().iter();
    let lines = tests.flat_map(|test| test["expected"].as_array().unwrap());
    lines
        .flat_map(|line| {
            let name = |key: &str| line[key].as_str().unwrap().to_owned();
            line["actions"].as_object().unwrap().iter().map(move |(action, effect)| {
                let allowed = match effect.as_str().unwrap() {
                    "EFFECT_ALLOW" => true,
                    "EFFECT_DENY" => false,
                    other => panic!("an effect that Cerbos does not have: {other}"),
                };
                (name("principal"), name("resource"), action.clone(), allowed)
            })
        })
        .collect()
}

fn uid(ty: &str, id: &str) -> EntityUid {
    EntityUid::from_json(json!({ "type": format!("Cerbforce::{ty}"), "id": id })).unwrap()
}
