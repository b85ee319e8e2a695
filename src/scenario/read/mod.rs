//! From YAML to typed suites, against the policy's contract: every fault of every file is reported in one run.
//! Nothing is decided here.

mod allowance;
mod claims;
mod contexts;
mod data;
mod directory;
mod fixtures;
mod forgotten;
mod lineage;
mod matrix;
pub(super) mod names;
mod raw;
mod roles;
mod sheet;
mod steps;
mod tables;
mod test;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Entities;
use serde_json::Value;

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Fields, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::text::{FileId, Instant, Sources};

use super::Policy;
use super::suite::{Body, Suite, World};
use allowance::Allowance;
pub use data::check_entities;
use directory::{Directory, TypeNames, Undeclared};
use names::Names;
use sheet::{Documents, SUITE_KEYS, Sheet, is_suite};

/// Reads the suites among the YAML files of a package's `scenarios/`. A file with neither `suite` nor `tests` shares its
/// fixtures with the suites that include it. `default_at` is the clock of suites that set none.
///
/// Suites with faults are left out; `out` says why. A cause that the policy does not have is a fault of its test alone, and the
/// suite is there.
pub fn load_suites(
    sources: &Sources,
    files: &[FileId],
    policy: Policy<'_>,
    default_at: Option<Instant>,
    out: &mut Diagnostics,
) -> Vec<Suite> {
    let documents = Documents::read(sources, files, out);
    let allowance = Allowance::new(sources, files);
    let mut suites: Vec<Suite> = Vec::new();
    let mut included = BTreeSet::new();
    for file in files {
        let Some(document) = documents.get(*file).filter(|document| is_suite(document)) else {
            continue;
        };
        let mut faults = Diagnostics::new();
        let sheet = Sheet::gather(*file, &documents, sources, &mut included, &mut faults);
        if sheet.incomplete {
            out.extend(faults);
            continue;
        }
        let suite = suite(document, &sheet, &documents, sources, policy, (default_at, &allowance), &mut faults);
        let sound = !faults.has_errors();
        out.extend(faults);
        match suite {
            Some(suite) if sound => suites.push(suite),
            // Nothing of it runs, so that all that is wrong with it is told now.
            suite => out.extend(suite.iter().flat_map(Suite::faults).cloned()),
        }
    }
    report_duplicates(&suites, &documents, out);
    // Without any suite there is none that could include a file: that is told of the package, not of each of its files.
    let no_suite = !documents.iter().any(is_suite);
    for file in files.iter().filter(|_| !no_suite) {
        let shared = documents.get(*file).filter(|document| !is_suite(document));
        if let Some(document) = shared.filter(|_| !included.contains(file)) {
            out.push(
                Diagnostic::warning(codes::UNUSED_FILE, document.span.at_start(), "no suite includes this file")
                    .label("nothing in it is checked or run")
                    .help("include it from a suite, or give it `suite:` and `tests:`"),
            );
        }
    }
    suites
}

/// What keeps files of suites from being read as YAML: all that can be said of them beside a policy that has faults.
#[must_use]
pub fn unreadable(sources: &Sources, files: &[FileId]) -> Diagnostics {
    let mut out = Diagnostics::new();
    let _ = Documents::read(sources, files, &mut out);
    out
}

/// The names of fixtures and contexts that files of suites declare, whether or not they are sound.
#[must_use]
pub fn declared_names(sources: &Sources, files: &[FileId]) -> BTreeSet<String> {
    let documents = Documents::read(sources, files, &mut Diagnostics::new());
    let sections = documents.iter().flat_map(|document| sheet::SECTIONS.map(|section| document.get(section)));
    let entries = sections.flatten().filter_map(Node::as_map).flatten();
    entries.map(|(key, _)| key.text.clone()).collect()
}

