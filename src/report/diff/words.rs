//! Why an example is decided as it is, in words; and what its request carries that these speak of.

use std::collections::BTreeSet;

use crate::bundle::OriginKind;
use crate::report::witness;
use crate::semdiff::Assigned;
use crate::semdiff::Change;
use crate::semdiff::Direction;
use crate::semdiff::Example;
use crate::semdiff::Reason;
use crate::semdiff::Replayed;
use crate::semdiff::What;

use super::rows::Way;

/// How many conditions of one statement are told.
const MOST_CONDITIONS: usize = 4;

/// What the allowing side says, and what the denying side says.
pub(super) fn when(way: Way, example: &Example) -> [String; 2] {
    match way {
        Way::Gains => [
            allowed("now", &example.after),
            denied(["before", "wanted", "granted it", "forbade it"], &example.before),
        ],
        Way::Loses => [
            allowed("before", &example.before),
            denied(["now", "wants", "grants it", "forbids it"], &example.after),
        ],
    }
}

fn allowed(tense: &str, side: &Replayed) -> String {
    let all: Vec<String> = side
        .reasons
        .iter()
        .map(
            |reason| match reason.when.is_empty() || reason.kind == OriginKind::BreakGlass {
                true => format!("`{}`", reason.statement),
                false => format!("`{}` when {}", reason.statement, conditions(&reason.when)),
            },
        )
        .collect();
    format!("{tense} by {}", all.join(" and by "))
}

fn denied([tense, wants, grants, forbids]: [&str; 4], side: &Replayed) -> String {
    if side.cause == "no-such-request" {
        return format!("{tense}: there are no such requests");
    }
    if side.reasons.is_empty() {
        return format!("{tense}: nothing {grants}");
    }
    let one = |reason: &Reason| {
        let statement = &reason.statement;
        let lacks = reason.kind != OriginKind::Deny && !(side.cause == "forbidden" && reason.kind == OriginKind::Raw);
        match (lacks, reason.when.is_empty()) {
            (true, false) => format!("`{statement}` {wants} {}", conditions(&reason.when)),
            (false, false) => format!("`{statement}` {forbids} when {}", conditions(&reason.when)),
            (_, true) => format!("`{statement}` {forbids}"),
        }
    };
    let all: Vec<String> = side.reasons.iter().map(one).collect();
    format!("{tense}: {}", all.join(", "))
}

fn conditions(all: &[String]) -> String {
    let mut told: Vec<String> = all
        .iter()
        .take(MOST_CONDITIONS)
        .map(|condition| format!("`{condition}`"))
        .collect();
    if all.len() > MOST_CONDITIONS {
        told.push(format!("{} more", all.len() - MOST_CONDITIONS));
    }
    told.join(" and ")
}

/// The example in a few words: who asks, and the values that the reasons speak of.
pub(super) fn brief(example: &Example) -> String {
    let request = &example.witness.request;
    let mut paths: BTreeSet<String> = BTreeSet::new();
    let reasons = example.before.reasons.iter().chain(&example.after.reasons);
    for text in reasons.flat_map(|reason| &reason.when) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        for word in text.split(|c| !is_part(c)) {
            if word.starts_with("context.") || word.starts_with("principal.") || word.starts_with("resource.") {
                paths.insert(word.trim_end_matches('.').to_owned());
            }
        }
    }
    let values = paths.iter().filter_map(|path| {
        let value = witness::attribute(&example.witness, path)?;
        Some(format!("{path} = {value}"))
    });
    let mut all = vec![format!("{} on {}", request.principal, request.resource)];
    all.extend(values);
    let text = all.join(", ");
    // The namespace of all types says nothing to who reads one package.
    match request.principal.type_name().namespace() {
        namespace if namespace.is_empty() => text,
        namespace => text.replace(&format!("{namespace}::"), ""),
    }
}

/// What happened to a part: `renamed condition quiet (was calm)`.
pub(super) fn title(change: &Change) -> String {
    let kind = change.kind.name();
    let name = match change.name == kind {
        true => String::new(),
        false => format!(" {}", change.name),
    };
    let was = match &change.what {
        What::Renamed { from } => format!(" (was {from})"),
        What::Added | What::Removed | What::Changed(_) => String::new(),
    };
    format!("{} {kind}{name}{was}", change.what.name())
}

/// What a part says otherwise, a line each.
pub(super) fn fields(change: &Change) -> Vec<String> {
    let What::Changed(fields) = &change.what else {
        return Vec::new();
    };
    let said = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
    fields
        .iter()
        .map(|field| format!("{}: {} → {}", field.field, said(&field.from), said(&field.to)))
        .collect()
}

/// `User::"ann" gains role reader`
pub(super) fn assigned(one: &Assigned) -> String {
    format!("{} {} {}", one.who, way(one).word(), one.what)
}

/// Which way an assignment changes what somebody holds.
pub(super) fn way(one: &Assigned) -> Way {
    match one.direction {
        Direction::Narrowed => Way::Loses,
        _ => Way::Gains,
    }
}
