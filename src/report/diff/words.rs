//! Why an example is decided as it is, in words; and what its request carries that these speak of.

use std::collections::BTreeMap;

use crate::bundle::OriginKind;
use crate::semdiff::{Assigned, Change, Contrast, Direction, Example, Replayed, What};

/// How many conditions of one statement are told, and how many statements beside those of the example.
const MOST_CONDITIONS: usize = 4;

/// How a report speaks of one way: of the allowing side, and of the denying one.
struct Speech {
    allowing: &'static str,
    denying: &'static str,
    wants: &'static str,
    grants: &'static str,
    forbids: &'static str,
    /// Of a permit that is there and does not hold.
    fails: &'static str,
    /// Of what only the denying side requires.
    requires: &'static str,
}

/// What the allowing side says, what one side alone requires, and what the denying side says.
pub(super) fn when(way: Direction, example: &Example) -> Vec<String> {
    let contrasts = &example.contrasts;
    let (speech, allowing, denying) = match way {
        Direction::Widened => (
            Speech {
                allowing: "now",
                denying: "before",
                wants: "required",
                grants: "granted it",
                forbids: "forbade it",
                fails: "did not grant it",
                requires: "no longer requires",
            },
            &example.after,
            &example.before,
        ),
        Direction::Narrowed => (
            Speech {
                allowing: "before",
                denying: "now",
                wants: "requires",
                grants: "grants it",
                forbids: "forbids it",
                fails: "does not grant it",
                requires: "now requires",
            },
            &example.before,
            &example.after,
        ),
    };
    let mut lines = vec![allowed(&speech, allowing, contrasts)];
    lines.extend(required(&speech, contrasts));
    lines.extend(denied(&speech, denying, contrasts));
    lines
}

/// What allows the example, and what else allows such requests that the other side does not have.
fn allowed(speech: &Speech, side: &Replayed, contrasts: &[Contrast]) -> String {
    let granted = |statement: &str, when: &[String]| match when.is_empty() {
        true => format!("`{statement}`"),
        false => format!("`{statement}` when {}", conditions(when)),
    };
    let mut all: Vec<String> = side
        .reasons
        .iter()
        .map(|reason| match reason.kind {
            OriginKind::BreakGlass => granted(&reason.statement, &[]),
            _ => granted(&reason.statement, &reason.when),
        })
        .collect();
    let others = contrasts.iter().filter(|contrast| matches!(contrast, Contrast::Grant { .. }));
    let others = others.filter(|contrast| !side.reasons.iter().any(|reason| reason.statement == contrast.statement()));
    let others = others.map(|contrast| granted(contrast.statement(), contrast.conditions()));
    all.extend(at_most(others.collect()));
    format!("{} by {}", speech.allowing, all.join(" and by "))
}

/// Guards and conditions that one side alone has, each in whole.
fn required(speech: &Speech, contrasts: &[Contrast]) -> Option<String> {
    let told: Vec<String> = contrasts
        .iter()
        .filter_map(|contrast| match contrast {
            Contrast::Guard { statement } => Some(format!("{} `{statement}`", speech.requires)),
            Contrast::Gone { statement, conditions: gone } => {
                Some(format!("`{statement}` {} {}", speech.requires, conditions(gone)))
            }
            Contrast::Other { .. } | Contrast::Denial { .. } | Contrast::Grant { .. } => None,
        })
        .collect();
    (!told.is_empty()).then(|| at_most(told).join(", "))
}

