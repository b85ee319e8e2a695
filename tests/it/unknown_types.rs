//! What guards and denials do to principals of types that the policy does not know, where a bundle is evaluated by plain Cedar
//! without its schema, as most gateways do.

use std::collections::BTreeSet;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Schema, Validator,
};
use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline};
use gatewright::config::Level;
use gatewright::diag::Diagnostics;
use gatewright::graph::ActionId;
use gatewright::load::PackageFiles;
use gatewright::mutation::{MutationOperator, Outcome};
use gatewright::pipeline::{Checked, MutateOptions, Mutated, Shard};
use gatewright::text::Instant;
use gatewright::{lint, load, pipeline};
use serde_json::json;

use crate::prover::solver;
use crate::support::root;

/// A package that was built, and its policies with one more, which permits everything.
struct Open {
    checked: Checked,
    policies: PolicySet,
    schema: Schema,
}

fn open(package: &PackageFiles, faults: Diagnostics) -> Open {
    let options = pipeline::Options {
        at: Instant::parse("2026-06-01T00:00:00Z").unwrap(),
        levels: lint::all().map(|lint| (lint.id().to_owned(), Level::Allow)).collect(),
        roles: None,
    };
    let checked = pipeline::check(package, &options, faults);
    let found: Vec<&str> = checked.diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert!(!checked.failed(), "{found:?}");
    let tree = pipeline::build(&checked, &package.sources).unwrap();
    let mut policies =
        PolicySet::from_json_str(std::str::from_utf8(tree.get("policies.json").unwrap()).unwrap()).unwrap();
    let (schema, _) =
        Schema::from_cedarschema_str(std::str::from_utf8(tree.get("schema.cedarschema").unwrap()).unwrap()).unwrap();
    let everything = Policy::parse(Some(PolicyId::new("everything")), "permit (principal, action, resource);").unwrap();
    policies.add(everything).unwrap();
    Open { checked, policies, schema }
}

fn in_memory(gate: &str, cedar: &str) -> Open {
    let project = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let mut texts = vec![("gatewright.toml", project), ("policy/main.gate", gate)];
    if !cedar.is_empty() {
        texts.push(("policy/raw.cedar", cedar));
    }
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory(texts, &mut faults);
    open(&package, faults)
}

impl Open {
    /// What plain Cedar decides without a schema, and the policies that decide.
    fn decides(
        &self,
        principal: &str,
        action: &str,
        resource: &str,
        context: serde_json::Value,
    ) -> (Decision, BTreeSet<String>) {
        self.decides_of(principal, action, resource, context, json!([]))
    }

    fn decides_of(
        &self,
        principal: &str,
        action: &str,
        resource: &str,
        context: serde_json::Value,
        entities: serde_json::Value,
    ) -> (Decision, BTreeSet<String>) {
        let uid = |text: &str| text.parse::<EntityUid>().unwrap_or_else(|error| panic!("{text}: {error}"));
        let context = Context::from_json_value(context, None).unwrap();
        let request = Request::new(uid(principal), uid(action), uid(resource), context, None).unwrap();
        let entities = Entities::from_json_value(entities, None).unwrap();
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let reasons = response.diagnostics().reason().map(ToString::to_string).collect();
        (response.decision(), reasons)
    }

    /// Whether some guard, isolation or denial of everybody, without a condition, concerns an action.
    fn is_guarded(&self, action: ActionId) -> bool {
        let program = &self.checked.program;
        let denied = |deny: &gatewright::graph::Deny| deny.who.is_empty() && deny.actions.contains(&action);
        !program.requires_of(action).is_empty()
            || !program.separations_of(action).is_empty()
            || program.isolations.iter().any(|isolation| isolation.except.is_empty())
            || program.denies.iter().any(|deny| denied(deny) && deny.when.is_none())
    }
}

/// The model of the cases below.
const MODEL: &str = "resource Org;
principal User in Org as org { level: Long }
principal Bot in Org as org;
resource Doc in Org as org { author: User, sealed: Bool, action read, write; }
context { from token { mfa: Bool } }
role clerk for User { allow read, write on Doc; }
role bots for Bot { allow read on Doc; }
";

const WRITE: &str = "Action::\"Doc.write\"";
const READ: &str = "Action::\"Doc.read\"";

