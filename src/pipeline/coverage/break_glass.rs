//! What there is to see of a break-glass profile: each of its clauses refusing, at a step or at a use.

use super::{Key, Made, Planner, Subject, step_of};
use crate::break_glass::Reason;
use crate::bundle::OriginKind;
use crate::clauses::{Clause, Step};
use crate::graph::Profile;
use crate::lower::{Draft, Effect};
use crate::scenario::{Aspect, Condition, Excluded, OwnClause, Stage, StatementName, Watched};
use crate::text::Span;

/// What is to be seen of a clause of a profile.
struct Shown {
    /// Its name among those of the profile.
    key: &'static str,
    what: String,
    help: &'static str,
    at: Span,
    /// The refusals that show it. Without any, a policy of a step shows it.
    by: Vec<(Stage, Reason)>,
}

const ELIGIBLE: &str = "for";
const WHEN: &str = "when";
const APPROVER: &str = "approver";
const REVOKER: &str = "revoker";
const REVIEWER: &str = "reviewer";

impl Planner<'_> {
    pub(super) fn profile(&mut self, profile: &Profile) {
        let subject = subject(profile);
        for shown in shown(profile) {
            let Shown { key, what, help, at, by } = shown;
            let mark = self.oblige(&subject, Key::Clause(key), what, at, help.to_owned());
            for (stage, reason) in by {
                self.plan.refusal(&profile.name, stage, reason, mark);
            }
        }
        self.plan.exclude(Excluded {
            statement: subject.name,
            at: profile.span,
            why: "tests of the grant that is presented: the gateway presents none that fails them".to_owned(),
        });
    }

    /// A policy of a profile: of a step, or of what a grant opens.
    pub(super) fn of_profile(&mut self, made: &mut Made, watched: &mut Watched, profile: &Profile, draft: &Draft) {
        let subject = subject(profile);
        watched.statement = subject.name.clone();
        let step = step_of(profile, draft);
        if step.is_none() && draft.effect == Effect::Permit {
            watched.allows = self.allows(&subject, draft);
        } else {
            // Steps have nothing to do with each other.
            watched.statement.name.clone_from(&draft.statement);
        }
        let role = match step {
            Some(Step::Request) => Some(ELIGIBLE),
            Some(Step::Approve) => Some(APPROVER),
            Some(Step::Revoke) => Some(REVOKER),
            Some(Step::Review) => Some(REVIEWER),
            Some(Step::Refuse | Step::Withdraw) | None => None,
        };
        for (at, part) in draft.conjuncts().filter(|part| part.guard.is_none()).enumerate() {
            let key = match (part.words.is_some(), at) {
                (false, _) => Some(WHEN),
                // Who may take the step is what its policy tests first.
                (true, 0) => role,
                (true, _) => None,
            };
            let condition = self.condition(&mut made.atoms, &subject, &part);
            let withheld = key.and_then(|key| self.clause_mark(profile, key));
            made.own.push(OwnClause { condition, withheld });
        }
        for part in &draft.unless {
            let condition = self.condition(&mut made.atoms, &subject, part);
            let condition = Condition::Not(Box::new(condition));
            made.own.push(OwnClause { condition, withheld: None });
        }
    }

    /// The mark of what is seen of a clause.
    fn clause_mark(&mut self, profile: &Profile, key: &'static str) -> Option<usize> {
        let shown = shown(profile).into_iter().find(|shown| shown.key == key)?;
        Some(self.oblige(&subject(profile), Key::Clause(key), shown.what, shown.at, shown.help.to_owned()))
    }
}

fn subject(profile: &Profile) -> Subject {
    Subject {
        name: StatementName { kind: OriginKind::BreakGlass, name: profile.name.clone() },
        at: profile.span,
        aspect: Aspect::BreakGlass,
    }
}

