//! The data of a resolved program.

use std::collections::BTreeMap;

use crate::syntax::ast::Claim;
use crate::syntax::ast::DurationLiteral;
use crate::syntax::ast::Expr;
use crate::syntax::ast::Number;
use crate::syntax::ast::Provenance;
use crate::syntax::ast::Text;
use crate::text::Duration;
use crate::text::Instant;
use crate::text::Span;

use super::ActionId;
use super::ConditionId;
use super::ProfileId;
use super::Relations;
use super::RoleId;
use super::TypeId;

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
    /// What leads where.
    pub relations: Relations,
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
        self.action(id)
            .map_or_else(String::new, |action| action.full_name(self))
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

    /// Types of one kind, in the order of their declarations.
    pub fn types_of(&self, kind: impl Fn(&TypeKind) -> bool) -> impl Iterator<Item = TypeId> {
        self.types
            .iter()
            .enumerate()
            .filter(move |(_, ty)| kind(&ty.kind))
            .map(|(at, _)| TypeId::at(at))
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

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// `Bool`
    Bool,
    /// `Long`
    Long,
    /// `String`
    String,
    /// `decimal`
    Decimal,
    /// `datetime`
    Datetime,
    /// `duration`
    Duration,
    /// `ipaddr`
    Ipaddr,
    /// `Set<T>`
    Set(Box<Ty>),
    /// A record.
    Record(BTreeMap<String, Attribute>),
    /// An entity or an enumeration's member.
    Entity(TypeId),
    /// An entity type that the compiler generates, or one not yet resolved: its Cedar name.
    Named(String),
    /// Not known: a fault already reported, or nothing this room can tell. Cedar's validator has the last word.
    Unknown,
}

/// An attribute of an entity, a record or a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub ty: Ty,
    /// Whether it must be there.
    pub required: bool,
    /// `@masked`.
    pub masked: bool,
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text.
    pub annotations: Vec<(String, String)>,
    /// Where it is declared.
    pub span: Span,
}

/// An attribute of the common context.
#[derive(Debug, Clone)]
pub struct ContextAttribute {
    /// Type and place.
    pub attribute: Attribute,
    /// Who vouches for it.
    pub provenance: Provenance,
}

impl ContextAttribute {
    /// Whether nobody but the caller vouches for it.
    #[must_use]
    pub fn is_from_caller(&self) -> bool {
        self.provenance == Provenance::Caller
    }
}

/// What an entity type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// `principal`
    Principal,
    /// `resource`
    Resource,
    /// `group`
    Group,
    /// `enum`, `ordered enum`
    Enum {
        /// Whether members rise from first to last.
        ordered: bool,
        /// The members in their order.
        members: Vec<String>,
    },
    /// From a raw `.cedarschema`.
    Raw,
}

/// An entity type or an enumeration.
#[derive(Debug, Clone)]
pub struct EntityType {
    /// The name: without the program's namespace, with any other.
    pub name: String,
    /// The full Cedar name, `Marketplace::User`.
    pub cedar: String,
    /// What it is.
    pub kind: TypeKind,
    /// Whether a raw `.cedarschema` declares it.
    pub from_schema: bool,
    /// Where its name stands.
    pub span: Span,
    /// Its possible parents.
    pub parents: Vec<ParentLink>,
    /// Its attributes: declared ones and those that name a parent.
    pub attributes: BTreeMap<String, Attribute>,
    /// The type of its tags.
    pub tags: Option<Ty>,
    /// `holds roles`.
    pub holds_roles: bool,
    /// Its actions.
    pub actions: Vec<ActionId>,
    /// Groups of its actions: name → members.
    pub groups: BTreeMap<String, Vec<ActionId>>,
    /// Its description.
    pub doc: Option<String>,
    /// `@x_…`, `@owner`, … as name and text.
    pub annotations: Vec<(String, String)>,
}

