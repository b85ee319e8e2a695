//! The diff held against decisions: of random programs and small changes of them, whatever random request the two sides
//! decide differently must be covered by what the diff says of its kind, and each example must be what it is said to be.

use gatewright::analysis::Witness;
use gatewright::config::Level;
use gatewright::decide::Engine;
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline::Checked;
use gatewright::semdiff::{Access, Basis, Difference, Finding};
use gatewright::text::Instant;
use gatewright::{lint, pipeline};

use crate::reference;
use crate::reference::generate;
use crate::reference::random::Random;

use super::{Built, access};

const PROGRAMS: u64 = 40;
const WORLDS: usize = 12;

#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    requests: usize,
    gained: usize,
    lost: usize,
    equal: usize,
    found: usize,
    unsure: usize,
}

fn check(text: &str) -> Option<(PackageFiles, Checked)> {
    let project = "[package]\nname = \"random\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory([("gatewright.toml", project), ("policy/main.gate", text)], &mut faults);
    let options = pipeline::Options {
        at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
        levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
        roles: None,
    };
    let checked = pipeline::check(&package, &options, faults);
    (!checked.failed()).then_some((package, checked))
}

/// The program with one thing changed: a statement left out, a number, an operator.
fn changed(random: &mut Random, text: &str) -> String {
    let own = text.find("condition calm").unwrap();
    let (model, program) = text.split_at(own);
    let lines: Vec<&str> = program.lines().collect();
    let statements: Vec<usize> = (0..lines.len())
        .filter(|at| ["no", "guard", "isolate", "apart", "g"].iter().any(|head| lines[*at].starts_with(head)))
        .collect();
    let swaps = [("&&", "||"), ("||", "&&"), (" > ", " >= "), (" <= ", " < "), ("true", "false"), ("== red", "!= red")];
    if random.one_in(2) && !statements.is_empty() {
        let left_out = *random.pick(&statements);
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
        let kept: Vec<&str> = kept.map(|(_, line)| *line).collect();
        return format!("{model}{}\n", kept.join("\n"));
    }
    let (from, to) = *random.pick(&swaps);
    let places: Vec<usize> = program.match_indices(from).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = *random.pick(&places);
    format!("{model}{}{to}{}", &program[..at], &program[at + from.len()..])
}

#[test]
fn whatever_is_decided_differently_is_in_the_difference() {
    let mut tally = Tally::default();
    for seed in 0..PROGRAMS {
        let random = &mut Random::new(seed);
        let generated = generate::program(random);
        let edited = changed(random, &generated.text);
        let (Some(old), Some(new)) = (check(&generated.text), check(&edited)) else {
            continue;
        };
        let (old, new) = (Built::from(old), Built::from(new));
        let Some(difference) = access::between(&old, &new) else {
            return;
        };
        tally.compared += 1;
        examples_are_what_they_are_said_to_be(&difference);
        assert_valid(&difference, [&old, &new]);
        let engines = [&old, &new].map(Built::engine);
        for _ in 0..WORLDS {
            let (entities, requests) = reference::requests(random, &generated, old.checked());
            let loaded = engines[0].entities(&entities).unwrap();
            for request in requests {
                let witness = Witness { request, entities: entities.clone() };
                let is_exact = |time: Instant| (i64::MIN / 2..=i64::MAX / 2).contains(&time.0);
                if !witness.times().iter().all(|(_, time)| is_exact(*time)) {
                    continue;
                }
                let allows = |engine: &Engine| engine.decide(&witness.request, &loaded).is_ok_and(|one| one.is_allow());
                let sides = [allows(&engines[0]), allows(&engines[1])];
                tally.requests += 1;
                let way = match sides {
                    [false, true] => 0,
                    [true, false] => 1,
                    _ => continue,
                };
                match way {
                    0 => tally.gained += 1,
                    _ => tally.lost += 1,
                }
                assert!(
                    covers(&difference, &witness, way),
                    "seed {seed}: {sides:?} {:?}\n{}\n{edited}",
                    witness.request,
                    access::told(&difference)
                );
            }
        }
        for access in &difference.accesses {
            tally.found += access.examples().count();
            tally.unsure += access.doubts().count();
        }
        tally.equal += usize::from(difference.accesses.is_empty());
    }
    assert!(tally.compared >= 20, "{tally:?}");
    assert!(tally.gained >= 10 && tally.lost >= 10, "{tally:?}");
    assert!(tally.equal >= 2, "{tally:?}");
    // What is always unknown covers everything and says nothing.
    assert!(tally.unsure * 10 <= tally.found, "{tally:?}");
}

/// Whether some holder is said to gain or to lose something in a request's kind, or that it is not known.
fn covers(difference: &Difference, witness: &Witness, way: usize) -> bool {
    let request = &witness.request;
    difference.accesses.iter().any(|access| {
        let kind = &access.request.cedar;
        let same = kind.principal == *request.principal.type_name()
            && kind.action == request.action
            && kind.resource == *request.resource.type_name();
        let finding = [&access.gained, &access.lost][way];
        same && !matches!(finding, Finding::None)
    })
}

/// Every example is a request that Cedar takes under the schema that it was made for.
pub(super) fn assert_valid(difference: &Difference, sides: [&Built; 2]) {
    for example in difference.accesses.iter().flat_map(Access::examples) {
        let side = match example.basis {
            Basis::Old => sides[0],
            Basis::New => sides[1],
            Basis::Merged => continue,
        };
        let schema = side.checked().lowered.schema.as_ref().unwrap();
        let request = &example.witness.request;
        let context = serde_json::Value::Object(request.context.clone());
        let context = cedar_policy::Context::from_json_value(context, Some((schema, &request.action)));
        let (principal, resource) = (request.principal.clone(), request.resource.clone());
        let valid =
            cedar_policy::Request::new(principal, request.action.clone(), resource, context.unwrap(), Some(schema));
        assert!(valid.is_ok(), "{:?}\n{:?}", valid.err(), request.context);
        let entities = cedar_policy::Entities::from_json_value(example.witness.entities.clone(), Some(schema));
        assert!(entities.is_ok(), "{:?}", entities.err());
    }
}

fn examples_are_what_they_are_said_to_be(difference: &Difference) {
    for access in &difference.accesses {
        for (finding, before) in [(&access.gained, false), (&access.lost, true)] {
            let Finding::Found(example) = finding else { continue };
            assert_eq!((example.before.allowed, example.after.allowed), (before, !before));
        }
    }
}
