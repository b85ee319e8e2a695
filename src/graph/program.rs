//! The program itself: its parts by id and by name.

use std::collections::BTreeMap;

use super::index::Index;
use super::{
    Action, ActionId, ActionSet, Assertion, Condition, ConditionId, ContextAttribute, Deny, EntityType, Grant,
    Isolation, Profile, ProfileId, ProfileStep, References, Relations, Require, Role, RoleId, Separation, TypeId,
    TypeKind, Waiver,
};

/// A whole program.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The namespace, where one is declared.
    pub namespace: Option<String>,
    /// Entity types and enumerations.
    pub types: Vec<EntityType>,
    /// Actions, those of raw schemas included.
    pub actions: Vec<Action>,
    /// Attributes common to the context of every Gate action.
    pub context: BTreeMap<String, ContextAttribute>,
    /// Named conditions.
    pub conditions: Vec<Condition>,
    /// Reusable sets of actions.
    pub action_sets: Vec<ActionSet>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Grants, in roles and outside.
    pub grants: Vec<Grant>,
    /// `deny` statements.
    pub denies: Vec<Deny>,
    /// `require` statements.
    pub requires: Vec<Require>,
    /// `isolate` statements.
    pub isolations: Vec<Isolation>,
    /// `separate` statements.
    pub separations: Vec<Separation>,
    /// Break-glass profiles.
    pub profiles: Vec<Profile>,
    /// Assertions.
    pub assertions: Vec<Assertion>,
    /// Lint waivers, each with the statement it stands before.
    pub waivers: Vec<Waiver>,
    /// Whether it expands to more than is allowed, which was told. Nothing is made of it.
    pub is_too_large: bool,
    /// What leads where.
    pub relations: Relations,
    /// Where names are used.
    pub references: References,
    /// Who is granted what, and which guards concern what; kept by the resolver.
    pub(super) index: Index,
    /// Ids by name; kept by `add_type`, `add_condition` and `add_role`.
    by_name: ByName,
}

#[derive(Debug, Clone, Default)]
struct ByName {
    types: BTreeMap<String, TypeId>,
    conditions: BTreeMap<String, ConditionId>,
    roles: BTreeMap<String, RoleId>,
}

impl Program {
    /// A type by id.
    #[must_use]
    pub fn ty(&self, id: TypeId) -> Option<&EntityType> {
        self.types.get(id.index())
    }

    /// The name of a type.
    #[must_use]
    pub fn type_name(&self, id: TypeId) -> &str {
        self.ty(id).map_or("", |ty| ty.name.as_str())
    }

