//! The prover held against trying everything: random policies over a schema whose small stores can be counted, random claims
//! about them, and both answers. What is proved no store may refute, what a store refutes must not be proved, and every
//! counterexample replays.

use std::collections::BTreeSet;

use cedar_policy::{Context, Effect, Entities, Policy, Request, Schema};
use gatewright::analysis::solver::{Engine, Limits};
use gatewright::analysis::{Answer, Base, Cache, Claim, Deadline, Prover, Question, Rule, Rules};
use gatewright::decide::{Trial, Tried};
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline;
use serde_json::{Value, json};

use super::{options, proved};

use crate::prover::solver;
use crate::reference::random::Random;

const SCHEMA: &str = r#"
    entity Team;
    entity User in [Team] { level: Long, admin: Bool, nick?: String };
    entity Doc { owner: User, open: Bool };
    action read appliesTo { principal: User, resource: Doc, context: { risk: Long, mfa: Bool, note?: String } };
"#;

const POLICIES: usize = 90;
const QUESTIONS: usize = 500;

/// Tests whose outcomes the small stores below all bring about.
const TESTS: [&str; 22] = [
    "context.mfa",
    "!context.mfa",
    "context.risk > 0",
    "context.risk == 5",
    "context.risk >= 3 || context.mfa",
    "context has note",
    "context has note && context.note == \"a\"",
    "context has note && context.note like \"*b\"",
    "principal.admin",
    "principal.level >= 1",
    "principal.level < 1",
    "principal.level + context.risk > 4",
    "principal.level * 9223372036854775807 > 0 && principal.level + 9223372036854775807 > 0",
    "principal has nick",
    "principal has nick && principal.nick == \"a\"",
    "if principal has nick then principal.nick != \"b\" else context.mfa",
    "principal in Team::\"t\"",
    "resource.open",
    "resource.owner == principal",
    "resource.owner.admin",
    "resource.owner.level == principal.level",
    "true",
];

fn policy(random: &mut Random) -> String {
    let effect = if random.one_in(3) { "forbid" } else { "permit" };
    let principal = *random.pick(&["principal", "principal in Team::\"t\"", "principal is User"]);
    let mut text = format!("{effect} ({principal}, action, resource)");
    for _ in 0..random.below(4) {
        let clause = *random.pick(&["when", "when", "unless"]);
        let (one, other) = (*random.pick(&TESTS), *random.pick(&TESTS));
        let condition = match random.below(4) {
            0 => format!("({one}) && ({other})"),
            1 => format!("({one}) || ({other})"),
            _ => one.to_owned(),
        };
        text.push_str(&format!(" {clause} {{ {condition} }}"));
    }
    text.push(';');
    text
}

/// All small stores, each with its request.
fn worlds(schema: &Schema) -> Vec<(Request, Entities)> {
    let uid = |ty: &str, id: &str| json!({ "type": ty, "id": id });
    let mut found = Vec::new();
    for number in 0..2 * 2 * 2 * 3 * 2 * 2 * 2 * 2 * 3 * 2 {
        let mut rest: usize = number;
        let mut one_of = |of: usize| {
            let digit = rest % of;
            rest /= of;
            digit
        };
        let user = |level: usize, admin: usize, nick: usize| {
            let mut attributes = json!({ "level": level, "admin": admin == 1 });
            if nick > 0 {
                attributes["nick"] = json!(["a", "b"][nick - 1]);
            }
            attributes
        };
        let parents = match one_of(2) {
            0 => Vec::new(),
            _ => vec![uid("Team", "t")],
        };
        let asking = user(one_of(2), one_of(2), one_of(3));
        let owner = if one_of(2) == 0 { "alice" } else { "bob" };
        let mut context = json!({ "risk": 5 * one_of(2), "mfa": one_of(2) == 1 });
        let document = json!({ "owner": { "__entity": uid("User", owner) }, "open": one_of(2) == 1 });
        if let note @ 1.. = one_of(3) {
            context["note"] = json!(["a", "ab"][note - 1]);
        }
        let entities: Value = json!([
            { "uid": uid("User", "alice"), "attrs": asking, "parents": parents },
            { "uid": uid("User", "bob"), "attrs": user(1, one_of(2), 0), "parents": [] },
            { "uid": uid("Doc", "d"), "attrs": document, "parents": [] },
        ]);
        let action = "Action::\"read\"".parse().unwrap();
        let context = Context::from_json_value(context, Some((schema, &action))).unwrap();
        let request = Request::new(
            "User::\"alice\"".parse().unwrap(),
            action,
            "Doc::\"d\"".parse().unwrap(),
            context,
            Some(schema),
        );
        let entities = Entities::from_json_value(entities, Some(schema)).unwrap();
        found.push((request.unwrap(), entities));
    }
    found
}

