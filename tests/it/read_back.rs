//! What checks builds, and decides as it is written: random conditions in Cedar's grammar, each as a raw policy and as one of
//! Gate, which must come out alike.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Context, Entities, Policy, Request};
use gatewright::decide::Trial;
use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::pipeline::{Checked, Options};
use gatewright::text::Instant;
use gatewright::{lint, pipeline};
use proptest::prelude::*;
use serde_json::json;

use crate::grammar;
use crate::reference::random::Random;

const PROJECT: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

fn package(gate: &str, cedar: &str) -> PackageFiles {
    let texts = [
        ("gatewright.toml", PROJECT),
        ("policy/main.cedarschema", grammar::SCHEMA),
        ("policy/main.gate", gate),
        ("policy/raw.cedar", cedar),
    ];
    PackageFiles::in_memory(texts, &mut Diagnostics::new())
}

fn check(package: &PackageFiles) -> Checked {
    let options = Options { roles: None, at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new() };
    pipeline::check(package, &options, Diagnostics::new())
}

/// Faults that keep a package from being built: those of lints do not.
fn faults(checked: &Checked) -> Vec<String> {
    let errors = checked.diagnostics.iter().filter(|found| found.is_error());
    errors
        .filter(|found| lint::find(found.code.as_str()).is_none())
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect()
}

/// A package with one condition in both languages, and a reason in quotes.
fn both(condition: &str, reason: &str) -> PackageFiles {
    let gate = format!("@x_note({reason})\ntold: deny User to read on Doc when {condition}\n because {reason};\n");
    let cedar = format!(
        "@id(\"raw\") @note({reason}) forbid (principal is User, action == Action::\"read\", resource is Doc) when {{ {condition}\n}};\n"
    );
    package(&gate, &cedar)
}

/// On which of some requests the policies apply and error.
type Outcomes = Vec<(bool, bool)>;

fn outcomes(policies: &BTreeMap<&str, &Policy>) -> BTreeMap<String, Outcomes> {
    let names: Vec<&&str> = policies.keys().collect();
    let trial = Trial::new(policies.values().copied().enumerate());
    let mut found: BTreeMap<String, Outcomes> = BTreeMap::new();
    for n in [0_i64, 7, i64::MIN, i64::MAX] {
        let at = |day: &str| json!({"__extn": {"fn": "datetime", "arg": day}});
        let user = json!({"__entity": {"type": "User", "id": "a"}});
        let entities = json!([
            {"uid": {"type": "User", "id": "a"}, "parents": [{"type": "Team", "id": "a"}], "tags": {"k": "v1"}, "attrs": {
                "n": n, "name": "o'neil", "odd name": "jos\u{e9}", "since": at("2026-02-01"),
                "wait": {"__extn": {"fn": "duration", "arg": "20m"}}, "cost": {"__extn": {"fn": "decimal", "arg": "1.0"}},
                "addr": {"__extn": {"fn": "ip", "arg": "127.0.0.1"}}, "boss": user, "roles": ["a", ""],
                "home": {"a b": 7, "city": {"zip": 1, "if": true}}, "m": 4}},
            {"uid": {"type": "Doc", "id": "d"}, "parents": [], "attrs": {
                "n": 1, "open": n == 7, "owner": user, "title": "*star*", "numbers": [0, 7, -1], "made": at("2026-01-01")}}
        ]);
        let entities = Entities::from_json_value(entities, None).unwrap();
        let context = json!({"mfa": n > 0, "n": n, "now": at("2026-03-01")});
        let context = Context::from_json_value(context, None).unwrap();
        let uid = |text: &str| text.parse().unwrap();
        let request = Request::new(uid("User::\"a\""), uid("Action::\"read\""), uid("Doc::\"d\""), context, None);
        let tried = trial.run(&request.unwrap(), &entities);
        for (at, name) in names.iter().enumerate() {
            let outcome = (tried.applied.contains(&at), tried.errors.contains_key(&at));
            found.entry((**name).to_owned()).or_default().push(outcome);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_package_that_checks_builds_and_decides_as_its_text_says(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let condition = grammar::condition(random, 3);
        let package = both(&condition, &grammar::literal(random));
        let checked = check(&package);
        let faults = faults(&checked);
        prop_assert!(faults.is_empty(), "{condition}\n{faults:#?}");
        let built = pipeline::build(&checked, &package.sources);
        prop_assert!(built.is_ok(), "{condition}\n{built:?}");
        let gate = checked.lowered.policies.iter().map(|(policy, _)| policy);
        let raw = checked.lowered.raw.iter().map(|raw| &raw.policy);
        let policies: BTreeMap<&str, &Policy> = gate.chain(raw).map(|policy| (policy.id().as_ref(), policy)).collect();
        let outcomes: BTreeSet<Outcomes> = outcomes(&policies).into_values().collect();
        prop_assert!(policies.len() == 2 && outcomes.len() == 1, "{condition}\n{policies:#?}\n{outcomes:?}");
    }
}

#[test]
fn negated_negatives_build() {
    for condition in [
        "-(-1) == principal.n",
        "--1 == principal.n",
        "-(1) == principal.n",
        "-(-(-1)) == principal.n",
        "-(-9223372036854775808) == principal.n",
        "-{a: -1}.a == principal.n",
    ] {
        let package = both(condition, "\"\"");
        let checked = check(&package);
        assert_eq!(faults(&checked), [] as [String; 0], "{condition}");
        let built = pipeline::build(&checked, &package.sources);
        assert!(built.is_ok(), "{condition}: {built:?}");
    }
}
