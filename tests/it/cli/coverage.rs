//! `gatewright test --coverage`: what is counted, minimums, statements that changed, and the reports that other tools read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;

use crate::ci;
use crate::support::{file, has, root};

use super::Copy;
use super::history::{History, PACKAGE};

/// The blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if info == language {
                found.push(block.iter().map(|line| format!("{line}\n")).collect());
            }
        }
    }
    found
}

fn package(gate: &str, suite: &str) -> Copy {
    let package = Copy { dir: tempfile::tempdir().unwrap() };
    package.write("gatewright.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2026\"\n");
    package.write("policy/main.gate", gate);
    package.write("scenarios/main.yaml", suite);
    package
}

/// The coverage of a package as JSON.
fn measured(package: &Copy) -> Value {
    let run = package.run("test . --coverage --format json");
    assert_eq!(run.err, "");
    let whole: Value = serde_json::from_str(&run.out).unwrap();
    whole["coverage"].clone()
}

/// What a page shows of policy, suite and output together.
fn page_holds(path: &str) {
    let page = file(path).text;
    let (gates, suites) = (blocks(&page, "gate"), blocks(&page, "yaml"));
    assert_eq!(gates.len(), suites.len(), "{path}: each policy has its suite");
    let mut now = page.clone();
    let mut shown: Vec<String> = blocks(&page, "text");
    // The first block of the book's page lists commands.
    let outputs = shown.split_off(shown.len() - gates.len());
    for ((gate, suite), output) in gates.iter().zip(&suites).zip(&outputs) {
        let run = package(gate, suite).run("test . --coverage --report annotated=-");
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}: {}", run.out);
        let text: String = run.out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let (before, after) = (format!("{suite}```"), format!("```text\n{output}```"));
        let at = now.find(&before).unwrap();
        let from = at + now[at..].find(&after).unwrap();
        now.replace_range(from..from + after.len(), &format!("```text\n{text}```"));
    }
    if now != page {
        assert!(std::env::var_os("GATEWRIGHT_UPDATE").is_some(), "{path}: the output is now\n{now}");
        fs::write(root().join(path), now).unwrap();
    }
}

#[test]
fn the_page_of_the_book_shows_what_the_tests_of_its_example_show() {
    page_holds("book/src/scenarios/coverage.md");
}

#[test]
fn specs_of_coverage_hold() {
    page_holds("tests/specs/coverage/counted.md");
}

#[test]
fn the_marketplace_is_covered_and_a_grant_without_its_only_test_is_named() {
    let command = "test . --coverage --min 95 --min grants=100";
    let package = Copy::of("marketplace");
    let run = package.run(command);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);

    let suite = package.read("scenarios/webhooks.yaml");
    let (before, rest) = suite.split_once("  - name: secrets are the integrator's alone").unwrap();
    let rest = rest.split_once("  - name: access").unwrap().1;
    let before = before.split_once("  - name: the integrator replaces").unwrap();
    let kept = before.1.split_once("  - name: whoever").unwrap().1;
    let suite = format!("{}  - name: whoever{kept}  - name: access{rest}", before.0);
    package.write("scenarios/webhooks.yaml", &suite.replace("roles: [integrator, ", "roles: ["));
    fs::remove_file(package.path("snapshots/webhooks__access-to-webhooks.snap")).unwrap();
    package.run("test . --accept");
    let run = package.run(command);
    assert_eq!(run.code, 1);
    let missing = "error[uncovered]: no test shows `integrator.Webhook.rotate_secret` allowing";
    assert!(run.out.contains(missing), "{}", run.out);
    assert!(run.out.contains("─[policy/roles.gate:37:5]"), "{}", run.out);
    assert!(run.out.contains("error[uncovered]: grants: tests show"), "{}", run.out);
    // Whoever asks for no minimum is told, and passes.
    assert_eq!(package.run("test . --coverage").code, 0);
    let json: Value = serde_json::from_str(&package.run(&format!("{command} --format json")).out).unwrap();
    assert_eq!((&json["success"], json["failed"].as_u64()), (&Value::Bool(false), Some(0)));
    assert_eq!(json["uncovered"][0]["code"], "uncovered");
}

