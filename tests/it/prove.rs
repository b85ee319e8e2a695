//! `gatewright prove`: what is proved of the examples, what refutations look like, and that each proof fails once what it is
//! about is lowered wrongly.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

use cedar_policy::Policy;
use gatewright::analysis::Cache;
use gatewright::analysis::Deadline;
use gatewright::analysis::Outcome;
use gatewright::analysis::solver::Limits;
use gatewright::diag::Diagnostics;
use gatewright::load;
use gatewright::lower::Draft;
use gatewright::lower::Effect;
use gatewright::pipeline;
use gatewright::pipeline::Checked;
use gatewright::pipeline::ProveOptions;
use gatewright::pipeline::Shard;
use gatewright::text::Instant;
use tempfile::TempDir;

use crate::prover::places;
use crate::prover::solver;
use crate::support::root;

fn gatewright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A copy of the marketplace with some words changed, without its scenarios.
fn marketplace(changes: &[(&str, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("examples/marketplace");
    fs::create_dir(folder.path().join("policy")).unwrap();
    fs::copy(from.join("gatewright.toml"), folder.path().join("gatewright.toml")).unwrap();
    for entry in fs::read_dir(from.join("policy")).unwrap() {
        let entry = entry.unwrap();
        let mut policy = fs::read_to_string(entry.path()).unwrap();
        for (file, old, new) in changes {
            if entry.file_name().to_str() == Some(file) {
                assert!(policy.contains(old), "{file}: {old}");
                policy = policy.replace(old, new);
            }
        }
        fs::write(folder.path().join("policy").join(entry.file_name()), policy).unwrap();
    }
    folder
}

/// A package of one Gate file.
fn package(gate: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policy")).unwrap();
    fs::write(folder.path().join("policy/main.gate"), gate).unwrap();
    let toml = fs::read_to_string(root().join("examples/quickstart/gatewright.toml")).unwrap();
    fs::write(folder.path().join("gatewright.toml"), toml).unwrap();
    folder
}

fn prove(folder: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["prove", folder.to_str().unwrap(), "--at", "2026-03-01"];
    arguments.extend(more);
    gatewright(&arguments)
}

#[test]
fn the_examples_are_proved() {
    if solver().is_none() {
        return;
    }
    for example in ["marketplace", "quickstart"] {
        let proved = prove(&root().join("examples").join(example), &[]);
        let told = text(&proved.stdout);
        match example {
            "marketplace" => {
                assert_eq!(proved.status.code(), Some(0), "{told}");
                assert!(told.contains("18 proved"), "{told}");
            }
            _ => assert!(!told.contains("refuted") && !told.contains("unknown"), "{told}"),
        }
    }
}

#[test]
fn without_isolation_a_request_across_tenants_is_found_and_why_confirms_it() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[("guards.gate", "isolate by org;\n", "")]);
    // The package's own suites speak of what is gone, and are no obstacle.
    let scenarios = folder.path().join("scenarios");
    copy(&root().join("examples/marketplace/scenarios"), &scenarios);
    let refuted = prove(folder.path(), &["--save", scenarios.to_str().unwrap()]);
    let told = text(&refuted.stdout);
    assert_eq!(refuted.status.code(), Some(1), "{told}{}", text(&refuted.stderr));
    assert!(told.contains("refuted  assert tenants_apart"), "{told}");
    assert!(told.contains("16 proved, 1 refuted"), "{told}");
    assert!(told.contains("this is allowed:"), "{told}");
    let entities = fs::read_to_string(scenarios.join("assert-tenants_apart.json")).unwrap();
    assert!(entities.contains("org-1") && entities.contains("org-2"), "{entities}");
    let why = gatewright(&["why", folder.path().to_str().unwrap(), "assert-tenants_apart.yaml"]);
    let told = text(&why.stdout);
    assert_eq!(why.status.code(), Some(1), "{told}{}", text(&why.stderr));
    assert!(told.contains("refuted assert tenants_apart"), "{told}");
    assert!(told.contains("allow"), "{told}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

const SHOP: &str = r#"
resource Org { plan: String }
principal User in Org as org { senior: Bool }
resource Payout in Org as org { level: Long, action read, approve; }
context { from token { mfa: Bool } }
role support for User { allow read on Payout; }
role finance for User { allow approve on Payout when resource.level <= 3; }
role boss for User { allow approve on Payout when principal.senior; }
isolate by org;
"#;

#[test]
fn each_kind_of_assertion_can_be_refuted() {
    if solver().is_none() {
        return;
    }
    let cases = [
        (
            "never boss to approve on Payout when resource.level > 3",
            "this is allowed",
        ),
        ("only finance to approve on Payout", "this is allowed"),
        ("always support to read on Payout", "this is denied"),
        (
            "possible finance to approve on Payout when resource.level > 3 && principal.org != resource.org",
            "no request of this kind",
        ),
    ];
    for (claim, told) in cases {
        let folder = package(&format!("{SHOP}\nassert claim: {claim};\n"));
        let refuted = prove(folder.path(), &[]);
        let out = text(&refuted.stdout);
        assert_eq!(
            refuted.status.code(),
            Some(1),
            "{claim}\n{out}{}",
            text(&refuted.stderr)
        );
        assert!(out.contains("refuted  assert claim"), "{out}");
        assert!(out.contains(told), "{claim}\n{out}");
    }
    let sound = [
        "never support to approve on Payout when !principal.senior && resource.level > 3",
        "only finance, boss to approve on Payout",
        "always support to read on Payout when principal.org == resource.org",
        "possible finance to approve on Payout when resource.level == 3",
    ];
    for claim in sound {
        let folder = package(&format!("{SHOP}\nassert claim: {claim};\n"));
        let proved = prove(folder.path(), &[]);
        assert_eq!(proved.status.code(), Some(0), "{claim}\n{}", text(&proved.stdout));
    }
}

#[test]
fn without_a_solver_nothing_is_proved_and_it_says_how_to_get_one() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["prove", "examples/marketplace"])
        .current_dir(root())
        .env_remove("GATEWRIGHT_CVC5")
        .env_remove("CVC5")
        .env("GATEWRIGHT_CACHE", nowhere.path())
        .env("PATH", nowhere.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = text(&output.stderr);
    assert!(told.contains("there is no solver"), "{told}");
    assert!(told.contains("gatewright solver install"), "{told}");
}

#[test]
fn what_is_not_answered_is_no_pass_and_its_question_is_kept() {
    if solver().is_none() {
        return;
    }
    let folder = package(SHOP);
    let dump = folder.path().join("unsolved");
    let unknown = prove(folder.path(), &["--time", "0", "--dump", dump.to_str().unwrap()]);
    let told = text(&unknown.stdout);
    assert_eq!(unknown.status.code(), Some(3), "{told}");
    assert!(told.contains("unknown  isolate isolate.org"), "{told}");
    let kept: Vec<_> = fs::read_dir(&dump)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!kept.is_empty());
    for path in kept {
        let script = fs::read_to_string(&path).unwrap();
        assert!(
            script.starts_with("; User × Action::") && script.ends_with("(check-sat)\n"),
            "{}",
            path.display()
        );
    }
}

