//! What was proved of a package, for people and for programs; refutations as scenarios.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::analysis::{Beyond, Deciding, Open, Outcome, Proof, Refutation, Witness};
use crate::bundle::OriginKind;
use crate::text::{Instant, safe};

use super::files::Files;
use super::printable::printable;
use super::suite::{Saved, Suite};

/// The version of the JSON format.
const FORMAT: u32 = 1;
/// How many questions without an answer are told of one property.
const MOST_OPEN: usize = 4;
/// How many kinds of request are named that a property does not reach.
const MOST_SKIPPED: usize = 4;
/// How many statements are named that decide a request.
const MOST_STATEMENTS: usize = 4;

/// The proofs as text.
#[must_use]
pub fn proofs(all: &[Proof], files: Files<'_>) -> String {
    let mut text = String::new();
    for proof in all {
        let title = printable(&proof.title());
        let _ = writeln!(text, "{:<7}  {title}: {}", verdict(proof), printable(&proof.words));
        match &proof.outcome {
            Outcome::Proved | Outcome::Shown(_) => {}
            _ => {
                let at = files.sources.position(proof.span);
                let path = printable(&files.path(proof.span.file));
                let _ = writeln!(text, "         {path}:{}:{}", at.line, at.column);
            }
        }
        text.push_str(&told(proof, files));
        if let Some(left_out) = left_out(&proof.skipped).filter(|_| !proof.is_in_part()) {
            let _ = writeln!(text, "         it does not cover {left_out}");
        }
    }
    text
}

/// What a claim came to. What a proof does not reach is a part of it, so that no claim is read as proved of more than was asked.
fn verdict(proof: &Proof) -> String {
    match left_out(&proof.skipped).filter(|_| proof.is_in_part()) {
        Some(left_out) => format!("{}, but not for {left_out}", proof.word()),
        None => proof.word().to_owned(),
    }
}

/// What a claim is silent about.
pub(super) fn left_out(skipped: &[String]) -> Option<String> {
    if skipped.is_empty() {
        return None;
    }
    let named: Vec<&str> = skipped.iter().take(MOST_SKIPPED).map(String::as_str).collect();
    let more = match skipped.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(printable(&format!("{}{more}", named.join(", "))))
}

fn told(proof: &Proof, files: Files<'_>) -> String {
    let mut text = String::new();
    match &proof.outcome {
        Outcome::Proved => text.push_str(&ungranted(proof)),
        Outcome::Shown(_) => {}
        Outcome::Refuted(refutation) => text.push_str(&refuted(proof, refutation, files)),
        Outcome::Impossible => {
            text.push_str("         no request of this kind is ever allowed\n");
            text.push_str(&ungranted(proof));
            if proof.apart.is_empty() && !proof.granting.is_empty() {
                let line = format!("granted by {} but never allowed", statements(&proof.granting, files));
                let _ = writeln!(text, "         {}", printable(&line));
            }
        }
        Outcome::Empty => text.push_str("         vacuous: no request matches\n"),
        Outcome::Unknown(all) => {
            all.iter().take(MOST_OPEN).for_each(|open| text.push_str(&unanswered(open)));
            if all.len() > MOST_OPEN {
                let _ = writeln!(text, "         and {} more kinds of request", all.len() - MOST_OPEN);
            }
            text.push_str("         use `--dump DIR` or `--format json` to get the question as SMT-LIB\n");
        }
        Outcome::NotReplayed(open) => {
            text.push_str(&unanswered(open));
            text.push_str("         this is a bug in gatewright; please report it with the package\n");
        }
    }
    text
}

/// Of a claim that holds, or fails, because no grant leads to what it speaks of.
fn ungranted(proof: &Proof) -> String {
    let line = match (proof.apart.is_empty(), proof.granting.is_empty()) {
        (_, true) if !proof.is_assertion() => return String::new(),
        (_, true) if proof.wants_denial() => "holds only because nothing grants it".to_owned(),
        (true, true) => "nothing grants it".to_owned(),
        (false, _) => format!("nothing grants {}", proof.apart.join(", ")),
        (true, false) => return String::new(),
    };
    format!("         {}\n", printable(&line))
}

