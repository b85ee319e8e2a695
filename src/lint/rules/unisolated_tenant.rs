//! A type that principals and resources both belong to, and no `isolate` keeps apart.

use crate::graph;
use crate::graph::Program;
use crate::graph::TypeId;
use crate::graph::TypeKind;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;

declare_lint! {
    id: "unisolated-tenant",
    summary: "a type that principals and resources belong to, without an `isolate`",
    level: Error,
    since: "0.1.0",
    reads: Graph,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let mut open: Vec<(TypeId, TypeId, TypeId)> = Vec::new();
    for principal in program.types_of(|kind| *kind == TypeKind::Principal) {
        for resource in asked_for(program) {
            open.extend(open_tenants(program, principal, resource).map(|tenant| (tenant, principal, resource)));
        }
    }
    let mut tenants: Vec<TypeId> = open.iter().map(|(tenant, ..)| *tenant).collect();
    tenants.sort_unstable();
    tenants.dedup();
    for tenant in tenants {
        let Some(found) = program.ty(tenant) else { continue };
        let Some((_, principal, resource)) = open.iter().find(|(of, ..)| *of == tenant) else {
            continue;
        };
        let by = last_step(program, *principal, tenant).unwrap_or_default();
        let mut finding = out
            .finding(
                found.span,
                format!("nothing keeps one `{}` apart from another", found.name),
            )
            .label("shared by principals and resources")
            .help(format!(
                "write `isolate by {by};`: every grant then holds within one `{}` only",
                found.name
            ));
        let parties = [(*principal, "one"), (*resource, "one, too")];
        for (ty, what) in parties.into_iter().filter(|(ty, _)| *ty != tenant) {
            if let Some(ty) = program.ty(ty) {
                finding = finding.also(ty.span, format!("each `{}` belongs to {what}", ty.name));
            }
        }
        out.push(finding);
    }
}

/// The resource types of the program on which some action is decided.
fn asked_for(program: &Program) -> impl Iterator<Item = TypeId> {
    program.types_of(|kind| *kind == TypeKind::Resource).filter(|id| {
        let mut actions = program.actions.iter();
        actions.any(|action| action.decided_on.contains(id))
    })
}

/// The nearest types that both reach by named parents, the resource perhaps being one, and that no isolation settles.
/// What a principal owns as its named parent is not shared.
fn open_tenants(program: &Program, principal: TypeId, resource: TypeId) -> impl Iterator<Item = TypeId> {
    let shared: Vec<TypeId> = program
        .type_ids()
        .filter(|tenant| *tenant != principal)
        .filter(|tenant| reaches(program, principal, *tenant) && reaches(program, resource, *tenant))
        .collect();
    // Who is excepted by name is open on purpose, and for a reason.
    let settled = |tenant: TypeId| {
        program
            .isolations
            .iter()
            .any(|isolation| reaches(program, isolation.tenant, tenant))
    };
    let open: Vec<TypeId> = shared.into_iter().filter(|tenant| !settled(*tenant)).collect();
    let nearest = open.clone();
    open.into_iter().filter(move |tenant| {
        // Within one Org is within one Region, where each Org has one Region.
        !nearest
            .iter()
            .any(|nearer| nearer != tenant && reaches(program, *nearer, *tenant))
    })
}

/// Whether a type is another, or reaches it by named parents.
fn reaches(program: &Program, from: TypeId, to: TypeId) -> bool {
    !graph::paths(program, from, to).is_empty()
}

/// The attribute by which a principal names its tenant.
fn last_step(program: &Program, principal: TypeId, tenant: TypeId) -> Option<String> {
    let path = graph::paths(program, principal, tenant).into_iter().next()?;
    path.steps.last().map(|(attribute, _)| attribute.clone())
}
