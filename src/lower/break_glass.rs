//! Break-glass profiles: the permit that a grant opens, the predicate that lifts guards, and the policies that decide
//! who may ask, approve, refuse, revoke and review. Cedar checks every clause it can see; what needs memory
//! (uses, windows, open reviews) comes as typed facts that only the gateway can put into the context.

use crate::bundle::OriginKind;
use crate::graph;
use crate::graph::ActionId;
use crate::graph::Env;
use crate::graph::Operator;
use crate::graph::Profile;
use crate::graph::RoleId;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::graph::TypedExpr;
use crate::graph::TypedKind;
use crate::graph::Variable;
use crate::text::Duration;
use crate::text::Span;

use super::draft::Draft;
use super::draft::Effect;
use super::draft::Entity;
use super::draft::Part;
use super::draft::policy_id;
use super::holders::Base;
use super::program::Lowering;
use super::program::qualified;
use super::schema::profile_context;

/// The steps of a grant's life that Cedar decides.
pub(super) const STEPS: [&str; 5] = [
    "RequestBreakGlass",
    "ApproveBreakGlass",
    "RefuseBreakGlass",
    "RevokeBreakGlass",
    "ReviewBreakGlass",
];

/// The Cedar entity of a profile.
pub(super) fn profile_entity(program: &graph::Program, profile: &Profile) -> Entity {
    (qualified(program, "BreakGlassProfile"), profile.name.clone())
}

/// The Cedar action that decides one step of a profile.
pub(super) fn step_action(program: &graph::Program, step: &str, profile: &Profile) -> Entity {
    (qualified(program, "Action"), format!("{step}.{}", profile.name))
}

/// Short constructors for generated expressions, all at one span.
struct At(Span);

impl At {
    fn long(&self, value: i64) -> TypedExpr {
        TypedExpr::new(TypedKind::Long(value), Ty::Long, self.0)
    }

    fn text(&self, value: &str) -> TypedExpr {
        TypedExpr::new(TypedKind::Text(value.to_owned()), Ty::String, self.0)
    }

    fn duration(&self, value: Duration) -> TypedExpr {
        TypedExpr::new(TypedKind::Duration(value), Ty::Duration, self.0)
    }

    fn all(&self, parts: Vec<TypedExpr>) -> TypedExpr {
        TypedExpr::all(parts, self.0)
    }

    fn any(&self, parts: Vec<TypedExpr>) -> TypedExpr {
        TypedExpr::any(parts, self.0)
    }

    fn entity(&self, (ty, id): &Entity) -> TypedExpr {
        TypedExpr::new(TypedKind::Entity(ty.clone(), id.clone()), Ty::Unknown, self.0)
    }

    fn has(&self, of: TypedExpr, attributes: &[&str]) -> TypedExpr {
        let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
        TypedExpr::new(TypedKind::Has(Box::new(of), attributes), Ty::Bool, self.0)
    }
}

fn get(of: &TypedExpr, name: &str) -> TypedExpr {
    of.clone().attribute(name, Ty::Unknown)
}

impl<'a> Lowering<'a> {
    pub(super) fn profiles(&mut self) {
        for profile in &self.program.profiles {
            self.uses(profile);
            self.request(profile);
            self.decisions(profile);
            self.fences(profile);
        }
    }

