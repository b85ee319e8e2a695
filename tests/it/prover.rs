//! The prover on real packages: claims proved and refuted, counterexamples that replay, limits, caches and broken solvers.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use cedar_policy::Policy;
use gatewright::analysis::solver::{Found, Limits, Places, Provenance};
use gatewright::analysis::{
    Answer, Base, Cache, Claim, Deadline, Prover, Question, Rule, Rules, Stage, Unknown, Unshowable, Witness, solver,
};
use gatewright::decide::{Engine, Strictness};
use gatewright::diag::Diagnostics;
use gatewright::pipeline::Checked;
use gatewright::text::Instant;
use gatewright::{load, pipeline};

use crate::support;
use crate::support::root;

/// The places of the process's own environment, with the tool as it was built for this run.
pub(crate) fn places() -> Places {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("GATEWRIGHT_CACHE");
    let home = || variable("HOME").map(|home| home.join(".cache"));
    Places {
        chosen: variable("GATEWRIGHT_CVC5"),
        cache: cache.or_else(|| variable("XDG_CACHE_HOME").or_else(home).map(|cache| cache.join("gatewright"))),
        cedar: variable("CVC5"),
        path: std::env::var_os("PATH"),
        own_binary: Some(env!("CARGO_BIN_EXE_gatewright").into()),
    }
}

/// The solver, where there is one.
pub(crate) fn solver() -> Option<Found> {
    let found = solver::find(&places()).ok().flatten();
    support::has("solver", found.is_some()).then_some(found).flatten()
}

/// A checked example with its engine.
pub(crate) struct Example {
    pub(crate) checked: Checked,
    pub(crate) engine: Engine,
    pub(crate) plain: Engine,
}

pub(crate) fn example(folder: &Path) -> Example {
    let mut loading = Diagnostics::new();
    let package = load::load_package(folder, &mut loading).unwrap();
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, loading);
    assert!(!checked.failed());
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let engine = Engine::from_tree(&tree).unwrap();
    let plain = Engine::from_tree(&tree).unwrap().with_strictness(Strictness::Cedar);
    Example { checked, engine, plain }
}

impl Example {
    pub(crate) fn base(&self) -> Base {
        let lowered = &self.checked.lowered;
        let policies = lowered.policies.iter().map(|(policy, _)| policy);
        Base::new(lowered.schema.as_ref().unwrap(), policies).unwrap()
    }
}

/// A witness on few lines.
fn told(witness: &Witness) -> String {
    let request = &witness.request;
    let mut lines = vec![
        format!("{} {} {}", request.principal, request.action, request.resource),
        format!("in {}", serde_json::Value::from(request.context.clone())),
    ];
    lines.extend(witness.entities.as_array().into_iter().flatten().map(ToString::to_string));
    lines.join("\n")
}

fn permit(condition: &str) -> Rule {
    let text = format!("permit(principal, action, resource) when {{ {condition} }};");
    Rule::new(&Policy::parse(None, text).unwrap()).unwrap()
}

/// For every action on a user's own kind of resource: what is allowed to a principal of another tenant. The marketplace's
/// are asked by the tests of `prove`.
fn cross_tenant(base: &Base, without_isolation: bool) -> Vec<Question> {
    let other = permit("principal has org && resource has org && principal.org != resource.org");
    let named = |id: &str| id.contains("isolate");
    base.environments
        .iter()
        .filter(|env| env.principal.basename() == "User" && env.resource.basename() == "Invoice")
        .map(|env| {
            let kept = base.slice(env).filter(|listed| !(without_isolation && named(&listed.id)));
            Question {
                environment: env.clone(),
                claim: Claim::Disjoint(Rules::new(kept.map(|listed| listed.rule.clone())), Rules::new([other.clone()])),
            }
        })
        .collect()
}

