//! `can`, `cannot`, `unknown`, and the exact sets `who-can` and `what-can`. Sets become one claim for each member and
//! for each that is none, so an unknown or failing decision never passes as "not in the set".

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Fields, Key, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Claim, ContextRef, Expected, Named, Request, Section, Stated};
use crate::text::Span;

use super::names;
use super::names::{At, Names};

/// The keys of direct claims and what each expects.
pub(super) const VERBS: [(&str, Expected); 3] =
    [("can", Expected::Allow), ("cannot", Expected::Deny), ("unknown", Expected::Unknown)];

/// `as: …`, `in: …`, `can: {ACTION: RESOURCE}`, `because: …`: a claim for each combination.
/// `causes` are further causes that may deny here.
pub(super) fn direct(test: &Fields<'_>, causes: &[&str], names: &Names<'_>, out: &mut Diagnostics) -> Vec<Claim> {
    let principals = test.require("as", out).map(|node| names.principals(node, out)).unwrap_or_default();
    let contexts = names.contexts(test.get("in"), out);
    let stated: Vec<_> = VERBS.iter().filter_map(|(verb, expected)| Some((test.get(verb)?, *expected))).collect();
    let because = test.entry("because").and_then(|(key, node)| match stated.as_slice() {
        [(_, expected)] => names.because(node, *expected, causes, out),
        _ => {
            out.push(
                Diagnostic::error(codes::CONFLICTING_KEYS, key.span, "`because` needs exactly one verb")
                    .label("several decisions could be meant")
                    .help("write a separate test for each of `can`, `cannot` and `unknown`"),
            );
            None
        }
    });
    let mut claims = Vec::new();
    for (node, expected) in stated {
        let asked = asked(node, names, out);
        let count = asked.len().saturating_mul(principals.len()).saturating_mul(contexts.len());
        if !names.allowance.take(count, node.span, out) {
            return Vec::new();
        }
        for (action, resource) in asked {
            for principal in &principals {
                for context in &contexts {
                    claims.push(Claim {
                        request: request(&principal.value, &action, &resource.value, context),
                        expected,
                        because: because.clone(),
                        span: resource.span,
                        stated: Stated::Directly,
                    });
                }
            }
        }
    }
    claims
}

