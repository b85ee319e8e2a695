//! Builds the petgraph of a program: what leads where.

use std::collections::BTreeSet;

use crate::graph::{ConditionId, Edge, Holder, Node, Program, Relations};
use crate::syntax::ast::Expr;

use super::named::names_in;

/// Builds the graph of a program.
pub(super) fn relations(program: &Program) -> Relations {
    let mut relations = Relations::default();
    let nodes = program
        .type_ids()
        .map(Node::Type)
        .chain(program.role_ids().map(Node::Role))
        .chain(program.action_ids().map(Node::Action))
        .chain((0..program.conditions.len()).map(|at| Node::Condition(ConditionId::at(at))))
        .chain(program.profile_ids().map(Node::Profile));
    for node in nodes {
        relations.add(node);
    }
    for id in program.type_ids() {
        let Some(ty) = program.ty(id) else { continue };
        for link in &ty.parents {
            relations.add_edge(Node::Type(id), Node::Type(link.ty), Edge::MemberOf);
        }
        for action in &ty.actions {
            relations.add_edge(Node::Type(id), Node::Action(*action), Edge::Declares);
        }
    }
    for id in program.role_ids() {
        let Some(role) = program.role(id) else { continue };
        for (base, _) in &role.extends {
            relations.add_edge(Node::Role(id), Node::Role(*base), Edge::Extends);
        }
        for holder in &role.holders {
            relations.add_edge(Node::Type(*holder), Node::Role(id), Edge::Holds);
        }
        uses(&mut relations, program, Some(Node::Role(id)), role.when.as_ref());
    }
    for (at, grant) in program.grants.iter().enumerate() {
        let from = match grant.holder {
            Holder::Type(ty) => Node::Type(ty),
            Holder::Role(role) => Node::Role(role),
        };
        for (action, _) in &grant.actions {
            relations.add_edge(from, Node::Action(*action), Edge::Grants(at));
        }
        uses(&mut relations, program, None, grant.when.as_ref());
    }
    for id in program.profile_ids() {
        let Some(profile) = program.profile(id) else { continue };
        for (role, _) in &profile.eligible {
            relations.add_edge(Node::Role(*role), Node::Profile(id), Edge::MayRequest);
        }
        for (action, _) in &profile.actions {
            relations.add_edge(Node::Profile(id), Node::Action(*action), Edge::Opens);
        }
        uses(&mut relations, program, Some(Node::Profile(id)), profile.when.as_ref());
    }
    for (at, condition) in program.conditions.iter().enumerate() {
        for used in names(program, &condition.body) {
            relations.add_edge(Node::Condition(ConditionId::at(at)), used, Edge::Uses);
        }
    }
    let rest = program
        .denies
        .iter()
        .filter_map(|deny| deny.when.as_ref())
        .chain(program.requires.iter().map(|require| &require.condition))
        .chain(program.assertions.iter().filter_map(|assertion| assertion.when.as_ref()));
    for expr in rest {
        uses(&mut relations, program, None, Some(expr));
    }
    relations.close_used();
    relations
}

fn uses(relations: &mut Relations, program: &Program, from: Option<Node>, expr: Option<&Expr>) {
    let Some(expr) = expr else { return };
    for used in names(program, expr) {
        relations.add_used(used);
        if let Some(from) = from {
            relations.add_edge(from, used, Edge::Uses);
        }
    }
}

/// The conditions and types an expression names.
fn names(program: &Program, expr: &Expr) -> BTreeSet<Node> {
    names_in(program, expr).into_iter().map(|(_, node)| node).collect()
}
