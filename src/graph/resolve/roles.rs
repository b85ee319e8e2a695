//! Conditions and the headers of roles, and the cycles either can make.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::text::Span;

use super::Resolver;
use super::annotations::{Place, read};
use super::lookup::{find_role, find_type};
use super::types::type_of;
use crate::graph::{
    Condition, Cycle, EntityType, Named, Role, RoleId, StatementKind, Ty, TypeId, TypeKind, Until, codes,
};

pub(super) fn conditions(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Condition(decl) = &item.kind else {
            continue;
        };
        if cx.program.find_condition(&decl.name.text).is_some() {
            continue;
        }
        read(cx, &item.annotations, Place::Statement, item.span);
        let mut params: Vec<(String, Ty, Span)> = Vec::new();
        for param in &decl.params {
            if let Some((_, _, before)) = params.iter().find(|(name, _, _)| *name == param.name.text) {
                cx.out.push(
                    Diagnostic::error(
                        codes::DUPLICATE_NAME,
                        param.name.span,
                        format!("the parameter `{}` is declared twice", param.name.text),
                    )
                    .also(*before, "first declared here")
                    .help("rename one of the two"),
                );
                continue;
            }
            let ty = type_of(cx, &param.ty);
            params.push((param.name.text.clone(), ty, param.name.span));
        }
        cx.program.add_condition(Condition {
            name: decl.name.text.clone(),
            span: decl.name.span,
            params,
            body: decl.body.clone(),
        });
    }
    collisions(cx);
}

/// A bare name in an expression is a parameter, a condition without parameters or a member of an enumeration. What it is
/// must not depend on what it is compared with.
fn collisions(cx: &mut Resolver<'_>) {
    let mut found = Vec::new();
    let mut plain: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for condition in cx.program.conditions.iter().filter(|one| one.params.is_empty()) {
        plain.entry(&condition.name).or_default().push(condition.span);
    }
    let mut of_enums: BTreeMap<&str, &EntityType> = BTreeMap::new();
    for ty in &cx.program.types {
        if let TypeKind::Enum { members, .. } = &ty.kind {
            for member in members {
                of_enums.entry(member).or_insert(ty);
            }
        }
    }
    for condition in &cx.program.conditions {
        let own = condition.params.is_empty().then_some((&condition.name, condition.span));
        let params = condition.params.iter().map(|(name, _, span)| (name, *span));
        for (name, span) in own.into_iter().chain(params) {
            let condition = plain
                .get(name.as_str())
                .and_then(|named| named.iter().find(|other| **other != span))
                .map(|other| (*other, "a condition".to_owned()));
            let member = of_enums.get(name.as_str()).map(|ty| (ty.span, format!("a member of `{}`", ty.name)));
            if let Some((other, what)) = condition.or(member) {
                found.push(
                    Diagnostic::error(codes::DUPLICATE_NAME, span, format!("`{name}` is also {what}"))
                        .label("a bare name in an expression could mean either")
                        .also(other, "declared here")
                        .help("rename one of the two"),
                );
            }
        }
    }
    cx.out.extend(found);
}

/// Every role's header. `extends` is resolved in a second round, since roles may stand in any order.
pub(super) fn headers(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    let mut added: Vec<(RoleId, &ast::RoleDecl)> = Vec::new();
    for item in items {
        let ast::ItemKind::Role(decl) = &item.kind else {
            continue;
        };
        if let Some(id) = header(cx, item, decl) {
            added.push((id, decl));
        }
    }
    for (id, decl) in added {
        for path in &decl.extends {
            let Some(base) = find_role(cx, path) else { continue };
            if !same_kind(cx, id, base, path) {
                continue;
            }
            if let Some(role) = cx.program.roles.get_mut(id.index()) {
                role.extends.push((base, path.span));
            }
        }
    }
}

