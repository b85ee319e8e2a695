//! What the tests of a conjunction tell of who is who. `X == principal` makes `X` another name of the principal, and
//! `principal in X` puts the principal into `X`: what the other tests say of `X` is then said of the principal, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::pst;
use cedar_policy::pst::{BinaryOp, Expr, UnaryOp};

/// The name of the principal.
pub(super) const PRINCIPAL: &str = "principal";
/// Conjunctions with more equalities and memberships are not followed.
const MAX: usize = 64;
/// Paths with more steps have no name.
const STEPS: usize = 32;

/// A test, and how it must come out.
pub(super) type Test<'e> = (&'e Arc<Expr>, bool);

/// Which names mean the same, and what the principal lies in.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// To each name that means the same as another: the one that stands for both.
    same: BTreeMap<String, String>,
    /// The names of what the principal lies in.
    around: BTreeSet<String>,
}

impl Known {
    /// What stands for an entity, or for an attribute or a tag of one: equal names mean the same. Other expressions have no name.
    pub(super) fn name(&self, expr: &Expr) -> Option<String> {
        let mut steps = Vec::new();
        let mut at = expr;
        let base = loop {
            match at {
                Expr::Var(_) | Expr::Literal(pst::Literal::EntityUID(_)) => break at.to_string(),
                Expr::GetAttr { expr, attr } => {
                    steps.push(format!(".{attr:?}"));
                    at = expr;
                }
                Expr::BinaryOp { op: BinaryOp::GetTag, left, right } => {
                    let Expr::Literal(pst::Literal::String(tag)) = right.as_ref() else { return None };
                    steps.push(format!(".getTag({tag:?})"));
                    at = left;
                }
                _ => return None,
            }
            if steps.len() > STEPS {
                return None;
            }
        };
        let found = steps.iter().rev().fold(self.one_for(base), |name, step| self.one_for(name + step));
        Some(found)
    }

    /// Replacing a name leads to one that is shorter or earlier, so that this ends.
    fn one_for(&self, mut name: String) -> String {
        while let Some(same) = self.same.get(&name) {
            name.clone_from(same);
        }
        name
    }

    pub(super) fn is_principal(&self, expr: &Expr) -> bool {
        match self.same.is_empty() {
            true => matches!(expr, Expr::Var(pst::Var::Principal)),
            false => self.name(expr).is_some_and(|name| name == PRINCIPAL),
        }
    }

    /// Whether the principal is known to lie in what an expression is.
    pub(super) fn is_around(&self, expr: &Expr) -> bool {
        !self.around.is_empty() && self.name(expr).is_some_and(|name| self.around.contains(&name))
    }

    /// What is known if some tests come out as they must, too; `None` where that is too much to follow.
    pub(super) fn with(&self, tests: &[Test<'_>]) -> Option<Self> {
        let mut known = self.clone();
        let named = |(left, right): &(&Expr, &Expr)| self.name(left).is_some() && self.name(right).is_some();
        let equal: Vec<_> = tests.iter().copied().filter_map(equality).filter(named).collect();
        let within: Vec<_> = tests.iter().copied().filter_map(membership).filter(named).collect();
        if equal.len() + within.len() > MAX {
            return None;
        }
        // A new name of an entity can make attributes of it the same.
        while equal.iter().any(|(left, right)| known.unite(left, right)) {}
        known.around = known.around.iter().map(|name| known.one_for(name.clone())).collect();
        while within.iter().any(|(inner, outer)| known.enclose(inner, outer)) {}
        Some(known)
    }

    /// Whether that was new.
    fn unite(&mut self, left: &Expr, right: &Expr) -> bool {
        let (Some(left), Some(right)) = (self.name(left), self.name(right)) else { return false };
        // A variable stands for the rest.
        let rank = |name: &String| (name != PRINCIPAL, name.contains(['.', '"']), name.len());
        let (for_both, other) = match (rank(&left), &left) <= (rank(&right), &right) {
            true => (left, right),
            false => (right, left),
        };
        for_both != other && self.same.insert(other, for_both).is_none()
    }

    /// Whether that was new.
    fn enclose(&mut self, inner: &Expr, outer: &Expr) -> bool {
        let holds = self.is_principal(inner) || self.is_around(inner);
        let Some(outer) = self.name(outer).filter(|name| holds && name != PRINCIPAL) else { return false };
        self.around.insert(outer)
    }
}

/// The tests that must come out as they should for one to come out as it should.
pub(super) fn conjuncts<'e>((expr, wanted): Test<'e>, found: &mut Vec<Test<'e>>) {
    let mut both = |one, other| {
        conjuncts(one, found);
        conjuncts(other, found);
    };
    match (expr.as_ref(), wanted) {
        (Expr::UnaryOp { op: UnaryOp::Not, expr }, _) => conjuncts((expr, !wanted), found),
        (Expr::BinaryOp { op: BinaryOp::And, left, right }, true)
        | (Expr::BinaryOp { op: BinaryOp::Or, left, right }, false) => both((left, wanted), (right, wanted)),
        (Expr::BinaryOp { op: op @ (BinaryOp::Eq | BinaryOp::NotEq), left, right }, _) => {
            let wanted = wanted == (*op == BinaryOp::Eq);
            match (truth(left), truth(right)) {
                (Some(truth), _) => conjuncts((right, truth == wanted), found),
                (_, Some(truth)) => conjuncts((left, truth == wanted), found),
                _ => found.push((expr, wanted == (*op == BinaryOp::Eq))),
            }
        }
        (Expr::IfThenElse { cond, then_expr, else_expr }, _) => match (truth(then_expr), truth(else_expr)) {
            (_, Some(truth)) if truth != wanted => both((cond, true), (then_expr, wanted)),
            (Some(truth), _) if truth != wanted => both((cond, false), (else_expr, wanted)),
            _ => found.push((expr, wanted)),
        },
        _ => found.push((expr, wanted)),
    }
}

