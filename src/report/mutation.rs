//! What became of the mutants of a package, for people and for programs; requests that would kill those that no test noticed,
//! as scenarios.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::mutation::{Decided, Mutant, Outcome, Record, Same, Tally, Trial};
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

/// Mutants that no test noticed, each as a change of the author's text, and with a request that would kill it; of those that are
/// proved to be the same policy, what makes them so.
#[must_use]
pub fn survivors(trials: &[Trial], files: Files<'_>, at: Instant) -> String {
    let mut text = String::new();
    let mut stems = Stems::default();
    for Trial { mutant, outcome } in trials {
        if matches!(outcome, Outcome::Killed(_) | Outcome::Unviable) {
            continue;
        }
        let _ = writeln!(text, "{:<10} {}", outcome.name(), told(mutant));
        let mut line = |words: &str| {
            let _ = writeln!(text, "           {words}");
        };
        line(&place(mutant, files));
        for changed in changed_lines(mutant, files) {
            line(&printable(&changed));
        }
        match outcome {
            Outcome::Missed(shown) => {
                line(&printable(&shown.what));
                let Some(decided) = &shown.request else { continue };
                line(match decided.allowed {
                    true => "the policy allows this, but the mutant denies it:",
                    false => "the policy denies this, but the mutant allows it:",
                });
                for words in decided.witness.lines() {
                    line(&format!("  {}", printable(&words)));
                }
                if decided.is_asked {
                    let saved = saved(stems.next(mutant, files), mutant, decided, files, at);
                    line(&format!("this suite kills it, with its entities beside it in {}.json:", saved.stem));
                    for words in saved.suite.lines() {
                        line(&format!("  {}", printable(words)));
                    }
                    let entities: serde_json::Value = serde_json::from_str(&saved.entities).unwrap_or_default();
                    line(&format!("  {}.json: {}", saved.stem, printable(&entities.to_string())));
                }
            }
            Outcome::Undecided(why) | Outcome::Equivalent(Same::Unsaid(why)) => line(&printable(why)),
            Outcome::Equivalent(Same::Itself) => {
                line("it decides every request as the policy does, whatever the other statements say")
            }
            Outcome::Equivalent(Same::With(others)) => {
                line(&format!(
                    "it decides every request as the policy does, because of {}",
                    printable(&others.join(", "))
                ));
            }
            Outcome::Killed(_) | Outcome::Unviable => {}
        }
    }
    text
}

/// The lines of the author's text that a mutant changes, `-` before and `+` after.
fn changed_lines(mutant: &Mutant, files: Files<'_>) -> Vec<String> {
    let mut shown = Vec::new();
    for (file, after) in mutant.applied(files.sources) {
        let before = files.sources.text(file);
        let mut edits: Vec<_> = mutant.edits.iter().filter(|edit| edit.span.file == file).collect();
        edits.sort();
        // What stands between two changes of one file is not shown.
        let (mut old_at, mut grown) = (0, 0);
        for edit in edits {
            let start = edit.span.start as usize;
            if start < old_at {
                continue;
            }
            let end = edit.span.end as usize;
            let from = before.get(..start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
            let to = before.get(end..).and_then(|text| text.find('\n')).map_or(before.len(), |at| end + at);
            let new_from = from.saturating_add_signed(grown);
            grown += isize::try_from(edit.text.len()).unwrap_or(0) - isize::try_from(end - start).unwrap_or(0);
            let new_to = to.saturating_add_signed(grown);
            let old: Vec<&str> = before.get(from..to).unwrap_or_default().lines().collect();
            let new: Vec<&str> = after.get(new_from..new_to).unwrap_or_default().lines().collect();
            let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let most = old.len().min(new.len()) - same;
            let ends = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
            let changed = |sign: char, lines: &[&str]| {
                let lines = lines.iter().skip(same).take(lines.len() - same - ends);
                lines
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| format!("{sign} {}", line.trim_end()))
                    .collect::<Vec<_>>()
            };
            shown.extend(changed('-', &old));
            shown.extend(changed('+', &new));
            old_at = to;
        }
    }
    shown
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
    let mut stems = Stems::default();
    asked.map(|(mutant, decided)| saved(stems.next(mutant, files), mutant, decided, files, at)).collect()
}

