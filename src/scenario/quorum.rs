//! Requests for break-glass that nobody could approve: a suite lets somebody ask, and among its people are fewer who may
//! approve than the profile asks for.

use std::collections::BTreeSet;

use cedar_policy::{EntityTypeName, EntityUid};

use crate::break_glass::{Ledger, World};
use crate::bundle::BreakGlassProfile;
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::Instant;

use super::suite::{Body, ContextRef, GrantRequest, StepAction, Suite};
use super::{Policy, ask, codes};

/// Of more people than these nobody counts who may approve; among so many there will be enough.
const MOST_PEOPLE: usize = 2_000;

/// Warns of each person whom a suite lets ask for a grant, the first time it does.
pub fn too_few_approvers(suites: &[Suite], policy: Policy<'_>, out: &mut Diagnostics) {
    // A contract of which no ledger can be made is told by the first timeline that runs.
    let Ok(ledger) = Ledger::new(policy.contract) else {
        return;
    };
    for suite in suites {
        let mut seen = BTreeSet::new();
        for (request, at) in requests(suite) {
            if !seen.insert((&request.profile, &request.by.uid)) {
                continue;
            }
            let rules = policy.contract.break_glass.get(&request.profile);
            let shortage = rules.and_then(|rules| shortage(request, rules, at, suite, &ledger, policy));
            out.extend(shortage);
        }
    }
}

/// The requests of a suite that must be taken, each with its time.
fn requests(suite: &Suite) -> impl Iterator<Item = (&GrantRequest, Instant)> {
    let timelines = suite.tests.iter().filter_map(|test| match &test.body {
        Body::Steps(steps) if test.skip.is_none() => Some(steps),
        _ => None,
    });
    timelines.flat_map(move |steps| {
        let mut now = suite.at;
        steps.iter().filter_map(move |step| {
            now = now.checked_add(step.after).unwrap_or(now);
            match &step.action {
                StepAction::Request(request) if request.refused.is_none() => Some((request.as_ref(), now)),
                _ => None,
            }
        })
    })
}

fn shortage(
    request: &GrantRequest,
    rules: &BreakGlassProfile,
    at: Instant,
    suite: &Suite,
    ledger: &Ledger,
    policy: Policy<'_>,
) -> Option<Diagnostic> {
    let world = World { engine: policy.engine, entities: &suite.world.entities, at };
    let ty = &policy.contract.entities.get(&rules.principal)?.cedar;
    let ty: EntityTypeName = ty.parse().ok()?;
    let people: BTreeSet<EntityUid> =
        world.entities.iter().map(|entity| entity.uid()).filter(|uid| *uid.type_name() == ty).collect();
    if people.len() > MOST_PEOPLE {
        return None;
    }
    let context = ask::acting_context(&ContextRef::None, &suite.world, policy, at);
    let able = ledger.possible_approvers(world, &request.profile, &request.by.uid, &people, &context)?;
    if i64::try_from(able.len()).is_ok_and(|count| count >= rules.approvals) {
        return None;
    }
    let able: Vec<String> = able.iter().map(|uid| format!("`{}`", label(uid, suite))).collect();
    let (profile, by) = (&request.profile, &request.by.label);
    let message = match able.as_slice() {
        [] => format!("nobody in this suite can approve `{profile}` for `{by}`"),
        able => format!(
            "`{profile}` requires {} approvals, but for `{by}` this suite has only {}",
            rules.approvals,
            able.join(", ")
        ),
    };
    let role = rules.approver.as_ref().map_or("", |holder| holder.role.as_str());
    let help = match rules.tenant.is_empty() {
        true => format!("give `{role}` to more people"),
        false => format!("give `{role}` to more people of the tenant of `{by}`"),
    };
    Some(
        Diagnostic::warning(codes::TOO_FEW_APPROVERS, request.by_span, message)
            .label("this request can never be granted")
            .help(help),
    )
}

fn label(uid: &EntityUid, suite: &Suite) -> String {
    let mut fixtures = suite.world.fixtures.values();
    let fixture = fixtures.find(|fixture| fixture.named.uid == *uid);
    fixture.map_or_else(|| uid.to_string(), |fixture| fixture.named.label.clone())
}
