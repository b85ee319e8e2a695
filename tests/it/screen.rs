//! The screen of `lower` held against Cedar's validator: of the same policies they find the same ones unsound. Asked are the
//! policies of examples, ports and random programs, these with schemas that fit and with ones that do not, and random Cedar
//! policies that name whatever there is in a scope. The cases of Cedar's integration tests are asked where they are read.

mod policies;
mod words;

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicySet, Schema, ValidationMode, ValidationResult, Validator};
use gatewright::diag::Diagnostics;
use gatewright::load::load_package;
use gatewright::pipeline::Checked;
use gatewright::text::Instant;
use gatewright::{lower, pipeline};

use crate::reference::generate;
use crate::reference::random::Random;
use crate::support::{assert_none, folders, root};

/// How many policies were asked about, and what Cedar said of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sound: usize,
    pub(crate) refused: usize,
    pub(crate) warned: usize,
}

/// The policies of which screen and validator differ.
pub(crate) fn differences<'a>(
    policies: impl IntoIterator<Item = &'a Policy>,
    schema: &Schema,
    tally: &mut Tally,
) -> Vec<String> {
    let all: Vec<&Policy> = policies.into_iter().collect();
    let set = PolicySet::from_policies(all.iter().map(|policy| (*policy).clone())).unwrap();
    let validator = Validator::new(schema.clone());
    let result = validator.validate(&set, ValidationMode::Strict);
    let refused: BTreeSet<String> = result.validation_errors().map(|error| error.policy_id().to_string()).collect();
    let mut unsound = refused.clone();
    unsound.extend(result.validation_warnings().map(|warning| warning.policy_id().to_string()));
    tally.sound += all.len() - unsound.len();
    tally.refused += refused.len();
    tally.warned += unsound.len() - refused.len();
    let suspects = lower::suspects(&all, schema);
    assert!(suspects.is_sorted_by(|a, b| a < b), "{suspects:?}");
    let asked = PolicySet::from_policies(suspects.iter().map(|at| all[*at].clone())).unwrap();
    let narrowed = validator.validate(&asked, ValidationMode::Strict);
    assert_eq!(words(&narrowed), words(&result));
    let suspects: BTreeSet<String> = suspects.into_iter().map(|at| all[at].id().to_string()).collect();
    unsound
        .symmetric_difference(&suspects)
        .map(|id| {
            let policy = all.iter().find(|policy| policy.id().to_string() == *id).unwrap();
            let cedar = if unsound.contains(id) { "unsound" } else { "sound" };
            format!("{cedar} to Cedar, not so to the screen: {policy}")
        })
        .collect()
}

/// All that a validation says, with its places, sorted: Cedar says it in no order.
fn words(result: &ValidationResult) -> Vec<String> {
    fn word(said: &dyn miette::Diagnostic) -> String {
        let places: Vec<String> = said.labels().into_iter().flatten().map(|label| format!("{label:?}")).collect();
        let help = said.help().map(|help| help.to_string());
        format!("{said} {places:?} {help:?}")
    }
    let errors = result.validation_errors().map(|error| word(error));
    let warnings = result.validation_warnings().map(|warning| word(warning));
    let mut all: Vec<String> = errors.chain(warnings).collect();
    all.sort();
    all
}

fn options() -> pipeline::Options {
    pipeline::Options { at: Instant::parse("2026-06-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None }
}

fn all(checked: &Checked) -> impl Iterator<Item = &Policy> {
    let gate = checked.lowered.policies.iter().map(|(policy, _)| policy);
    gate.chain(checked.lowered.raw.iter().map(|raw| &raw.policy))
}

#[test]
fn examples_and_ports() {
    let mut tally = Tally::default();
    let mut offences = Vec::new();
    for folder in [folders("examples"), folders("tests/ports")].concat() {
        let mut faults = Diagnostics::new();
        let Ok(package) = load_package(&root().join(&folder), &mut faults) else {
            continue;
        };
        let checked = pipeline::check(&package, &options(), faults);
        let schema = checked.lowered.schema.as_ref().unwrap();
        offences.extend(differences(all(&checked), schema, &mut tally));
    }
    assert_none("policies", offences);
    assert!(tally.sound >= 100, "{tally:?}");
}

/// What is changed in the schema of a random program, so that conditions no longer type, or types no longer apply.
const CHANGES: [(&str, &str); 6] = [
    ("risk: __cedar::Long", "risk: __cedar::String"),
    ("mfa: __cedar::Bool", "mfa?: __cedar::Bool"),
    ("level: Level", "rank: Level"),
    ("editors: Set<User>", "editors: Set<Bot>"),
    ("principal: [User, Bot]", "principal: [Bot]"),
    ("[\"low\", \"mid\", \"high\"]", "[\"low\", \"high\"]"),
];

#[test]
fn random_programs_under_their_own_schema_and_under_others() {
    let mut tally = Tally::default();
    let mut offences = Vec::new();
    let mut changed = BTreeSet::new();
    for seed in 0..60 {
        let generated = generate::program(&mut Random::new(seed));
        let mut faults = Diagnostics::new();
        let package = generated.package(&mut faults);
        let checked = pipeline::check(&package, &options(), faults);
        let unique: BTreeSet<String> = all(&checked).map(|policy| policy.id().to_string()).collect();
        if unique.len() != all(&checked).count() {
            // Two statements of one name, which is refused.
            continue;
        }
        let (schema, text) = (&checked.lowered.schema, &checked.lowered.schema_text);
        let (schema, text) = (schema.as_ref().unwrap(), text.as_ref().unwrap());
        offences.extend(differences(all(&checked), schema, &mut tally));
        for (at, (from, to)) in CHANGES.iter().enumerate() {
            let other = text.replace(from, to);
            if other == *text {
                continue;
            }
            changed.insert(at);
            let (schema, _) = Schema::from_cedarschema_str(&other).unwrap_or_else(|error| panic!("{error:?}\n{other}"));
            offences.extend(differences(all(&checked), &schema, &mut tally));
        }
    }
    assert_none("policies", offences);
    assert_eq!(changed.len(), CHANGES.len(), "a change that changes nothing: {changed:?}");
    assert!(tally.sound >= 1000 && tally.refused >= 500, "{tally:?}");
}

#[test]
fn random_policies() {
    let (schema, _) = Schema::from_cedarschema_str(policies::SCHEMA).unwrap();
    let mut tally = Tally::default();
    let random = &mut Random::new(1);
    let mut all: Vec<Policy> = Vec::new();
    for n in 0..6000 {
        let text = policies::policy(random);
        let id = cedar_policy::PolicyId::new(format!("p{n}"));
        all.push(Policy::parse(Some(id), &text).unwrap_or_else(|error| panic!("{error:?}\n{text}")));
    }
    assert_none("policies", differences(&all, &schema, &mut tally));
    let least = all.len() / 10;
    assert!(tally.sound >= least && tally.refused >= least && tally.warned >= least, "{tally:?}");
}

#[test]
fn a_schema_with_holes_finds_nothing_sound() {
    let holed = "external entity User; entity Doc; action read appliesTo { principal: User, resource: Doc };";
    let (schema, _) = Schema::from_cedarschema_str(holed).unwrap();
    let policy = Policy::parse(None, "permit (principal, action, resource is Doc);").unwrap();
    let mut tally = Tally::default();
    assert_none("policies", differences([&policy], &schema, &mut tally));
    assert_eq!(tally.refused, 1);
}
