//! Declared changes held against a difference: which declaration covers which finding, which ones match nothing any more,
//! and whether a change may pass that must be declared.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::text::{FileId, Instant, Sources};

use super::asserted::{Asserted, InPart};
use super::assigned::Assigned;
use super::codes;
use super::declaration::{Declaration, Name, declarations};
use super::difference::{Access, Difference, Finding};
use super::direction::Direction;
use super::gate::Gate;
use super::terms::{ASSERTIONS, Effect};

/// The files of one side that declare changes.
#[derive(Debug, Clone, Copy)]
pub struct ChangeFiles<'a> {
    /// The side's texts.
    pub sources: &'a Sources,
    /// Which of them are declarations.
    pub files: &'a [FileId],
}

/// A difference and what the new side declares of it.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// What is declared, in the order of the files' names.
    pub declarations: Vec<Judged>,
    /// Files that the old side holds, too: they speak of changes that were made before.
    pub history: Vec<FileId>,
    /// For each of [`Difference::accesses`], which declaration covers what is found.
    pub covers: Vec<Cover>,
    /// For each of [`Difference::assignments`], the declaration that covers it.
    pub assigned: Vec<Option<usize>>,
    /// For each of [`Difference::terms`], which declaration covers it.
    pub terms: Vec<Option<usize>>,
    /// For each of [`Asserted::in_part`], which declaration covers it.
    pub in_part: Vec<Option<usize>>,
    /// Faults of the files; one with a fault declares nothing.
    pub faults: Diagnostics,
    /// Findings of widened access, and roles that somebody gained, that nothing covers.
    pub undeclared: usize,
    /// Weakened terms of the contract that nothing covers.
    pub undeclared_terms: usize,
    /// Assertions of which less is proved than before and that nothing covers.
    pub undeclared_proofs: usize,
    /// Whether the difference itself leaves something open.
    pub is_unsure: bool,
}

/// A declaration and how it stands to the difference.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What it says.
    pub declaration: Declaration,
    /// How it stands.
    pub standing: DeclarationStatus,
    /// Names in it that nothing matches.
    pub unmatched: Vec<Unmatched>,
}

/// How a declaration stands to a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclarationStatus {
    /// Each of its names is found.
    Matched,
    /// One of its names may be found, and it is not known; none is known not to be.
    Unknown,
    /// One of its names is not found.
    Stale,
    /// Its end has come.
    Expired,
}

/// A name that nothing in the difference matches.
#[derive(Debug, Clone)]
pub struct Unmatched {
    /// The name.
    pub name: Name,
    /// What is wrong.
    message: String,
    /// What to write instead.
    help: String,
}

/// Which declaration covers what is found of an access, as indices into [`Declared::declarations`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cover {
    /// What is gained.
    pub gained: Option<usize>,
    /// What is lost.
    pub lost: Option<usize>,
}

impl Direction {
    /// What it does to a term of the contract.
    #[must_use]
    pub fn effect(self) -> Effect {
        match self {
            Self::Widened => Effect::Weakens,
            Self::Narrowed => Effect::Strengthens,
        }
    }
}

impl DeclarationStatus {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Expired => "expired",
        }
    }
}

impl Declared {
    /// What the gate says. What is known to be wrong outranks what is not known.
    #[must_use]
    pub fn gate(&self) -> Gate {
        if self.undeclared > 0 || self.undeclared_terms > 0 || self.refusals().has_errors() {
            Gate::Fails
        } else if self.is_unsure || self.undeclared_proofs > 0 {
            Gate::NotProved
        } else {
            Gate::Passes
        }
    }

    /// How many declarations stand so.
    #[must_use]
    pub fn count(&self, standing: DeclarationStatus) -> usize {
        self.declarations.iter().filter(|one| one.standing == standing).count()
    }

    /// What the gate refuses of the files themselves: their faults, declarations that have ended, names that nothing matches.
    #[must_use]
    pub fn refusals(&self) -> Diagnostics {
        let mut all = self.faults.clone();
        for one in &self.declarations {
            match (one.standing, one.declaration.until) {
                (DeclarationStatus::Expired, Some(until)) => all.push(
                    Diagnostic::error(
                        codes::EXPIRED,
                        until.span,
                        format!("the declared change ended on {}", until.at.date()),
                    )
                    .label("it has no effect since then")
                    .help("revert the change, or set a new `until`"),
                ),
                _ => all.extend(one.unmatched.iter().map(|unmatched| {
                    Diagnostic::error(codes::STALE, unmatched.name.span, unmatched.message.clone())
                        .label("matches nothing in the difference")
                        .help(unmatched.help.clone())
                })),
            }
        }
        all.sorted()
    }
}

