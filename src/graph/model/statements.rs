//! Roles, grants, guards, break-glass profiles and assertions.

use std::collections::BTreeMap;

use crate::clauses::Clause;
use crate::syntax::ast::{Expr, Number, Text};
use crate::text::{Duration, Instant, Span};

use super::{ProfileStep, StatementId, Ty};
use crate::graph::{ActionId, ProfileId, RoleId, TypeId};

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
    /// Which statement it is.
    pub id: StatementId,
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
    /// Which it is.
    pub id: StatementId,
    /// Its name, by which scenarios, diffs and logs speak of it: a label, or one made of its meaning.
    pub name: String,
    /// Whether the name is a label.
    pub labelled: bool,
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
    /// What it opens besides, because it names a wildcard.
    pub implied: Vec<Implied>,
    /// How a per-resource role is reached.
    pub path: RelationPath,
    /// The condition.
    pub when: Option<Expr>,
    /// The end.
    pub until: Option<Until>,
    /// `@temporary`.
    pub temporary: Option<Span>,
}

impl Grant {
    /// Whether it opens an action, by its name or by a wildcard.
    #[must_use]
    pub fn opens(&self, action: ActionId) -> bool {
        self.actions.iter().any(|(named, _)| *named == action)
            || self.implied.iter().any(|implied| implied.actions.contains(&action))
    }
}

/// Actions of one type that a grant opens because it names a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implied {
    /// The type.
    pub on: TypeId,
    /// Its actions, in the order of their declarations.
    pub actions: Vec<ActionId>,
}

/// `deny`.
#[derive(Debug, Clone)]
pub struct Deny {
    /// Name, place, reason.
    pub statement: Statement,
    /// Whom; empty: everyone.
    pub who: Vec<Holder>,
    /// What, with all that wildcards stand for.
    pub actions: Vec<ActionId>,
    /// Those of the actions that it names one by one, without what wildcards stand for; none where it says `any`.
    pub named: Vec<ActionId>,
    /// Steps of break-glass profiles, in order.
    pub steps: Vec<ProfileStep>,
    /// The resource types named after `on`; empty: any, or profiles alone.
    pub on: Vec<TypeId>,
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
    /// For which actions, with all that wildcards stand for.
    pub actions: Vec<ActionId>,
    /// Those of the actions that it names, without what wildcards stand for.
    pub named: Vec<ActionId>,
    /// For which steps of break-glass profiles, in order.
    pub steps: Vec<ProfileStep>,
    /// The types named before the actions.
    pub on: Vec<TypeId>,
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
    /// Which statement it is.
    pub id: StatementId,
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
    /// On which types: one entry for each type that an action is named on.
    pub on: Vec<(ActionId, TypeId)>,
    /// The bounds that it says, and those that have a default.
    pub bounds: BTreeMap<Clause, Bounded>,
    /// Whether a reason must be given.
    pub reason: bool,
    /// Whether a ticket must be given, and the pattern it must match.
    pub ticket: Option<Option<Text>>,
    /// The condition at the request and at each use.
    pub when: Option<Expr>,
    /// How many approvals of whom; `None`: `approved by none`.
    pub approval: Option<(Number, RoleId, Span)>,
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

/// The value of a bound, and where it stands: at the profile's name where it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounded {
    /// A number, or milliseconds.
    pub value: i64,
    /// Its place.
    pub span: Span,
}

impl Profile {
    /// The number of a bound; 0 where there is none.
    #[must_use]
    pub fn count(&self, clause: Clause) -> i64 {
        self.bounds.get(&clause).map_or(0, |bound| bound.value)
    }

    /// The duration of a bound; no time where there is none.
    #[must_use]
    pub fn duration(&self, clause: Clause) -> Duration {
        Duration(self.count(clause))
    }

    /// The duration of a bound that the profile has.
    #[must_use]
    pub fn limit(&self, clause: Clause) -> Option<Duration> {
        self.bounds.get(&clause).map(|bound| Duration(bound.value))
    }

    /// Where a bound stands.
    #[must_use]
    pub fn bound_span(&self, clause: Clause) -> Span {
        self.bounds.get(&clause).map_or(self.span, |bound| bound.span)
    }
}

/// `assert`: names and types are checked here, the claim is proved elsewhere.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// Which statement it is.
    pub id: StatementId,
    /// Its name.
    pub name: String,
    /// The whole statement.
    pub span: Span,
    /// What it claims.
    pub claim: Claimed,
    /// Who; empty: anyone.
    pub who: Vec<Holder>,
    /// What, with all that wildcards stand for.
    pub actions: Vec<ActionId>,
    /// Steps of break-glass profiles, in order.
    pub steps: Vec<ProfileStep>,
    /// The resource types named after `on`; empty: any, or profiles alone.
    pub on: Vec<TypeId>,
    /// The condition.
    pub when: Option<Expr>,
    /// `unless break-glass g`.
    pub unless: Option<ProfileId>,
}

/// The claims of `assert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claimed {
    /// No such request is allowed.
    Never,
    /// Nobody else is allowed.
    Only,
    /// Every such request is allowed.
    Always,
    /// Some such request is allowed.
    Possible,
}

impl Claimed {
    /// The word that makes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Only => "only",
            Self::Always => "always",
            Self::Possible => "possible",
        }
    }
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
