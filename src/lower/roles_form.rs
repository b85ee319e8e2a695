//! How policies tell who holds a role: by the parents of the holder, by an attribute with the names of its roles, or by either.
//! A role held per entity is, as a parent, the entity's holder group; as a name, that group's id, which the entity carries.

use std::collections::BTreeMap;

use crate::bundle::{ROLES_ATTRIBUTE, RolesForm, relation_attribute};
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::{Program, Ty, TypeId};
use crate::syntax::ast::Operator;
use crate::text::Span;
use crate::typing::{Method, TypedExpr};

use super::draft::Entity;
use super::lowering::Lowering;
use super::raw::RawPolicy;
use super::short::At;
use super::{Lowered, codes};

impl Lowering<'_> {
    /// Whether somebody holds a role that is not held per entity.
    pub(super) fn in_plain(&self, subject: TypedExpr, role: &Entity, span: Span) -> TypedExpr {
        let parent = subject.clone().binary(Operator::In, At(span).entity(role));
        self.either(parent, subject, At(span).text(&role.1))
    }

    /// Whether somebody holds a role on an entity.
    pub(super) fn in_group(&self, subject: TypedExpr, carrier: &TypedExpr, role: &str) -> TypedExpr {
        let group = carrier.clone().attribute(role, Ty::Unknown);
        let parent = subject.clone().binary(Operator::In, group);
        let name = carrier.clone().attribute(relation_attribute(role), Ty::String);
        self.either(parent, subject, name)
    }

    /// The attribute by which an entity that carries a role is told to be loaded; each such entity has it.
    pub(super) fn names_holders(&self, role: &str) -> String {
        match self.form {
            RolesForm::Attribute => relation_attribute(role),
            RolesForm::Parents | RolesForm::Both => role.to_owned(),
        }
    }

    /// The test of a draft's role where the scope cannot make it.
    pub(super) fn role_test(&self, subject: TypedExpr, role: &Entity, span: Span) -> Option<TypedExpr> {
        self.form.has_attribute().then(|| self.in_plain(subject, role, span))
    }

    fn either(&self, parent: TypedExpr, subject: TypedExpr, name: TypedExpr) -> TypedExpr {
        let span = parent.span;
        let names = Ty::Set(Box::new(Ty::String));
        let contains = subject.clone().attribute(ROLES_ATTRIBUTE, names).method(Method::Contains, vec![name], Ty::Bool);
        match self.form {
            RolesForm::Parents => parent,
            RolesForm::Attribute => contains,
            RolesForm::Both => {
                let has = At(span).has(subject, &[ROLES_ATTRIBUTE]);
                TypedExpr::any(vec![parent, TypedExpr::all(vec![has, contains], span)], span)
            }
        }
    }
}

impl Lowered {
    /// The attributes that the compiler adds to a type, which tell who holds its roles or which roles it holds, and whether each
    /// entity has them.
    #[must_use]
    pub fn generated_attributes(&self, program: &Program, ty: TypeId) -> BTreeMap<String, bool> {
        let form = self.contract.roles_form;
        let mut all = BTreeMap::new();
        let is_declared = program.ty(ty).is_some_and(|ty| !ty.from_schema);
        for role in program.roles.iter().filter(|role| role.on == Some(ty) && role.by.is_none()) {
            if form.has_parents() || !is_declared {
                all.insert(role.name.clone(), true);
            }
            if form.has_attribute() && is_declared {
                all.insert(relation_attribute(&role.name), true);
            }
        }
        if form.has_attribute() && is_declared && carries(program, ty) {
            // Parents may say the same.
            all.insert(ROLES_ATTRIBUTE.to_owned(), !form.has_parents());
        }
        all
    }
}

/// Whether entities of a type carry the names of their roles: they may be given some.
pub(super) fn carries(program: &Program, ty: TypeId) -> bool {
    let mut given = program.roles.iter().filter(|role| role.by.is_none());
    given.any(|role| role.holders.contains(&ty))
}

/// Reports what an attribute cannot say: types of a raw schema carry nothing that is generated, and raw policies that look for
/// roles among parents would miss them.
pub(super) fn check(program: &Program, raw: &[RawPolicy], form: RolesForm, out: &mut Diagnostics) {
    if !form.has_attribute() {
        return;
    }
    for role in program.roles.iter().filter(|role| role.by.is_none()) {
        let mut types: Vec<TypeId> = role.holders.clone();
        types.extend(role.on);
        types.dedup();
        for ty in types {
            let Some(found) = program.ty(ty).filter(|ty| ty.from_schema) else {
                continue;
            };
            let message = format!(
                "`{}` comes from a Cedar schema, so it cannot hold the names of roles in an attribute",
                found.name
            );
            out.push(
                Diagnostic::error(codes::ROLES_FORM, role.span, message).label("this role needs that attribute").help(
                    format!("declare `{}` in Gate, or write `roles = \"parents\"` under `[compile]`", found.name),
                ),
            );
        }
    }
    for policy in raw {
        if let Some(what) = super::raw::role_among_parents(program, &policy.policy) {
            let message = format!("this policy looks for {what} among parents, but not every holder has it there");
            out.push(
                Diagnostic::error(codes::ROLES_FORM, policy.span, message)
                    .label(format!("the package is compiled with `roles = \"{}\"`", form.name()))
                    .help("write the policy in Gate, or write `roles = \"parents\"` under `[compile]`"),
            );
        }
    }
}
