//! Lowering held against a direct reading of the language: random programs over one model, random stores and requests,
//! and two evaluators that share no code. They must agree on every decision.

mod evaluate;
pub(crate) mod generate;
pub(crate) mod random;
mod unknown;
mod world;

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, Policy, PolicyId, PolicySet};
use gatewright::config::Level;
use gatewright::decide::{Engine, Outcome};
use gatewright::diag::Diagnostics;
use gatewright::text::Instant;
use gatewright::{decide, lint, pipeline};

use random::Random;

const PROGRAMS: u64 = 160;
const WORLDS: usize = 4;

#[derive(Debug, Default)]
struct Tally {
    programs: usize,
    refused: usize,
    allowed: usize,
    denied: usize,
}

#[test]
fn lowering_and_a_direct_reading_of_the_language_decide_alike() {
    let mut tally = Tally::default();
    for seed in 0..PROGRAMS {
        one_program(seed, &mut tally);
    }
    let cases = tally.allowed + tally.denied;
    assert!(cases >= 10_000, "{tally:?}");
    // Neither outcome may be so rare that agreement says little.
    assert!(tally.allowed * 20 >= cases, "{tally:?}");
    assert!(tally.refused * 4 <= tally.programs, "{tally:?}");
}

fn one_program(seed: u64, tally: &mut Tally) {
    let random = &mut Random::new(seed);
    let generated = generate::program(random);
    let mut faults = Diagnostics::new();
    let package = generated.package(&mut faults);
    let options = pipeline::Options {
        at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
        // Lints judge style and risk; what is compared here is meaning.
        levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
        roles: None,
    };
    let checked = pipeline::check(&package, &options, faults);
    tally.programs += 1;
    let faults: Vec<String> = checked
        .diagnostics
        .iter()
        .filter(|found| found.is_error())
        .map(|found| {
            format!("{} {}: {}", package.sources.location(found.primary().unwrap()), found.code, found.message)
        })
        .collect();
    if !faults.is_empty() {
        tally.refused += 1;
        let expected = ["two statements are named", "cannot be compared with"];
        for fault in &faults {
            assert!(expected.iter().any(|part| fault.contains(part)), "seed {seed}: {fault}\n{}", generated.text);
        }
        return;
    }
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let engine = Engine::from_tree(&tree).unwrap();
    let program = &checked.program;
    let plain = plain(&checked);
    for _ in 0..WORLDS {
        let mut world = world::world(random, &generated.roles, &generated.relations);
        clean(&mut world, program);
        let entities = engine
            .entities(&world.entities_json(&plain, &generated.relations))
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        for action in program.action_ids() {
            let decided_on = program.type_name(program.action(action).unwrap().decided_on[0]);
            let principals = program.principals_of(action);
            let asking =
                world.entities.keys().filter(|(ty, _)| principals.iter().any(|id| program.type_name(*id) == ty));
            let asking: Vec<_> = asking.cloned().collect();
            let asked: Vec<_> = world.entities.keys().filter(|(ty, _)| ty == decided_on).cloned().collect();
            for _ in 0..6 {
                let request = evaluate::Request {
                    program,
                    world: &world,
                    principal: random.pick(&asking).clone(),
                    action,
                    resource: random.pick(&asked).clone(),
                };
                let expected = evaluate::allows(&request);
                let uid = |(ty, id): &world::Uid| format!("{ty}::\"{id}\"").parse::<EntityUid>().unwrap();
                let (ty, id) = program.action(action).unwrap().cedar.clone();
                let cedar = decide::Request {
                    principal: uid(&request.principal),
                    action: uid(&(ty, id)),
                    resource: uid(&request.resource),
                    context: world.context_json(),
                };
                let decision = engine.decide(&cedar, &entities).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
                let allowed = decision.outcome == Outcome::Allow;
                assert_eq!(
                    allowed,
                    expected,
                    "seed {seed}: {:?} {} {:?} in {:?}\n{decision:?}\n{:#?}\n{}",
                    request.principal,
                    program.action_name(action),
                    request.resource,
                    world.context,
                    world.entities,
                    generated.text
                );
                match allowed {
                    true => tally.allowed += 1,
                    false => tally.denied += 1,
                }
            }
        }
    }
}