/// A claim, and whether one evaluation refutes it.
struct Case {
    claim: Claim,
    refutes: Refutes,
}

type Refutes = Box<dyn Fn(&Tried) -> bool>;

fn case(random: &mut Random, policies: &[Policy], rules: &[Rule]) -> Case {
    let effects: Vec<Effect> = policies.iter().map(Policy::effect).collect();
    let (one, other) = (random.below(rules.len()), random.below(rules.len()));
    let mut some = || -> BTreeSet<usize> { (0..=random.below(4)).map(|_| random.below(rules.len())).collect() };
    let (left, right) = (some(), some());
    let set = |of: &BTreeSet<usize>| Rules::new(of.iter().map(|at| rules[*at].clone()));
    let allows = move |tried: &Tried, of: &BTreeSet<usize>| {
        let applies = |effect| of.iter().any(|at| effects[*at] == effect && tried.applied.contains(at));
        applies(Effect::Permit) && !applies(Effect::Forbid)
    };
    let rule = |at: usize| rules[at].clone();
    let (claim, refutes): (Claim, Refutes) = match random.below(9) {
        0 => (Claim::NeverErrors(rule(one)), Box::new(move |tried| tried.errors.contains_key(&one))),
        1 => (Claim::NeverApplies(rule(one)), Box::new(move |tried| tried.applied.contains(&one))),
        2 => (Claim::AlwaysApplies(rule(one)), Box::new(move |tried| !tried.applied.contains(&one))),
        3 => (
            Claim::ApplyImplies(rule(one), rule(other)),
            Box::new(move |tried| tried.applied.contains(&one) && !tried.applied.contains(&other)),
        ),
        4 => (
            Claim::ApplyDisjoint(rule(one), rule(other)),
            Box::new(move |tried| tried.applied.contains(&one) && tried.applied.contains(&other)),
        ),
        5 => (Claim::AlwaysAllows(set(&left)), Box::new(move |tried| !allows(tried, &left))),
        6 => (Claim::AlwaysDenies(set(&left)), Box::new(move |tried| allows(tried, &left))),
        7 => (
            Claim::Implies(set(&left), set(&right)),
            Box::new(move |tried| allows(tried, &left) && !allows(tried, &right)),
        ),
        _ => (
            Claim::Disjoint(set(&left), set(&right)),
            Box::new(move |tried| allows(tried, &left) && allows(tried, &right)),
        ),
    };
    Case { claim, refutes }
}

#[derive(Debug, Default)]
struct Tally {
    proved: usize,
    refuted: usize,
    refuted_by_a_small_store: usize,
}

#[test]
fn the_prover_and_trying_all_small_stores_never_contradict_each_other() {
    let Some(found) = solver() else { return };
    let random = &mut Random::new(20_261);
    let schema = Schema::from_cedarschema_str(SCHEMA).unwrap().0;
    let texts: Vec<String> = (0..POLICIES).map(|_| policy(random)).collect();
    let policies: Vec<Policy> = texts.iter().map(|text| Policy::parse(None, text).unwrap()).collect();
    let rules: Vec<Rule> = policies.iter().map(|policy| Rule::new(policy).unwrap()).collect();
    let trial = Trial::new(policies.iter().enumerate());
    let tried: Vec<Tried> = worlds(&schema).iter().map(|(request, entities)| trial.run(request, entities)).collect();
    let base = Base::new(&schema, []).unwrap();
    let environment = base.environments.iter().next().unwrap().clone();
    let cases: Vec<Case> = (0..QUESTIONS).map(|_| case(random, &policies, &rules)).collect();
    let questions: Vec<Question> =
        cases.iter().map(|case| Question { environment: environment.clone(), claim: case.claim.clone() }).collect();
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
    let answers = prover.answer(&base.ground, &questions);
    let mut tally = Tally::default();
    for (case, answer) in cases.iter().zip(&answers) {
        let refuted = tried.iter().any(|tried| (case.refutes)(tried));
        tally.refuted_by_a_small_store += usize::from(refuted);
        match answer {
            Answer::Holds => {
                tally.proved += 1;
                assert!(!refuted, "a store refutes what is proved: {:?}\n{texts:#?}", case.claim);
            }
            Answer::Fails(found) => {
                tally.refuted += 1;
                let shown = trial.run(&found.request, &found.entities);
                assert!((case.refutes)(&shown), "a counterexample shows nothing: {:?} {found:?}", case.claim);
            }
            Answer::Unknown(why) => panic!("{:?}: {why}", case.claim),
        }
    }
    // Neither answer may be so rare that agreement says little; nor may small stores refute little of what is refuted.
    assert!(tally.proved * 8 >= QUESTIONS, "{tally:?}");
    assert!(tally.refuted * 4 >= QUESTIONS, "{tally:?}");
    assert!(tally.refuted_by_a_small_store * 10 >= tally.refuted * 9, "{tally:?}");
}

