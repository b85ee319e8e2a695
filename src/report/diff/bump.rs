//! The next version: how far it goes up, and the request that is the reason.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::report::printable;
use crate::semdiff::{Assigned, Bumped, Difference, Direction, Effect, Ground, TermChange};
use crate::text::safe;

use super::rows::{Open, Row};
use super::terms::Term;
use super::{Sides, assumption, human, rows, words};

/// The version of the JSON format.
const FORMAT: u32 = 1;

/// For the terminal.
#[must_use]
pub fn bump(bumped: &Bumped, difference: &Difference, sides: Sides<'_>) -> String {
    let required = bumped.required;
    let step = match required.is_certain() {
        true => required.step.name().to_owned(),
        false => format!("{} (could be {})", required.step.name(), required.at_least.name()),
    };
    let versions = match bumped.next == bumped.old {
        _ if required.ground == Ground::Initial => format!("{} is the initial version", bumped.new),
        true => format!("the version stays {}", bumped.old),
        false => format!("{} → {}", bumped.old, bumped.next),
    };
    let why = format!("{}{}", because(required.ground, difference), assumption(&difference.extent));
    let mut text = match required.ground {
        Ground::Unchanged => format!("{step}: {why}; {versions}\n\n"),
        _ => format!("{step}: {versions}: {why}\n\n"),
    };
    match Reason::of(required.ground, difference) {
        Reason::None => {}
        Reason::Row(row) => text.push_str(&human::told(&row, &human::by(difference, &row.causes))),
        Reason::Open(open) => {
            let _ = writeln!(
                text,
                "unknown: {}\n    {}\n",
                printable(&words::doubt(&open.who, open.ways, &open.what)),
                printable(&open.doubt.to_string())
            );
        }
        Reason::Role(one) => {
            let _ = writeln!(text, "{}\n", printable(&words::assigned(one)));
        }
        Reason::Term(term) => {
            let _ = writeln!(text, "{}\n", printable(&term.title()));
        }
        Reason::Breaks => {
            text.push_str("callers must change\n");
            for one in &difference.breaks {
                let _ = writeln!(text, "    {} {}", printable(&one.what), printable(&one.how));
            }
            text.push('\n');
        }
    }
    let enough = match (bumped.reaches(required.step), bumped.reaches(required.at_least)) {
        (true, _) => "is enough",
        (false, true) => "may be too low",
        (false, false) => "is too low",
    };
    let _ = writeln!(
        text,
        "{}, {} → {}: {} {enough}",
        printable(sides.package),
        printable(sides.old),
        printable(sides.new),
        bumped.new,
    );
    text
}

fn because(ground: Ground, difference: &Difference) -> &'static str {
    match ground {
        Ground::SchemaBreaking => "callers must change",
        Ground::Widened if !difference.changes_access(Direction::Widened) => {
            let mut weakened = difference.terms.iter().filter(|term| term.effect == Effect::Weakens);
            match weakened.all(TermChange::is_promise) {
                true => "promises are weaker than before",
                false => "the terms of access are weaker than before",
            }
        }
        Ground::Narrowed if !difference.changes_access(Direction::Narrowed) => {
            "the terms of access are stricter than before"
        }
        Ground::Widened => "more is allowed than before",
        Ground::Narrowed => "less is allowed than before",
        Ground::Equivalent => "every request is decided as before",
        Ground::Unchanged => "nothing changed",
        Ground::Initial => "the old side does not have this package",
        Ground::PerhapsWidened => "it is unknown whether more is allowed than before",
        Ground::PerhapsNarrowed => "it is unknown whether less is allowed than before",
    }
}

/// What stands for the ground: the first finding of its kind.
enum Reason<'a> {
    None,
    Row(Box<Row<'a>>),
    Open(Open<'a>),
    Role(&'a Assigned),
    Term(Term<'a>),
    Breaks,
}

impl<'a> Reason<'a> {
    fn of(ground: Ground, difference: &'a Difference) -> Self {
        let term = |way: Direction| {
            let mut changes = difference.terms.iter().filter(|term| term.effect == way.effect());
            changes.next().map_or(Self::None, |change| Self::Term(Term { change, declared: None }))
        };
        let row = |way: Direction| {
            let mut rows = rows::rows(difference, &[]).into_iter();
            let row = rows.find(|row| row.way == way);
            let mut assigned = difference.assignments.iter();
            let role = assigned.find(|one| one.way == way);
            match (row, role) {
                (Some(row), _) => Self::Row(Box::new(row)),
                (None, Some(role)) => Self::Role(role),
                (None, None) => term(way),
            }
        };
        let open = |way: &str| {
            let mut open = rows::open(difference).into_iter();
            open.find(|open| open.ways.contains(way)).map_or(Self::None, Self::Open)
        };
        match ground {
            Ground::SchemaBreaking => Self::Breaks,
            Ground::Widened => row(Direction::Widened),
            Ground::Narrowed => row(Direction::Narrowed),
            Ground::PerhapsWidened => open(Direction::Widened.verb()),
            Ground::PerhapsNarrowed => open(Direction::Narrowed.verb()),
            Ground::Equivalent | Ground::Unchanged | Ground::Initial => Self::None,
        }
    }
}

/// For programs.
#[must_use]
pub fn bump_json(bumped: &Bumped, difference: &Difference, sides: Sides<'_>) -> String {
    let required = bumped.required;
    let mut reason = ReasonItem {
        kind: required.ground.name(),
        message: because(required.ground, difference),
        who: Vec::new(),
        what: Vec::new(),
        when: Vec::new(),
        request: None,
        contract: None,
        breaks: Vec::new(),
    };
    match Reason::of(required.ground, difference) {
        Reason::None => {}
        Reason::Row(row) => {
            reason.request = Some(row.example.witness.to_json());
            (reason.who, reason.what, reason.when) = (row.who, row.kinds, row.when);
        }
        Reason::Open(open) => {
            (reason.who, reason.what, reason.when) = (open.who, open.what, vec![open.doubt.to_string()]);
        }
        Reason::Role(one) => {
            (reason.who, reason.what) = (vec![one.who.clone()], vec![one.what.clone()]);
        }
        Reason::Term(term) => reason.contract = Some(term.title()),
        Reason::Breaks => {
            let breaks = difference.breaks.iter();
            reason.breaks = breaks.map(|one| BreakItem { what: &one.what, how: &one.how }).collect();
        }
    }
    let report = Report {
        format: FORMAT,
        package: sides.package,
        old: sides.old,
        new: sides.new,
        verdict: difference.verdict().name(),
        level: required.step.name(),
        at_least: required.at_least.name(),
        certain: required.is_certain(),
        old_version: bumped.old.to_string(),
        new_version: bumped.new.to_string(),
        next_version: bumped.next.to_string(),
        enough: bumped.reaches(required.step),
        reason,
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    package: &'a str,
    old: &'a str,
    new: &'a str,
    verdict: &'static str,
    level: &'static str,
    at_least: &'static str,
    certain: bool,
    old_version: String,
    new_version: String,
    next_version: String,
    enough: bool,
    reason: ReasonItem<'a>,
}

#[derive(Serialize)]
struct ReasonItem<'a> {
    kind: &'static str,
    message: &'static str,
    who: Vec<String>,
    what: Vec<String>,
    when: Vec<String>,
    request: Option<Value>,
    contract: Option<String>,
    breaks: Vec<BreakItem<'a>>,
}

#[derive(Serialize)]
struct BreakItem<'a> {
    what: &'a str,
    how: &'a str,
}
