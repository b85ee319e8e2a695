//! The three forms of roles held against each other: every scenario request of every example and port, and random programs in
//! random worlds, are decided alike.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::config::Roles;
use gatewright::decide::{Engine, Outcome};
use gatewright::diag::Diagnostics;
use gatewright::load::{PackageFiles, load_package};
use gatewright::pipeline::Checked;
use gatewright::text::Instant;
use gatewright::{pipeline, scenario};
use serde_json::{Value, json};

use crate::support::{assert_none, folders, root};

const FORMS: [Roles; 3] = [Roles::Parents, Roles::Attribute, Roles::Both];

pub(crate) fn check(package: &PackageFiles, faults: Diagnostics, roles: Roles) -> Checked {
    let options = pipeline::Options {
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        levels: Vec::new(),
        roles: Some(roles),
    };
    pipeline::check(package, &options, faults)
}

/// Every decision of the scenarios, with the policies that made it. `strip` takes one way of holding roles out of the store.
fn decisions(example: &str, roles: Roles, strip: fn(&mut Value)) -> Vec<String> {
    let mut faults = Diagnostics::new();
    let package = load_package(&root().join(example), &mut faults).unwrap();
    let checked = check(&package, faults, roles);
    assert!(!checked.failed(), "{example}: {:?}", checked.diagnostics);
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let engine = Engine::from_tree(&tree).unwrap();
    let policy =
        scenario::Policy { contract: &checked.lowered.contract, origins: &checked.lowered.origins, engine: &engine };
    let mut faults = Diagnostics::new();
    let suites =
        scenario::load_suites(&package.sources, &package.scenarios, policy, checked.project.test_at, &mut faults);
    assert!(!faults.has_errors(), "{example}: {faults:?}");
    let mut all = Vec::new();
    for suite in scenario::asked(&suites, policy) {
        let mut entities = Value::Array(suite.entities);
        entities.as_array_mut().unwrap().iter_mut().for_each(strip);
        let entities = engine.entities(&entities).unwrap_or_else(|error| panic!("{example}: {error}"));
        for request in suite.requests {
            let decided = match engine.decide(&request, &entities) {
                // What is left of a policy is written differently in each form.
                Ok(decision) => match &decision.outcome {
                    Outcome::Unknown { residuals, .. } => {
                        let left: Vec<&String> = residuals.iter().map(|left| &left.policy).collect();
                        format!("Unknown, by {left:?}")
                    }
                    outcome => format!("{outcome:?} by {:?}", decision.reasons),
                },
                Err(_) => "refused".to_owned(),
            };
            all.push(format!("{request:?}: {decided}"));
        }
    }
    all
}

fn without_names(entity: &mut Value) {
    entity["attrs"].as_object_mut().unwrap().remove("gate:roles");
}

fn without_parents(entity: &mut Value) {
    let is_role = |parent: &Value| {
        let ty = parent["type"].as_str().unwrap().rsplit("::").next().unwrap().to_owned();
        ["Role", "RoleHolders"].contains(&ty.as_str())
    };
    entity["parents"].as_array_mut().unwrap().retain(|parent| !is_role(parent));
}

#[test]
fn every_scenario_is_decided_alike_in_each_form() {
    let mut offences = Vec::new();
    let mut allowed = 0;
    for example in [folders("examples"), folders("tests/ports")].concat() {
        let expected = decisions(&example, Roles::Parents, |_| ());
        allowed += expected.iter().filter(|decided| decided.contains(": Allow by")).count();
        let others = [
            ("attribute", decisions(&example, Roles::Attribute, |_| ())),
            ("both", decisions(&example, Roles::Both, |_| ())),
            ("both, as parents", decisions(&example, Roles::Both, without_names)),
            ("both, by name", decisions(&example, Roles::Both, without_parents)),
        ];
        for (form, other) in others {
            assert_eq!(expected.len(), other.len(), "{example}: {form}");
            let differing = expected.iter().zip(&other).filter(|(one, other)| one != other);
            offences.extend(differing.map(|(one, other)| format!("{example}: {one}, but {form}: {other}")));
        }
    }
    assert!(allowed > 300, "{allowed}");
    assert_none("decisions that differ", offences);
}

#[test]
fn random_programs_decide_alike_in_each_form() {
    crate::reference::forms_agree(&FORMS);
}

/// A store with roles as parents, with the names of the roles besides or instead.
pub(crate) fn in_form(
    entities: &Value,
    carriers: &BTreeSet<String>,
    relations: &[(String, String)],
    form: Roles,
) -> Value {
    let all = entities.as_array().unwrap();
    let key = |uid: &Value| (uid["type"].as_str().unwrap().to_owned(), uid["id"].as_str().unwrap().to_owned());
    let parents: BTreeMap<_, Vec<_>> = all
        .iter()
        .map(|entity| (key(&entity["uid"]), entity["parents"].as_array().unwrap().iter().map(key).collect()))
        .collect();
    let is_role = |ty: &str| ["Role", "RoleHolders"].contains(&ty);
    let mut out = Vec::new();
    for entity in all {
        let (ty, id) = key(&entity["uid"]);
        if form == Roles::Attribute && is_role(&ty) {
            continue;
        }
        let mut entity = entity.clone();
        for (_, role) in relations.iter().filter(|(on, _)| *on == ty) {
            let attributes = entity["attrs"].as_object_mut().unwrap();
            if form == Roles::Attribute {
                attributes.remove(role);
            }
            attributes.insert(format!("gate:{role}"), json!(format!("{ty}::{id}.{role}")));
        }
        if carriers.contains(&ty) {
            let mut held = BTreeSet::new();
            let mut open = vec![(ty.clone(), id.clone())];
            while let Some(next) = open.pop() {
                if held.insert(next.clone()) {
                    open.extend(parents.get(&next).into_iter().flatten().cloned());
                }
            }
            let names: Vec<String> = held.into_iter().filter(|(ty, _)| is_role(ty)).map(|(_, id)| id).collect();
            entity["attrs"]["gate:roles"] = json!(names);
        }
        if form == Roles::Attribute {
            without_parents(&mut entity);
        }
        out.push(entity);
    }
    Value::Array(out)
}
