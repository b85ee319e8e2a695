//! Faults that say for certain how they are mended, mended: the changes are made in memory, the package is checked again, and
//! a change is kept only where its fault is gone by it and no other came. Nothing is written here.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::diag::Certainty;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::Edit;
use crate::lint;
use crate::load::PackageFiles;
use crate::syntax;

use super::Options;
use super::SuitesError;
use super::beside;
use super::check;

/// How often the package is mended and looked at again: a statement that parses at last may have a name to mend.
const MOST_ROUNDS: usize = 200;

/// What mending a package comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// The files that change, by name.
    pub files: Vec<MendedFile>,
    /// How many faults are gone.
    pub faults: usize,
    /// Faults whose changes contradict each other; none of these is made. They are places of the package as it was mended.
    pub contested: usize,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MendedFile {
    /// Its name in the package.
    pub name: String,
    /// Its text as it was read.
    pub old: String,
    /// Its text with the changes.
    pub new: String,
}

/// Mends what is certain. Doing it again changes nothing.
///
/// # Errors
/// Where what the compiler made cannot be built or loaded; a fault of ours.
pub fn mend(package: &PackageFiles, options: &Options) -> Result<Mended, SuitesError> {
    let texts = package.sources.iter();
    let texts: BTreeMap<String, String> = texts
        .map(|(_, source)| (source.name().to_owned(), source.text().to_owned()))
        .collect();
    let mut state = State::of(texts.clone(), options)?;
    let mut mended = Mended::default();
    let mut refused = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let mut wanted = state.certain();
        wanted.retain(|one| !refused.contains(&one.key()));
        let (agreed, contested) = apart(wanted);
        mended.contested = contested;
        if agreed.is_empty() {
            break;
        }
        let all: Vec<&Wanted> = agreed.iter().collect();
        if let Some(next) = state.with(&all, options)? {
            mended.faults += all.len();
            state = next;
            continue;
        }
        // Some of them did no good: each is tried alone, from the end of the list until one does.
        let mut found = None;
        for one in &agreed {
            found = state.with(&[one], options)?;
            if found.is_some() {
                break;
            }
            refused.insert(one.key());
        }
        let Some(next) = found else { continue };
        mended.faults += 1;
        state = next;
    }
    let changed = texts.into_iter().filter_map(|(name, old)| {
        let new = state.texts.get(&name)?.clone();
        (new != old).then_some(MendedFile { name, old, new })
    });
    mended.files = changed.collect();
    Ok(mended)
}

/// The texts of a package and what is wrong with them.
struct State {
    texts: BTreeMap<String, String>,
    package: PackageFiles,
    faults: Vec<Diagnostic>,
}

/// A fault and the changes that mend it, by file.
#[derive(Debug, Clone)]
struct Wanted {
    code: Code,
    message: String,
    /// Where the fault is.
    file: String,
    start: usize,
    edits: BTreeSet<Placed>,
}

/// A change with its file and its place there.
type Placed = (String, Place, Edit);

/// A range that has an order.
type Place = (usize, usize);

impl Wanted {
    fn key(&self) -> (Code, String, Vec<String>) {
        let files = self.edits.iter().map(|(file, ..)| file.clone());
        (self.code, self.message.clone(), files.collect())
    }
}

impl State {
    fn of(texts: BTreeMap<String, String>, options: &Options) -> Result<Self, SuitesError> {
        let mut loading = Diagnostics::new();
        let named = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let package = PackageFiles::in_memory(named, &mut loading);
        let mut checked = check(&package, options, loading);
        beside(&package, &mut checked)?;
        let errors = checked.diagnostics.into_iter();
        let faults = errors.filter(|found| found.is_error() && lint::find(found.code.as_str()).is_none());
        Ok(Self {
            texts,
            faults: faults.collect(),
            package,
        })
    }

