//! `gatewright check` and `lint`: what is wrong, in every format, with the exit code that says so.

use serde_json::Value;

use super::{Copy, gatewright, run};

#[test]
fn a_sound_package_is_exit_0() {
    let run = run("check examples/quickstart");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out, "examples/quickstart: no problems found\n");
}

#[test]
fn a_fault_is_exit_1_with_its_code_its_place_and_what_to_write_instead() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "list, create, read on Invoice", "list, creat, read on Invoice");
    let run = package.run("check .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    insta::assert_snapshot!(run.out, @"
      error[unknown-name]: `Invoice` has no action `creat`
        ╭─[policy/invoices.gate:26:17]
     25 │ role clerk for User {
     26 │     allow list, creat, read on Invoice;
        ·                 ─────
     27 │ }
        ╰────
      help: did you mean `create`?

    .: 1 error
    ");
}

#[test]
fn json_holds_the_same_diagnostics() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "role clerk", "rôle clerk");
    let human = package.run("check .");
    let json = package.run("check . --format json");
    assert_eq!((json.code, json.err.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["format"], 1);
    let diagnostics = report["diagnostics"].as_array().unwrap();
    assert!(!diagnostics.is_empty());
    assert_eq!(
        report["errors"].as_u64().unwrap() as usize,
        diagnostics.iter().filter(|d| d["severity"] == "error").count()
    );
    for diagnostic in diagnostics {
        let code = diagnostic["code"].as_str().unwrap();
        assert!(human.out.contains(&format!("[{code}]")), "{code}: {}", human.out);
        assert_eq!(diagnostic["labels"][0]["file"], "policy/invoices.gate");
    }
    let sound = super::run("check examples/quickstart --format json");
    let report: Value = serde_json::from_str(&sound.out).unwrap();
    assert_eq!((sound.code, report["diagnostics"].as_array().unwrap().len()), (0, 0));
}

#[test]
fn github_annotations_name_paths_from_where_the_run_stands() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "role clerk for User", "role clerk for Usr");
    let folder = package.dir.path().parent().unwrap();
    let name = package.dir.path().file_name().unwrap().to_str().unwrap();
    let run = super::run_in(folder, ["check", name, "--format", "github"]);
    assert_eq!(run.code, 1);
    let start =
        format!("::error file={name}/policy/invoices.gate,line=25,endLine=25,col=16,endColumn=19,title=unknown-name::");
    assert!(run.out.starts_with(&start), "{}", run.out);
}

#[test]
fn colours_are_written_only_where_they_are_asked_for() {
    let package = Copy::of("quickstart");
    package.write("policy/invoices.gate", "rol x;");
    assert!(!package.run("check .").out.contains('\u{1b}'));
    assert!(package.run("check . --color always").out.contains('\u{1b}'));
}

#[test]
fn what_is_no_package_is_exit_2_and_says_what_one_is() {
    for (args, says) in [
        ("check nowhere", "`nowhere` does not exist"),
        ("check src", "`src` is not a package"),
        ("check examples/quickstart/policy", "it is inside the package `examples/quickstart`"),
        ("check examples/quickstart examples/marketplace", "several paths are allowed only if"),
        ("check examples/quickstart --schema x", "apply to `.cedar` files"),
        ("check x.cedar --schema nope", "`x.cedar` does not exist"),
        ("check examples/quickstart --deny unused-nam", "did you mean `unused-name`?"),
    ] {
        let run = run(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
        assert!(run.err.contains(says) && run.err.contains("\n  help: "), "{args}: {}", run.err);
    }
}

#[test]
fn a_package_that_is_not_named_is_called_by_its_name() {
    let package = Copy::of("quickstart");
    assert_eq!(package.run("check").out, "quickstart: no problems found\n");
    assert_eq!(package.run("check .").out, ".: no problems found\n", "what was typed");
    let tested = package.run("test").out;
    assert!(tested.contains("\nquickstart: "), "{tested}");
    let project = package.read("gatewright.toml");
    package.write("gatewright.toml", &project.replace("name = \"quickstart\"", "name = 3"));
    let folder = package.path("").canonicalize().unwrap();
    let folder = folder.file_name().unwrap().to_string_lossy().into_owned();
    let nameless = package.run("check").out;
    assert!(nameless.contains(&format!("\n{folder}: 1 error")), "{folder}: {nameless}");
}

#[test]
fn what_lies_in_a_package_is_told_from_it_with_what_to_type() {
    let package = Copy::of("quickstart");
    let policy = package.run("check policy");
    assert_eq!(policy.code, 2);
    insta::assert_snapshot!(policy.err, @r"
    error: `policy` is not a package
      help: it is inside the package in this folder; leave PACKAGE out, or pass `.`
    ");
    let inside = super::run_in(&package.path("policy"), ["check", "."]);
    let folder = package.path("").canonicalize().unwrap();
    let says = format!("it is inside the package `{}`; pass that folder", folder.display());
    assert!(inside.code == 2 && inside.err.contains(&says), "{}", inside.err);
    let revision = package.run("check . --at-rev HEAD");
    assert_eq!(revision.code, 2);
    assert!(revision.err.contains("without one, leave out `--at-rev`"), "{}", revision.err);
}

#[test]
fn levels_of_the_command_line_outrank_the_project_file() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "condition open", "condition unused = true;\ncondition open");
    assert_eq!(package.run("check .").code, 0, "a warning");
    assert!(package.run("check .").out.contains("warning[unused-name]"));
    assert_eq!(package.run("check . --deny unused-name").code, 1);
    assert_eq!(package.run("check . --allow unused-name").out, ".: no problems found\n");
    let project = package.read("gatewright.toml");
    package.write("gatewright.toml", &format!("{project}\n[lint]\nunused-name = \"error\"\n"));
    assert_eq!(package.run("check .").code, 1);
    assert_eq!(package.run("check . --warn unused-name").code, 0);
}