    /// An action by id.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.index())
    }

    /// The name of an action, `Payout.approve`.
    #[must_use]
    pub fn action_name(&self, id: ActionId) -> String {
        self.action(id).map_or_else(String::new, |action| action.full_name(self))
    }

    /// A role by id.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.get(id.index())
    }

    /// The name of a role, `finance` or `Org.admin`.
    #[must_use]
    pub fn role_name(&self, id: RoleId) -> String {
        self.role(id).map_or_else(String::new, |role| role.full_name(self))
    }

    /// A named condition by id.
    #[must_use]
    pub fn condition(&self, id: ConditionId) -> Option<&Condition> {
        self.conditions.get(id.index())
    }

    /// A break-glass profile by id.
    #[must_use]
    pub fn profile(&self, id: ProfileId) -> Option<&Profile> {
        self.profiles.get(id.index())
    }

    /// The name of a step, `ApproveBreakGlass.emergency`.
    #[must_use]
    pub fn step_name(&self, at: ProfileStep) -> String {
        let profile = self.profile(at.profile).map_or("", |profile| profile.name.as_str());
        format!("{}.{profile}", at.step.action())
    }

    /// A type by name, with or without the program's namespace.
    #[must_use]
    pub fn find_type(&self, name: &str) -> Option<TypeId> {
        let bare = self
            .namespace
            .as_deref()
            .and_then(|namespace| name.strip_prefix(namespace))
            .and_then(|rest| rest.strip_prefix("::"))
            .unwrap_or(name);
        self.by_name.types.get(bare).copied()
    }

    /// A condition by name.
    #[must_use]
    pub fn find_condition(&self, name: &str) -> Option<ConditionId> {
        self.by_name.conditions.get(name).copied()
    }

    /// A role by its full name, `finance` or `Org.admin`.
    #[must_use]
    pub fn find_role(&self, name: &str) -> Option<RoleId> {
        self.by_name.roles.get(name).copied()
    }

    /// A break-glass profile by name.
    #[must_use]
    pub fn find_profile(&self, name: &str) -> Option<ProfileId> {
        self.profiles.iter().position(|profile| profile.name == name).map(ProfileId::at)
    }

    /// The id of a profile of this program.
    #[must_use]
    pub fn id_of_profile(&self, profile: &Profile) -> ProfileId {
        ProfileId::at(self.profiles.iter().position(|other| other.id == profile.id).unwrap_or(self.profiles.len()))
    }

    /// Adds a type; of equal names the first is the one that is found.
    pub(super) fn add_type(&mut self, ty: EntityType) -> TypeId {
        let id = TypeId::at(self.types.len());
        self.by_name.types.entry(ty.name.clone()).or_insert(id);
        self.types.push(ty);
        id
    }

    /// Adds a condition; of equal names the first is the one that is found.
    pub(super) fn add_condition(&mut self, condition: Condition) -> ConditionId {
        let id = ConditionId::at(self.conditions.len());
        self.by_name.conditions.entry(condition.name.clone()).or_insert(id);
        self.conditions.push(condition);
        id
    }

    /// Adds a role; of equal names the first is the one that is found.
    pub(super) fn add_role(&mut self, role: Role) -> RoleId {
        let id = RoleId::at(self.roles.len());
        let name = role.full_name(self);
        self.by_name.roles.entry(name).or_insert(id);
        self.roles.push(role);
        id
    }

    /// Makes the names anew after they were changed; of equal names the first is the one that is found.
    pub(super) fn index(&mut self) {
        let mut by_name = ByName::default();
        for id in self.type_ids() {
            by_name.types.entry(self.type_name(id).to_owned()).or_insert(id);
        }
        for (at, condition) in self.conditions.iter().enumerate() {
            let id = ConditionId::at(at);
            by_name.conditions.entry(condition.name.clone()).or_insert(id);
        }
        for id in self.role_ids() {
            by_name.roles.entry(self.role_name(id)).or_insert(id);
        }
        self.by_name = by_name;
    }

    /// Types of one kind, in the order of their declarations.
    pub fn types_of(&self, kind: impl Fn(&TypeKind) -> bool) -> impl Iterator<Item = TypeId> {
        self.types.iter().enumerate().filter(move |(_, ty)| kind(&ty.kind)).map(|(at, _)| TypeId::at(at))
    }

    /// Ids of all roles.
    pub fn role_ids(&self) -> impl Iterator<Item = RoleId> + use<> {
        (0..self.roles.len()).map(RoleId::at)
    }

    /// Ids of all actions.
    pub fn action_ids(&self) -> impl Iterator<Item = ActionId> + use<> {
        (0..self.actions.len()).map(ActionId::at)
    }

    /// Ids of all types.
    pub fn type_ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (0..self.types.len()).map(TypeId::at)
    }

    /// Ids of all profiles.
    pub fn profile_ids(&self) -> impl Iterator<Item = ProfileId> + use<> {
        (0..self.profiles.len()).map(ProfileId::at)
    }
}

impl Action {
    /// `Payout.approve`; a raw action's Cedar id.
    #[must_use]
    pub fn full_name(&self, program: &Program) -> String {
        match self.declared_on {
            Some(ty) => format!("{}.{}", program.type_name(ty), self.name),
            None => self.name.clone(),
        }
    }
}

impl Role {
    /// `finance`, `Org.admin`.
    #[must_use]
    pub fn full_name(&self, program: &Program) -> String {
        match self.on {
            Some(ty) => format!("{}.{}", program.type_name(ty), self.name),
            None => self.name.clone(),
        }
    }
}
