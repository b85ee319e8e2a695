//! Entity types, enumerations, actions and the context.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::did_you_mean;
use crate::syntax::ast;
use crate::text::Span;

use super::Externals;
use super::Resolver;
use super::annotations::Place;
use super::annotations::Said;
use super::annotations::read;
use super::lookup::find_type;
use crate::graph::Action;
use crate::graph::ActionId;
use crate::graph::Attribute;
use crate::graph::ContextAttribute;
use crate::graph::EntityType;
use crate::graph::ParentLink;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::graph::TypeKind;
use crate::graph::codes;

/// Names every type first, then fills in parents and attributes, which may name any of them.
pub(super) fn shapes(cx: &mut Resolver<'_>, items: &[&ast::Item], externals: &Externals) {
    for item in items {
        match &item.kind {
            ast::ItemKind::Enum(decl) => enumeration(cx, item, decl),
            ast::ItemKind::Entity(decl) => {
                let said = read(cx, &item.annotations, Place::Type, item.span);
                let kind = match decl.kind {
                    ast::EntityKind::Principal => TypeKind::Principal,
                    ast::EntityKind::Resource => TypeKind::Resource,
                    ast::EntityKind::Group => TypeKind::Group,
                };
                let ty = blank(cx, &decl.name, kind, item.doc.clone(), said);
                cx.program.add_type(ty);
            }
            _ => {}
        }
    }
    for (cedar, external) in &externals.entities {
        let kind = match &external.members {
            Some(members) => TypeKind::Enum {
                ordered: false,
                members: members.clone(),
            },
            None => TypeKind::Raw,
        };
        cx.program.add_type(EntityType {
            name: external.name.clone(),
            cedar: cedar.clone(),
            kind,
            from_schema: true,
            span: external.span,
            parents: Vec::new(),
            attributes: BTreeMap::new(),
            tags: None,
            holds_roles: false,
            actions: Vec::new(),
            groups: BTreeMap::new(),
            doc: None,
            annotations: Vec::new(),
        });
    }
    let mut done: Vec<TypeId> = Vec::new();
    for item in items {
        let ast::ItemKind::Entity(decl) = &item.kind else {
            continue;
        };
        let Some(id) = declared(cx, &decl.name).filter(|id| !done.contains(id)) else {
            continue;
        };
        done.push(id);
        fill(cx, id, decl);
    }
    for external in externals.entities.values() {
        let Some(id) = cx.program.find_type(&external.name) else {
            continue;
        };
        let parents: Vec<ParentLink> = external
            .parents
            .iter()
            .filter_map(|cedar| by_cedar(cx, cedar))
            .map(|ty| ParentLink {
                ty,
                attribute: None,
                optional: false,
                span: external.span,
            })
            .collect();
        let attributes = external
            .attributes
            .iter()
            .map(|(n, a)| (n.clone(), settle(cx, a)))
            .collect();
        let tags = external.tags.as_ref().map(|ty| settle_type(cx, ty));
        if let Some(ty) = cx.program.types.get_mut(id.index()) {
            ty.parents = parents;
            ty.attributes = attributes;
            ty.tags = tags;
        }
    }
}

/// The type this very name declares; `None` where the name was refused as a repeat or reserved.
fn declared(cx: &Resolver<'_>, name: &ast::Ident) -> Option<TypeId> {
    cx.program
        .types
        .iter()
        .position(|ty| ty.span == name.span)
        .map(TypeId::at)
}

fn by_cedar(cx: &Resolver<'_>, cedar: &str) -> Option<TypeId> {
    cx.program.types.iter().position(|ty| ty.cedar == cedar).map(TypeId::at)
}

fn settle(cx: &Resolver<'_>, attribute: &Attribute) -> Attribute {
    Attribute {
        ty: settle_type(cx, &attribute.ty),
        ..attribute.clone()
    }
}

fn settle_type(cx: &Resolver<'_>, ty: &Ty) -> Ty {
    match ty {
        Ty::Named(cedar) => by_cedar(cx, cedar).map_or_else(|| ty.clone(), Ty::Entity),
        Ty::Set(inner) => Ty::Set(Box::new(settle_type(cx, inner))),
        Ty::Record(fields) => Ty::Record(fields.iter().map(|(n, a)| (n.clone(), settle(cx, a))).collect()),
        other => other.clone(),
    }
}

