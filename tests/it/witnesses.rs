//! Every request that is shown to a person is one that Cedar takes under the package's schema, and so are its entities: of
//! refuted assertions, of statements that error and of mutants that no test notices. Those of `diff` are tested in `semdiff`.

use cedar_policy::{Context, Entities, EntityUid, Request, RestrictedExpression};
use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline, Outcome, Witness};
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::mutation::MutationOperator;
use gatewright::pipeline::{Checked, MutateOptions, Mutated, ProofOptions, ProveOptions, Shard};
use gatewright::text::Instant;
use gatewright::{load, mutation, pipeline};
use serde_json::Value;

use crate::prover::solver;
use crate::semdiff::SHOP;
use crate::support::root;

const PROJECT: &str = "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";

fn at() -> Instant {
    Instant::parse("2026-03-01T00:00:00Z").unwrap()
}

fn checked(package: &PackageFiles, faults: Diagnostics) -> Checked {
    let options = pipeline::Options { at: at(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(package, &options, faults);
    let faults: Vec<&str> = checked
        .diagnostics
        .iter()
        .filter(|found| found.is_error() && gatewright::lint::find(found.code.as_str()).is_none())
        .map(|found| found.message.as_str())
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    checked
}

/// A suite that notices hardly any mutant.
const SUITE: &str = "suite: one
at: 2026-03-01T10:00:00Z
principals:
  ann: {type: User, org: acme, level: public}
resources:
  acme: {type: Org, plan: free}
  bill: {type: Bill, org: acme, level: public, state: draft, created_by: ann}
contexts:
  calm: {risk: 0, mfa: true}
tests:
  - {name: nobody, as: ann, in: calm, cannot: {pay: bill}}
";

/// The package of one example with some more Gate beside it, and nothing but its policy.
fn example(name: &str, more: &str) -> (PackageFiles, Checked) {
    let mut faults = Diagnostics::new();
    let whole = load::load_package(&root().join("examples").join(name), &mut faults).unwrap();
    let promises = |name: &str| name.ends_with("promises.gate");
    let gate = whole.gate.iter().map(|file| (whole.sources.name(*file), whole.sources.text(*file)));
    let texts =
        gate.filter(|(name, _)| !promises(name)).chain([("gatewright.toml", PROJECT), ("policy/claims.gate", more)]);
    let package = PackageFiles::in_memory(texts, &mut faults);
    let checked = checked(&package, faults);
    (package, checked)
}

fn shop(more: &str) -> (PackageFiles, Checked) {
    let text = SHOP.strip_prefix("//- /policy/shop.gate\n").unwrap();
    let text = format!("{text}\n{more}");
    let mut faults = Diagnostics::new();
    let texts = [("gatewright.toml", PROJECT), ("policy/shop.gate", &text), ("scenarios/one.yaml", SUITE)];
    let package = PackageFiles::in_memory(texts, &mut faults);
    let checked = checked(&package, faults);
    (package, checked)
}

/// That nobody may do anything, action by action.
fn never(checked: &Checked) -> String {
    let program = &checked.program;
    let actions = program.actions.iter().enumerate().filter_map(|(at, action)| {
        let on = program.type_name(action.declared_on?);
        Some(format!("assert never{at}: never any to {} on {on};\n", action.name))
    });
    let steps = program.profiles.iter().map(|profile| {
        let name = &profile.name;
        format!("assert {name}_steps: never any to RequestBreakGlass, ApproveBreakGlass on {name};\n")
    });
    actions.chain(steps).collect()
}

/// Whether Cedar takes a request and its entities.
fn assert_valid(request: [&EntityUid; 3], context: Value, entities: Value, checked: &Checked) {
    let schema = checked.lowered.schema.as_ref().unwrap();
    let [principal, action, resource] = request.map(Clone::clone);
    let shown = format!("{principal} {action} {resource}\n{context}\n{entities}");
    let context =
        Context::from_json_value(context, Some((schema, &action))).unwrap_or_else(|error| panic!("{error}\n{shown}"));
    if let Err(error) = Request::new(principal, action, resource, context, Some(schema)) {
        panic!("{error}\n{shown}");
    }
    if let Err(error) = Entities::from_json_value(entities, Some(schema)) {
        panic!("{error}\n{shown}");
    }
}

fn assert_valid_witness(witness: &Witness, checked: &Checked) {
    let request = &witness.request;
    assert_valid(
        [&request.principal, &request.action, &request.resource],
        Value::Object(request.context.clone()),
        witness.entities.clone(),
        checked,
    );
}

/// The record of `name: value` as they are shown.
fn values<'a>(lines: impl Iterator<Item = &'a str>) -> Value {
    let read = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.parse::<RestrictedExpression>().unwrap())
    };
    Context::from_pairs(lines.map(read)).unwrap().to_json_value().unwrap()
}