/// Random programs, evaluated without their schema beside a raw permit of everything: who is of a type that the program does
/// not know is kept out of what the language reference says, and of nothing else.
#[test]
fn unknown_types_are_kept_out_as_a_direct_reading_says() {
    let (mut kept_out, mut let_in) = (0, 0);
    for seed in 2000..2060 {
        let random = &mut Random::new(seed);
        let generated = generate::program(random);
        let mut faults = Diagnostics::new();
        let package = generated.package(&mut faults);
        let options = pipeline::Options {
            at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
            levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
            roles: None,
        };
        let checked = pipeline::check(&package, &options, faults);
        if checked.failed() {
            continue;
        }
        let tree = pipeline::build(&checked, &package.sources).unwrap();
        let policies = std::str::from_utf8(tree.get("policies.json").unwrap()).unwrap();
        let mut policies = PolicySet::from_json_str(policies).unwrap();
        let id = Some(PolicyId::new("everything"));
        policies.add(Policy::parse(id, "permit (principal, action, resource);").unwrap()).unwrap();
        let engine = Engine::new(policies, None, []).unwrap();
        let program = &checked.program;
        let stranger = ("Stranger".to_owned(), "s".to_owned());
        for _ in 0..WORLDS {
            let mut world = world::world(random, &generated.roles, &generated.relations);
            clean(&mut world, program);
            let mut json = world.entities_json(&plain(&checked), &generated.relations);
            let uid = serde_json::json!({ "type": "Stranger", "id": "s" });
            let entity = serde_json::json!({ "uid": uid, "attrs": {}, "parents": [] });
            json.as_array_mut().unwrap().push(entity);
            let entities = engine.entities(&json).unwrap();
            for action in program.action_ids() {
                let decided_on = program.type_name(program.action(action).unwrap().decided_on[0]);
                let asked = world.entities.keys().filter(|(ty, _)| ty == decided_on);
                let asked: Vec<_> = asked.cloned().collect();
                let request = evaluate::Request {
                    program,
                    world: &world,
                    principal: stranger.clone(),
                    action,
                    resource: random.pick(&asked).clone(),
                };
                let uid = |(ty, id): &world::Uid| format!("{ty}::\"{id}\"").parse::<EntityUid>().unwrap();
                let cedar = decide::Request {
                    principal: uid(&request.principal),
                    action: uid(&program.action(action).unwrap().cedar),
                    resource: uid(&request.resource),
                    context: world.context_json(),
                };
                let decision = engine.decide(&cedar, &entities).unwrap();
                let expected = unknown::keeps_out(&request);
                assert_eq!(
                    decision.outcome != Outcome::Allow,
                    expected,
                    "seed {seed}: {} {:?}\n{decision:?}\n{}",
                    program.action_name(action),
                    request.resource,
                    generated.text
                );
                match expected {
                    true => kept_out += 1,
                    false => let_in += 1,
                }
            }
        }
    }
    assert!(kept_out > 200 && let_in > 200, "{kept_out} {let_in}");
}

/// Types that plain roles may be given to.
fn plain(checked: &pipeline::Checked) -> BTreeSet<String> {
    let contract = &checked.lowered.contract;
    let holds = contract.entities.iter().filter(|(name, entity)| {
        let held = |role: &gatewright::bundle::RoleContract| role.on.is_none() && role.holders.contains(name);
        entity.holds_roles && (name.as_str() == "Team" || contract.roles.values().any(held))
    });
    holds.map(|(name, _)| name.clone()).collect()
}

