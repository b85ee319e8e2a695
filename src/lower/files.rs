//! The policies as `.cedar` files, one per source file, in the style of Cedar's own formatter.
//! What is written is read back and held against what was built, so that the text an auditor reads is the policy that decides.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy_formatter::Config;
use cedar_policy_formatter::policies_str_to_pretty;

use crate::text::Sources;

use super::Lowered;
use super::draft::Draft;
use super::text;

impl Lowered {
    /// Path and text of each file, sorted: `policies/001-payouts.cedar`, with the policies sorted by id.
    ///
    /// # Errors
    /// Where a policy's text does not read back as the policy that was built; a fault of ours.
    pub fn policy_files(&self, sources: &Sources) -> Result<Vec<(String, String)>, String> {
        let mut by_source: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (draft, (policy, file)) in self.drafts.iter().zip(&self.policies) {
            by_source
                .entry(sources.name(*file))
                .or_default()
                .push((draft.id.clone(), gate(draft, policy)?));
        }
        for raw in &self.raw {
            let id = raw.policy.id().to_string();
            by_source
                .entry(sources.name(raw.span.file))
                .or_default()
                .push((id, cedar(&raw.policy)?));
        }
        let config = Config {
            line_width: 120,
            indent_width: 2,
        };
        let mut files = Vec::new();
        for (number, (source, mut policies)) in by_source.into_iter().enumerate() {
            policies.sort();
            // One by one: the formatter's time grows with the square of the text it is given.
            let mut pretty = Vec::new();
            for (_, text) in policies {
                let text = policies_str_to_pretty(&text, &config).map_err(|error| error.to_string())?;
                pretty.push(text.trim_end().to_owned());
            }
            files.push((
                format!("policies/{:03}-{}.cedar", number + 1, module(source)),
                format!("{}\n", pretty.join("\n\n")),
            ));
        }
        Ok(files)
    }
}

fn gate(draft: &Draft, policy: &Policy) -> Result<String, String> {
    let mut written = String::new();
    let annotations: BTreeMap<&str, &str> = policy.annotations().collect();
    for (name, value) in annotations {
        // Writing to a string cannot fail.
        let _ = writeln!(written, "@{name}(\"{}\")", value.escape_debug());
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
    let written = policy
        .to_cedar()
        .ok_or_else(|| format!("`{id}` is linked to a template"))?;
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
    stem.chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect()
}