/// Reads what the new side declares, leaves out what the old side says as well, and holds the rest against the difference, and
/// against what the assertions of the new side come to, where they were asked about.
#[must_use]
pub fn declared(
    difference: &Difference,
    asserted: Option<&Asserted>,
    old: ChangeFiles<'_>,
    new: ChangeFiles<'_>,
    at: Instant,
) -> Declared {
    // A checkout may have other line ends than the repository.
    let same = |text: &str| text.replace("\r\n", "\n");
    let known: BTreeSet<String> = old.files.iter().map(|file| same(old.sources.text(*file))).collect();
    let (history, fresh): (Vec<FileId>, Vec<FileId>) =
        new.files.iter().partition(|file| known.contains(&same(new.sources.text(**file))));
    let mut faults = Diagnostics::new();
    let read = declarations(new.sources, &fresh, &mut faults);
    let covers: Vec<Cover> = difference
        .accesses
        .iter()
        .map(|access| Cover {
            gained: cover(access, Direction::Widened, &read, at),
            lost: cover(access, Direction::Narrowed, &read, at),
        })
        .collect();
    let accesses = difference.accesses.iter().zip(&covers);
    let accesses = accesses.filter(|(access, cover)| access.gained.is_found() && cover.gained.is_none());
    let of_term = |effect: Effect, path: &str| {
        read.iter().position(|one| one.change.effect() == effect && !one.has_ended(at) && has(&one.contract, path))
    };
    let terms: Vec<Option<usize>> = difference.terms.iter().map(|term| of_term(term.effect, &term.path)).collect();
    let in_part = asserted.map(|all| all.in_part.as_slice()).unwrap_or_default();
    let covered = |one: &InPart| one.is_less().then(|| of_term(Effect::Weakens, &one.path())).flatten();
    let proofs: Vec<Option<usize>> = in_part.iter().map(covered).collect();
    let undeclared_proofs = in_part.iter().zip(&proofs).filter(|(one, cover)| one.is_less() && cover.is_none()).count();
    // Whoever answers for a new package answers for those who hold its roles.
    let package = terms.iter().copied().find(|_| difference.is_initial()).flatten();
    let of_assignment = |one: &Assigned| covering(&read, one.way, &one.who, &one.what, at).or(package);
    let assigned: Vec<Option<usize>> = difference.assignments.iter().map(of_assignment).collect();
    let roles = difference.assignments.iter().zip(&assigned);
    let roles = roles.filter(|(one, cover)| one.way == Direction::Widened && cover.is_none());
    let undeclared = match difference.is_initial() {
        true => 0,
        false => accesses.count() + roles.count(),
    };
    let undeclared_terms = difference.terms.iter().zip(&terms);
    let undeclared_terms =
        undeclared_terms.filter(|(term, cover)| term.effect == Effect::Weakens && cover.is_none()).count();
    Declared {
        declarations: read.into_iter().map(|one| judged(one, difference, asserted, at)).collect(),
        history,
        covers,
        assigned,
        terms,
        in_part: proofs,
        faults,
        undeclared,
        undeclared_terms,
        undeclared_proofs,
        is_unsure: difference.is_unsure(),
    }
}

/// The first declaration that covers what is found.
fn cover(access: &Access, way: Direction, all: &[Declaration], at: Instant) -> Option<usize> {
    if !access.finding(way).is_found() {
        return None;
    }
    covering(all, way, &access.who(), &access.request.title(), at)
}

/// The first declaration of a change of something for somebody.
fn covering(all: &[Declaration], way: Direction, who: &str, what: &str, at: Instant) -> Option<usize> {
    all.iter().position(|one| one.change == way && !one.has_ended(at) && has(&one.who, who) && has(&one.what, what))
}

fn has(names: &[Name], text: &str) -> bool {
    names.iter().any(|name| name.text == text)
}

/// Holders and kinds of request that change one way.
#[derive(Default)]
struct Pairs(BTreeSet<(String, String)>);

impl Pairs {
    fn of(difference: &Difference, is: impl Fn(&Access) -> bool) -> Self {
        let accesses = difference.accesses.iter().filter(|access| is(access));
        Self(accesses.map(|access| (access.who(), access.request.title())).collect())
    }

    fn names(&self, who: &str, what: &[Name]) -> bool {
        self.0.iter().any(|(holder, kind)| holder == who && has(what, kind))
    }

    fn has_holder(&self, who: &str) -> bool {
        self.0.iter().any(|(holder, _)| holder == who)
    }

    fn has_kind(&self, what: &str) -> bool {
        self.0.iter().any(|(_, kind)| kind == what)
    }

