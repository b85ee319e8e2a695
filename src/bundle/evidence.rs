//! The reports in `evidence/` counted again, so that what the manifest sums up is what they hold. What a report says besides what is
//! counted is for whoever reads it.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    BundleTree, CoverageTotals, EvidenceSummary, LintTotals, MutationTotals, ProofTotals, Refusal, Share, TestTotals,
};
use crate::text::counted;

/// Where the reports lie.
pub(super) const EVIDENCE: &str = "evidence/";

/// Version of the format of a report.
fn format_of(kind: &str) -> u32 {
    match kind {
        // The first version counted other things.
        "coverage" => 2,
        _ => 1,
    }
}

/// Everything in which the reports and their summary do not agree.
pub(super) fn disagreements(tree: &BundleTree, summary: &EvidenceSummary) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut hold = |kind: &str, outcome: Result<(), Refusal>| {
        if let Err(Refusal { code, message }) = outcome {
            found.push(Refusal::new(code, format!("`{EVIDENCE}{kind}.json` {message}")));
        }
    };
    hold("lint", held(tree, "lint", summary.lint, lint));
    hold("tests", held(tree, "tests", summary.tests, tests));
    hold("coverage", held(tree, "coverage", summary.coverage, coverage));
    hold("proofs", held(tree, "proofs", summary.proofs, proofs));
    hold("mutation", held(tree, "mutation", summary.mutation, mutation));
    let known = |path: &str| KINDS.iter().any(|kind| path == report_of(kind));
    let others = tree.iter().filter(|(path, _)| path.starts_with(EVIDENCE) && !known(path));
    found.extend(others.map(|(path, _)| Refusal::new("manifest", format!("the manifest has no summary for `{path}`"))));
    found
}

/// What the evidence records as failed. No package with a failure is bundled, so somebody else wrote it.
pub(super) fn failures(summary: &EvidenceSummary) -> Vec<Refusal> {
    let lint = summary.lint.map_or(0, |lint| lint.errors);
    let tests = summary.tests.map_or(0, |tests| tests.failed);
    let (refuted, unknown) = summary.proofs.map_or((0, 0), |proofs| (proofs.refuted, proofs.unknown));
    let counts = [
        ("lint", lint, "error"),
        ("tests", tests, "failed test"),
        ("proofs", refuted, "refuted claim"),
        ("proofs", unknown, "unproved claim"),
    ];
    let failed = counts.into_iter().filter(|(_, count, _)| *count > 0);
    let refusals = failed.map(|(kind, count, what)| {
        let message = format!("`{}` records {}", report_of(kind), counted(count, what));
        Refusal::new("evidence-failed", message)
    });
    refusals.collect()
}

const KINDS: [&str; 5] = ["lint", "tests", "coverage", "proofs", "mutation"];

fn report_of(kind: &str) -> String {
    format!("{EVIDENCE}{kind}.json")
}