/// What denies the example beside that, and what else denies such requests on this side only; `None` where all is told.
fn denied(speech: &Speech, side: &Replayed, contrasts: &[Contrast]) -> Option<String> {
    let Speech { denying, wants, grants, forbids, fails, .. } = speech;
    if side.cause == "no-such-request" {
        return Some(format!("{denying}: no such requests exist"));
    }
    if side.reasons.is_empty() {
        return Some(format!("{denying}: nothing {grants}"));
    }
    let of = |statement: &str| {
        contrasts.iter().filter(move |contrast| contrast.statement() == statement).collect::<Vec<_>>()
    };
    let mut all: Vec<String> = Vec::new();
    for reason in &side.reasons {
        let statement = &reason.statement;
        let contrasts = of(statement);
        let is_told = |condition: &String| {
            let mut gone = contrasts.iter().filter(|contrast| matches!(contrast, Contrast::Gone { .. }));
            gone.any(|contrast| contrast.conditions().contains(condition))
        };
        if contrasts.iter().any(|contrast| matches!(contrast, Contrast::Guard { .. })) {
            continue;
        }
        let mut when: Vec<String> = reason.when.iter().filter(|condition| !is_told(condition)).cloned().collect();
        if when.is_empty() && !reason.when.is_empty() {
            continue;
        }
        let others = contrasts.iter().filter(|contrast| matches!(contrast, Contrast::Other { .. }));
        for condition in others.flat_map(|contrast| contrast.conditions()) {
            if !when.contains(condition) {
                when.push(condition.clone());
            }
        }
        let lacks = reason.kind != OriginKind::Deny && !(side.cause == "forbidden" && reason.kind == OriginKind::Raw);
        all.push(match (lacks, when.is_empty()) {
            (true, false) => format!("`{statement}` {wants} {}", conditions(&when)),
            (false, false) => format!("`{statement}` {forbids} when {}", conditions(&when)),
            (_, true) if side.cause == "no-grant" => format!("`{statement}` {fails}"),
            (_, true) => format!("`{statement}` {forbids}"),
        });
    }
    let others =
        contrasts.iter().filter(|contrast| !side.reasons.iter().any(|reason| reason.statement == contrast.statement()));
    let others = others.filter_map(|contrast| match contrast {
        Contrast::Other { statement, conditions: when } => Some(format!("`{statement}` {wants} {}", conditions(when))),
        Contrast::Denial { statement, conditions: when } if when.is_empty() => Some(format!("`{statement}` {forbids}")),
        Contrast::Denial { statement, conditions: when } => {
            Some(format!("`{statement}` {forbids} when {}", conditions(when)))
        }
        Contrast::Guard { .. } | Contrast::Gone { .. } | Contrast::Grant { .. } => None,
    });
    all.extend(at_most(others.collect()));
    (!all.is_empty()).then(|| format!("{denying}: {}", all.join(", ")))
}

/// The first of several sayings, and how many there are besides.
fn at_most(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(MOST_CONDITIONS);
    all.truncate(MOST_CONDITIONS);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all
}

fn conditions(all: &[String]) -> String {
    let quoted = all.iter().map(|condition| format!("`{condition}`"));
    at_most(quoted.collect()).join(" and ")
}

/// The example in a few words: who asks, and the values that the reasons speak of.
pub(super) fn brief(example: &Example) -> String {
    let request = &example.witness.request;
    let reasons = example.before.reasons.iter().chain(&example.after.reasons);
    let read: BTreeMap<String, _> =
        reasons.flat_map(|reason| &reason.reads).map(|path| (path.to_string(), path)).collect();
    let values = read.iter().filter_map(|(text, path)| Some(format!("{text} = {}", example.witness.attribute(path)?)));
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
    fields.iter().map(|field| format!("{}: {} → {}", field.field, said(&field.from), said(&field.to))).collect()
}

/// `doctor and nurse gain Ward.enter`
pub(super) fn heading(who: &[String], way: Direction, what: &[String]) -> String {
    let verb = match who.len() {
        0 | 1 => way.verb(),
        _ => way.infinitive(),
    };
    format!("{} {verb} {}", several(who), what.join(", "))
}

/// `whether doctor and nurse gain or lose Ward.enter`
pub(super) fn doubt(who: &[String], ways: &str, what: &[String]) -> String {
    let ways = match who.len() {
        0 | 1 => ways.to_owned(),
        _ => Direction::ALL.iter().fold(ways.to_owned(), |ways, way| ways.replace(way.verb(), way.infinitive())),
    };
    format!("whether {} {ways} {}", several(who), what.join(", "))
}

/// `a`, `a and b`, `a, b and c`
fn several(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `User::"ann" gains role reader`
pub(super) fn assigned(one: &Assigned) -> String {
    format!("{} {} {}", one.who, one.way.verb(), one.what)
}