/// Each of these keeps out a type that it does not know, and says that it does.
#[test]
fn guards_and_denials_keep_out_types_that_they_do_not_know() {
    let cases = [
        ("g: require context.mfa for Doc.write;", "g--unknown-types"),
        ("isolate by org;", "isolate:org--unknown-types"),
        ("s: separate Doc.read from Doc.write by author;", "s--unknown-types"),
        ("d: deny any to write on Doc;", "d--unknown-types"),
        ("d: deny any to write on any;", "d--unknown-types"),
        ("d: deny any to any on Doc;", "d--unknown-types--Doc:write"),
        ("d: deny any to write on Doc when principal.org != resource.org;", "d--unknown-types"),
        ("d: deny any to write on Doc when context.mfa;", "d--unknown-types"),
        ("d: deny any to write on Doc when resource.sealed;", "d--unknown-types--Doc"),
    ];
    let sealed = json!([{ "uid": { "type": "Doc", "id": "d" }, "attrs": { "sealed": true }, "parents": [] }]);
    for (statement, reason) in cases {
        let built = in_memory(&format!("{MODEL}{statement}"), "");
        let (decision, reasons) =
            built.decides_of("Alien::\"a\"", WRITE, "Doc::\"d\"", json!({ "mfa": true }), sealed.clone());
        assert_eq!(decision, Decision::Deny, "{statement}");
        assert!(reasons.contains(reason), "{statement}: {reasons:?}");
    }
}

#[test]
fn a_denied_type_is_kept_out_of_actions_that_nothing_joins_it_to() {
    let decided = |statement: &str, principal: &str, sealed: bool| {
        let built = in_memory(&format!("{MODEL}{statement}"), "");
        let doc = json!([{ "uid": { "type": "Doc", "id": "d" }, "attrs": { "sealed": sealed }, "parents": [] }]);
        built.decides_of(principal, WRITE, "Doc::\"d\"", json!({ "mfa": true }), doc).0
    };
    let (user, bot) = ("User::\"u\"", "Bot::\"b\"");
    for statement in [
        "d: deny Bot to write on Doc;",
        "d: deny Bot to any on Doc when context.mfa;",
        "d: deny Bot, clerk to write on Doc;",
        "d: deny Bot to write on Doc when resource.sealed;",
    ] {
        assert_eq!(decided(statement, bot, true), Decision::Deny, "{statement}");
        assert_eq!(decided(statement, user, true), Decision::Allow, "{statement}");
    }
    assert_eq!(decided("d: deny Bot to write on Doc when resource.sealed;", bot, false), Decision::Allow);
    assert_eq!(decided("d: deny User to write on Doc;", bot, true), Decision::Allow);
}

#[test]
fn a_resource_of_an_unknown_type_is_no_way_around_a_guard() {
    let cases = [
        "g: require context.mfa for Doc.write;",
        "isolate by org;",
        "d: deny any to write on Doc;",
        "d: deny any to write on Doc when resource.sealed;",
    ];
    for statement in cases {
        let built = in_memory(&format!("{MODEL}{statement}"), "");
        for principal in ["User::\"u\"", "Alien::\"a\""] {
            let (decision, reasons) = built.decides(principal, WRITE, "Copy::\"c\"", json!({ "mfa": true }));
            assert_eq!(decision, Decision::Deny, "{statement} {principal} {reasons:?}");
        }
    }
}

#[test]
fn a_condition_that_reads_no_principal_counts_for_unknown_types_too() {
    let weak = in_memory(&format!("{MODEL}d: deny any to write on Doc when !context.mfa;"), "");
    let decided = |mfa: bool| weak.decides("Alien::\"a\"", WRITE, "Doc::\"d\"", json!({ "mfa": mfa })).0;
    assert_eq!((decided(true), decided(false)), (Decision::Allow, Decision::Deny));
    let built = in_memory(&format!("{MODEL}d: deny any to write on Doc when resource.sealed;"), "");
    let decided = |sealed: bool| {
        let doc = json!([{ "uid": { "type": "Doc", "id": "d" }, "attrs": { "sealed": sealed }, "parents": [] }]);
        built.decides_of("Alien::\"a\"", WRITE, "Doc::\"d\"", json!({}), doc).0
    };
    assert_eq!((decided(false), decided(true)), (Decision::Allow, Decision::Deny));
}

#[test]
fn what_no_guard_concerns_stays_as_raw_permits_say() {
    let built = in_memory(&format!("{MODEL}g: require context.mfa for Doc.write;\nd: deny User to read on Doc;"), "");
    assert_eq!(built.decides("Alien::\"a\"", READ, "Doc::\"d\"", json!({})).0, Decision::Allow);
    // Who is excepted is not held apart, whatever the other's type.
    let built = in_memory(
        "resource Org;\nprincipal User in Org as org;\nresource Doc in Org as org { action read; }\n\
         resource Page { action see; }\nrole clerk for User { allow read on Doc; allow see on Page; }\n\
         isolate by org except Page because \"public\";",
        "",
    );
    assert_eq!(built.decides("Alien::\"a\"", "Action::\"Page.see\"", "Page::\"p\"", json!({})).0, Decision::Allow);
    assert_eq!(built.decides("Alien::\"a\"", READ, "Doc::\"d\"", json!({})).0, Decision::Deny);
}

