//! Faults that say for certain how they are mended, mended: the changes are made in memory, the package is checked again, and
//! a change is kept only where its fault is gone by it, nothing is wrong with what it put there, and nothing else is newly wrong.
//! Nothing is written here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diag::{Certainty, Code, Diagnostic, Diagnostics, Edit};
use crate::load::PackageFiles;
use crate::{lint, syntax};

use super::{Options, SuitesError, beside, check};

/// How often the package is mended and looked at again: a statement that parses at last may have a name to mend.
const MOST_ROUNDS: usize = 200;

/// What mending a package comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// The files that change, by name.
    pub files: Vec<MendedFile>,
    /// How many faults are gone.
    pub faults: usize,
    /// How many faults are left whose changes contradict each other; none of these is made.
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
    let texts: BTreeMap<String, String> =
        texts.map(|(_, source)| (source.name().to_owned(), source.text().to_owned())).collect();
    Ok(match mended(&texts, Revealed::MayBeMended, options)? {
        Some(mended) => mended,
        None => mended(&texts, Revealed::Refused, options)?.unwrap_or_default(),
    })
}

/// What becomes of a change that reveals another fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Revealed {
    /// It is tried if that fault says for certain how it is mended, too: of two slips in one line the first may hide the second.
    MayBeMended,
    /// It is not made.
    Refused,
}

