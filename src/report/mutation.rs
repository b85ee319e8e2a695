//! What became of the mutants of a package, for people and for programs; requests that would kill those that no test noticed,
//! as scenarios.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::mutation::{Decided, Mutant, Outcome, Tally, Trial};
use crate::text::{Instant, safe};

use super::files::Files;
use super::printable::printable;
use super::suite::{Saved, Suite};

/// The version of the JSON format.
const FORMAT: u32 = 1;

/// Mutants that there are, a line each.
#[must_use]
pub fn mutants(all: &[Mutant], files: Files<'_>) -> String {
    let lines = all.iter().map(|mutant| format!("{}  {}\n", place(mutant, files), told(mutant)));
    lines.collect()
}

/// Mutants that no test noticed and that are not proved to be the same policy, each with a request that would
/// kill it.
#[must_use]
pub fn survivors(trials: &[Trial], files: Files<'_>) -> String {
    let mut text = String::new();
    for Trial { mutant, outcome } in trials {
        if !matches!(outcome, Outcome::Missed(_) | Outcome::Undecided(_)) {
            continue;
        }
        let _ = writeln!(text, "{:<9}  {}", outcome.name(), told(mutant));
        let _ = writeln!(text, "           {}", place(mutant, files));
        match outcome {
            Outcome::Missed(shown) => {
                let _ = writeln!(text, "           {}", printable(&shown.what));
                if let Some(decided) = &shown.request {
                    let ways = match decided.allowed {
                        true => "the policy allows this, but the mutant denies it",
                        false => "the policy denies this, but the mutant allows it",
                    };
                    let _ = writeln!(text, "           {ways}:");
                    for line in decided.witness.lines() {
                        let _ = writeln!(text, "             {}", printable(&line));
                    }
                }
            }
            Outcome::Undecided(why) => {
                let _ = writeln!(text, "           {}", printable(why));
            }
            _ => {}
        }
    }
    text
}

/// `12 mutants: 9 killed, 2 missed, 1 equivalent; score 81% (9 of 11)`.
#[must_use]
pub fn mutation_summary(tally: Tally, engine: Option<&str>) -> String {
    let counts = [
        (tally.killed, "killed"),
        (tally.missed, "missed"),
        (tally.equivalent, "equivalent"),
        (tally.undecided, "undecided"),
    ];
    let mut parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    if parts.is_empty() {
        parts.push("none compiles".to_owned());
    }
    let score = match tally.score() {
        Some(score) => format!("score {score}% ({} of {})", tally.killed, tally.counted()),
        None => "no score: no mutant counts".to_owned(),
    };
    let by = engine.map_or_else(|| ", without a solver".to_owned(), |engine| format!(", by {engine}"));
    let mutants = if tally.total() == 1 { "mutant" } else { "mutants" };
    format!("{} {mutants}: {}; {score}{by}", tally.total(), parts.join(", "))
}

/// A suite for each request that would kill a mutant and that a scenario can put.
#[must_use]
pub fn mutation_scenarios(trials: &[Trial], files: Files<'_>, at: Instant) -> Vec<Saved> {
    let asked = trials.iter().filter_map(|trial| match &trial.outcome {
        Outcome::Missed(shown) => {
            let decided = shown.request.as_ref().filter(|decided| decided.is_asked)?;
            Some((&trial.mutant, decided))
        }
        _ => None,
    });
    let mut taken = BTreeMap::new();
    asked
        .map(|(mutant, decided)| {
            let stem = stem(mutant, files);
            let times: &mut usize = taken.entry(stem.clone()).or_default();
            *times += 1;
            let stem = if *times == 1 { stem } else { format!("{stem}-{times}") };
            saved(stem, mutant, decided, files, at)
        })
        .collect()
}

/// The operator and the place, so that scenarios of an earlier run keep their names: `mutant-drop-clause-shop-10-47`.
fn stem(mutant: &Mutant, files: Files<'_>) -> String {
    let at = files.sources.position(mutant.span);
    let name = files.sources.name(mutant.span.file);
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".gate").unwrap_or(name);
    let name = safe::file_stem(name);
    format!("mutant-{}-{name}-{}-{}", mutant.operator.name(), at.line, at.column)
}

fn saved(stem: String, mutant: &Mutant, decided: &Decided, files: Files<'_>, at: Instant) -> Saved {
    let suite = Suite {
        written_by: "mutate --save`: a request that a mutant of the policy decides differently",
        name: &stem,
        test: &format!("different from {} in {}", mutant.what, files.sources.name(mutant.span.file)),
        witness: &decided.witness,
        is_allowed: decided.allowed,
        at,
    };
    suite.save(stem.clone())
}

fn told(mutant: &Mutant) -> String {
    format!("{}: {}", mutant.operator.name(), printable(&mutant.what))
}

fn place(mutant: &Mutant, files: Files<'_>) -> String {
    let at = files.sources.position(mutant.span);
    let path = printable(&files.path(mutant.span.file));
    format!("{path}:{}:{}", at.line, at.column)
}

/// Whether JSON holds the requests that would kill mutants. They are the solver's choice; evidence does without, so that
/// another run gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requests {
    /// They are shown.
    Shown,
    /// They are left out.
    LeftOut,
}

