//! A declared name that nothing uses.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::graph::{ConditionId, Holder, Node, Program, RoleId, Ty, TypeId, TypeKind};
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::Span;

declare_lint! {
    id: "unused-name",
    summary: "an unused type, condition, role or set of actions",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let used = used_types(program);
    let raw = LazyCell::new(|| raw_texts(cx));
    for id in program.type_ids() {
        let Some(ty) = program.ty(id).filter(|ty| !ty.from_schema) else {
            continue;
        };
        let (what, help) = match ty.kind {
            TypeKind::Enum { .. } => ("enum", "declare an attribute of this type, or remove it"),
            TypeKind::Principal => ("principal type", "grant it something, or remove it"),
            TypeKind::Group => ("group", "declare a type `in` it, or remove it"),
            TypeKind::Resource | TypeKind::Raw => ("resource type", "give it actions, or remove it"),
        };
        if !used.contains(&id) && !raw.contains(&ty.cedar) {
            report(out, ty.span, what, &ty.name, help);
        }
    }
    for (at, condition) in program.conditions.iter().enumerate() {
        if !program.relations.is_used(Node::Condition(ConditionId::at(at))) {
            let help = "use it in a `when` or a `require`, or remove it: an unused condition restricts nothing";
            report(out, condition.span, "condition", &condition.name, help);
        }
    }
    let named = named_roles(program);
    for id in program.role_ids() {
        if let Some(role) = program.role(id)
            && !named.contains(&id)
            && program.grants_of(id).is_empty()
            && program.extenders(id).len() <= 1
            && !raw.contains(&format!("Role::\"{}\"", role.name))
        {
            let help = "grant it something, or remove it";
            report(out, role.span, "role", &role.full_name(program), help);
        }
    }
    for set in program.action_sets.iter().filter(|set| set.users.is_empty()) {
        let help = format!("include it in a resource, `actions {};`, or remove it", set.name);
        report(out, set.span, "set of actions", &set.name, &help);
    }
}

fn report(out: &mut Sink, at: Span, what: &str, name: &str, help: &str) {
    let finding = out.finding(at, format!("unused {what} `{name}`")).label("declared but never used").help(help);
    out.push(finding);
}

/// The types that something names, or that can be asked for something.
fn used_types(program: &Program) -> BTreeSet<TypeId> {
    let mut used = BTreeSet::new();
    for id in program.type_ids() {
        let Some(ty) = program.ty(id) else { continue };
        if !ty.actions.is_empty() || program.relations.is_used(Node::Type(id)) {
            used.insert(id);
        }
        used.extend(ty.parents.iter().map(|link| link.ty));
        ty.attributes.values().for_each(|known| mentioned(&known.ty, &mut used));
        ty.tags.iter().for_each(|tags| mentioned(tags, &mut used));
    }
    for known in program.context.values() {
        mentioned(&known.attribute.ty, &mut used);
    }
    for action in &program.actions {
        action.context.values().for_each(|known| mentioned(&known.ty, &mut used));
        used.extend(action.decided_on.iter().chain(&action.raw_principals));
    }
    for condition in &program.conditions {
        condition.params.iter().for_each(|(_, ty, _)| mentioned(ty, &mut used));
    }
    for role in &program.roles {
        used.extend(role.on.iter().chain(&role.holders));
    }
    let holders = program.grants.iter().map(|grant| &grant.holder).chain(who(program));
    used.extend(holders.filter_map(|holder| match holder {
        Holder::Type(ty) => Some(*ty),
        Holder::Role(_) => None,
    }));
    used.extend(program.profiles.iter().map(|profile| profile.principal));
    used
}

fn mentioned(ty: &Ty, into: &mut BTreeSet<TypeId>) {
    match ty {
        Ty::Entity(named) => {
            into.insert(*named);
        }
        Ty::Set(element) => mentioned(element, into),
        Ty::Record(fields) => fields.values().for_each(|field| mentioned(&field.ty, into)),
        _ => {}
    }
}

/// Whom denials and assertions name.
fn who(program: &Program) -> impl Iterator<Item = &Holder> {
    let denied = program.denies.iter().flat_map(|deny| &deny.who);
    denied.chain(program.assertions.iter().flat_map(|assertion| &assertion.who))
}

/// The roles that statements name, grants and `extends` left out.
fn named_roles(program: &Program) -> BTreeSet<RoleId> {
    let mut named: BTreeSet<RoleId> = who(program)
        .filter_map(|holder| match holder {
            Holder::Role(role) => Some(*role),
            Holder::Type(_) => None,
        })
        .collect();
    for profile in &program.profiles {
        named.extend(profile.eligible.iter().map(|(role, _)| *role));
        named.extend(profile.approval.iter().map(|(_, role, _)| *role));
        named.extend(&profile.revokers);
        named.insert(profile.review.1);
    }
    named
}

/// All raw policies; what they use, they name by its full Cedar name.
fn raw_texts(cx: &Cx<'_>) -> String {
    let texts = cx.lowered.raw.iter().map(|raw| raw.policy.to_string());
    texts.collect::<Vec<_>>().join("\n")
}
