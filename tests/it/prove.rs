//! `gatewright prove`: what is proved of the examples, and what refutations look like.

mod asserted;
mod faulty_helpers;
mod limits;
mod lowered_wrongly;
mod steps;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::prover::solver;
use crate::support::root;

fn gatewright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .env("GATEWRIGHT_PROGRESS", "never")
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
                assert!(told.contains("23 proved"), "{told}");
                // What no policy holds is named, and not counted.
                assert!(told.contains("beyond   separate two_desks: no role combines"), "{told}");
                assert!(told.contains("beyond   break-glass payout_incident: "), "{told}");
                assert!(!told.contains("proved   separate two_desks"), "{told}");
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
    assert!(told.contains("21 proved (1 in part), 1 refuted"), "{told}");
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
        ("never boss to approve on Payout when resource.level > 3", "this is allowed"),
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
        assert_eq!(refuted.status.code(), Some(1), "{claim}\n{out}{}", text(&refuted.stderr));
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
fn a_raw_policy_refutes_what_gate_alone_would_keep() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!("{SHOP}\nassert payers: only finance, boss to approve on Payout;\n"));
    assert_eq!(prove(folder.path(), &[]).status.code(), Some(0));
    let raw = r#"@id("open") permit(principal is User, action == Action::"Payout.approve", resource is Payout)
        when { resource.level == 7 };"#;
    fs::write(folder.path().join("policy/raw.cedar"), raw).unwrap();
    let refuted = prove(folder.path(), &[]);
    let told = text(&refuted.stdout);
    assert_eq!(refuted.status.code(), Some(1), "{told}{}", text(&refuted.stderr));
    assert!(told.contains("refuted  assert payers") && told.contains("level: 7"), "{told}");
    assert!(told.contains("proved   isolate isolate.org"), "{told}");
}

#[test]
fn cedar_files_claim_nothing_and_are_no_pass() {
    if solver().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (policy, schema) = (folder.path().join("a.cedar"), folder.path().join("a.cedarschema"));
    fs::write(&policy, "@id(\"a\") permit(principal is User, action, resource) when { resource.open };").unwrap();
    let declared = "entity User; entity Doc { open: Bool }; \
        action read appliesTo { principal: User, resource: Doc };";
    fs::write(&schema, declared).unwrap();
    let proved = prove(&policy, &["--schema", schema.to_str().unwrap()]);
    assert_eq!(proved.status.code(), Some(3), "{}", text(&proved.stderr));
    assert!(text(&proved.stdout).contains("nothing to prove"), "{}", text(&proved.stdout));
    let without = prove(&policy, &[]);
    assert_eq!(without.status.code(), Some(2));
    assert!(text(&without.stderr).contains("--schema FILE"), "{}", text(&without.stderr));
}

#[test]
fn a_request_is_no_finding_where_it_is_allowed_because_a_forbid_errors() {
    if solver().is_none() {
        return;
    }
    // At the largest number, the deny errors: Cedar skips it, and a gateway denies.
    let shop = |least: &str| {
        package(&format!(
            "{SHOP}\nrole broker for User {{ allow approve on Payout when resource.level >= {least}; }}\n\
             deny any to approve on Payout when resource.level + 1 > 1000;\n\
             assert brokers: never broker to approve on Payout when resource.level > 3 && !principal.senior;\n"
        ))
    };
    let unknown = prove(shop("1000").path(), &["--only", "brokers"]);
    let told = text(&unknown.stdout);
    assert_eq!(unknown.status.code(), Some(3), "{told}{}", text(&unknown.stderr));
    assert!(told.contains("only because a `forbid` errors"), "{told}");
    let refuted = prove(shop("999").path(), &["--only", "brokers"]);
    let told = text(&refuted.stdout);
    assert_eq!(refuted.status.code(), Some(1), "{told}{}", text(&refuted.stderr));
    assert!(told.contains("level: 999"), "{told}");
}

#[test]
fn proofs_are_told_to_programs_too() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!(
        "{SHOP}\nassert readers: only support to read on Payout;\nassert all: never User to any on any;\n"
    ));
    let output = prove(folder.path(), &["--format", "json", "--only", "assert readers", "--only", "all"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["format"].as_u64(), json["of"].as_u64()), (Some(1), Some(3)));
    let [readers, all] = json["properties"].as_array().unwrap().as_slice() else {
        panic!("{json}");
    };
    assert_eq!((readers["name"].as_str(), readers["outcome"].as_str()), (Some("readers"), Some("proved")));
    assert_eq!(readers["claim"], "only support to read on Payout");
    assert!(readers.get("request").is_none());
    assert_eq!(all["outcome"], "refuted");
    assert!(all["request"]["action"].as_str().unwrap().starts_with("Action::"));
    assert!(all["request"]["entities"].as_array().unwrap().len() >= 2);
    assert_eq!(json["beyond"], serde_json::json!([]));
}

