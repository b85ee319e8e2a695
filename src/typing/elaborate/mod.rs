//! From an author's expression to a typed one, for one kind of request: names found, sugar resolved, conditions expanded.
//! What types alone cannot tell (an optional attribute read without `has`, an overflow) is left to Cedar's validator.

mod methods;
mod names;
mod operators;
mod reached;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::graph::{ActionId, Condition, Named, Program, Role, Ty, TypeId, codes};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::text::Span;

use super::kind::Env;
use super::sizes::MOST_PARTS;
use super::{TypedExpr, TypedKind, Variable};

/// What came of typing an expression.
#[derive(Debug)]
pub(super) struct Elaborated {
    /// The typed expression, or its faults.
    pub(super) result: Result<TypedExpr, Diagnostics>,
    /// Parts beyond those that the words show, with their places: comparisons of members of enumerations.
    pub(super) grown: Vec<(Span, u64)>,
}

/// Types an expression of a known size.
pub(super) fn elaborate(program: &Program, env: &Env, expr: &Expr, size: u64) -> Elaborated {
    let mut out = Diagnostics::new();
    let mut cx = Elaborator::new(program, env, &mut out, size);
    let typed = cx.expr(expr, None);
    if !matches!(typed.ty, Ty::Bool | Ty::Unknown) {
        let what = cx.describe(&typed.ty);
        cx.fail(
            Diagnostic::error(
                codes::TYPE_MISMATCH,
                expr.span,
                format!("a condition must be a `Bool`, but this is {what}"),
            )
            .help("compare it with something, as in `resource.amount > decimal(\"10.00\")`"),
        );
    }
    let (failed, grown) = (cx.failed, cx.grown);
    Elaborated { result: if failed { Err(out) } else { Ok(typed) }, grown }
}

/// The attributes and members that an expression of a known size names.
pub(super) fn references(program: &Program, env: &Env, expr: &Expr, size: u64) -> BTreeSet<(Span, Named)> {
    let mut faults = Diagnostics::new();
    let mut cx = Elaborator::new(program, env, &mut faults, size);
    cx.references = Some(BTreeSet::new());
    cx.expr(expr, None);
    cx.references.unwrap_or_default()
}

/// Checks the names and, as far as possible, the types of a named condition by itself, whether or not a statement uses it.
pub(super) fn check_named(program: &Program, condition: &Condition, out: &mut Diagnostics) {
    let env = Env::unknown();
    let mut cx = Elaborator::new(program, &env, out, 0);
    let params = condition
        .params
        .iter()
        .map(|(name, ty, span)| (name.clone(), TypedExpr::new(TypedKind::Bool(true), ty.clone(), *span)))
        .collect();
    cx.frames.push(Frame { condition: condition.name.clone(), call: condition.span, params });
    cx.expr(&condition.body, None);
}

struct Elaborator<'a, 'b> {
    program: &'a Program,
    env: &'a Env,
    out: &'b mut Diagnostics,
    /// Conditions being expanded, outermost first.
    frames: Vec<Frame>,
    /// What the expression expands to, comparisons of members of enumerations included as they are met.
    parts: u64,
    /// The parts of such comparisons, with their places.
    grown: Vec<(Span, u64)>,
    failed: bool,
    /// What attributes and members are named where; `None` where nobody asks.
    references: Option<BTreeSet<(Span, Named)>>,
    /// Attributes of the context that are known to be there: `context has x && …`.
    tested: BTreeSet<String>,
}

struct Frame {
    condition: String,
    call: Span,
    params: BTreeMap<String, TypedExpr>,
}

impl<'a, 'b> Elaborator<'a, 'b> {
    fn new(program: &'a Program, env: &'a Env, out: &'b mut Diagnostics, parts: u64) -> Self {
        Self {
            program,
            env,
            out,
            frames: Vec::new(),
            parts,
            grown: Vec::new(),
            failed: false,
            references: None,
            tested: BTreeSet::new(),
        }
    }

    fn fail(&mut self, mut diagnostic: Diagnostic) {
        if let Some(frame) = self.frames.last()
            && diagnostic.primary() != Some(frame.call)
            && frame.call.start != frame.call.end
            && self.env.context.is_some()
        {
            diagnostic = diagnostic.also(frame.call, format!("`{}` is used here", frame.condition));
        }
        self.failed = true;
        self.out.push(diagnostic);
    }