/// Holds a report against its totals: both are there or neither, and counting gives the same.
fn held<R: DeserializeOwned, T: PartialEq>(
    tree: &BundleTree,
    kind: &str,
    said: Option<T>,
    count: fn(&R) -> Option<T>,
) -> Result<(), Refusal> {
    let (bytes, said) = match (tree.get(&report_of(kind)), said) {
        (None, None) => return Ok(()),
        (Some(_), None) => return Err(Refusal::new("manifest", "has no summary in the manifest")),
        (None, Some(_)) => return Err(Refusal::new("manifest", "has a summary in the manifest, but is missing")),
        (Some(bytes), Some(said)) => (bytes, said),
    };
    let format = serde_json::from_slice::<Format>(bytes).map(|read| read.format);
    let report = match format {
        Ok(read) if read == format_of(kind) => serde_json::from_slice::<R>(bytes).map_err(|error| error.to_string()),
        Ok(other) => Err(format!("unsupported format {other}; this version reads {}", format_of(kind))),
        Err(error) => Err(error.to_string()),
    };
    let report = report.map_err(|why| Refusal::new("evidence-count", format!("cannot be counted: {why}")))?;
    match count(&report) {
        Some(counted) if counted == said => Ok(()),
        Some(_) => Err(Refusal::new("evidence-count", "does not match its summary in the manifest")),
        None => Err(Refusal::new("evidence-count", "does not match its own totals")),
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Deserialize)]
struct Lint {
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding>,
    waivers: Vec<serde_json::Value>,
    /// The ids of lints that prove and were not run.
    not_run: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Finding {
    severity: String,
    #[serde(default)]
    code: String,
}

/// The code of findings that say that a question of a lint got no answer.
const UNANSWERED: &str = "unproved";

fn lint(report: &Lint) -> Option<LintTotals> {
    let of = |severity: &str| {
        let found = report.diagnostics.iter().filter(|found| found.severity == severity);
        found.count()
    };
    let totals = LintTotals {
        errors: of("error"),
        warnings: of("warning"),
        waivers: report.waivers.len(),
        not_run: report.not_run.len(),
        unanswered: report.diagnostics.iter().filter(|found| found.code == UNANSWERED).count(),
    };
    ((report.errors, report.warnings) == (totals.errors, totals.warnings)).then_some(totals)
}

#[derive(Deserialize)]
struct Tests {
    passed: usize,
    failed: usize,
    skipped: usize,
    decisions: usize,
    suites: Vec<Suite>,
}

#[derive(Deserialize)]
struct Suite {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    outcome: String,
    decisions: usize,
}

fn tests(report: &Tests) -> Option<TestTotals> {
    let all = || report.suites.iter().flat_map(|suite| &suite.tests);
    let of = |outcome: &str| all().filter(|test| test.outcome == outcome).count();
    let totals = TestTotals {
        passed: of("passed"),
        skipped: of("skipped"),
        // Whatever else a test came to, it did not pass.
        failed: all().count() - of("passed") - of("skipped"),
        decisions: all().map(|test| test.decisions).fold(0, usize::saturating_add),
    };
    let said = TestTotals {
        passed: report.passed,
        failed: report.failed,
        skipped: report.skipped,
        decisions: report.decisions,
    };
    (said == totals).then_some(totals)
}

#[derive(Deserialize)]
struct Coverage {
    totals: CoverageTotals,
    lowest: Option<usize>,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    obligations: Vec<Obligation>,
}

#[derive(Deserialize)]
struct Obligation {
    aspect: String,
    seen: bool,
}

fn coverage(report: &Coverage) -> Option<CoverageTotals> {
    let all = || report.statements.iter().flat_map(|one| &one.obligations);
    let of = |aspect: &str| share(all().filter(|one| one.aspect == aspect).map(|one| one.seen));
    let totals = CoverageTotals {
        grants: of("grants"),
        denials: of("denials"),
        break_glass: of("break-glass"),
        conditions: of("conditions"),
    };
    let parts = [totals.grants, totals.denials, totals.break_glass, totals.conditions];
    let is_whole = all().count() == parts.iter().map(|part| part.of).sum::<usize>();
    (is_whole && (report.totals, report.lowest) == (totals, totals.lowest())).then_some(totals)
}

fn share(all: impl Iterator<Item = bool>) -> Share {
    all.fold(Share::default(), |sum, seen| Share { seen: sum.seen + usize::from(seen), of: sum.of + 1 })
}

#[derive(Deserialize)]
struct Proofs {
    of: usize,
    properties: Vec<Property>,
    beyond: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Property {
    outcome: String,
    in_part: bool,
    /// What it is not proved of.
    skipped: Vec<serde_json::Value>,
    /// The request that shows something to be possible: nothing is left out then.
    request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Outcome {
    outcome: String,
}

fn proofs(report: &Proofs) -> Option<ProofTotals> {
    let count = |is: fn(&Property) -> bool| report.properties.iter().filter(|property| is(property)).count();
    let (proved, refuted) = (count(|one| one.outcome == "proved"), count(|one| one.outcome == "refuted"));
    let totals = ProofTotals {
        proved,
        in_part: count(|one| one.in_part),
        refuted,
        // Whatever is neither is not known.
        unknown: report.properties.len() - proved - refuted,
        beyond: report.beyond.len(),
    };
    let is_in_part = |one: &Property| one.outcome == "proved" && one.request.is_none() && !one.skipped.is_empty();
    let says_so = report.properties.iter().all(|one| one.in_part == is_in_part(one));
    (report.of == report.properties.len() && says_so).then_some(totals)
}

#[derive(Deserialize)]
struct Mutation {
    score: Option<usize>,
    killed: usize,
    missed: usize,
    equivalent: usize,
    undecided: usize,
    mutants: Vec<Outcome>,
}

fn mutation(report: &Mutation) -> Option<MutationTotals> {
    let count = of(&report.mutants);
    let totals = MutationTotals {
        killed: count("killed"),
        missed: count("missed"),
        equivalent: count("equivalent"),
        undecided: count("undecided"),
    };
    let said = MutationTotals {
        killed: report.killed,
        missed: report.missed,
        equivalent: report.equivalent,
        undecided: report.undecided,
    };
    let named = ["killed", "missed", "equivalent", "undecided", "unviable"];
    let is_named = |mutant: &Outcome| named.contains(&mutant.outcome.as_str());
    ((said, report.score) == (totals, totals.score()) && report.mutants.iter().all(is_named)).then_some(totals)
}

fn of(all: &[Outcome]) -> impl Fn(&str) -> usize {
    |outcome| all.iter().filter(|one| one.outcome == outcome).count()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A report of each kind, with totals that it comes to.
    fn sound() -> (BundleTree, EvidenceSummary) {
        let mut tree = BundleTree::default();
        for (kind, report) in [
            (
                "lint",
                json!({ "format": 1, "errors": 1, "warnings": 2, "diagnostics": [
                    { "severity": "warning", "code": "unproved" }, { "severity": "error" }, { "severity": "advice" }, { "severity": "warning" },
                ], "waivers": [{}, {}, {}], "not_run": [{}] }),
            ),
            (
                "tests",
                json!({ "format": 1, "passed": 2, "failed": 1, "skipped": 1, "decisions": 12, "suites": [
                    { "tests": [{ "outcome": "passed", "decisions": 3 }, { "outcome": "failed", "decisions": 4 }] },
                    { "tests": [{ "outcome": "skipped", "decisions": 0 }, { "outcome": "passed", "decisions": 5 }] },
                ] }),
            ),
            (
                "coverage",
                json!({ "format": 2, "lowest": 0, "totals": {
                    "grants": { "seen": 1, "of": 2 }, "denials": { "seen": 2, "of": 2 },
                    "break_glass": { "seen": 0, "of": 1 }, "conditions": { "seen": 1, "of": 2 },
                }, "statements": [
                    { "obligations": [{ "aspect": "grants", "seen": true }, { "aspect": "conditions", "seen": true }] },
                    { "obligations": [{ "aspect": "grants", "seen": false }, { "aspect": "conditions", "seen": false }] },
                    { "obligations": [{ "aspect": "denials", "seen": true }, { "aspect": "denials", "seen": true }] },
                    { "obligations": [{ "aspect": "break-glass", "seen": false }] },
                ] }),
            ),
            (
                "proofs",
                json!({ "format": 1, "of": 6, "beyond": [{}], "properties": [
                    { "outcome": "proved", "in_part": false, "skipped": [] }, { "outcome": "empty", "in_part": false, "skipped": [] },
                    { "outcome": "refuted", "in_part": false, "skipped": [] }, { "outcome": "unknown", "in_part": false, "skipped": [] },
                    { "outcome": "fault", "in_part": false, "skipped": [] }, { "outcome": "proved", "in_part": true, "skipped": ["a"] },
                ] }),
            ),
            (
                "mutation",
                json!({ "format": 1, "score": 50, "killed": 2, "missed": 1, "equivalent": 1, "undecided": 1, "mutants": [
                    { "outcome": "killed" }, { "outcome": "missed" }, { "outcome": "equivalent" },
                    { "outcome": "undecided" }, { "outcome": "unviable" }, { "outcome": "killed" },
                ] }),
            ),
        ] {
            tree.insert(report_of(kind), report.to_string());
        }
        let share = |seen, of| Share { seen, of };
        let summary = EvidenceSummary {
            lint: Some(LintTotals { errors: 1, warnings: 2, waivers: 3, not_run: 1, unanswered: 1 }),
            tests: Some(TestTotals { passed: 2, failed: 1, skipped: 1, decisions: 12 }),
            coverage: Some(CoverageTotals {
                grants: share(1, 2),
                denials: share(2, 2),
                break_glass: share(0, 1),
                conditions: share(1, 2),
            }),
            proofs: Some(ProofTotals { proved: 2, in_part: 1, refuted: 1, unknown: 3, beyond: 1 }),
            mutation: Some(MutationTotals { killed: 2, missed: 1, equivalent: 1, undecided: 1 }),
        };
        (tree, summary)
    }

    fn found(tree: &BundleTree, summary: &EvidenceSummary) -> Vec<String> {
        disagreements(tree, summary).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reports_that_come_to_their_totals_are_held() {
        let (tree, summary) = sound();
        assert_eq!(found(&tree, &summary), Vec::<String>::new());
        assert_eq!(found(&BundleTree::default(), &EvidenceSummary::default()), Vec::<String>::new());
    }

    /// Every number of the summary, one more each.
    #[test]
    fn any_total_that_is_another_is_refused() {
        let (tree, summary) = sound();
        let whole = serde_json::to_value(&summary).unwrap();
        let mut tried = 0;
        let mut places = vec![String::new()];
        while let Some(place) = places.pop() {
            match whole.pointer(&place).unwrap() {
                Value::Object(fields) => places.extend(fields.keys().map(|key| format!("{place}/{key}"))),
                Value::Number(number) => {
                    let mut other = whole.clone();
                    *other.pointer_mut(&place).unwrap() = json!(number.as_u64().unwrap() + 1);
                    let other: EvidenceSummary = serde_json::from_value(other).unwrap();
                    let said = found(&tree, &other);
                    assert_eq!(said.len(), 1, "{place}: {said:?}");
                    assert!(
                        said[0].ends_with("does not match its summary in the manifest [evidence-count]"),
                        "{said:?}"
                    );
                    tried += 1;
                }
                other => panic!("{place}: {other}"),
            }
        }
        assert_eq!(tried, 26);
    }

    /// Every number that a report says of itself, and every outcome that it lists.
    #[test]
    fn any_report_that_does_not_come_to_what_it_says_is_refused() {
        let (tree, summary) = sound();
        for kind in KINDS {
            let path = report_of(kind);
            let whole: Value = serde_json::from_slice(tree.get(&path).unwrap()).unwrap();
            let mut places = vec![String::new()];
            while let Some(place) = places.pop() {
                let mut other = whole.clone();
                // Counted is whether something proved leaves anything out, not what.
                if place.ends_with("/skipped") && place != "/properties/0/skipped" {
                    continue;
                }
                match whole.pointer(&place).unwrap() {
                    Value::Object(fields) => {
                        places.extend(fields.keys().map(|key| format!("{place}/{key}")));
                        continue;
                    }
                    Value::Array(items) => {
                        places.extend((0..items.len()).map(|at| format!("{place}/{at}")));
                        let list = other.pointer_mut(&place).unwrap();
                        list.as_array_mut().unwrap().push(items.first().cloned().unwrap_or(json!("more")));
                    }
                    Value::Number(number) => {
                        *other.pointer_mut(&place).unwrap() = json!(number.as_u64().unwrap() + 1);
                    }
                    Value::Bool(is) => *other.pointer_mut(&place).unwrap() = json!(!is),
                    Value::String(text) if kind == "tests" && text == "failed" => {
                        *other.pointer_mut(&place).unwrap() = json!("passed");
                    }
                    Value::String(text) if ["unknown", "empty", "fault"].contains(&text.as_str()) => {
                        *other.pointer_mut(&place).unwrap() = json!("proved");
                    }
                    Value::String(text) if text == "unviable" => *other.pointer_mut(&place).unwrap() = json!("odd"),
                    Value::String(text) if text == "advice" => *other.pointer_mut(&place).unwrap() = json!("error"),
                    Value::String(_) => *other.pointer_mut(&place).unwrap() = json!("odd"),
                    Value::Null => panic!("{place}"),
                }
                let mut changed = tree.clone();
                changed.insert(path.clone(), other.to_string());
                let said = found(&changed, &summary);
                // One finding more of a severity that is not counted, and one thing beyond proof more, are told by the manifest.
                assert_eq!(said.len(), 1, "{kind} {place}: {other}");
                assert!(said[0].contains(&path) && said[0].ends_with("[evidence-count]"), "{said:?}");
            }
        }
    }

    #[test]
    fn a_proof_that_leaves_something_out_is_one_in_part_and_no_other_is() {
        let of = |property: Value| {
            let report = json!({ "format": 1, "of": 1, "beyond": [], "properties": [property] });
            proofs(&serde_json::from_value(report).unwrap()).map(|totals| totals.in_part)
        };
        let property = |outcome: &str, in_part: bool, skipped: &[&str]| json!({ "outcome": outcome, "in_part": in_part, "skipped": skipped });
        assert_eq!(of(property("proved", true, &["Bot to Doc.read on Doc"])), Some(1));
        assert_eq!(of(property("proved", false, &["Bot to Doc.read on Doc"])), None);
        assert_eq!(of(property("proved", true, &[])), None);
        assert_eq!(of(property("refuted", false, &["Bot to Doc.read on Doc"])), Some(0));
        assert_eq!(of(property("unknown", true, &["Bot to Doc.read on Doc"])), None);
        // A request shows that something is possible, whatever else was not looked at.
        let mut shown = property("proved", false, &["Bot to Doc.read on Doc"]);
        shown["request"] = json!({});
        assert_eq!(of(shown.clone()), Some(0));
        shown["in_part"] = json!(true);
        assert_eq!(of(shown), None);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let (tree, summary) = sound();
        for report in
            ["", "{}", "[]", "{\"format\":1}", "{\"anything\":\"12 tests FAILED\"}", "{\"format\":1,\"format\":1}"]
        {
            for kind in KINDS {
                let mut changed = tree.clone();
                changed.insert(report_of(kind), report);
                let said = found(&changed, &summary);
                assert_eq!(said.len(), 1, "{kind} {report}");
                assert!(said[0].contains("cannot be counted"), "{said:?}");
            }
        }
        let mut changed = tree.clone();
        let newer = String::from_utf8(tree.get("evidence/lint.json").unwrap().to_vec()).unwrap();
        changed.insert("evidence/lint.json", newer.replace("\"format\":1", "\"format\":2"));
        assert_eq!(
            found(&changed, &summary),
            ["`evidence/lint.json` cannot be counted: unsupported format 2; this version reads 1 [evidence-count]"]
        );
    }

    #[test]
    fn a_report_and_its_totals_are_there_together_and_nothing_else_is() {
        let (mut tree, summary) = sound();
        assert_eq!(
            found(&tree, &EvidenceSummary { tests: None, ..summary.clone() }),
            ["`evidence/tests.json` has no summary in the manifest [manifest]"]
        );
        assert_eq!(
            found(&BundleTree::default(), &EvidenceSummary { proofs: summary.proofs, ..EvidenceSummary::default() }),
            ["`evidence/proofs.json` has a summary in the manifest, but is missing [manifest]"]
        );
        tree.insert("evidence/audit.json", "{}");
        tree.insert("evidence.json", "{}");
        assert_eq!(found(&tree, &summary), ["the manifest has no summary for `evidence/audit.json` [manifest]"]);
    }
}