fn checked(folder: &Path) -> (load::PackageFiles, Checked) {
    let mut loading = Diagnostics::new();
    let package = load::load_package(folder, &mut loading).unwrap();
    let options = pipeline::Options {
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        levels: Vec::new(),
    };
    let checked = pipeline::check(&package, &options, loading);
    assert!(!checked.failed());
    (package, checked)
}

/// What a property comes to.
fn outcome(package: &load::PackageFiles, checked: &Checked, property: &str) -> Outcome {
    let found = gatewright::analysis::solver::find(&places()).unwrap();
    let options = ProveOptions {
        solver: found.engine.as_ref(),
        cache: &Cache::in_memory(),
        limits: Limits::default(),
        deadline: Deadline::never(),
        only: &[property.to_owned()],
        shard: Shard::WHOLE,
        at: Instant::parse("2026-03-01T00:00:00Z").unwrap(),
        keeps_scripts: false,
    };
    let proofs = pipeline::prove(package, checked, options, &|| ()).unwrap();
    let [proof] = <[_; 1]>::try_from(proofs.all).unwrap();
    assert_eq!(proof.title(), property);
    proof.outcome
}

/// The same program, lowered by a compiler with a fault: `fault` changes each policy, or leaves it out.
fn lowered_wrongly(
    package: &load::PackageFiles,
    checked: &Checked,
    fault: &dyn Fn(&Draft) -> Option<Draft>,
) -> Checked {
    let mut wrong = checked.clone();
    let mut drafts = Vec::new();
    let mut policies: Vec<(Policy, _)> = Vec::new();
    for draft in &checked.lowered.drafts {
        if let Some(changed) = fault(draft) {
            policies.push((
                changed.policy(&package.sources.location(changed.span)).unwrap(),
                changed.span.file,
            ));
            drafts.push(changed);
        }
    }
    wrong.lowered.drafts = drafts;
    wrong.lowered.policies = policies;
    wrong
}

