//! Outcomes of earlier runs: each is kept as soon as it is known, so that a run that was interrupted goes on where it was, and
//! one after an edit tries again only what the edit can change.

use std::collections::BTreeSet;

use serde_json::json;

use crate::analysis::Cache;
use crate::bundle::{canonical_json, sha256_hex};
use crate::load::PackageFiles;
use crate::mutation::{Mutant, Outcome, Record};
use crate::scenario;
use crate::text::{FileId, Sources};

use super::compare::compare;
use super::lab::{Lab, Tested};
use super::{MutateError, MutateOptions};

/// Version of the notes, part of every key.
const FORMAT: &str = "gatewright mutants 1";

/// What a mutant on which every test passes is noted as.
const PASSED: &str = "passed";

/// Outcomes by what they depend on.
pub(super) struct Kept<'a> {
    cache: &'a Cache,
    sources: &'a Sources,
    /// What a comparison depends on besides the mutant.
    of_policy: String,
    /// What the tests depend on, besides.
    of_tests: String,
}

impl<'a> Kept<'a> {
    pub(super) fn new(package: &'a PackageFiles, options: &MutateOptions<'a>) -> Self {
        let engine = options.solver.map(|solver| solver.identity().to_string());
        let limits = options.limits;
        let run = format!(
            "{FORMAT}\n{}\n{engine:?}\n{} {}\n{}",
            options.build, limits.resources, limits.milliseconds, options.at
        );
        // Links of templates are policies, and suites name their files.
        let has_links = !scenario::link_files(&package.sources, &package.scenarios).is_empty();
        let of_suites: BTreeSet<FileId> = match has_links {
            true => BTreeSet::new(),
            false => [&package.scenarios, &package.scenario_data, &package.snapshots]
                .into_iter()
                .flatten()
                .copied()
                .collect(),
        };
        let of_policy = digest(&package.sources, |file| !of_suites.contains(&file));
        Self {
            cache: options.cache,
            sources: &package.sources,
            of_policy: format!("{run}\n{of_policy}"),
            of_tests: format!("{FORMAT}\n{}\n{}", options.build, digest(&package.sources, |_| true)),
        }
    }

    /// What became of a mutant, in an earlier run or now.
    pub(super) fn outcome(&self, mutant: &Mutant, lab: &Lab<'_>) -> Result<Outcome, MutateError> {
        let change = self.change(mutant);
        let of_tests = sha256_hex(format!("tests\n{}\n{change}", self.of_tests).as_bytes());
        let of_policy = sha256_hex(format!("policy\n{}\n{change}", self.of_policy).as_bytes());
        let tested = self.cache.note(&of_tests);
        let passed = match tested.as_deref() {
            Some(PASSED) => None,
            Some(known) => match read(known) {
                Some(outcome) => return Ok(outcome),
                None => None,
            },
            None => match lab.test(mutant)? {
                Tested::Unviable => return Ok(self.keep(&of_tests, Outcome::Unviable)),
                Tested::Killed(by) => return Ok(self.keep(&of_tests, Outcome::Killed(by))),
                Tested::Passed(compiled) => {
                    self.cache.keep_note(&of_tests, PASSED);
                    Some(compiled)
                }
            },
        };
        if let Some(outcome) = self.cache.note(&of_policy).as_deref().and_then(read) {
            return Ok(outcome);
        }
        let compiled = match passed {
            Some(compiled) => Some(*compiled),
            None => lab.compile(mutant),
        };
        let Some(compiled) = compiled else { return Ok(Outcome::Unviable) };
        Ok(self.keep(&of_policy, compare(lab, mutant, &compiled)?))
    }

    /// Keeps an outcome, unless more time or another solver may find out more.
    fn keep(&self, key: &str, outcome: Outcome) -> Outcome {
        let is_final = !matches!(outcome, Outcome::Undecided(_));
        if is_final && let Ok(note) = serde_json::to_string(&outcome.record()) {
            self.cache.keep_note(key, &note);
        }
        outcome
    }

    /// The changes of a mutant, by the names of their files, and the name that its statement keeps.
    fn change(&self, mutant: &Mutant) -> String {
        let edits = mutant
            .edits
            .iter()
            .map(|edit| json!([self.sources.name(edit.span.file), edit.span.start, edit.span.end, edit.text]));
        let name = mutant.statement.as_ref().map(|statement| &statement.name);
        json!([edits.collect::<Vec<_>>(), name]).to_string()
    }
}

fn read(note: &str) -> Option<Outcome> {
    serde_json::from_str::<Record>(note).ok()?.read()
}

/// The digest of some files of a package: their names and their texts.
pub(super) fn digest(sources: &Sources, is_part: impl Fn(FileId) -> bool) -> String {
    let files = sources.iter().filter(|(file, _)| is_part(*file));
    let texts: Vec<_> = files.map(|(file, source)| json!([source.name(), sources.text(file)])).collect();
    sha256_hex(&canonical_json(&texts).unwrap_or_default())
}
