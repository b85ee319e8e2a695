//! Raw policies: what their scope asks is one test, and each condition is a clause with atoms.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, UnaryOp};
use cedar_policy::{ActionConstraint, Effect, Policy, PrincipalConstraint, ResourceConstraint};

use super::conditions::leaf;
use super::{Key, Planner, Subject};
use crate::bundle::OriginKind;
use crate::lower::RawPolicy;
use crate::scenario::{Aspect, Atom, Condition, OwnClause, StatementName, Watched};

impl Planner<'_> {
    pub(super) fn raw(&mut self, raw: &RawPolicy) -> Option<Watched> {
        let policy = &raw.policy;
        let id = policy.id().to_string();
        let name = policy.template_id().map_or_else(|| id.clone(), ToString::to_string);
        let aspect = match policy.effect() {
            Effect::Permit => Aspect::Grants,
            Effect::Forbid => Aspect::Denials,
        };
        let subject = Subject { name: StatementName { kind: OriginKind::Raw, name }, at: raw.span, aspect };
        let (mut allows, mut allows_any, mut alone) = (HashMap::new(), None, None);
        let action = policy.action_constraint();
        match (policy.effect(), &action) {
            (Effect::Permit, ActionConstraint::Eq(action)) => {
                let words = self.actions.get(action).map(|id| self.program.action_name(*id));
                let words = words.unwrap_or_else(|| action.id().unescaped().to_owned());
                let what = format!("allowing `{words}`");
                let help = format!("test a request for `{words}` that this policy allows");
                let key = Key::Allows(words, String::new());
                allows.insert(action.clone(), self.oblige(&subject, key, what, raw.span, help));
            }
            (Effect::Permit, _) => {
                let help = "test a request that this policy allows".to_owned();
                let key = Key::Allows(String::new(), String::new());
                allows_any = Some(self.oblige(&subject, key, "allowing a request".to_owned(), raw.span, help));
            }
            (Effect::Forbid, _) => {
                let help = "test a request that a grant allows and that only this policy denies".to_owned();
                alone = Some(self.oblige(&subject, Key::Alone, "denying alone".to_owned(), raw.span, help));
            }
        }
        let mut atoms = Vec::new();
        let scope: Vec<Condition> = scope(policy).iter().map(|test| leaf(&mut atoms, test, None)).collect();
        let mut own = vec![OwnClause { condition: Condition::All(scope), withheld: None }];
        let body = raw.body.as_ref();
        for clause in body.iter().flat_map(|body| body.clauses()) {
            let (Clause::When(expr) | Clause::Unless(expr)) = clause;
            let tree = self.raw_tree(&mut atoms, &subject, expr);
            let (condition, word) = match clause {
                Clause::When(_) => (tree, "when"),
                Clause::Unless(_) => (Condition::Not(Box::new(tree)), "unless"),
            };
            let withheld = (policy.effect() == Effect::Permit).then(|| {
                let words = format!("{word} {{ {expr} }}");
                let what = format!("withheld by `{words}` alone");
                let help = format!("test a request that meets everything in this policy except `{words}`");
                self.oblige(&subject, Key::Withheld(words, raw.span), what, raw.span, help)
            });
            own.push(OwnClause { condition, withheld });
        }
        let actions = match action {
            ActionConstraint::Eq(action) => vec![action],
            // Of several, each may be a group.
            ActionConstraint::Any | ActionConstraint::In(_) => Vec::new(),
        };
        Some(Watched {
            id,
            effect: policy.effect(),
            statement: subject.name,
            actions,
            principal: None,
            resource: None,
            role: None,
            own,
            atoms,
            allows,
            allows_any,
            alone,
        })
    }

    fn raw_tree(&mut self, atoms: &mut Vec<Atom>, subject: &Subject, expr: &Arc<Expr>) -> Condition {
        match expr.as_ref() {
            Expr::Literal(Literal::Bool(value)) => Condition::Always(*value),
            Expr::UnaryOp { op: UnaryOp::Not, expr } => Condition::Not(Box::new(self.raw_tree(atoms, subject, expr))),
            Expr::BinaryOp { op: BinaryOp::And, left, right } => {
                Condition::All([left, right].map(|part| self.raw_tree(atoms, subject, part)).into())
            }
            Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
                Condition::Any([left, right].map(|part| self.raw_tree(atoms, subject, part)).into())
            }
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                let parts = [cond, then_expr, else_expr].map(|part| self.raw_tree(atoms, subject, part));
                Condition::If(Box::new(parts))
            }
            test => {
                let words = test.to_string();
                let marks = self.atom(subject, &words, &[], subject.at);
                leaf(atoms, &words, Some(marks))
            }
        }
    }
}

/// What a scope asks, as tests.
fn scope(policy: &Policy) -> Vec<String> {
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Any => None,
        PrincipalConstraint::Eq(uid) => Some(format!("principal == {uid}")),
        PrincipalConstraint::In(uid) => Some(format!("principal in {uid}")),
        PrincipalConstraint::Is(ty) => Some(format!("principal is {ty}")),
        PrincipalConstraint::IsIn(ty, uid) => Some(format!("principal is {ty} in {uid}")),
    };
    let action = match policy.action_constraint() {
        ActionConstraint::Any => None,
        ActionConstraint::Eq(uid) => Some(format!("action == {uid}")),
        ActionConstraint::In(several) => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            Some(format!("action in [{}]", several.join(", ")))
        }
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any => None,
        ResourceConstraint::Eq(uid) => Some(format!("resource == {uid}")),
        ResourceConstraint::In(uid) => Some(format!("resource in {uid}")),
        ResourceConstraint::Is(ty) => Some(format!("resource is {ty}")),
        ResourceConstraint::IsIn(ty, uid) => Some(format!("resource is {ty} in {uid}")),
    };
    [principal, action, resource].into_iter().flatten().collect()
}
