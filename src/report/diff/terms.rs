//! Changed terms of the contract, in words: what each says now, what reads it, and whether it is declared.

use crate::report::files::Files;
use crate::semdiff::{Change, Difference, Effect, Judged, TermChange};

use super::{Review, review};

/// What stands where a side says nothing.
const NOTHING: &str = "–";

/// A changed term, and the declaration that covers it.
#[derive(Clone, Copy)]
pub(super) struct Term<'a> {
    pub(super) change: &'a TermChange,
    pub(super) declared: Option<&'a Judged>,
}

/// All changed terms.
pub(super) fn terms<'a>(difference: &'a Difference, review: Review<'a>) -> impl Iterator<Item = Term<'a>> {
    let all = difference.terms.iter().enumerate();
    all.map(move |(at, change)| Term { change, declared: review.term(at) })
}

impl Term<'_> {
    /// Whether it must be declared and is not.
    pub(super) fn is_open(self) -> bool {
        self.change.effect == Effect::Weakens && self.declared.is_none()
    }

    /// `break_glass.outage.window weakened: 24h → 1h`
    pub(super) fn title(self) -> String {
        let change = self.change;
        format!("{} {}: {}", change.path, change.effect.name(), self.said())
    }

    /// `24h → 1h`; of a promise in words that say no less: `assert a: … → assert a: …, by changes of role staff`
    pub(super) fn said(self) -> String {
        let said = |side: &Option<String>| side.clone().unwrap_or_else(|| NOTHING.to_owned());
        let through = self.through();
        let is_promise = self.change.is_promise();
        let how = match (through.is_empty(), self.change.from == self.change.to) {
            (false, _) => format!(", by changes of {}", through.join(", ")),
            (true, true) if is_promise => ", which covers less now".to_owned(),
            (true, true) => ", which opens more now".to_owned(),
            (true, false) => String::new(),
        };
        format!("{} → {}{how}", said(&self.change.from), said(&self.change.to))
    }

    /// The changed parts by which a promise says less: `role staff`.
    pub(super) fn through(self) -> Vec<String> {
        self.change.through.iter().map(|(kind, name)| format!("{} {name}", kind.name()).trim_end().to_owned()).collect()
    }

    /// Who reads what became possible; nothing where that does not matter.
    pub(super) fn readers(self) -> Option<String> {
        let readers = &self.change.readers;
        let names: Vec<String> = readers.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("read by {}", names.join(", ")))
    }

    /// Whether it is declared, and by what; nothing where no package declares.
    pub(super) fn declared(self, review: Review<'_>, files: Files<'_>) -> Option<String> {
        match self.declared {
            Some(judged) => Some(review::declared_by(judged, files)),
            None => (self.is_open() && review.is_in_use()).then(|| "not declared".to_owned()),
        }
    }
}

/// What a change of a part does to the terms: `weakens terms of access`.
pub(super) fn effects(difference: &Difference, change: &Change) -> Vec<&'static str> {
    let does = |effect: Effect, is_promise: bool| {
        let mut terms = difference.terms.iter();
        terms.any(|term| term.effect == effect && term.is_promise() == is_promise && term.concerns(change))
    };
    let all = [
        (does(Effect::Weakens, false), "weakens terms of access"),
        (does(Effect::Strengthens, false), "strengthens terms of access"),
        (does(Effect::Weakens, true), "weakens promises"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, said)| said).collect()
}

/// On which terms everything else is allowed: `, on weaker terms`; nothing where they are the same.
pub(super) fn on_terms(difference: &Difference) -> String {
    let does = |effect: Effect| {
        let mut terms = difference.terms.iter();
        terms.any(|term| term.effect == effect && !term.is_promise())
    };
    let terms = match [Effect::Weakens, Effect::Strengthens].map(does) {
        [true, true] => ", on different terms",
        [true, false] => ", on weaker terms",
        [false, true] => ", on stricter terms",
        [false, false] => "",
    };
    let promises = match difference.terms.iter().any(TermChange::is_promise) {
        true => ", but promises are weaker than before",
        false => "",
    };
    format!("{terms}{promises}")
}
