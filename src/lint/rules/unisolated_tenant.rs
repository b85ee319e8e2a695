//! A type that principals and resources both belong to, and no `isolate` keeps apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph;
use crate::graph::{Program, TypeId, TypeKind};
use crate::lint::{Cx, Sink, declare_lint};

declare_lint! {
    id: "unisolated-tenant",
    summary: "a type that principals and resources belong to, without an `isolate`",
    level: Error,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let up: BTreeMap<TypeId, BTreeSet<TypeId>> = program.type_ids().map(|id| (id, above(program, id))).collect();
    let mut open: BTreeMap<TypeId, (TypeId, TypeId)> = BTreeMap::new();
    for principal in program.types_of(|kind| *kind == TypeKind::Principal) {
        for resource in asked_for(program) {
            for tenant in open_tenants(program, &up, principal, resource) {
                open.entry(tenant).or_insert((principal, resource));
            }
        }
    }
    for (tenant, (principal, resource)) in open {
        let Some(found) = program.ty(tenant) else { continue };
        let by = last_step(program, principal, tenant).unwrap_or_default();
        let mut finding = out
            .finding(found.span, format!("nothing isolates one `{}` from another", found.name))
            .label("shared by principals and resources")
            .help(format!("write `isolate by {by};`, so that every grant applies within one `{}` only", found.name));
        let parties = [(principal, "one"), (resource, "one, too")];
        for (ty, what) in parties.into_iter().filter(|(ty, _)| *ty != tenant) {
            if let Some(ty) = program.ty(ty) {
                finding = finding.also(ty.span, format!("each `{}` belongs to {what}", ty.name));
            }
        }
        out.push(finding);
    }
}

/// A type and all that it reaches by named parents.
fn above(program: &Program, id: TypeId) -> BTreeSet<TypeId> {
    let mut found = BTreeSet::from([id]);
    let mut next = vec![id];
    while let Some(ty) = next.pop().and_then(|id| program.ty(id)) {
        let named = ty.parents.iter().filter(|link| link.attribute.is_some());
        next.extend(named.map(|link| link.ty).filter(|parent| found.insert(*parent)));
    }
    found
}

/// The resource types of the program on which some action is decided.
fn asked_for(program: &Program) -> impl Iterator<Item = TypeId> {
    program.types_of(|kind| *kind == TypeKind::Resource).filter(|id| {
        let mut actions = program.actions.iter();
        actions.any(|action| action.decided_on.contains(id))
    })
}

/// The nearest types that both belong to, the resource perhaps being one, and that no isolation settles. What belongs to
/// a principal is its own, and not shared.
fn open_tenants(
    program: &Program,
    up: &BTreeMap<TypeId, BTreeSet<TypeId>>,
    principal: TypeId,
    resource: TypeId,
) -> Vec<TypeId> {
    let reaches = |from: TypeId, to: TypeId| up.get(&from).is_some_and(|above| above.contains(&to));
    // Who is excepted by name is open on purpose, and for a reason.
    let settled = |tenant| program.isolations.iter().any(|isolation| reaches(isolation.tenant, tenant));
    let open: Vec<TypeId> = program
        .type_ids()
        .filter(|tenant| *tenant != principal && reaches(principal, *tenant) && reaches(resource, *tenant))
        .filter(|tenant| !settled(*tenant))
        .collect();
    // Within one Org is within one Region, where each Org has one Region.
    let nearer = |tenant| open.iter().any(|other| *other != tenant && reaches(*other, tenant));
    open.iter().copied().filter(|tenant| !nearer(*tenant)).collect()
}

/// The attribute by which a principal names its tenant.
fn last_step(program: &Program, principal: TypeId, tenant: TypeId) -> Option<String> {
    let path = graph::paths(program, principal, tenant).into_iter().next()?;
    path.steps.last().map(|(attribute, _)| attribute.clone())
}