fn header(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::RoleDecl) -> Option<RoleId> {
    let said = read(cx, &item.annotations, Place::Role, item.span);
    let on = match &decl.on {
        Some(path) => {
            let found = find_type(cx, path);
            if found.is_none() {
                cx.lost_roles.insert(decl.name.text.clone());
            }
            Some(found?)
        }
        None => None,
    };
    let full = match on {
        Some(on) => format!("{}.{}", cx.program.type_name(on), decl.name.text),
        None => decl.name.text.clone(),
    };
    if let Some(before) = cx.program.find_role(&full).and_then(|id| cx.program.role(id)).map(|role| role.span) {
        // A repeated plain role was reported with the names.
        if on.is_some() {
            cx.out.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    decl.name.span,
                    format!("the role `{full}` is declared twice"),
                )
                .also(before, "first declared here")
                .help("put the grants of both into one block"),
            );
        }
        return None;
    }
    if on.is_none() && cx.names.get(&decl.name.text).is_some_and(|known| known.span != decl.name.span) {
        return None;
    }
    let by = match (&decl.by, on) {
        (Some(by), Some(on)) => Some((by, on)),
        (Some(by), None) => {
            cx.out.push(
                Diagnostic::error(codes::WRONG_KIND, by.span, "`by` needs a resource to read the attribute from")
                    .help(format!("write `role {} on TYPE by {} {{ … }}`", decl.name.text, by.text)),
            );
            None
        }
        (None, _) => None,
    };
    let holders = match by {
        Some((by, on)) => {
            cx.refer(by.span, Named::Attribute(on, by.text.clone()));
            said_twice(cx, decl, by, &full);
            holders_by_attribute(cx, on, by)
        }
        None => holders(cx, decl, &full),
    };
    if by.is_none()
        && let Some(on) = on
        && cx.program.ty(on).is_some_and(|ty| ty.from_schema)
    {
        let name = cx.program.type_name(on).to_owned();
        cx.out.push(
            Diagnostic::error(
                codes::WRONG_KIND,
                decl.on.as_ref().map_or(decl.name.span, |path| path.span),
                format!("`{name}` is declared in a `.cedarschema` file, which cannot hold the role's holders"),
            )
            .help(format!("declare `{name}` in Gate, or hold the role `by` an attribute of it")),
        );
        return None;
    }
    if by.is_none()
        && let Some(on) = on
    {
        generated_attribute(cx, on, decl);
    }
    let until = decl.until.as_ref().and_then(|until| until.at.map(|at| Until { at, span: until.text.span }));
    let full = on.map_or_else(String::new, |on| format!("{}.", cx.program.type_name(on)));
    let statement = cx.statement_id(StatementKind::Role, &format!("{full}{}", decl.name.text), item.span);
    let id = cx.program.add_role(Role {
        id: statement,
        name: decl.name.text.clone(),
        span: decl.name.span,
        on,
        holders,
        extends: Vec::new(),
        by: by.map(|(by, _)| (by.text.clone(), by.span)),
        when: decl.when.clone(),
        until,
        temporary: said.temporary,
        annotations: said.pass,
        doc: item.doc.clone(),
        header: decl.header,
    });
    Some(id)
}

/// Who holds a role `by` an attribute follows from the attribute's type; a `for` beside it could only say less, or wrong.
fn said_twice(cx: &mut Resolver<'_>, decl: &ast::RoleDecl, by: &ast::Ident, full: &str) {
    let (Some(first), Some(last)) = (decl.holders.first(), decl.holders.last()) else {
        return;
    };
    cx.out.push(
        Diagnostic::error(
            codes::WRONG_KIND,
            first.span.to(last.span),
            format!("`{full}` is held by whoever `{}` names, so it cannot have `for`", by.text),
        )
        .also(by.span, "names its holder")
        .help(format!("remove `for …`: the type of `{}` says who can hold the role", by.text)),
    );
}

