//! What changed between two packages, and for whom: for people, for a pull request, for programs, as annotations, and each
//! example as a scenario.

mod asserted;
mod assigned;
mod bump;
mod github;
mod human;
mod json;
mod markdown;
mod review;
mod rows;
mod scenario;
mod stub;
mod terms;
mod words;

pub use bump::{bump, bump_json};
pub use github::annotations;
pub use human::human;
pub use json::json;
pub use markdown::markdown;
pub use review::{Mode, Review};
pub use scenario::{Scenarios, scenarios};
pub use stub::{Stub, stubs};

use std::collections::BTreeSet;

use crate::semdiff::{Change, Difference, Direction, Extent, Verdict};

use super::files::Files;

/// The two sides as a report names them.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The package, as the user named it.
    pub package: &'a str,
    /// The old side, `HEAD~1`.
    pub old: &'a str,
    /// The new side, `the working tree`.
    pub new: &'a str,
    /// Its texts.
    pub old_files: Files<'a>,
    /// Its texts.
    pub new_files: Files<'a>,
}

impl Sides<'_> {
    /// Where a part stands, or stood before it was removed: `policy/shop.gate:12`.
    fn place(&self, change: &Change) -> Option<String> {
        let (files, span) = match (change.new, change.old) {
            (Some(span), _) => (self.new_files, span),
            (None, Some(span)) => (self.old_files, span),
            (None, None) => return None,
        };
        let at = files.sources.position(span);
        Some(format!("{}:{}", files.path(span.file), at.line))
    }
}

/// How many wildcards are named that stand for more than is compared.
const MOST_WILDCARDS: usize = 4;

/// The verdict as a sentence, with what it takes for granted.
fn sentence(difference: &Difference) -> String {
    let access = match [Direction::Widened, Direction::Narrowed].map(|way| difference.changes_access(way)) {
        [true, true] => "some requests are newly allowed, others newly denied",
        [true, false] => "more is allowed than before, and nothing less",
        [false, true] => "less is allowed than before, and nothing more",
        [false, false] => "every request is decided as before",
    };
    let sentence = match difference.verdict() {
        _ if difference.is_initial() => "the package is new, and so is everything that it allows".to_owned(),
        Verdict::Equivalent if difference.is_empty() => "no change affects access".to_owned(),
        Verdict::Unknown if !difference.is_unsure() => "no difference in what was compared".to_owned(),
        Verdict::SchemaBreaking => "callers must change: some of their requests are now rejected".to_owned(),
        Verdict::Unknown => "some results are unknown".to_owned(),
        Verdict::Equivalent | Verdict::Widened | Verdict::Narrowed | Verdict::Both => {
            format!("{access}{}", terms::on_terms(difference))
        }
    };
    let extent = &difference.extent;
    format!("{sentence}{}{}", assumption(extent), uncompared(extent))
}

/// What differs and was not compared; nothing where everything was.
fn uncompared(extent: &Extent) -> String {
    match extent.uncompared.is_empty() {
        true => String::new(),
        false => format!("; not compared: {}", files(&extent.uncompared)),
    }
}

/// Names of files of others in backticks.
fn files(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What the answer rests on beside the policies; nothing where it rests on nothing.
fn assumption(extent: &Extent) -> &'static str {
    match extent.assuming {
        0 => "",
        _ => ", for times within 146 million years of 1970; further out Cedar's arithmetic overflows",
    }
}

/// How it was found out: `12 kinds of request: 9 unchanged, 1 equal, 2 changed; 3 questions to cvc5 1.3.1, 1 answered before`.
fn effort(difference: &Difference) -> String {
    let extent = &difference.extent;
    if difference.is_initial() {
        return "no requests were compared: the old side does not have this package".to_owned();
    }
    let mut parts = Vec::new();
    for (count, word) in [
        (extent.untouched, "unchanged"),
        (extent.equal, "equal"),
        (extent.differing, "changed"),
        (extent.elsewhere, "in other shards"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let kinds = match extent.kinds {
        1 => "1 kind of request".to_owned(),
        count => format!("{count} kinds of request"),
    };
    let mut text = match parts.is_empty() {
        true => kinds,
        false => format!("{kinds}: {}", parts.join(", ")),
    };
    if let Some(engine) = &extent.engine {
        let statistics = &extent.statistics;
        // Answers that were kept are this engine's too; a report is the same whether they were.
        let solved = statistics.asked + statistics.cached;
        let folded = statistics.questions.saturating_sub(solved);
        text.push_str(&match statistics.questions {
            1 => "; 1 question".to_owned(),
            count => format!("; {count} questions"),
        });
        let answered = [(solved, format!("by {engine}")), (folded, "without a solver".to_owned())];
        let answered: Vec<String> =
            answered.into_iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
        if !answered.is_empty() {
            text.push_str(&format!(" ({})", answered.join(", ")));
        }
    }
    let named: Vec<&str> = extent.wildcards.iter().take(MOST_WILDCARDS).map(String::as_str).collect();
    if !named.is_empty() {
        let more = match extent.wildcards.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text.push_str(&format!(
            "; not compared: undeclared types and actions, which {}{more} may also stand for",
            named.join(", ")
        ));
    }
    text
}

/// What a change does to access and its terms: `widens finance; narrows clerk; weakens terms of access`.
fn effect(difference: &Difference, at: usize) -> String {
    let mut gains = BTreeSet::new();
    let mut loses = BTreeSet::new();
    let mut open = false;
    for access in difference.effects(at) {
        let who = access.holder.title(&access.request.principal);
        if access.gained.is_found() {
            gains.insert(who.clone());
        }
        if access.lost.is_found() {
            loses.insert(who);
        }
        open |= access.doubts().next().is_some();
    }
    let listed = |who: BTreeSet<String>| who.into_iter().collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !gains.is_empty() {
        parts.push(format!("widens {}", listed(gains)));
    }
    if !loses.is_empty() {
        parts.push(format!("narrows {}", listed(loses)));
    }
    if open {
        parts.push("not all known".to_owned());
    }
    if let Some(change) = difference.structure.changes.get(at) {
        parts.extend(terms::effects(difference, change).into_iter().map(str::to_owned));
    }
    match (parts.is_empty(), difference.is_initial()) {
        (true, true) => "part of the new package".to_owned(),
        (true, false) => "no effect on access".to_owned(),
        (false, _) => parts.join("; "),
    }
}
