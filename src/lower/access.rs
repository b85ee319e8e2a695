//! The access matrix of a lowered program: who comes by which action on which type, by which role and under which
//! conditions. It is read off the policies themselves, so two programs that are written differently and open the same have
//! the same matrix, and the difference of two matrices is what a change gives and takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Grant, Holder, Program, StatementId, Ty};
use crate::syntax::ast::Operator;
use crate::typing::{Method, TypedExpr, TypedKind};

use super::draft::{Draft, Part};
use super::{Lowered, text};

/// One cell of the matrix: one way by which someone comes by an action on a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// The role that is held, `finance` or `Org.admin`, the extending one where it is inherited; `None`: everyone of the type.
    pub role: Option<String>,
    /// The principal's type, by its name in the program.
    pub principal: String,
    /// The action by its full name, `Payout.approve`; a raw action by its Cedar id.
    pub action: String,
    /// The type of what the request names.
    pub resource: String,
    /// What must hold, in Cedar's words, sorted: the conditions of the grant and of every role on the way to it.
    pub when: Vec<String>,
    /// What guards demand besides, in Cedar's words, sorted.
    pub guards: Vec<String>,
    /// Whether the grant names a wildcard that stands for this action, and not the action.
    pub implied: bool,
}

/// Most alternatives that one grant is split into; a condition with more of them stays whole.
const MOST_ALTERNATIVES: usize = 256;

/// Every way in that grants open, sorted, each once. A condition `a || b` is two ways in, and so is membership in a written
/// list, so that one more alternative is one more cell. What break-glass opens for a time, and raw policies, are not
/// grants and not in it.
#[must_use]
pub fn accesses(program: &Program, lowered: &Lowered) -> BTreeSet<Access> {
    let grants: BTreeMap<&StatementId, &Grant> =
        program.grants.iter().map(|grant| (&grant.statement.id, grant)).collect();
    let types: BTreeMap<&str, &str> = program.types.iter().map(|ty| (ty.cedar.as_str(), ty.name.as_str())).collect();
    let actions: BTreeMap<&(String, String), String> =
        program.actions.iter().map(|action| (&action.cedar, action.full_name(program))).collect();
    let mut found = BTreeSet::new();
    for draft in &lowered.drafts {
        let Some(grant) = grants.get(&draft.of) else {
            continue;
        };
        let named: BTreeSet<_> = grant.actions.iter().filter_map(|(id, _)| Some(&program.action(*id)?.cedar)).collect();
        let role = match (&draft.inherited_by, grant.holder) {
            (Some(heir), _) => Some(heir.clone()),
            (None, Holder::Role(role)) => Some(program.role_name(role)),
            (None, Holder::Type(_)) => None,
        };
        let type_name = |cedar: &Option<String>| {
            let cedar = cedar.as_deref().unwrap_or_default();
            types.get(cedar).map_or(cedar, |name| name).to_owned()
        };
        let guards = guards(draft);
        for when in ways(draft) {
            for action in &draft.actions {
                found.insert(Access {
                    role: role.clone(),
                    principal: type_name(&draft.principal),
                    action: actions.get(action).cloned().unwrap_or_else(|| action.1.clone()),
                    resource: type_name(&draft.resource),
                    when: when.iter().cloned().collect(),
                    guards: guards.iter().cloned().collect(),
                    implied: !named.contains(action),
                });
            }
        }
    }
    found
}

fn guards(draft: &Draft) -> BTreeSet<String> {
    let parts = draft.when.iter().filter(|part| part.guard.is_some());
    parts.map(|part| text::expression(&part.expr)).collect()
}

/// The conditions that are not guards', as alternatives of conjuncts.
fn ways(draft: &Draft) -> Vec<BTreeSet<String>> {
    let own = |part: &&Part| part.guard.is_none();
    let mut ways = vec![BTreeSet::new()];
    for part in draft.when.iter().filter(own) {
        ways = both(&ways, alternatives(&part.expr), &part.expr);
    }
    ways
}

/// The alternatives of an expression, each a set of conjuncts.
fn alternatives(expr: &TypedExpr) -> Vec<BTreeSet<String>> {
    match &expr.kind {
        TypedKind::Named(_, body) => alternatives(body),
        TypedKind::And(parts) => {
            parts.iter().fold(vec![BTreeSet::new()], |ways, part| both(&ways, alternatives(part), part))
        }
        TypedKind::Or(parts) => {
            let all: Vec<BTreeSet<String>> = parts.iter().flat_map(alternatives).collect();
            match all.len() <= MOST_ALTERNATIVES {
                true => all,
                false => vec![atom(expr)],
            }
        }
        TypedKind::Method(list, Method::Contains, args) => match (&list.kind, args.as_slice()) {
            (TypedKind::Set(elements), [one]) if !elements.is_empty() && elements.len() <= MOST_ALTERNATIVES => {
                elements
                    .iter()
                    .map(|element| {
                        let same = one.clone().binary(Operator::Equal, element.clone());
                        atom(&TypedExpr::new(same.kind, Ty::Bool, expr.span))
                    })
                    .collect()
            }
            _ => vec![atom(expr)],
        },
        _ => vec![atom(expr)],
    }
}

/// Each way of the one with each of the other; where that would be too many, the other stays whole.
fn both(ways: &[BTreeSet<String>], more: Vec<BTreeSet<String>>, whole: &TypedExpr) -> Vec<BTreeSet<String>> {
    let more = match ways.len() * more.len() <= MOST_ALTERNATIVES {
        true => more,
        false => vec![atom(whole)],
    };
    ways.iter().flat_map(|way| more.iter().map(move |other| way | other)).collect()
}

fn atom(expr: &TypedExpr) -> BTreeSet<String> {
    BTreeSet::from([text::expression(expr)])
}