/// `who-can: {ACTION: RESOURCE, in: CONTEXT}`, `is: [PRINCIPAL, …]`: over all principals of the suite.
pub(super) fn who_can(test: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Vec<Claim> {
    let Some(question) = test.require("who-can", out) else {
        return Vec::new();
    };
    let Some(is) = test.require("is", out) else {
        return Vec::new();
    };
    let Some(entries) = SUITE.at(question, "`who-can`").mapping(out) else {
        return Vec::new();
    };
    let contexts = names.contexts(question.get("in"), out);
    let asked: Vec<_> = entries.iter().filter(|(key, _)| key.text != "in").collect();
    let [(action_key, resource)] = asked.as_slice() else {
        out.push(
            Diagnostic::error(codes::WRONG_SHAPE, question.span, "`who-can` takes one action on one resource")
                .label(format!("{} actions are named", asked.len()))
                .help("write `who-can: {ACTION: RESOURCE, in: CONTEXT}`"),
        );
        return Vec::new();
    };
    let Some(resource) = names.directory.entity(resource, out) else {
        return Vec::new();
    };
    let Some(action) = names.action(&action_key.text, action_key.span, &resource.ty, out) else {
        return Vec::new();
    };
    let members: BTreeMap<Named, Span> = names.principals(is, out).into_iter().map(|at| (at.value, at.span)).collect();

    let mut everyone: BTreeSet<&Named> = of_section(names, Section::Principals).collect();
    everyone.extend(members.keys());
    if !names.allowance.take(everyone.len().saturating_mul(contexts.len()), question.span, out) {
        return Vec::new();
    }
    let mut claims = Vec::new();
    for principal in everyone {
        for context in &contexts {
            claims.push(in_set(request(principal, &action, &resource, context), members.get(principal), is.span));
        }
    }
    claims
}

/// `what-can: {as: PRINCIPAL, in: CONTEXT, do: […], to: […]}`, `is: {ACTION: [RESOURCE, …]}`: over all resources of the
/// suite and all their actions, unless `do` or `to` say fewer.
pub(super) fn what_can(test: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Vec<Claim> {
    let Some(question) = test.require("what-can", out) else {
        return Vec::new();
    };
    let Some(is) = test.require("is", out) else {
        return Vec::new();
    };
    let Some(question) = SUITE.fields(question, "`what-can`", &["as", "in", "do", "to"], out) else {
        return Vec::new();
    };
    let Some(principal) = question.require("as", out).and_then(|node| names.principal(node, out)) else {
        return Vec::new();
    };
    let contexts = names.contexts(question.get("in"), out);
    let resources: Vec<Named> = match question.get("to") {
        Some(node) => names.resources(node, out).into_iter().map(|at| at.value).collect(),
        None => of_section(names, Section::Resources).cloned().collect(),
    };
    let pairs: BTreeSet<(String, Named)> = match question.get("do") {
        Some(node) => {
            let cells = actions_on(node, &resources, names, out);
            cells.into_iter().map(|(_, action, resource)| (action, resource)).collect()
        }
        None => {
            let all = |resource: &Named| names.actions_on(&resource.ty).cloned().collect::<Vec<_>>();
            let pairs = resources
                .iter()
                .flat_map(|resource| all(resource).into_iter().map(|action| (action, resource.clone())));
            pairs.collect()
        }
    };
    let mut members: BTreeMap<(String, Named), Span> = BTreeMap::new();
    for (action, resource) in asked(is, names, out) {
        let pair = (action, resource.value);
        if !pairs.contains(&pair) {
            out.push(
                Diagnostic::error(
                    codes::EMPTY_CLAIM,
                    resource.span,
                    format!("`{}` on `{}` is not part of the question", pair.0, pair.1.label),
                )
                .label("excluded by `do` or `to` above, or not a fixture under `resources`"),
            );
        }
        members.insert(pair, resource.span);
    }
    if !names.allowance.take(pairs.len().saturating_mul(contexts.len()), question.span(), out) {
        return Vec::new();
    }
    let mut claims = Vec::new();
    for pair in &pairs {
        for context in &contexts {
            claims.push(in_set(request(&principal, &pair.0, &pair.1, context), members.get(pair), is.span));
        }
    }
    claims
}

/// `{ACTION: RESOURCE, ACTION: [RESOURCE, …]}`.
pub(super) fn asked(node: &Node, names: &Names<'_>, out: &mut Diagnostics) -> Vec<(String, At<Named>)> {
    let entries: &[(Key, Node)] = SUITE
        .at(node, "actions and their resources")
        .help("write `{ACTION: RESOURCE}`")
        .mapping(out)
        .unwrap_or_default();
    let mut asked = Vec::new();
    for (key, node) in entries {
        if let Some(fault) = SUITE.unspaced(key, node) {
            out.push(fault);
            continue;
        }
        let mut resources = names.resources(node, out);
        if !names.allowance.take(resources.len(), node.span, out) {
            return Vec::new();
        }
        if node.as_list().is_some_and(<[Node]>::is_empty) {
            out.push(
                Diagnostic::error(codes::EMPTY_CLAIM, node.span, format!("`{}` has no resources", key.text))
                    .label("it makes no request"),
            );
        }
        // Under `all`, an action is asked of the resources it is decided on.
        if node.as_text() == Some(names::ALL) {
            let types: BTreeSet<String> = resources.iter().map(|resource| resource.value.ty.clone()).collect();
            resources.retain(|resource| decided_on(&key.text, &resource.value.ty, names));
            if resources.is_empty() {
                let types = types.iter().map(String::as_str).collect();
                names.no_such_action(&key.text, key.span, &types, out);
            }
        }
        for resource in resources {
            if let Some(action) = names.action(&key.text, key.span, &resource.value.ty, out) {
                asked.push((action, resource));
            }
        }
    }
    asked
}

/// Each action as written, what it means, and a resource it is decided on: out of all combinations those that exist.
/// A name that means nothing on any of the resources is reported.
pub(super) fn actions_on(
    node: &Node,
    resources: &[Named],
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> Vec<(String, String, Named)> {
    let mut cells = Vec::new();
    for item in node.one_or_many() {
        let Some(name) = SUITE.at(item, "an action").scalar(out) else {
            continue;
        };
        if !names.allowance.take(resources.len(), item.span, out) {
            return Vec::new();
        }
        let mut fitting = resources.iter().filter(|resource| decided_on(name, &resource.ty, names)).peekable();
        if fitting.peek().is_none() && !resources.is_empty() {
            let types: BTreeSet<&str> = resources.iter().map(|resource| resource.ty.as_str()).collect();
            names.no_such_action(name, item.span, &types, out);
        }
        for resource in fitting {
            if let Some(action) = names.action(name, item.span, &resource.ty, out) {
                cells.push((name.to_owned(), action, resource.clone()));
            }
        }
    }
    cells
}

/// Whether some action on the type goes by this name.
pub(super) fn decided_on(name: &str, ty: &str, names: &Names<'_>) -> bool {
    names.actions_on(ty).any(|action| action == name || names::short(action) == name)
}

/// A request from its parts.
pub(super) fn request(principal: &Named, action: &str, resource: &Named, context: &ContextRef) -> Request {
    Request {
        principal: principal.clone(),
        action: action.to_owned(),
        resource: resource.clone(),
        context: context.clone(),
    }
}

fn of_section<'a>(names: &'a Names<'_>, section: Section) -> impl Iterator<Item = &'a Named> {
    let fixtures = names.directory.fixtures.values();
    fixtures.filter(move |(_, of)| *of == section).map(|(named, _)| named)
}

fn in_set(request: Request, member: Option<&Span>, set: Span) -> Claim {
    Claim {
        request,
        expected: if member.is_some() { Expected::Allow } else { Expected::Deny },
        because: None,
        span: member.copied().unwrap_or(set),
        stated: if member.is_some() { Stated::InSet } else { Stated::NotInSet },
    }
}