/// Everything that is to be seen of a profile's clauses. Those that refuse nothing, `lifts` and `alerts`, show nothing.
fn shown(profile: &Profile) -> Vec<Shown> {
    let bound = |clause: Clause| profile.bounds.get(&clause).map_or(profile.span, |bound| bound.span);
    let first = |spans: Option<Span>| spans.unwrap_or(profile.span);
    let mut all = Vec::new();
    let mut add = |key, what: &str, help, at, by: &[(Stage, Reason)]| {
        all.push(Shown { key, what: what.to_owned(), help, at, by: by.to_vec() });
    };
    let step = |reason| (Stage::Step, reason);
    let at_use = |reason| (Stage::Use, reason);
    let roles = first(profile.eligible.first().map(|(_, span)| *span));
    let actions = first(profile.actions.first().map(|(_, span)| *span));
    add(ELIGIBLE, "`for` refusing a request", "let somebody ask who holds none of the roles", roles, &[]);
    add(
        "grants",
        "`grants` refusing a request",
        "ask for an action or a resource that the profile does not open",
        actions,
        &[step(Reason::ActionNotCovered), step(Reason::ResourceNotCovered)],
    );
    add(
        "scope",
        "a grant refused for what it does not name",
        "present a grant for an action or a resource that it does not name",
        actions,
        &[at_use(Reason::OutOfScope)],
    );
    add(
        "requester",
        "a grant refused to somebody else",
        "let somebody present a grant that another person asked for",
        roles,
        &[at_use(Reason::NotRequester)],
    );
    add(
        "resources",
        "`resources at most` refusing a request",
        "ask for one resource more than the profile allows",
        bound(Clause::Resources),
        &[step(Reason::TooManyResources)],
    );
    if profile.reason {
        add(
            "reason",
            "`requires reason` refusing a request",
            "ask without a reason",
            profile.span,
            &[step(Reason::ReasonMissing)],
        );
    }
    if let Some(pattern) = &profile.ticket {
        let at = pattern.as_ref().map_or(profile.span, |pattern| pattern.span);
        add(
            "ticket",
            "`requires ticket` refusing a request",
            "ask without a ticket",
            at,
            &[step(Reason::TicketMissing)],
        );
        if pattern.is_some() {
            add(
                "pattern",
                "`ticket like` refusing a request",
                "ask with a ticket of another form",
                at,
                &[step(Reason::TicketMismatch)],
            );
        }
    }
    if let Some(when) = &profile.when {
        add(WHEN, "`when` refusing", "ask, or present a grant, where the condition does not hold", when.span, &[]);
    }
    if let Some((count, _, at)) = &profile.approval {
        add(
            APPROVER,
            "`approved by` refusing an approver",
            "let somebody approve who does not hold the role",
            *at,
            &[],
        );
        add(
            "approvals",
            "`approved by` refusing a use",
            "present a grant before it has all its approvals",
            *at,
            &[at_use(Reason::Pending)],
        );
        add(
            "self-approval",
            "`approved by` refusing the requester",
            "let the requester approve",
            *at,
            &[step(Reason::SelfApproval)],
        );
        if count.value > 1 {
            add(
                "approved-twice",
                "`approved by` refusing a second approval of one person",
                "let one person approve twice",
                *at,
                &[step(Reason::AlreadyApproved)],
            );
        }
        add(
            "refused",
            "`refused by` refusing",
            "let enough people refuse a request, then approve it or present it",
            bound(Clause::Refused),
            &[step(Reason::Refused), at_use(Reason::Refused)],
        );
        add(
            "pending",
            "`pending` refusing",
            "let a request wait for too long, then approve it or present it",
            bound(Clause::Pending),
            &[step(Reason::TimedOut), at_use(Reason::TimedOut)],
        );
    }
    add(
        "too-long",
        "`expires within` refusing a request",
        "ask for longer than the profile allows",
        bound(Clause::Expires),
        &[step(Reason::TooLong)],
    );
    add(
        "expired",
        "`expires within` refusing a use",
        "present a grant after its time is over",
        bound(Clause::Expires),
        &[at_use(Reason::Expired)],
    );
    add(
        "uses",
        "`uses at most` refusing a use",
        "present a grant once more than the profile allows",
        bound(Clause::Uses),
        &[at_use(Reason::UsesExhausted)],
    );
    if profile.limit(Clause::Idle).is_some() {
        add(
            "idle",
            "`idle` refusing a use",
            "present a grant that nobody used for too long",
            bound(Clause::Idle),
            &[(Stage::IdleUse, Reason::Expired)],
        );
    }
    if profile.limit(Clause::Cooldown).is_some() {
        add(
            "cooldown",
            "`cooldown` refusing a request",
            "ask again too soon after a grant has ended and was reviewed",
            bound(Clause::Cooldown),
            &[step(Reason::Cooldown)],
        );
    }
    if profile.grants_per.is_some() {
        add(
            "grants-per",
            "`grants per` refusing a request",
            "ask for one grant more than the window allows",
            profile.span,
            &[step(Reason::TooManyGrants)],
        );
    }
    add(
        "revoked",
        "a revoked grant refused",
        "present a grant after somebody revoked it",
        profile.span,
        &[at_use(Reason::Revoked)],
    );
    add(REVOKER, "`revoked by` refusing", "let somebody revoke who may not", profile.span, &[]);
    add(
        "open-review",
        "`review` refusing a request",
        "ask again before the last grant is reviewed",
        profile.span,
        &[step(Reason::OpenReview)],
    );
    add(REVIEWER, "`review` refusing a reviewer", "let somebody review who does not hold the role", profile.span, &[]);
    add(
        "self-review",
        "`review` refusing the requester",
        "let the requester review",
        profile.span,
        &[step(Reason::SelfReview)],
    );
    if profile.approval.is_some() {
        add(
            "approver-review",
            "`review` refusing an approver",
            "let an approver review",
            profile.span,
            &[step(Reason::ApproverReview)],
        );
    }
    all
}
