//! Finding what a written name means, and saying what was meant where nothing is found.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, closest, did_you_mean};
use crate::syntax::ast;
use crate::text::Span;

use super::limits::may_name;
use super::{NameKind, NamedActions, Resolver};
use crate::graph::{ActionId, Holder, Named, RoleId, TypeId, TypeKind, codes};

/// A path as a type's name: its parts joined by `::`.
fn type_text(path: &ast::Path) -> String {
    path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::")
}

/// The type a path names.
pub(super) fn find_type(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<TypeId> {
    let text = type_text(path);
    if let Some(id) = cx.program.find_type(&text) {
        cx.refer(path.span, Named::Type(id));
        return Some(id);
    }
    let other = cx.names.get(&text).copied();
    let diagnostic = match other {
        Some(other) => Diagnostic::error(
            codes::WRONG_KIND,
            path.span,
            format!("`{text}` is {}, but a type is needed here", other.kind.article()),
        )
        .also(other.span, "declared here")
        .maybe_help((other.kind == NameKind::Role).then(|| {
            format!("name the principal type that may hold the role; to include the grants of `{text}`, write `extends {text}`")
        })),
        None => {
            let known = cx.program.types.iter().map(|ty| ty.name.as_str());
            Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("unknown type `{text}`"))
                .meant(path.span, &text, known)
        }
    };
    cx.out.push(diagnostic);
    None
}

/// The type before an action, `Payout` in `Payout.approve`, without a word where there is none.
pub(super) fn type_of_action(cx: &Resolver<'_>, path: &ast::Path) -> Option<TypeId> {
    let (_, parts) = path.parts.split_last()?;
    let names: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    cx.program.find_type(&names.join("::"))
}

/// The role a path names, `finance` or `Org.admin`.
pub(super) fn find_role(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<RoleId> {
    let text = path.dotted();
    if let Some(id) = cx.program.find_role(&text) {
        cx.refer(path.span, Named::Role(id));
        return Some(id);
    }
    if is_lost_role(cx, path) {
        return None;
    }
    let diagnostic = match cx.names.get(&text).copied() {
        Some(other) => Diagnostic::error(
            codes::WRONG_KIND,
            path.span,
            format!("`{text}` is {}, but a role is needed here", other.kind.article()),
        )
        .also(other.span, "declared here"),
        None => {
            let known: Vec<String> = cx.program.role_ids().map(|id| cx.program.role_name(id)).collect();
            let suffix = format!(".{text}");
            let held_on = known.iter().find(|name| name.ends_with(&suffix));
            let help = match held_on {
                Some(full) => Some(format!("this role is held per resource; write `{full}`")),
                None => did_you_mean(&text, known.iter().map(String::as_str)),
            };
            let fault = Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("unknown role `{text}`"));
            match held_on {
                Some(_) => fault.maybe_help(help),
                None => fault.maybe_help(help).near(path.span, &text, known.iter().map(String::as_str)),
            }
        }
    };
    cx.out.push(diagnostic);
    None
}

/// Whether a path names a role on a type that did not resolve: the fault is in the role's declaration, and was reported there.
fn is_lost_role(cx: &Resolver<'_>, path: &ast::Path) -> bool {
    path.parts.len() > 1 && path.last().is_some_and(|name| cx.lost_roles.contains(&name.text))
}

/// A principal type or a role.
pub(super) fn find_holder(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<Holder> {
    if let Some(role) = cx.program.find_role(&path.dotted()) {
        cx.refer(path.span, Named::Role(role));
        return Some(Holder::Role(role));
    }
    if let Some(ty) = cx.program.find_type(&type_text(path)) {
        cx.refer(path.span, Named::Type(ty));
        return match cx.program.ty(ty).map(|ty| &ty.kind) {
            Some(TypeKind::Principal | TypeKind::Raw) => Some(Holder::Type(ty)),
            _ => {
                let name = cx.program.type_name(ty).to_owned();
                cx.out.push(
                    Diagnostic::error(codes::WRONG_KIND, path.span, format!("`{name}` is not a principal type"))
                        .help("name a `principal` type or a role; a group gets access through the roles that it holds"),
                );
                None
            }
        };
    }
    if is_lost_role(cx, path) {
        return None;
    }
    let text = path.dotted();
    let diagnostic =
        match cx.names.get(&text).copied() {
            Some(other) => Diagnostic::error(
                codes::WRONG_KIND,
                path.span,
                format!("`{text}` is {}, but a role or a principal type is needed here", other.kind.article()),
            )
            .also(other.span, "declared here"),
            None => {
                let roles = cx.program.role_ids().map(|id| cx.program.role_name(id));
                let types = cx
                    .program
                    .types
                    .iter()
                    .filter(|ty| matches!(ty.kind, TypeKind::Principal | TypeKind::Raw))
                    .map(|ty| ty.name.clone());
                let known: Vec<String> = roles.chain(types).collect();
                Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("unknown role or principal type `{text}`"))
                    .meant(path.span, &text, known.iter().map(String::as_str))
            }
        };
    cx.out.push(diagnostic);
    None
}

/// The holders of a `WHO`; `any` is the empty list. `None` where a name did not resolve.
pub(super) fn find_who(cx: &mut Resolver<'_>, who: &ast::Who) -> Option<Vec<Holder>> {
    match who {
        ast::Who::Any(_) => Some(Vec::new()),
        ast::Who::Names(paths) => {
            let found: Vec<Option<Holder>> = paths.iter().map(|path| find_holder(cx, path)).collect();
            found.into_iter().collect()
        }
    }
}

