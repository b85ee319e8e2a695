//! The contract of a compiled package, from the resolved program.

use std::collections::BTreeMap;

use crate::bundle::{
    ActionContract, AttributeContract, BreakGlassProfile, CONTRACT_FORMAT, Contract, EntityContract, EntityRole,
    HOLDERS_TYPE, Holder, ParentContract, ROLE_TYPE, RelationContract, RoleContract, RolesForm, ValueType,
};
use crate::clauses::Step;
use crate::graph::{Attribute, Profile, Program, RoleId, Ty, TypeId, TypeKind};
use crate::text::Duration;

use super::draft::Entity;
use super::names::{profile_entity, qualified, step_action};
use super::roles_form;

pub(super) fn build(program: &Program, form: RolesForm) -> Contract {
    let plain = form.has_parents() && program.roles.iter().any(|role| role.on.is_none());
    let relations = form.has_parents() && program.roles.iter().any(|role| role.on.is_some() && role.by.is_none());
    Contract {
        format: CONTRACT_FORMAT.to_owned(),
        namespace: program.namespace.clone(),
        entities: program.type_ids().filter_map(|id| entity(program, id, form)).collect(),
        actions: program
            .action_ids()
            .filter_map(|id| {
                let action = program.action(id)?;
                let contract = ActionContract {
                    cedar: entity_text(&action.cedar),
                    declared_on: action.declared_on.map(|ty| program.type_name(ty).to_owned()),
                    resources: names(program, &action.decided_on),
                    principals: names(program, &program.principals_of(id)),
                    sensitive: action.sensitive,
                    context: attributes(program, &program.request_context(id)),
                };
                Some((action.full_name(program), contract))
            })
            .collect(),
        provenance: program.context.iter().map(|(name, common)| (name.clone(), common.voucher().to_owned())).collect(),
        roles: program.role_ids().filter_map(|id| role(program, id)).collect(),
        role_type: plain.then(|| qualified(program, ROLE_TYPE)),
        holders_type: relations.then(|| qualified(program, HOLDERS_TYPE)),
        roles_form: form,
        break_glass: program.profiles.iter().map(|p| (p.name.clone(), profile(program, p))).collect(),
        gateway: None,
    }
}

/// `Marketplace::Action::"Payout.approve"`.
fn entity_text((ty, id): &Entity) -> String {
    format!("{ty}::\"{}\"", id.escape_debug())
}

fn names(program: &Program, types: &[TypeId]) -> Vec<String> {
    let mut names: Vec<String> = types.iter().map(|ty| program.type_name(*ty).to_owned()).collect();
    names.sort();
    names
}

fn entity(program: &Program, id: TypeId, form: RolesForm) -> Option<(String, EntityContract)> {
    let ty = program.ty(id)?;
    let (kind, members) = match &ty.kind {
        TypeKind::Principal => (EntityRole::Principal, Vec::new()),
        TypeKind::Resource => (EntityRole::Resource, Vec::new()),
        TypeKind::Group => (EntityRole::Group, Vec::new()),
        TypeKind::Raw => (EntityRole::Raw, Vec::new()),
        TypeKind::Enum { members, .. } => (EntityRole::Enum, members.clone()),
    };
    let contract = EntityContract {
        cedar: ty.cedar.clone(),
        kind,
        members,
        parents: ty
            .parents
            .iter()
            .map(|link| ParentContract { ty: program.type_name(link.ty).to_owned(), attribute: link.attribute.clone() })
            .collect(),
        attributes: attributes(program, &ty.attributes),
        tags: ty.tags.as_ref().map(|tags| value(program, tags)),
        holds_roles: ty.holds_roles || program.roles.iter().any(|role| role.by.is_none() && role.holders.contains(&id)),
        carries_roles: form.has_attribute() && !ty.from_schema && roles_form::carries(program, id),
        relations: program
            .roles
            .iter()
            .filter(|role| role.on == Some(id) && role.by.is_none())
            .map(|role| RelationContract {
                role: role.name.clone(),
                inherits_through: ty
                    .parents
                    .iter()
                    .filter(|link| link.ty == id)
                    .filter_map(|link| link.attribute.clone())
                    .collect(),
            })
            .collect(),
    };
    Some((ty.name.clone(), contract))
}

