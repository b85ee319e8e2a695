//! The policies as `.cedar` files, one per source file, in the style of Cedar's own formatter.
//! What is written is read back and held against what was built, so that the text an auditor reads is the policy that decides.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cedar_policy::{Policy, PolicyId};
use cedar_policy_formatter::{Config, policies_str_to_pretty};

use crate::parallel;
use crate::parallel::Work;
use crate::text::{FileId, Sources, safe};

use super::draft::Draft;
use super::{Lowered, text};

impl Lowered {
    /// Path and text of each file, sorted: `policies/001-payouts.cedar`, with the policies sorted by id.
    ///
    /// # Errors
    /// Where a policy's text does not read back as the policy that was built; a fault of ours.
    pub fn policy_files(&self, sources: &Sources) -> Result<Vec<(String, String)>, String> {
        let config = Config { line_width: 120, indent_width: 2 };
        // One by one: the formatter's time grows with the square of the text it is given.
        let pretty = |text: String| match policies_str_to_pretty(&text, &config) {
            Ok(text) => Ok(text.trim_end().to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let known = self.drafts.iter().zip(self.policies.iter().map(|(policy, _)| policy));
        let unknown = self.unknown_types.iter().map(|(draft, policy)| (draft, policy));
        let built: Vec<(&Draft, &Policy)> = known.chain(unknown).collect();
        let gate = parallel::map(
            Work::Little,
            &built,
            || (),
            |(), (draft, policy)| Ok((draft.span.file, draft.id.clone(), pretty(gate(draft, policy)?)?)),
        );
        let raw = parallel::map(
            Work::Little,
            &self.raw,
            || (),
            |(), raw| Ok((raw.span.file, raw.policy.id().to_string(), pretty(cedar(&raw.policy)?)?)),
        );
        let written: Result<Vec<(FileId, String, String)>, String> = gate.into_iter().chain(raw).collect();
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

fn gate(draft: &Draft, policy: &Policy) -> Result<String, String> {
    let mut written = String::new();
    let annotations: BTreeMap<&str, &str> = policy.annotations().collect();
    for (name, value) in annotations {
        // Cedar's JSON tells an empty value from none, and Cedar makes no value of an empty one that is built. Writing to a
        // string cannot fail.
        let _ = match value {
            "" => writeln!(written, "@{name}"),
            _ => writeln!(written, "@{name}(\"{}\")", value.escape_debug()),
        };
    }
    written.push_str(&text::policy(draft).text);
    let id = PolicyId::new(&draft.id);
    let read =
        Policy::parse(Some(id), &written).map_err(|error| format!("`{}` does not read back: {error}", draft.id))?;
    let same = match (read.to_json(), policy.to_json()) {
        (Ok(read), Ok(built)) => read == built,
        _ => false,
    };
    if !same {
        return Err(format!("`{}` does not read back as it was built", draft.id));
    }
    Ok(written)
}

fn cedar(policy: &Policy) -> Result<String, String> {
    let id = policy.id().to_string();
    let written = policy.to_cedar().ok_or_else(|| format!("`{id}` is linked to a template"))?;
    if policy.annotation("id").is_some() {
        return Ok(written);
    }
    // Without the annotation, a reader of the text would number the policy anew.
    Ok(format!("@id(\"{}\")\n{written}", id.escape_debug()))
}

/// The part of a source's name that names a file: its stem, with anything unusual as `-`.
fn module(source: &str) -> String {
    let stem = source.rsplit('/').next().unwrap_or(source);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    safe::file_stem(stem)
}