#[test]
fn a_guard_that_is_lost_in_lowering_is_found_by_its_own_proof() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[]);
    let (package, checked) = checked(folder.path());
    let cases = [
        ("isolate.org", "isolate isolate.org"),
        ("stepped_up", "require stepped_up"),
        ("risk_gate", "require risk_gate"),
        ("steady", "require steady"),
        ("four_eyes", "separate four_eyes"),
        ("no_detour", "separate no_detour"),
    ];
    for (guard, property) in cases {
        let wrong = lowered_wrongly(&package, &checked, &|draft| {
            let mut draft = draft.clone();
            draft.when.retain(|part| part.guard.as_deref() != Some(guard));
            (draft.effect == Effect::Permit || draft.statement != guard).then_some(draft)
        });
        let came_to = outcome(&package, &wrong, property);
        assert!(matches!(came_to, Outcome::Refuted(_)), "{guard}: {came_to:?}");
    }
}

#[test]
fn a_clause_of_break_glass_that_is_lost_in_lowering_is_found_by_its_own_proof() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[]);
    let (package, checked) = checked(folder.path());
    let cases = [
        ("inside its window", "expiry"),
        ("expires within", "expiry"),
        ("by its requester", "scope"),
        ("for this resource", "scope"),
        ("for this action", "scope"),
        ("resources at most", "scope"),
        ("uses at most", "uses"),
        ("not revoked", "ended"),
        ("refused by fewer", "ended"),
        ("approver 1 of", "approvals"),
        ("approver 2 of", "not-self"),
    ];
    for (words, clause) in cases {
        let lost = |draft: &Draft| {
            let mut draft = draft.clone();
            let told = |text: &Option<String>| text.as_deref().is_some_and(|text| text.starts_with(words));
            draft.when.retain(|part| !told(&part.words));
            Some(draft)
        };
        let wrong = lowered_wrongly(&package, &checked, &lost);
        let came_to = outcome(&package, &wrong, &format!("break-glass payout_incident.{clause}"));
        assert!(matches!(came_to, Outcome::Refuted(_)), "{words}: {came_to:?}");
    }
}

#[test]
fn a_grant_that_opens_more_than_its_profile_is_found() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[]);
    let (package, checked) = checked(folder.path());
    let wider = |draft: &Draft| {
        let mut draft = draft.clone();
        if draft.id == "break-glass:payout_incident--approve" || draft.id == "break-glass:payout_incident--read" {
            draft.actions = vec![("Marketplace::Action".to_owned(), "Payment.read".to_owned())];
            draft.resource = "Marketplace::Payment".to_owned();
            draft.when.clear();
        }
        Some(draft)
    };
    let wrong = lowered_wrongly(&package, &checked, &wider);
    let came_to = outcome(&package, &wrong, "break-glass payout_incident.elsewhere");
    assert!(matches!(came_to, Outcome::Refuted(_)), "{came_to:?}");
}

#[test]
fn the_parts_of_a_run_are_the_whole() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!(
        "{SHOP}\nassert a: never boss to read on Payout;\nassert b: only finance, boss to approve on Payout;\n"
    ));
    let whole = text(&prove(folder.path(), &[]).stdout);
    let mut parts = BTreeSet::new();
    let mut count = 0;
    for part in ["1/2", "2/2"] {
        let out = text(&prove(folder.path(), &["--shard", part]).stdout);
        let lines = out
            .lines()
            .filter(|line| line.starts_with("proved ") || line.starts_with("refuted "));
        for line in lines {
            count += 1;
            parts.insert(line.to_owned());
        }
    }
    let lines = whole
        .lines()
        .filter(|line| line.starts_with("proved ") || line.starts_with("refuted "));
    assert_eq!(lines.map(str::to_owned).collect::<BTreeSet<_>>(), parts);
    assert_eq!(count, parts.len());
    assert_eq!(count, 3);
}