fn attributes(program: &Program, all: &BTreeMap<String, Attribute>) -> BTreeMap<String, AttributeContract> {
    all.iter().map(|(name, attribute)| (name.clone(), attribute_of(program, attribute))).collect()
}

fn attribute_of(program: &Program, attribute: &Attribute) -> AttributeContract {
    AttributeContract { ty: value(program, &attribute.ty), required: attribute.required, masked: attribute.masked }
}

fn value(program: &Program, ty: &Ty) -> ValueType {
    match ty {
        Ty::Bool => ValueType::Bool,
        Ty::Long => ValueType::Long,
        Ty::String | Ty::Unknown => ValueType::String,
        Ty::Decimal => ValueType::Decimal,
        Ty::Datetime => ValueType::Datetime,
        Ty::Duration => ValueType::Duration,
        Ty::Ipaddr => ValueType::Ipaddr,
        Ty::Set(element) => ValueType::Set(Box::new(value(program, element))),
        Ty::Record(fields) => ValueType::Record(attributes(program, fields)),
        Ty::Entity(id) => ValueType::Entity(program.type_name(*id).to_owned()),
        Ty::Named(name) => ValueType::Entity(name.clone()),
    }
}

fn role(program: &Program, id: RoleId) -> Option<(String, RoleContract)> {
    let role = program.role(id)?;
    let contract = RoleContract {
        on: role.on.map(|ty| program.type_name(ty).to_owned()),
        by: role.by.as_ref().map(|(by, _)| by.clone()),
        holders: names(program, &role.holders),
        extends: program.bases(id).into_iter().skip(1).map(|base| program.role_name(base)).collect(),
        until: role.until.map(|until| until.at.to_string()),
    };
    Some((role.full_name(program), contract))
}

fn profile(program: &Program, profile: &Profile) -> BreakGlassProfile {
    let holder = |role: RoleId| Holder { role: program.role_name(role) };
    let step = |step: Step| entity_text(&step_action(program, step, profile));
    let mut actions: Vec<String> = profile.actions.iter().map(|(id, _)| program.action_name(*id)).collect();
    actions.sort();
    let (window, max_grants) = profile.grants_per.unwrap_or((Duration(0), 0));
    BreakGlassProfile {
        cedar: entity_text(&profile_entity(program, profile)),
        request_action: step(Step::Request),
        approve_action: step(Step::Approve),
        refuse_action: step(Step::Refuse),
        revoke_action: step(Step::Revoke),
        review_action: step(Step::Review),
        principal: program.type_name(profile.principal).to_owned(),
        tenant: program
            .tenants_of_profile(profile)
            .into_iter()
            .map(|isolation| (isolation.by.clone(), program.type_name(isolation.tenant).to_owned()))
            .collect(),
        eligible: profile.eligible.iter().map(|(role, _)| holder(*role)).collect(),
        actions,
        resources: names(program, &program.resources_of_profile(profile)),
        bounds: profile.bounds.iter().map(|(clause, bound)| (*clause, bound.value)).collect(),
        reason_required: profile.reason,
        ticket_required: profile.ticket.is_some(),
        ticket_pattern: profile.ticket.clone().flatten().map(|pattern| pattern.value),
        approvals: profile.approval.map_or(0, |(count, _, _)| count.value),
        approver: profile.approval.map(|(_, role, _)| holder(role)),
        window: window.0,
        max_grants,
        lifts: profile
            .lifts
            .iter()
            .filter_map(|(at, _)| program.requires.get(*at))
            .map(|require| require.statement.name.clone())
            .collect(),
        alerts: profile.alerts.clone(),
        revokers: profile.revokers.iter().map(|role| holder(*role)).collect(),
        review_within: profile.review.0.0,
        reviewer: holder(profile.review.1),
    }
}