#[test]
fn lint_shows_findings_and_what_keeps_it_from_finding() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "isolate by org;", "");
    let findings = package.run("lint .");
    assert_eq!(findings.code, 1);
    assert!(findings.out.contains("error[unisolated-tenant]"), "{}", findings.out);
    package.write("policy/broken.gate", "role {");
    let broken = package.run("lint .");
    assert_eq!(broken.code, 1);
    assert!(broken.out.contains("policy/broken.gate:1:"), "{}", broken.out);
}

#[test]
fn what_has_an_end_depends_on_the_date_given() {
    let package = Copy::of("quickstart");
    package.replace(
        "policy/invoices.gate",
        "from token { mfa: Bool }",
        "from gateway { now: datetime }\n    from token { mfa: Bool }",
    );
    package.replace(
        "policy/invoices.gate",
        "role clerk for User {",
        "role clerk for User until \"2027-01-01T00:00:00Z\" {",
    );
    assert!(!package.run("check . --at 2026-12-31").out.contains("past-until"));
    assert!(package.run("check . --at 2027-01-02").out.contains("past-until"));
}

#[test]
fn a_baseline_leaves_out_what_it_lists_and_may_only_shrink() {
    let package = Copy::of("quickstart");
    let policy = package.read("policy/invoices.gate");
    let with = |more: &str| package.write("policy/invoices.gate", &format!("{policy}{more}"));
    with("condition a = true;\ncondition b = true;\n");

    let absent = package.run("lint . --baseline lints.json");
    assert_eq!(absent.code, 2, "{}", absent.err);
    let written = package.run("lint . --deny unused-name --baseline lints.json --write-baseline");
    assert_eq!(written.code, 0, "{}", written.out);
    insta::assert_snapshot!(package.read("lints.json"), @r#"
    {
      "format": 1,
      "findings": [
        {
          "lint": "unused-name",
          "within": "a",
          "count": 1
        },
        {
          "lint": "unused-name",
          "within": "b",
          "count": 1
        }
      ]
    }
    "#);

    // Another place, the same finding; and one that is new.
    with("// moved\n\ncondition b = true;\ncondition c = true;\ncondition a = true;\n");
    let new = package.run("check . --deny unused-name --baseline lints.json");
    assert_eq!(new.code, 1);
    assert!(new.out.contains("`c`") && !new.out.contains("`a`"), "{}", new.out);
    // It cannot be written in.
    let refused = package.run("lint . --deny unused-name --baseline lints.json --write-baseline");
    assert_eq!(refused.code, 1, "{}", refused.out);

    with("condition b = true;\n");
    let stale = package.run("lint . --baseline lints.json");
    assert_eq!(stale.code, 1);
    let entry = "error[stale-baseline]: stale baseline entry: `unused-name` in `a` is no longer found";
    let flat = stale.out.split_whitespace().filter(|word| *word != "│");
    let flat = flat.collect::<Vec<_>>().join(" ");
    assert!(flat.contains(entry) && !flat.contains("in `b`"), "{}", stale.out);
    // A lint that does not run finds nothing, which says nothing.
    assert_eq!(package.run("lint . --allow unused-name --baseline lints.json").code, 0);
    assert_eq!(package.run("lint . --baseline lints.json --write-baseline").code, 0);
    assert_eq!(package.run("check . --baseline lints.json").code, 0);
}

#[test]
fn without_a_solver_lint_says_once_what_did_not_run_and_fails_only_what_demanded_it() {
    let package = Copy::of("quickstart");
    let hinted = package.run("lint .");
    assert_eq!(hinted.code, 0, "{}", hinted.out);
    assert_eq!(hinted.out.matches("no-solver").count(), 1, "{}", hinted.out);
    assert!(hinted.out.contains("gatewright solver install"), "{}", hinted.out);
    assert!(hinted.out.contains("`shadowed-grant`"), "{}", hinted.out);
    let left_out = package.run("lint . --no-proofs");
    assert_eq!((left_out.code, left_out.out.as_str()), (0, ".: no findings\n"));
    let checked = package.run("check .");
    assert_eq!((checked.code, checked.out.as_str()), (0, ".: no problems found\n"));
    // What was demanded and not looked for is no pass.
    let demanded = package.run("lint . --deny shadowed-grant");
    assert_eq!(demanded.code, 1, "{}", demanded.out);
    // A solver that is named and does not work is no reason to do without.
    let mut named = gatewright(package.dir.path());
    let named = named.args(["lint", "."]).env("GATEWRIGHT_CVC5", "/nowhere/cvc5");
    assert_eq!(named.output().unwrap().status.code(), Some(2));
}

#[test]
fn a_baseline_keeps_the_findings_of_lints_that_did_not_run() {
    let package = Copy::of("quickstart");
    let listed = r#"{"format": 1, "findings": [{"lint": "shadowed-grant", "within": "x", "count": 1}]}"#;
    package.write("lints.json", listed);
    for args in [
        "lint . --baseline lints.json",
        "check . --baseline lints.json",
        "check . --baseline lints.json --write-baseline",
        "lint . --no-proofs --baseline lints.json --write-baseline",
    ] {
        let run = package.run(args);
        assert_eq!(run.code, 0, "{args}: {}", run.out);
        assert!(package.read("lints.json").contains("shadowed-grant"), "{args}");
    }
}

#[test]
fn faults_of_gateway_toml_are_shown_beside_those_of_the_policy_in_every_format() {
    let package = Copy::of("marketplace");
    assert_eq!(package.run("check .").out, ".: no problems found\n");
    package.replace("gateway.toml", "action = \"Payout.approve\"", "action = \"Payout.aprove\"");
    package.replace("gateway.toml", "method = \"DELETE\"", "method = \"delete\"");
    package.replace("gateway.toml", "/payouts/{id}/destination", "/payouts/{payout}/destination");
    package.replace("gateway.toml", "stepped_up = ", "step_up = ");
    package.replace("gateway.toml", "[mask]", "[masks]");
    package.replace("gateway.toml", "context.session_id", "context.session");
    let run = package.run("check .");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    insta::assert_snapshot!(run.out, @r#"
      error[gateway-unknown-name]: unknown action `Payout.aprove`
        ╭─[gateway.toml:24:10]
     23 │ path = "/payouts/{id}/approval"
     24 │ action = "Payout.aprove"
        ·          ───────────────
     25 │ resource = { id = "path:id" }
        ╰────
      help: did you mean `Payout.approve`?
    
      error[config-value]: the path has no `{id}`
        ╭─[gateway.toml:31:19]
     30 │ action = "Payout.change_destination"
     31 │ resource = { id = "path:id" }
        ·                   ─────────
     32 │
        ╰────
      help: known here: `payout`
    
      error[config-value]: `delete` is not an HTTP method
        ╭─[gateway.toml:82:10]
     81 │ [[route]]
     82 │ method = "delete"
        ·          ────────
     83 │ path = "/webhooks/{id}"
        ╰────
      help: write "DELETE"
    
      error[gateway-unknown-name]: unknown guard `step_up`
         ╭─[gateway.toml:121:1]
     120 │ [obligations]
     121 │ step_up = { type = "step-up", acr = ["urn:marketplace:mfa"] }
         · ───────
     122 │ risk_gate = { type = "notification", channels = ["risk-desk"] }
         ╰────
      help: known here: `contractors_move_no_money`, `desk_pays_nothing_out`,
            `partners_see_no_restricted_data`, `risk_gate`, `steady`, `stepped_up`
    
      error[config-unknown-key]: unknown key `masks` in `gateway.toml`
         ╭─[gateway.toml:124:2]
     123 │
     124 │ [masks]
         ·  ─────
     125 │ attributes = ["context.session", "context.source_ip"]
         ╰────
      help: did you mean `mask`?
    
    .: 5 errors
    "#);
    let json = package.run("check . --format json");
    assert_eq!(json.code, 1);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let said = report["diagnostics"].as_array().unwrap();
    let codes: Vec<_> = said.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(said.iter().all(|one| one["labels"][0]["file"] == "gateway.toml"), "{}", json.out);
    assert_eq!(
        codes,
        ["gateway-unknown-name", "config-value", "config-value", "gateway-unknown-name", "config-unknown-key"]
    );
    // No verb goes on with half of it, and what does not read it is not stopped by it.
    for verb in ["build . --out out", "bundle . --out a.cjar", "test ."] {
        assert_eq!(package.run(verb).code, 1, "{verb}");
    }
    assert_eq!(package.run("fmt . --check").code, 0);
}

#[test]
fn an_action_without_a_route_is_a_finding_with_a_level() {
    let package = Copy::of("marketplace");
    package.replace("gateway.toml", "action = \"Webhook.disable\"", "action = \"Webhook.read\"");
    let run = package.run("check .");
    assert_eq!(run.code, 0, "a warning");
    insta::assert_snapshot!(run.out, @r#"
      warning[unrouted-action]: no route for `Webhook.disable`
        ╭─[policy/model.gate:68:12]
     67 │     @reads action read;
     68 │     action disable;
        ·            ───┬───
        ·               ╰── `gateway.toml` has routes, but none with this action
     69 │     sensitive action rotate_secret;
        ╰────
      help: add a `[[route]]` with `action = "Webhook.disable"`, or waive this if the action is only
            requested by name

    .: 1 warning
    "#);
    assert_eq!(package.run("check . --deny unrouted-action").code, 1);
    assert_eq!(package.run("check . --allow unrouted-action").out, ".: no problems found\n");
}

#[test]
fn suites_are_read_too_and_faults_in_them_fail_the_check() {
    let package = Copy::of("quickstart");
    assert_eq!(package.run("check .").code, 0);
    package.write("scenarios/broken.yaml", "suite: [\n");
    let run = package.run("check .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[yaml-syntax]") && run.out.contains("scenarios/broken.yaml:"), "{}", run.out);
    // Beside a policy with faults, what is no YAML is told as well.
    package.replace("policy/invoices.gate", "role clerk for User", "role clerk for Usr");
    let run = package.run("check .");
    assert!(run.out.contains("[yaml-syntax]") && run.out.contains("`Usr`"), "{}", run.out);
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "cannot: {cancel", "cannot: {cancle");
    let run = package.run("check . --format json");
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, report["diagnostics"][0]["code"].as_str()), (1, Some("scenario-unknown-name")));
    assert_eq!(package.run("build . --out out").code, 0, "suites have no say in what is built");
}

