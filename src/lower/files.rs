//! The policies as `.cedar` files, one per source file: those of Gate statements as this room prints them, raw ones as written.
//! What is printed is read back and held against what was built, so that the text an auditor reads is the policy that decides.

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicyId};

use crate::parallel;
use crate::parallel::Work;
use crate::text::{FileId, Sources, safe};

use super::{Lowered, print};

impl Lowered {
    /// Path and text of each file, sorted: `policies/001-payouts.cedar`, with the policies sorted by id.
    ///
    /// # Errors
    /// Where a policy's text does not read back as the policy that was built; a fault of ours.
    pub fn policy_files(&self, sources: &Sources) -> Result<Vec<(String, String)>, String> {
        let known = self.drafts.iter().zip(self.policies.iter().map(|(policy, _)| policy));
        let unknown = self.unknown_types.iter().map(|(draft, policy)| (draft, policy));
        let gate = known.chain(unknown).map(|(draft, policy)| (draft.span.file, policy, false));
        let raw = self.raw.iter().map(|raw| (raw.span.file, &raw.policy, true));
        let all: Vec<(FileId, &Policy, bool)> = gate.chain(raw).collect();
        let written = parallel::map(
            Work::Little,
            &all,
            || (),
            |(), (file, policy, is_raw)| {
                let text = if *is_raw { as_written(policy)? } else { printed(policy)? };
                Ok((*file, policy.id().to_string(), text))
            },
        );
        let written: Result<Vec<(FileId, String, String)>, String> = written.into_iter().collect();
        let mut by_source: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (file, id, text) in written? {
            by_source.entry(sources.name(file)).or_default().push((id, text));
        }
        let mut files = Vec::new();
        for (number, (source, mut policies)) in by_source.into_iter().enumerate() {
            policies.sort();
            let policies: Vec<String> = policies.into_iter().map(|(_, text)| text).collect();
            files.push((
                format!("policies/{:03}-{}.cedar", number + 1, module(source)),
                format!("{}\n", policies.join("\n\n")),
            ));
        }
        Ok(files)
    }
}

/// A policy that was built, as text that reads back as it.
fn printed(policy: &Policy) -> Result<String, String> {
    let id = policy.id();
    let built = policy.to_pst().map_err(|error| error.to_string())?;
    let text = print::policy(built.body()).map_err(|error| format!("`{id}` cannot be written: {error}"))?;
    let read =
        Policy::parse(Some(PolicyId::new(id)), &text).map_err(|error| format!("`{id}` does not read back: {error}"))?;
    let is_same = read.to_pst().is_ok_and(|read| read.body() == built.body())
        // Trees may show one expression in two ways.
        || matches!((read.to_json(), policy.to_json()), (Ok(read), Ok(built)) if read == built);
    if is_same { Ok(text) } else { Err(format!("`{id}` does not read back as it was built")) }
}

/// A raw policy in its author's words, comments included. One without an `@id` gains it, since a reader of the text would number
/// the policy anew; a link of a template has no words of its own.
fn as_written(policy: &Policy) -> Result<String, String> {
    let text = match policy.to_cedar() {
        Some(written) => written.trim().to_owned(),
        None => printed(policy)?,
    };
    Ok(match policy.annotation("id") {
        Some(_) => text,
        None => format!("@id(\"{}\")\n{text}", policy.id().to_string().escape_debug()),
    })
}

/// The part of a source's name that names a file: its stem, with anything unusual as `-`.
fn module(source: &str) -> String {
    let stem = source.rsplit('/').next().unwrap_or(source);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    safe::file_stem(stem)
}
