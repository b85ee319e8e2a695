//! Forbids that can error: the real fail-open of a published policy, and the law behind the lint: a forbid without a
//! finding errors on no request.

use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request};
use gatewright::diag::Diagnostics;
use gatewright::load::{CedarInput, PackageFiles, load_cedar};
use gatewright::pipeline;
use gatewright::pipeline::{Checked, Options};
use gatewright::text::Instant;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::corpora;

mod hops;

const LINT: &str = "fail-open-forbid";

fn check(package: &PackageFiles) -> Checked {
    let options = Options { roles: None, at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new() };
    pipeline::check(package, &options, Diagnostics::new())
}

#[test]
fn six_forbids_of_a_published_policy_can_error() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("cedar-wild/openclaw/policies/cedar");
    let policies = [folder.join("policies.cedar")];
    let input = CedarInput {
        policies: &policies,
        schema: Some(&folder.join("schema.cedarschema")),
        entities: None,
        links: None,
    };
    let mut loading = Diagnostics::new();
    let package = load_cedar(input, &mut loading).unwrap();
    assert!(loading.is_empty());
    let checked = check(&package);
    assert!(checked.failed());
    let found: Vec<String> = checked
        .diagnostics
        .iter()
        .filter(|one| one.code.as_str() == LINT)
        .map(|one| {
            let labels: Vec<&str> = one.labels[1..].iter().map(|l| package.sources.slice(l.span)).collect();
            let name = one.message.split('`').nth(1).unwrap();
            format!("{name}: {}", labels.join(", "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "policy-3-deny-system-writes: context.filePath",
            "policy-5-deny-dangerous-bash: context.command",
            "policy-7-deny-credential-files: context.filePath",
            "policy-demo-1-deny-protected-credentials: context.filePath",
            "policy-demo-2-deny-protected-writes: context.filePath",
            "policy-demo-3-deny-protected-scripts: context.command",
        ]
    );
}

const SCHEMA: &str = "
    entity User = { age: Long, nick?: String };
    entity Document = { owner: User, level: Long, label?: String, meta?: { size: Long, note?: String } } tags String;
    action read appliesTo {
        principal: User, resource: Document, context: { n: Long, addr: String, made: datetime, mode?: String }
    };
";

/// Conditions of the schema's types, among them all that can error.
const TESTS: [&str; 26] = [
    "true",
    "false",
    "principal.age > 3",
    "principal has nick",
    "principal.nick == \"x\"",
    "resource.level > 3",
    "resource has label",
    "resource.label == \"x\"",
    "resource has meta.note",
    "resource has meta",
    "resource.meta.size > 3",
    "resource.meta has note",
    "resource.meta.note == \"x\"",
    "resource.owner == principal",
    "resource.owner has nick",
    "resource.owner.nick == \"x\"",
    "resource.owner.age > 3",
    "resource.hasTag(\"a\")",
    "resource.getTag(\"a\") == \"x\"",
    "resource.getTag(\"b\") == \"x\"",
    "context has mode",
    "context.mode == \"x\"",
    "resource.level + context.n > 3",
    "-context.n > 3",
    "ip(context.addr).isLoopback()",
    "context.made.toDate() == context.made",
];

fn condition() -> impl Strategy<Value = String> {
    let test = proptest::sample::select(&TESTS[..]).prop_map(str::to_owned);
    test.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("!({one})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) && ({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) || ({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) == ({b}))")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

/// A request and a store that fit the schema, with what the engine promises: principal and resource are loaded.
#[derive(Debug, Clone)]
struct World {
    entities: Value,
    context: Value,
}

fn world() -> impl Strategy<Value = World> {
    let text = || proptest::option::of(prop_oneof![Just("x"), Just("y")]);
    let number = || prop_oneof![Just(i64::MIN), Just(0), Just(9), Just(i64::MAX)];
    let meta = proptest::option::of((number(), text()));
    let document = (number(), text(), meta, text(), text());
    let users = (number(), text(), proptest::option::of((number(), text())));
    let context = (number(), prop_oneof![Just("10.0.0.1"), Just("nowhere")], text(), any::<bool>());
    (document, users, context).prop_map(|(document, users, (n, addr, mode, extreme))| {
        let (level, label, meta, a, b) = document;
        let (age, nick, owner) = users;
        let present = |fields: &[(&str, Option<Value>)]| {
            let fields = fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
            Value::Object(fields.collect())
        };
        let user = |id: &str, age: i64, nick: Option<&str>| {
            json!({"uid": {"type": "User", "id": id}, "parents": [],
                   "attrs": present(&[("age", Some(json!(age))), ("nick", nick.map(|nick| json!(nick)))])})
        };
        let meta = meta.map(|(size, note)| {
            present(&[("size", Some(json!(size))), ("note", note.map(|note| json!(note)))])
        });
        let mut entities = vec![
            user("asks", age, nick),
            json!({"uid": {"type": "Document", "id": "d"}, "parents": [],
                   "attrs": present(&[
                       ("owner", Some(json!({"__entity": {"type": "User", "id": "owns"}}))),
                       ("level", Some(json!(level))),
                       ("label", label.map(|label| json!(label))),
                       ("meta", meta),
                   ]),
                   "tags": present(&[("a", a.map(|a| json!(a))), ("b", b.map(|b| json!(b)))])}),
        ];
        entities.extend(owner.map(|(age, nick)| user("owns", age, nick)));
        let epoch = json!({"__extn": {"fn": "datetime", "arg": "1970-01-01"}});
        let first = json!({"__extn": {"fn": "offset", "args": [epoch, {"__extn": {"fn": "duration", "arg": "-9223372036854775808ms"}}]}});
        let made = if extreme { first } else { epoch };
        World {
            entities: Value::Array(entities),
            context: present(&[
                ("n", Some(json!(n))),
                ("addr", Some(json!(addr))),
                ("made", Some(made)),
                ("mode", mode.map(|mode| json!(mode))),
            ]),
        }
    })
}

fn errors(forbid: &str, world: &World) -> bool {
    let policies: PolicySet = forbid.parse().unwrap();
    let entities = Entities::from_json_value(world.entities.clone(), None).unwrap();
    let context = Context::from_json_value(world.context.clone(), None).unwrap();
    let uid = |text: &str| text.parse().unwrap();
    let request = Request::new(uid("User::\"asks\""), uid("Action::\"read\""), uid("Document::\"d\""), context, None);
    let answer = Authorizer::new().is_authorized(&request.unwrap(), &policies, &entities);
    answer.diagnostics().errors().next().is_some()
}

fn found(forbid: &str) -> bool {
    let mut loading = Diagnostics::new();
    let texts = [("policy/main.cedarschema", SCHEMA), ("policy/main.cedar", forbid)];
    let package = PackageFiles::in_memory(texts, &mut loading);
    let checked = check(&package);
    checked.diagnostics.iter().any(|one| one.code.as_str() == LINT)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_forbid_without_a_finding_errors_on_no_request(
        when in condition(),
        unless in condition(),
        worlds in proptest::collection::vec(world(), 24),
    ) {
        let forbid = format!("@id(\"f\") forbid (principal, action, resource) when {{ {when} }} unless {{ {unless} }};");
        if !found(&forbid) {
            for world in worlds {
                prop_assert!(!errors(&forbid, &world), "{forbid}\n{world:?}");
            }
        }
    }
}

/// The law would hold of a lint that always finds something. Each of these forbids is guarded, and must be silent.
#[test]
fn guarded_forbids_have_no_finding() {
    for (test, reading) in [
        ("principal has nick", "principal.nick == \"x\""),
        ("resource has label", "resource.label == \"x\""),
        ("resource has meta.note", "resource.meta.note == \"x\" && resource.meta.size > 3"),
        ("resource has meta && resource.meta has note", "resource.meta.note == \"x\""),
        ("resource.owner has nick", "resource.owner.nick == \"x\" && resource.owner.age > 3"),
        ("resource.hasTag(\"a\")", "resource.getTag(\"a\") == \"x\""),
        ("context has mode", "context.mode == \"x\""),
    ] {
        for guarded in [
            format!("{test} && {reading}"),
            format!("!({test}) || {reading}"),
            format!("if {test} then {reading} else true"),
            format!("!(!({test}) || !({reading}))"),
        ] {
            assert!(
                !found(&format!("@id(\"f\") forbid (principal, action, resource) when {{ {guarded} }};")),
                "{guarded}"
            );
        }
        let twice = format!("@id(\"f\") forbid (principal, action, resource) when {{ {test} }} when {{ {reading} }};");
        assert!(!found(&twice), "{twice}");
        assert!(found(&format!("@id(\"f\") forbid (principal, action, resource) when {{ {reading} }};")), "{reading}");
    }
}