#[test]
fn tenants_are_apart_whoever_answers() {
    let Some(found) = solver() else { return };
    let example = example(&root().join("examples/quickstart"));
    let base = example.base();
    let questions = cross_tenant(&base, false);
    assert!(questions.len() >= 2);
    let folder = tempfile::tempdir().unwrap();
    for (round, asked) in [("cold", true), ("warm", false)] {
        let cache = Cache::on_disk(folder.path());
        let told = Mutex::new(BTreeSet::new());
        let hears = |done, of| {
            told.lock().unwrap().insert((done, of));
        };
        let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never()).telling(&hears);
        let answers = prover.answer(&base.ground, &questions);
        let of = questions.len();
        assert_eq!(*told.lock().unwrap(), (0..=of).map(|done| (done, of)).collect());
        for (question, answer) in questions.iter().zip(&answers) {
            assert!(answer.holds(), "{round} {}: {answer:?}", question.environment);
        }
        let statistics = prover.statistics();
        assert_eq!(statistics.questions, questions.len());
        assert_eq!(statistics.asked > 0, asked, "{round}");
    }
}

#[test]
fn a_counterexample_is_small_replays_and_keeps_the_contract() {
    let Some(found) = solver() else { return };
    let example = example(&root().join("examples/marketplace"));
    let base = example.base();
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::never());
    let approve = base.environments.iter().find(|env| env.action.to_string().contains("Payout.approve")).unwrap();
    // The whole set takes a minute to encode without optimisation; the witness is replayed on it all the same.
    let named = |id: &str| id.contains("payout_incident") || id.contains("isolate");
    let kept = base.slice(approve).filter(|listed| named(&listed.id));
    let question = Question {
        environment: approve.clone(),
        claim: Claim::AlwaysDenies(Rules::new(kept.map(|listed| listed.rule.clone()))),
    };
    let answers = prover.answer(&base.ground, &[question]);
    let Answer::Fails(raw) = &answers[0] else {
        panic!("somebody can approve: {answers:?}");
    };
    let literals = BTreeSet::new();
    let allowed =
        |witness: &Witness, engine: &Engine| witness.decide(engine).is_some_and(|decision| decision.is_allow());
    let stage = Stage {
        contract: &example.checked.lowered.contract,
        engine: &example.engine,
        literals: &literals,
        at: Instant::parse("2026-03-01T10:00:00Z").unwrap(),
        shows: &|witness| allowed(witness, &example.engine),
        shows_unchecked: &|witness| {
            witness.decide_unchecked(&example.plain).is_some_and(|decision| decision.is_allow())
        },
    };
    let witness = Witness::new(raw, stage).unwrap();
    assert!(allowed(&witness, &example.engine));
    let schema = example.checked.lowered.schema.as_ref().unwrap();
    let (asked, context) = (&witness.request, serde_json::Value::Object(witness.context().clone()));
    let context = cedar_policy::Context::from_json_value(context, Some((schema, &asked.action))).unwrap();
    let (principal, resource) = (asked.principal.clone(), asked.resource.clone());
    let valid = cedar_policy::Request::new(principal, asked.action.clone(), resource, context, Some(schema));
    assert!(valid.is_ok(), "{:?}", valid.err());
    // Another version may find another one.
    if found.engine.identity().version.starts_with("1.3.1") {
        insta::assert_snapshot!(told(&witness), @r#"
    Marketplace::User::"user-1" Marketplace::Action::"Payout.approve" Marketplace::Payout::"payout-1"
    in {"source_ip":{"__extn":{"fn":"ip","arg":"10.0.0.1"}},"auth_time":{"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}},"break_glass":{"payout_incident":{"actions":["Payout.approve"],"approved_at":{"__extn":{"fn":"datetime","arg":"2026-03-01T08:00:00.001Z"}},"approver1":{"__entity":{"type":"Marketplace::User","id":"user-4"}},"approver2":{"__entity":{"type":"Marketplace::User","id":"user-5"}},"expires_at":{"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00.001Z"}},"id":"D","log_index":0,"not_before":{"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}},"reason":"INC-","refusals":0,"requested_at":{"__extn":{"fn":"datetime","arg":"2026-03-01T08:00:00.001Z"}},"requester":{"__entity":{"type":"Marketplace::User","id":"user-1"}},"resource_count":1,"resources":{"Payout":[{"__entity":{"type":"Marketplace::Payout","id":"payout-1"}}]},"revoked":false,"tenant":{"org":{"__entity":{"type":"Marketplace::Org","id":"org-1"}}},"ticket":"INC-","uses":0}},"session_id":"B","mfa":true,"now":{"__extn":{"fn":"datetime","arg":"2026-03-01T10:00:00Z"}},"risk_score":0}
    {"uid":{"type":"Marketplace::Org","id":"org-1"},"attrs":{"admin":{"__entity":{"type":"Marketplace::RoleHolders","id":"Org::org-1.admin"}},"plan":"C"},"parents":[]}
    {"uid":{"type":"Marketplace::Payout","id":"payout-1"},"attrs":{"amount":{"__extn":{"fn":"decimal","arg":"0.0"}},"classification":{"__entity":{"type":"Marketplace::Classification","id":"internal"}},"created_by":{"__entity":{"type":"Marketplace::User","id":"user-2"}},"destination":"A","destination_set_by":{"__entity":{"type":"Marketplace::User","id":"user-3"}},"org":{"__entity":{"type":"Marketplace::Org","id":"org-1"}}},"parents":[{"type":"Marketplace::Org","id":"org-1"}]}
    {"uid":{"type":"Marketplace::User","id":"user-1"},"attrs":{"clearance":{"__entity":{"type":"Marketplace::Classification","id":"internal"}},"org":{"__entity":{"type":"Marketplace::Org","id":"org-1"}}},"parents":[{"type":"Marketplace::Org","id":"org-1"},{"type":"Marketplace::RoleHolders","id":"Org::org-1.admin"}]}
    {"uid":{"type":"Marketplace::User","id":"user-4"},"attrs":{"clearance":{"__entity":{"type":"Marketplace::Classification","id":"internal"}},"org":{"__entity":{"type":"Marketplace::Org","id":"org-1"}}},"parents":[{"type":"Marketplace::Org","id":"org-1"},{"type":"Marketplace::Role","id":"security_lead"}]}
    {"uid":{"type":"Marketplace::User","id":"user-5"},"attrs":{"clearance":{"__entity":{"type":"Marketplace::Classification","id":"internal"}},"org":{"__entity":{"type":"Marketplace::Org","id":"org-1"}}},"parents":[{"type":"Marketplace::Org","id":"org-1"},{"type":"Marketplace::Role","id":"security_lead"}]}
    "#);
    }
    // One that shows nothing is a fault of ours, and said to be one.
    let never = Stage { shows_unchecked: &|_| false, ..stage };
    assert_eq!(Witness::new(raw, never), Err(Unshowable::NotReplayed));
    let unconforming = Stage { shows: &|_| false, ..stage };
    assert_eq!(Witness::new(raw, unconforming), Err(Unshowable::Unconforming));
}

