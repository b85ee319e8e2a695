//! Answers to `who-can` and `what-can`, for people and for programs. Those that are decided alike stand together, allowed
//! ones first; nothing that was decided is left out.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::scenario::{Answers, Candidates, Cause, Decided, Verdict};
use crate::text::safe;

use super::printable::printable;

/// The version of the JSON format.
const FORMAT: u32 = 1;
/// The widest line of names.
const WIDTH: usize = 100;
/// In what order outcomes are told.
const ORDER: [Verdict; 4] = [Verdict::Allow, Verdict::Unknown, Verdict::Error, Verdict::Deny];

/// The answers as text.
#[must_use]
pub fn answers(answers: &Answers) -> String {
    let mut text = format!("{}: {}\n", printable(&answers.suite), printable(&answers.question));
    let mut counts = Vec::new();
    for verdict in ORDER {
        let alike = alike(answers, verdict);
        if alike.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", verdict.word());
        for (reason, candidates) in &alike {
            text.push_str(&wrapped(&names(candidates, answers.candidates)));
            for line in reason {
                let _ = writeln!(text, "      {}", printable(line));
            }
        }
        let count: usize = alike.values().map(Vec::len).sum();
        counts.push(format!("{count} {}", verdict.word()));
    }
    let total = match answers.decisions.len() {
        1 => "1 decision".to_owned(),
        count => format!("{count} decisions"),
    };
    let _ = match counts.is_empty() {
        true => writeln!(text, "\n{total}"),
        false => writeln!(text, "\n{total}: {}", counts.join(", ")),
    };
    if !answers.wildcards.is_empty() {
        let names = printable(&answers.wildcards.join(", "));
        let _ = writeln!(
            text,
            "not in this answer: types and actions that no file declares, for which {names} may stand, too"
        );
    }
    text
}

/// Candidates of one outcome by the reason for it.
fn alike(answers: &Answers, verdict: Verdict) -> BTreeMap<Vec<String>, Vec<&Decided>> {
    let mut groups: BTreeMap<Vec<String>, Vec<&Decided>> = BTreeMap::new();
    for one in answers.decisions.iter().filter(|one| one.verdict == verdict) {
        groups.entry(reason(one)).or_default().push(one);
    }
    groups
}

/// The causes with their places, and what else there is to say, a line each.
fn reason(one: &Decided) -> Vec<String> {
    let causes = one.because.iter().map(|cause| {
        let depends = match one.verdict {
            Verdict::Unknown => "depends on ",
            Verdict::Allow | Verdict::Deny | Verdict::Error => "",
        };
        let place = cause.place.as_ref();
        let place = place.map(|place| format!(", {}:{}:{}", place.file, place.line, place.column));
        format!("{depends}{}{}", cause.name, place.unwrap_or_default())
    });
    causes.chain(one.notes.iter().cloned()).collect()
}

/// `fred, gil`, or `Payout.approve p1, p2`.
fn names(alike: &[&Decided], candidates: Candidates) -> Vec<String> {
    match candidates {
        Candidates::Principals => alike.iter().map(|one| one.principal.clone()).collect(),
        Candidates::Actions => {
            let mut by_action: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for one in alike {
                by_action.entry(&one.action).or_default().push(&one.resource);
            }
            let named = by_action.into_iter().map(|(action, resources)| format!("{action} {}", resources.join(", ")));
            named.collect()
        }
    }
}

/// Names on as many lines as they need. Actions with their resources have a line each.
fn wrapped(names: &[String]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for name in names {
        let name = printable(name);
        let several = name.contains(' ');
        if !line.is_empty() && (several || line.chars().count() + name.chars().count() > WIDTH) {
            let _ = writeln!(text, "  {line}{}", if several { "" } else { "," });
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&name);
    }
    let _ = writeln!(text, "  {line}");
    text
}

/// The answers as one JSON object.
#[must_use]
pub fn answers_json(answers: &Answers) -> String {
    let report = Report {
        format: FORMAT,
        question: &answers.question,
        suite: &answers.suite,
        at: answers.at.to_string(),
        decisions: answers.decisions.iter().map(Item::new).collect(),
        wildcards: &answers.wildcards,
    };
    safe::json(&report)
}

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    question: &'a str,
    suite: &'a str,
    at: String,
    decisions: Vec<Item<'a>>,
    /// Wildcards that stand for more than the package declares, which is in no answer.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    wildcards: &'a [String],
}

#[derive(Serialize)]
struct Item<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    decision: &'static str,
    because: &'a [Cause],
    notes: &'a [String],
}

impl<'a> Item<'a> {
    fn new(one: &'a Decided) -> Self {
        Self {
            principal: &one.principal,
            action: &one.action,
            resource: &one.resource,
            decision: one.verdict.word(),
            because: &one.because,
            notes: &one.notes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::scenario::testing;

    const TESTS: &str = "tests:\n  - {name: t, as: fred, in: calm, can: {approve: p1}}\n";

    #[test]
    fn those_decided_alike_stand_together_and_unknown_is_no_denial() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let asked = scenario::who_can(&loaded.suites[0], compiled.policy(), "approve", "p1", None).unwrap();
        insta::assert_snapshot!(answers(&asked), @"
        payouts: who can Payout.approve p1

        unknown
          fred
              depends on finance.Payout.approve, policy/market.gate:7:5
              depends on stepped_up, policy/market.gate:7:5
              missing from the context: `auth_time`, `mfa`, `risk_score`

        deny
          dana, mia
              no-grant
          shopify
              no-grant
              no statement allows a PartnerApp to do `Payout.approve`

        4 decisions: 1 unknown, 3 deny
        ");
    }

    #[test]
    fn what_somebody_can_do_is_told_by_action() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let asked = scenario::what_can(&loaded.suites[0], compiled.policy(), "fred", Some("calm")).unwrap();
        insta::assert_snapshot!(answers(&asked), @"
        payouts: what can fred do in calm

        allow
          Payout.approve p1, p2
              finance.Payout.approve, policy/market.gate:7:5

        deny
          Payout.list acme
          Payout.read p1, p2
              no-grant

        5 decisions: 2 allow, 3 deny
        ");
    }

    #[test]
    fn programs_get_every_decision() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let asked = scenario::who_can(&loaded.suites[0], compiled.policy(), "approve", "p1", Some("calm")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&answers_json(&asked)).unwrap();
        assert_eq!(json["at"], "2026-03-01T10:00:00Z");
        let fred = &json["decisions"][1];
        assert_eq!((&fred["principal"], &fred["decision"]), (&"fred".into(), &"allow".into()));
        assert_eq!(fred["because"][0]["name"], "finance.Payout.approve");
        assert_eq!(fred["because"][0]["place"]["line"], 7);
        assert_eq!(json["decisions"].as_array().unwrap().len(), asked.decisions.len());
    }
}