/// A possible parent of an entity type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentLink {
    /// The parent's type.
    pub ty: TypeId,
    /// The attribute that holds the one parent; absent: any number of memberships.
    pub attribute: Option<String>,
    /// `?`: the one parent may be absent.
    pub optional: bool,
    /// Where it is declared.
    pub span: Span,
}

/// What an action does, as its annotations say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionEffects {
    /// `@reads`
    pub reads: bool,
    /// `@writes("attr", …)`; `Some` and empty: writes, without saying what.
    pub writes: Option<Vec<Text>>,
    /// `@assigns("role", …)`
    pub assigns: Vec<Text>,
}

/// An action.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its own name, `approve`; for a raw action its Cedar id.
    pub name: String,
    /// The Cedar entity: type `Marketplace::Action` and id `Payout.approve`.
    pub cedar: (String, String),
    /// The resource type that declares it; `None` for a raw action.
    pub declared_on: Option<TypeId>,
    /// The types a request is decided on: one for a Gate action.
    pub decided_on: Vec<TypeId>,
    /// Principal types of a raw action; those of a Gate action follow from its grants.
    pub raw_principals: Vec<TypeId>,
    /// `sensitive`.
    pub sensitive: bool,
    /// Its own context attributes (a raw action: all of them).
    pub context: BTreeMap<String, Attribute>,
    /// What it does.
    pub effects: ActionEffects,
    /// Where its name stands.
    pub span: Span,
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text.
    pub annotations: Vec<(String, String)>,
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

    /// Whether it comes from a raw schema.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.declared_on.is_none()
    }
}

/// `actions crud { … }`: its members are copied into each type that takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSet {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The types that take it.
    pub users: Vec<TypeId>,
}

/// A named condition.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Typed parameters.
    pub params: Vec<(String, Ty, Span)>,
    /// The body as written; it is typed anew for each use.
    pub body: Expr,
}

/// An exclusive end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Until {
    /// The first instant at which it no longer holds.
    pub at: Instant,
    /// Where it is written.
    pub span: Span,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its own name, `admin`.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// `on Org`.
    pub on: Option<TypeId>,
    /// Principal types that can hold it.
    pub holders: Vec<TypeId>,
    /// Roles it extends directly.
    pub extends: Vec<(RoleId, Span)>,
    /// `by attr`, with the place of the attribute's name.
    pub by: Option<(String, Span)>,
    /// `when`.
    pub when: Option<Expr>,
    /// `until`.
    pub until: Option<Until>,
    /// `@temporary`.
    pub temporary: Option<Span>,
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text; every grant of the role carries them to Cedar.
    pub annotations: Vec<(String, String)>,
    /// `role …` up to its block.
    pub header: Span,
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

/// Someone who may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Everyone of a principal type.
    Type(TypeId),
    /// Holders of a role, and of the roles that extend it.
    Role(RoleId),
}

/// What every statement carries.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its name, by which scenarios, diffs and logs speak of it: a label, or one made of its meaning.
    pub name: String,
    /// The whole statement.
    pub span: Span,
    /// The reason.
    pub because: Option<Text>,
    /// Annotations that go to Cedar, as name and text.
    pub annotations: Vec<(String, String)>,
}

/// How a grant in a per-resource role reaches the entity that carries the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationPath {
    /// `via org`: the first step.
    pub via: Option<(String, Span)>,
}

/// `allow`.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Name, place, reason.
    pub statement: Statement,
    /// Who.
    pub holder: Holder,
    /// What they may do, each action once, with the place that names it.
    pub actions: Vec<(ActionId, Span)>,
    /// The resource type named after `on`.
    pub on: TypeId,
    /// How a per-resource role is reached.
    pub path: RelationPath,
    /// The condition.
    pub when: Option<Expr>,
    /// The end.
    pub until: Option<Until>,
    /// `@temporary`.
    pub temporary: Option<Span>,
}

