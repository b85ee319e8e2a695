//! Types with their attributes, actions, the common context and named conditions.

use std::collections::BTreeMap;

use crate::graph::{Action, Attribute, EntityType, Form, NameOf, Program, TypeKind};
use crate::semdiff::Side;
use crate::semdiff::item::{Item, Kind};

use super::words;

pub(super) fn types(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for ty in &program.types {
        items.push(entity(program, ty));
        let by_parent = |name: &String| ty.parents.iter().any(|link| link.attribute.as_ref() == Some(name));
        for (name, attribute) in ty.attributes.iter().filter(|(name, _)| !by_parent(name)) {
            let mut key = Form::default();
            key.name(NameOf::Type, &ty.name).text(".").text(name);
            let item = Item::new(Kind::Attribute, key, attribute.span);
            items.push(value(program, attribute, item).owned_by(NameOf::Type, &ty.name));
        }
    }
    for one in &program.actions {
        items.push(action(program, one));
    }
    for (name, attribute) in &program.context {
        let item = Item::new(Kind::Context, Form::of(name), attribute.attribute.span);
        let mut item = value(program, &attribute.attribute, item);
        item.plain("from", attribute.voucher());
        items.push(item);
    }
    for condition in &program.conditions {
        let mut item = Item::of_name(Kind::Condition, NameOf::Condition, &condition.name, condition.span);
        if !condition.params.is_empty() {
            let mut form = Form::default();
            for (_, ty, _) in &condition.params {
                form.ty(program, ty).text(", ");
            }
            let shown: Vec<String> = condition.params.iter().map(|(name, ..)| name.clone()).collect();
            item.field("parameters", shown.join(", "), form);
        }
        let params: Vec<&str> = condition.params.iter().map(|(name, ..)| name.as_str()).collect();
        let mut form = Form::default();
        form.expr(program, &condition.body, &params);
        item.field("body", words(side, condition.body.span), form);
        items.push(item);
    }
}

fn entity(program: &Program, ty: &EntityType) -> Item {
    let mut item = Item::of_name(Kind::Type, NameOf::Type, &ty.name, ty.span);
    item.stands_for(&ty.annotations);
    item.is_wildcard(ty.wildcard);
    match &ty.kind {
        TypeKind::Principal => item.plain("kind", "principal"),
        TypeKind::Resource => item.plain("kind", "resource"),
        TypeKind::Group => item.plain("kind", "group"),
        TypeKind::Raw => item.plain("kind", "declared in a schema"),
        TypeKind::Enum { ordered, members } => {
            item.plain("kind", if *ordered { "ordered enum" } else { "enum" });
            let mut sorted = members.clone();
            if !*ordered {
                sorted.sort();
            }
            item.field("members", members.join(", "), Form::of(sorted.join(", ")));
        }
    }
    let mut parents: Vec<(String, String)> = ty
        .parents
        .iter()
        .map(|link| {
            let how = match (&link.attribute, link.optional) {
                (Some(attribute), false) => format!(" as {attribute}"),
                (Some(attribute), true) => format!(" as {attribute}?"),
                (None, _) => String::new(),
            };
            (program.type_name(link.ty).to_owned(), how)
        })
        .collect();
    if !parents.is_empty() {
        parents.sort();
        let shown: Vec<String> = parents.iter().map(|(ty, how)| format!("{ty}{how}")).collect();
        let mut form = Form::default();
        form.unordered(parents.iter().map(|(ty, how)| {
            let mut parent = Form::default();
            parent.name(NameOf::Type, ty).text(how);
            parent
        }));
        item.field("in", shown.join(", "), form);
    }
    if let Some(tags) = &ty.tags {
        let mut form = Form::default();
        form.ty(program, tags);
        item.field("tags", form.plain(), form);
    }
    item.flag("holds roles", ty.holds_roles);
    item.flag("workload", ty.workload);
    for (group, members) in &ty.groups {
        let mut form = Form::of(format!("{group}: "));
        let names: Vec<String> = members.iter().map(|id| program.action_name(*id)).collect();
        let shown = format!("{group} = {}", names.join(", "));
        form.names(NameOf::Action, names);
        item.field("action group", shown, form);
    }
    item
}

fn value(program: &Program, attribute: &Attribute, mut item: Item) -> Item {
    let mut form = Form::default();
    form.ty(program, &attribute.ty);
    item.field("type", form.plain(), form);
    item.flag("optional", !attribute.required);
    item.flag("masked", attribute.masked);
    item
}

fn action(program: &Program, action: &Action) -> Item {
    let name = action.full_name(program);
    let mut item = Item::of_name(Kind::Action, NameOf::Action, &name, action.span);
    item.stands_for(&action.annotations);
    item.is_wildcard(action.effects.wildcard);
    if let Some(ty) = action.declared_on {
        item = item.owned_by(NameOf::Type, program.type_name(ty));
    }
    let types = |ids: &[crate::graph::TypeId]| -> Vec<String> {
        ids.iter().map(|id| program.type_name(*id).to_owned()).collect()
    };
    item.list("decided on", NameOf::Type, types(&action.decided_on));
    item.list("for", NameOf::Type, types(&action.raw_principals));
    item.flag("sensitive", action.sensitive);
    if !action.context.is_empty() {
        let form = record(program, &action.context);
        item.field("context", form.plain(), form);
    }
    item.flag("reads", action.effects.reads);
    if let Some(writes) = &action.effects.writes {
        let names: Vec<&str> = writes.iter().map(|text| text.value.as_str()).collect();
        item.plain("writes", names.join(", "));
    }
    if !action.effects.assigns.is_empty() {
        let roles = action.effects.assigns.iter().map(|text| text.value.clone());
        item.list("assigns", NameOf::Role, roles);
    }
    item
}

fn record(program: &Program, fields: &BTreeMap<String, Attribute>) -> Form {
    let mut form = Form::default();
    for (at, (name, field)) in fields.iter().enumerate() {
        form.text(if at == 0 { "" } else { ", " }).text(name);
        form.text(if field.required { ": " } else { "?: " });
        form.ty(program, &field.ty);
    }
    form
}