    /// Counts parts that the words alone do not show; whether there may be as many.
    fn grow(&mut self, span: Span, parts: u64) -> bool {
        self.parts = self.parts.saturating_add(parts);
        self.grown.push((span, parts));
        self.parts <= MOST_PARTS
    }

    fn poisoned(&mut self, span: Span) -> TypedExpr {
        self.failed = true;
        TypedExpr::new(TypedKind::Bool(false), Ty::Unknown, span)
    }

    /// One node. `expected` is the type the place asks for, where that is known: it gives bare enum members their enum.
    fn expr(&mut self, expr: &Expr, expected: Option<&Ty>) -> TypedExpr {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Bool(value) => TypedExpr::bool(*value, span),
            ExprKind::Long(value) => TypedExpr::new(TypedKind::Long(*value), Ty::Long, span),
            ExprKind::Text(value) => TypedExpr::new(TypedKind::Text(value.clone()), Ty::String, span),
            ExprKind::Duration(value) => TypedExpr::new(TypedKind::Duration(*value), Ty::Duration, span),
            ExprKind::Name(name) => self.name(name, span, expected),
            ExprKind::Entity(path, id) => self.entity(path, id, span),
            ExprKind::Not(inner) => {
                let inner = self.truth(inner);
                TypedExpr::new(TypedKind::Not(Box::new(inner)), Ty::Bool, span)
            }
            ExprKind::Negate(inner) => {
                let inner = self.expr(inner, None);
                self.must_be(&inner, &Ty::Long, "`-` takes a `Long`");
                TypedExpr::new(TypedKind::Negate(Box::new(inner)), Ty::Long, span)
            }
            ExprKind::And(parts) => {
                let before = self.tested.clone();
                let typed = self.chain(parts, false);
                self.tested = before;
                TypedExpr::all(typed, span)
            }
            ExprKind::Or(parts) => {
                let typed = self.chain(parts, true);
                TypedExpr::any(typed, span)
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span),
            ExprKind::If(test, yes, no) => self.choice(test, yes, no, expected, span),
            ExprKind::Has(inner, attributes) => {
                let inner = self.expr(inner, None);
                self.refer_to_path(&inner, attributes);
                let attributes = attributes.iter().map(|attribute| attribute.text.clone()).collect();
                TypedExpr::new(TypedKind::Has(Box::new(inner), attributes), Ty::Bool, span)
            }
            ExprKind::Like(inner, pattern) => {
                let inner = self.expr(inner, None);
                self.must_be(&inner, &Ty::String, "`like` takes a `String`");
                TypedExpr::new(TypedKind::Like(Box::new(inner), pattern.value.clone()), Ty::Bool, span)
            }
            ExprKind::Is(inner, path, container) => {
                let inner = self.expr(inner, None);
                let container = container.as_ref().map(|container| Box::new(self.expr(container, None)));
                match self.type_name(path) {
                    Some(ty) => TypedExpr::new(TypedKind::Is(Box::new(inner), ty, container), Ty::Bool, span),
                    None => self.poisoned(span),
                }
            }
            ExprKind::Attribute(inner, name) => self.attribute(inner, name, span),
            ExprKind::Call(name, args) => self.call(name, args, span),
            ExprKind::Method(receiver, name, args) => self.method(receiver, name, args, span),
            ExprKind::Set(elements) => {
                let wanted = match expected {
                    Some(Ty::Set(inner)) => Some(inner.as_ref().clone()),
                    Some(Ty::Entity(id)) => Some(Ty::Entity(*id)),
                    _ => None,
                };
                let elements: Vec<TypedExpr> = elements.iter().map(|one| self.expr(one, wanted.as_ref())).collect();
                let ty = elements.first().map_or(Ty::Unknown, |first| first.ty.clone());
                TypedExpr::new(TypedKind::Set(elements), Ty::Set(Box::new(ty)), span)
            }
            ExprKind::Record(fields) => {
                let fields: Vec<(String, TypedExpr)> =
                    fields.iter().map(|(name, value)| (name.text.clone(), self.expr(value, None))).collect();
                TypedExpr::new(TypedKind::Record(fields), Ty::Unknown, span)
            }
        }
    }

    /// Notes that a place names something, where somebody asks.
    fn refer(&mut self, at: Span, named: Named) {
        if let Some(references) = &mut self.references {
            references.insert((at, named));
        }
    }

    /// Notes that a place names an attribute of an expression, where somebody asks.
    fn refer_to_attribute(&mut self, of: &TypedExpr, name: &Ident) {
        if self.references.is_some()
            && let Some(meant) = self.attribute_meant(of, &name.text)
        {
            self.refer(name.span, meant);
        }
    }

    /// The attribute of an expression that a name means.
    fn attribute_meant(&self, of: &TypedExpr, name: &str) -> Option<Named> {
        if matches!(of.kind, TypedKind::Variable(Variable::Context)) {
            let is_own =
                |id: &ActionId| self.program.action(*id).is_some_and(|action| action.context.contains_key(name));
            let own = self.env.actions.iter().find(|id| is_own(id));
            let common = || self.program.context.contains_key(name).then(|| Named::Context(name.to_owned()));
            return own.map(|id| Named::ActionContext(*id, name.to_owned())).or_else(common);
        }
        let Ty::Entity(id) = of.ty else { return None };
        let is_declared = self.program.ty(id)?.attributes.contains_key(name);
        is_declared.then(|| Named::Attribute(id, name.to_owned()))
    }

    /// Notes what `has a.b` names: an attribute, and attributes of what it holds.
    fn refer_to_path(&mut self, of: &TypedExpr, path: &[Ident]) {
        if self.references.is_none() {
            return;
        }
        let mut of = of.clone();
        for name in path {
            self.refer_to_attribute(&of, name);
            let ty = match &of.ty {
                Ty::Record(fields) => fields.get(&name.text).map(|field| field.ty.clone()),
                Ty::Entity(id) => self.entity_attribute(*id, &name.text),
                _ => None,
            };
            of = of.attribute(name.text.clone(), ty.unwrap_or(Ty::Unknown));
        }
    }

    fn truth(&mut self, expr: &Expr) -> TypedExpr {
        let typed = self.expr(expr, None);
        self.must_be(&typed, &Ty::Bool, "expected a `Bool`");
        typed
    }

    fn must_be(&mut self, typed: &TypedExpr, wanted: &Ty, message: &str) {
        if typed.ty != *wanted && typed.ty != Ty::Unknown {
            let what = self.describe(&typed.ty);
            self.fail(
                Diagnostic::error(codes::TYPE_MISMATCH, typed.span, format!("{message}, but this is {what}"))
                    .label(format!("this is {what}"))
                    .help("compare it with something of its own type"),
            );
        }
    }

    fn attribute(&mut self, inner: &Expr, name: &Ident, span: Span) -> TypedExpr {
        let inner = self.expr(inner, None);
        self.refer_to_attribute(&inner, name);
        let on_context = matches!(inner.kind, TypedKind::Variable(Variable::Context));
        if on_context && self.env.partial.contains(&name.text) && !self.tested.contains(&name.text) {
            self.fail(
                Diagnostic::error(
                    codes::PARTIAL_CONTEXT,
                    span,
                    format!("some action of this statement has no `{}` in its context", name.text),
                )
                .help(format!("split the statement by action, or test `context has {}` first", name.text)),
            );
        }
        if self.env.is_of_grants() && matches!(inner.kind, TypedKind::Variable(Variable::Resource)) {
            self.fail(
                Diagnostic::error(
                    codes::UNKNOWN_ATTRIBUTE,
                    span,
                    format!("`when` of a break-glass profile cannot read `resource.{}`", name.text),
                )
                .label("a request for a grant has no resource")
                .help("read only `principal` and `context` here; put a condition on a resource into a `require` that the profile does not lift"),
            );
            return self.poisoned(span);
        }
        let found = match &inner.ty {
            Ty::Unknown | Ty::Named(_) => Some(Ty::Unknown),
            Ty::Record(fields) => fields.get(&name.text).map(|field| field.ty.clone()),
            Ty::Entity(id) => self.entity_attribute(*id, &name.text),
            other => {
                let what = self.describe(other);
                self.fail(
                    Diagnostic::error(
                        codes::TYPE_MISMATCH,
                        name.span,
                        format!("this is {what}, which has no attributes"),
                    )
                    .help("only entities, records and the context have attributes"),
                );
                return self.poisoned(span);
            }
        };
        match found {
            Some(ty) => TypedExpr::new(TypedKind::Attribute(Box::new(inner), name.text.clone()), ty, span),
            None => {
                let (what, known) = self.attributes_of(&inner, on_context);
                let help = self
                    .decided_elsewhere(&inner, &name.text)
                    .or_else(|| {
                        let undeclared = on_context && known.is_empty();
                        undeclared.then(|| {
                            format!(
                                "declare what the gateway passes: `context {{ from gateway {{ {}: TYPE }} }}`",
                                name.text
                            )
                        })
                    })
                    .or_else(|| did_you_mean(&name.text, known.iter().map(String::as_str)));
                let fault = Diagnostic::error(
                    codes::UNKNOWN_ATTRIBUTE,
                    name.span,
                    format!("{what} has no attribute `{}`", name.text),
                );
                let fault = match help.as_deref().is_some_and(|help| help.starts_with("did you mean")) {
                    true => fault.near(name.span, &name.text, known.iter().map(String::as_str)),
                    false => fault,
                };
                self.fail(fault.maybe_help(help));
                self.poisoned(span)
            }
        }
    }

    /// Why the resource lacks an attribute that the type has on which the statement names an action: the action is decided
    /// on another.
    fn decided_elsewhere(&self, inner: &TypedExpr, name: &str) -> Option<String> {
        let (TypedKind::Variable(Variable::Resource), Ty::Entity(id)) = (&inner.kind, &inner.ty) else {
            return None;
        };
        let program = self.program;
        let action = self.env.actions.iter().find_map(|id| program.action(*id))?;
        let declared = action.declared_on.filter(|declared| declared != id)?;
        program.ty(declared)?.attributes.get(name)?;
        Some(format!(
            "`{}` is decided on `{}`; write a separate statement with another condition for it",
            action.full_name(program),
            program.type_name(*id)
        ))
    }

    fn entity_attribute(&self, id: TypeId, name: &str) -> Option<Ty> {
        let ty = self.program.ty(id)?;
        if let Some(attribute) = ty.attributes.get(name) {
            return Some(attribute.ty.clone());
        }
        let relation = |role: &&Role| role.on == Some(id) && role.by.is_none() && role.name == name;
        self.program.roles.iter().find(relation).map(|_| Ty::Unknown)
    }

    fn attributes_of(&self, inner: &TypedExpr, on_context: bool) -> (String, Vec<String>) {
        match &inner.ty {
            Ty::Record(fields) if on_context => ("the context".to_owned(), fields.keys().cloned().collect()),
            Ty::Record(fields) => ("this record".to_owned(), fields.keys().cloned().collect()),
            Ty::Entity(id) => {
                let known = self.program.ty(*id).map(|ty| ty.attributes.keys().cloned().collect());
                (format!("`{}`", self.program.type_name(*id)), known.unwrap_or_default())
            }
            _ => (String::new(), Vec::new()),
        }
    }

    /// A type for messages, with its article.
    fn describe(&self, ty: &Ty) -> String {
        describe(self.program, ty)
    }
}