fn qualified(cx: &Resolver<'_>, name: &str) -> String {
    match &cx.program.namespace {
        Some(namespace) => format!("{namespace}::{name}"),
        None => name.to_owned(),
    }
}

fn blank(cx: &Resolver<'_>, name: &ast::Ident, kind: TypeKind, doc: Option<String>, said: Said) -> EntityType {
    EntityType {
        name: name.text.clone(),
        cedar: qualified(cx, &name.text),
        kind,
        from_schema: false,
        span: name.span,
        parents: Vec::new(),
        attributes: BTreeMap::new(),
        tags: None,
        holds_roles: false,
        actions: Vec::new(),
        groups: BTreeMap::new(),
        doc,
        annotations: said.pass,
    }
}

fn enumeration(cx: &mut Resolver<'_>, item: &ast::Item, decl: &ast::EnumDecl) {
    let said = read(cx, &item.annotations, Place::Type, item.span);
    let mut members: Vec<String> = Vec::new();
    for (at, member) in decl.members.iter().enumerate() {
        if members.contains(&member.text) {
            let before = decl.members.iter().take(at).find(|known| known.text == member.text);
            let mut diagnostic = Diagnostic::error(
                codes::DUPLICATE_NAME,
                member.span,
                format!("`{}` is a member of `{}` twice", member.text, decl.name.text),
            )
            .help("keep one of the two");
            if let Some(before) = before {
                diagnostic = diagnostic.also(before.span, "first listed here");
            }
            cx.out.push(diagnostic);
        } else {
            members.push(member.text.clone());
        }
    }
    let kind = TypeKind::Enum {
        ordered: decl.ordered,
        members,
    };
    let ty = blank(cx, &decl.name, kind, item.doc.clone(), said);
    cx.program.add_type(ty);
}

fn fill(cx: &mut Resolver<'_>, id: TypeId, decl: &ast::EntityDecl) {
    let mut attributes: BTreeMap<String, Attribute> = BTreeMap::new();
    let mut parents: Vec<ParentLink> = Vec::new();
    for parent in &decl.parents {
        let Some(ty) = find_type(cx, &parent.ty) else { continue };
        if cx
            .program
            .ty(ty)
            .is_some_and(|ty| matches!(ty.kind, TypeKind::Enum { .. }))
        {
            cx.out.push(
                Diagnostic::error(
                    codes::WRONG_KIND,
                    parent.span,
                    format!("`{}` is an enumeration and holds nothing", parent.ty.dotted()),
                )
                .help("make it an attribute: `name: EnumType`"),
            );
            continue;
        }
        if let Some(name) = &parent.attribute {
            let attribute = Attribute {
                ty: Ty::Entity(ty),
                required: !parent.optional,
                masked: false,
                doc: None,
                annotations: Vec::new(),
                span: name.span,
            };
            insert(cx, &mut attributes, name, attribute);
        }
        parents.push(ParentLink {
            ty,
            attribute: parent.attribute.as_ref().map(|name| name.text.clone()),
            optional: parent.optional,
            span: parent.span,
        });
    }
    for written in &decl.attributes {
        let attribute = attribute(cx, written);
        insert(cx, &mut attributes, &written.name, attribute);
    }
    let tags = decl.tags.as_ref().map(|tags| type_of(cx, tags));
    if decl.holds_roles.is_some() && decl.kind != ast::EntityKind::Group {
        let span = decl.holds_roles.unwrap_or(decl.name.span);
        cx.out.push(
            Diagnostic::error(codes::WRONG_KIND, span, "only a group `holds roles`")
                .help("principals of a type hold the roles declared `for` it without saying so"),
        );
    }
    if let Some(ty) = cx.program.types.get_mut(id.index()) {
        ty.attributes = attributes;
        ty.parents = parents;
        ty.tags = tags;
        ty.holds_roles = decl.holds_roles.is_some();
    }
}

fn insert(cx: &mut Resolver<'_>, all: &mut BTreeMap<String, Attribute>, name: &ast::Ident, attribute: Attribute) {
    if let Some(before) = all.get(&name.text) {
        cx.out.push(
            Diagnostic::error(
                codes::DUPLICATE_NAME,
                name.span,
                format!("`{}` is declared twice", name.text),
            )
            .also(before.span, "first declared here")
            .help("rename one of the two attributes"),
        );
        return;
    }
    all.insert(name.text.clone(), attribute);
}

