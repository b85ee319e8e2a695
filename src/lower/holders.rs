//! Tests of who someone is: in a role, holding a role on an entity, of the same tenant; and the clock.

use crate::diag::Diagnostic;
use crate::graph;
use crate::graph::{Path, Role, RoleId, Ty, TypeId, Until};
use crate::syntax::ast::Operator;
use crate::text::Span;
use crate::typing::{Constructor, Kind, Method, TypedExpr, TypedKind, Variable};

use super::draft::Part;
use super::lowering::Lowering;

/// Where the entity that carries a per-resource role is found.
#[derive(Debug, Clone)]
pub(super) enum Base {
    /// Up from an entity of a type.
    From(TypedExpr, TypeId),
    /// Up from the requester of a grant, while there is no resource yet.
    Requester {
        /// The tenants that isolation keeps apart, each with the fact that names the requester's: `context.tenant.org`.
        tenants: Vec<(TypeId, TypedExpr)>,
        /// The requester, for what no isolation speaks of.
        requester: TypedExpr,
        /// Of this type.
        ty: TypeId,
    },
}

/// How somebody is found to hold a role on an entity.
struct Holding {
    /// What is read on the way, in order: named parents, and at last the attribute of the entity that carries the role.
    hops: Vec<Hop>,
    /// Whether somebody holds it, once the way is there.
    test: TypedExpr,
    words: String,
}

/// An attribute that is read on the way to who holds a role.
struct Hop {
    of: TypedExpr,
    name: String,
    /// Whether an entity may be without it.
    is_optional: bool,
}

impl Hop {
    fn is_there(&self) -> TypedExpr {
        has(&self.of, self.name.clone())
    }
}

impl Holding {
    /// Whether somebody holds the role, where each entity on the way is loaded.
    fn holds(self, span: Span) -> Part {
        let optional = self.hops.iter().filter(|hop| hop.is_optional);
        let tests = optional.map(Hop::is_there).chain(std::iter::once(self.test));
        Part::generated(TypedExpr::all(tests.collect(), span), self.words)
    }

    /// The same without errors: what is required and not there is of an entity that is not loaded, and then everybody holds
    /// the role. What is optional and not there is taken to be absent, and then nobody does.
    fn may_hold(self, span: Span) -> Part {
        let mut held = self.test;
        let mut hops = self.hops.into_iter().rev().peekable();
        while let Some(last) = hops.next() {
            let is_optional = last.is_optional;
            let mut group = vec![last];
            while let Some(before) = hops.next_if(|hop| hop.is_optional == is_optional) {
                group.insert(0, before);
            }
            if is_optional {
                let tests = group.iter().map(Hop::is_there).chain(std::iter::once(held));
                held = TypedExpr::all(tests.collect(), span);
                continue;
            }
            // Principal, resource and context are there, and have what is required.
            group.retain(|hop| !matches!(hop.of.kind, TypedKind::Variable(_)));
            if !group.is_empty() {
                let loaded = TypedExpr::all(group.iter().map(Hop::is_there).collect(), span);
                let everybody = TypedExpr::bool(true, span);
                let kind = TypedKind::If(Box::new(loaded), Box::new(held), Box::new(everybody));
                held = TypedExpr::new(kind, Ty::Bool, span);
            }
        }
        Part::generated(held, self.words)
    }
}

/// The attributes that lead from a variable to an entity, in order. Those that may be absent are tested.
fn hops_to(entity: &TypedExpr, tests: &[TypedExpr]) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut at = entity;
    while let TypedKind::Attribute(of, name) = &at.kind {
        let is_this = |test: &TypedExpr| matches!(&test.kind, TypedKind::Has(at, names) if *at == *of && *names == [name.as_str()]);
        let is_optional = tests.iter().any(is_this);
        hops.push(Hop { of: of.as_ref().clone(), name: name.clone(), is_optional });
        at = of;
    }
    hops.reverse();
    hops
}

fn has(of: &TypedExpr, name: String) -> TypedExpr {
    TypedExpr::new(TypedKind::Has(Box::new(of.clone()), vec![name]), Ty::Bool, of.span)
}