/// A random store for a program, in Cedar's JSON form, and some random requests of each action.
pub(crate) fn requests(
    random: &mut Random,
    generated: &generate::Generated,
    checked: &pipeline::Checked,
) -> (serde_json::Value, Vec<decide::Request>) {
    let program = &checked.program;
    let mut world = world::world(random, &generated.roles, &generated.relations);
    clean(&mut world, program);
    let uid = |(ty, id): &world::Uid| format!("{ty}::\"{id}\"").parse::<EntityUid>().unwrap();
    let mut requests = Vec::new();
    for action in program.action_ids() {
        let decided_on = program.type_name(program.action(action).unwrap().decided_on[0]);
        let principals = program.principals_of(action);
        let is_principal = |ty: &str| principals.iter().any(|id| program.type_name(*id) == ty);
        let all = || world.entities.keys().cloned();
        let asking: Vec<world::Uid> = all().filter(|(ty, _)| is_principal(ty)).collect();
        let asked: Vec<world::Uid> = all().filter(|(ty, _)| ty == decided_on).collect();
        for _ in 0..6 {
            requests.push(decide::Request {
                principal: uid(random.pick(&asking)),
                action: uid(&program.action(action).unwrap().cedar),
                resource: uid(random.pick(&asked)),
                context: world.context_json(),
            });
        }
    }
    (world.entities_json(&plain(checked), &generated.relations), requests)
}

/// Takes away what the program's schema does not know: roles that a type may not hold.
fn clean(world: &mut world::World, program: &gatewright::graph::Program) {
    for ((ty, _), entity) in &mut world.entities {
        if ty == "Bot" {
            entity.held.clear();
        }
        if ty != "Team" {
            entity.roles.retain(|name| {
                let role = program.find_role(name).and_then(|id| program.role(id)).unwrap();
                role.holders.iter().any(|id| program.type_name(*id) == ty)
            });
        }
    }
}

/// Random programs, each compiled in several forms of roles, decide random requests alike.
pub(crate) fn forms_agree(forms: &[gatewright::config::Roles]) {
    let (mut allowed, mut denied) = (0, 0);
    for seed in 1000..1060 {
        let random = &mut Random::new(seed);
        let generated = generate::program(random);
        let mut faults = Diagnostics::new();
        let package = generated.package(&mut faults);
        let compiled: Vec<_> = forms
            .iter()
            .map(|form| {
                let options = pipeline::Options {
                    at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
                    levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
                    roles: Some(*form),
                };
                (*form, pipeline::check(&package, &options, Diagnostics::new()))
            })
            .collect();
        let failed: BTreeSet<bool> = compiled.iter().map(|(_, checked)| checked.failed()).collect();
        assert_eq!(failed.len(), 1, "seed {seed}");
        if failed.contains(&true) {
            continue;
        }
        let (_, first) = &compiled[0];
        for _ in 0..WORLDS {
            let (parents, requests) = requests(random, &generated, first);
            let decided: Vec<Vec<Outcome>> = compiled
                .iter()
                .map(|(form, checked)| {
                    let engine = Engine::from_tree(&pipeline::build(checked, &package.sources).unwrap()).unwrap();
                    let carriers = checked.lowered.contract.entities.iter();
                    let carriers = carriers.filter(|(_, ty)| ty.carries_roles).map(|(name, _)| name.clone());
                    let store = match form {
                        gatewright::config::Roles::Parents => parents.clone(),
                        form => crate::roles_form::in_form(&parents, &carriers.collect(), &generated.relations, *form),
                    };
                    let store =
                        engine.entities(&store).unwrap_or_else(|error| panic!("seed {seed}, {form:?}: {error}"));
                    let decide = |request| engine.decide(request, &store).unwrap().outcome;
                    requests.iter().map(decide).collect()
                })
                .collect();
            assert!(decided.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}: {decided:?}\n{}", generated.text);
            let open = decided[0].iter().filter(|outcome| **outcome == Outcome::Allow).count();
            allowed += open;
            denied += decided[0].len() - open;
        }
    }
    assert!(allowed > 300 && denied > 300, "{allowed} {denied}");
}