/// All mutants as one JSON object.
#[must_use]
pub fn mutation_json(
    trials: &[Trial],
    tally: Tally,
    engine: Option<&str>,
    files: Files<'_>,
    requests: Requests,
) -> String {
    let report = Report {
        format: FORMAT,
        engine,
        score: tally.score(),
        killed: tally.killed,
        missed: tally.missed,
        equivalent: tally.equivalent,
        undecided: tally.undecided,
        unviable: tally.unviable,
        mutants: trials.iter().map(|trial| Item::new(trial, files, requests)).collect(),
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    engine: Option<&'a str>,
    score: Option<usize>,
    killed: usize,
    missed: usize,
    equivalent: usize,
    undecided: usize,
    unviable: usize,
    mutants: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    genre: &'static str,
    what: &'a str,
    file: String,
    line: u32,
    column: u32,
    edit: EditItem<'a>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
}

#[derive(Serialize)]
struct EditItem<'a> {
    file: String,
    start_byte: u32,
    end_byte: u32,
    text: &'a str,
}

impl<'a> Item<'a> {
    fn new(trial: &'a Trial, files: Files<'_>, requests: Requests) -> Self {
        let Trial { mutant, outcome } = trial;
        let at = files.sources.position(mutant.span);
        let edit = &mutant.edit;
        let mut item = Self {
            genre: mutant.operator.name(),
            what: &mutant.what,
            file: files.path(mutant.span.file),
            line: at.line,
            column: at.column,
            edit: EditItem {
                file: files.path(edit.span.file),
                start_byte: edit.span.start,
                end_byte: edit.span.end,
                text: &edit.text,
            },
            outcome: outcome.name(),
            by: None,
            why: None,
            request: None,
            decision: None,
        };
        match (outcome, requests) {
            (Outcome::Killed(by), _) => item.by = Some(by),
            (Outcome::Undecided(why), _) => item.why = Some(why),
            (Outcome::Missed(shown), Requests::Shown) => {
                item.why = Some(&shown.what);
                if let Some(decided) = &shown.request {
                    item.request = Some(decided.witness.to_json());
                    item.decision = Some(if decided.allowed { "allow" } else { "deny" });
                }
            }
            (Outcome::Missed(_) | Outcome::Equivalent | Outcome::Unviable, _) => {}
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{EVERY_VALUE, witness_of_every_value};
    use crate::mutation::{Edit, MutationOperator, Shown};
    use crate::text::{Sources, Span};

    fn trials(sources: &mut Sources) -> Vec<Trial> {
        let file = sources.add("policy/a.gate", "isolate by org;\nrequire context.mfa for Bill.pay;\n");
        let trial = |what: &str, start, end, outcome| {
            let span = Span::new(file, start, end);
            Trial {
                mutant: Mutant {
                    operator: MutationOperator::DropGuard,
                    span,
                    what: what.to_owned(),
                    edit: Edit { span, text: "true".to_owned() },
                    statement: None,
                },
                outcome,
            }
        };
        vec![
            trial("`isolate by org;` is removed", 0, 15, Outcome::Killed("bills: tenants".to_owned())),
            trial(
                "the guard no longer requires `context.mfa`",
                24,
                35,
                Outcome::Missed(Box::new(Shown { what: "boss gains Bill.pay on Bill".to_owned(), request: None })),
            ),
            trial("a\u{1b}[2J", 24, 35, Outcome::Undecided("there was no time".to_owned())),
        ]
    }

    #[test]
    fn what_is_killed_is_not_shown_and_no_text_steers_the_terminal() {
        let mut sources = Sources::default();
        let trials = trials(&mut sources);
        let tally = Tally::of(trials.iter().map(|trial| &trial.outcome));
        let files = Files::new(&sources);
        let text = format!("{}{}", survivors(&trials, files), mutation_summary(tally, None));
        insta::assert_snapshot!(text, @"
        missed     drop-guard: the guard no longer requires `context.mfa`
                   policy/a.gate:2:9
                   boss gains Bill.pay on Bill
        undecided  drop-guard: a␛[2J
                   policy/a.gate:2:9
                   there was no time
        3 mutants: 1 killed, 1 missed, 1 undecided; score 33% (1 of 3), without a solver
        ");
    }

    #[test]
    fn values_of_the_request_that_kills_are_shown_as_cedar_writes_them() {
        let mut sources = Sources::default();
        let mut trials = trials(&mut sources);
        let request = Decided { witness: witness_of_every_value(), allowed: false, is_asked: true };
        trials[1].outcome = Outcome::Missed(Box::new(Shown { what: "it differs".to_owned(), request: Some(request) }));
        let text = survivors(&trials[1..2], Files::new(&sources));
        assert!(!text.contains("__extn"), "{text}");
        for value in EVERY_VALUE {
            assert!(text.contains(value), "{value}\n{text}");
        }
    }

    #[test]
    fn programs_read_all_of_them() {
        let mut sources = Sources::default();
        let trials = trials(&mut sources);
        let tally = Tally::of(trials.iter().map(|trial| &trial.outcome));
        let json = mutation_json(&trials, tally, Some("cvc5 1"), Files::new(&sources), Requests::LeftOut);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["score"], &json["missed"]), (&Value::from(33), &Value::from(1)));
        assert_eq!(json["mutants"][0]["by"], "bills: tenants");
        assert_eq!(json["mutants"][1].get("why"), None, "left out");
        assert_eq!(json["mutants"][1]["line"], 2);
    }
}