const SETS: usize = 24;
const PROJECT: &str = "[package]\nname = \"random\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

/// The lints find by refinement, with replays first, what asking about the whole set with and without a policy tells.
#[test]
fn a_policy_is_found_idle_just_where_the_set_without_it_decides_alike() {
    let Some(found) = solver() else { return };
    let random = &mut Random::new(7);
    let schema = Schema::from_cedarschema_str(SCHEMA).unwrap().0;
    let worlds = worlds(&schema);
    let (mut idle, mut needed) = (0, 0);
    for _ in 0..SETS {
        let texts: Vec<String> = (0..7).map(|number| format!("@id(\"p{number}\")\n{}", policy(random))).collect();
        let told = told(&texts, found.engine.as_ref());
        let policies: Vec<Policy> = texts.iter().map(|text| Policy::parse(None, text).unwrap()).collect();
        let rules: Vec<Rule> = policies.iter().map(|policy| Rule::new(policy).unwrap()).collect();
        let base = Base::new(&schema, []).unwrap();
        let environment = base.environments.iter().next().unwrap();
        let cache = Cache::in_memory();
        let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
        for number in 0..rules.len() {
            let all = Rules::new(rules.iter().cloned());
            // Not by digest: another policy may say the same.
            let others = rules.iter().enumerate().filter(|(at, _)| *at != number);
            let rest = Rules::new(others.map(|(_, rule)| rule.clone()));
            let asked = [Claim::Implies(all.clone(), rest.clone()), Claim::Implies(rest, all)]
                .map(|claim| Question { environment: environment.clone(), claim });
            let alike = prover.answer(&base.ground, &asked).iter().all(Answer::holds);
            assert_eq!(told.contains(&format!("p{number}")), alike, "p{number} of {texts:#?}\n{told:?}");
            match alike {
                true => idle += 1,
                false => needed += 1,
            }
            if alike {
                let with = Trial::new(policies.iter().enumerate());
                let allows = |tried: &Tried, without: Option<usize>| {
                    let any = |effect| {
                        let mut applied = tried.applied.iter().filter(|at| Some(**at) != without);
                        applied.any(|at| policies[*at].effect() == effect)
                    };
                    any(Effect::Permit) && !any(Effect::Forbid)
                };
                for (request, entities) in worlds.iter().step_by(7) {
                    let tried = with.run(request, entities);
                    assert_eq!(allows(&tried, None), allows(&tried, Some(number)), "p{number} of {texts:#?}");
                }
            }
        }
    }
    assert!(idle >= SETS && needed >= SETS, "{idle} {needed}");
}

/// The policies of which the lints say that nothing changes without them.
fn told(texts: &[String], engine: &dyn Engine) -> BTreeSet<String> {
    let mut faults = Diagnostics::new();
    let policies = texts.join("\n");
    let files =
        [("gatewright.toml", PROJECT), ("policy/main.cedar", policies.as_str()), ("policy/main.cedarschema", SCHEMA)];
    let package = PackageFiles::in_memory(files, &mut faults);
    let checked = pipeline::check(&package, &options(), faults);
    let found = proved(&package, &checked, Some(engine), Deadline::never());
    assert!(!found.iter().any(|one| one.code.as_str() == "unproved"), "{found:?}");
    let idle = ["dead-statement", "shadowed-grant", "overridden-grant", "idle-forbid"];
    let told = found.iter().filter(|one| idle.contains(&one.code.as_str()));
    told.map(|one| one.message.split('`').nth(1).unwrap().to_owned()).collect()
}