/// `deny`.
#[derive(Debug, Clone)]
pub struct Deny {
    /// Name, place, reason.
    pub statement: Statement,
    /// Whom; empty: everyone.
    pub who: Vec<Holder>,
    /// What.
    pub actions: Vec<ActionId>,
    /// Whether the actions were written `any`.
    pub any_action: bool,
    /// The condition.
    pub when: Option<Expr>,
}

/// `require`.
#[derive(Debug, Clone)]
pub struct Require {
    /// Name, place, reason.
    pub statement: Statement,
    /// `liftable`, where it stands.
    pub liftable: Option<Span>,
    /// What must hold.
    pub condition: Expr,
    /// For which actions.
    pub actions: Vec<ActionId>,
}

/// `isolate`.
#[derive(Debug, Clone)]
pub struct Isolation {
    /// Name and place.
    pub statement: Statement,
    /// The attribute that names the tenant.
    pub by: String,
    /// The tenant's type.
    pub tenant: TypeId,
    /// Types left out, with their reasons.
    pub except: Vec<(TypeId, Text)>,
}

/// `separate`.
#[derive(Debug, Clone)]
pub struct Separation {
    /// Name, place, reason.
    pub statement: Statement,
    /// The first duty.
    pub first: ActionId,
    /// The second duty.
    pub second: ActionId,
    /// Per object: the attribute that records who did the first. Without it: no role closure holds both.
    pub by: Option<(String, Span)>,
}

/// `break-glass`. Every clause is there: a missing one was an error or has the default that the language reference names.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The whole declaration.
    pub whole: Span,
    /// The principal type of everybody in it.
    pub principal: TypeId,
    /// Who may ask.
    pub eligible: Vec<(RoleId, Span)>,
    /// What it opens.
    pub actions: Vec<(ActionId, Span)>,
    /// Most resources in one request.
    pub max_resources: i64,
    /// Whether a reason must be given.
    pub reason: bool,
    /// Whether a ticket must be given, and the pattern it must match.
    pub ticket: Option<Option<Text>>,
    /// The condition at the request and at each use.
    pub when: Option<Expr>,
    /// How many approvals of whom; `None`: `approved by none`.
    pub approval: Option<(Number, RoleId, Span)>,
    /// How many refusals end a request.
    pub refusals: i64,
    /// How long a request may wait.
    pub pending: Duration,
    /// Longest grant.
    pub expires_within: DurationLiteral,
    /// Most uses of one grant.
    pub max_uses: i64,
    /// Rest between two grants.
    pub cooldown: Duration,
    /// Window and count of grants, where they are counted.
    pub grants_per: Option<(Duration, i64)>,
    /// Guards it lifts: indices into `requires`.
    pub lifts: Vec<(usize, Span)>,
    /// Who is told of what: event → channels.
    pub alerts: BTreeMap<String, Vec<String>>,
    /// Who may revoke, besides the requester.
    pub revokers: Vec<RoleId>,
    /// When and by whom it is reviewed.
    pub review: (Duration, RoleId),
    /// Its description.
    pub doc: Option<String>,
    /// Other annotations, as name and text.
    pub annotations: Vec<(String, String)>,
}

/// `assert`: names and types are checked here, the claim is proved elsewhere.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// Its name.
    pub name: String,
    /// The whole statement.
    pub span: Span,
    /// What it claims.
    pub claim: Claim,
    /// Who; empty: anyone.
    pub who: Vec<Holder>,
    /// What.
    pub actions: Vec<ActionId>,
    /// The condition.
    pub when: Option<Expr>,
    /// `unless break-glass g`.
    pub unless: Option<ProfileId>,
}

/// `@allow(lint, because: "…", until: "…")`.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The lint's id, still plain text.
    pub lint: String,
    /// Where the id stands.
    pub lint_span: Span,
    /// The reason.
    pub because: Option<Text>,
    /// The end.
    pub until: Option<Until>,
    /// The whole annotation.
    pub span: Span,
    /// The declaration it stands before.
    pub covers: Span,
}
