//! What holds by construction is shown to be tested: each proof fails once what it is about is lowered wrongly.

use std::path::Path;

use cedar_policy::Policy;
use gatewright::analysis::solver::Limits;
use gatewright::analysis::{Cache, Deadline, Outcome, Proof};
use gatewright::diag::Diagnostics;
use gatewright::lower::{Draft, Effect};
use gatewright::pipeline::{Checked, ProveOptions, Shard};
use gatewright::text::Instant;
use gatewright::{load, pipeline, report};

use super::{SHOP, marketplace, package};
use crate::prover::{places, solver};

fn checked(folder: &Path) -> (load::PackageFiles, Checked) {
    let mut loading = Diagnostics::new();
    let package = load::load_package(folder, &mut loading).unwrap();
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, loading);
    assert!(!checked.failed());
    (package, checked)
}

/// What a property comes to.
pub(super) fn outcome(package: &load::PackageFiles, checked: &Checked, property: &str) -> Outcome {
    proof(package, checked, property).outcome
}

/// A property and what it comes to.
fn proof(package: &load::PackageFiles, checked: &Checked, property: &str) -> Proof {
    let found = gatewright::analysis::solver::needed(&places()).unwrap();
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
    let proofs = pipeline::prove(package, checked, options, &|_, _| ()).unwrap();
    let [proof] = <[_; 1]>::try_from(proofs.all).unwrap();
    assert_eq!(proof.title(), property);
    proof
}

/// The same program, lowered by a compiler with a fault: `fault` changes each policy, or leaves it out.
pub(super) fn lowered_wrongly(
    package: &load::PackageFiles,
    checked: &Checked,
    fault: &dyn Fn(&Draft) -> Option<Draft>,
) -> Checked {
    let mut wrong = checked.clone();
    let mut drafts = Vec::new();
    let mut policies: Vec<(Policy, _)> = Vec::new();
    for draft in &checked.lowered.drafts {
        if let Some(changed) = fault(draft) {
            policies.push((changed.policy(&package.sources.location(changed.span)).unwrap(), changed.span.file));
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
    let folder = marketplace(&[("break_glass.gate", "    cooldown 1h;", "    idle 15m;\n    cooldown 1h;")]);
    let (package, checked) = checked(folder.path());
    assert!(matches!(outcome(&package, &checked, "break-glass payout_incident.idle"), Outcome::Proved));
    let cases = [
        ("idle 15m", "idle"),
        ("inside its window", "expiry"),
        ("expires within", "expiry"),
        ("by its requester", "scope"),
        ("who is still eligible", "scope"),
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
fn a_step_of_a_grants_life_that_is_lowered_wrongly_is_found_by_its_own_proof() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[]);
    let (package, checked) = checked(folder.path());
    let cases = [
        ("for the roles that may ask", "request"),
        ("requires reason", "request"),
        ("ticket like", "request"),
        ("expires within", "request"),
        ("resources at most", "request"),
        ("no review is open", "request"),
        ("no grant is active", "request"),
        ("grants per", "request"),
        ("cooldown", "request"),
        ("isolate by org", "request"),
        ("in security_lead", "approve"),
        ("never the requester", "approve"),
        ("each approver once", "approve"),
        ("pending", "approve"),
        ("never the requester", "refuse"),
        ("pending", "refuse"),
        ("the requester, or who may revoke", "revoke"),
        ("isolate by org", "revoke"),
        ("in security_lead", "review"),
        ("never the requester", "review"),
        ("never an approver", "review"),
    ];
    for (words, step) in cases {
        let lost = |draft: &Draft| {
            let mut draft = draft.clone();
            let told = |text: &Option<String>| text.as_deref().is_some_and(|text| text.starts_with(words));
            let parts = draft.when.len() + draft.unless.len();
            draft.when.retain(|part| !told(&part.words));
            draft.unless.retain(|part| !told(&part.words));
            // A forbid that lost what it says is gone.
            let gone = draft.effect == Effect::Forbid && draft.when.len() + draft.unless.len() < parts;
            (!gone).then_some(draft)
        };
        let wrong = lowered_wrongly(&package, &checked, &lost);
        let came_to = outcome(&package, &wrong, &format!("break-glass payout_incident.{step}"));
        assert!(matches!(came_to, Outcome::Refuted(_)), "{words}, {step}: {came_to:?}");
    }
}

#[test]
fn a_guard_that_any_grant_lifts_is_found() {
    if solver().is_none() {
        return;
    }
    let folder = marketplace(&[]);
    let (package, checked) = checked(folder.path());
    let presented = checked.lowered.drafts.iter().flat_map(|draft| &draft.when);
    let presented = presented
        .filter(|part| part.words.as_deref() == Some("a grant is presented"))
        .map(|part| part.expr.clone())
        .next()
        .unwrap();
    let lifted = |draft: &Draft| {
        let mut draft = draft.clone();
        for part in &mut draft.when {
            if part.guard.as_deref() == Some("risk_gate") {
                part.expr = presented.clone();
            }
        }
        (draft.effect == Effect::Permit || draft.statement != "risk_gate").then_some(draft)
    };
    let wrong = lowered_wrongly(&package, &checked, &lifted);
    let came_to = outcome(&package, &wrong, "require risk_gate");
    assert!(matches!(came_to, Outcome::Refuted(_)), "{came_to:?}");
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
            draft.resource = Some("Marketplace::Payment".to_owned());
            draft.when.clear();
        }
        Some(draft)
    };
    let wrong = lowered_wrongly(&package, &checked, &wider);
    let came_to = outcome(&package, &wrong, "break-glass payout_incident.elsewhere");
    assert!(matches!(came_to, Outcome::Refuted(_)), "{came_to:?}");
}

#[test]
fn a_counterexample_that_does_not_replay_is_told_as_a_bug_of_the_tool() {
    if solver().is_none() {
        return;
    }
    let folder = package(&format!("{SHOP}\nassert payers: only finance to approve on Payout;\n"));
    let (package, mut checked) = checked(folder.path());
    assert!(matches!(outcome(&package, &checked, "assert payers"), Outcome::Refuted(_)));
    // The requests are replayed under another schema than the one that the solver was asked about.
    let schema = checked.lowered.schema_text.unwrap();
    checked.lowered.schema_text = Some(schema.replace("\"Payout.approve\"", "\"Payout.approved\""));
    let proof = proof(&package, &checked, "assert payers");
    assert!(matches!(proof.outcome, Outcome::NotReplayed(_)), "{:?}", proof.outcome);
    let told = report::proofs(&[proof], report::Files::new(&package.sources));
    assert!(told.starts_with("fault    assert payers"), "{told}");
    assert!(told.contains("this is a bug in gatewright"), "{told}");
}
