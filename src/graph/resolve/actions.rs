//! Actions, groups and sets of them, and the context they are decided in.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{ACTION_TYPE, GRANTS_ATTRIBUTE};
use crate::diag::{Diagnostic, did_you_mean};
use crate::graph::{Action, ActionId, ContextAttribute, ParentLink, Ty, TypeId, codes};
use crate::syntax::ast;
use crate::text::Span;

use super::annotations::{Place, Said, read};
use super::limits::may_declare;
use super::types::{attribute, by_cedar, declared, qualified, record, settle};
use super::{Externals, Resolver};

/// Actions of every type, and raw ones.
pub(super) fn actions(cx: &mut Resolver<'_>, items: &[&ast::Item], externals: &Externals) {
    for item in items {
        let ast::ItemKind::Entity(decl) = &item.kind else {
            continue;
        };
        let Some(id) = declared(cx, &decl.name) else { continue };
        if let (ast::EntityKind::Group, Some(first)) = (decl.kind, decl.actions.first()) {
            cx.out.push(
                Diagnostic::error(codes::WRONG_KIND, first.span, "a group cannot have actions")
                    .help("declare the actions in a `resource`"),
            );
            continue;
        }
        for action in &decl.actions {
            declare_action(cx, id, action);
        }
        for set in &decl.uses {
            use_set(cx, id, set);
        }
        for group in &decl.groups {
            declare_group(cx, id, group);
        }
    }
    for (cedar, external) in &externals.actions {
        let types = |names: &[String]| names.iter().filter_map(|name| by_cedar(cx, name)).collect::<Vec<_>>();
        let ty = cedar.split_once("::\"").map_or(cedar.as_str(), |(ty, _)| ty).to_owned();
        let action = Action {
            name: external.id.clone(),
            cedar: (ty, external.id.clone()),
            declared_on: None,
            decided_on: types(&external.resources),
            raw_principals: types(&external.principals),
            sensitive: false,
            context: external.context.iter().map(|(n, a)| (n.clone(), settle(cx, a))).collect(),
            effects: crate::graph::ActionEffects::default(),
            span: external.span,
            doc: None,
            annotations: Vec::new(),
        };
        let id = ActionId::at(cx.program.actions.len());
        let on: BTreeSet<TypeId> = action.decided_on.iter().copied().collect();
        for ty in on {
            cx.raw_actions.entry(ty).or_default().push(id);
            let named = cx.actions_by_name.entry(ty).or_default();
            named.entry(external.id.clone()).or_insert(id);
        }
        cx.program.actions.push(action);
        // What a schema puts into a group of Gate's stands under whatever is said of the group.
        for group in &external.groups {
            let Some((ty, name)) = group.rsplit_once('.') else {
                continue;
            };
            let Some(ty) = cx.program.find_type(ty) else { continue };
            let members = cx.program.types.get_mut(ty.index()).and_then(|ty| ty.groups.get_mut(name));
            if let Some(members) = members {
                members.push(id);
            }
        }
    }
}

fn declare_action(cx: &mut Resolver<'_>, on: TypeId, decl: &ast::ActionDecl) {
    let said = read(cx, &decl.annotations, Place::Action, decl.span);
    let own = record(cx, &decl.context);
    if let Some(clash) = own.get(GRANTS_ATTRIBUTE) {
        cx.out.push(reserved_for_grants(clash.span));
    }
    let decided_on = match &decl.decided_on {
        None => on,
        Some(parent) => match named_parent(cx, on, parent) {
            Some(ty) => ty,
            None => on,
        },
    };
    check_writes(cx, on, &said);
    for name in &decl.names {
        push_action(
            cx,
            on,
            name,
            Action {
                name: name.text.clone(),
                cedar: (qualified(cx, ACTION_TYPE), format!("{}.{}", cx.program.type_name(on), name.text)),
                declared_on: Some(on),
                decided_on: vec![decided_on],
                raw_principals: Vec::new(),
                sensitive: decl.sensitive.is_some(),
                context: own.clone(),
                effects: said.effects.clone(),
                span: name.span,
                doc: decl.doc.clone(),
                annotations: said.pass.clone(),
            },
        );
    }
}

fn named_parent(cx: &mut Resolver<'_>, on: TypeId, name: &ast::Ident) -> Option<TypeId> {
    let ty = cx.program.ty(on)?;
    let named = |link: &&ParentLink| link.attribute.as_deref() == Some(name.text.as_str());
    if let Some(link) = ty.parents.iter().find(named) {
        return Some(link.ty);
    }
    if cx.orphans.contains(&on) && ty.attributes.get(&name.text).is_some_and(|named| named.ty == Ty::Unknown) {
        // The unknown type of this parent was reported.
        return None;
    }
    let known: Vec<String> = ty.parents.iter().filter_map(|link| link.attribute.clone()).collect();
    let help = match known.is_empty() {
        true => Some(format!("declare the parent first: `resource {} in Parent as {} {{ … }}`", ty.name, name.text)),
        false => did_you_mean(&name.text, known.iter().map(String::as_str)),
    };
    let message = format!("`{}` has no named parent `{}`", ty.name, name.text);
    let fault = Diagnostic::error(codes::UNKNOWN_NAME, name.span, message).maybe_help(help);
    cx.out.push(fault.near(name.span, &name.text, known.iter().map(String::as_str)));
    None
}

fn check_writes(cx: &mut Resolver<'_>, on: TypeId, said: &Said) {
    let Some(ty) = cx.program.ty(on) else { return };
    let known: Vec<String> = ty.attributes.keys().cloned().collect();
    let type_name = ty.name.clone();
    for text in said.effects.writes.iter().flatten() {
        if !known.contains(&text.value) {
            cx.out.push(
                Diagnostic::error(
                    codes::UNKNOWN_ATTRIBUTE,
                    text.span,
                    format!("`{type_name}` has no attribute `{}`", text.value),
                )
                .meant_quoted(text.span, &text.value, known.iter().map(String::as_str)),
            );
        }
    }
}