fn attribute(cx: &mut Resolver<'_>, written: &ast::Attribute) -> Attribute {
    let said = read(cx, &written.annotations, Place::Attribute, written.name.span);
    Attribute {
        ty: type_of(cx, &written.ty),
        required: !written.optional,
        masked: said.masked,
        doc: written.doc.clone(),
        annotations: said.pass,
        span: written.name.span,
    }
}

/// Attributes of a record, a context or a section of it.
fn record(cx: &mut Resolver<'_>, written: &[ast::Attribute]) -> BTreeMap<String, Attribute> {
    let mut all = BTreeMap::new();
    for one in written {
        let attribute = attribute(cx, one);
        insert(cx, &mut all, &one.name, attribute);
    }
    all
}

/// The type a type expression names.
pub(super) fn type_of(cx: &mut Resolver<'_>, written: &ast::TypeExpr) -> Ty {
    match &written.kind {
        ast::TypeKind::Set(inner) => Ty::Set(Box::new(type_of(cx, inner))),
        ast::TypeKind::Record(fields) => Ty::Record(record(cx, fields)),
        ast::TypeKind::Name(path) => match path.parts.as_slice() {
            [one] => match one.text.as_str() {
                "Bool" => Ty::Bool,
                "Long" => Ty::Long,
                "String" => Ty::String,
                "decimal" => Ty::Decimal,
                "datetime" => Ty::Datetime,
                "duration" => Ty::Duration,
                "ipaddr" => Ty::Ipaddr,
                name => named_type(cx, path, name),
            },
            _ => find_type(cx, path).map_or(Ty::Unknown, Ty::Entity),
        },
    }
}

fn named_type(cx: &mut Resolver<'_>, path: &ast::Path, name: &str) -> Ty {
    if let Some(id) = cx.program.find_type(name) {
        return Ty::Entity(id);
    }
    const BUILT_IN: [&str; 7] = ["Bool", "Long", "String", "decimal", "datetime", "duration", "ipaddr"];
    if cx.names.contains_key(name) {
        return find_type(cx, path).map_or(Ty::Unknown, Ty::Entity);
    }
    let known = cx.program.types.iter().map(|ty| ty.name.as_str()).chain(BUILT_IN);
    let usual = match name {
        "int" | "Int" | "integer" | "Integer" | "number" | "Number" | "i64" | "long" => Some("Long"),
        "bool" | "boolean" | "Boolean" => Some("Bool"),
        "string" | "str" | "text" => Some("String"),
        "Decimal" | "float" | "Float" | "double" => Some("decimal"),
        "time" | "timestamp" | "Timestamp" | "date" | "Date" | "DateTime" | "Datetime" => Some("datetime"),
        "ip" | "IpAddr" | "IP" => Some("ipaddr"),
        _ => None,
    };
    let help = match usual {
        Some(usual) => Some(format!("did you mean `{usual}`?")),
        None => did_you_mean(name, known),
    };
    cx.out
        .push(Diagnostic::error(codes::UNKNOWN_NAME, path.span, format!("there is no type `{name}`")).maybe_help(help));
    Ty::Unknown
}

/// Actions of every type, and raw ones.
pub(super) fn actions(cx: &mut Resolver<'_>, items: &[&ast::Item], externals: &Externals) {
    for item in items {
        let ast::ItemKind::Entity(decl) = &item.kind else {
            continue;
        };
        let Some(id) = declared(cx, &decl.name) else { continue };
        if let (ast::EntityKind::Group, Some(first)) = (decl.kind, decl.actions.first()) {
            cx.out.push(
                Diagnostic::error(codes::WRONG_KIND, first.span, "a group has no actions")
                    .help("declare a `resource` for what is asked for"),
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
            context: external
                .context
                .iter()
                .map(|(n, a)| (n.clone(), settle(cx, a)))
                .collect(),
            effects: crate::graph::ActionEffects::default(),
            span: external.span,
            doc: None,
            annotations: Vec::new(),
        };
        cx.program.actions.push(action);
    }
}

fn declare_action(cx: &mut Resolver<'_>, on: TypeId, decl: &ast::ActionDecl) {
    let said = read(cx, &decl.annotations, Place::Action, decl.span);
    let own = record(cx, &decl.context);
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
                cedar: (
                    qualified(cx, "Action"),
                    format!("{}.{}", cx.program.type_name(on), name.text),
                ),
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
    let known: Vec<String> = ty.parents.iter().filter_map(|link| link.attribute.clone()).collect();
    let help = match known.is_empty() {
        true => Some(format!(
            "declare the parent first: `resource {} in Parent as {} {{ … }}`",
            ty.name, name.text
        )),
        false => did_you_mean(&name.text, known.iter().map(String::as_str)),
    };
    let message = format!("`{}` has no named parent `{}`", ty.name, name.text);
    cx.out
        .push(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message).maybe_help(help));
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
                .maybe_help(did_you_mean(&text.value, known.iter().map(String::as_str))),
            );
        }
    }
}

