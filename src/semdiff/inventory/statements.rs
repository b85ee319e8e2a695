//! Roles and statements.

use crate::graph::{Form, Holder, NameOf, ProfileStep, Program, Statement, TypeId};
use crate::semdiff::Side;
use crate::semdiff::item::{BECAUSE, Item, Kind};

use super::{holder, until, who, words};

/// Adds the author's condition, where there is one.
macro_rules! when {
    ($side:expr, $item:expr, $name:literal, $expr:expr) => {
        if let Some(expr) = $expr {
            let mut form = Form::default();
            form.expr($side.program, expr, &[]);
            $item.field($name, words($side, expr.span), form);
        }
    };
}
pub(super) use when;

pub(super) fn statements(side: Side<'_>, items: &mut Vec<Item>) {
    roles(side, items);
    grants(side, items);
    guards(side, items);
    separations(side, items);
    assertions(side, items);
}

fn roles(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for role in &program.roles {
        let name = role.full_name(program);
        let mut item = Item::of_name(Kind::Role, NameOf::Role, &name, role.header);
        item.stands_for(&role.annotations);
        if let Some(on) = role.on {
            item.list("on", NameOf::Type, [program.type_name(on).to_owned()]);
        }
        item.list("for", NameOf::Type, type_names(program, &role.holders));
        let bases = role.extends.iter().map(|(base, _)| program.role_name(*base));
        item.list("extends", NameOf::Role, bases);
        if let Some((by, _)) = &role.by {
            item.plain("by", by);
        }
        when!(side, item, "when", &role.when);
        until(&mut item, role.until);
        item.flag("temporary", role.temporary.is_some());
        items.push(item);
    }
}

fn grants(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for grant in &program.grants {
        let mut item = statement(Kind::Grant, &grant.statement);
        let (of, name) = holder(program, grant.holder);
        if let Holder::Role(_) = grant.holder {
            item = item.owned_by(NameOf::Role, &name);
        }
        item.list("to", of, [name]);
        let actions = grant.actions.iter().map(|(id, _)| program.action_name(*id));
        item.list("actions", NameOf::Action, actions);
        item.list("on", NameOf::Type, [program.type_name(grant.on).to_owned()]);
        if let Some((via, _)) = &grant.path.via {
            item.plain("via", via);
        }
        when!(side, item, "when", &grant.when);
        until(&mut item, grant.until);
        item.flag("temporary", grant.temporary.is_some());
        because(&mut item, &grant.statement);
        items.push(item);
    }
}

fn guards(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for deny in &program.denies {
        let mut item = statement(Kind::Deny, &deny.statement);
        let (shown, form) = who(program, &deny.who);
        item.field("whom", shown, form);
        match deny.any_action {
            true => item.plain("actions", "any"),
            false => item.list("actions", NameOf::Action, deny.named.iter().map(|id| program.action_name(*id))),
        }
        item.list("on", NameOf::Type, type_names(program, &deny.on));
        // `any` on anything covers the steps of whatever profiles there are.
        if !(deny.any_action && deny.on.is_empty() && !deny.actions.is_empty()) {
            steps(program, &mut item, &deny.steps);
        }
        when!(side, item, "when", &deny.when);
        because(&mut item, &deny.statement);
        items.push(item);
    }
    for require in &program.requires {
        let mut item = statement(Kind::Require, &require.statement);
        when!(side, item, "condition", Some(&require.condition));
        let actions = require.named.iter().map(|id| program.action_name(*id));
        item.list("for", NameOf::Action, actions);
        steps(program, &mut item, &require.steps);
        item.flag("liftable", require.liftable.is_some());
        because(&mut item, &require.statement);
        items.push(item);
    }
    for isolation in &program.isolations {
        let mut item = statement(Kind::Isolation, &isolation.statement);
        item.plain("by", &isolation.by);
        item.list("tenant", NameOf::Type, [program.type_name(isolation.tenant).to_owned()]);
        let except = isolation.except.iter().map(|(ty, _)| program.type_name(*ty).to_owned());
        item.list("except", NameOf::Type, except);
        items.push(item);
    }
}

fn separations(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for separation in &program.separations {
        let mut item = statement(Kind::Separation, &separation.statement);
        let first = program.action_name(separation.first);
        item.list("first", NameOf::Action, [first]);
        item.list("second", NameOf::Action, [program.action_name(separation.second)]);
        if let Some((by, _)) = &separation.by {
            item.plain("by", by);
        }
        because(&mut item, &separation.statement);
        items.push(item);
    }
}

fn assertions(side: Side<'_>, items: &mut Vec<Item>) {
    let program = side.program;
    for assertion in &program.assertions {
        let mut item = Item::new(Kind::Assertion, Form::of(&assertion.name), assertion.span);
        item.plain("claim", assertion.claim.word());
        let (shown, form) = who(program, &assertion.who);
        item.field("who", shown, form);
        let actions = assertion.actions.iter().map(|id| program.action_name(*id));
        item.list("actions", NameOf::Action, actions);
        item.list("on", NameOf::Type, type_names(program, &assertion.on));
        steps(program, &mut item, &assertion.steps);
        when!(side, item, "when", &assertion.when);
        if let Some(profile) = assertion.unless.and_then(|id| program.profile(id)) {
            item.list("unless break-glass", NameOf::Profile, [profile.name.clone()]);
        }
        items.push(item);
    }
}

/// The steps of break-glass that a statement names.
fn steps(program: &Program, item: &mut Item, steps: &[ProfileStep]) {
    for at in steps {
        let mut form = Form::default();
        form.text(at.step.action());
        if let Some(profile) = program.profile(at.profile) {
            form.text(".").name(NameOf::Profile, &profile.name);
        }
        item.field("steps", program.step_name(*at), form);
    }
}

fn statement(kind: Kind, statement: &Statement) -> Item {
    let mut item = Item::of_name(kind, NameOf::Statement, &statement.name, statement.span);
    item.named = statement.labelled;
    item.stands_for(&statement.annotations);
    item
}

fn because(item: &mut Item, statement: &Statement) {
    if let Some(because) = &statement.because {
        item.plain(BECAUSE, &because.value);
    }
}

pub(super) fn type_names(program: &Program, ids: &[TypeId]) -> Vec<String> {
    ids.iter().map(|id| program.type_name(*id).to_owned()).collect()
}
