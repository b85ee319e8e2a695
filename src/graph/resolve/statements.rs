//! What statements share, and the plain ones: denials and required conditions.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::graph::{ActionId, Deny, ProfileStep, Require, Statement, StatementKind, Until, codes};
use crate::syntax::ast;

use super::Resolver;
use super::annotations::{Place, Said, read};
use super::covered::with_covered;
use super::lookup::{find_qualified_action, find_who, type_of_action};
use super::targets::{Wildcards, find_step, find_targets, names_a_step};

/// A statement's name: its label, or the one made of its meaning. Two equal default names ask for a label.
pub(super) fn statement(
    cx: &mut Resolver<'_>,
    item: &ast::Item,
    kind: StatementKind,
    default: String,
    because: Option<ast::Text>,
    said: Said,
) -> Statement {
    let name = match &item.label {
        Some(label) => label.text.clone(),
        None => default,
    };
    let place = item.label.as_ref().map_or(item.span, |label| label.span);
    match cx.statement_names.get(&name).copied() {
        // Equal labels were reported with the names.
        Some((_, true)) if item.label.is_some() => {}
        Some((before, _)) => cx.out.push(
            Diagnostic::error(codes::SAME_STATEMENT_NAME, place, format!("two statements are named `{name}`"))
                .label("this one")
                .also(before, "and this one")
                .help("put a label before one of them, such as `my_name: allow …`: tests and logs use these names"),
        ),
        None => {
            cx.statement_names.insert(name.clone(), (place, item.label.is_some()));
        }
    }
    Statement {
        id: cx.statement_id(kind, &name, item.span),
        name,
        labelled: item.label.is_some(),
        span: item.span,
        because,
        annotations: with_doc(said.pass, item.doc.as_deref()),
    }
}

/// A description goes to Cedar as `@doc`, unless the author wrote one.
pub(super) fn with_doc(mut annotations: Vec<(String, String)>, doc: Option<&str>) -> Vec<(String, String)> {
    if let Some(doc) = doc
        && !annotations.iter().any(|(name, _)| name == "doc")
    {
        annotations.push(("doc".to_owned(), doc.to_owned()));
    }
    annotations
}

pub(super) fn end(until: Option<&ast::InstantLiteral>) -> Option<Until> {
    until.and_then(|until| until.at.map(|at| Until { at, span: until.text.span }))
}

/// Names of actions as written, sorted: part of a statement's default name.
pub(super) fn action_names(actions: &ast::Actions) -> String {
    match actions {
        ast::Actions::Any(_) => "any".to_owned(),
        ast::Actions::Names(names) => {
            let mut names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            names.sort_unstable();
            names.join("-")
        }
    }
}

pub(super) fn joined(paths: &[ast::Path]) -> String {
    let mut names: Vec<String> = paths.iter().map(ast::Path::dotted).collect();
    names.sort_unstable();
    names.join("-")
}

pub(super) fn denies(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Deny(deny) = &item.kind else {
            continue;
        };
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        let who = find_who(cx, &deny.who);
        let targets = find_targets(cx, &deny.actions, &deny.on, |step| !step.takes_away(), Wildcards::StandForOthers);
        let who_name = match &deny.who {
            ast::Who::Any(_) => "any".to_owned(),
            ast::Who::Names(paths) => joined(paths),
        };
        let on_name = match &deny.on {
            ast::Types::Any(_) => "any".to_owned(),
            ast::Types::Names(paths) => joined(paths),
        };
        let default = format!("deny.{who_name}.{on_name}.{}", action_names(&deny.actions));
        let statement = statement(cx, item, StatementKind::Deny, default, deny.because.clone(), said);
        let Some(who) = who else { continue };
        cx.program.denies.push(Deny {
            statement,
            who,
            actions: targets.actions,
            named: targets.named,
            steps: targets.steps,
            on: targets.on,
            any_action: matches!(deny.actions, ast::Actions::Any(_)),
            when: deny.when.clone(),
        });
    }
}

pub(super) fn requires(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Require(require) = &item.kind else {
            continue;
        };
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        let mut actions = Vec::new();
        let mut known = BTreeSet::new();
        let mut named = Vec::new();
        let on = require.actions.iter().filter_map(|path| type_of_action(cx, path)).collect();
        for path in require.actions.iter().filter(|path| !names_a_step(path)) {
            let found: Vec<ActionId> = find_qualified_action(cx, path).into_iter().map(|(id, _)| id).collect();
            named.extend(&found);
            actions.extend(with_covered(cx, found, path.span).into_iter().filter(|id| known.insert(*id)));
        }
        let default = match &require.condition.kind {
            ast::ExprKind::Name(name) => format!("require.{name}"),
            ast::ExprKind::Call(name, _) => format!("require.{}", name.text),
            _ => format!("require.{}", joined(&require.actions)),
        };
        let statement = statement(cx, item, StatementKind::Require, default, require.because.clone(), said);
        cx.program.requires.push(Require {
            statement,
            liftable: require.liftable,
            condition: require.condition.clone(),
            actions,
            named,
            steps: Vec::new(),
            on,
        });
    }
}

/// The steps of break-glass that guards name. Profiles name guards, so these are resolved after both are known.
pub(super) fn guarded_steps(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    // One guard was made of each of these, in their order.
    let written = items.iter().filter_map(|item| match &item.kind {
        ast::ItemKind::Require(require) => Some(require),
        _ => None,
    });
    for (at, require) in written.enumerate() {
        let paths = require.actions.iter();
        let mut steps: Vec<ProfileStep> = paths.filter_map(|path| find_step(cx, path)).flatten().collect();
        steps.sort_unstable();
        steps.dedup();
        if let Some(guard) = cx.program.requires.get_mut(at) {
            guard.steps = steps;
        }
    }
}