/// The attributes of the context that are there where a test holds.
fn tested(test: &TypedExpr) -> Vec<String> {
    match &test.kind {
        TypedKind::Has(of, path) if matches!(of.kind, TypedKind::Variable(Variable::Context)) => {
            path.first().cloned().into_iter().collect()
        }
        TypedKind::And(parts) => parts.iter().flat_map(tested).collect(),
        TypedKind::Named(_, body) => tested(body),
        _ => Vec::new(),
    }
}

/// A type for messages, with its article.
fn describe(program: &Program, ty: &Ty) -> String {
    match ty {
        Ty::Bool => "a `Bool`".to_owned(),
        Ty::Long => "a `Long`".to_owned(),
        Ty::String => "a `String`".to_owned(),
        Ty::Decimal => "a `decimal`".to_owned(),
        Ty::Datetime => "a `datetime`".to_owned(),
        Ty::Duration => "a `duration`".to_owned(),
        Ty::Ipaddr => "an `ipaddr`".to_owned(),
        Ty::Set(_) => "a set".to_owned(),
        Ty::Record(_) => "a record".to_owned(),
        Ty::Entity(id) => format!("an entity of type `{}`", program.type_name(*id)),
        Ty::Named(name) => format!("an entity of type `{name}`"),
        Ty::Unknown => "of an unknown type".to_owned(),
    }
}