impl Lowering<'_> {
    /// `principal`, typed.
    pub(super) fn principal(ty: TypeId, span: Span) -> TypedExpr {
        TypedExpr::variable(Variable::Principal, Ty::Entity(ty), span)
    }

    /// `resource`, typed.
    pub(super) fn resource(ty: TypeId, span: Span) -> TypedExpr {
        TypedExpr::variable(Variable::Resource, Ty::Entity(ty), span)
    }

    /// `context`.
    pub(super) fn context(span: Span) -> TypedExpr {
        TypedExpr::variable(Variable::Context, Ty::Unknown, span)
    }

    /// `context.now`, the gateway's clock; a fault where the program has none.
    pub(super) fn clock(&mut self, needed_at: Span) -> Option<TypedExpr> {
        let now = self.program.context.get("now");
        let usable = now.is_some_and(|now| {
            now.attribute.ty == Ty::Datetime && now.voucher() == "gateway" && now.attribute.required
        });
        if usable {
            return Some(Self::context(needed_at).attribute("now", Ty::Datetime));
        }
        let message = match now {
            Some(_) => "a time limit needs `context.now` as a required `datetime` from the gateway",
            None => "a time limit needs `context.now`, which is not declared",
        };
        let mut diagnostic = Diagnostic::error(graph::codes::CLOCK_MISSING, needed_at, message)
            .help("declare the gateway's clock: `context { from gateway { now: datetime } }`");
        if let Some(now) = now {
            diagnostic =
                diagnostic.also(now.attribute.span, "this `now` is not a required `datetime` from the gateway");
        }
        self.out.push(diagnostic);
        None
    }

    /// `context.now < datetime("…")`.
    pub(super) fn before(&mut self, until: Until) -> Option<Part> {
        let now = self.clock(until.span)?;
        let text = TypedExpr::new(TypedKind::Text(until.at.to_string()), Ty::String, until.span);
        let end = TypedExpr::new(TypedKind::Construct(Constructor::Datetime, Box::new(text)), Ty::Datetime, until.span);
        Some(Part::ending(now.binary(Operator::Less, end), until.at))
    }

    /// What a role demands of its holders wherever it is used: its `until` and its `when`.
    pub(super) fn restrictions(&mut self, role: RoleId, kind: &Kind) -> Option<Vec<Part>> {
        let program = self.program;
        let role = program.role(role)?;
        let mut parts = Vec::new();
        if let Some(until) = role.until {
            parts.push(self.before(until)?);
        }
        if let Some(when) = role.when() {
            parts.push(Part::written(self.typed(when, kind)?));
        }
        Some(parts)
    }

    /// Follows a path of named parents, with a test before each step that may be absent.
    pub(super) fn follow(&self, from: TypedExpr, ty: TypeId, path: &Path) -> (Vec<TypedExpr>, TypedExpr) {
        let mut tests = Vec::new();
        let mut at = from;
        let mut ty = ty;
        for (step, optional) in &path.steps {
            if *optional {
                tests.push(has(&at, step.clone()));
            }
            let next = self.program.ty(ty).and_then(|found| found.attributes.get(step)).map(|a| a.ty.clone());
            if let Some(Ty::Entity(id)) = &next {
                ty = *id;
            }
            at = at.attribute(step.clone(), next.unwrap_or(Ty::Unknown));
        }
        (tests, at)
    }

    /// Whether `subject` holds a role held per entity, which `base` leads to.
    pub(super) fn holds(
        &mut self,
        subject: TypedExpr,
        role: RoleId,
        base: &Base,
        via: Option<(&str, Span)>,
        span: Span,
    ) -> Option<Part> {
        Some(self.holding(subject, role, base, via, span)?.holds(span))
    }

    /// The same for a denial: where the entity that carries the role is not loaded, nobody can tell who holds the role, so
    /// everybody counts as a holder. A denial that read through it would error, and Cedar would skip it.
    pub(super) fn may_hold(&mut self, subject: TypedExpr, role: RoleId, base: &Base, span: Span) -> Option<Part> {
        Some(self.holding(subject, role, base, None, span)?.may_hold(span))
    }

    fn holding(
        &mut self,
        subject: TypedExpr,
        role: RoleId,
        base: &Base,
        via: Option<(&str, Span)>,
        span: Span,
    ) -> Option<Holding> {
        let program = self.program;
        let role = program.role(role)?;
        let on = role.on?;
        let words = format!("holds {}", role.full_name(program));
        let (tests, entity) = match base {
            Base::Requester { tenants, requester, ty } => {
                let paths = graph::paths(program, *ty, on);
                match (tenants.iter().find(|(tenant, _)| *tenant == on), paths.as_slice()) {
                    (Some((_, tenant)), _) => (Vec::new(), tenant.clone()),
                    (None, [only]) => self.follow(requester.clone(), *ty, only),
                    (None, _) => {
                        self.not_testable(role, on, *ty, span);
                        return None;
                    }
                }
            }
            Base::From(from, ty) => {
                let path = self.relation_path(role, on, *ty, via, span)?;
                self.follow(from.clone(), *ty, &path)
            }
        };
        let (name, is_optional, test) = match &role.by {
            None => (self.names_holders(&role.name), false, self.in_group(subject, &entity, &role.name)),
            Some((by, _)) => {
                let ty = program.ty(on).and_then(|ty| ty.attributes.get(by));
                let set = ty.is_some_and(|attribute| matches!(attribute.ty, Ty::Set(_)));
                let is_optional = ty.is_some_and(|attribute| !attribute.required);
                let held = entity.clone().attribute(by.clone(), Ty::Unknown);
                let test = match set {
                    true => held.method(Method::Contains, vec![subject], Ty::Bool),
                    false => subject.binary(Operator::Equal, held),
                };
                (by.clone(), is_optional, test)
            }
        };
        let mut hops = hops_to(&entity, &tests);
        hops.push(Hop { of: entity, name, is_optional });
        Some(Holding { hops, test, words })
    }

    fn not_testable(&mut self, role: &Role, on: TypeId, requester: TypeId, span: Span) {
        let name = role.full_name(self.program);
        let (carrier, person) = (self.program.type_name(on), self.program.type_name(requester));
        self.out.push(
            Diagnostic::error(
                graph::codes::BREAK_GLASS_ROLES,
                span,
                format!("`{name}` cannot be tested when a grant is requested: there is no resource yet"),
            )
            .also(role.span, "declared here")
            .help(format!(
                "name a plain role, or one held on what the requester belongs to: `{person}` does not lead to exactly one `{carrier}`"
            )),
        );
    }

    /// The one path from a type to the type that carries a role, or the one that `via` picks.
    fn relation_path(
        &mut self,
        role: &Role,
        on: TypeId,
        ty: TypeId,
        via: Option<(&str, Span)>,
        span: Span,
    ) -> Option<Path> {
        let program = self.program;
        let mut paths = graph::paths(program, ty, on);
        if let (Some((via, _)), true) = (via, ty != on) {
            paths.retain(|path| path.steps.first().is_some_and(|(step, _)| step == via));
        }
        let (name, carrier, here) = (role.full_name(program), program.type_name(on), program.type_name(ty));
        match paths.as_slice() {
            [one] => Some(one.clone()),
            [] => {
                let at = via.map_or(span, |(_, span)| span);
                self.out.push(
                    Diagnostic::error(
                        graph::codes::RELATION_PATH,
                        at,
                        format!("`{here}` does not lead to the `{carrier}` on which `{name}` is held"),
                    )
                    .also(role.span, "the role is held per entity of its type")
                    .help(format!(
                        "declare the parent, `{here} in {carrier} as …`, or grant to a role held everywhere"
                    )),
                );
                None
            }
            several => {
                let ways: Vec<String> = several
                    .iter()
                    .map(|path| {
                        let steps: Vec<&str> = path.steps.iter().map(|(step, _)| step.as_str()).collect();
                        format!("`{}`", steps.join("."))
                    })
                    .collect();
                let first = several.first().and_then(|path| path.steps.first()).map_or("", |(step, _)| step.as_str());
                self.out.push(
                    Diagnostic::error(
                        graph::codes::RELATION_PATH,
                        span,
                        format!("`{here}` leads to `{carrier}` by {}", ways.join(" and by ")),
                    )
                    .also(role.span, "the role is held per entity of its type")
                    .help(format!("choose one: `allow … on {here} via {first}`")),
                );
                None
            }
        }
    }

    /// `principal.p == …` for every isolation of a pair of types and every path of the resource.
    pub(super) fn same_tenant(&mut self, principal: TypeId, resource: TypeId) -> &[Part] {
        let pair = (principal, resource);
        if !self.tenants.contains_key(&pair) {
            let parts = self.tenant_parts(principal, resource);
            self.tenants.insert(pair, parts);
        }
        self.tenants.get(&pair).map_or(&[], Vec::as_slice)
    }

    fn tenant_parts(&self, principal: TypeId, resource: TypeId) -> Vec<Part> {
        let mut parts = Vec::new();
        for isolation in self.program.isolations_of(principal, resource) {
            let span = isolation.statement.span;
            let subject = Self::principal(principal, span);
            for own in graph::paths(self.program, principal, isolation.tenant) {
                let (mut tests, mine) = self.follow(subject.clone(), principal, &own);
                for path in graph::paths(self.program, resource, isolation.tenant) {
                    let (more, theirs) = self.follow(Self::resource(resource, span), resource, &path);
                    tests.extend(more);
                    tests.push(mine.clone().binary(Operator::Equal, theirs));
                }
                let test = TypedExpr::all(tests, span);
                parts.push(
                    Part::generated(test, format!("isolate by {}", isolation.by)).of_guard(&isolation.statement.name),
                );
            }
        }
        parts
    }
}