fn push_action(cx: &mut Resolver<'_>, on: TypeId, name: &ast::Ident, action: Action) {
    if let Some(before) = declared_before(cx, on, &name.text) {
        let type_name = cx.program.type_name(on).to_owned();
        cx.out.push(
            Diagnostic::error(
                codes::DUPLICATE_NAME,
                name.span,
                format!("`{type_name}` declares the action `{}` twice", name.text),
            )
            .also(before, "first declared here")
            .help("rename one of the two"),
        );
        return;
    }
    if !may_declare(cx, name.span) {
        return;
    }
    let id = ActionId::at(cx.program.actions.len());
    cx.actions_by_name.entry(on).or_default().insert(action.name.clone(), id);
    cx.program.actions.push(action);
    if let Some(ty) = cx.program.types.get_mut(on.index()) {
        ty.actions.push(id);
    }
}

/// Where a type declares an action of a name already.
fn declared_before(cx: &Resolver<'_>, on: TypeId, name: &str) -> Option<Span> {
    let id = cx.actions_by_name.get(&on)?.get(name)?;
    cx.program.action(*id).map(|action| action.span)
}

fn use_set(cx: &mut Resolver<'_>, on: TypeId, used: &ast::ActionSetUse) {
    let Some(set) = cx.action_sets.get(&used.name.text).cloned() else {
        let known: Vec<String> = cx.action_sets.keys().cloned().collect();
        cx.out.push(
            Diagnostic::error(
                codes::UNKNOWN_NAME,
                used.name.span,
                format!("unknown set of actions `{}`", used.name.text),
            )
            .maybe_help(
                did_you_mean(&used.name.text, known.iter().map(String::as_str))
                    .or_else(|| Some(format!("declare it: `actions {} {{ read, list }}`", used.name.text))),
            )
            .near(used.name.span, &used.name.text, known.iter().map(String::as_str)),
        );
        return;
    };
    if let Some(known) = cx.program.action_sets.iter_mut().find(|known| known.name == used.name.text) {
        known.users.push(on);
    }
    for member in &set.members {
        let said = read(cx, &member.annotations, Place::Action, member.name.span);
        let name = ast::Ident { text: member.name.text.clone(), span: member.name.span };
        push_action(
            cx,
            on,
            &name,
            Action {
                name: member.name.text.clone(),
                cedar: (qualified(cx, ACTION_TYPE), format!("{}.{}", cx.program.type_name(on), member.name.text)),
                declared_on: Some(on),
                decided_on: vec![on],
                raw_principals: Vec::new(),
                sensitive: member.sensitive.is_some(),
                context: BTreeMap::new(),
                effects: said.effects,
                span: member.name.span,
                doc: None,
                annotations: said.pass,
            },
        );
    }
}

fn declare_group(cx: &mut Resolver<'_>, on: TypeId, group: &ast::ActionGroupDecl) {
    let members: Vec<ActionId> =
        super::lookup::find_actions(cx, on, &group.members).into_iter().map(|(id, _)| id).collect();
    let clash = declared_before(cx, on, &group.name.text);
    let repeated = cx.program.ty(on).is_some_and(|ty| ty.groups.contains_key(&group.name.text));
    if clash.is_some() || repeated {
        let mut diagnostic = Diagnostic::error(
            codes::DUPLICATE_NAME,
            group.name.span,
            format!("`{}` already names an action or a group here", group.name.text),
        )
        .help("rename the group");
        if let Some(clash) = clash {
            diagnostic = diagnostic.also(clash, "the action");
        }
        cx.out.push(diagnostic);
        return;
    }
    if let Some(ty) = cx.program.types.get_mut(on.index()) {
        ty.groups.insert(group.name.text.clone(), members);
    }
}

/// The common context; attributes of single actions must not repeat its names.
pub(super) fn context(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    for item in items {
        let ast::ItemKind::Context(decl) = &item.kind else {
            continue;
        };
        for section in &decl.sections {
            for written in &section.attributes {
                let attribute = attribute(cx, written);
                if let Some(before) = cx.program.context.get(&written.name.text).map(|c| c.attribute.span) {
                    redeclared(cx, &written.name.text, written.name.span, before);
                    continue;
                }
                if written.name.text == GRANTS_ATTRIBUTE {
                    cx.out.push(reserved_for_grants(written.name.span));
                    continue;
                }
                let provenance = section.provenance;
                cx.program.context.insert(written.name.text.clone(), ContextAttribute { attribute, provenance });
            }
        }
    }
    let clashes: Vec<(String, Span, Span)> = cx
        .program
        .actions
        .iter()
        .filter(|action| !action.is_raw())
        .flat_map(|action| action.context.iter())
        .filter_map(|(name, own)| {
            cx.program.context.get(name).map(|common| (name.clone(), own.span, common.attribute.span))
        })
        .collect();
    for (name, own, common) in clashes {
        redeclared(cx, &name, own, common);
    }
}

fn reserved_for_grants(span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::RESERVED_NAME,
        span,
        "`break_glass` in the context is reserved for the grant that the gateway puts there",
    )
    .help("choose another name")
}

fn redeclared(cx: &mut Resolver<'_>, name: &str, again: Span, before: Span) {
    cx.out.push(
        Diagnostic::error(codes::DUPLICATE_NAME, again, format!("`{name}` is already in the context"))
            .label("declared again here")
            .also(before, "first declared here")
            .help("every action has the attributes of `context { … }`; rename or remove this one"),
    );
}
