//! `gatewright who-can`, `what-can` and `why`: answers over the fixtures of a suite, and names that mean nothing.

use serde_json::Value;

use super::{Copy, run};

#[test]
fn who_can_prints_the_exact_set_with_what_decides_each() {
    let run = run("who-can examples/marketplace payouts approve p1 --in calm");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @"
    payouts: who can Payout.approve p1 in calm

    allow
      fred
          finance.Payout.approve, policy/roles.gate:26:5

    deny
      cleo
          contractors_move_no_money, policy/guards.gate:30:1
      pia
          desk_pays_nothing_out, policy/guards.gate:26:1
      gil
          four_eyes, policy/guards.gate:17:1
      eve
          isolate.org, policy/guards.gate:4:1
      hal, ivo, kim, lee, mia, nell, rex, sam, theo, uma
          no-grant
      homebrew, ledgerly, shipfast, shopfront, spy, watchdog
          no-grant
          no statement allows a PartnerApp to do `Payout.approve`
      dana
          no_detour, policy/guards.gate:20:1

    22 decisions: 1 allow, 21 deny
    ");
}

#[test]
fn without_a_context_the_answer_is_unknown_and_says_what_is_missing() {
    let run = run("who-can examples/marketplace payouts approve p1");
    assert_eq!(run.code, 0);
    let (_, unknown) = run.out.split_once("\nunknown\n  fred\n").expect("fred is neither allowed nor denied");
    assert!(unknown.contains("depends on finance.Payout.approve, policy/roles.gate:"), "{unknown}");
    assert!(unknown.contains("missing from the context: `auth_time`, `mfa`"), "{unknown}");
    assert!(!run.out.contains("\nallow\n"), "{}", run.out);
}

#[test]
fn who_can_agrees_with_the_scenario_that_claims_the_same_set() {
    let run = run("who-can examples/marketplace payouts change_destination p1 --in calm --format json");
    let answers: Value = serde_json::from_str(&run.out).unwrap();
    let decisions = answers["decisions"].as_array().unwrap();
    let allowed: Vec<&Value> = decisions.iter().filter(|one| one["decision"] == "allow").collect();
    assert_eq!(allowed.len(), 1, "{}", run.out);
    assert_eq!(allowed[0]["principal"], "dana");
    assert_eq!(allowed[0]["because"][0]["name"], "Org.admin.Payout.change_destination");
    assert_eq!(allowed[0]["because"][0]["place"]["file"], "policy/roles.gate");
}

#[test]
fn what_can_goes_through_every_action_on_every_resource() {
    let run = run("what-can examples/quickstart invoices mona --in plain");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @"
    invoices: what can mona do in plain

    allow
      Invoice.list acme
      Invoice.read her_own, settled, unpaid
          manager.Invoice.list-read, policy/invoices.gate:30:5

    deny
      Invoice.cancel her_own
          four_eyes, policy/invoices.gate:38:1
          stepped_up, policy/invoices.gate:37:1
      Invoice.create evil
      Invoice.list evil
          isolate.org, policy/invoices.gate:36:1
      Invoice.create acme
          no-grant
      Invoice.cancel settled, unpaid
          stepped_up, policy/invoices.gate:37:1

    10 decisions: 4 allow, 6 deny
    ");
}

#[test]
fn why_shows_the_clauses_of_a_claim_that_holds() {
    let run = run("why examples/quickstart invoices.yaml#second");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @"
    invoices: a manager without a second factor cancels nothing

      ok    mona Invoice.cancel unpaid in plain: deny, examples/quickstart/scenarios/invoices.yaml:30:22
      deny because of stepped_up

      stepped_up, policy/invoices.gate:37:1
        37 │ stepped_up: require context.mfa for Invoice.cancel;
        false    context.mfa  context.mfa = false
    ");
}

#[test]
fn why_of_a_claim_that_does_not_hold_is_exit_1() {
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "    because: stepped_up\n", "    because: isolate.org\n");
    let run = package.run("why . scenarios/invoices.yaml#second");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[scenario-failed]"), "{}", run.out);
    let json = package.run("why . scenarios/invoices.yaml#second --format json");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["success"], false);
    assert_eq!(json["tests"][0]["claims"][0]["because"][0], "stepped_up");
}

#[test]
fn why_tells_a_timeline_step_by_step() {
    let run = run("why examples/marketplace examples/marketplace/scenarios/break_glass.yaml");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("break-glass payout_incident") || run.out.contains("payout_incident"), "{}", run.out);
    assert!(run.out.contains("to be refused because of") && run.out.contains("got it was refused"), "{}", run.out);
    assert!(!run.out.contains("scenario-failed"), "{}", run.out);
}

#[test]
fn names_that_mean_nothing_are_exit_2_with_what_to_write() {
    for (args, says) in [
        ("who-can examples/marketplace payuots approve p1", "unknown suite `payuots`\n  help: did you mean `payouts`?"),
        (
            "who-can examples/marketplace payouts aprove p1",
            "`Payout` has no action `aprove`\n  help: did you mean `approve`?",
        ),
        ("who-can examples/marketplace payouts approve p11", "unknown resource `p11`\n  help: did you mean `p1`?"),
        (
            "who-can examples/marketplace payouts approve p1 --in clam",
            "unknown context `clam`\n  help: did you mean `calm`?",
        ),
        ("what-can examples/marketplace payouts ferd", "unknown principal `ferd`\n  help: did you mean `fred`?"),
        ("what-can examples/marketplace payouts p1", "`p1` cannot make requests: a Payout is not a principal type"),
        (
            "why examples/marketplace payout.yaml",
            "unknown suite file `payout.yaml`\n  help: did you mean `payouts.yaml`?",
        ),
        ("why examples/marketplace payouts.yaml#nobody", ""),
        ("why examples/marketplace payouts.yaml#nobdoy", "scenarios/payouts.yaml has no test `nobdoy`\n  help: "),
    ] {
        let run = run(args);
        if says.is_empty() {
            assert_eq!(run.code, 0, "{args}");
        } else {
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{args}");
            assert!(run.err.contains(says), "{args}: {}", run.err);
        }
    }
}

#[test]
fn faults_of_a_package_or_a_suite_are_shown_and_nothing_is_answered() {
    let package = Copy::of("quickstart");
    package.replace("scenarios/invoices.yaml", "is: [carl]", "is: [karl]");
    let suite = package.run("who-can . invoices read i1");
    assert_eq!(suite.code, 1);
    assert!(suite.out.contains("did you mean `carl`?") && !suite.out.contains("decisions"), "{}", suite.out);
    package.write("policy/broken.gate", "role {");
    let policy = package.run("what-can . invoices mona --format json");
    assert_eq!(policy.code, 1);
    let report: Value = serde_json::from_str(&policy.out).unwrap();
    assert!(report["errors"].as_u64().unwrap() > 0);
}
