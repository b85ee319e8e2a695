//! What an expression reads of a request.

use std::cell::RefCell;
use std::fmt;

use cedar_policy::Policy;
use cedar_policy::pst::{Clause, Expr, Var};

/// An attribute of the request: `context.risk_score`, `resource.org.plan`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePath {
    /// The variable that it starts from.
    pub variable: Var,
    /// The attributes on the way, one or more.
    pub names: Vec<String>,
    /// The whole as Cedar writes it.
    text: String,
}

impl AttributePath {
    fn of(expr: &Expr) -> Option<Self> {
        let mut names = Vec::new();
        let mut at = expr;
        while let Expr::GetAttr { expr: inner, attr } = at {
            names.push(attr.to_string());
            at = inner;
        }
        let Expr::Var(variable) = at else { return None };
        names.reverse();
        (!names.is_empty()).then(|| Self { variable: variable.clone(), names, text: expr.to_string() })
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The attributes that an expression of Cedar reads: the longest paths, in order and once each. An expression that cannot be
/// parsed reads none.
#[must_use]
pub fn attributes_read(expression: &str) -> Vec<AttributePath> {
    // Cedar gives trees of policies only.
    let policy = Policy::parse(None, format!("permit (principal, action, resource) when {{ {expression} }};"));
    let Some(tree) = policy.ok().and_then(|policy| policy.to_pst().ok()) else {
        return Vec::new();
    };
    let read = RefCell::new(Vec::new());
    let note = |part: &Expr| {
        let path = AttributePath::of(part)?;
        let mut read = read.borrow_mut();
        if !read.contains(&path) {
            read.push(path);
        }
        Some(())
    };
    for clause in tree.body().clauses() {
        let (Clause::When(expr) | Clause::Unless(expr)) = clause;
        expr.reduce(&note, &|(), ()| (), ());
    }
    read.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(cedar: &str) -> Vec<String> {
        attributes_read(cedar).iter().map(AttributePath::to_string).collect()
    }

    #[test]
    fn paths_end_at_methods_and_are_not_looked_for_in_quotes() {
        assert_eq!(
            paths(r#"context.risk_score <= 30 && context.now.durationSince(context.auth_time) <= duration("15m")"#),
            ["context.risk_score", "context.now", "context.auth_time"]
        );
        assert_eq!(
            paths(
                r#"resource.org.plan == "a \" context.x" || M::Payout::"resource.y" == principal || context.now == context.now"#
            ),
            ["resource.org.plan", "context.now"]
        );
        assert_eq!(paths("principal in resource.org.admin"), ["resource.org.admin"]);
        assert_eq!(paths(r#"context["risk score"] == 1"#), [r#"context["risk score"]"#]);
        assert_eq!(paths(r#"User::"ada".level == 1"#), [] as [&str; 0]);
        assert_eq!(paths("not Cedar"), [] as [&str; 0]);
    }
}
