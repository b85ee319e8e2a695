//! What `check` says of raw policies held against Cedar's validator on the whole set: the same policies are refused or warned
//! of, at the same places and for the same reasons. Where `check` uses words of its own, the place is held.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use cedar_policy::{PolicySet, Schema, ValidationError, ValidationMode, ValidationWarning, Validator};
use gatewright::diag::Diagnostics;
use gatewright::load::{CedarInput, load_cedar};
use gatewright::pipeline;

use crate::reference::random::Random;
use crate::support::{assert_none, corpora};

use super::{options, policies};

/// What is said of one place in a file. Cedar says one thing once for each kind of request, `check` once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    start: usize,
    end: usize,
    what: String,
}

/// How many places of each weight were compared.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    refused: usize,
    untested: usize,
    warned: usize,
}

/// Cedar's words without the policy's name and without what depends on the kind of request.
fn essence(message: &str) -> String {
    let rest = match message.strip_prefix("for policy `") {
        Some(rest) => {
            let (_, after) = rest.split_once('`').unwrap_or(("", rest));
            after.strip_prefix(", ").or_else(|| after.strip_prefix(": ")).unwrap_or(rest)
        }
        None => message,
    };
    rest.split(" for ").next().unwrap().to_owned()
}

const UNTESTED: &str = "a read of what may be absent";

/// What Cedar says of a set, validated as a whole.
fn cedar(text: &str, schema: &Schema) -> BTreeSet<Said> {
    let set: PolicySet = text.parse().unwrap();
    let places: BTreeMap<String, Range<usize>> =
        set.policies().map(|policy| (policy.id().to_string(), whole(&policy.to_string(), text))).collect();
    let templates: BTreeMap<String, Range<usize>> =
        set.templates().map(|one| (one.id().to_string(), whole(&one.to_string(), text))).collect();
    let places: BTreeMap<String, Range<usize>> = places.into_iter().chain(templates).collect();
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let mut said = BTreeSet::new();
    for error in result.validation_errors() {
        let unsafe_read =
            matches!(error, ValidationError::UnsafeOptionalAttributeAccess(_) | ValidationError::UnsafeTagAccess(_));
        let place = place(error).unwrap_or_else(|| places[&error.policy_id().to_string()].clone());
        let what = match unsafe_read {
            true => UNTESTED.to_owned(),
            false => essence(&error.to_string()),
        };
        said.insert(Said { start: place.start, end: place.end, what });
    }
    for warning in result.validation_warnings().filter(|warning| !is_about_letters(warning)) {
        let place = place(warning).unwrap_or_else(|| places[&warning.policy_id().to_string()].clone());
        said.insert(Said {
            start: place.start,
            end: place.end,
            what: format!("warning: {}", essence(&warning.to_string())),
        });
    }
    said
}

/// Names that look like others have a code of their own, in Gate and Cedar alike.
fn is_about_letters(warning: &ValidationWarning) -> bool {
    use ValidationWarning as Warning;
    matches!(
        warning,
        Warning::MixedScriptString(_)
            | Warning::BidiCharsInString(_)
            | Warning::BidiCharsInIdentifier(_)
            | Warning::MixedScriptIdentifier(_)
            | Warning::ConfusableIdentifier(_)
    )
}

fn place(said: &dyn miette::Diagnostic) -> Option<Range<usize>> {
    let label = said.labels()?.next()?;
    Some(label.offset()..label.offset() + label.len())
}

/// Where a policy stands in the text it was read from.
fn whole(written: &str, text: &str) -> Range<usize> {
    let start = text.find(written).unwrap();
    start..start + written.len()
}

/// What `check` says of the file, of what Cedar's validator is asked for.
fn check(policies: &Path, schema: &Path) -> BTreeSet<Said> {
    let input = CedarInput { policies: &[policies.to_owned()], schema: Some(schema), entities: None, links: None };
    let mut faults = Diagnostics::new();
    let package = load_cedar(input, &mut faults).unwrap();
    let checked = pipeline::check(&package, &options(), faults);
    let mut said = BTreeSet::new();
    for found in checked.diagnostics.iter() {
        let warns = found.severity != gatewright::diag::Severity::Error;
        let what = match found.code.as_str() {
            "untested-optional" => UNTESTED.to_owned(),
            "cedar-validation" | "never-applies" if warns => format!("warning: {}", essence(&found.message)),
            "cedar-validation" => essence(&found.message),
            _ => continue,
        };
        let span = found.primary().unwrap();
        said.insert(Said { start: span.start as usize, end: span.end as usize, what });
    }
    said
}

fn compare(policies: &Path, schema: &Path, tally: &mut Tally) -> Vec<String> {
    let text = fs::read_to_string(policies).unwrap();
    let (parsed, _) = Schema::from_cedarschema_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let (mut expected, mut found) = (cedar(&text, &parsed), check(policies, schema));
    if text.parse::<PolicySet>().unwrap().templates().next().is_some() {
        // Links may be for anything, so that `check` does not say of all that never applies that it never does.
        expected.retain(|said| !said.what.starts_with("warning: "));
        found.retain(|said| !said.what.starts_with("warning: "));
    }
    tally.files += 1;
    for said in &expected {
        match said.what.as_str() {
            UNTESTED => tally.untested += 1,
            what if what.starts_with("warning: ") => tally.warned += 1,
            _ => tally.refused += 1,
        }
    }
    let name = policies.display();
    let missing = expected.difference(&found).map(|said| format!("{name}: not said: {said:?}"));
    let more = found.difference(&expected).map(|said| format!("{name}: said too much: {said:?}"));
    missing.chain(more).collect()
}

#[test]
fn every_fault_of_random_policies_is_told_as_the_whole_validator_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, schema) = (folder.path().join("p.cedar"), folder.path().join("s.cedarschema"));
    fs::write(&schema, policies::SCHEMA).unwrap();
    let mut tally = Tally::default();
    let mut offences = Vec::new();
    let random = &mut Random::new(2);
    for _ in 0..40 {
        let text: Vec<String> = (0..25).map(|_| policies::policy(random)).collect();
        fs::write(&file, text.join("\n") + "\n").unwrap();
        offences.extend(compare(&file, &schema, &mut tally));
    }
    assert_none("words", offences);
    assert!(tally.refused >= 300 && tally.untested >= 30 && tally.warned >= 100, "{tally:?}");
}

#[test]
fn policies_of_others_under_their_schema_and_under_each_others() {
    let Some(corpora) = corpora() else { return };
    let (mut policies, mut schemas) = (Vec::new(), Vec::new());
    for folder in ["cedar-wild", "cedar-examples"] {
        below(&corpora.join(folder), &mut |path| match path.extension() {
            Some(ending) if ending == "cedar" => policies.push(path),
            Some(ending) if ending == "cedarschema" => schemas.push(path),
            _ => {}
        });
    }
    policies.retain(|path| fs::read_to_string(path).unwrap().parse::<PolicySet>().is_ok());
    let mut tally = Tally::default();
    let mut offences = Vec::new();
    for policies in &policies {
        for schema in &schemas {
            offences.extend(compare(policies, schema, &mut tally));
        }
    }
    assert_none("words", offences);
    assert!(tally.files >= 50 && tally.refused >= 500, "{tally:?}");
}

fn below(folder: &Path, visit: &mut dyn FnMut(PathBuf)) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => below(&path, visit),
            false => visit(path),
        }
    }
}
