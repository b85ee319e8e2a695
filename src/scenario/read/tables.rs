//! `snapshot: {roles, actions, in, to}`: which tables a test writes. A row is a principal of the suite under its roles,
//! since roles alone ask for nothing; a resource type and a context make a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Fields, Node};
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{ContextRef, Fixture, Listed, Named, Row, Section, SnapshotSpec, Table};
use crate::scenario::{codes, golden};

use super::claims;
use super::names::{ALL, Names};

/// Reads a snapshot test.
pub(super) fn read(
    test: &Fields<'_>,
    suite: &str,
    name: &str,
    fixtures: &BTreeMap<String, Fixture>,
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> Option<SnapshotSpec> {
    let spec =
        SUITE.fields(test.require("snapshot", out)?, "`snapshot`", &["roles", "actions", "in", "to", "only"], out)?;
    let roles = chosen_roles(spec.require("roles", out)?, names, out)?;
    let everyone = fixtures.values().filter(|fixture| fixture.section == Section::Principals);
    let mut rows: Vec<(String, &Named)> = everyone
        .filter(|fixture| {
            roles.as_ref().is_none_or(|roles| fixture.roles.iter().any(|role| roles.contains(&generic(role))))
        })
        .map(|fixture| (roles_of(fixture), &fixture.named))
        .collect();
    rows.sort();
    let resources: Vec<Named> = match spec.get("to") {
        Some(node) => names.resources(node, out).into_iter().map(|at| at.value).collect(),
        None => {
            let all = fixtures.values().filter(|fixture| fixture.section == Section::Resources);
            all.map(|fixture| fixture.named.clone()).collect()
        }
    };
    let pairs = pairs(spec.require("actions", out)?, &resources, names, out);
    let types: BTreeSet<&str> = pairs.iter().map(|(_, resource)| resource.ty.as_str()).collect();
    let contexts = names.contexts(spec.get("in"), out);
    let listed = listed(&spec, out);
    let count = rows.len().saturating_mul(pairs.len()).saturating_mul(contexts.len());
    if !names.allowance.take(count, spec.span(), out) {
        return None;
    }
    let mut tables = Vec::new();
    for ty in types {
        for context in &contexts {
            let of_type = |pair: &&(String, Named)| pair.1.ty == ty;
            let rows = rows.iter().map(|(roles, principal)| Row {
                roles: roles.clone(),
                name: principal.label.clone(),
                requests: pairs
                    .iter()
                    .filter(of_type)
                    .map(|(action, resource)| claims::request(principal, action, resource, context))
                    .collect(),
            });
            tables.push(Table {
                ty: ty.to_owned(),
                context: match context {
                    ContextRef::Fixture(name) => Some(name.clone()),
                    ContextRef::None | ContextRef::Raw(_) => None,
                },
                rows: rows.collect(),
            });
        }
    }
    let held: BTreeSet<String> =
        fixtures.values().flat_map(|fixture| &fixture.roles).map(|role| generic(role)).collect();
    let asked = names.directory.contract.roles.iter().filter(|(role, declared)| {
        // A role that follows from an attribute is held by nobody in particular.
        declared.by.is_none() && roles.as_ref().is_none_or(|roles| roles.contains(role.as_str()))
    });
    let unheld = asked.map(|(role, _)| role).filter(|role| !held.contains(*role)).cloned().collect();
    Some(SnapshotSpec { path: golden::snapshot_path(suite, name), tables, listed, unheld })
}

/// The roles asked for; the inner `None` is all of them, and those who hold none.
fn chosen_roles(node: &Node, names: &Names<'_>, out: &mut Diagnostics) -> Option<Option<BTreeSet<String>>> {
    if node.as_text() == Some(ALL) {
        return Some(None);
    }
    let known = &names.directory.contract.roles;
    let mut roles = BTreeSet::new();
    for item in node.one_or_many() {
        let name = SUITE.at(item, "a role").scalar(out)?;
        if !known.contains_key(name) {
            out.push(
                Diagnostic::error(codes::UNKNOWN_NAME, item.span, format!("unknown role `{name}`"))
                    .label("no such role is declared")
                    .meant(item.span, name, known.keys().map(String::as_str).chain([ALL])),
            );
        }
        roles.insert(name.to_owned());
    }
    Some(Some(roles))
}

/// Actions and resources, sorted.
fn pairs(node: &Node, resources: &[Named], names: &Names<'_>, out: &mut Diagnostics) -> BTreeSet<(String, Named)> {
    if node.as_text() != Some(ALL) {
        let cells = claims::actions_on(node, resources, names, out);
        return cells.into_iter().map(|(_, action, resource)| (action, resource)).collect();
    }
    let mut pairs = BTreeSet::new();
    for resource in resources {
        pairs.extend(names.actions_on(&resource.ty).map(|action| (action.clone(), resource.clone())));
    }
    pairs
}

/// `finance, support`, or the type for whoever holds no role: `PartnerApp`.
fn roles_of(fixture: &Fixture) -> String {
    let roles: Vec<&str> = fixture.roles.iter().map(String::as_str).collect();
    if roles.is_empty() { fixture.named.ty.clone() } else { roles.join(", ") }
}

/// Which decisions are listed: `only: allow` leaves out denials.
fn listed(spec: &Fields<'_>, out: &mut Diagnostics) -> Listed {
    match spec.get("only") {
        None => Listed::All,
        Some(node) if node.as_text() == Some("allow") => Listed::NoDenials,
        Some(node) => {
            out.push(
                Diagnostic::error(codes::WRONG_VALUE, node.span, "`only` can only be `allow`")
                    .label("only denials can be left out")
                    .help("write `only: allow`, or leave it out to list every decision"),
            );
            Listed::All
        }
    }
}

/// The role of which `Org::acme.admin` is one holding: `Org.admin`.
fn generic(role: &str) -> String {
    match role.split_once("::").and_then(|(ty, rest)| Some((ty, rest.rsplit_once('.')?.1))) {
        Some((ty, own)) => format!("{ty}.{own}"),
        None => role.to_owned(),
    }
}