    /// The faults that are certain how they are mended, where what is to be replaced stands in its place.
    fn certain(&self) -> Vec<Wanted> {
        let mut all = Vec::new();
        for fault in &self.faults {
            let Some(fix) = fault.fix.as_ref().filter(|fix| fix.certainty == Certainty::Certain) else {
                continue;
            };
            let stands = |edit: &Edit| self.package.sources.slice(edit.span) == edit.old;
            if fix.edits.is_empty() || !fix.edits.iter().all(stands) {
                continue;
            }
            let edits = fix.edits.iter().map(|edit| {
                let Range { start, end } = edit.span.range();
                let name = self.package.sources.name(edit.span.file);
                (name.to_owned(), (start, end), edit.clone())
            });
            let Some(at) = fault.primary() else { continue };
            all.push(Wanted {
                code: fault.code,
                message: fault.message.clone(),
                file: self.package.sources.name(at.file).to_owned(),
                start: at.range().start,
                edits: edits.collect(),
            });
        }
        all
    }

    /// The package with these changes; `None` where they do not mend what they are for, or do harm.
    fn with(&self, wanted: &[&Wanted], options: &Options) -> Result<Option<Self>, SuitesError> {
        let edits: BTreeSet<&Placed> = wanted.iter().flat_map(|one| &one.edits).collect();
        let mut texts = self.texts.clone();
        // From the end of each file, so that no change moves another.
        for (name, (start, end), edit) in edits.iter().rev() {
            if let Some(text) = texts.get_mut(name)
                && text.get(*start..*end) == Some(edit.old.as_str())
            {
                text.replace_range(*start..*end, &edit.new);
            }
        }
        let next = Self::of(texts, options)?;
        let is_gone = |one: &&Wanted| !next.has(one, moved(one, &edits));
        let is_better = wanted.iter().all(is_gone) && does_no_harm(&self.faults, &next.faults, wanted);
        Ok(is_better.then_some(next))
    }

    /// Whether a fault is still there.
    fn has(&self, one: &Wanted, start: usize) -> bool {
        self.faults.iter().any(|fault| {
            let at = fault
                .primary()
                .map(|at| (self.package.sources.name(at.file), at.range().start));
            fault.code == one.code && fault.message == one.message && at == Some((one.file.as_str(), start))
        })
    }
}

/// Where the place of a fault is after some changes.
fn moved(one: &Wanted, edits: &BTreeSet<&Placed>) -> usize {
    let before = edits
        .iter()
        .filter(|(file, (_, end), _)| *file == one.file && *end <= one.start);
    before.fold(one.start, |at, (_, _, edit)| {
        at + edit.new.len() - edit.old.len().min(at)
    })
}

/// Whether nothing else came of it. Where a part did not parse, what it says was not known before, and may have faults.
fn does_no_harm(before: &[Diagnostic], after: &[Diagnostic], wanted: &[&Wanted]) -> bool {
    let is_unread = |code: Code| matches!(code, syntax::SYNTAX | syntax::UNKNOWN_KEYWORD);
    let unread = |all: &[Diagnostic]| all.iter().filter(|fault| is_unread(fault.code)).count();
    match wanted.iter().any(|one| is_unread(one.code)) {
        true => unread(after) <= unread(before),
        false => after.len() + wanted.len() <= before.len(),
    }
}

/// The changes that contradict no other, each once, and how many faults the others are of. Two faults may want one and the
/// same change.
fn apart(all: Vec<Wanted>) -> (Vec<Wanted>, usize) {
    let clash = |one: &Placed, other: &Placed| {
        let ((file, (start, end), edit), (other_file, (other_start, other_end), other_edit)) = (one, other);
        let overlap = match start == end || other_start == other_end {
            // Something is put in: at the same place, or within what is replaced.
            true => start <= other_end && other_start <= end && (start, end) != (other_end, other_start),
            false => start < other_end && other_start < end,
        };
        file == other_file && overlap && edit != other_edit
    };
    let contested: BTreeSet<usize> = (0..all.len())
        .filter(|at| {
            let others = all.iter().enumerate().filter(|(other, _)| other != at);
            let mine = all.get(*at).into_iter().flat_map(|one| &one.edits);
            let others: Vec<_> = others.flat_map(|(_, other)| &other.edits).collect();
            mine.into_iter()
                .any(|edit| others.iter().any(|other| clash(edit, other)))
        })
        .collect();
    let agreed = all
        .into_iter()
        .enumerate()
        .filter(|(at, _)| !contested.contains(at))
        .map(|(_, one)| one);
    (agreed.collect(), contested.len())
}

#[cfg(test)]
mod tests;