fn holders(cx: &mut Resolver<'_>, decl: &ast::RoleDecl, full: &str) -> Vec<TypeId> {
    let mut found: Vec<TypeId> = Vec::new();
    for path in &decl.holders {
        let Some(ty) = find_type(cx, path) else { continue };
        if !matches!(cx.program.ty(ty).map(|ty| &ty.kind), Some(TypeKind::Principal)) {
            cx.out.push(
                Diagnostic::error(codes::WRONG_KIND, path.span, format!("`{}` is not a principal type", path.dotted()))
                    .help("`for` takes types declared with `principal`"),
            );
            continue;
        }
        if !found.contains(&ty) {
            found.push(ty);
        }
    }
    if !decl.holders.is_empty() {
        return found;
    }
    let principals: Vec<TypeId> = cx.program.types_of(|kind| *kind == TypeKind::Principal).collect();
    match principals.as_slice() {
        [only] => vec![*only],
        [] => {
            cx.out.push(
                Diagnostic::error(
                    codes::ROLE_WITHOUT_HOLDER,
                    decl.name.span,
                    format!("nobody can hold the role `{full}`: the program declares no principal type"),
                )
                .help("declare one: `principal User { … }`"),
            );
            Vec::new()
        }
        several => {
            let names: Vec<String> = several.iter().map(|id| format!("`{}`", cx.program.type_name(*id))).collect();
            cx.out.push(
                Diagnostic::error(
                    codes::ROLE_WITHOUT_HOLDER,
                    decl.name.span,
                    format!("the role `{full}` does not say who may hold it"),
                )
                .help(format!("add `for` and one or more of {}", names.join(", "))),
            );
            Vec::new()
        }
    }
}

fn holders_by_attribute(cx: &mut Resolver<'_>, on: TypeId, by: &ast::Ident) -> Vec<TypeId> {
    let Some(ty) = cx.program.ty(on) else { return Vec::new() };
    let attribute = ty.attributes.get(&by.text).map(|attribute| attribute.ty.clone());
    let type_name = ty.name.clone();
    let known: Vec<String> = ty.attributes.keys().cloned().collect();
    let holder = match &attribute {
        None => {
            cx.out.push(
                Diagnostic::error(
                    codes::UNKNOWN_ATTRIBUTE,
                    by.span,
                    format!("`{type_name}` has no attribute `{}`", by.text),
                )
                .meant(by.span, &by.text, known.iter().map(String::as_str)),
            );
            return Vec::new();
        }
        Some(Ty::Entity(id)) => Some(*id),
        Some(Ty::Set(inner)) => match inner.as_ref() {
            Ty::Entity(id) => Some(*id),
            _ => None,
        },
        Some(Ty::Unknown) => return Vec::new(),
        Some(_) => None,
    };
    match holder.filter(|id| matches!(cx.program.ty(*id).map(|ty| &ty.kind), Some(TypeKind::Principal))) {
        Some(id) => vec![id],
        None => {
            cx.out.push(
                Diagnostic::error(
                    codes::TYPE_MISMATCH,
                    by.span,
                    format!("`{}` of `{type_name}` does not contain a principal", by.text),
                )
                .help("`by` takes an attribute whose type is a principal type, or a set of one"),
            );
            Vec::new()
        }
    }
}

/// A role held per resource makes an attribute of the role's name; it must not hide a declared one or an action.
fn generated_attribute(cx: &mut Resolver<'_>, on: TypeId, decl: &ast::RoleDecl) {
    let Some(ty) = cx.program.ty(on) else { return };
    if let Some(attribute) = ty.attributes.get(&decl.name.text) {
        let (span, name) = (attribute.span, ty.name.clone());
        cx.out.push(
            Diagnostic::error(
                codes::DUPLICATE_NAME,
                decl.name.span,
                format!(
                    "the role `{}` needs an attribute of that name on `{name}`, which already has one",
                    decl.name.text
                ),
            )
            .also(span, "the attribute")
            .help("rename one of the two; a role held per resource becomes an attribute with its holders"),
        );
    }
}