/// The request, what decides it, and what is odd about it.
fn refuted(proof: &Proof, refutation: &Refutation, files: Files<'_>) -> String {
    let decision = if proof.wants_allow() { "denied" } else { "allowed" };
    let mut text = format!("         this is {decision}:\n");
    for line in refutation.witness.lines() {
        let _ = writeln!(text, "           {}", printable(&line));
    }
    let mut known = vec![decided(proof, refutation, files)];
    for missing in &refutation.missing {
        let (entity, by) = (&missing.entity, &missing.named_by);
        known.push(format!("`{entity}`, named by {by}, is not among these entities"));
    }
    known.extend(proof.hint.iter().map(|hint| format!("help: {hint}")));
    for line in known {
        let _ = writeln!(text, "         {}", printable(&line));
    }
    text
}

/// What decides the request that refutes a claim.
pub(super) fn decided(proof: &Proof, refutation: &Refutation, files: Files<'_>) -> String {
    let decision = if proof.wants_allow() { "denied" } else { "allowed" };
    match refutation.deciding.is_empty() {
        true => "no statement allows it".to_owned(),
        false => format!("it is {decision} by {}", statements(&refutation.deciding, files)),
    }
}

/// Statements with their places: "`finance.Payout.approve` (policy/roles.gate:12)".
fn statements(all: &[Deciding], files: Files<'_>) -> String {
    let mut told: Vec<String> = all
        .iter()
        .take(MOST_STATEMENTS)
        .map(|one| {
            let raw = if one.kind == OriginKind::Raw { "the raw policy " } else { "" };
            let role = one.inherited_by.as_ref().map_or_else(String::new, |role| format!(" for `{role}`"));
            let (path, line) = (files.named(&one.place.file), one.place.line);
            format!("{raw}`{}`{role} ({path}:{line})", one.statement)
        })
        .collect();
    if all.len() > told.len() {
        told.push(format!("{} more", all.len() - told.len()));
    }
    told.join(", ")
}

fn unanswered(open: &Open) -> String {
    format!("         {}: {}\n", printable(&open.environment), printable(&open.why))
}

/// What is promised and held by something else than policies, a line each.
#[must_use]
pub fn beyond_proof(all: &[Beyond]) -> String {
    let lines = all.iter().map(|one| {
        let title = printable(&format!("{} {}", one.kind, one.name));
        format!("beyond   {title}: {}\n", printable(&one.why))
    });
    lines.collect()
}

/// `12 proved, 1 refuted`, and how many of the whole these are.
#[must_use]
pub fn proof_summary(all: &[Proof], of: usize, engine: &str) -> String {
    let mut counts = Vec::new();
    for kind in ["proved", "refuted", "unknown", "empty", "fault"] {
        let count = all.iter().filter(|proof| proof.word() == kind).count();
        let in_part = all.iter().filter(|proof| proof.word() == kind && proof.is_in_part());
        match (count, in_part.count()) {
            (0, _) => {}
            (count, 0) => counts.push(format!("{count} {kind}")),
            (count, in_part) => counts.push(format!("{count} {kind} ({in_part} in part)")),
        }
    }
    if counts.is_empty() {
        counts.push("nothing to prove".to_owned());
    }
    let part = match all.len() == of {
        true => String::new(),
        false => format!(" of {of} claims"),
    };
    format!("{}{part}, by {engine}", counts.join(", "))
}

