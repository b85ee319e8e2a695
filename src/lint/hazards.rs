//! Whether a condition can error. Cedar skips a policy that errors, so what is asked here decides whether a forbid holds.
//!
//! Evaluation is followed as Cedar does it: `&&`, `||` and `if` go on only where the part before came out right, and what
//! that part has shown (`has`, `hasTag`, a reading that went well) is known from there on. What the engine itself
//! guarantees is taken as given: requests fit the schema, and principal and resource are loaded entities. An entity that
//! an attribute names need not be.

use std::collections::BTreeSet;

use crate::graph::{Program, Ty, TypeId};
use crate::lower::StepRequest;
use crate::syntax::ast::Operator;
use crate::text::Duration;
use crate::typing::{Constructor, Method, TypedExpr, TypedKind, Variable};

use super::Cx;
use super::expr::{path_text, shape};
use super::hazard::{Error, Fact, Hazard, Holds};
use super::raw::ActionKind;

mod known;
mod permits;
mod reach;

use known::{Known, Repeated};
pub(super) use permits::Permits;

/// A kind of request: the types of the variables. `Ty::Unknown` where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variables {
    pub(super) principal: Ty,
    pub(super) resource: Ty,
    pub(super) context: Ty,
    /// The action and every group that it is in; `None` where the conditions do not ask for it.
    pub(super) action: Option<ActionKind>,
}

impl Variables {
    /// Those of a request for a step of break-glass. Its resource has no attributes.
    pub(super) fn of_step(step: &StepRequest) -> Self {
        Self {
            principal: Ty::Entity(step.principal),
            resource: Ty::Named(step.profile.0.clone()),
            context: Ty::Record(step.context.clone()),
            action: Some(ActionKind { own: step.action.clone(), groups: BTreeSet::from([step.group.clone()]) }),
        }
    }

    /// Raw policies without a schema: nothing says what a request holds.
    pub(super) fn nothing_known() -> Self {
        Self { principal: Ty::Unknown, resource: Ty::Unknown, context: Ty::Unknown, action: None }
    }
}

/// The hazards of conditions that are evaluated one after the other, each only where those before it hold.
pub(super) fn hazards(cx: &Cx<'_>, variables: &Variables, conditions: &[(&TypedExpr, Holds)]) -> BTreeSet<Hazard> {
    follow(cx, variables, conditions).0
}

/// The hazards of conditions, and what is known once they all hold.
fn follow(cx: &Cx<'_>, variables: &Variables, conditions: &[(&TypedExpr, Holds)]) -> (BTreeSet<Hazard>, Known) {
    let repeated = Repeated::of(conditions);
    let mut flow = Flow { repeated, ..Flow::new(cx, variables) };
    let mut known = Known::nothing();
    for (condition, holds) in conditions {
        flow.within = *holds;
        let after = flow.eval(condition, &known);
        known = match holds {
            Holds::WhenTrue => after.yes,
            Holds::WhenFalse => after.no,
        };
    }
    (flow.found, known)
}

/// The attributes that what an expression leads to can have; `None` where nothing is known of it.
pub(super) fn declared_names(cx: &Cx<'_>, variables: &Variables, of: &TypedExpr) -> Option<Vec<String>> {
    let program = cx.program;
    let flow = Flow::new(cx, variables);
    match flow.type_of(of) {
        Ty::Record(fields) => Some(fields.into_keys().collect()),
        Ty::Entity(id) => {
            let generated = cx.lowered.generated_attributes(program, id);
            Some(program.ty(id)?.attributes.keys().chain(generated.keys()).cloned().collect())
        }
        _ => None,
    }
}

/// What is known after an expression came out true, or false. The same, if it is no truth value.
struct After {
    yes: Known,
    no: Known,
}

impl After {
    fn either(known: Known) -> Self {
        Self { yes: known.clone(), no: known }
    }

    fn whatever(self) -> Known {
        self.yes.or(self.no)
    }
}

