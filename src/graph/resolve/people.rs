//! What a break-glass profile asks of the rest of the program: people of one type, a tenant on each of them, and names
//! that the common context leaves free.

use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::text::Span;

use super::Resolver;
use crate::graph::{RoleId, TypeId, codes};

/// What the steps of a grant's life are decided on, beside the common context: names that the context cannot have.
const FACTS: [&str; 13] = [
    "tenant",
    "reason",
    "ticket",
    "duration",
    "resource_count",
    "open_reviews",
    "grants_in_window",
    "active_grants",
    "last_grant_ended",
    "requester",
    "requested_at",
    "approvers",
    "ended_at",
];

/// Facts of a grant's life come by fixed names; an attribute of the common context by the same name would be hidden.
pub(super) fn facts(cx: &mut Resolver<'_>) {
    let Some(profile) = cx.program.profiles.first().map(|profile| profile.span) else {
        return;
    };
    for fact in FACTS {
        if let Some(clash) = cx.program.context.get(fact).map(|common| common.attribute.span) {
            cx.out.push(
                Diagnostic::error(
                    codes::RESERVED_NAME,
                    clash,
                    format!("`{fact}` in the context is reserved for a fact of a break-glass grant"),
                )
                .also(profile, "this profile is decided by that fact")
                .help("choose another name"),
            );
        }
    }
}

/// The ledger reads the tenant off the requester itself.
pub(super) fn tenant_of_its_own(cx: &mut Resolver<'_>, decl: &ast::BreakGlassDecl, principal: TypeId) {
    let mut found = Vec::new();
    for isolation in cx.program.isolations_of(principal, principal) {
        let paths = crate::graph::paths(&cx.program, principal, isolation.tenant);
        let direct = |path: &crate::graph::Path| path.steps == [(isolation.by.clone(), false)];
        // Without a path, isolation itself has said so.
        let carried = paths.is_empty() || matches!(paths.as_slice(), [only] if direct(only));
        if !carried {
            let name = cx.program.type_name(principal);
            found.push(
                Diagnostic::error(
                    codes::BREAK_GLASS_ROLES,
                    decl.name.span,
                    format!("a `{name}` does not name its tenant itself"),
                )
                .also(isolation.statement.span, "tenants are isolated here")
                .help(format!(
                    "declare `{name} in {} as {}` as a required parent and the only path to the tenant: a grant records the tenant of its requester",
                    cx.program.type_name(isolation.tenant),
                    isolation.by
                )),
            );
        }
    }
    cx.out.extend(found);
}

/// Requester, approvers, revokers and reviewer are of one principal type: the grant record has a typed slot for each.
pub(super) fn one_principal(cx: &mut Resolver<'_>, roles: Vec<(RoleId, Span)>) -> Option<TypeId> {
    let mut common: Option<(TypeId, RoleId, Span)> = None;
    for (role, at) in roles {
        let Some(found) = cx.program.role(role) else { continue };
        if found.by.is_some() {
            let name = cx.program.role_name(role);
            cx.out.push(
                Diagnostic::error(
                    codes::BREAK_GLASS_ROLES,
                    at,
                    format!(
                        "`{name}` is held by an attribute of a resource, but a request for a grant has no resource"
                    ),
                )
                .help("name a plain role, or one held on the tenant"),
            );
            continue;
        }
        let [holder] = found.holders.as_slice() else {
            if !found.holders.is_empty() {
                let name = cx.program.role_name(role);
                let span = found.header;
                cx.out.push(
                    Diagnostic::error(
                        codes::BREAK_GLASS_ROLES,
                        at,
                        format!("`{name}` may be held by several principal types"),
                    )
                    .also(span, "declared here")
                    .help("name roles `for` one principal type: a grant records everybody as this one type"),
                );
            }
            continue;
        };
        match common {
            None => common = Some((*holder, role, at)),
            Some((known, other, first)) if known != *holder => {
                let (name, other) = (cx.program.role_name(role), cx.program.role_name(other));
                cx.out.push(
                    Diagnostic::error(
                        codes::BREAK_GLASS_ROLES,
                        at,
                        format!("`{other}` and `{name}` are held by different principal types"),
                    )
                    .also(first, format!("`{other}` is named here"))
                    .help("everybody in a break-glass profile must be of one principal type"),
                );
            }
            Some(_) => {}
        }
    }
    common.map(|(ty, _, _)| ty)
}