/// The entities as they are shown, each line of their attributes below theirs.
fn entities(notes: &[String]) -> Value {
    let uid = |text: &str| text.parse::<EntityUid>().unwrap().to_json_value().unwrap();
    let starts = notes.iter().enumerate().filter_map(|(at, note)| Some((at, note.strip_prefix("entity    ")?)));
    let read = |(at, shown): (usize, &str)| {
        let (shown, parents) = shown.split_once(" in ").unwrap_or((shown, ""));
        let parents: Vec<Value> = parents.split(", ").filter(|parent| !parent.is_empty()).map(uid).collect();
        let attributes = notes[at + 1..].iter().map_while(|note| note.strip_prefix("            "));
        serde_json::json!({ "uid": uid(shown), "attrs": values(attributes), "parents": parents })
    };
    starts.map(read).collect()
}

/// How many refutations there are, each a request that Cedar takes.
fn refutations(package: &PackageFiles, checked: &Checked) -> usize {
    let Some(found) = solver() else { return 0 };
    let cache = Cache::in_memory();
    let options = ProveOptions {
        solver: found.engine.as_ref(),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        only: &[],
        shard: Shard::WHOLE,
        at: at(),
        keeps_scripts: false,
    };
    let proofs = pipeline::prove(package, checked, options, &|_, _| ()).unwrap();
    let mut refuted = 0;
    for proof in &proofs.all {
        if let Outcome::Refuted(refutation) = &proof.outcome {
            assert_valid_witness(&refutation.witness, checked);
            refuted += 1;
        }
    }
    refuted
}

#[test]
fn refutations_of_assertions_are_requests_that_cedar_takes() {
    if solver().is_none() {
        return;
    }
    let (_, first) = shop("");
    let more = "assert a: always clerk to read on Bill;\nassert b: only boss to list on Bill;\n";
    let (package, checked) = shop(&format!("{}{more}", never(&first)));
    let refuted = refutations(&package, &checked);
    assert!(refuted >= 6, "{refuted}");
    for (name, least) in [("quickstart", 3), ("authzen-todo", 3), ("marketplace", 8)] {
        let (_, first) = example(name, "");
        let (package, checked) = example(name, &never(&first));
        let refuted = refutations(&package, &checked);
        assert!(refuted >= least, "{name}: {refuted}");
    }
}

/// What a lint shows is read from its words, as a person reads it.
#[test]
fn requests_on_which_statements_error_are_ones_that_cedar_takes() {
    let (package, checked) = shop(
        "context { from caller { size?: Long, started: datetime } }
e1: deny any to read on Bill when context.risk + 1 > 3;
e2: deny User to pay on Bill when context.risk * 2 > 3 && context has note;
e3: deny App to read on Bill when context has size && context.size - 1 > 3;
e4: deny any to pin on Note when context.now.durationSince(context.started) > 1h;
e5: deny clerk to any on Bill when -context.risk > 3;
allow App to list on Bill when context.risk + 5 > 6;
",
    );
    let found = solver();
    let cache = Cache::in_memory();
    let options = ProofOptions {
        solver: found.as_ref().map(|found| found.engine.as_ref()),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        at: at(),
    };
    let all = pipeline::prove_lints(&package, &checked, &options, &|_, _| ()).unwrap().found;
    let erring = all.iter().filter(|found| ["erring-forbid", "erring-grant"].contains(&found.code.as_str()));
    let mut shown = 0;
    for finding in erring {
        let note = |start: &str| {
            let rest = finding.notes.iter().find_map(|note| note.strip_prefix(start));
            rest.unwrap().parse::<EntityUid>().unwrap()
        };
        let asked = [&note("principal "), &note("action    "), &note("resource  ")];
        let context = values(finding.notes.iter().filter_map(|note| note.strip_prefix("context   ")));
        assert_valid(asked, context, entities(&finding.notes), &checked);
        shown += 1;
    }
    assert!(found.is_none() || shown >= 4, "{shown}");
}

#[test]
fn requests_that_tell_mutants_apart_are_ones_that_cedar_takes() {
    let Some(found) = solver() else { return };
    let (package, checked) = shop("");
    let suites = pipeline::suites(&package, &checked).unwrap();
    assert!(suites.diagnostics.is_empty(), "{:?}", suites.diagnostics);
    let cache = Cache::in_memory();
    let options = MutateOptions {
        solver: Some(found.engine.as_ref()),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        at: at(),
        build: "",
        kinds: &[MutationOperator::DropGuard, MutationOperator::DropGrant, MutationOperator::ShiftBound],
        shard: Shard::WHOLE,
        progress: &|_, _| (),
    };
    let mutated = pipeline::mutate(&package, &suites, &options).unwrap();
    let mut shown = 0;
    let Mutated::Tried(tried) = mutated else {
        panic!("the suite passes");
    };
    for trial in &tried.trials {
        let mutation::Outcome::Missed(missed) = &trial.outcome else {
            continue;
        };
        let Some(decided) = missed.request.as_ref().filter(|decided| decided.is_asked) else {
            continue;
        };
        assert_valid_witness(&decided.witness, &checked);
        shown += 1;
    }
    assert!(shown >= 6, "{shown}");
}
