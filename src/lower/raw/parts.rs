//! The parts of what a policy demands.

use cedar_policy::Policy;
use cedar_policy::pst::{Clause, Expr};

/// Whether some part of a policy's conditions is so. Of a policy that has no syntax tree, anything may be so.
#[must_use]
pub fn has_part(policy: &Policy, is: &dyn Fn(&Expr) -> bool) -> bool {
    let found = |expr: &Expr| expr.reduce(&|part| is(part).then_some(true), &|left, right| left || right, false);
    policy.to_pst().map_or(true, |tree| {
        tree.body().clauses().iter().any(|clause| match clause {
            Clause::When(expr) | Clause::Unless(expr) => found(expr),
        })
    })
}
