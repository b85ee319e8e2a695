//! All parts of a program, each with what it says. Descriptions, positions and the order of declarations are not in it.

mod emergencies;
mod statements;
mod types;

use crate::graph::{Form, Holder, NameOf, Program, Until};
use crate::text::Span;

use super::item::{Item, Kind};
use super::{Side, raw};

/// The parts of one side.
pub(super) fn inventory(side: Side<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(namespace) = &side.program.namespace {
        let mut item = Item::new(Kind::Namespace, Form::default(), None);
        item.plain("name", namespace);
        items.push(item);
    }
    types::types(side, &mut items);
    statements::statements(side, &mut items);
    emergencies::profiles(side, &mut items);
    for policy in &side.lowered.raw {
        let id = policy.policy.id().to_string();
        let mut item = Item::of_name(Kind::RawPolicy, NameOf::Statement, &id, policy.span);
        item.named = policy.policy.annotation("id").is_some();
        item.field("policy", words(side, policy.span), raw::form(side.program, &policy.policy));
        items.push(item);
    }
    items
}

/// The author's words on one line.
fn words(side: Side<'_>, span: Span) -> String {
    let words: Vec<&str> = side.sources.slice(span).split_whitespace().collect();
    words.join(" ")
}

fn holder(program: &Program, holder: Holder) -> (NameOf, String) {
    match holder {
        Holder::Type(ty) => (NameOf::Type, program.type_name(ty).to_owned()),
        Holder::Role(role) => (NameOf::Role, program.role_name(role)),
    }
}

/// Several holders; `any` of none.
fn who(program: &Program, who: &[Holder]) -> (String, Form) {
    let mut names: Vec<(NameOf, String)> = who.iter().map(|one| holder(program, *one)).collect();
    if names.is_empty() {
        return ("any".to_owned(), Form::of("any"));
    }
    names.sort();
    let shown: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let shown = shown.join(", ");
    let mut form = Form::default();
    form.unordered(names.into_iter().map(|(of, name)| {
        let mut one = Form::default();
        one.name(of, name);
        one
    }));
    (shown, form)
}

fn until(item: &mut Item, until: Option<Until>) {
    if let Some(until) = until {
        item.plain("until", until.at.to_string());
    }
}
