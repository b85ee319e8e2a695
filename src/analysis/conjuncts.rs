//! A policy's condition as tests that must all hold, each to be left out or asked about alone.

use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};
use cedar_policy::{Policy, pst};

use super::rule::Rule;

/// A scope and the tests of a condition, in the order Cedar evaluates them.
#[derive(Debug, Clone)]
pub(super) struct Conjuncts {
    scope: pst::Template,
    tests: Vec<(Place, Arc<Expr>)>,
}

/// Where a test is: `when { a && b } unless { c || d }` has the tests `a`, `b` in clause 0, `!c`, `!d` in clause 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The clause, `when` or `unless`, counted from 0.
    pub clause: usize,
    /// The test in it, counted from 0.
    pub test: usize,
}

impl Conjuncts {
    /// The parts of a static policy; `None` of what has no syntax tree.
    pub(super) fn of(policy: &Policy) -> Option<Self> {
        let tree = policy.to_pst().ok()?;
        let body = tree.body();
        let mut tests = Vec::new();
        for (clause, written) in body.clauses().iter().enumerate() {
            let mut found = Vec::new();
            match written {
                pst::Clause::When(expr) => split(expr, Wanted::True, &mut found),
                pst::Clause::Unless(expr) => split(expr, Wanted::False, &mut found),
            }
            let placed = found.into_iter().enumerate();
            tests.extend(placed.map(|(test, expr)| (Place { clause, test }, expr)));
        }
        let scope = pst::Template::new(
            body.id.clone(),
            body.effect,
            body.principal.clone(),
            body.action.clone(),
            body.resource.clone(),
        );
        Some(Self { scope, tests })
    }

    /// Where the tests are.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.tests.iter().map(|(place, _)| *place)
    }

    /// A test, or one alternative of it, as Cedar writes it.
    pub(super) fn text(&self, at: Place, branch: Option<usize>) -> String {
        self.part(at, branch).map(|part| part.to_string()).unwrap_or_default()
    }

    /// How many alternatives a test has; one, where it has none.
    pub(super) fn branches(&self, at: Place) -> usize {
        self.whole(at).map_or(0, |test| alternatives(test).len())
    }

    /// The scope with the tests before one, and that one or an alternative of it.
    pub(super) fn reaching(&self, at: Place, branch: Option<usize>) -> Option<Rule> {
        let before = self.tests.iter().filter(|(place, _)| *place < at);
        let before = before.map(|(_, test)| Arc::clone(test));
        self.with(before.chain([self.part(at, branch)?]))
    }

    fn part(&self, at: Place, branch: Option<usize>) -> Option<Arc<Expr>> {
        let test = self.whole(at)?;
        match branch {
            Some(branch) => alternatives(test).get(branch).cloned(),
            None => Some(Arc::clone(test)),
        }
    }

    fn whole(&self, at: Place) -> Option<&Arc<Expr>> {
        let found = self.tests.iter().find(|(place, _)| *place == at);
        found.map(|(_, test)| test)
    }

    /// The scope with some of the tests.
    pub(super) fn keeping(&self, kept: impl Fn(Place) -> bool) -> Option<Rule> {
        let tests = self.tests.iter().filter(|(place, _)| kept(*place));
        self.with(tests.map(|(_, expr)| Arc::clone(expr)))
    }

    /// The whole policy, with one test turned around.
    pub(super) fn negating(&self, negated: Place) -> Option<Rule> {
        let tests = self.tests.iter().map(|(place, expr)| match *place == negated {
            true => not(expr),
            false => Arc::clone(expr),
        });
        self.with(tests)
    }

    fn with(&self, tests: impl Iterator<Item = Arc<Expr>>) -> Option<Rule> {
        let clauses: Vec<pst::Clause> = tests.map(pst::Clause::When).collect();
        let template = self.scope.clone().try_with_clauses(clauses).ok()?;
        let body = pst::StaticPolicy::try_from(template).ok()?;
        Rule::new(&Policy::from_pst(pst::Policy::Static(body)).ok()?)
    }
}

/// The outcome that a part must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    True,
    False,
}

fn split(expr: &Arc<Expr>, wanted: Wanted, into: &mut Vec<Arc<Expr>>) {
    match (expr.as_ref(), wanted) {
        (Expr::BinaryOp { op: BinaryOp::And, left, right }, Wanted::True)
        | (Expr::BinaryOp { op: BinaryOp::Or, left, right }, Wanted::False) => {
            split(left, wanted, into);
            split(right, wanted, into);
        }
        (Expr::UnaryOp { op: UnaryOp::Not, expr }, Wanted::True) => split(expr, Wanted::False, into),
        (Expr::UnaryOp { op: UnaryOp::Not, expr }, Wanted::False) => split(expr, Wanted::True, into),
        (_, Wanted::True) => into.push(Arc::clone(expr)),
        (_, Wanted::False) => into.push(not(expr)),
    }
}

/// The sides of `||`, and of a negated `&&`, each with its negation.
fn alternatives(test: &Arc<Expr>) -> Vec<Arc<Expr>> {
    let mut found = Vec::new();
    match test.as_ref() {
        Expr::UnaryOp { op: UnaryOp::Not, expr } => {
            split(expr, Wanted::True, &mut found);
            found.iter().map(not).collect()
        }
        _ => {
            // What all must fail for the test to fail.
            split(test, Wanted::False, &mut found);
            found.iter().map(without_not).collect()
        }
    }
}

fn without_not(expr: &Arc<Expr>) -> Arc<Expr> {
    match expr.as_ref() {
        Expr::UnaryOp { op: UnaryOp::Not, expr } => Arc::clone(expr),
        _ => not(expr),
    }
}

fn not(expr: &Arc<Expr>) -> Arc<Expr> {
    Arc::new(Expr::UnaryOp { op: UnaryOp::Not, expr: Arc::clone(expr) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_falls_into_tests_with_negation_before_single_ones() {
        let text =
            "permit(principal, action, resource) when { a.x && !(b.x || !(c.x)) } unless { d.x || !(e.x && f.x) };";
        let text = text.replace(".x", " == 1");
        let text = ["a", "b", "c", "d", "e", "f"]
            .iter()
            .fold(text, |text, name| text.replace(&format!("{name} =="), &format!("context.{name} ==")));
        let parts = Conjuncts::of(&Policy::parse(None, text).unwrap()).unwrap();
        let shown: Vec<String> = parts
            .places()
            .map(|place| {
                let rule = parts.keeping(|kept| kept == place).unwrap();
                let text = rule.policy().to_cedar().unwrap();
                let condition = text.split("when").nth(1).unwrap();
                format!("{}.{}{}", place.clause, place.test, condition.replace(['{', '}', ';', '\n'], ""))
            })
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            shown,
            [
                "0.0 context.a == 1",
                "0.1 !(context.b == 1)",
                "0.2 context.c == 1",
                "1.0 !(context.d == 1)",
                "1.1 context.e == 1",
                "1.2 context.f == 1",
            ]
        );
    }
}