#[test]
fn what_is_not_answered_is_unknown_and_says_why() {
    let Some(found) = solver() else { return };
    let example = example(&root().join("examples/quickstart"));
    let base = example.base();
    let questions: Vec<Question> = base
        .environments
        .iter()
        .map(|env| Question { environment: env.clone(), claim: Claim::AlwaysDenies(base.rules(env)) })
        .collect();
    let cache = Cache::in_memory();
    let starved = Limits { resources: 1, ..Limits::default() };
    let prover = Prover::new(found.engine.as_ref(), &cache, starved, Deadline::never());
    let answers = prover.answer(&base.ground, &questions);
    assert!(answers.iter().any(|answer| matches!(answer, Answer::Unknown(Unknown::Limit(_)))), "{answers:?}");
    assert!(!answers.iter().any(|answer| matches!(answer, Answer::Fails(_))));

    let late =
        Prover::new(found.engine.as_ref(), &cache, Limits::default(), Deadline::after(std::time::Duration::ZERO));
    let answers = late.answer(&base.ground, &questions);
    assert!(answers.iter().all(|answer| matches!(answer, Answer::Unknown(Unknown::OutOfTime))));
    let script = late.script(&base.ground, &questions[0]).unwrap();
    assert!(script.contains("(assert ") && script.ends_with("(check-sat)\n"), "{script}");
}

