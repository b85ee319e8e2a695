//! Whether a request carries a valid grant: every clause of the profile, tested on the grant record.

use crate::bundle::GRANTS_ATTRIBUTE;
use crate::clauses::{Clause, PRESENTED};
use crate::diag::Diagnostic;
use crate::graph;
use crate::graph::{ActionId, Profile, RoleId, Ty, TypeId};
use crate::lower::draft::Part;
use crate::lower::holders::Base;
use crate::lower::lowering::Lowering;
use crate::syntax::ast::Operator;
use crate::text::{Duration, Span};
use crate::typing::{Kind, Method, TypedExpr, TypedKind, Variable};

use crate::lower::short::{At, get};

/// Later than any time that there is, and early enough to add to.
const END_OF_TIMES: &str = "9999-01-01T00:00:00Z";

impl Lowering<'_> {
    /// Whether a request carries a valid grant of a profile for these actions on its resource.
    pub(in crate::lower) fn grant_record(
        &mut self,
        profile: &Profile,
        resource: TypeId,
        actions: &[ActionId],
        kind: &Kind,
    ) -> Option<Vec<Part>> {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let grant = get(&get(&context, GRANTS_ATTRIBUTE), &profile.name);
        let principal = Self::principal(profile.principal, profile.span);
        let target = Self::resource(resource, profile.span);
        let now = self.clock(profile.span)?;
        let mut parts = vec![
            Part::generated(at.has(context.clone(), &[GRANTS_ATTRIBUTE, &profile.name]), PRESENTED),
            Part::generated(get(&grant, "requester").binary(Operator::Equal, principal.clone()), "by its requester"),
        ];
        let base = Base::From(target.clone(), resource);
        let eligible = self.eligible(profile, &principal, &base, kind)?;
        parts.push(Part::generated(eligible, "who is still eligible"));
        let named = get(&get(&grant, "resources"), self.program.type_name(resource));
        parts
            .push(Part::generated(named.method(Method::Contains, vec![target.clone()], Ty::Bool), "for this resource"));
        parts.push(Part::generated(self.covers(profile, &grant, actions), "for this action"));
        let count = get(&grant, "resource_count");
        parts.push(Part::generated(
            at.all(vec![
                count.clone().binary(Operator::GreaterEqual, at.long(1)),
                count.binary(Operator::LessEqual, at.long(profile.count(Clause::Resources))),
            ]),
            format!("resources at most {}", profile.count(Clause::Resources)),
        ));
        let tenants = self.grant_tenant(profile, &grant, &target, resource);
        if !tenants.is_empty() {
            parts.push(Part::generated(at.all(tenants), "in the tenant of the grant"));
        }
        parts.extend(self.approvers(profile, &grant, &principal, &base, kind)?);
        parts.push(Part::generated(
            get(&grant, "refusals").binary(Operator::Less, at.long(profile.count(Clause::Refused))),
            format!("refused by fewer than {}", profile.count(Clause::Refused)),
        ));
        parts.extend(self.reason_and_ticket(profile, &grant));
        parts.extend(Self::window(profile, &grant, &now));
        let uses = get(&grant, "uses");
        parts.push(Part::generated(
            at.all(vec![
                uses.clone().binary(Operator::GreaterEqual, at.long(0)),
                uses.binary(Operator::Less, at.long(profile.count(Clause::Uses))),
            ]),
            format!("uses at most {}", profile.count(Clause::Uses)),
        ));
        parts.push(Part::generated(get(&grant, "revoked").negated(), "not revoked"));
        parts.push(Part::generated(get(&grant, "log_index").binary(Operator::GreaterEqual, at.long(0)), "logged"));
        if let Some(when) = profile.when() {
            parts.push(Part::written(self.typed(when, kind)?));
        }
        Some(parts)
    }

    /// Any of the roles that may ask, and of those that extend them, each with its own restrictions.
    pub(super) fn eligible(
        &mut self,
        profile: &Profile,
        subject: &TypedExpr,
        base: &Base,
        kind: &Kind,
    ) -> Option<TypedExpr> {
        let mut ways = Vec::new();
        for (role, span) in &profile.eligible {
            ways.extend(self.in_role(subject, *role, base, *span, kind)?);
        }
        Some(TypedExpr::any(ways, profile.span))
    }

    /// The ways to be in a role: by itself, or by a role that extends it, with the restrictions met on the way.
    pub(in crate::lower) fn in_role(
        &mut self,
        subject: &TypedExpr,
        role: RoleId,
        base: &Base,
        span: Span,
        kind: &Kind,
    ) -> Option<Vec<TypedExpr>> {
        let ways = self.in_role_by(subject, role, base, span, kind)?;
        Some(ways.into_iter().map(|(_, way)| way).collect())
    }

    /// The same, each with the role that is held.
    pub(in crate::lower) fn in_role_by(
        &mut self,
        subject: &TypedExpr,
        role: RoleId,
        base: &Base,
        span: Span,
        kind: &Kind,
    ) -> Option<Vec<(RoleId, TypedExpr)>> {
        let mut ways = Vec::new();
        let routes = self.routes(role)?;
        for holding in self.program.extenders(role) {
            for route in routes.get(&holding).into_iter().flatten() {
                let mut tests = Vec::new();
                match self.scope_role(holding) {
                    Some(entity) => {
                        tests.push(self.in_plain(subject.clone(), &entity, span));
                    }
                    None => tests.push(self.holds(subject.clone(), holding, base, None, span)?.expr),
                }
                for restricting in route {
                    for part in self.restrictions(*restricting, kind)? {
                        tests.push(self.of_subject(part, subject, *restricting, span)?);
                    }
                }
                ways.push((holding, TypedExpr::all(tests, span)));
            }
        }
        Some(ways)
    }

    /// A role's own condition, asked of somebody who need not be the principal of the request: an approver in a slot.
    /// What it says of the principal is asked of the subject; what it says of the request was true of the subject's own
    /// request, which is gone.
    fn of_subject(&mut self, part: Part, subject: &TypedExpr, role: RoleId, span: Span) -> Option<TypedExpr> {
        if matches!(subject.kind, TypedKind::Variable(Variable::Principal)) {
            return Some(part.expr);
        }
        let generated = part.words.is_some();
        if !generated && (part.expr.reads(Variable::Context) || part.expr.reads(Variable::Resource)) {
            let name = self.program.role_name(role);
            self.out.push(
                Diagnostic::error(
                    graph::codes::BREAK_GLASS_ROLES,
                    span,
                    format!("`{name}` cannot be tested on an approver after the approval"),
                )
                .also(part.expr.span, "its condition reads the request, which is the requester's own at each use")
                .help("name a role without `when`, or one whose `when` reads the principal only"),
            );
            return None;
        }
        Some(part.expr.with(Variable::Principal, subject))
    }

    pub(super) fn covers(&self, profile: &Profile, grant: &TypedExpr, actions: &[ActionId]) -> TypedExpr {
        let at = At(profile.span);
        let ways = actions
            .iter()
            .filter_map(|id| self.program.action(*id))
            .map(|action| {
                let this = TypedExpr::variable(Variable::Action, Ty::Unknown, profile.span);
                let name = at.text(&action.full_name(self.program));
                let granted = get(grant, "actions").method(Method::Contains, vec![name], Ty::Bool);
                at.all(vec![this.binary(Operator::Equal, at.entity(&action.cedar)), granted])
            })
            .collect();
        at.any(ways)
    }

    pub(super) fn grant_tenant(
        &self,
        profile: &Profile,
        grant: &TypedExpr,
        target: &TypedExpr,
        resource: TypeId,
    ) -> Vec<TypedExpr> {
        let mut tests = Vec::new();
        for isolation in self.program.isolations_of(profile.principal, resource) {
            for path in graph::paths(self.program, resource, isolation.tenant) {
                let (more, theirs) = self.follow(target.clone(), resource, &path);
                tests.extend(more);
                tests.push(get(&get(grant, "tenant"), &isolation.by).binary(Operator::Equal, theirs));
            }
        }
        tests
    }

    /// Each approver holds the role, is of the tenant, and is neither another approver nor the requester.
    pub(super) fn approvers(
        &mut self,
        profile: &Profile,
        grant: &TypedExpr,
        principal: &TypedExpr,
        base: &Base,
        kind: &Kind,
    ) -> Option<Vec<Part>> {
        let Some((count, role, span)) = profile.approval else {
            return Some(Vec::new());
        };
        let slots: Vec<TypedExpr> = (1..=count.value)
            .map(|n| grant.clone().attribute(format!("approver{n}"), Ty::Entity(profile.principal)))
            .collect();
        let mut parts = Vec::new();
        for (n, slot) in slots.iter().enumerate() {
            let ways = self.in_role(slot, role, base, span, kind)?;
            let mut tests =
                vec![TypedExpr::any(ways, span), slot.clone().binary(Operator::NotEqual, principal.clone())];
            for other in slots.iter().take(n) {
                tests.push(slot.clone().binary(Operator::NotEqual, other.clone()));
            }
            for isolation in self.program.tenants_of_profile(profile) {
                for path in graph::paths(self.program, profile.principal, isolation.tenant) {
                    let (more, own) = self.follow(slot.clone(), profile.principal, &path);
                    tests.extend(more);
                    tests.push(own.binary(Operator::Equal, get(&get(grant, "tenant"), &isolation.by)));
                }
            }
            let words = format!("approver {} of {} holds {}", n + 1, count.value, self.program.role_name(role));
            parts.push(Part::generated(TypedExpr::all(tests, span), words));
        }
        Some(parts)
    }

    /// Reason and ticket, of a grant or of a request.
    pub(super) fn reason_and_ticket(&self, profile: &Profile, record: &TypedExpr) -> Vec<Part> {
        let at = At(profile.span);
        let mut parts = Vec::new();
        if profile.reason {
            let given = get(record, "reason").binary(Operator::NotEqual, at.text(""));
            parts.push(Part::generated(given, "requires reason"));
        }
        if let Some(pattern) = &profile.ticket {
            let ticket = get(record, "ticket");
            let given = ticket.clone().binary(Operator::NotEqual, at.text(""));
            parts.push(Part::generated(given, "requires ticket"));
            if let Some(pattern) = pattern {
                let kind = TypedKind::Like(Box::new(ticket), pattern.value.clone());
                let like = TypedExpr::new(kind, Ty::Bool, pattern.span);
                parts.push(Part::generated(like, format!("ticket like \"{}\"", pattern.value)));
            }
        }
        parts
    }

    pub(super) fn window(profile: &Profile, grant: &TypedExpr, now: &TypedExpr) -> Vec<Part> {
        let at = At(profile.span);
        let (requested, approved) = (get(grant, "requested_at"), get(grant, "approved_at"));
        let (begins, ends) = (get(grant, "not_before"), get(grant, "expires_at"));
        let later =
            |from: &TypedExpr, by: Duration| from.clone().method(Method::Offset, vec![at.duration(by)], Ty::Datetime);
        let order = at.all(vec![
            requested.clone().binary(Operator::LessEqual, approved.clone()),
            // Where nothing can be added to a time, Cedar errs, and what errs lifts a guard.
            approved.clone().binary(Operator::Less, at.datetime(END_OF_TIMES)),
            approved.clone().binary(Operator::LessEqual, later(&requested, profile.duration(Clause::Pending))),
            approved.clone().binary(Operator::LessEqual, begins.clone()),
        ]);
        let open = at.all(vec![
            begins.clone().binary(Operator::LessEqual, now.clone()),
            now.clone().binary(Operator::Less, ends.clone()),
        ]);
        let within = profile.duration(Clause::Expires);
        let span = profile.bound_span(Clause::Expires);
        let limit = TypedExpr { span, ..ends.binary(Operator::LessEqual, later(&approved, within)) };
        let idle = profile.limit(Clause::Idle).map(|idle| {
            let last = get(grant, "last_used_at");
            let test = at.all(vec![
                begins.binary(Operator::LessEqual, last.clone()),
                last.clone().binary(Operator::LessEqual, now.clone()),
                // As above: what cannot be added to errs.
                last.clone().binary(Operator::Less, at.datetime(END_OF_TIMES)),
                now.clone().binary(Operator::Less, later(&last, idle)),
            ]);
            Part::generated(test, format!("idle {idle}"))
        });
        let window = [
            Part::generated(order, format!("pending {}", profile.duration(Clause::Pending))),
            Part::generated(open, "inside its window"),
            Part::generated(limit, format!("expires within {within}")),
        ];
        window.into_iter().chain(idle).collect()
    }
}
