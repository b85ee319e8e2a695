//! Whether tests can hold together, as far as literals and types tell: numbers and times against bounds, values against
//! values, a test against its own negation. In doubt they can; the rest is for proofs.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::ast::Operator;
use crate::text::{Duration, Instant, Span};
use crate::typing::{Constructor, Method, TypedExpr, TypedKind, Variable};

use super::admission::Formula;
use super::expr::shape;

/// What is known of a request besides its tests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The principal's full Cedar type.
    pub(super) principal: Option<&'a str>,
    /// The clock, `context.now`, shows this or later.
    pub(super) now: Option<Instant>,
}

/// What can come of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Satisfiability {
    /// They can hold together.
    Possible,
    /// They can, for these principals only.
    Only(BTreeSet<String>),
    /// They cannot.
    Never {
        /// Two tests that exclude each other; one that excludes itself stands twice. `None` where several pairs do.
        clash: Option<(Span, Span)>,
    },
}

/// More ways than these are not followed.
const MOST_WAYS: usize = 128;

/// What can come of formulas that must all hold.
pub(super) fn satisfiability(formulas: &[Formula<'_>], known: Known<'_>) -> Satisfiability {
    let mut ways = vec![Vec::new()];
    for formula in formulas {
        if extend(formula, &mut ways).is_none() {
            return Satisfiability::Possible;
        }
    }
    let mut only = BTreeSet::new();
    let mut clashes = Vec::new();
    for way in &ways {
        match Facts::of(way, known) {
            Err(clash) => clashes.push(clash),
            Ok(facts) => match facts.principals() {
                Some(principals) => only.extend(principals),
                None => return Satisfiability::Possible,
            },
        }
    }
    match (only.is_empty(), clashes.as_slice()) {
        (false, _) => Satisfiability::Only(only),
        (true, [clash]) => Satisfiability::Never { clash: Some(*clash) },
        (true, _) => Satisfiability::Never { clash: None },
    }
}

/// A test and the outcome that is asked of it.
type Test<'a> = (&'a TypedExpr, bool);

/// Goes on along every way through a formula; `None` where there are too many.
fn extend<'a>(formula: &Formula<'a>, ways: &mut Vec<Vec<Test<'a>>>) -> Option<()> {
    match formula {
        Formula::Test { expr, holds } => ways.iter_mut().for_each(|way| way.push((expr, *holds))),
        Formula::All(parts) => {
            for part in parts {
                extend(part, ways)?;
            }
        }
        Formula::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                let mut own = ways.clone();
                extend(part, &mut own)?;
                all.append(&mut own);
                if all.len() > MOST_WAYS {
                    return None;
                }
            }
            *ways = all;
        }
    }
    Some(())
}

/// Two tests that exclude each other.
type Clash = (Span, Span);

/// What tests say of the same things, by their shape.
#[derive(Debug, Default)]
struct Facts {
    truths: BTreeMap<String, (bool, Span)>,
    least: BTreeMap<String, (i64, Span)>,
    most: BTreeMap<String, (i64, Span)>,
    among: BTreeMap<String, (BTreeSet<String>, Span)>,
    not: BTreeMap<String, BTreeMap<String, Span>>,
}