#[test]
fn a_name_of_nothing_is_an_error_and_not_a_pass() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!("{SHOP}\nassert readers: never boss to read on Payout;\n"));
    let output = prove(folder.path(), &["--only", "reader"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("unknown claim `reader`") && told.contains("`readers`"), "{told}");
}

#[test]
fn without_a_solver_nothing_is_proved_and_it_says_how_to_get_one() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .env("GATEWRIGHT_PROGRESS", "never")
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
    assert!(told.contains("no solver found"), "{told}");
    assert!(told.contains("gatewright solver install"), "{told}");
}

/// A profile that covers every action there is, and a guard that it lifts.
const LIFTED: &str = r#"
resource Org;
principal User in Org as org;
resource Doc in Org as org { action sign; }
context { from gateway { now: datetime, risk: Long } }
role reader for User { allow sign on Doc; }
role chief for User { allow sign on Doc; }
isolate by org;
low: liftable require context.risk <= 30 for Doc.sign;
break-glass a {
    for reader; grants sign on Doc; resources at most 2; requires reason;
    approved by 1 of chief; expires within 1h; uses at most 1; lifts low; review within 24h by chief;
}
"#;

#[test]
fn a_profile_that_names_everything_has_no_outside_to_prove() {
    if solver().is_none() {
        return;
    }
    let proved = prove(package(LIFTED).path(), &[]);
    let told = text(&proved.stdout);
    assert_eq!(proved.status.code(), Some(0), "{told}{}", text(&proved.stderr));
    assert!(!told.contains("a.elsewhere"), "{told}");
}

#[test]
fn a_raw_permit_is_held_to_guards_and_to_the_grant_that_it_reads() {
    if solver().is_none() {
        return;
    }
    let with = |condition: &str| {
        let folder = package(LIFTED);
        let raw = format!(
            "@id(\"raw\") permit(principal is User, action == Action::\"Doc.sign\", resource is Doc) when {{ {condition} }};"
        );
        fs::write(folder.path().join("policy/raw.cedar"), raw).unwrap();
        let output = prove(folder.path(), &[]);
        (text(&output.stdout), output.status.code())
    };
    // The guard closes it, and no time is so far away that the guard errs over it.
    let (told, code) = with("context.risk >= 0");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("proved   require low"), "{told}");
    let (told, code) = with("context has break_glass && context.break_glass has a");
    assert_eq!(code, Some(1), "{told}");
    for clause in ["expiry", "scope", "uses", "ended", "approvals", "not-self"] {
        assert!(told.contains(&format!("refuted  break-glass a.{clause}")), "{clause}\n{told}");
    }
}

#[test]
fn what_a_claim_is_silent_about_is_told() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!(
        "{SHOP}\nresource Note in Payout as payout {{ action open; }}\nrole clerk for User {{ allow open on Note; }}\n\
         assert apart: never any to any on any when principal.org != resource.org;\n"
    ));
    let proved = prove(folder.path(), &["--only", "apart"]);
    let told = text(&proved.stdout);
    assert_eq!(proved.status.code(), Some(0), "{told}{}", text(&proved.stderr));
    assert!(told.contains("proved, but not for User to Note.open on Note  "), "{told}");
}

#[test]
fn a_name_that_no_proof_is_of_is_no_pass_in_any_part() {
    if solver().is_none() {
        return;
    }
    for part in ["1/1", "1/2", "2/2"] {
        let output = prove(&root().join("examples/marketplace"), &["--only", "two_desks", "--shard", part]);
        assert_eq!(output.status.code(), Some(3), "{part}: {}", text(&output.stderr));
    }
}

/// A sum of three cubes that nobody knows, so that no solver is done with it by chance.
const ENDLESS: &str = "resource.level * resource.level * resource.level + principal.a * principal.a * principal.a \
    + principal.b * principal.b * principal.b == 114";

#[test]
fn the_time_of_a_run_ends_a_question_that_is_being_worked_on() {
    if solver().is_none() {
        return;
    }
    let shop = SHOP.replace("senior: Bool", "senior: Bool, a: Long, b: Long");
    let folder = package(&format!("{shop}\nassert cubes: never support to read on Payout when {ENDLESS};\n"));
    let began = std::time::Instant::now();
    let more = ["--only", "cubes", "--time", "2", "--rlimit-per", "100000000000"];
    let unknown = prove(folder.path(), &more);
    let told = text(&unknown.stdout);
    assert_eq!(unknown.status.code(), Some(3), "{told}{}", text(&unknown.stderr));
    assert!(told.contains("time ran out before"), "{told}");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