/// Actions a type can be asked for: its own, and raw ones that apply to it.
pub(super) fn actions_on(cx: &Resolver<'_>, ty: TypeId) -> Vec<ActionId> {
    let own = cx.program.ty(ty).into_iter().flat_map(|ty| &ty.actions);
    let raw = cx.raw_actions.get(&ty).into_iter().flatten();
    own.chain(raw).copied().collect()
}

/// An action or a group of actions of a type, by name.
pub(super) fn find_action(cx: &mut Resolver<'_>, ty: TypeId, name: &ast::Ident) -> Vec<ActionId> {
    if let Some(id) = cx.actions_by_name.get(&ty).and_then(|named| named.get(&name.text)).copied() {
        cx.refer(name.span, Named::Action(id));
        return if may_name(cx, 1, name.span) { vec![id] } else { Vec::new() };
    }
    if let Some(members) = cx.program.ty(ty).and_then(|ty| ty.groups.get(&name.text)) {
        let members = members.clone();
        if !may_name(cx, members.len(), name.span) {
            return Vec::new();
        }
        members.iter().for_each(|id| cx.refer(name.span, Named::Action(*id)));
        return members;
    }
    let own = actions_on(cx, ty);
    let type_name = cx.program.type_name(ty).to_owned();
    let elsewhere: Vec<String> =
        cx.program.actions.iter().filter(|a| a.name == name.text).map(|a| a.full_name(&cx.program)).collect();
    let mut known: Vec<&str> = own.iter().filter_map(|id| cx.program.action(*id)).map(|a| a.name.as_str()).collect();
    if let Some(ty) = cx.program.ty(ty) {
        known.extend(ty.groups.keys().map(String::as_str));
    }
    let near = closest(&name.text, known.iter().copied()).is_some();
    let diagnostic = if elsewhere.is_empty() || near {
        Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("`{type_name}` has no action `{}`", name.text))
            .maybe_help(match known.is_empty() {
                true => Some(format!("declare it: `resource {type_name} {{ action {}; }}`", name.text)),
                false => did_you_mean(&name.text, known.iter().copied()),
            })
            .near(name.span, &name.text, known)
    } else {
        Diagnostic::error(codes::WRONG_ACTION, name.span, format!("`{}` is not an action of `{type_name}`", name.text))
            .help(format!(
                "it is declared as {}",
                elsewhere.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
            ))
    };
    cx.out.push(diagnostic);
    Vec::new()
}

/// The actions a statement names on one type, each once.
pub(super) fn find_actions(cx: &mut Resolver<'_>, ty: TypeId, names: &[ast::Ident]) -> NamedActions {
    let mut found: NamedActions = Vec::new();
    let mut places: BTreeMap<ActionId, Span> = BTreeMap::new();
    for name in names {
        for id in find_action(cx, ty, name) {
            if let Some(before) = places.get(&id).copied() {
                let full = cx.program.action_name(id);
                cx.out.push(
                    Diagnostic::error(codes::DUPLICATE_NAME, name.span, format!("`{full}` is named twice"))
                        .also(before, "first named here")
                        .help("name each action once; a group includes its members"),
                );
            } else {
                places.insert(id, name.span);
                found.push((id, name.span));
            }
        }
    }
    found
}

/// `Payout.approve`: a type and one of its actions or groups.
pub(super) fn find_qualified_action(cx: &mut Resolver<'_>, path: &ast::Path) -> Vec<(ActionId, Span)> {
    let (Some(name), true) = (path.last(), path.parts.len() >= 2) else {
        let candidates: Vec<String> = cx
            .program
            .actions
            .iter()
            .filter(|a| path.last().is_some_and(|name| name.text == a.name))
            .flat_map(|action| match action.declared_on {
                Some(_) => vec![format!("`{}`", action.full_name(&cx.program))],
                // An action of a raw schema is named on a type that it is decided on.
                None => {
                    let types = action.decided_on.iter().map(|ty| cx.program.type_name(*ty));
                    types.map(|ty| format!("`{ty}.{}`", action.name)).collect()
                }
            })
            .collect();
        let of_type: Vec<String> = cx
            .program
            .find_type(&type_text(path))
            .into_iter()
            .flat_map(|ty| actions_on(cx, ty))
            .map(|id| format!("`{}`", cx.program.action_name(id)))
            .collect();
        let is_role = cx.program.find_role(&path.dotted()).is_some();
        let help = match candidates.as_slice() {
            [] if is_role => format!(
                "`{0}` is a role; name actions, `TYPE.ACTION`, or deny the role: `deny {0} to ACTIONS on TYPE`",
                path.dotted()
            ),
            [] if !of_type.is_empty() => {
                let these = shortened(&of_type);
                format!("`{}` is a type; name its actions: {these}", path.dotted())
            }
            [] => "write the type before the action: `TYPE.ACTION`".to_owned(),
            some => format!("write the type before the action: {}", some.join(" or ")),
        };
        cx.out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("`{}` does not name an action", path.dotted()))
                .help(help),
        );
        return Vec::new();
    };
    let parts: Vec<ast::Ident> = path.parts.iter().take(path.parts.len() - 1).cloned().collect();
    let span = parts.iter().map(|part| part.span).reduce(Span::to).unwrap_or(path.span);
    let Some(ty) = find_type(cx, &ast::Path { parts, span }) else {
        return Vec::new();
    };
    let name = name.clone();
    find_action(cx, ty, &name).into_iter().map(|id| (id, path.span)).collect()
}

/// A list of names of which the first few are enough.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