/// What is the same where a test comes out as it must.
fn equality<'e>((expr, wanted): Test<'e>) -> Option<(&'e Expr, &'e Expr)> {
    match expr.as_ref() {
        Expr::BinaryOp { op: BinaryOp::Eq, left, right } if wanted => Some((left, right)),
        Expr::BinaryOp { op: BinaryOp::NotEq, left, right } if !wanted => Some((left, right)),
        _ => None,
    }
}

/// What lies in what where a test comes out as it must.
fn membership<'e>((expr, wanted): Test<'e>) -> Option<(&'e Expr, &'e Expr)> {
    match expr.as_ref() {
        Expr::BinaryOp { op: BinaryOp::In, left, right } if wanted => Some((left, only(right))),
        Expr::Is { expr, in_expr: Some(container), .. } if wanted => Some((expr, only(container))),
        _ => None,
    }
}

/// The member of a set of one, or what is no set.
fn only(expr: &Arc<Expr>) -> &Expr {
    match expr.as_ref() {
        Expr::Set(all) => match all.as_slice() {
            [only] => only,
            _ => expr,
        },
        _ => expr,
    }
}

/// What a literal comes to.
fn truth(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Literal(pst::Literal::Bool(truth)) => Some(*truth),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;

    /// What the conditions of a policy tell, as `is_principal` and `is_around` of the left side of its last test.
    fn told(condition: &str) -> (bool, bool) {
        let policy =
            Policy::parse(None, format!("permit (principal, action, resource) when {{ {condition} }};")).unwrap();
        let tree = policy.to_pst().unwrap();
        let pst::Clause::When(expr) = &tree.body().clauses()[0] else { panic!("a `when`") };
        let mut tests = Vec::new();
        conjuncts((expr, true), &mut tests);
        let known = Known::default().with(&tests).unwrap();
        let Expr::BinaryOp { left, .. } = tests.last().unwrap().0.as_ref() else { panic!("an operation") };
        (known.is_principal(left), known.is_around(left))
    }

    #[test]
    fn what_equals_the_principal_is_the_principal() {
        for condition in [
            "principal == resource.a && resource.a in R::\"r\"",
            "resource.a == principal && resource.a in R::\"r\"",
            "!(resource.a != principal || context.b) && resource.a in R::\"r\"",
            "(if resource.a == principal then context.b else false) && resource.a in R::\"r\"",
            "(resource.a == principal) == true && resource.a in R::\"r\"",
            "resource.a == context.x && context.x == principal && resource.a in R::\"r\"",
            "context.x == principal && resource.a == context.x && resource.a in R::\"r\"",
            "context.d == resource && context.d.a == principal && resource.a in R::\"r\"",
            "resource.p == context.d && context.d.a == principal && resource.p.a in R::\"r\"",
            "resource.getTag(\"a\") == principal && resource.getTag(\"a\") in R::\"r\"",
            "principal == U::\"u\" && U::\"u\" in R::\"r\"",
        ] {
            assert_eq!(told(condition), (true, false), "{condition}");
        }
    }

    #[test]
    fn what_may_equal_the_principal_or_something_else_is_not_taken_for_it() {
        for condition in [
            "(resource.a == principal || context.b) && resource.a in R::\"r\"",
            "resource.a != principal && resource.a in R::\"r\"",
            "!(resource.a == principal && context.b) && resource.a in R::\"r\"",
            "resource.a.b == principal && resource.a in R::\"r\"",
            "resource.a == principal && context.a in R::\"r\"",
            "principal == principal.boss.boss && principal.boss in R::\"r\"",
            "resource.getTag(\"a\") == principal && resource.getTag(\"b\") in R::\"r\"",
        ] {
            assert_eq!(told(condition), (false, false), "{condition}");
        }
    }

    #[test]
    fn what_the_principal_lies_in_is_known_through_other_members() {
        for condition in [
            "principal in G::\"g\" && G::\"g\" in R::\"r\"",
            "principal is U in [G::\"g\"] && G::\"g\" in R::\"r\"",
            "principal in resource.g && resource.g in G::\"g\" && G::\"g\" in R::\"r\"",
            "resource.a == principal && resource.a in resource.g && resource.g in R::\"r\"",
        ] {
            assert_eq!(told(condition), (false, true), "{condition}");
        }
        assert_eq!(told("principal in [G::\"g\", G::\"h\"] && G::\"g\" in R::\"r\""), (false, false));
        assert_eq!(told("!(principal in G::\"g\") && G::\"g\" in R::\"r\""), (false, false));
    }

    #[test]
    fn too_many_equalities_are_not_followed() {
        let many: Vec<String> = (0..=MAX).map(|n| format!("resource.a{n} == principal")).collect();
        let policy =
            Policy::parse(None, format!("permit (principal, action, resource) when {{ {} }};", many.join(" && ")));
        let policy = policy.unwrap();
        let tree = policy.to_pst().unwrap();
        let pst::Clause::When(expr) = &tree.body().clauses()[0] else { panic!("a `when`") };
        let mut tests = Vec::new();
        conjuncts((expr, true), &mut tests);
        assert!(Known::default().with(&tests).is_none());
        tests.pop();
        assert!(Known::default().with(&tests).is_some());
    }
}
