//! The policies as `.cedar` files, one per source file, in the style of Cedar's own formatter.

use std::collections::BTreeMap;

use cedar_policy_formatter::Config;
use cedar_policy_formatter::policies_str_to_pretty;

use crate::text::Sources;

use super::Lowered;

impl Lowered {
    /// Path and text of each file, sorted: `policies/001-payouts.cedar`, with the policies sorted by id.
    ///
    /// # Errors
    /// Where Cedar's formatter refuses what Cedar wrote.
    pub fn policy_files(&self, sources: &Sources) -> Result<Vec<(String, String)>, String> {
        let mut by_source: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for (policy, file) in &self.policies {
            by_source.entry(sources.name(*file)).or_default().push(text(policy)?);
        }
        for raw in &self.raw {
            by_source
                .entry(sources.name(raw.span.file))
                .or_default()
                .push(text(&raw.policy)?);
        }
        let config = Config {
            line_width: 120,
            indent_width: 2,
        };
        let mut files = Vec::new();
        for (number, (source, mut policies)) in by_source.into_iter().enumerate() {
            policies.sort();
            let joined: Vec<String> = policies.into_iter().map(|(_, text)| text).collect();
            let pretty = policies_str_to_pretty(&joined.join("\n\n"), &config).map_err(|error| error.to_string())?;
            files.push((
                format!("policies/{:03}-{}.cedar", number + 1, module(source)),
                format!("{}\n", pretty.trim_end()),
            ));
        }
        Ok(files)
    }
}

fn text(policy: &cedar_policy::Policy) -> Result<(String, String), String> {
    let id = policy.id().to_string();
    let written = policy
        .to_cedar()
        .ok_or_else(|| format!("`{id}` is linked to a template"))?;
    if policy.annotation("id").is_some() {
        return Ok((id, written));
    }
    // Without the annotation, a reader of the text would number the policy anew.
    let annotated = format!("@id(\"{}\")\n{written}", id.escape_debug());
    Ok((id, annotated))
}

/// The part of a source's name that names a file: its stem, with anything unusual as `-`.
fn module(source: &str) -> String {
    let stem = source.rsplit('/').next().unwrap_or(source);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    stem.chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect()
}
