//! What a break-glass profile promises of the life of a grant: who asks, approves, refuses, revokes and reviews, and on which
//! facts. That a gateway keeps these facts truly is no matter of policies.

use crate::clauses::{Clause, Step};
use crate::graph::{Profile, RoleId, Ty};
use crate::lower::draft::Effect;
use crate::lower::short::{At, get};
use crate::syntax::ast::Operator;
use crate::text::Duration;
use crate::typing::{Method, TypedExpr, TypedKind};

use super::builder::{Place, context, principal};
use super::{Claim, Claims, PropertyKind};

impl Claims<'_> {
    pub(super) fn claimed_by_steps(&self, profile: &Profile, claims: &mut Vec<Claim>) {
        let at = At(profile.span);
        let context = context(profile.span);
        let principal = principal(profile.span);
        let other = principal.clone().binary(Operator::NotEqual, get(&context, "requester"));
        let no_approver =
            get(&context, "approvers").method(Method::Contains, vec![principal.clone()], Ty::Bool).negated();
        let deadline = get(&context, "requested_at").method(
            Method::Offset,
            vec![at.duration(profile.duration(Clause::Pending))],
            Ty::Datetime,
        );
        let pending = get(&context, "now").binary(Operator::Less, deadline);
        let requester = get(&context, "requester");
        let any = |step, roles: &[RoleId]| at.any(self.one_of(profile, step, roles));
        let eligible: Vec<RoleId> = profile.eligible.iter().map(|(role, _)| *role).collect();
        let mut asks = self.bounds(profile);
        asks.push(any(Step::Request, &eligible));
        let words = "only an eligible principal requests a grant, in its own tenant, with everything that is required, within the bounds";
        claims.push(self.step_claim(profile, Step::Request, words, asks));
        if let Some((_, role, _)) = profile.approval {
            let approves = vec![other.clone(), no_approver.clone(), pending.clone(), any(Step::Approve, &[role])];
            let words =
                "nobody approves their own request, approves twice, approves too late, or approves without the role";
            claims.push(self.step_claim(profile, Step::Approve, words, approves));
            let words = "nobody refuses their own request, refuses too late, or refuses without the role";
            claims.push(self.step_claim(
                profile,
                Step::Refuse,
                words,
                vec![other.clone(), pending, any(Step::Refuse, &[role])],
            ));
        }
        let mut revokes = self.one_of(profile, Step::Revoke, &profile.revokers);
        revokes.push(principal.binary(Operator::Equal, requester));
        let words = "only its requester and the `revoked by` roles revoke a grant";
        claims.push(self.step_claim(profile, Step::Revoke, words, vec![at.any(revokes)]));
        let reviews = vec![other, no_approver, any(Step::Review, &[profile.review.1])];
        let words = "a grant is never reviewed by its requester, by an approver, or without the role";
        claims.push(self.step_claim(profile, Step::Review, words, reviews));
    }

    fn step_claim(&self, profile: &Profile, step: Step, words: &str, holds: Vec<TypedExpr>) -> Claim {
        let name = format!("{}.{}", profile.name, step.word());
        let mut claim = Claim::new(&profile.id, &name, PropertyKind::BreakGlass, profile.span, words);
        let tenant = self.in_tenant(&principal(profile.span), profile.principal, profile, &context(profile.span));
        let fine = TypedExpr::all(holds.into_iter().chain(tenant).collect(), profile.span);
        claim.add_step(self, Effect::Permit, (profile, step), Vec::new());
        claim.add_step(self, Effect::Forbid, (profile, step), vec![fine]);
        claim
    }

    /// The ways to hold one of some roles at a step.
    fn one_of(&self, profile: &Profile, step: Step, roles: &[RoleId]) -> Vec<TypedExpr> {
        let place = Place::Step(profile, step);
        roles.iter().flat_map(|role| self.holders(&principal(profile.span), *role, place).tests()).collect()
    }

    /// What has to hold of a request for a grant.
    fn bounds(&self, profile: &Profile) -> Vec<TypedExpr> {
        let at = At(profile.span);
        let context = context(profile.span);
        let fact = |name: &str| get(&context, name);
        let mut tests = vec![
            fact("duration").binary(Operator::Greater, at.duration(Duration(0))),
            fact("duration").binary(Operator::LessEqual, at.duration(profile.duration(Clause::Expires))),
            fact("resource_count").binary(Operator::GreaterEqual, at.long(1)),
            fact("resource_count").binary(Operator::LessEqual, at.long(profile.count(Clause::Resources))),
            fact("open_reviews").binary(Operator::Equal, at.long(0)),
            fact("active_grants").binary(Operator::Equal, at.long(0)),
        ];
        tests.extend(reason_and_ticket(profile, &context));
        tests.extend(self.condition_of(profile, Place::Step(profile, Step::Request)));
        if let Some((_, most)) = profile.grants_per {
            tests.push(fact("grants_in_window").binary(Operator::Less, at.long(most)));
        }
        if let Some(cooldown) = profile.limit(Clause::Cooldown) {
            let rested = fact("now")
                .method(Method::DurationSince, vec![fact("last_grant_ended")], Ty::Duration)
                .binary(Operator::GreaterEqual, at.duration(cooldown));
            let none = TypedExpr::bool(true, profile.span);
            let some = at.has(context.clone(), &["last_grant_ended"]);
            let test = TypedKind::If(Box::new(some), Box::new(rested), Box::new(none));
            tests.push(TypedExpr::new(test, Ty::Bool, profile.span));
        }
        tests
    }
}

/// Whether a grant, or a request for one, has the reason and the ticket that the profile requires.
pub(super) fn reason_and_ticket(profile: &Profile, record: &TypedExpr) -> Vec<TypedExpr> {
    let is_given = |name: &str| get(record, name).binary(Operator::NotEqual, At(profile.span).text(""));
    let mut tests = Vec::new();
    if profile.reason {
        tests.push(is_given("reason"));
    }
    if let Some(pattern) = &profile.ticket {
        tests.push(is_given("ticket"));
        tests.extend(pattern.as_ref().map(|pattern| {
            let like = TypedKind::Like(Box::new(get(record, "ticket")), pattern.value.clone());
            TypedExpr::new(like, Ty::Bool, profile.span)
        }));
    }
    tests
}
