//! What conditions name: other conditions, and types.

use crate::graph::{Assertion, Deny, Grant, Named, Node, Profile, Program, References, Role};
use crate::syntax::ast::{Expr, ExprKind, Path};
use crate::text::Span;

/// Adds the conditions and types that the conditions of a program name.
pub(super) fn refer(program: &Program, references: &mut References) {
    let bodies = program.conditions.iter().map(|condition| &condition.body);
    let whens = (program.roles.iter().map(Role::when))
        .chain(program.grants.iter().map(Grant::when))
        .chain(program.denies.iter().map(Deny::when))
        .chain(program.requires.iter().map(|require| Some(require.when())))
        .chain(program.profiles.iter().map(Profile::when))
        .chain(program.assertions.iter().map(Assertion::when));
    for expr in bodies.chain(whens.flatten().map(|when| when.expr)) {
        for (at, node) in names_in(program, expr) {
            match node {
                Node::Type(id) => references.add(at, Named::Type(id)),
                Node::Condition(id) => references.add(at, Named::Condition(id)),
                Node::Role(_) | Node::Action(_) | Node::Profile(_) => {}
            }
        }
    }
}

/// The places in an expression that name a condition or a type.
pub(super) fn names_in(program: &Program, expr: &Expr) -> Vec<(Span, Node)> {
    let mut found = Vec::new();
    collect(program, expr, &mut found);
    found
}

/// The condition that a bare name means. One with parameters is called, so the name is a member's or a parameter's.
fn condition_by_name(program: &Program, name: &str) -> Option<Node> {
    let id = program.find_condition(name)?;
    program.condition(id)?.params.is_empty().then_some(Node::Condition(id))
}

fn type_by_path(program: &Program, path: &Path) -> Option<Node> {
    let parts: Vec<&str> = path.parts.iter().map(|part| part.text.as_str()).collect();
    program.find_type(&parts.join("::")).map(Node::Type)
}

fn collect(program: &Program, expr: &Expr, found: &mut Vec<(Span, Node)>) {
    let named = match &expr.kind {
        ExprKind::Name(name) => condition_by_name(program, name).map(|node| (expr.span, node)),
        ExprKind::Call(name, _) => program.find_condition(&name.text).map(|id| (name.span, Node::Condition(id))),
        ExprKind::Is(_, path, _) | ExprKind::Entity(path, _) => {
            type_by_path(program, path).map(|node| (path.span, node))
        }
        _ => None,
    };
    found.extend(named);
    expr.children().into_iter().for_each(|child| collect(program, child, found));
}