    /// What no raw policy may open either: steps across tenants, and decisions on one's own request.
    fn fences(&mut self, profile: &Profile) {
        let context = Self::context(profile.span);
        for part in self.step_tenant(profile, &context) {
            let Some(guard) = part.guard.clone() else { continue };
            let id = policy_id(&guard, &["break-glass", &profile.name]);
            let draft = self.profile_draft(profile, id, Effect::Forbid);
            self.drafts.push(Draft {
                actions: STEPS
                    .iter()
                    .map(|step| step_action(self.program, step, profile))
                    .collect(),
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
            actions: ["ApproveBreakGlass", "RefuseBreakGlass", "ReviewBreakGlass"]
                .iter()
                .map(|step| step_action(self.program, step, profile))
                .collect(),
            resource_is: Some(profile_entity(self.program, profile)),
            when: vec![Part::generated(own, "never the requester")],
            statement: format!("{}.not-self", profile.name),
            ..draft
        });
    }

    /// The permits that a grant opens.
    fn uses(&mut self, profile: &Profile) {
        let actions: Vec<ActionId> = profile.actions.iter().map(|(id, _)| *id).collect();
        let lifted: Vec<usize> = profile.lifts.iter().map(|(at, _)| *at).collect();
        let groups = self.action_groups(&actions);
        for (resource, group) in &groups {
            let env = self.env(profile.principal, *resource, group);
            let Some(mut when) = self.grant_record(profile, *resource, group, &env) else {
                continue;
            };
            let Some(guards) = self.guard_parts(profile.principal, *resource, group, &lifted, &env) else {
                continue;
            };
            when.extend(guards);
            let names = self.short_names(group);
            let variants: Vec<&str> = if groups.len() > 1 { vec![&names] } else { Vec::new() };
            let id = policy_id(&format!("break-glass.{}", profile.name), &variants);
            let draft = self.profile_draft(profile, id, Effect::Permit);
            self.drafts.push(Draft {
                actions: self.action_entities(group),
                resource: self.cedar_type(*resource),
                when,
                ..draft
            });
        }
    }

    /// A draft of this profile, without scope and conditions.
    fn profile_draft(&self, profile: &Profile, id: String, effect: Effect) -> Draft {
        Draft {
            id,
            effect,
            principal: self.cedar_type(profile.principal),
            role: None,
            actions: Vec::new(),
            resource: qualified(self.program, "BreakGlassProfile"),
            resource_is: None,
            when: Vec::new(),
            unless: Vec::new(),
            lifted_by: Vec::new(),
            statement: profile.name.clone(),
            kind: OriginKind::BreakGlass,
            span: profile.whole,
            inherited_by: None,
            because: None,
            annotations: profile.annotations.clone(),
        }
    }

    /// What lifts a guard for some actions of a pair of types: a valid grant of any profile that lifts it.
    pub(super) fn lifting(
        &mut self,
        guard: usize,
        principal: TypeId,
        resource: TypeId,
        actions: &[ActionId],
    ) -> Vec<TypedExpr> {
        let mut found = Vec::new();
        for profile in &self.program.profiles {
            let covered: Vec<ActionId> = actions
                .iter()
                .copied()
                .filter(|id| profile.actions.iter().any(|(known, _)| known == id))
                .collect();
            let lifts = profile.lifts.iter().any(|(at, _)| *at == guard);
            if !lifts || profile.principal != principal || covered.is_empty() {
                continue;
            }
            let env = self.env(principal, resource, &covered);
            if let Some(parts) = self.grant_record(profile, resource, &covered, &env) {
                found.push(TypedExpr::all(
                    parts.into_iter().map(|part| part.expr).collect(),
                    profile.span,
                ));
            }
        }
        found
    }

    /// Whether a request carries a valid grant of a profile for these actions on its resource.
    fn grant_record(
        &mut self,
        profile: &Profile,
        resource: TypeId,
        actions: &[ActionId],
        env: &Env<'_>,
    ) -> Option<Vec<Part>> {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let grant = get(&get(&context, "break_glass"), &profile.name);
        let principal = Self::principal(profile.principal, profile.span);
        let target = Self::resource(resource, profile.span);
        let now = self.clock(profile.span)?;
        let mut parts = vec![
            Part::generated(
                at.has(context.clone(), &["break_glass", &profile.name]),
                "a grant is presented",
            ),
            Part::generated(
                get(&grant, "requester").binary(Operator::Equal, principal.clone()),
                "by its requester",
            ),
        ];
        let base = Base::From(target.clone(), resource);
        let eligible = self.eligible(profile, &principal, &base, env)?;
        parts.push(Part::generated(eligible, "who is still eligible"));
        let named = get(&get(&grant, "resources"), self.program.type_name(resource));
        parts.push(Part::generated(
            named.method("contains", vec![target.clone()], Ty::Bool),
            "for this resource",
        ));
        parts.push(Part::generated(
            self.covers(profile, &grant, actions),
            "for this action",
        ));
        let count = get(&grant, "resource_count");
        parts.push(Part::generated(
            at.all(vec![
                count.clone().binary(Operator::GreaterEqual, at.long(1)),
                count.binary(Operator::LessEqual, at.long(profile.max_resources)),
            ]),
            format!("resources at most {}", profile.max_resources),
        ));
        let tenants = self.grant_tenant(profile, &grant, &target, resource);
        if !tenants.is_empty() {
            parts.push(Part::generated(at.all(tenants), "in the tenant of the grant"));
        }
        parts.extend(self.approvers(profile, &grant, &principal, &base, resource, env)?);
        parts.push(Part::generated(
            get(&grant, "refusals").binary(Operator::Less, at.long(profile.refusals)),
            format!("refused by fewer than {}", profile.refusals),
        ));
        parts.extend(self.papers(profile, &grant));
        parts.extend(Self::window(profile, &grant, &now));
        let uses = get(&grant, "uses");
        parts.push(Part::generated(
            at.all(vec![
                uses.clone().binary(Operator::GreaterEqual, at.long(0)),
                uses.binary(Operator::Less, at.long(profile.max_uses)),
            ]),
            format!("uses at most {}", profile.max_uses),
        ));
        parts.push(Part::generated(get(&grant, "revoked").negated(), "not revoked"));
        parts.push(Part::generated(
            get(&grant, "log_index").binary(Operator::GreaterEqual, at.long(0)),
            "logged",
        ));
        if let Some(when) = &profile.when {
            parts.push(Part::written(graph::elaborate(env, when, self.out)?));
        }
        Some(parts)
    }

    /// Any of the roles that may ask, and of those that extend them, each with its own restrictions.
    fn eligible(&mut self, profile: &Profile, subject: &TypedExpr, base: &Base, env: &Env<'_>) -> Option<TypedExpr> {
        let mut ways = Vec::new();
        for (role, span) in &profile.eligible {
            ways.extend(self.in_role(subject, *role, base, *span, env)?);
        }
        Some(TypedExpr::any(ways, profile.span))
    }

    /// The ways to be in a role: by itself, or by a role that extends it, with the restrictions met on the way.
    fn in_role(
        &mut self,
        subject: &TypedExpr,
        role: RoleId,
        base: &Base,
        span: Span,
        env: &Env<'_>,
    ) -> Option<Vec<TypedExpr>> {
        let mut ways = Vec::new();
        for holding in self.program.extenders(role) {
            for route in super::routes::routes(self.program, holding, role) {
                let mut tests = Vec::new();
                match self.scope_role(holding) {
                    Some(entity) => {
                        tests.push(subject.clone().binary(Operator::In, At(span).entity(&entity)));
                    }
                    None => tests.push(self.holds(subject.clone(), holding, base, None, span)?.expr),
                }
                for restricting in route {
                    let parts = self.restrictions(restricting, env)?;
                    tests.extend(parts.into_iter().map(|part| part.expr));
                }
                ways.push(TypedExpr::all(tests, span));
            }
        }
        Some(ways)
    }

    fn covers(&self, profile: &Profile, grant: &TypedExpr, actions: &[ActionId]) -> TypedExpr {
        let at = At(profile.span);
        let ways = actions
            .iter()
            .filter_map(|id| self.program.action(*id))
            .map(|action| {
                let this = TypedExpr::variable(Variable::Action, Ty::Unknown, profile.span);
                let name = at.text(&action.full_name(self.program));
                let granted = get(grant, "actions").method("contains", vec![name], Ty::Bool);
                match actions.len() {
                    1 => granted,
                    _ => at.all(vec![this.binary(Operator::Equal, at.entity(&action.cedar)), granted]),
                }
            })
            .collect();
        at.any(ways)
    }

    fn grant_tenant(
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
    fn approvers(
        &mut self,
        profile: &Profile,
        grant: &TypedExpr,
        principal: &TypedExpr,
        base: &Base,
        resource: TypeId,
        env: &Env<'_>,
    ) -> Option<Vec<Part>> {
        let Some((count, role, span)) = profile.approval else {
            return Some(Vec::new());
        };
        let slots: Vec<TypedExpr> = (1..=count.value)
            .map(|n| {
                grant
                    .clone()
                    .attribute(format!("approver{n}"), Ty::Entity(profile.principal))
            })
            .collect();
        let mut parts = Vec::new();
        for (n, slot) in slots.iter().enumerate() {
            let ways = self.in_role(slot, role, base, span, env)?;
            let mut tests = vec![
                TypedExpr::any(ways, span),
                slot.clone().binary(Operator::NotEqual, principal.clone()),
            ];
            for other in slots.iter().take(n) {
                tests.push(slot.clone().binary(Operator::NotEqual, other.clone()));
            }
            for isolation in self.program.isolations_of(profile.principal, resource) {
                for path in graph::paths(self.program, profile.principal, isolation.tenant) {
                    let (more, own) = self.follow(slot.clone(), profile.principal, &path);
                    tests.extend(more);
                    tests.push(own.binary(Operator::Equal, get(&get(grant, "tenant"), &isolation.by)));
                }
            }
            let words = format!(
                "approver {} of {} holds {}",
                n + 1,
                count.value,
                self.program.role_name(role)
            );
            parts.push(Part::generated(TypedExpr::all(tests, span), words));
        }
        Some(parts)
    }

    /// Reason and ticket, of a grant or of a request.
    fn papers(&self, profile: &Profile, record: &TypedExpr) -> Vec<Part> {
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

    fn window(profile: &Profile, grant: &TypedExpr, now: &TypedExpr) -> Vec<Part> {
        let at = At(profile.span);
        let (requested, approved) = (get(grant, "requested_at"), get(grant, "approved_at"));
        let (begins, ends) = (get(grant, "not_before"), get(grant, "expires_at"));
        let later = |from: &TypedExpr, by: Duration| from.clone().method("offset", vec![at.duration(by)], Ty::Datetime);
        let order = at.all(vec![
            requested.clone().binary(Operator::LessEqual, approved.clone()),
            approved
                .clone()
                .binary(Operator::LessEqual, later(&requested, profile.pending)),
            approved.clone().binary(Operator::LessEqual, begins.clone()),
        ]);
        let open = at.all(vec![
            begins.binary(Operator::LessEqual, now.clone()),
            now.clone().binary(Operator::Less, ends.clone()),
        ]);
        let within = profile.expires_within;
        let limit = TypedExpr {
            span: within.span,
            ..ends.binary(Operator::LessEqual, later(&approved, within.value))
        };
        vec![
            Part::generated(order, format!("pending {}", profile.pending)),
            Part::generated(open, "inside its window"),
            Part::generated(limit, format!("expires within {}", within.value)),
        ]
    }

    /// Who may ask, and with what.
    fn request(&mut self, profile: &Profile) {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let env = self.step_env(profile, "RequestBreakGlass");
        let principal = Self::principal(profile.principal, profile.span);
        let base = Base::Tenants(get(&context, "tenant"));
        let Some(eligible) = self.eligible(profile, &principal, &base, &env) else {
            return;
        };
        let mut when = vec![Part::generated(eligible, "for the roles that may ask")];
        when.extend(self.step_tenant(profile, &context));
        when.extend(self.papers(profile, &context));
        let duration = get(&context, "duration");
        when.push(Part::generated(
            at.all(vec![
                duration.clone().binary(Operator::Greater, at.duration(Duration(0))),
                duration.binary(Operator::LessEqual, at.duration(profile.expires_within.value)),
            ]),
            format!("expires within {}", profile.expires_within.value),
        ));
        let count = get(&context, "resource_count");
        when.push(Part::generated(
            at.all(vec![
                count.clone().binary(Operator::GreaterEqual, at.long(1)),
                count.binary(Operator::LessEqual, at.long(profile.max_resources)),
            ]),
            format!("resources at most {}", profile.max_resources),
        ));
        let none = |fact: &str| get(&context, fact).binary(Operator::Equal, at.long(0));
        when.push(Part::generated(none("open_reviews"), "no review is open"));
        when.push(Part::generated(none("active_grants"), "no grant is active"));
        if let Some((window, most)) = profile.grants_per {
            let test = get(&context, "grants_in_window").binary(Operator::Less, at.long(most));
            when.push(Part::generated(test, format!("grants per {window} at most {most}")));
        }
        if profile.cooldown.0 > 0 {
            let Some(now) = self.clock(profile.span) else { return };
            let rested = now
                .method("durationSince", vec![get(&context, "last_grant_ended")], Ty::Duration)
                .binary(Operator::GreaterEqual, at.duration(profile.cooldown));
            let test = TypedKind::If(
                Box::new(at.has(context.clone(), &["last_grant_ended"])),
                Box::new(rested),
                Box::new(TypedExpr::bool(true, profile.span)),
            );
            let test = TypedExpr::new(test, Ty::Bool, profile.span);
            when.push(Part::generated(test, format!("cooldown {}", profile.cooldown)));
        }
        if let Some(condition) = &profile.when {
            let Some(typed) = graph::elaborate(&env, condition, self.out) else {
                return;
            };
            when.push(Part::written(typed));
        }
        self.step(profile, "RequestBreakGlass", when);
    }

    /// Who may approve, refuse, revoke and review.
    fn decisions(&mut self, profile: &Profile) {
        let at = At(profile.span);
        let context = Self::context(profile.span);
        let principal = Self::principal(profile.principal, profile.span);
        let base = Base::Tenants(get(&context, "tenant"));
        let other = Part::generated(
            principal.clone().binary(Operator::NotEqual, get(&context, "requester")),
            "never the requester",
        );
        let not_approver = get(&context, "approvers")
            .method("contains", vec![principal.clone()], Ty::Bool)
            .negated();
        let tenant = self.step_tenant(profile, &context);
        if let Some((_, role, span)) = profile.approval {
            for step in ["ApproveBreakGlass", "RefuseBreakGlass"] {
                let env = self.step_env(profile, step);
                let Some(ways) = self.in_role(&principal, role, &base, span, &env) else {
                    return;
                };
                let Some(now) = self.clock(profile.span) else { return };
                let ends =
                    get(&context, "requested_at").method("offset", vec![at.duration(profile.pending)], Ty::Datetime);
                let mut when = vec![
                    Part::generated(at.any(ways), format!("in {}", self.program.role_name(role))),
                    other.clone(),
                ];
                when.extend(tenant.iter().cloned());
                // Whoever approved may think better of it and refuse.
                if step == "ApproveBreakGlass" {
                    when.push(Part::generated(not_approver.clone(), "each approver once"));
                }
                when.push(Part::generated(
                    now.binary(Operator::Less, ends),
                    format!("pending {}", profile.pending),
                ));
                self.step(profile, step, when);
            }
        }
        let env = self.step_env(profile, "RevokeBreakGlass");
        let mut ways = vec![principal.clone().binary(Operator::Equal, get(&context, "requester"))];
        for role in &profile.revokers {
            let Some(more) = self.in_role(&principal, *role, &base, profile.span, &env) else {
                return;
            };
            ways.extend(more);
        }
        let mut when = vec![Part::generated(at.any(ways), "the requester, or who may revoke")];
        when.extend(tenant.iter().cloned());
        self.step(profile, "RevokeBreakGlass", when);
        let env = self.step_env(profile, "ReviewBreakGlass");
        let (_, reviewer) = profile.review;
        let Some(ways) = self.in_role(&principal, reviewer, &base, profile.span, &env) else {
            return;
        };
        let mut when = vec![
            Part::generated(at.any(ways), format!("in {}", self.program.role_name(reviewer))),
            other,
        ];
        when.extend(tenant);
        when.push(Part::generated(not_approver, "never an approver"));
        self.step(profile, "ReviewBreakGlass", when);
    }

    fn step(&mut self, profile: &Profile, step: &str, when: Vec<Part>) {
        let short = step.trim_end_matches("BreakGlass").to_lowercase();
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

    /// A request has no resource: what a profile's `when` and its roles' conditions read is in the context.
    fn step_env(&self, profile: &Profile, step: &str) -> Env<'a> {
        let mut context = profile_context(self.program, profile, step);
        for (name, common) in &self.program.context {
            context.entry(name.clone()).or_insert_with(|| common.attribute.clone());
        }
        Env {
            program: self.program,
            principal: Ty::Entity(profile.principal),
            resource: Ty::Record(std::collections::BTreeMap::new()),
            context: Some(context),
            partial: std::collections::BTreeSet::new(),
        }
    }

    /// `principal.org == context.tenant.org`, for every isolation that concerns the profile.
    fn step_tenant(&self, profile: &Profile, context: &TypedExpr) -> Vec<Part> {
        let mut parts = Vec::new();
        let principal = Self::principal(profile.principal, profile.span);
        for isolation in super::schema::profile_tenants(self.program, profile) {
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
