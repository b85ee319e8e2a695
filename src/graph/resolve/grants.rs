//! Grants, in roles and outside: who, what, on what, and nothing that opens to everybody.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::graph::{ActionId, Grant, Holder, Implied, Named, RelationPath, RoleId, StatementKind, TypeId, codes};
use crate::syntax::ast;
use crate::text::Span;

use super::Resolver;
use super::annotations::{Place, read};
use super::limits::may_name;
use super::lookup::{find_actions, find_holder, find_type};
use super::statements::{action_names, end, statement};

pub(super) fn grants(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    let declared = cx.program.role_ids().filter_map(|id| Some((cx.program.role(id)?.span, id)));
    let declared: BTreeMap<Span, RoleId> = declared.collect();
    for item in items {
        match &item.kind {
            ast::ItemKind::Role(decl) => {
                let Some(role) = declared.get(&decl.name.span).copied() else {
                    continue;
                };
                for inner in &decl.grants {
                    let ast::ItemKind::Grant(grant) = &inner.kind else {
                        continue;
                    };
                    add_grant(cx, inner, grant, Holder::Role(role));
                }
            }
            ast::ItemKind::Grant(grant) => {
                let who = match &grant.who {
                    // The parser has said that it must name one.
                    None => continue,
                    Some(ast::Who::Any(span)) => {
                        allow_any(cx, *span, "everybody");
                        continue;
                    }
                    Some(ast::Who::Names(paths)) => paths,
                };
                if let [_, second, ..] = who.as_slice() {
                    cx.out.push(
                        Diagnostic::error(
                            codes::WRONG_KIND,
                            second.span,
                            "a grant outside a role must name one principal type",
                        )
                        .help("write one grant for each, or a role `for` all of them"),
                    );
                }
                let Some(path) = who.first() else { continue };
                match find_holder(cx, path) {
                    Some(Holder::Type(ty)) => add_grant(cx, item, grant, Holder::Type(ty)),
                    Some(Holder::Role(role)) => {
                        let name = cx.program.role_name(role);
                        cx.out.push(
                            Diagnostic::error(
                                codes::WRONG_KIND,
                                path.span,
                                format!("grants to the role `{name}` belong in its block"),
                            )
                            .help(format!("move the grant into `role {name} {{ … }}`, without `{name} to`")),
                        );
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }
}

/// Finds out what grants of wildcards open besides. What they stand for counts like what is named.
pub(super) fn wildcards(cx: &mut Resolver<'_>) {
    if !cx.program.has_wildcards() {
        return;
    }
    let mut known: BTreeMap<(TypeId, Vec<ActionId>), Vec<Implied>> = BTreeMap::new();
    for at in 0..cx.program.grants.len() {
        let Some(grant) = cx.program.grants.get(at) else {
            continue;
        };
        let span = grant.statement.span;
        let named = grant.actions.iter().map(|(action, _)| *action).collect();
        let found = known.entry((grant.on, named));
        let implied = found.or_insert_with(|| cx.program.implied(grant)).clone();
        let count = implied.iter().map(|implied| implied.actions.len()).sum();
        if !may_name(cx, count, span) {
            return;
        }
        if let Some(grant) = cx.program.grants.get_mut(at) {
            grant.implied = implied;
        }
    }
}

fn allow_any(cx: &mut Resolver<'_>, span: Span, what: &str) {
    cx.out.push(
        Diagnostic::error(codes::ALLOW_ANY, span, format!("a grant to {what} is not allowed"))
            .label("`any` is only allowed in denials and assertions")
            .help("name the role, the actions and the resource type; access is denied unless a grant names it"),
    );
}

fn add_grant(cx: &mut Resolver<'_>, item: &ast::Item, grant: &ast::GrantDecl, holder: Holder) {
    let said = read(cx, &item.annotations, Place::Grant, item.span);
    let temporary = said.temporary;
    let types = match &grant.on {
        ast::Types::Any(span) => return allow_any(cx, *span, "everything"),
        ast::Types::Names(paths) => paths,
    };
    if let [_, second, ..] = types.as_slice() {
        cx.out.push(
            Diagnostic::error(codes::WRONG_KIND, second.span, "a grant must name one resource type")
                .help("write one grant for each type"),
        );
    }
    let Some(on) = types.first().and_then(|path| find_type(cx, path)) else {
        return;
    };
    let names = match &grant.actions {
        ast::Actions::Any(span) => return allow_any(cx, *span, "do everything"),
        ast::Actions::Names(names) => names,
    };
    let actions = find_actions(cx, on, names);
    if let Some(via) = &grant.via {
        cx.refer(via.span, Named::Attribute(on, via.text.clone()));
    }
    let holder_name = match holder {
        Holder::Type(ty) => cx.program.type_name(ty).to_owned(),
        Holder::Role(role) => cx.program.role_name(role),
    };
    if let (Holder::Type(_), None) = (holder, &grant.when) {
        cx.out.push(
            Diagnostic::error(
                codes::UNCONDITIONAL_TYPE_GRANT,
                item.span,
                format!("this grant is for every `{holder_name}`"),
            )
            .help(format!("add `when …`, or declare a role `for {holder_name}` and grant to the role")),
        );
    }
    let default = format!("{holder_name}.{}.{}", cx.program.type_name(on), action_names(&grant.actions));
    let statement = statement(cx, item, StatementKind::Grant, default, grant.because.clone(), said);
    cx.program.grants.push(Grant {
        statement,
        holder,
        actions,
        on,
        implied: Vec::new(),
        path: RelationPath { via: grant.via.as_ref().map(|via| (via.text.clone(), via.span)) },
        when: grant.when.clone(),
        until: end(grant.until.as_ref()),
        temporary,
    });
}
