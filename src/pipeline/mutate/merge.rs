//! Reports of the parts of a run, put together to the report of the whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::load::PackageFiles;
use crate::mutation::{MutationOperator, Record, Trial};
use crate::pipeline::Checked;
use crate::text::Instant;

use super::kept::digest;
use super::{MutateOptions, Tried, mutants};

/// What the report of a part says of its run. Parts of one run differ in `part` alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which part, from 1.
    pub part: usize,
    /// Of how many.
    pub of: usize,
    /// The version of this tool.
    pub version: String,
    /// The digest of the package.
    pub package: String,
    /// The kinds of mistakes that were made; none: all.
    pub kinds: Vec<String>,
    /// The time that clocks were set to.
    pub at: String,
    /// What one question might take.
    pub limit: u64,
}

impl Part {
    /// Of a run.
    #[must_use]
    pub fn new(package: &PackageFiles, options: &MutateOptions<'_>) -> Self {
        Self {
            part: options.shard.part,
            of: options.shard.of.get(),
            version: version(),
            package: digest(&package.sources, |_| true),
            kinds: options.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            at: options.at.to_string(),
            limit: options.limits.resources,
        }
    }
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Why parts make no whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// A file is no report of a part.
    #[error("`{0}` is not the report of a part")]
    NoPart(String),
    /// A report is about other sources, or another version wrote it.
    #[error("`{file}` was not made from this package as it is now by this version of gatewright")]
    Elsewhere {
        /// The file.
        file: String,
    },
    /// Two reports are of different runs.
    #[error("`{file}` and `{other}` are parts of different runs: {what} is not the same")]
    Different {
        /// One file.
        file: String,
        /// The other.
        other: String,
        /// What differs.
        what: &'static str,
    },
    /// Two reports are of the same part.
    #[error("`{file}` and `{other}` are both part {part}")]
    Twice {
        /// One file.
        file: String,
        /// The other.
        other: String,
        /// Which.
        part: usize,
    },
    /// Parts are missing.
    #[error("the reports of these of {of} parts are missing: {}", .parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Missing {
        /// These.
        parts: Vec<usize>,
        /// Of how many.
        of: usize,
    },
    /// A report lacks mutants, or has others.
    #[error("the mutants in `{0}` are not those of its part")]
    Mutants(String),
}

#[derive(Deserialize)]
struct Report {
    shard: Part,
    engine: Option<String>,
    mutants: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    genre: String,
    what: String,
    #[serde(flatten)]
    record: Record,
}

/// The whole of which these are the parts, and the time of its run. Files are a name and a text each.
///
/// # Errors
/// Where they are not all parts of one run on this package.
pub fn merge(
    package: &PackageFiles,
    checked: &Checked,
    files: &[(String, String)],
) -> Result<(Tried, Instant), Box<MergeError>> {
    let mut parts: BTreeMap<usize, (&str, Report)> = BTreeMap::new();
    let here = digest(&package.sources, |_| true);
    for (file, text) in files {
        let report: Report = serde_json::from_str(text).map_err(|_| MergeError::NoPart(file.clone()))?;
        if report.shard.package != here || report.shard.version != version() {
            return Err(Box::new(MergeError::Elsewhere { file: file.clone() }));
        }
        if let Some((other, first)) = parts.values().next()
            && let Some(what) = differs(&report, first)
        {
            return Err(Box::new(MergeError::Different { file: file.clone(), other: (*other).to_owned(), what }));
        }
        let part = report.shard.part;
        if let Some((other, _)) = parts.insert(part, (file, report)) {
            return Err(Box::new(MergeError::Twice { file: file.clone(), other: other.to_owned(), part }));
        }
    }
    let no_part = || MergeError::NoPart(files.first().map(|(file, _)| file.clone()).unwrap_or_default());
    let (_, first) = parts.values().next().ok_or_else(no_part)?;
    let of = first.shard.of;
    let at = Instant::parse(&first.shard.at).ok_or_else(no_part)?;
    let engine = first.engine.clone();
    let kinds: Option<Vec<_>> = first.shard.kinds.iter().map(|kind| MutationOperator::parse(kind)).collect();
    let kinds = kinds.ok_or_else(no_part)?;
    let missing: Vec<usize> = (1..=of).filter(|part| !parts.contains_key(part)).collect();
    if !missing.is_empty() || parts.len() != of {
        return Err(Box::new(MergeError::Missing { parts: missing, of }));
    }
    let mut left: Vec<(&str, std::vec::IntoIter<Item>)> =
        parts.into_values().map(|(file, report)| (file, report.mutants.into_iter())).collect();
    let mut trials = Vec::new();
    for (at, mutant) in mutants(package, checked, &kinds).into_iter().enumerate() {
        let Some((file, items)) = left.get_mut(at % of) else { continue };
        let item = items.next().filter(|item| item.genre == mutant.operator.name() && item.what == mutant.what);
        let outcome = item.and_then(|item| item.record.read());
        let outcome = outcome.ok_or_else(|| MergeError::Mutants((*file).to_owned()))?;
        trials.push(Trial { mutant, outcome });
    }
    match left.iter_mut().find_map(|(file, items)| items.next().map(|_| *file)) {
        Some(file) => Err(Box::new(MergeError::Mutants(file.to_owned()))),
        None => Ok((Tried::new(trials, engine), at)),
    }
}

/// What differs between two parts besides which they are.
fn differs(one: &Report, other: &Report) -> Option<&'static str> {
    let all = [
        (one.shard.of == other.shard.of, "the number of parts"),
        (one.shard.kinds == other.shard.kinds, "`--kind`"),
        (one.shard.at == other.shard.at, "`--at`"),
        (one.shard.limit == other.shard.limit, "`--rlimit-per`"),
        (one.engine == other.engine, "the solver"),
    ];
    all.into_iter().find(|(is_same, _)| !is_same).map(|(_, what)| what)
}