#[test]
fn a_role_is_denied_whatever_the_type_of_its_holder() {
    for (form, holder) in [
        (
            "parents",
            json!([{ "uid": { "type": "Alien", "id": "a" }, "attrs": {}, "parents": [{ "type": "Role", "id": "chief" }] }]),
        ),
        (
            "attribute",
            json!([{ "uid": { "type": "Alien", "id": "a" }, "attrs": { "gate:roles": ["chief"] }, "parents": [] }]),
        ),
    ] {
        let project = format!(
            "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2026\"\n[compile]\nroles = \"{form}\"\n"
        );
        let gate = format!("{MODEL}role chief for User extends clerk;\nd: deny clerk to write on Doc;");
        let mut faults = Diagnostics::new();
        let texts = [("gatewright.toml", project.as_str()), ("policy/main.gate", gate.as_str())];
        let package = PackageFiles::in_memory(texts, &mut faults);
        let built = open(&package, faults);
        let decided = |entities| built.decides_of("Alien::\"a\"", WRITE, "Doc::\"d\"", json!({}), entities).0;
        assert_eq!(decided(holder), Decision::Deny, "{form}");
        assert_eq!(decided(json!([])), Decision::Allow, "{form}");
    }
}

#[test]
fn steps_of_break_glass_are_for_the_type_of_their_profile() {
    let built = in_memory(
        &format!(
            "{MODEL}context {{ from gateway {{ now: datetime }} }}\nrole head for User;\nbreak-glass outage {{ for clerk; grants write on Doc; \
             resources at most 1; requires reason; approved by 1 of head; expires within 1h; uses at most 1; \
             review within 24h by head; }}"
        ),
        "",
    );
    for step in ["Request", "Approve", "Refuse", "Revoke", "Review"] {
        let action = format!("Action::\"{step}BreakGlass.outage\"");
        let (decision, reasons) = built.decides("Alien::\"a\"", &action, "BreakGlassProfile::\"outage\"", json!({}));
        assert_eq!(decision, Decision::Deny, "{step}");
        assert!(reasons.contains("break-glass:outage--unknown-types"), "{step}: {reasons:?}");
    }
}

/// A raw permit of whoever asks is a way in for each principal type, with the schema and without it.
#[test]
fn a_raw_scope_of_anybody_lets_in_every_principal_type_and_guards_know_them() {
    let raw = "@id(\"x\") permit (principal, action == Action::\"Doc.write\", resource) when { principal.org == resource.org };";
    let built = in_memory(&format!("{MODEL}isolate by org;\ng: require context.mfa for Doc.write;"), raw);
    let contract = &built.checked.lowered.contract;
    assert_eq!(contract.actions["Doc.write"].principals, ["Bot", "User"]);
    assert_eq!(contract.actions["Doc.read"].principals, ["Bot", "User"]);
    assert!(built.policies.policy(&PolicyId::new("g--Bot")).is_some());
    let narrow = "@id(\"x\") permit (principal is User, action in Action::\"Doc.write\", resource) when { principal.org == resource.org };";
    let built = in_memory(&format!("{MODEL}isolate by org;\ng: require context.mfa for Doc.write;"), narrow);
    assert_eq!(built.checked.lowered.contract.actions["Doc.write"].principals, ["User"]);
}

#[test]
fn examples_without_their_schema_keep_out_a_principal_of_a_type_that_they_do_not_know() {
    let mut guarded = 0;
    for example in ["marketplace", "quickstart", "authzen-todo"] {
        let mut faults = Diagnostics::new();
        let package = load::load_package(&root().join("examples").join(example), &mut faults).unwrap();
        let built = open(&package, faults);
        let program = &built.checked.program;
        for id in program.action_ids().filter(|id| built.is_guarded(*id)) {
            let action = program.action(id).unwrap();
            let (ty, name) = &action.cedar;
            for on in &action.decided_on {
                let resource = format!("{}::\"r\"", program.ty(*on).unwrap().cedar);
                let asked = format!("{ty}::{name:?}");
                let (decision, reasons) = built.decides("Alien::\"a\"", &asked, &resource, json!({}));
                assert_eq!(decision, Decision::Deny, "{example}: {name}");
                assert!(
                    reasons.iter().any(|reason| reason.contains("unknown-types")),
                    "{example}: {name}: {reasons:?}"
                );
                guarded += 1;
            }
        }
    }
    assert!(guarded > 10, "{guarded}");
}