/// A solver that says its version and then behaves as a line of shell says when asked `(check-sat)`.
#[cfg(unix)]
fn broken(folder: &Path, name: &str, first: &str, asked: &str) -> Found {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    let script = format!(
        "#!/bin/sh\nwhile read -r line; do case \"$line\" in\n'(get-info :version)') echo '(:version \"1.3.1\")';;\n\
         '(reset)') {first};;\n'(check-sat)') {asked};;\n'(get-model)') echo '('; echo ')';;\nesac; done\n"
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let named = Places { chosen: Some(path), ..Places::default() };
    solver::needed(&named).unwrap()
}

#[cfg(unix)]
#[test]
fn a_solver_that_breaks_hangs_or_talks_nonsense_proves_nothing() {
    let example = example(&root().join("examples/quickstart"));
    let base = example.base();
    // The one with the fewest rules, as each is compiled anew.
    let ruled = base.environments.iter().filter(|env| base.slice(env).next().is_some());
    let environment = ruled.min_by_key(|env| base.slice(env).count()).unwrap().clone();
    let claim = Claim::AlwaysDenies(base.rules(&environment));
    let question = [Question { environment, claim }];
    let folder = tempfile::tempdir().unwrap();
    let short = Limits { milliseconds: 50, ..Limits::default() };
    let mut told = Vec::new();
    for (name, asked) in [("dies", "exit 1"), ("errs", "echo '(error \"out of order\")'"), ("babbles", "echo proved")] {
        let found = broken(folder.path(), name, ":", asked);
        let cache = Cache::in_memory();
        let prover = Prover::new(found.engine.as_ref(), &cache, short, Deadline::never());
        let answers = prover.answer(&base.ground, &question);
        let [Answer::Unknown(unknown)] = answers.as_slice() else {
            panic!("{name}: {answers:?}");
        };
        told.push(format!("{name}: {unknown}"));
    }
    // One that takes none of its input, which is more than a pipe holds.
    let found = broken(folder.path(), "deaf", "exec sleep 60", ":");
    let script = "(declare-const held Bool)\n".repeat(10_000);
    let reply = found.engine.start(short).unwrap().check(&script, None).unwrap();
    told.push(format!("deaf: {reply:?}"));
    insta::assert_snapshot!(told.join("\n"), @"
    dies: solver error: the solver exited before it answered
    errs: solver error: the solver rejects the question: out of order
    babbles: solver error: the solver rejects the question: proved
    deaf: Unknown(\"no answer within 50 ms\")
    ");
    // A counterexample that is none is held against the question before anybody is told.
    let found = broken(folder.path(), "lies", ":", "echo sat");
    let cache = Cache::in_memory();
    let prover = Prover::new(found.engine.as_ref(), &cache, short, Deadline::never());
    let answers = prover.answer(&base.ground, &question);
    let [Answer::Unknown(Unknown::Refused(refused))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(refused.starts_with("model is invalid: violates assertion"), "{refused}");
}

#[test]
fn a_worker_whose_asker_is_gone_ends_in_the_middle_of_a_question() {
    // An executable is no worker of ours.
    let Some(found) = solver().filter(|found| found.place.is_dir()) else {
        return;
    };
    let mut worker = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .arg("__smt-worker")
        .arg(&found.place)
        .args(["100000000000", "600000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut questions = worker.stdin.take().unwrap();
    let cubes = "(set-logic ALL)\n(declare-const a Int)\n(declare-const b Int)\n(declare-const c Int)\n\
        (assert (= 114 (+ (* a a a) (* b b b) (* c c c))))\n(check-sat)\n";
    questions.write_all(cubes.as_bytes()).unwrap();
    questions.flush().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert!(worker.try_wait().unwrap().is_none(), "it is still thinking");
    drop(questions);
    let ended = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        worker.try_wait().unwrap().is_some()
    });
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(ended);
}

#[test]
fn a_solver_that_is_named_and_does_not_work_is_an_error_and_not_another_solver() {
    let named = Places { chosen: Some("/nowhere/cvc5".into()), ..places() };
    let error = solver::find(&named).unwrap_err();
    insta::assert_snapshot!(error, @"`/nowhere/cvc5`, named by GATEWRIGHT_CVC5, does not work as a solver: cannot start the solver: entity not found");
    let nowhere = Places::default();
    assert_eq!(solver::needed(&nowhere).unwrap_err().to_string(), "no solver found, but this needs one");
    if let Some(found) = solver() {
        assert_ne!(found.provenance, Provenance::Chosen);
        assert_eq!(found.engine.identity().name, "cvc5");
    }
}