#[test]
fn coverage_is_measured_where_it_is_asked_for() {
    for (args, says) in [
        ("test examples/quickstart --report lcov=-", "add `--coverage`"),
        ("test examples/quickstart --min 5", "--coverage"),
        ("test examples/quickstart --changed-since HEAD", "--coverage"),
        ("test examples/quickstart --coverage --min grant=5", "unknown kind `grant`"),
        ("test examples/quickstart --coverage --min 101", "percents from 0 to 100"),
        ("test examples/quickstart --coverage --changed-since no-such", "no-such"),
    ] {
        let run = super::run(args);
        assert_eq!(run.code, 2, "{args}: {}", run.out);
        assert!(run.err.contains(says), "{args}: {}", run.err);
    }
    assert!(!super::run("test examples/quickstart").out.contains("coverage"));
}

#[test]
fn only_statements_that_changed_are_measured() {
    let history = History::new(None);
    let package = history.dir.path().join(PACKAGE);
    let run = |args: &str| super::run_in(&package, args.split_whitespace());
    let measured = || -> BTreeSet<String> {
        let run = run("test . --coverage --changed-since HEAD --format json");
        let whole: Value = serde_json::from_str(&run.out).unwrap();
        let statements = whole["coverage"]["statements"].as_array().unwrap();
        statements.iter().map(|one| one["statement"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(measured(), BTreeSet::new());
    assert_eq!(
        run("test . --coverage --changed-since HEAD --min 100").code,
        0,
        "nothing changed, so nothing is missing"
    );
    // Comments, reasons and the order of statements change no meaning.
    history.edit(&[
        ("// Money moves only", "\n\n// More than that:\n// Money moves only"),
        ("HR-7: contractors", "HR-8: contractors"),
    ]);
    assert_eq!(measured(), BTreeSet::new());
    history.edit(&[("context.risk_score <= 30", "context.risk_score < 31 && context.risk_score >= 0")]);
    let changed = measured();
    let expected = ["finance.Payout.create", "payout_incident", "risk_gate", "steady"].map(str::to_owned);
    assert!(changed.contains("risk_gate") && changed.contains("steady"), "{changed:?}");
    assert!(!changed.contains("four_eyes") && !changed.contains("stepped_up"), "{changed:?}");
    assert!(expected.iter().filter(|name| changed.contains(*name)).count() >= 3, "{changed:?}");
    // No test has a negative score.
    let run = run("test . --coverage --changed-since HEAD --min 100");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("no test shows `risk_gate` `context.risk_score >= 0` false"), "{}", run.out);
}

/// Declarations of one file, in any order.
const DECLARATIONS: [&str; 8] = [
    "context {\n    from gateway { now: datetime, risk: Long }\n}\n",
    "principal User {\n    mfa: Bool,\n    level: Long,\n}\n",
    "resource Doc {\n    open: Bool,\n    owner: User,\n\n    action read, write;\n}\n",
    "condition calm(most: Long) = context.risk <= most && !(context.risk < 0);\n",
    "role reader for User {\n    allow read on Doc when resource.open || principal.level > 3;\n}\n",
    "role writer for User extends reader until \"2030-01-01T00:00:00Z\" {\n    allow write on Doc when resource.owner == principal;\n}\n",
    "careful: require (principal.mfa && calm(9)) || calm(2) for Doc.write;\n",
    "shut: deny User to read on Doc when principal.level < 0;\n",
];

const SUITE: &str = "suite: docs
at: 2026-03-01T10:00:00Z
principals:
  ann: {type: User, roles: [reader], mfa: false, level: 1}
  bob: {type: User, roles: [writer], mfa: true, level: 4}
  eve: {type: User, mfa: true, level: -1}
resources:
  page: {type: Doc, open: true, owner: ann}
  note: {type: Doc, open: false, owner: bob}
contexts:
  quiet: {risk: 1}
  loud: {risk: 5}
tests:
  - name: reads and writes
    matrix: {as: [ann, bob, eve], do: [read, write], to: [page, note], in: [quiet, loud]}
    allow:
      - {as: [ann, bob], do: read, to: page}
      - {as: bob, do: read, to: note}
      - {as: bob, do: write, to: note}
    otherwise: deny
";

/// Everything of coverage but places, sorted.
fn without_places(coverage: &Value) -> Vec<String> {
    let mut all = vec![coverage["totals"].to_string()];
    for one in coverage["statements"].as_array().unwrap() {
        for obligation in one["obligations"].as_array().unwrap() {
            let (aspect, seen) = (&obligation["aspect"], &obligation["seen"]);
            // Words of several lines are shown in one, with their comments.
            let what: String = obligation["what"].as_str().unwrap().split_whitespace().collect();
            let what = what.replace("//so", "");
            all.push(format!("{} {aspect} {what} {seen}", one["statement"]));
        }
    }
    all.sort();
    all
}

/// White space wherever it may be, and comments.
fn spaced(text: &str, gaps: &[u8]) -> String {
    let mut gaps = gaps.iter().cycle();
    let words: Vec<String> = text
        .split(' ')
        .map(|word| match gaps.next().unwrap() % 4 {
            0 => format!("{word} "),
            1 => format!("{word}\n    "),
            2 => format!("{word} // so\n"),
            _ => format!("{word}  "),
        })
        .collect();
    words.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn neither_order_nor_white_space_changes_a_number(
        order in Just((0..DECLARATIONS.len()).collect::<Vec<_>>()).prop_shuffle(),
        gaps in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let plain = measured(&package(&DECLARATIONS.concat(), SUITE));
        prop_assert!(plain["totals"]["conditions"]["of"].as_u64().unwrap() > 20, "{}", plain);
        let text: String = order.iter().map(|at| spaced(DECLARATIONS[*at], &gaps)).collect();
        let other = measured(&package(&text, SUITE));
        prop_assert_eq!(without_places(&plain), without_places(&other), "{}", text);
    }
}

#[test]
fn the_form_of_roles_changes_no_number() {
    let plain = package(&DECLARATIONS.concat(), SUITE);
    for form in ["attribute", "both"] {
        let other = package(&DECLARATIONS.concat(), SUITE);
        other.replace(
            "gatewright.toml",
            "edition = \"2026\"\n",
            &format!("edition = \"2026\"\n\n[compile]\nroles = \"{form}\"\n"),
        );
        assert_eq!(without_places(&measured(&plain)), without_places(&measured(&other)), "{form}");
    }
}

/// The counts at the end of each kind of line in an LCOV tracefile.
fn counts(lcov: &str, key: &str) -> u64 {
    lcov.lines()
        .filter_map(|line| line.strip_prefix(&format!("{key}:")))
        .map(|count| count.parse::<u64>().unwrap())
        .sum()
}

#[test]
fn lcov_comes_to_the_same_numbers_and_lcov_reads_it() {
    let package = package(&DECLARATIONS.concat(), SUITE);
    let run = package.run("test . --coverage --report lcov=all.info --format json");
    let whole: Value = serde_json::from_str(&run.out).unwrap();
    let totals = whole["coverage"]["totals"].as_object().unwrap();
    let sum = |field: &str| totals.values().map(|share| share[field].as_u64().unwrap()).sum::<u64>();
    let text = package.read("all.info");
    assert_eq!((counts(&text, "BRH"), counts(&text, "BRF")), (sum("seen"), sum("of")));
    let lines = |hit: fn(&str) -> bool| {
        let counts = text.lines().filter_map(|line| line.strip_prefix("DA:")?.split_once(','));
        counts.filter(|(_, count)| hit(count)).count() as u64
    };
    assert_eq!((counts(&text, "LH"), counts(&text, "LF")), (lines(|count| count != "0"), lines(|_| true)));
    let found = Command::new("lcov").arg("--version").output().is_ok_and(|run| run.status.success());
    if !has("lcov", found) {
        return;
    }
    let mut lcov = Command::new("lcov");
    lcov.args(["--summary", "all.info", "--rc", "branch_coverage=1", "--rc", "lcov_branch_coverage=1"]);
    let output = lcov.current_dir(package.dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("({} of {} branches)", sum("seen"), sum("of"))), "{said}");
    assert!(said.contains(&format!("({} of {} lines)", counts(&text, "LH"), counts(&text, "LF"))), "{said}");
}

#[test]
fn cobertura_is_as_its_document_type_says() {
    let package = package(&DECLARATIONS.concat(), SUITE);
    assert_eq!(package.run("test . --coverage --report cobertura=all.xml").code, 0);
    let text = package.read("all.xml");
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
    // Of `coverage-04.dtd`: each element with its children and the attributes that it must have.
    let elements: BTreeMap<&str, (&[&str], &[&str])> = BTreeMap::from([
        (
            "coverage",
            (
                &["sources", "packages"] as &[_],
                &[
                    "line-rate",
                    "branch-rate",
                    "lines-covered",
                    "lines-valid",
                    "branches-covered",
                    "branches-valid",
                    "complexity",
                    "version",
                    "timestamp",
                ] as &[_],
            ),
        ),
        ("sources", (&["source"], &[])),
        ("source", (&[], &[])),
        ("packages", (&["package"], &[])),
        ("package", (&["classes"], &["name", "line-rate", "branch-rate", "complexity"])),
        ("classes", (&["class"], &[])),
        ("class", (&["methods", "lines"], &["name", "filename", "line-rate", "branch-rate", "complexity"])),
        ("methods", (&[], &[])),
        ("lines", (&["line"], &[])),
        ("line", (&[], &["number", "hits", "branch", "condition-coverage"])),
    ]);
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let (children, attributes) = elements[node.tag_name().name()];
        let found: Vec<&str> =
            node.children().filter(roxmltree::Node::is_element).map(|child| child.tag_name().name()).collect();
        assert!(found.iter().all(|child| children.contains(child)), "{node:?}");
        assert!(!found.is_empty() || children.is_empty(), "{node:?}");
        let mut named: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
        let mut wanted = attributes.to_vec();
        named.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(named, wanted, "{node:?}");
    }
    let rate = document.root_element().attribute("branch-rate").unwrap().parse::<f64>().unwrap();
    let number = |name: &str| document.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
    assert!((rate - number("branches-covered") / number("branches-valid")).abs() < 0.0001);
    if let Some(tools) = ci::tools() {
        let mut command = ci::module(&tools, "pycobertura");
        command.args(["show", "all.xml"]).current_dir(package.dir.path());
        let output = ci::output(&mut command);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("policy/main.gate"), "{said}");
    }
}

#[test]
fn json_is_as_the_schema_in_the_book_says() {
    let page = file("book/src/reference/json.md").text;
    let schema = blocks(&page, "json").into_iter().find(|block| block.contains("\"$schema\"")).unwrap();
    serde_json::from_str::<Value>(&schema).unwrap();
    let Some(tools) = ci::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("schema.json"), schema).unwrap();
    let coverage = measured(&package(&DECLARATIONS.concat(), SUITE));
    let mut wrong = coverage.clone();
    wrong["statements"][0]["obligations"][0]["seen"] = Value::from("yes");
    for (name, value, fits) in [("right.json", &coverage, true), ("wrong.json", &wrong, false)] {
        fs::write(dir.path().join(name), value.to_string()).unwrap();
        let mut command = ci::module(&tools, "check_jsonschema");
        command.args(["--schemafile", "schema.json", name]).current_dir(dir.path());
        let output = ci::output(&mut command);
        assert_eq!(output.status.success(), fits, "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