/// The proofs as one JSON object.
#[must_use]
pub fn proofs_json(all: &[Proof], beyond: &[Beyond], of: usize, engine: &str, files: Files<'_>) -> String {
    let report = Report {
        format: FORMAT,
        engine,
        of,
        properties: all.iter().map(|proof| Item::new(proof, files)).collect(),
        beyond: beyond.iter().map(|one| BeyondItem { name: &one.name, kind: one.kind, why: &one.why }).collect(),
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    engine: &'a str,
    of: usize,
    properties: Vec<Item<'a>>,
    beyond: Vec<BeyondItem<'a>>,
}

#[derive(Serialize)]
struct BeyondItem<'a> {
    name: &'a str,
    kind: &'static str,
    why: &'a str,
}

/// A property and what it came to.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    name: &'a str,
    kind: &'static str,
    claim: &'a str,
    file: String,
    line: u32,
    column: u32,
    outcome: &'static str,
    /// Whether it is proved, but not of everything that its words speak of: `skipped` says of what not.
    in_part: bool,
    reach: usize,
    skipped: &'a [String],
    /// Whether some statement grants a part of what it speaks of.
    granted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deciding: Option<Vec<DecidingItem<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<MissingItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<OpenItem<'a>>,
}

/// A statement that decides the request.
#[derive(Serialize)]
struct DecidingItem<'a> {
    statement: &'a str,
    kind: OriginKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_by: Option<&'a str>,
    file: String,
    line: u32,
}

/// An entity that does not exist.
#[derive(Serialize)]
struct MissingItem<'a> {
    entity: &'a str,
    named_by: &'a str,
}

#[derive(Serialize)]
struct OpenItem<'a> {
    environment: &'a str,
    why: &'a str,
    /// SMT-LIB.
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
}

impl<'a> Item<'a> {
    pub(super) fn new(proof: &'a Proof, files: Files<'_>) -> Self {
        let at = files.sources.position(proof.span);
        let (shown, open): (_, &'a [Open]) = match &proof.outcome {
            Outcome::Refuted(refutation) => (Some(&refutation.witness), &[]),
            Outcome::Shown(witness) => (Some(witness.as_ref()), &[]),
            Outcome::Unknown(open) => (None, open),
            Outcome::NotReplayed(open) => (None, std::slice::from_ref(open)),
            Outcome::Proved | Outcome::Impossible | Outcome::Empty => (None, &[]),
        };
        let refutation = match &proof.outcome {
            Outcome::Refuted(refutation) => Some(refutation),
            _ => None,
        };
        let deciding = refutation.map(|refutation| {
            let all = refutation.deciding.iter();
            all.map(|one| DecidingItem {
                statement: &one.statement,
                kind: one.kind,
                inherited_by: one.inherited_by.as_deref(),
                file: files.named(&one.place.file),
                line: one.place.line,
            })
            .collect()
        });
        let missing = refutation.iter().flat_map(|refutation| &refutation.missing);
        Self {
            name: &proof.name,
            kind: proof.kind.word(),
            claim: &proof.words,
            file: files.path(proof.span.file),
            line: at.line,
            column: at.column,
            outcome: proof.word(),
            in_part: proof.is_in_part(),
            reach: proof.reach,
            skipped: &proof.skipped,
            granted: !proof.granting.is_empty(),
            request: shown.map(Witness::to_json),
            deciding,
            missing: missing.map(|one| MissingItem { entity: &one.entity, named_by: &one.named_by }).collect(),
            hint: proof.hint.as_deref(),
            open: open
                .iter()
                .map(|open| OpenItem {
                    environment: &open.environment,
                    why: &open.why,
                    question: open.script.as_deref(),
                })
                .collect(),
        }
    }
}

/// A refutation as a scenario.
#[must_use]
pub fn proof_scenario(proof: &Proof, witness: &Witness, at: Instant) -> Saved {
    let suite = Suite {
        written_by: "prove --save`: a request that refutes the claim",
        name: &format!("refuted {}", proof.title()),
        test: &proof.words,
        witness,
        is_allowed: proof.wants_allow(),
        at,
    };
    suite.save(proof.file_stem())
}