#[test]
fn every_verb_takes_the_package_that_contains_the_folder() {
    let package = Copy::of("quickstart");
    let inside = package.path("policy");
    let words = |args: &str| args.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for verb in [
        "check",
        "lint --no-proofs",
        "test",
        "graph",
        "fmt --check",
        "build --out ../out",
        "bundle --out ../out/b.cjar",
        "mutate --list",
        "who-can invoices read unpaid --in plain",
        "what-can invoices carl --in plain",
        "why invoices.yaml",
    ] {
        let run = super::run_in(&inside, words(verb));
        assert!(run.code != 2, "{verb}: {}", run.err);
    }
    let run = super::run_in(&inside, ["check"]);
    assert_eq!((run.code, run.out.as_str()), (0, "quickstart: no problems found\n"));
    package.replace("policy/invoices.gate", "role clerk for User", "role clerk for Usr");
    let run = super::run_in(&inside, ["check"]);
    assert!(run.out.contains("[../policy/invoices.gate:"), "{}", run.out);
    let nowhere = tempfile::tempdir().unwrap();
    let run = super::run_in(nowhere.path(), ["check"]);
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @r"
    error: no package found in this folder or its parents
      help: pass a folder with `gatewright.toml`, or create a package: `gatewright init DIR`
    ");
}
