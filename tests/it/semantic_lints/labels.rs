//! Cedar's own labelled analyses: pairs of policy sets, and single sets with policies that are vacuous, shadowed, redundant or
//! overridden. All verdicts are reproduced, and every counterexample is replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cedar_policy::{Authorizer, Decision, Effect, PolicySet, Schema};
use gatewright::analysis::solver::Limits;
use gatewright::analysis::{
    Answer, Base, Cache, Claim, Counterexample, Deadline, Environment, Listed, Prover, Question,
};
use gatewright::diag::Evidence;
use serde_json::Value;

use super::{cedar, proved};
use crate::prover::solver;
use crate::support::corpora;

/// One file of the corpus.
struct Set {
    policies: PolicySet,
    schema: Schema,
}

fn set(policies: &Path, schema: &Path) -> Set {
    let read =
        |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Set { policies: read(policies).parse().unwrap(), schema: Schema::from_cedarschema_str(&read(schema)).unwrap().0 }
}

impl Set {
    fn base(&self) -> Base {
        let mut all: Vec<_> = self.policies.policies().collect();
        all.sort_by_key(|policy| policy.id().to_string());
        Base::new(&self.schema, all).unwrap()
    }

    /// Whether plain Cedar allows the request of a counterexample; it and its entities must fit the schema.
    fn allows(&self, found: &Counterexample) -> bool {
        let request = &found.request;
        cedar_policy::Request::new(
            request.principal().unwrap().clone(),
            request.action().unwrap().clone(),
            request.resource().unwrap().clone(),
            request.context().unwrap().clone(),
            Some(&self.schema),
        )
        .unwrap();
        cedar_policy::Entities::from_entities(found.entities.iter().cloned(), Some(&self.schema)).unwrap();
        let response = Authorizer::new().is_authorized(request, &self.policies, &found.entities);
        response.decision() == Decision::Allow
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

fn environment(base: &Base, row: &Value) -> Environment {
    let named = |env: &&Environment| {
        env.principal.to_string() == text(row, "principal")
            && env.action.id().unescaped() == text(row, "action")
            && env.resource.to_string() == text(row, "resource")
    };
    base.environments.iter().find(named).unwrap_or_else(|| panic!("{row}")).clone()
}

#[test]
fn pairs_compare_as_labelled_and_every_counterexample_flips_the_decision() {
    let (Some(corpora), Some(found)) = (corpora(), solver()) else {
        return;
    };
    let corpus = corpora.join("cedar-analysis");
    let labels: Value = serde_json::from_slice(&std::fs::read(corpus.join("labels.json")).unwrap()).unwrap();
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
    let (mut rows, mut replayed) = (0, 0);
    for pair in labels["compare"].as_array().unwrap() {
        let folder = corpus.join(text(pair, "dir"));
        let schema = folder.join(text(pair, "schema"));
        let [one, other] = ["pset1", "pset2"].map(|name| set(&folder.join(text(pair, name)), &schema));
        let (base, beside) = (one.base(), other.base());
        let listed: BTreeSet<Environment> =
            pair["rows"].as_array().unwrap().iter().map(|row| environment(&base, row)).collect();
        assert_eq!(listed, base.environments.iter().cloned().collect(), "{}", text(pair, "test"));
        for row in pair["rows"].as_array().unwrap() {
            let environment = environment(&base, row);
            let (left, right) = (base.rules(&environment), beside.rules(&environment));
            let mut exceeds = |left: &Set, right: &Set, claim: Claim| {
                let question = Question { environment: environment.clone(), claim };
                let answers = prover.answer(&base.ground, &[question]);
                match &answers[0] {
                    Answer::Holds => false,
                    Answer::Fails(found) => {
                        assert!(left.allows(found) && !right.allows(found), "{row}: {found:?}");
                        replayed += 1;
                        true
                    }
                    Answer::Unknown(why) => panic!("{row}: {why}"),
                }
            };
            let more = exceeds(&one, &other, Claim::Implies(left.clone(), right.clone()));
            let less = exceeds(&other, &one, Claim::Implies(right, left));
            let verdict = match (more, less) {
                (false, false) => "pset1 is equivalent to pset2",
                (true, false) => "pset1 is more permissive than pset2",
                (false, true) => "pset1 is less permissive than pset2",
                (true, true) => "pset1 is incomparable with pset2",
            };
            assert_eq!(verdict, text(row, "result"), "{} {row}", text(pair, "test"));
            rows += 1;
        }
    }
    assert_eq!(rows, 38);
    assert!(replayed >= 30, "{replayed}");
}

#[test]
fn single_sets_hold_the_findings_that_are_labelled() {
    let (Some(corpora), Some(found)) = (corpora(), solver()) else {
        return;
    };
    let corpus = corpora.join("cedar-analysis");
    let labels: Value = serde_json::from_slice(&std::fs::read(corpus.join("labels.json")).unwrap()).unwrap();
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
    for single in labels["analyze"].as_array().unwrap() {
        let folder = corpus.join(text(single, "dir"));
        let (policies, schema) = (folder.join(text(single, "policies")), folder.join(text(single, "schema")));
        let base = set(&policies, &schema).base();
        let holds = |environment: &Environment, claim: Claim| {
            let question = Question { environment: environment.clone(), claim };
            match &prover.answer(&base.ground, &[question])[0] {
                Answer::Holds => true,
                Answer::Fails(_) => false,
                Answer::Unknown(why) => panic!("{why}"),
            }
        };
        let mut vacuous = BTreeMap::new();
        for listed in base.policies() {
            let all: Vec<&Environment> = base.environments.iter().collect();
            if all.iter().all(|env| holds(env, Claim::AlwaysApplies(listed.rule.clone()))) {
                vacuous.insert(listed.id.clone(), "all");
            } else if all.iter().all(|env| holds(env, Claim::NeverApplies(listed.rule.clone()))) {
                vacuous.insert(listed.id.clone(), "no");
            }
        }
        let labelled = single["vacuous"].as_array().unwrap();
        let labelled = labelled.iter().map(|one| (text(one, "policy").to_owned(), text(one, "applies_to")));
        assert_eq!(vacuous, labelled.collect(), "{}", text(single, "test"));
        let mut labelled: BTreeMap<Environment, BTreeSet<String>> = BTreeMap::new();
        for row in single["per_env"].as_array().unwrap() {
            let findings = row["findings"].as_array().unwrap().iter();
            let findings = findings.map(|finding| finding.as_str().unwrap().to_owned());
            labelled.insert(environment(&base, row), findings.collect());
        }
        for environment in base.environments.iter() {
            let found = relations(&base, environment, &|claim| holds(environment, claim), &vacuous);
            let expected = labelled.get(environment).cloned().unwrap_or_default();
            assert_eq!(found, expected, "{} {environment}", text(single, "test"));
        }
        // The lints say of the whole set what the labels say of each kind of request, where it is so in all of them.
        let (package, checked) = cedar(&policies, &schema);
        let told = proved(&package, &checked, Some(found.engine.as_ref()), Deadline::never());
        let named = |lint: &str| -> BTreeSet<String> {
            let findings = told.iter().filter(|one| one.code.as_str() == lint);
            findings
                .inspect(|one| assert_eq!(one.evidence, Some(Evidence::Proved)))
                .map(|one| one.message.split('`').nth(1).unwrap().to_owned())
                .collect()
        };
        let dead = vacuous.iter().filter(|(_, applies)| **applies == "no");
        assert_eq!(named("dead-statement"), dead.map(|(id, _)| id.clone()).collect(), "{told:?}");
        for (id, how) in everywhere(&base, &labelled) {
            let lint = if how == "overridden" { "overridden-grant" } else { "shadowed-grant" };
            let effect = base.policies().iter().find(|listed| listed.id == id).unwrap().effect;
            let lint = if effect == Effect::Forbid { "idle-forbid" } else { lint };
            assert!(named(lint).contains(&id), "{}: {id} {how}: {told:?}", text(single, "test"));
        }
        assert!(!told.iter().any(|one| one.code.as_str() == "unproved"), "{told:?}");
    }
}

/// What each pair of policies comes to in one kind of request, in the words of the labels.
fn relations(
    base: &Base,
    environment: &Environment,
    holds: &dyn Fn(Claim) -> bool,
    vacuous: &BTreeMap<String, &str>,
) -> BTreeSet<String> {
    let alive = |listed: &&Listed| vacuous.get(&listed.id) != Some(&"no");
    let slice: Vec<&Listed> = base.slice(environment).filter(alive).collect();
    let implies = |one: &Listed, other: &Listed| holds(Claim::ApplyImplies(one.rule.clone(), other.rule.clone()));
    let never = |one: &Listed| holds(Claim::NeverApplies(one.rule.clone()));
    // The labels speak of overriding only where neither policy applies to all requests of the kind.
    let always = |one: &Listed| holds(Claim::AlwaysApplies(one.rule.clone()));
    let mut found = BTreeSet::new();
    for (at, one) in slice.iter().enumerate() {
        for (beside, other) in slice.iter().enumerate() {
            if at == beside || never(one) {
                continue;
            }
            let (ids, back) = ((&one.id, &other.id), || implies(other, one));
            match (one.effect, other.effect) {
                (Effect::Permit, Effect::Forbid) if !always(one) && !always(other) && implies(one, other) => {
                    found.insert(format!("Policy `{}` overridden by `{}`", ids.0, ids.1));
                }
                (one_effect, other_effect) if one_effect == other_effect && implies(one, other) => {
                    let finding = match back() {
                        true => {
                            let (first, second) = if ids.0 < ids.1 { ids } else { (ids.1, ids.0) };
                            format!("Redundant Policies: `{first}` and `{second}`")
                        }
                        false => format!("Policy `{}` shadowed by `{}`", ids.0, ids.1),
                    };
                    found.insert(finding);
                }
                _ => {}
            }
        }
    }
    found
}

/// Policies that are labelled so in every kind of request.
fn everywhere(base: &Base, labelled: &BTreeMap<Environment, BTreeSet<String>>) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for listed in base.policies() {
        for (how, words) in [("shadowed", "shadowed by"), ("overridden", "overridden by"), ("redundant", "Redundant")] {
            let told = |findings: &BTreeSet<String>| {
                findings.iter().any(|finding| {
                    let first = finding.split('`').nth(1) == Some(listed.id.as_str());
                    let either = finding.starts_with("Redundant") && finding.contains(&format!("`{}`", listed.id));
                    finding.contains(words) && (first || either)
                })
            };
            let mut environments = base.environments.iter();
            if environments.all(|environment| labelled.get(environment).is_some_and(told)) {
                all.push((listed.id.clone(), how));
            }
        }
    }
    all
}