fn push_action(cx: &mut Resolver<'_>, on: TypeId, name: &ast::Ident, action: Action) {
    let before = cx.program.ty(on).and_then(|ty| {
        ty.actions
            .iter()
            .filter_map(|id| cx.program.action(*id))
            .find(|known| known.name == name.text)
            .map(|a| a.span)
    });
    if let Some(before) = before {
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
    let id = ActionId::at(cx.program.actions.len());
    cx.program.actions.push(action);
    if let Some(ty) = cx.program.types.get_mut(on.index()) {
        ty.actions.push(id);
    }
}

fn use_set(cx: &mut Resolver<'_>, on: TypeId, used: &ast::ActionSetUse) {
    let Some(set) = cx.action_sets.get(&used.name.text).cloned() else {
        let known: Vec<String> = cx.action_sets.keys().cloned().collect();
        cx.out.push(
            Diagnostic::error(
                codes::UNKNOWN_NAME,
                used.name.span,
                format!("there is no set of actions `{}`", used.name.text),
            )
            .maybe_help(
                did_you_mean(&used.name.text, known.iter().map(String::as_str))
                    .or_else(|| Some(format!("declare it: `actions {} {{ read, list }}`", used.name.text))),
            ),
        );
        return;
    };
    if let Some(known) = cx
        .program
        .action_sets
        .iter_mut()
        .find(|known| known.name == used.name.text)
    {
        known.users.push(on);
    }
    for member in &set.members {
        let said = read(cx, &member.annotations, Place::Action, member.name.span);
        let name = ast::Ident {
            text: member.name.text.clone(),
            span: member.name.span,
        };
        push_action(
            cx,
            on,
            &name,
            Action {
                name: member.name.text.clone(),
                cedar: (
                    qualified(cx, "Action"),
                    format!("{}.{}", cx.program.type_name(on), member.name.text),
                ),
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
    let members: Vec<ActionId> = super::lookup::find_actions(cx, on, &group.members)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let clash = cx.program.ty(on).and_then(|ty| {
        ty.actions
            .iter()
            .filter_map(|id| cx.program.action(*id))
            .find(|a| a.name == group.name.text)
            .map(|a| a.span)
    });
    let repeated = cx
        .program
        .ty(on)
        .is_some_and(|ty| ty.groups.contains_key(&group.name.text));
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
                if written.name.text == "break_glass" {
                    cx.out.push(
                        Diagnostic::error(
                            codes::RESERVED_NAME,
                            written.name.span,
                            "`break_glass` in the context is where the gateway puts a grant",
                        )
                        .help("choose another name"),
                    );
                    continue;
                }
                let provenance = section.provenance;
                cx.program
                    .context
                    .insert(written.name.text.clone(), ContextAttribute { attribute, provenance });
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
            cx.program
                .context
                .get(name)
                .map(|common| (name.clone(), own.span, common.attribute.span))
        })
        .collect();
    for (name, own, common) in clashes {
        redeclared(cx, &name, own, common);
    }
}

fn redeclared(cx: &mut Resolver<'_>, name: &str, again: Span, before: Span) {
    cx.out.push(
        Diagnostic::error(
            codes::DUPLICATE_NAME,
            again,
            format!("`{name}` is in the context already"),
        )
        .label("declared again here")
        .also(before, "first declared here")
        .help("every action has the attributes of `context { … }`; rename or remove this one"),
    );
}