/// Names of files, each given once.
#[derive(Default)]
struct Stems(BTreeMap<String, usize>);

impl Stems {
    fn next(&mut self, mutant: &Mutant, files: Files<'_>) -> String {
        let stem = stem(mutant, files);
        let times = self.0.entry(stem.clone()).or_default();
        *times += 1;
        if *times == 1 { stem } else { format!("{stem}-{times}") }
    }
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

/// All mutants as one JSON object; of a part of a run, with what its reports are merged by.
#[must_use]
pub fn mutation_json(
    trials: &[Trial],
    tally: Tally,
    engine: Option<&str>,
    files: Files<'_>,
    requests: Requests,
    part: Option<&impl Serialize>,
) -> String {
    let report = Report {
        format: FORMAT,
        shard: part,
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
struct Report<'a, P: Serialize> {
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<&'a P>,
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
    edits: Vec<EditItem<'a>>,
    #[serde(flatten)]
    record: Record,
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
        let edits = mutant.edits.iter().map(|edit| EditItem {
            file: files.path(edit.span.file),
            start_byte: edit.span.start,
            end_byte: edit.span.end,
            text: &edit.text,
        });
        Self {
            genre: mutant.operator.name(),
            what: &mutant.what,
            file: files.path(mutant.span.file),
            line: at.line,
            column: at.column,
            edits: edits.collect(),
            record: match requests {
                Requests::Shown => outcome.record(),
                Requests::LeftOut => outcome.record().without_choices(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analysis::{EVERY_VALUE, witness_of_every_value};
    use crate::mutation::{Edit, MutationOperator, Shown};
    use crate::text::{Sources, Span};

    const AT: Instant = Instant(0);

    fn trials(sources: &mut Sources) -> Vec<Trial> {
        let file = sources.add("policy/a.gate", "isolate by org;\nrequire context.mfa for Bill.pay;\n");
        let trial = |what: &str, start, end, outcome| {
            let span = Span::new(file, start, end);
            Trial {
                mutant: Mutant {
                    operator: MutationOperator::DropGuard,
                    span,
                    what: what.to_owned(),
                    edits: vec![Edit { span, text: "true".to_owned() }],
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
        let text = format!("{}{}", survivors(&trials, files, AT), mutation_summary(tally, None));
        insta::assert_snapshot!(text, @"
        missed     drop-guard: the guard no longer requires `context.mfa`
                   policy/a.gate:2:9
                   - require context.mfa for Bill.pay;
                   + require true for Bill.pay;
                   boss gains Bill.pay on Bill
        undecided  drop-guard: a␛[2J
                   policy/a.gate:2:9
                   - require context.mfa for Bill.pay;
                   + require true for Bill.pay;
                   there was no time
        3 mutants: 1 killed, 1 missed, 1 undecided; score 33% (1 of 3), without a solver
        ");
    }

    #[test]
    fn values_of_the_request_that_kills_are_shown_as_cedar_writes_them() {
        let mut sources = Sources::default();
        let mut trials = trials(&mut sources);
        let request = Decided { witness: witness_of_every_value(), allowed: false, is_asked: false };
        trials[1].outcome = Outcome::Missed(Box::new(Shown { what: "it differs".to_owned(), request: Some(request) }));
        let text = survivors(&trials[1..2], Files::new(&sources), AT);
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
        let json = mutation_json(&trials, tally, Some("cvc5 1"), Files::new(&sources), Requests::LeftOut, None::<&()>);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["score"], &json["missed"]), (&Value::from(33), &Value::from(1)));
        assert_eq!(json["mutants"][0]["by"], "bills: tenants");
        assert_eq!(json["mutants"][1].get("why"), None, "left out");
        assert_eq!(json["mutants"][1]["line"], 2);
    }
}
