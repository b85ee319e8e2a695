//! A baseline: findings that were there when a lint came, and are to go one by one. A finding is known by its lint and
//! by the name of what it stands in, never by a line, so that it stays the same when others move.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::Program;
use crate::lower::Lowered;
use crate::text::{Sources, Span};

use super::{codes, find};

/// The file: findings, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the file's form.
    format: Format,
    findings: Vec<Entry>,
}

/// Version 1; no other is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct Format;

impl TryFrom<u8> for Format {
    type Error = &'static str;

    fn try_from(version: u8) -> Result<Self, Self::Error> {
        match version {
            1 => Ok(Self),
            _ => Err("unknown format, expected 1"),
        }
    }
}

impl From<Format> for u8 {
    fn from(_: Format) -> Self {
        1
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    lint: String,
    /// The statement or declaration.
    within: String,
    /// How many findings of the lint stand in it.
    count: usize,
}

/// Findings by lint and name.
type Counts = BTreeMap<(String, String), usize>;

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    /// Where it is no baseline, with the place.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text))
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Strings and numbers always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The findings of a run.
    #[must_use]
    pub fn of(found: &Diagnostics, names: &Names) -> Self {
        let mut counts = Counts::new();
        for key in found.iter().filter_map(|one| names.key(one)) {
            *counts.entry(key).or_default() += 1;
        }
        Self::from_counts(counts)
    }

    /// What is left of this baseline after a run: never more than before, and all of a lint that `ran` denies, since nothing
    /// is known of its findings.
    #[must_use]
    pub fn shrunk_to(&self, now: &Self, ran: impl Fn(&str) -> bool) -> Self {
        let now = now.counts();
        let kept = self.counts().into_iter().filter_map(|(key, count)| {
            let left = match ran(&key.0) {
                true => count.min(now.get(&key).copied().unwrap_or(0)),
                false => count,
            };
            (left > 0).then_some((key, left))
        });
        Self::from_counts(kept.collect())
    }

    /// Takes the known findings out of a run, the first of each name, and reports entries that match none. In a program
    /// with faults, and for a lint that `ran` denies, no entry is missed.
    pub fn apply(&self, found: Diagnostics, names: &Names, ran: impl Fn(&str) -> bool) -> Diagnostics {
        let mut left = self.counts();
        let mut out = Diagnostics::new();
        let mut whole = true;
        for one in found {
            let key = names.key(&one);
            whole &= !one.is_error() || key.is_some();
            match key.and_then(|key| left.get_mut(&key)).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => out.push(one),
            }
        }
        for ((lint, within), count) in left.into_iter().filter(|((lint, _), count)| *count > 0 && ran(lint)) {
            if !whole {
                break;
            }
            let more = if count > 1 { format!(" ({count} times)") } else { String::new() };
            let message = format!("stale baseline entry: `{lint}` in `{within}`{more} is no longer found");
            out.push(
                Diagnostic::global_error(codes::STALE_BASELINE, message)
                    .help("run again with `--write-baseline` to remove stale entries"),
            );
        }
        out
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for entry in &self.findings {
            *counts.entry((entry.lint.clone(), entry.within.clone())).or_default() += entry.count;
        }
        counts
    }

    fn from_counts(counts: Counts) -> Self {
        let entries = counts.into_iter().map(|((lint, within), count)| Entry { lint, within, count });
        Self { format: Format, findings: entries.collect() }
    }
}

/// The names of statements and declarations by place.
#[derive(Debug, Clone)]
pub struct Names {
    places: Vec<(Span, String)>,
    files: BTreeMap<crate::text::FileId, String>,
}

impl Names {
    /// Those of a program.
    #[must_use]
    pub fn new(program: &Program, lowered: &Lowered, sources: &Sources) -> Self {
        let mut places: Vec<(Span, String)> = Vec::new();
        let statements = (program.grants.iter().map(|one| &one.statement))
            .chain(program.denies.iter().map(|one| &one.statement))
            .chain(program.requires.iter().map(|one| &one.statement))
            .chain(program.isolations.iter().map(|one| &one.statement))
            .chain(program.separations.iter().map(|one| &one.statement));
        places.extend(statements.map(|one| (one.span, one.name.clone())));
        places.extend(program.profiles.iter().map(|one| (one.whole, one.name.clone())));
        places.extend(program.assertions.iter().map(|one| (one.span, one.name.clone())));
        places.extend(program.roles.iter().map(|one| (one.header, one.full_name(program))));
        places.extend(program.types.iter().map(|one| (one.span, one.name.clone())));
        places.extend(program.actions.iter().map(|one| (one.span, one.full_name(program))));
        places.extend(program.action_sets.iter().map(|one| (one.span, one.name.clone())));
        for condition in &program.conditions {
            places.push((condition.span.to(condition.body.span), condition.name.clone()));
        }
        let raw = lowered.raw.iter();
        places.extend(raw.map(|one| (one.span, one.policy.id().to_string())));
        let files = places.iter().map(|(span, _)| (span.file, sources.name(span.file).to_owned()));
        Self { files: files.collect(), places }
    }

    /// A finding's lint and the name of the smallest thing that it stands in; `None` for what no lint found.
    fn key(&self, finding: &Diagnostic) -> Option<(String, String)> {
        let lint = find(finding.code.as_str())?;
        let at = finding.primary()?;
        let holders = self.places.iter().filter(|(span, _)| span.contains(at));
        let name = holders.min_by_key(|(span, _)| span.end - span.start).map(|(_, name)| name);
        let name = name.or_else(|| self.files.get(&at.file))?;
        Some((lint.id().to_owned(), name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(entries: &[(&str, &str, usize)]) -> Baseline {
        let counts = entries.iter().map(|(lint, within, count)| (((*lint).to_owned(), (*within).to_owned()), *count));
        Baseline::from_counts(counts.collect())
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let one = baseline(&[("unused-name", "b", 1), ("past-until", "a", 2)]);
        assert_eq!(Baseline::parse(one.to_text().as_bytes()).unwrap(), one);
        for wrong in [
            r#"{"format": 2, "findings": []}"#,
            r#"{"findings": []}"#,
            r#"{"format": 1, "findings": [], "more": 1}"#,
            "[]",
        ] {
            assert!(Baseline::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_baseline_only_shrinks() {
        let before = baseline(&[("a", "x", 2), ("a", "y", 1), ("b", "x", 1)]);
        let now = baseline(&[("a", "x", 1), ("b", "x", 4), ("c", "new", 1)]);
        let all = |_: &str| true;
        assert_eq!(before.shrunk_to(&now, all), baseline(&[("a", "x", 1), ("b", "x", 1)]));
        let without_a = |lint: &str| lint != "a";
        assert_eq!(before.shrunk_to(&now, without_a), baseline(&[("a", "x", 2), ("a", "y", 1), ("b", "x", 1)]));
    }
}