fn same_kind(cx: &mut Resolver<'_>, id: RoleId, base: RoleId, path: &ast::Path) -> bool {
    let (Some(role), Some(other)) = (cx.program.role(id), cx.program.role(base)) else {
        return false;
    };
    let same = role.on == other.on && role.by.is_some() == other.by.is_some();
    if !same {
        let kind = |role: &Role| match role.on {
            Some(ty) => format!("held per `{}`", cx.program.type_name(ty)),
            None => "held everywhere".to_owned(),
        };
        let message = format!(
            "`{}` is {}, but `{}` is {}",
            role.full_name(&cx.program),
            kind(role),
            other.full_name(&cx.program),
            kind(other)
        );
        let diagnostic = Diagnostic::error(codes::EXTENDS_OTHER_KIND, path.span, message)
            .also(other.span, "declared here")
            .help("a role can only extend roles of its own kind: both plain, or both `on` the same type");
        cx.out.push(diagnostic);
        return false;
    }
    let missing: Vec<String> = role
        .holders
        .iter()
        .filter(|holder| !other.holders.contains(holder))
        .map(|holder| format!("`{}`", cx.program.type_name(*holder)))
        .collect();
    if !missing.is_empty() && !other.holders.is_empty() {
        let message = format!(
            "`{}` may be held by {}, but `{}` may not",
            role.full_name(&cx.program),
            missing.join(", "),
            other.full_name(&cx.program)
        );
        let diagnostic = Diagnostic::error(codes::EXTENDS_OTHER_KIND, path.span, message)
            .also(other.header, "its `for` is here")
            .help("a role can only extend roles that all its holders may hold");
        cx.out.push(diagnostic);
        return false;
    }
    true
}

/// Reports every cycle of `extends` and of conditions with its whole path, and cuts it so that later stages end.
pub(super) fn cycles(cx: &mut Resolver<'_>) {
    for Cycle { shortest: cycle, knot } in cx.program.relations.role_cycles() {
        let names: Vec<String> = cycle.iter().map(|id| cx.program.role_name(*id)).collect();
        let Some(first) = cycle.first().copied() else { continue };
        let Some(span) = cx.program.role(first).map(|role| role.span) else {
            continue;
        };
        let path = [names.as_slice(), names.get(..1).unwrap_or(&[])].concat().join("` → `");
        let mut diagnostic = Diagnostic::error(codes::ROLE_CYCLE, span, format!("roles extend each other: `{path}`"))
            .help("remove one `extends`; a role that extends itself grants nothing more");
        for id in cycle.iter().skip(1) {
            if let Some(role) = cx.program.role(*id) {
                diagnostic = diagnostic.also(role.span, "part of the cycle");
            }
        }
        cx.out.push(diagnostic);
        for id in &knot {
            if let Some(role) = cx.program.roles.get_mut(id.index()) {
                role.extends.retain(|(base, _)| knot.binary_search(base).is_err());
            }
        }
    }
    for Cycle { shortest: cycle, knot } in cx.program.relations.condition_cycles() {
        let names: Vec<String> =
            cycle.iter().filter_map(|id| cx.program.condition(*id)).map(|c| c.name.clone()).collect();
        let Some(span) = cycle.first().and_then(|id| cx.program.condition(*id)).map(|c| c.span) else {
            continue;
        };
        let path = [names.as_slice(), names.get(..1).unwrap_or(&[])].concat().join("` → `");
        cx.out.push(
            Diagnostic::error(codes::CONDITION_CYCLE, span, format!("conditions use each other: `{path}`"))
                .help("a condition is expanded where it is used, so it cannot use itself"),
        );
        for id in &knot {
            if let Some(condition) = cx.program.conditions.get_mut(id.index()) {
                // A body without meaning: uses of the condition type as Bool and say nothing more.
                condition.body.kind = ast::ExprKind::Bool(false);
            }
        }
    }
}
