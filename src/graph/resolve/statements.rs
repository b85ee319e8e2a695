//! Grants, denials and guards.

use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::text::Span;

use super::Resolver;
use super::annotations::Place;
use super::annotations::Said;
use super::annotations::read;
use super::lookup::find_actions;
use super::lookup::find_holder;
use super::lookup::find_qualified_action;
use super::lookup::find_targets;
use super::lookup::find_type;
use super::lookup::find_who;
use crate::graph::Deny;
use crate::graph::Grant;
use crate::graph::Holder;
use crate::graph::Isolation;
use crate::graph::RelationPath;
use crate::graph::Require;
use crate::graph::Role;
use crate::graph::Separation;
use crate::graph::Statement;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::graph::TypeKind;
use crate::graph::Until;
use crate::graph::codes;

/// A statement's name: its label, or the one made of its meaning. Two equal default names ask for a label.
fn statement(
    cx: &mut Resolver<'_>,
    item: &ast::Item,
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
            Diagnostic::error(
                codes::SAME_STATEMENT_NAME,
                place,
                format!("two statements are named `{name}`"),
            )
            .label("this one")
            .also(before, "and this one")
            .help("put a label before one of them, such as `my_name: allow …`: tests and logs speak these names"),
        ),
        None => {
            cx.statement_names.insert(name.clone(), (place, item.label.is_some()));
        }
    }
    Statement {
        name,
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

fn end(until: Option<&ast::InstantLiteral>) -> Option<Until> {
    until.and_then(|until| {
        until.at.map(|at| Until {
            at,
            span: until.text.span,
        })
    })
}

/// Names of actions as written, sorted: part of a statement's default name.
fn action_names(actions: &ast::Actions) -> String {
    match actions {
        ast::Actions::Any(_) => "any".to_owned(),
        ast::Actions::Names(names) => {
            let mut names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            names.sort_unstable();
            names.join("-")
        }
    }
}

fn joined(paths: &[ast::Path]) -> String {
    let mut names: Vec<String> = paths.iter().map(ast::Path::dotted).collect();
    names.sort_unstable();
    names.join("-")
}

pub(super) fn grants(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        match &item.kind {
            ast::ItemKind::Role(decl) => {
                let role = cx.program.roles.iter().position(|role| role.span == decl.name.span);
                let Some(role) = role.map(crate::graph::RoleId::at) else {
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
                            "a grant outside a role names one principal type",
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
                                format!("what the role `{name}` may do stands in its own block"),
                            )
                            .help(format!(
                                "move the grant into `role {name} {{ … }}`, without `{name} to`"
                            )),
                        );
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }
}

fn allow_any(cx: &mut Resolver<'_>, span: Span, what: &str) {
    cx.out.push(
        Diagnostic::error(codes::ALLOW_ANY, span, format!("a grant to {what} cannot be written"))
            .label("`any` only takes access away or asks a question")
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
            Diagnostic::error(codes::WRONG_KIND, second.span, "a grant names one resource type")
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
    let holder_name = match holder {
        Holder::Type(ty) => cx.program.type_name(ty).to_owned(),
        Holder::Role(role) => cx.program.role_name(role),
    };
    if let (Holder::Type(_), None) = (holder, &grant.when) {
        cx.out.push(
            Diagnostic::error(
                codes::UNCONDITIONAL_TYPE_GRANT,
                item.span,
                format!("this opens to every `{holder_name}` there is"),
            )
            .help(format!(
                "add `when …`, or declare a role `for {holder_name}` and grant to the role"
            )),
        );
    }
    let default = format!(
        "{holder_name}.{}.{}",
        cx.program.type_name(on),
        action_names(&grant.actions)
    );
    let statement = statement(cx, item, default, grant.because.clone(), said);
    cx.program.grants.push(Grant {
        statement,
        holder,
        actions,
        on,
        path: RelationPath {
            via: grant.via.as_ref().map(|via| (via.text.clone(), via.span)),
        },
        when: grant.when.clone(),
        until: end(grant.until.as_ref()),
        temporary,
    });
}

pub(super) fn denies(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Deny(deny) = &item.kind else {
            continue;
        };
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        let who = find_who(cx, &deny.who);
        let actions = find_targets(cx, &deny.actions, &deny.on);
        let who_name = match &deny.who {
            ast::Who::Any(_) => "any".to_owned(),
            ast::Who::Names(paths) => joined(paths),
        };
        let on_name = match &deny.on {
            ast::Types::Any(_) => "any".to_owned(),
            ast::Types::Names(paths) => joined(paths),
        };
        let default = format!("deny.{who_name}.{on_name}.{}", action_names(&deny.actions));
        let statement = statement(cx, item, default, deny.because.clone(), said);
        let Some(who) = who else { continue };
        cx.program.denies.push(Deny {
            statement,
            who,
            actions,
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
        for path in &require.actions {
            for (id, _) in find_qualified_action(cx, path) {
                if !actions.contains(&id) {
                    actions.push(id);
                }
            }
        }
        let default = match &require.condition.kind {
            ast::ExprKind::Name(name) => format!("require.{name}"),
            ast::ExprKind::Call(name, _) => format!("require.{}", name.text),
            _ => format!("require.{}", joined(&require.actions)),
        };
        let statement = statement(cx, item, default, require.because.clone(), said);
        cx.program.requires.push(Require {
            statement,
            liftable: require.liftable,
            condition: require.condition.clone(),
            actions,
        });
    }
}

pub(super) fn isolations(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Isolate(isolate) = &item.kind else {
            continue;
        };
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        let except: Vec<(TypeId, ast::Text)> = isolate
            .except
            .iter()
            .filter_map(|exception| find_type(cx, &exception.ty).map(|ty| (ty, exception.because.clone())))
            .collect();
        let mut tenants: Vec<(TypeId, Span)> = cx
            .program
            .types
            .iter()
            .flat_map(|ty| &ty.parents)
            .filter(|link| link.attribute.as_deref() == Some(isolate.by.text.as_str()))
            .map(|link| (link.ty, link.span))
            .collect();
        tenants.dedup_by_key(|(ty, _)| *ty);
        let statement = statement(cx, item, format!("isolate.{}", isolate.by.text), None, said);
        let tenant = match tenants.as_slice() {
            [] => {
                let known: Vec<String> = cx
                    .program
                    .types
                    .iter()
                    .flat_map(|ty| &ty.parents)
                    .filter_map(|link| link.attribute.clone())
                    .collect();
                cx.out.push(
                    Diagnostic::error(
                        codes::UNKNOWN_NAME,
                        isolate.by.span,
                        format!("no type has a parent named `{}`", isolate.by.text),
                    )
                    .maybe_help(
                        crate::diag::did_you_mean(&isolate.by.text, known.iter().map(String::as_str)).or_else(|| {
                            Some(format!(
                                "declare it: `principal User in Org as {} {{ … }}`",
                                isolate.by.text
                            ))
                        }),
                    ),
                );
                continue;
            }
            [(tenant, first), rest @ ..] => {
                if let Some((_, other)) = rest.iter().find(|(ty, _)| ty != tenant) {
                    cx.out.push(
                        Diagnostic::error(
                            codes::WRONG_KIND,
                            isolate.by.span,
                            format!("`{}` names parents of different types", isolate.by.text),
                        )
                        .also(*first, "one here")
                        .also(*other, "another here")
                        .help("give the tenant one name and one type throughout the program"),
                    );
                    continue;
                }
                *tenant
            }
        };
        cx.program.isolations.push(Isolation {
            statement,
            by: isolate.by.text.clone(),
            tenant,
            except,
        });
    }
}

/// Every principal type and every type that is asked for something must reach the tenant, or be excepted.
pub(super) fn tenancy(cx: &mut Resolver<'_>) {
    let mut found = Vec::new();
    for isolation in &cx.program.isolations {
        for id in cx.program.type_ids() {
            let Some(ty) = cx.program.ty(id) else { continue };
            let asks = ty.kind == TypeKind::Principal;
            let asked = cx.program.actions.iter().any(|action| action.decided_on.contains(&id));
            let excepted = isolation.except.iter().any(|(except, _)| *except == id);
            if !(asks || asked) || excepted {
                continue;
            }
            if crate::graph::paths(&cx.program, id, isolation.tenant).is_empty() {
                let tenant = cx.program.type_name(isolation.tenant);
                found.push(
                    Diagnostic::error(
                        codes::TENANT_UNREACHABLE,
                        ty.span,
                        format!("`{}` does not reach its tenant `{tenant}`", ty.name),
                    )
                    .label("no named parent leads there")
                    .also(isolation.statement.span, "isolation is demanded here")
                    .help(format!(
                        "declare the parent, `{} in {tenant} as {}`, or except the type: `isolate by {} except {} because \"…\";`",
                        ty.name, isolation.by, isolation.by, ty.name
                    )),
                );
            }
        }
    }
    cx.out.extend(found);
}

pub(super) fn separations(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Separate(decl) = &item.kind else {
            continue;
        };
        let said = read(cx, &item.annotations, Place::Statement, item.span);
        let first = one_action(cx, &decl.first);
        let second = one_action(cx, &decl.second);
        let default = format!("separate.{}.from.{}", decl.first.dotted(), decl.second.dotted());
        let statement = statement(cx, item, default, decl.because.clone(), said);
        let (Some(first), Some(second)) = (first, second) else {
            continue;
        };
        let separation = Separation {
            statement,
            first,
            second,
            by: decl.by.as_ref().map(|by| (by.text.clone(), by.span)),
        };
        match &separation.by {
            Some((by, span)) => separation_attribute(cx, second, by, *span),
            None => closures(cx, &separation),
        }
        cx.program.separations.push(separation);
    }
}

fn one_action(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<crate::graph::ActionId> {
    let found = find_qualified_action(cx, path);
    if found.len() > 1 {
        cx.out.push(
            Diagnostic::error(
                codes::WRONG_KIND,
                path.span,
                format!("`{}` is a group of actions", path.dotted()),
            )
            .help("`separate` takes one action on each side; write one statement for each pair"),
        );
        return None;
    }
    found.first().map(|(id, _)| *id)
}

/// The attribute must be there on what the second duty is decided on, and comparable with whoever may do it.
fn separation_attribute(cx: &mut Resolver<'_>, second: crate::graph::ActionId, by: &str, span: Span) {
    let Some(action) = cx.program.action(second) else {
        return;
    };
    let mut found = Vec::new();
    for ty in &action.decided_on {
        let Some(ty) = cx.program.ty(*ty) else { continue };
        let Some(attribute) = ty.attributes.get(by) else {
            found.push(
                Diagnostic::error(
                    codes::UNKNOWN_ATTRIBUTE,
                    span,
                    format!("`{}` has no attribute `{by}`", ty.name),
                )
                .maybe_help(crate::diag::did_you_mean(by, ty.attributes.keys().map(String::as_str))),
            );
            continue;
        };
        if !attribute.required {
            found.push(
                Diagnostic::error(
                    codes::SEPARATION_ATTRIBUTE,
                    span,
                    format!("`{by}` of `{}` may be absent", ty.name),
                )
                .also(attribute.span, "declared optional here")
                .help("make it required: without it nobody knows who did the first duty"),
            );
        }
        for principal in cx.program.who_comes_by(second) {
            if attribute.ty != Ty::Entity(principal) && attribute.ty != Ty::Unknown {
                found.push(
                    Diagnostic::error(
                        codes::SEPARATION_ATTRIBUTE,
                        span,
                        format!(
                            "`{by}` of `{}` cannot be compared with a `{}`",
                            ty.name,
                            cx.program.type_name(principal)
                        ),
                    )
                    .also(attribute.span, "its type stands here")
                    .help(format!(
                        "`{}` can do `{}`; give `{by}` the type of everyone who can",
                        cx.program.type_name(principal),
                        cx.program.action_name(second)
                    )),
                );
            }
        }
    }
    cx.out.extend(found);
}

/// Without `by`: no role, with all it extends, holds both duties.
fn closures(cx: &mut Resolver<'_>, separation: &Separation) {
    let mut found = Vec::new();
    for role in cx.program.role_ids() {
        let grants = |action| {
            cx.program
                .grants_of(role)
                .into_iter()
                .find(|grant| grant.actions.iter().any(|(id, _)| *id == action))
                .map(|grant| grant.statement.span)
        };
        if let (Some(first), Some(second)) = (grants(separation.first), grants(separation.second)) {
            let place = cx
                .program
                .role(role)
                .map_or(separation.statement.span, |role: &Role| role.span);
            found.push(
                Diagnostic::error(
                    codes::SEPARATED_DUTIES,
                    place,
                    format!(
                        "the role `{}` holds both `{}` and `{}`",
                        cx.program.role_name(role),
                        cx.program.action_name(separation.first),
                        cx.program.action_name(separation.second)
                    ),
                )
                .also(first, "the first duty is granted here")
                .also(second, "the second duty is granted here")
                .also(separation.statement.span, "they are separated here")
                .help("grant one of the two to another role"),
            );
        }
    }
    cx.out.extend(found);
}
