//! Who may ask for a grant, approve, refuse, revoke and review it.

use crate::bundle::OriginKind;
use crate::clauses::{Clause, Step};
use crate::graph;
use crate::graph::{Profile, Ty};
use crate::lower::draft::{Draft, Effect, Part, policy_id};
use crate::lower::holders::Base;
use crate::lower::names::{profile_entity, step_action};
use crate::lower::program::Lowering;
use crate::syntax::ast::Operator;
use crate::text::Duration;
use crate::typing::{Method, TypedExpr, TypedKind};

use crate::lower::short::{At, get};

impl Lowering<'_> {
    /// What no raw policy may open either: steps across tenants, and decisions on one's own request.
    pub(super) fn fences(&mut self, profile: &Profile) {
        let context = Self::context(profile.span);
        for part in self.step_tenant(profile, &context) {
            let Some(guard) = part.guard.clone() else { continue };
            let id = policy_id(&guard, &["break-glass", &profile.name]);
            let draft = self.profile_draft(profile, id, Effect::Forbid);
            self.drafts.push(Draft {
                actions: Step::DECIDED.iter().map(|step| step_action(self.program, *step, profile)).collect(),
                resource_is: Some(profile_entity(self.program, profile)),
                unless: vec![part],
                statement: guard,
                kind: OriginKind::Isolate,
                ..draft
            });
        }
        let own = get(&context, "requester").binary(Operator::Equal, Self::principal(profile.principal, profile.span));
        let id = policy_id(&format!("break-glass.{}.not-self", profile.name), &[]);
        let draft = self.profile_draft(profile, id, Effect::Forbid);
        self.drafts.push(Draft {
            actions: [Step::Approve, Step::Refuse, Step::Review]
                .iter()
                .map(|step| step_action(self.program, *step, profile))
                .collect(),
            resource_is: Some(profile_entity(self.program, profile)),
            when: vec![Part::generated(own, "never the requester")],
            statement: format!("{}.not-self", profile.name),
            ..draft
        });
        let took_part = get(&context, "approvers").method(
            Method::Contains,
            vec![Self::principal(profile.principal, profile.span)],
            Ty::Bool,
        );
        let id = policy_id(&format!("break-glass.{}.not-approver", profile.name), &[]);
        let draft = self.profile_draft(profile, id, Effect::Forbid);
        self.drafts.push(Draft {
            actions: vec![step_action(self.program, Step::Review, profile)],
            resource_is: Some(profile_entity(self.program, profile)),
            when: vec![Part::generated(took_part, "never an approver")],
            statement: format!("{}.not-approver", profile.name),
            ..draft
        });
    }

    /// Who may ask, and with what.
    pub(super) fn request(&mut self, profile: &Profile) {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let kind = self.step_kind(profile, Step::Request);
        let principal = Self::principal(profile.principal, profile.span);
        let base = self.requester(profile, principal.clone());
        let Some(eligible) = self.eligible(profile, &principal, &base, &kind) else {
            return;
        };
        let mut when = vec![Part::generated(eligible, "for the roles that may ask")];
        when.extend(self.step_tenant(profile, &context));
        when.extend(self.papers(profile, &context));
        let duration = get(&context, "duration");
        when.push(Part::generated(
            at.all(vec![
                duration.clone().binary(Operator::Greater, at.duration(Duration(0))),
                duration.binary(Operator::LessEqual, at.duration(profile.duration(Clause::Expires))),
            ]),
            format!("expires within {}", profile.duration(Clause::Expires)),
        ));
        let count = get(&context, "resource_count");
        when.push(Part::generated(
            at.all(vec![
                count.clone().binary(Operator::GreaterEqual, at.long(1)),
                count.binary(Operator::LessEqual, at.long(profile.count(Clause::Resources))),
            ]),
            format!("resources at most {}", profile.count(Clause::Resources)),
        ));
        let none = |fact: &str| get(&context, fact).binary(Operator::Equal, at.long(0));
        when.push(Part::generated(none("open_reviews"), "no review is open"));
        when.push(Part::generated(none("active_grants"), "no grant is active"));
        if let Some((window, most)) = profile.grants_per {
            let test = get(&context, "grants_in_window").binary(Operator::Less, at.long(most));
            when.push(Part::generated(test, format!("grants per {window} at most {most}")));
        }
        if let Some(cooldown) = profile.limit(Clause::Cooldown) {
            let Some(now) = self.clock(profile.span) else { return };
            let rested = now
                .method(Method::DurationSince, vec![get(&context, "last_grant_ended")], Ty::Duration)
                .binary(Operator::GreaterEqual, at.duration(cooldown));
            let test = TypedKind::If(
                Box::new(at.has(context.clone(), &["last_grant_ended"])),
                Box::new(rested),
                Box::new(TypedExpr::bool(true, profile.span)),
            );
            let test = TypedExpr::new(test, Ty::Bool, profile.span);
            when.push(Part::generated(test, format!("cooldown {cooldown}")));
        }
        if let Some(condition) = profile.when() {
            let Some(typed) = self.typed(condition, &kind) else {
                return;
            };
            when.push(Part::written(typed));
        }
        self.step(profile, Step::Request, when);
    }

    /// Who may approve, refuse, revoke and review.
    pub(super) fn decisions(&mut self, profile: &Profile) {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let principal = Self::principal(profile.principal, profile.span);
        let requester = context.clone().attribute("requester", Ty::Entity(profile.principal));
        let base = self.requester(profile, requester);
        let other = Part::generated(
            principal.clone().binary(Operator::NotEqual, get(&context, "requester")),
            "never the requester",
        );
        let not_approver =
            get(&context, "approvers").method(Method::Contains, vec![principal.clone()], Ty::Bool).negated();
        let tenant = self.step_tenant(profile, &context);
        if let Some((_, role, span)) = profile.approval {
            for step in [Step::Approve, Step::Refuse] {
                let kind = self.step_kind(profile, step);
                let Some(ways) = self.in_role(&principal, role, &base, span, &kind) else {
                    return;
                };
                let Some(now) = self.clock(profile.span) else { return };
                let ends = get(&context, "requested_at").method(
                    Method::Offset,
                    vec![at.duration(profile.duration(Clause::Pending))],
                    Ty::Datetime,
                );
                let mut when =
                    vec![Part::generated(at.any(ways), format!("in {}", self.program.role_name(role))), other.clone()];
                when.extend(tenant.iter().cloned());
                // Whoever approved may think better of it and refuse.
                if step == Step::Approve {
                    when.push(Part::generated(not_approver.clone(), "each approver once"));
                }
                when.push(Part::generated(
                    now.binary(Operator::Less, ends),
                    format!("pending {}", profile.duration(Clause::Pending)),
                ));
                self.step(profile, step, when);
            }
        }
        let kind = self.step_kind(profile, Step::Revoke);
        let mut ways = vec![principal.clone().binary(Operator::Equal, get(&context, "requester"))];
        for role in &profile.revokers {
            let Some(more) = self.in_role(&principal, *role, &base, profile.span, &kind) else {
                return;
            };
            ways.extend(more);
        }
        let mut when = vec![Part::generated(at.any(ways), "the requester, or who may revoke")];
        when.extend(tenant.iter().cloned());
        self.step(profile, Step::Revoke, when);
        let kind = self.step_kind(profile, Step::Review);
        let (_, reviewer) = profile.review;
        let Some(ways) = self.in_role(&principal, reviewer, &base, profile.span, &kind) else {
            return;
        };
        let mut when = vec![Part::generated(at.any(ways), format!("in {}", self.program.role_name(reviewer))), other];
        when.extend(tenant);
        when.push(Part::generated(not_approver, "never an approver"));
        self.step(profile, Step::Review, when);
    }

    pub(super) fn step(&mut self, profile: &Profile, step: Step, mut when: Vec<Part>) {
        when.extend(self.step_guards(profile, step));
        let short = step.word();
        let id = policy_id(&format!("break-glass.{}.{short}", profile.name), &[]);
        let draft = self.profile_draft(profile, id, Effect::Permit);
        self.drafts.push(Draft {
            actions: vec![step_action(self.program, step, profile)],
            resource_is: Some(profile_entity(self.program, profile)),
            statement: format!("{}.{short}", profile.name),
            when,
            ..draft
        });
    }

    /// Where roles are held while there is no resource: on what the requester belongs to.
    pub(in crate::lower) fn requester(&self, profile: &Profile, requester: TypedExpr) -> Base {
        let facts = get(&Self::context(profile.span), "tenant");
        let isolations = self.program.tenants_of_profile(profile);
        let tenants = isolations.into_iter().map(|isolation| {
            let tenant = Ty::Entity(isolation.tenant);
            (isolation.tenant, facts.clone().attribute(isolation.by.clone(), tenant))
        });
        Base::Requester { tenants: tenants.collect(), requester, ty: profile.principal }
    }

    /// `principal.org == context.tenant.org`, for every isolation that concerns the profile.
    pub(super) fn step_tenant(&self, profile: &Profile, context: &TypedExpr) -> Vec<Part> {
        let mut parts = Vec::new();
        let principal = Self::principal(profile.principal, profile.span);
        for isolation in self.program.tenants_of_profile(profile) {
            let mut tests = Vec::new();
            for path in graph::paths(self.program, profile.principal, isolation.tenant) {
                let (more, own) = self.follow(principal.clone(), profile.principal, &path);
                tests.extend(more);
                tests.push(own.binary(Operator::Equal, get(&get(context, "tenant"), &isolation.by)));
            }
            let test = TypedExpr::all(tests, isolation.statement.span);
            let part = Part::generated(test, format!("isolate by {}", isolation.by));
            parts.push(part.of_guard(&isolation.statement.name));
        }
        parts
    }
}