struct Flow<'a> {
    cx: &'a Cx<'a>,
    program: &'a Program,
    variables: &'a Variables,
    found: BTreeSet<Hazard>,
    /// What the condition that is evaluated must come to.
    within: Holds,
    /// The tests that stand more than once.
    repeated: Repeated,
}

impl<'a> Flow<'a> {
    fn new(cx: &'a Cx<'a>, variables: &'a Variables) -> Self {
        Self {
            cx,
            program: cx.program,
            variables,
            found: BTreeSet::new(),
            within: Holds::WhenTrue,
            repeated: Repeated::default(),
        }
    }
}

impl Flow<'_> {
    fn eval(&mut self, expr: &TypedExpr, known: &Known) -> After {
        let After { yes, no } = self.follow(expr, known);
        match self.repeated.find(expr) {
            Some(test) => After { yes: yes.decided(test, true), no: no.decided(test, false) },
            None => After { yes, no },
        }
    }

    fn follow(&mut self, expr: &TypedExpr, known: &Known) -> After {
        match &expr.kind {
            TypedKind::Bool(true) => After { yes: known.clone(), no: Known::unreachable() },
            TypedKind::Bool(false) => After { yes: Known::unreachable(), no: known.clone() },
            TypedKind::Named(_, body) => self.eval(body, known),
            TypedKind::Not(inner) => {
                let After { yes, no } = self.eval(inner, known);
                After { yes: no, no: yes }
            }
            TypedKind::And(parts) => {
                let mut after = After { yes: known.clone(), no: Known::unreachable() };
                for part in parts {
                    let next = self.eval(part, &after.yes);
                    after = After { yes: next.yes, no: after.no.or(next.no) };
                }
                after
            }
            TypedKind::Or(parts) => {
                let mut after = After { yes: Known::unreachable(), no: known.clone() };
                for part in parts {
                    let next = self.eval(part, &after.no);
                    after = After { yes: after.yes.or(next.yes), no: next.no };
                }
                after
            }
            TypedKind::If(test, yes, no) => {
                let tested = self.eval(test, known);
                let then = self.eval(yes, &tested.yes);
                let other = self.eval(no, &tested.no);
                After { yes: then.yes.or(other.yes), no: then.no.or(other.no) }
            }
            TypedKind::Has(of, names) => self.has(expr, of, names, known),
            TypedKind::Is(..) => self.by_types(expr, known),
            TypedKind::Method(of, Method::HasTag, args) => {
                let After { mut yes, no } = self.by_types(expr, known);
                if let (Some(entity), Some(key)) = (path_text(of), args.first().and_then(path_text)) {
                    yes = yes.and(Fact::Loaded(entity.clone())).and(Fact::Present(format!("{entity}.getTag({key})")));
                }
                After { yes, no }
            }
            TypedKind::Attribute(of, name) => {
                let known = self.eval(of, known).whatever();
                After::either(self.read(expr, of, name, known))
            }
            TypedKind::Method(of, method, args) => {
                let known = self.eval_all(std::iter::once(of.as_ref()).chain(args), known);
                After::either(self.call(expr, of, *method, args, known))
            }
            TypedKind::Construct(function, argument) => {
                let known = self.eval(argument, known).whatever();
                After::either(match argument.kind {
                    TypedKind::Text(_) => known,
                    _ => self.compute(expr, Error::Malformed(*function), known),
                })
            }
            TypedKind::Binary(operator, left, right) => {
                if !matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply) {
                    return self.by_types(expr, known);
                }
                let known = self.eval_all([left.as_ref(), right.as_ref()], known);
                let (operation, result) = match operator {
                    Operator::Add => ("… + …", folded(left, right, i64::checked_add)),
                    Operator::Subtract => ("… - …", folded(left, right, i64::checked_sub)),
                    Operator::Multiply => ("… * …", folded(left, right, i64::checked_mul)),
                    _ => return After::either(known),
                };
                After::either(match result {
                    Some(_) => known,
                    None => self.compute(expr, Error::Overflow(operation), known),
                })
            }
            TypedKind::Negate(inner) => {
                let known = self.eval(inner, known).whatever();
                After::either(match inner.kind {
                    TypedKind::Long(_) => known,
                    _ => self.compute(expr, Error::Overflow("-…"), known),
                })
            }
            _ => After::either(self.eval_all(expr.children(), known)),
        }
    }

    /// Parts that are all evaluated, one after the other.
    fn eval_all<'e>(&mut self, parts: impl IntoIterator<Item = &'e TypedExpr>, known: &Known) -> Known {
        parts.into_iter().fold(known.clone(), |known, part| self.eval(part, &known).whatever())
    }

    /// `of.name`
    fn read(&mut self, expr: &TypedExpr, of: &TypedExpr, name: &str, known: Known) -> Known {
        let path = path_text(expr);
        if path.as_ref().is_some_and(|path| known.knows(&Fact::Present(path.clone()))) {
            return known;
        }
        let base = path_text(of);
        let (loaded, required) = self.presence(of, name, &known);
        let of = base.clone().unwrap_or_else(|| "…".to_owned());
        let name = name.to_owned();
        let present = path.clone().map(Fact::Present);
        let there = base.clone().map(Fact::Loaded).filter(|_| required == Some(true));
        let ruled_out_by = present.into_iter().chain(there).collect();
        match (loaded, required) {
            (true, Some(true)) => {}
            (true, Some(false)) => self.hazard(expr, Error::Absent { of, name }, ruled_out_by, &known),
            (false, Some(_)) => self.hazard(expr, Error::NotLoaded { of, name }, ruled_out_by, &known),
            (_, None) => self.hazard(expr, Error::Undeclared { of, name }, ruled_out_by, &known),
        }
        // From here on it is there: had it not been, evaluation had ended.
        let known = match base {
            Some(base) => known.and(Fact::Loaded(base)),
            None => known,
        };
        match path {
            Some(path) => known.and(Fact::Present(path)),
            None => known,
        }
    }

    fn call(&mut self, expr: &TypedExpr, of: &TypedExpr, method: Method, args: &[TypedExpr], known: Known) -> Known {
        match method {
            Method::GetTag => self.get_tag(expr, of, args, known),
            Method::Offset => {
                let error = match args.first().is_some_and(is_modest) {
                    true => Error::Unwritable("….offset(…)"),
                    false => Error::Overflow("….offset(…)"),
                };
                self.compute(expr, error, known)
            }
            Method::DurationSince => self.compute(expr, Error::Unwritable("….durationSince(…)"), known),
            Method::ToDate => self.compute(expr, Error::Unwritable("….toDate()"), known),
            _ => known,
        }
    }

    fn get_tag(&mut self, expr: &TypedExpr, of: &TypedExpr, args: &[TypedExpr], known: Known) -> Known {
        let present = path_text(expr).map(Fact::Present);
        if present.as_ref().is_some_and(|present| known.knows(present)) {
            return known;
        }
        let text = |expr: Option<&TypedExpr>| expr.and_then(path_text).unwrap_or_else(|| "…".to_owned());
        let (of, key) = (text(Some(of)), text(args.first()));
        let ruled_out_by = present.clone().into_iter().collect();
        self.hazard(expr, Error::NoTag { of, key }, ruled_out_by, &known);
        match present {
            Some(present) => known.and(present),
            None => known,
        }
    }

    /// An operation that can go wrong. Had it gone wrong, evaluation had ended.
    fn compute(&mut self, expr: &TypedExpr, error: Error, known: Known) -> Known {
        let computed = Fact::Computed(shape(expr));
        if known.knows(&computed) {
            return known;
        }
        self.hazard(expr, error, vec![computed.clone()], &known);
        known.and(computed)
    }

    fn hazard(&mut self, expr: &TypedExpr, error: Error, ruled_out_by: Vec<Fact>, known: &Known) {
        if !known.is_unreachable() {
            self.found.insert(Hazard { span: expr.span, error, within: self.within, ruled_out_by });
        }
    }

    /// The type of what attributes are read of.
    fn type_of(&self, expr: &TypedExpr) -> Ty {
        match &expr.kind {
            TypedKind::Variable(Variable::Principal) => self.variables.principal.clone(),
            TypedKind::Variable(Variable::Resource) => self.variables.resource.clone(),
            TypedKind::Variable(Variable::Context) => self.variables.context.clone(),
            TypedKind::Named(_, body) => self.type_of(body),
            TypedKind::If(_, yes, _) => self.type_of(yes),
            TypedKind::Entity(ty, _) => type_named(self.program, ty).map_or(Ty::Unknown, Ty::Entity),
            TypedKind::Attribute(of, name) if written(of, name).is_some() => {
                written(of, name).map_or(Ty::Unknown, |value| self.type_of(value))
            }
            TypedKind::Attribute(of, name) => match self.type_of(of) {
                Ty::Record(fields) => fields.get(name).map_or(Ty::Unknown, |field| field.ty.clone()),
                Ty::Entity(id) => self.declared(id, name).map_or(Ty::Unknown, |(ty, _)| ty),
                _ => Ty::Unknown,
            },
            TypedKind::Method(of, Method::GetTag, _) => match self.type_of(of) {
                Ty::Entity(id) => self.program.ty(id).and_then(|ty| ty.tags.clone()).unwrap_or(Ty::Unknown),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    /// The type of an entity's attribute, and whether each entity has it: declared, or the holders of a role on the type.
    fn declared(&self, id: TypeId, name: &str) -> Option<(Ty, bool)> {
        let declared = self.program.ty(id)?.attributes.get(name);
        if let Some(attribute) = declared {
            return Some((attribute.ty.clone(), attribute.required));
        }
        let required = self.cx.lowered.generated_attributes(self.program, id).get(name).copied()?;
        Some((Ty::Unknown, required))
    }
}

/// Whether a duration is written out and moves no time of the years 0001 to 9999 out of Cedar's reach, which ends hundreds of
/// millions of years further.
fn is_modest(duration: &TypedExpr) -> bool {
    let written = match &duration.kind {
        TypedKind::Duration(value) => Some(*value),
        TypedKind::Construct(Constructor::Duration, text) => match &text.kind {
            TypedKind::Text(text) => Duration::parse(text),
            _ => None,
        },
        _ => None,
    };
    written.is_some_and(|duration| duration.0.checked_abs().is_some_and(|length| length < i64::MAX / 2))
}

/// The value of an attribute of a record that stands right there: `{ a: 1 }.a`.
fn written<'e>(of: &'e TypedExpr, name: &str) -> Option<&'e TypedExpr> {
    match &of.kind {
        TypedKind::Record(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
        _ => None,
    }
}

/// The type with a full Cedar name.
pub(super) fn type_named(program: &Program, cedar: &str) -> Option<TypeId> {
    program.type_ids().find(|id| program.ty(*id).is_some_and(|ty| ty.cedar == cedar))
}

/// The value of an operation on two literals; `None` where it overflows or is not known.
fn folded(left: &TypedExpr, right: &TypedExpr, apply: fn(i64, i64) -> Option<i64>) -> Option<i64> {
    apply(literal(left)?, literal(right)?)
}

fn literal(expr: &TypedExpr) -> Option<i64> {
    match &expr.kind {
        TypedKind::Long(value) => Some(*value),
        TypedKind::Negate(inner) => literal(inner)?.checked_neg(),
        TypedKind::Binary(Operator::Add, left, right) => folded(left, right, i64::checked_add),
        TypedKind::Binary(Operator::Subtract, left, right) => folded(left, right, i64::checked_sub),
        TypedKind::Binary(Operator::Multiply, left, right) => folded(left, right, i64::checked_mul),
        _ => None,
    }
}