/// `None` where a fault is left that was not there before.
fn mended(
    texts: &BTreeMap<String, String>,
    revealed: Revealed,
    options: &Options,
) -> Result<Option<Mended>, SuitesError> {
    let mut state = State::of(texts.clone(), options)?;
    let mut parsed = state.faults.clone();
    let mut mended = Mended::default();
    let mut refused = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let mut wanted = state.certain();
        wanted.retain(|one| !refused.contains(&one.key()));
        let (mut agreed, contested) = apart(wanted);
        // What parses at last may have faults of its own, so that it is mended before all else.
        let parses = agreed.iter().any(|one| is_of_syntax(one.code));
        agreed.retain(|one| is_of_syntax(one.code) == parses);
        mended.contested = contested;
        if agreed.is_empty() {
            break;
        }
        let all: Vec<&Wanted> = agreed.iter().collect();
        let mut batch = all.as_slice();
        loop {
            if let Some(next) = state.with(batch, revealed, options)? {
                mended.faults += batch.len();
                state = next;
                if parses {
                    parsed.clone_from(&state.faults);
                }
                break;
            }
            // Some of them did no good: half of them are tried, down to the one that is to blame.
            match batch {
                [only] => {
                    refused.insert(only.key());
                    break;
                }
                several => batch = several.split_at(several.len() / 2).0,
            }
        }
    }
    if state.has_more_than(&parsed, Revealed::Refused) {
        return Ok(None);
    }
    let changed = texts.iter().filter_map(|(name, old)| {
        let new = state.texts.get(name)?;
        (new != old).then(|| MendedFile { name: name.clone(), old: old.clone(), new: new.clone() })
    });
    mended.files = changed.collect();
    Ok(Some(mended))
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
        Ok(Self { texts, faults: faults.collect(), package })
    }

    /// The faults that are certain how they are mended, where what is to be replaced stands in its place.
    fn certain(&self) -> Vec<Wanted> {
        let mut all = Vec::new();
        for fault in &self.faults {
            let Some(fix) = fault.fix.as_ref().filter(|_| is_certain(fault)) else {
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
    fn with(&self, wanted: &[&Wanted], revealed: Revealed, options: &Options) -> Result<Option<Self>, SuitesError> {
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
        let is_gone = |one: &&Wanted| !next.has(one, moved(&one.file, one.start, &edits));
        let is_good = wanted.iter().all(is_gone)
            && !next.is_unread(wanted, &self.faults)
            && !next.blames(wanted, &edits)
            && (wanted.iter().any(|one| is_of_syntax(one.code)) || !next.has_more_than(&self.faults, revealed));
        Ok(is_good.then_some(next))
    }

    /// Whether a fault is still there.
    fn has(&self, one: &Wanted, start: usize) -> bool {
        self.faults.iter().any(|fault| {
            let at = fault.primary().map(|at| (self.package.sources.name(at.file), at.range().start));
            fault.code == one.code && fault.message == one.message && at == Some((one.file.as_str(), start))
        })
    }

    /// Whether more of the text does not parse than before.
    fn is_unread(&self, wanted: &[&Wanted], before: &[Diagnostic]) -> bool {
        let count = |all: &[Diagnostic]| all.iter().filter(|fault| is_of_syntax(fault.code)).count();
        let mends = wanted.iter().any(|one| is_of_syntax(one.code));
        count(&self.faults) > count(before) || (!mends && count(&self.faults) != count(before))
    }

    /// Whether something is wrong that was not before, wherever it is: a key may now stand twice, and be blamed on the other one.
    fn has_more_than(&self, before: &[Diagnostic], revealed: Revealed) -> bool {
        let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for fault in before {
            *known.entry((fault.code.as_str(), &fault.message)).or_default() += 1;
        }
        let mut faults = self.faults.iter();
        faults.any(|fault| {
            let left = known.get_mut(&(fault.code.as_str(), fault.message.as_str()));
            match left.filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => revealed == Revealed::Refused || !is_certain(fault),
            }
        })
    }

    /// Whether something is wrong with a name that was put in: then it was not the one that was meant. What a statement says
    /// that did not parse was not known before, and may have faults of its own.
    fn blames(&self, wanted: &[&Wanted], edits: &BTreeSet<&Placed>) -> bool {
        let put_in = wanted.iter().filter(|one| !is_of_syntax(one.code));
        put_in.flat_map(|one| &one.edits).any(|(file, (start, _), edit)| {
            // What is put in at the very place of the change stands behind it.
            let behind = if edit.old.is_empty() { edit.new.len() } else { 0 };
            let start = moved(file, *start, edits).saturating_sub(behind);
            let end = start + edit.new.len();
            self.faults.iter().any(|fault| {
                fault.primary().is_some_and(|at| {
                    let range = at.range();
                    self.package.sources.name(at.file) == file && range.start < end && start < range.end
                })
            })
        })
    }
}

/// Where a place is after some changes.
fn moved(file: &str, place: usize, edits: &BTreeSet<&Placed>) -> usize {
    let before = edits.iter().filter(|(of, (_, end), _)| of == file && *end <= place);
    before.fold(place, |at, (_, _, edit)| at + edit.new.len() - edit.old.len().min(at))
}

/// Whether a fault says for certain how it is mended.
fn is_certain(fault: &Diagnostic) -> bool {
    let fix = fault.fix.as_ref();
    fix.is_some_and(|fix| fix.certainty == Certainty::Certain)
}

/// Whether a fault is one of text that does not parse.
fn is_of_syntax(code: Code) -> bool {
    matches!(code, syntax::SYNTAX | syntax::UNKNOWN_KEYWORD)
}

/// The changes that contradict no other, each once, and how many faults the others are of. Two faults may want one and the
/// same change.
fn apart(all: Vec<Wanted>) -> (Vec<Wanted>, usize) {
    let clash = |one: &Placed, other: &Placed| {
        let ((file, (start, end), edit), (other_file, (other_start, other_end), other_edit)) = (one, other);
        // Two texts that are put in at one place have no order; one at the end of what is replaced has.
        let overlap = (start, end) == (other_start, other_end) || (start < other_end && other_start < end);
        file == other_file && overlap && edit != other_edit
    };
    let contested: BTreeSet<usize> = (0..all.len())
        .filter(|at| {
            let others = all.iter().enumerate().filter(|(other, _)| other != at);
            let mine = all.get(*at).into_iter().flat_map(|one| &one.edits);
            let others: Vec<_> = others.flat_map(|(_, other)| &other.edits).collect();
            mine.into_iter().any(|edit| others.iter().any(|other| clash(edit, other)))
        })
        .collect();
    let agreed = all.into_iter().enumerate().filter(|(at, _)| !contested.contains(at)).map(|(_, one)| one);
    (agreed.collect(), contested.len())
}

#[cfg(test)]
mod tests;
