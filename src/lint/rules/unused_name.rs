//! A declared name that nothing uses.

use crate::graph::Attribute;
use crate::graph::ConditionId;
use crate::graph::Holder;
use crate::graph::Node;
use crate::graph::Program;
use crate::graph::RoleId;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::graph::TypeKind;
use crate::lint::Cx;
use crate::lint::Sink;
use crate::lint::declare_lint;
use crate::text::Span;

declare_lint! {
    id: "unused-name",
    summary: "a type, condition, role or set of actions that nothing uses",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    for id in program.type_ids() {
        let Some(ty) = program.ty(id).filter(|ty| !ty.from_schema) else {
            continue;
        };
        let (what, help) = match ty.kind {
            TypeKind::Enum { .. } => ("enum", "give an attribute this type, or remove it"),
            TypeKind::Principal => ("principal type", "grant it something, or remove it"),
            TypeKind::Group => ("group", "let some type be `in` it, or remove it"),
            TypeKind::Resource | TypeKind::Raw => ("resource type", "give it actions, or remove it"),
        };
        if !type_is_used(cx, id) {
            report(out, ty.span, what, &ty.name, help);
        }
    }
    for (at, condition) in program.conditions.iter().enumerate() {
        if !program.relations.is_used(Node::Condition(ConditionId::at(at))) {
            let help = "use it in a `when` or a `require`, or remove it: an unused guard guards nothing";
            report(out, condition.span, "condition", &condition.name, help);
        }
    }
    for id in program.role_ids() {
        if let Some(role) = program.role(id)
            && !role_is_used(program, id)
            && !named_by_raw(cx, &format!("Role::\"{}\"", role.name))
        {
            let help = "grant it something, or remove it";
            report(out, role.span, "role", &role.full_name(program), help);
        }
    }
    for set in program.action_sets.iter().filter(|set| set.users.is_empty()) {
        let help = format!("take it into a resource, `actions {};`, or remove it", set.name);
        report(out, set.span, "set of actions", &set.name, &help);
    }
}

fn report(out: &mut Sink, at: Span, what: &str, name: &str, help: &str) {
    let finding = out
        .finding(at, format!("nothing uses the {what} `{name}`"))
        .label("declared, never used")
        .help(help);
    out.push(finding);
}

fn type_is_used(cx: &Cx<'_>, id: TypeId) -> bool {
    let program = cx.program;
    let held = |holder: &Holder| *holder == Holder::Type(id);
    let Some(ty) = program.ty(id) else { return true };
    !ty.actions.is_empty()
        || program.relations.is_used(Node::Type(id))
        || program
            .types
            .iter()
            .any(|other| other.parents.iter().any(|link| link.ty == id))
        || program.types.iter().any(|other| mentioned(&other.attributes, id))
        || program
            .types
            .iter()
            .any(|other| other.tags.iter().any(|tags| mentions(tags, id)))
        || program.context.values().any(|known| mentions(&known.attribute.ty, id))
        || program.actions.iter().any(|action| {
            mentioned(&action.context, id) || action.decided_on.contains(&id) || action.raw_principals.contains(&id)
        })
        || program
            .conditions
            .iter()
            .any(|condition| condition.params.iter().any(|(_, ty, _)| mentions(ty, id)))
        || program
            .roles
            .iter()
            .any(|role| role.on == Some(id) || role.holders.contains(&id))
        || program.grants.iter().any(|grant| held(&grant.holder))
        || program.denies.iter().any(|deny| deny.who.iter().any(held))
        || program
            .assertions
            .iter()
            .any(|assertion| assertion.who.iter().any(held))
        || program.profiles.iter().any(|profile| profile.principal == id)
        || named_by_raw(cx, &ty.cedar)
}

/// Whether a raw policy names something by its full Cedar name.
fn named_by_raw(cx: &Cx<'_>, name: &str) -> bool {
    cx.lowered.raw.iter().any(|raw| raw.policy.to_string().contains(name))
}

fn mentioned<'a>(attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>, id: TypeId) -> bool {
    attributes.into_iter().any(|(_, attribute)| mentions(&attribute.ty, id))
}

fn mentions(ty: &Ty, id: TypeId) -> bool {
    match ty {
        Ty::Entity(named) => *named == id,
        Ty::Set(element) => mentions(element, id),
        Ty::Record(fields) => mentioned(fields, id),
        _ => false,
    }
}

fn role_is_used(program: &Program, id: RoleId) -> bool {
    let held = |holder: &Holder| *holder == Holder::Role(id);
    !program.grants_of(id).is_empty()
        || program.extenders(id).len() > 1
        || program.denies.iter().any(|deny| deny.who.iter().any(held))
        || program
            .assertions
            .iter()
            .any(|assertion| assertion.who.iter().any(held))
        || program.profiles.iter().any(|profile| {
            profile.eligible.iter().any(|(role, _)| *role == id)
                || profile.approval.as_ref().is_some_and(|(_, role, _)| *role == id)
                || profile.revokers.contains(&id)
                || profile.review.1 == id
        })
}