/// The template-link files that suites name under `links`: they are part of the policy set, so whoever compiles the
/// policy reads them first. Faults are left to [`load_suites`], which reports them.
#[must_use]
pub fn link_files(sources: &Sources, files: &[FileId]) -> Vec<FileId> {
    let mut ignored = Diagnostics::new();
    // A large suite is not read for it that neither says `links` nor includes one that may, plainly or escaped.
    let may_link = |file: &&FileId| {
        let text = sources.text(**file);
        ["links", "include", "\\"].iter().any(|part| text.contains(part))
    };
    let files: Vec<FileId> = files.iter().filter(may_link).copied().collect();
    let documents = Documents::read(sources, &files, &mut ignored);
    let links = documents.iter().filter_map(|document| document.get("links"));
    let found: BTreeSet<FileId> = links.filter_map(|node| raw::file(node, sources, &mut ignored)).collect();
    found.into_iter().collect()
}

fn suite(
    document: &Node,
    sheet: &Sheet<'_>,
    documents: &Documents,
    sources: &Sources,
    policy: Policy<'_>,
    (default_at, allowance): (Option<Instant>, &Allowance),
    out: &mut Diagnostics,
) -> Option<Suite> {
    let file = document.span.file;
    // The keys were checked as the sheet was gathered.
    let fields = SUITE.fields(document, "a suite", &SUITE_KEYS, &mut Diagnostics::new())?;
    let name_node = fields.require("suite", out)?;
    let name = SUITE.at(name_node, "a suite's name").scalar(out)?;
    if !allowance.take(sheet.fixtures.len().saturating_add(sheet.contexts.len()), name_node.span, out) {
        return None;
    }
    let at = match (fields.get("at"), default_at) {
        // After a fault, any time serves for finding further ones.
        (Some(node), _) => SUITE.at(node, "`at`").instant(out).unwrap_or(Instant(0)),
        (None, Some(at)) => at,
        (None, None) if fields.is_misnamed("at") => Instant(0),
        (None, None) => {
            out.push(
                SUITE
                    .missing("at", "a suite", name_node.span)
                    .help("write `at: 2026-03-01T10:00:00Z`: tests never read the real clock"),
            );
            Instant(0)
        }
    };
    if let Some(node) = fields.get("links") {
        raw::file(node, sources, out);
    }
    let mut found = Diagnostics::new();
    let data = cedar_data(&fields, sources, policy, &mut found);
    let types = TypeNames::default();
    let directory = Directory {
        contract: policy.contract,
        fixtures: fixtures::identify(&sheet.fixtures, policy.contract, &types, &mut found),
        types,
        loaded: &data.entities,
        undeclared: Undeclared::default(),
    };
    let (fixtures, read) = fixtures::read(&sheet.fixtures, &directory, &mut found);
    let json = |read: &fixtures::Read<'_>| {
        Value::Array(read.to_json(at).into_iter().chain(data.json.iter().cloned()).collect())
    };
    let loaded = match data.checked {
        Checked::No => policy.engine.unchecked_entities(&json(&read)),
        Checked::Yes if !data.json.is_empty() => policy.engine.entities(&json(&read)),
        Checked::Yes => {
            // Only faults are told by the JSON form: the fixtures are read once more for it.
            let again = || json(&fixtures::read(&sheet.fixtures, &directory, &mut Diagnostics::new()).1);
            policy.engine.typed_entities(read.into_entities(at), again)
        }
    };
    let world_entities = loaded.unwrap_or_else(|error| {
        for fault in error.0 {
            let of_fixture = directory
                .fixtures
                .iter()
                .find(|(_, (named, _))| Some(named.uid.to_string()) == fault.entity)
                .and_then(|(name, _)| sheet.fixtures.get(name));
            let span = of_fixture.map_or(name_node.span, |fixture| fixture.key.span);
            // What reading has refused already is not told twice.
            if !out.has_errors() && !found.has_errors() {
                found.push(
                    Diagnostic::error(codes::INVALID_CEDAR_DATA, span, fault.to_string())
                        .label("Cedar refuses this entity"),
                );
            }
        }
        Entities::empty()
    });
    let contexts = contexts::read(&sheet.contexts, &directory, &mut found);
    let names = Names {
        directory,
        contexts: &contexts,
        statements: names::statements(policy.origins),
        profiles: &policy.contract.break_glass,
        allowance,
        engine: policy.engine,
    };
    let tests = test::read(&fields, name, &fixtures, &names, sources, &mut found);
    let undeclared = &names.directory.undeclared;
    let forgotten = forgotten::forgotten(file, sheet, undeclared, documents, sources).filter(|_| !sheet.is_lacking);
    let follows = |fault: &Diagnostic| match &forgotten {
        None => sheet.is_lacking && undeclared.may_follow(fault),
        Some(other) => {
            fault.code == codes::EMPTY_CLAIM || undeclared.is_about(fault, |name| other.names.contains(name))
        }
    };
    found = found.into_iter().filter(|fault| !follows(fault)).collect();
    out.extend(found.into_iter().chain(forgotten.map(|forgotten| forgotten.fault)));
    Some(Suite {
        name: name.to_owned(),
        file,
        file_name: sources.name(file).to_owned(),
        files: sheet.files.clone(),
        at,
        world: World { entities: world_entities, fixtures, contexts },
        tests,
    })
}