/// What ships must be sound for clients that validate, though Cedar warns of what can never apply.
#[test]
fn the_forbids_for_unknown_types_validate_and_never_apply_under_the_schema() {
    for example in ["marketplace", "quickstart", "authzen-todo"] {
        let mut faults = Diagnostics::new();
        let package = load::load_package(&root().join("examples").join(example), &mut faults).unwrap();
        let built = open(&package, faults);
        let (_, unknown): (Vec<_>, Vec<_>) = built.checked.lowered.unknown_types.iter().cloned().unzip();
        let ids: BTreeSet<String> = unknown.iter().map(|policy: &Policy| policy.id().to_string()).collect();
        let set = PolicySet::from_policies(unknown).unwrap();
        let result = Validator::new(built.schema).validate(&set, cedar_policy::ValidationMode::Strict);
        assert!(result.validation_passed(), "{example}: {result:?}");
        let never: BTreeSet<String> = result
            .validation_warnings()
            .filter(|warning| matches!(warning, cedar_policy::ValidationWarning::ImpossiblePolicy(_)))
            .map(|warning| warning.policy_id().to_string())
            .collect();
        assert_eq!(never, ids, "{example}");
    }
}

const WRITING: &str = "suite: writing
at: 2026-03-01T10:00:00Z
principals:
  ann: {type: User, org: acme, level: 9, roles: [clerk]}
resources:
  acme: {type: Org}
  plan: {type: Doc, org: acme, author: ann, sealed: true}
contexts:
  calm: {mfa: true}
tests:
  - {name: sealed, as: ann, in: calm, cannot: {write: plan}}
";

/// A denial that the tests see biting, and never see withheld.
#[test]
fn coverage_does_not_count_the_forbids_for_unknown_types() {
    let gate = format!("{MODEL}d: deny any to write on Doc when resource.sealed;\n");
    let project = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let texts = [("gatewright.toml", project), ("policy/main.gate", &gate), ("scenarios/a.yaml", WRITING)];
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory(texts, &mut faults);
    let Open { checked, .. } = open(&package, faults);
    assert!(!checked.lowered.unknown_types.is_empty());
    let suites = pipeline::suites(&package, &checked).unwrap();
    let faults: Vec<&str> = suites.diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let plan = pipeline::coverage_plan(&checked, &package.sources);
    let one = std::num::NonZeroUsize::MIN;
    let coverage = gatewright::scenario::coverage(&suites.suites, suites.policy(), &plan, one);
    let seen = |what: &str| {
        let of_deny = coverage.covered.iter().filter(|one| one.obligation.statement.name == "d");
        let found: Vec<_> = of_deny.filter(|one| one.obligation.what == what).map(|one| one.seen).collect();
        assert_eq!(found.len(), 1, "{what}");
        found[0]
    };
    assert!(seen("denying alone") && seen("`resource.sealed` true"));
    let excluded: Vec<&str> = coverage.excluded.iter().map(|one| one.statement.name.as_str()).collect();
    assert!(excluded.contains(&"d"), "what is left out is named: {excluded:?}");
}

/// Without the second denial only types that the policy does not know would be let in.
#[test]
fn a_mutant_that_differs_for_unknown_types_alone_is_the_same_policy() {
    let Some(found) = solver() else { return };
    let gate = format!(
        "{MODEL}first: deny User, Bot to write on Doc when resource.sealed;\nsecond: deny any to write on Doc when resource.sealed;\n"
    );
    let project = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    let mut faults = Diagnostics::new();
    let package = PackageFiles::in_memory(
        [("gatewright.toml", project), ("policy/main.gate", &gate), ("scenarios/a.yaml", WRITING)],
        &mut faults,
    );
    let Open { checked, .. } = open(&package, faults);
    let suites = pipeline::suites(&package, &checked).unwrap();
    let cache = Cache::in_memory();
    let options = MutateOptions {
        solver: Some(found.engine.as_ref()),
        cache: &cache,
        limits: Limits::default(),
        deadline: Deadline::never(),
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        build: "",
        kinds: &[MutationOperator::DropGuard],
        shard: Shard::WHOLE,
        progress: &|_, _| (),
    };
    let mutated = pipeline::mutate(&package, &suites, &options).unwrap();
    let Mutated::Tried(tried) = mutated else {
        panic!("the suite passes");
    };
    let of_second = tried.trials.iter().filter(|trial| trial.mutant.what.contains("second"));
    let outcomes: Vec<&Outcome> = of_second.map(|trial| &trial.outcome).collect();
    assert!(matches!(outcomes.as_slice(), [Outcome::Equivalent(_)]), "{outcomes:?}");
}