impl Facts {
    fn of(tests: &[Test<'_>], known: Known<'_>) -> Result<Self, Clash> {
        let mut facts = Self::default();
        for (expr, holds) in tests {
            facts.add(expr, *holds, known)?;
        }
        Ok(facts)
    }

    /// The principals that alone can be meant.
    fn principals(&self) -> Option<BTreeSet<String>> {
        self.among.get(Variable::Principal.name()).map(|(among, _)| among.clone())
    }

    fn add(&mut self, expr: &TypedExpr, holds: bool, known: Known<'_>) -> Result<(), Clash> {
        let at = expr.span;
        match &expr.kind {
            TypedKind::Named(_, body) => return self.add(body, holds, known),
            TypedKind::Bool(value) => return if *value == holds { Ok(()) } else { Err((at, at)) },
            TypedKind::Is(of, ty, None) if of.kind == TypedKind::Variable(Variable::Principal) => {
                let same = known.principal.is_none_or(|principal| (principal == ty) == holds);
                return if same { Ok(()) } else { Err((at, at)) };
            }
            TypedKind::Binary(operator, left, right) => {
                let turned = match (constant(left), constant(right)) {
                    (None, Some(value)) => Some((left, *operator, value)),
                    (Some(value), None) => Some((right, mirrored(*operator), value)),
                    _ => None,
                };
                if let Some((subject, operator, value)) = turned {
                    return self.compare(subject, operator, value, holds, at, known);
                }
            }
            TypedKind::Method(of, method, args) => {
                if let (TypedKind::Set(members), Method::Contains, [subject]) = (&of.kind, method, args.as_slice())
                    && constant(subject).is_none()
                    && let Some(values) = members.iter().map(value).collect::<Option<BTreeSet<String>>>()
                {
                    let subject = shape(subject);
                    return match holds {
                        true => self.is_among(subject, values, at),
                        false => values.into_iter().try_for_each(|value| self.is_not(&subject, value, at)),
                    };
                }
                if let (Some(operator), [bound]) = (order_of_decimals(*method), args.as_slice())
                    && let Some(value) = constant(bound)
                {
                    return self.compare(of, operator, value, holds, at, known);
                }
            }
            _ => {}
        }
        match self.truths.insert(shape(expr), (holds, at)) {
            Some((before, place)) if before != holds => Err((place, at)),
            _ => Ok(()),
        }
    }

    /// A subject against a value that is written down.
    fn compare(
        &mut self,
        subject: &TypedExpr,
        operator: Operator,
        value: Constant,
        holds: bool,
        at: Span,
        known: Known<'_>,
    ) -> Result<(), Clash> {
        let operator = if holds { operator } else { opposite(operator) };
        match (value, operator) {
            (Constant::Truth(value), Operator::Equal) => self.add(subject, value, known),
            (Constant::Truth(value), Operator::NotEqual) => self.add(subject, !value, known),
            (Constant::Value(value), Operator::Equal) => self.is_among(shape(subject), BTreeSet::from([value]), at),
            (Constant::Value(value), Operator::NotEqual) => self.is_not(&shape(subject), value, at),
            (Constant::Number(number), _) => {
                let now = known.now.filter(|_| is_now(subject));
                let subject = shape(subject);
                if let Some(now) = now {
                    self.least.entry(subject.clone()).or_insert((now.0, at));
                }
                match operator {
                    Operator::Equal => {
                        self.at_least(&subject, Some(number), at)?;
                        self.at_most(&subject, Some(number), at)
                    }
                    Operator::Less => self.at_most(&subject, number.checked_sub(1), at),
                    Operator::LessEqual => self.at_most(&subject, Some(number), at),
                    Operator::Greater => self.at_least(&subject, number.checked_add(1), at),
                    Operator::GreaterEqual => self.at_least(&subject, Some(number), at),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// `None`: beyond what can be.
    fn at_least(&mut self, subject: &str, bound: Option<i64>, at: Span) -> Result<(), Clash> {
        let bound = bound.ok_or((at, at))?;
        let least = self.least.entry(subject.to_owned()).or_insert((bound, at));
        if bound > least.0 {
            *least = (bound, at);
        }
        self.bounds(subject)
    }

    fn at_most(&mut self, subject: &str, bound: Option<i64>, at: Span) -> Result<(), Clash> {
        let bound = bound.ok_or((at, at))?;
        let most = self.most.entry(subject.to_owned()).or_insert((bound, at));
        if bound < most.0 {
            *most = (bound, at);
        }
        self.bounds(subject)
    }

    fn bounds(&self, subject: &str) -> Result<(), Clash> {
        match (self.least.get(subject), self.most.get(subject)) {
            (Some((least, low)), Some((most, high))) if least > most => Err((*low, *high)),
            _ => Ok(()),
        }
    }

    fn is_among(&mut self, subject: String, values: BTreeSet<String>, at: Span) -> Result<(), Clash> {
        let (mut left, before) = match self.among.remove(&subject) {
            Some((among, before)) => (among.intersection(&values).cloned().collect(), before),
            None => (values, at),
        };
        let mut clash = before;
        for (value, place) in self.not.get(&subject).into_iter().flatten() {
            if left.remove(value) {
                clash = *place;
            }
        }
        if left.is_empty() {
            return Err((clash, at));
        }
        self.among.insert(subject, (left, at));
        Ok(())
    }

    fn is_not(&mut self, subject: &str, value: String, at: Span) -> Result<(), Clash> {
        if let Some((among, before)) = self.among.get_mut(subject) {
            among.remove(&value);
            if among.is_empty() {
                return Err((*before, at));
            }
        }
        self.not.entry(subject.to_owned()).or_default().insert(value, at);
        Ok(())
    }
}

/// Whether an expression is `context.now`.
fn is_now(expr: &TypedExpr) -> bool {
    match &expr.kind {
        TypedKind::Named(_, body) => is_now(body),
        TypedKind::Attribute(of, name) => of.kind == TypedKind::Variable(Variable::Context) && name == "now",
        _ => false,
    }
}

/// A value that is written down.
#[derive(Debug, PartialEq, Eq)]
enum Constant {
    Truth(bool),
    /// A number, or what Cedar counts like one: milliseconds, ten-thousandths.
    Number(i64),
    /// A text or an entity, by its shape.
    Value(String),
}

fn constant(expr: &TypedExpr) -> Option<Constant> {
    Some(match &expr.kind {
        TypedKind::Named(_, body) => return constant(body),
        TypedKind::Bool(value) => Constant::Truth(*value),
        TypedKind::Long(value) => Constant::Number(*value),
        TypedKind::Duration(value) => Constant::Number(value.0),
        TypedKind::Text(_) | TypedKind::Entity(..) => Constant::Value(shape(expr)),
        TypedKind::Construct(function, text) => {
            let TypedKind::Text(text) = &text.kind else { return None };
            Constant::Number(match function {
                Constructor::Datetime => Instant::parse_either(text)?.0,
                Constructor::Duration => Duration::parse(text)?.0,
                Constructor::Decimal => ten_thousandths(text)?,
                Constructor::Ip => return None,
            })
        }
        _ => return None,
    })
}

fn value(expr: &TypedExpr) -> Option<String> {
    match constant(expr)? {
        Constant::Value(value) => Some(value),
        _ => None,
    }
}

/// `12.5` as Cedar counts decimals.
fn ten_thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.')?;
    if part.is_empty() || part.len() > 4 {
        return None;
    }
    format!("{whole}{part:0<4}").parse().ok()
}

fn order_of_decimals(method: Method) -> Option<Operator> {
    Some(match method {
        Method::LessThan => Operator::Less,
        Method::LessThanOrEqual => Operator::LessEqual,
        Method::GreaterThan => Operator::Greater,
        Method::GreaterThanOrEqual => Operator::GreaterEqual,
        _ => return None,
    })
}

/// The operator with its operands exchanged.
fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        other => other,
    }
}

/// What holds where the comparison does not; `In` for what is no comparison.
fn opposite(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterEqual,
        Operator::LessEqual => Operator::Greater,
        Operator::Greater => Operator::LessEqual,
        Operator::GreaterEqual => Operator::Less,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Ty;
    use crate::text::FileId;

    fn at(place: usize) -> Span {
        Span::new(FileId(0), place, place + 1)
    }

    fn now(operator: Operator, text: &str) -> TypedExpr {
        let text = TypedExpr::new(TypedKind::Text(text.to_owned()), Ty::String, at(0));
        let bound = TypedExpr::new(TypedKind::Construct(Constructor::Datetime, Box::new(text)), Ty::Datetime, at(0));
        let context = TypedExpr::variable(Variable::Context, Ty::Unknown, at(0));
        context.attribute("now", Ty::Datetime).binary(operator, bound)
    }

    fn is(name: &str) -> TypedExpr {
        let one = TypedExpr::new(TypedKind::Entity("User".to_owned(), name.to_owned()), Ty::Unknown, at(1));
        TypedExpr::variable(Variable::Principal, Ty::Unknown, at(2)).binary(Operator::Equal, one)
    }

    #[test]
    fn time_has_come_as_far_as_the_clock_says() {
        let known = |day: &str| Known { principal: None, now: Instant::parse_date(day) };
        let before = now(Operator::Less, "2026-03-01T00:00:00Z");
        let formula = [Formula::of(&before, true)];
        assert_eq!(satisfiability(&formula, known("2026-02-28")), Satisfiability::Possible);
        assert_eq!(satisfiability(&formula, Known::default()), Satisfiability::Possible);
        let never = satisfiability(&formula, known("2026-03-01"));
        assert!(matches!(never, Satisfiability::Never { .. }), "{never:?}");
    }

    #[test]
    fn who_alone_can_be_meant_is_told_over_all_ways() {
        let either = TypedExpr::any(vec![is("a"), is("b")], at(3));
        let ways = Formula::of(&either, true);
        let Satisfiability::Only(principals) = satisfiability(&[ways], Known::default()) else {
            panic!("not only these")
        };
        assert_eq!(principals.into_iter().collect::<Vec<_>>(), ["User::\"a\"", "User::\"b\""]);
        let or_not = TypedExpr::any(vec![is("a"), is("b").negated()], at(3));
        assert_eq!(satisfiability(&[Formula::of(&or_not, true)], Known::default()), Satisfiability::Possible);
    }

    #[test]
    fn one_clash_is_told_and_of_several_none() {
        let both = TypedExpr::all(vec![is("a"), is("b")], at(3));
        let clash = satisfiability(&[Formula::of(&both, true)], Known::default());
        assert_eq!(clash, Satisfiability::Never { clash: Some((at(2), at(2))) });
        let twice = TypedExpr::any(vec![both.clone(), both], at(3));
        let clash = satisfiability(&[Formula::of(&twice, true)], Known::default());
        assert_eq!(clash, Satisfiability::Never { clash: None });
    }
}
