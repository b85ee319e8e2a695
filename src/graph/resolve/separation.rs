//! Isolation of tenants and separation of duties.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::graph::{Isolation, Named, ParentLink, Separation, StatementKind, Ty, TypeId, TypeKind, codes};
use crate::syntax::ast;
use crate::text::Span;

use super::Resolver;
use super::annotations::{Place, read};
use super::lookup::{find_qualified_action, find_type};
use super::statements::statement;

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
        for id in cx.program.type_ids() {
            let is_by = |link: &ParentLink| link.attribute.as_deref() == Some(isolate.by.text.as_str());
            if cx.program.ty(id).is_some_and(|ty| ty.parents.iter().any(is_by)) {
                cx.refer(isolate.by.span, Named::Attribute(id, isolate.by.text.clone()));
            }
        }
        let statement =
            statement(cx, item, StatementKind::Isolation, format!("isolate.{}", isolate.by.text), None, said);
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
                    .maybe_help(crate::diag::did_you_mean(&isolate.by.text, known.iter().map(String::as_str)).or_else(
                        || Some(format!("declare it: `principal User in Org as {} {{ … }}`", isolate.by.text)),
                    ))
                    .near(isolate.by.span, &isolate.by.text, known.iter().map(String::as_str)),
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
        cx.program.isolations.push(Isolation { statement, by: isolate.by.text.clone(), tenant, except });
    }
}

/// Every principal type and every type that is asked for something must reach the tenant, or be excepted.
pub(super) fn tenancy(cx: &mut Resolver<'_>) {
    let mut found = Vec::new();
    let mut too_large = false;
    // Raw actions may be open to types that no Gate file calls a principal.
    let actions = cx.program.action_ids();
    let asking: BTreeSet<TypeId> = actions.flat_map(|action| cx.program.principals_of(action)).collect();
    let actions = cx.program.actions.iter();
    let asked: BTreeSet<TypeId> = actions.flat_map(|action| action.decided_on.iter().copied()).collect();
    for isolation in &cx.program.isolations {
        for id in cx.program.type_ids() {
            let Some(ty) = cx.program.ty(id) else { continue };
            let asks = ty.kind == TypeKind::Principal || asking.contains(&id);
            let excepted = isolation.except.iter().any(|(except, _)| *except == id);
            if !(asks || asked.contains(&id)) || excepted {
                continue;
            }
            let paths = crate::graph::paths(&cx.program, id, isolation.tenant).len();
            if paths > crate::graph::MOST_PATHS {
                too_large = true;
                found.push(
                    Diagnostic::error(
                        codes::EXPANSION_LIMIT,
                        ty.span,
                        format!("`{}` reaches its tenant in more than {} ways", ty.name, crate::graph::MOST_PATHS),
                    )
                    .also(isolation.statement.span, "isolation compares every one of them")
                    .help("name the tenant on the type itself, and leave the other parents unnamed"),
                );
            }
            if paths == 0 && !leads_to_an_orphan(cx, id) {
                let tenant = cx.program.type_name(isolation.tenant);
                found.push(
                    Diagnostic::error(
                        codes::TENANT_UNREACHABLE,
                        ty.span,
                        format!("`{}` does not reach its tenant `{tenant}`", ty.name),
                    )
                    .label("no named parent leads to the tenant")
                    .also(isolation.statement.span, "isolation is required here")
                    .help(format!(
                        "declare the parent, `{} in {tenant} as {}`, or except the type: `isolate by {} except {} because \"…\";`",
                        ty.name, isolation.by, isolation.by, ty.name
                    )),
                );
            }
        }
    }
    cx.program.is_too_large |= too_large;
    cx.out.extend(found);
}

/// Whether a type, or one above it, has a parent whose unknown type was reported: it may lead to the tenant.
fn leads_to_an_orphan(cx: &Resolver<'_>, from: TypeId) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        if cx.orphans.contains(&at) {
            return true;
        }
        let parents = cx.program.ty(at).into_iter().flat_map(|ty| &ty.parents);
        waiting.extend(parents.map(|link| link.ty).filter(|ty| seen.insert(*ty)));
    }
    false
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
        let statement = statement(cx, item, StatementKind::Separation, default, decl.because.clone(), said);
        let (Some(first), Some(second)) = (first, second) else {
            continue;
        };
        let separation =
            Separation { statement, first, second, by: decl.by.as_ref().map(|by| (by.text.clone(), by.span)) };
        // Who holds both is counted where raw policies are known, too: `lower`.
        if let Some((by, span)) = &separation.by {
            for ty in cx.program.decided_on(second, &[]) {
                cx.refer(*span, Named::Attribute(ty, by.clone()));
            }
            separation_attribute(cx, second, by, *span);
        }
        cx.program.index.add_separation(second, cx.program.separations.len());
        cx.program.separations.push(separation);
    }
}

fn one_action(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<crate::graph::ActionId> {
    let found = find_qualified_action(cx, path);
    if found.len() > 1 {
        cx.out.push(
            Diagnostic::error(codes::WRONG_KIND, path.span, format!("`{}` is a group of actions", path.dotted()))
                .help("`separate` takes one action on each side; write one statement for each pair"),
        );
        return None;
    }
    let (id, _) = found.first().copied()?;
    if cx.program.is_wild(id) {
        let name = cx.program.action_name(id);
        cx.out.push(
            Diagnostic::error(
                codes::WRONG_KIND,
                path.span,
                format!("`{name}` is a wildcard, which stands for other actions"),
            )
            .help("`separate` takes one action on each side; write one statement for each pair, without wildcards"),
        );
        return None;
    }
    Some(id)
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
                Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, span, format!("`{}` has no attribute `{by}`", ty.name))
                    .meant(span, by, ty.attributes.keys().map(String::as_str)),
            );
            continue;
        };
        if !attribute.required {
            found.push(
                Diagnostic::error(codes::SEPARATION_ATTRIBUTE, span, format!("`{by}` of `{}` may be absent", ty.name))
                    .also(attribute.span, "declared optional here")
                    .help("make it required: without it, nothing records who did the first duty"),
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
                    .also(attribute.span, "its type is declared here")
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