    fn is_named(&self, who: &[Name], what: &str) -> bool {
        self.0.iter().any(|(holder, kind)| kind == what && has(who, holder))
    }
}

fn judged(declaration: Declaration, difference: &Difference, asserted: Option<&Asserted>, at: Instant) -> Judged {
    let way = declaration.change;
    let mut found = Pairs::of(difference, |access| access.finding(way).is_found());
    let assigned = difference.assignments.iter().filter(|one| one.way == way);
    found.0.extend(assigned.map(|one| (one.who.clone(), one.what.clone())));
    let open = Pairs::of(difference, |access| matches!(access.finding(way), Finding::Unsure(_)));
    let (who, what) = (&declaration.who, &declaration.what);
    let listed = |names: &[Name]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.text)).collect();
        names.join(", ")
    };
    let (terms, unasked) = unmatched_terms(&declaration, difference, asserted);
    let is_open = unasked
        || who.iter().any(|name| !found.names(&name.text, what) && open.names(&name.text, what))
        || what.iter().any(|name| !found.is_named(who, &name.text) && open.is_named(who, &name.text));
    let mut unmatched = Vec::new();
    // If nobody named gains or loses anything, and somebody else has the change, `who` is wrong.
    let nobody = !who.iter().any(|name| found.has_holder(&name.text) || open.has_holder(&name.text));
    for name in what {
        if found.is_named(who, &name.text) || open.is_named(who, &name.text) || nobody && found.has_kind(&name.text) {
            continue;
        }
        let kinds = found.0.iter().filter(|(holder, _)| has(who, holder));
        let near = did_you_mean(&name.text, kinds.map(|(_, kind)| kind.as_str()));
        unmatched.push(Unmatched {
            name: name.clone(),
            message: match who.as_slice() {
                [one] => format!("`{}` does not {} `{}`", one.text, way.infinitive(), name.text),
                many => format!("none of {} {} `{}`", listed(many), way.verb(), name.text),
            },
            help: near.unwrap_or_else(|| REMOVE.to_owned()),
        });
    }
    // Where nothing that it names has changed, that much is said once for each.
    let any = unmatched.len() < what.len();
    for name in who.iter().filter(|_| any) {
        if found.names(&name.text, what) || open.names(&name.text, what) {
            continue;
        }
        let holders = found.0.iter().filter(|(_, kind)| has(what, kind));
        let near = did_you_mean(&name.text, holders.map(|(holder, _)| holder.as_str()));
        unmatched.push(Unmatched {
            name: name.clone(),
            message: match what.as_slice() {
                [one] => format!("`{}` does not {} `{}`", name.text, way.infinitive(), one.text),
                many => format!("`{}` {} none of {}", name.text, way.verb(), listed(many)),
            },
            help: near.unwrap_or_else(|| REMOVE.to_owned()),
        });
    }
    unmatched.extend(terms);
    let standing = match (declaration.has_ended(at), unmatched.is_empty(), is_open) {
        (true, ..) => DeclarationStatus::Expired,
        (_, false, _) => DeclarationStatus::Stale,
        (_, _, true) => DeclarationStatus::Unknown,
        (_, _, false) => DeclarationStatus::Matched,
    };
    Judged { declaration, standing, unmatched }
}

/// Terms that are named and did not change so, and whether some name is of an assertion that nobody proved. Terms are compared
/// without a solver, so that no other one is unknown.
fn unmatched_terms(
    declaration: &Declaration,
    difference: &Difference,
    asserted: Option<&Asserted>,
) -> (Vec<Unmatched>, bool) {
    let effect = declaration.change.effect();
    let terms = difference.terms.iter().filter(|term| term.effect == effect).map(|term| term.path.clone());
    let proofs = asserted.into_iter().flat_map(Asserted::lessened).filter(|_| effect == Effect::Weakens);
    let changed: BTreeSet<String> = terms.chain(proofs.map(InPart::path)).collect();
    let is_asked = asserted.is_some_and(|all| all.unasked == 0);
    let prefix = format!("{ASSERTIONS}.");
    let (unasked, unmatched): (Vec<&Name>, Vec<&Name>) = (declaration.contract.iter())
        .filter(|name| !changed.contains(&name.text))
        .partition(|name| !is_asked && effect == Effect::Weakens && name.text.starts_with(&prefix));
    let unmatched = unmatched.into_iter().map(|name| Unmatched {
        name: name.clone(),
        message: format!("`{}` is not {} in the contract", name.text, effect.name()),
        help: did_you_mean(&name.text, changed.iter().map(String::as_str)).unwrap_or_else(|| REMOVE.to_owned()),
    });
    (unmatched.collect(), !unasked.is_empty())
}

const REMOVE: &str = "remove the name or the file: unchanged access needs no declaration";