/// Whether entities must be as the schema declares them.
enum Checked {
    Yes,
    No,
}

/// The Cedar data that a suite loads.
struct CedarData {
    json: Vec<Value>,
    entities: Entities,
    checked: Checked,
}

fn cedar_data(fields: &Fields<'_>, sources: &Sources, policy: Policy<'_>, out: &mut Diagnostics) -> CedarData {
    let unchecked = fields
        .get("entities-unchecked")
        .and_then(|node| SUITE.at(node, "`entities-unchecked`, the reason").scalar(out));
    let checked = if unchecked.is_some() { Checked::No } else { Checked::Yes };
    let mut data = CedarData { json: Vec::new(), entities: Entities::empty(), checked };
    let Some(node) = fields.get("entities") else {
        return data;
    };
    let Some(file) = raw::file(node, sources, out) else {
        return data;
    };
    let Some(json) = raw::json(file, sources, Some(node.span), out) else {
        return data;
    };
    let loaded = match data.checked {
        Checked::Yes => policy.engine.entities(&json),
        Checked::No => policy.engine.unchecked_entities(&json),
    };
    match (loaded, json) {
        (Ok(entities), Value::Array(json)) => {
            data.entities = entities;
            data.json = json;
        }
        (Ok(_), _) => out.push(SUITE.mistyped(node, "the `entities` file", "a JSON list of entities")),
        (Err(error), _) => {
            for fault in error.0 {
                out.push(
                    Diagnostic::error(codes::INVALID_CEDAR_DATA, node.span, fault.to_string())
                        .label("in this file")
                        .help("fix the data, or add `entities-unchecked: \"reason\"` next to it"),
                );
            }
        }
    }
    data
}

/// A noun with its article: `an Org`, `a User` (as it is spoken).
pub(super) fn a(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// Suites of one name, and snapshots that would write one file.
fn report_duplicates(suites: &[Suite], documents: &Documents, out: &mut Diagnostics) {
    let mut names: BTreeMap<&str, &Suite> = BTreeMap::new();
    let mut paths = BTreeMap::new();
    for suite in suites {
        let span =
            |suite: &Suite| documents.get(suite.file).and_then(|document| document.get("suite")).map(|node| node.span);
        if let Some(first) = names.insert(&suite.name, suite)
            && let (Some(again), Some(first)) = (span(suite), span(first))
        {
            out.push(
                Diagnostic::error(codes::DUPLICATE_NAME, again, format!("two suites are called `{}`", suite.name))
                    .label("again here")
                    .also(first, "first here"),
            );
        }
        for test in &suite.tests {
            let Body::Snapshot(spec) = &test.body else { continue };
            if let Some(first) = paths.insert(&spec.path, test.span) {
                out.push(
                    Diagnostic::error(
                        codes::DUPLICATE_NAME,
                        test.span,
                        format!("two tests would write `{}`", spec.path),
                    )
                    .label("again here")
                    .also(first, "first here")
                    .help("rename one: only letters and digits count in the file's name"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing::{faults, load, marketplace, run};

    const WORLD: &str = "principals:\n  fred: {type: User, roles: [finance], org: acme, clearance: internal}\nresources:\n  \
                         acme: {type: Org, plan: pro}\n  p1: {type: Payout, org: acme, classification: public, amount: 1, created_by: fred}\n";
    const TESTS: &str = "tests:\n  - {name: t, as: fred, in: calm, can: {approve: p1}}\n";
    const CALM: &str = "contexts:\n  calm: {mfa: true, risk_score: 1, auth_time: now}\n";

    #[test]
    fn fixtures_are_shared_by_inclusion_and_a_file_included_twice_counts_once() {
        let suite = format!("suite: s\nat: 2026-03-01T10:00:00Z\ninclude: [a.yaml, shared/b.yaml]\n{TESTS}");
        let compiled = marketplace();
        let loaded = load(
            &[
                ("s.yaml", &suite),
                ("a.yaml", &format!("include: shared/c.yaml\n{CALM}")),
                ("shared/b.yaml", "include: c.yaml\n"),
                ("shared/c.yaml", WORLD),
            ],
            &compiled,
        );
        assert_eq!(faults(&loaded), "");
        assert!(run(&loaded, &compiled).is_success());
    }

    #[test]
    fn faults_between_files_are_located_in_the_file_that_causes_them() {
        let loaded = load(
            &[
                (
                    "s.yaml",
                    &format!(
                        "suite: s\nat: yesterday\ninclude: [a.yaml, nope.yaml, t.yaml, ../../etc/x.yaml]\n{TESTS}"
                    ),
                ),
                ("a.yaml", &format!("include: b.yaml\n{WORLD}test: 3\n")),
                ("b.yaml", &format!("include: a.yaml\n{CALM}principals:\n  fred: {{type: User}}\n")),
                ("t.yaml", &format!("suite: s\n{TESTS}")),
                ("lonely.yaml", CALM),
                ("broken.yaml", "suite: [\n"),
            ],
            &marketplace(),
        );
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-wrong-value @ 2:5 `yesterday`: `at` must be a time with a zone |  | write it as `2026-03-01T10:00:00Z`
        scenario-unknown-file @ 3:19 `nope.yaml`: file not found: `nope.yaml` | searched next to this file, only inside the package | known here: `a.yaml`, `b.yaml`, `broken.yaml`, `lonely.yaml`, `s.yaml`, `t.yaml`
        scenario-wrong-type @ 3:30 `t.yaml`: a suite cannot be included | this file has tests of its own | move the fixtures they share into a file without `suite` and `tests`
        scenario-unknown-file @ 3:38 `../../etc/x.yaml`: file not found: `../../etc/x.yaml` | searched next to this file, only inside the package | known here: `a.yaml`, `b.yaml`, `broken.yaml`, `lonely.yaml`, `s.yaml`, `t.yaml`
        scenario-duplicate-name @ 3:3 `fred`: the fixture `fred` is declared twice | again here | rename one of them: included files are added, never overridden
        scenario-unknown-key @ 7:1 `test`: unknown key `test` in a file of shared fixtures |  | known here: `contexts`, `groups`, `include`, `principals`, `resources`
        scenario-cycle @ 1:10 `a.yaml`: files include each other: scenarios/s.yaml → scenarios/a.yaml → scenarios/b.yaml → scenarios/a.yaml | leads back
        scenario-missing-attribute @ 5:3 `fred`: `fred` is missing the attribute `clearance` | a User needs `clearance: Classification`
        scenario-missing-attribute @ 5:3 `fred`: `fred` is missing the attribute `org` | a User needs `org: Org`
        scenario-missing-key @ 1:8 `s`: missing key `at` in a suite |  | write `at: 2026-03-01T10:00:00Z`: tests never read the real clock
        scenario-unknown-name @ 3:19 `fred`: `fred`, `p1` are declared in `a.yaml`, which this suite does not include | not declared here | add `include: a.yaml` to the suite
        scenario-unknown-name @ 3:29 `calm`: unknown context `calm` | no such context is declared
        scenario-unused-file @ 1:1 ``: no suite includes this file | nothing in it is checked or run | include it from a suite, or give it `suite:` and `tests:`
        yaml-syntax @ 1:8 `[`: a list in brackets is not closed | opened here | separate its parts with `,` and close it with `]`
        ");
    }

    #[test]
    fn names_under_a_misspelt_key_or_in_a_broken_section_are_not_reported_as_unknown() {
        let misspelt = WORLD.replace("principals:", "principls:");
        let broken = WORLD.replace("principals:", "principals: [x]\ncontext:");
        for (world, told) in [(misspelt, "unknown key `principls`"), (broken, "scenario-wrong-shape")] {
            let suite = format!("suite: s\nat: 2026-03-01T10:00:00Z\n{world}{TESTS}");
            let faults = faults(&load(&[("s.yaml", &suite)], &marketplace()));
            assert!(faults.contains(told) && !faults.contains("unknown fixture"), "{faults}");
        }
    }

    #[test]
    fn what_a_missing_file_may_declare_is_not_reported_as_unknown() {
        let local = "principals:\n  lee: {type: User, roles: [finanse], org: acme, clearance: internal}\n";
        let more = "  - {name: u, as: lee, in: [calm, odd], can: {aprove: [p1, p2]}}\n  - {name: v, as: fred, in: all, can: {approve: all}}\n";
        let suite = format!("suite: s\nat: 2026-03-01T10:00:00Z\ninclude: wrld.yaml\n{local}{TESTS}{more}");
        let loaded = load(&[("s.yaml", &suite), ("world.yaml", WORLD)], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-unknown-file @ 3:10 `wrld.yaml`: file not found: `wrld.yaml` | searched next to this file, only inside the package | did you mean `world.yaml`?
        scenario-unknown-name @ 5:29 `finanse`: unknown role `finanse` | no such role is declared | did you mean `finance`?
        scenario-unused-file @ 1:1 ``: no suite includes this file | nothing in it is checked or run | include it from a suite, or give it `suite:` and `tests:`
        ");
        let alone = suite.replace("include: wrld.yaml\n", "");
        let faults = faults(&load(&[("s.yaml", &alone)], &marketplace()));
        assert!(
            faults.contains("unknown fixture `fred`") && faults.contains("`approve` is asked of nothing"),
            "{faults}"
        );
    }

    #[test]
    fn two_suites_of_one_name_and_two_tests_of_one_snapshot_are_errors() {
        let suite = |tests: &str| format!("suite: s\nat: 2026-03-01T10:00:00Z\n{WORLD}{CALM}{tests}");
        let tables = "tests:\n  - {name: the table, snapshot: {roles: all, actions: all, in: calm}}\n  \
                      - {name: The Table!, snapshot: {roles: all, actions: all, in: calm}}\n";
        let loaded = load(&[("s.yaml", &suite(TESTS)), ("t.yaml", &suite(tables))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @"
        scenario-duplicate-name @ 1:8 `s`: two suites are called `s` | again here
        scenario-duplicate-name @ 12:12 `The Table!`: two tests would write `snapshots/s__the-table.snap` | again here | rename one: only letters and digits count in the file's name
        ");
    }
}
