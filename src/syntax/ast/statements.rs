//! Grants, guards and assertions.

use crate::text::Span;

use super::{Expr, Ident, InstantLiteral, Path, Text};

/// Someone who may act: a type, a role, a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// One or more names.
    Names(Vec<Path>),
}

impl Who {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// The actions of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// `read, list` — relative to the type named after `on`.
    Names(Vec<Ident>),
}

impl Actions {
    /// Where they stand.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// The resource types of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Types {
    /// `any`: only where it takes access away or asks a question.
    Any(Span),
    /// One or more names.
    Names(Vec<Path>),
}

impl Types {
    /// Where they stand.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Any(span) => Some(*span),
            Self::Names(names) => names.iter().map(|name| name.span).reduce(Span::to),
        }
    }
}

/// `allow [WHO to] read, list on Payout [via org] [when …] [because "…"] [until "…"];`.
/// `any` is parsed everywhere so that it can be refused with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDecl {
    /// Who; absent in a role.
    pub who: Option<Who>,
    /// What they may do.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// `via org`: which parent path reaches the resource that carries the role.
    pub via: Option<Ident>,
    /// The condition.
    pub when: Option<Expr>,
    /// The reason.
    pub because: Option<Text>,
    /// Exclusive end.
    pub until: Option<InstantLiteral>,
}

/// `deny WHO to ACTIONS on TYPES [when …] [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyDecl {
    /// Whom.
    pub who: Who,
    /// What.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// The condition.
    pub when: Option<Expr>,
    /// The reason.
    pub because: Option<Text>,
}

/// `[liftable] require EXPR for Payout.approve, … [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireDecl {
    /// `liftable`, where it stands: a break-glass may lift this guard.
    pub liftable: Option<Span>,
    /// What must hold.
    pub condition: Expr,
    /// `Payout.approve`: type and action.
    pub actions: Vec<Path>,
    /// The reason.
    pub because: Option<Text>,
}

/// `isolate by org [except T because "…"], …;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolateDecl {
    /// The parent attribute that names the tenant.
    pub by: Ident,
    /// Types left out, each with its reason.
    pub except: Vec<IsolateException>,
}

/// `except T because "…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolateException {
    /// The type left out.
    pub ty: Path,
    /// Why.
    pub because: Text,
}

/// `separate Payout.create from Payout.approve [by created_by] [because "…"];`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeparateDecl {
    /// The first duty.
    pub first: Path,
    /// The second duty.
    pub second: Path,
    /// The attribute that records who did the first.
    pub by: Option<Ident>,
    /// The reason.
    pub because: Option<Text>,
}

/// `assert name: never|only|always|possible …;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertDecl {
    /// The name.
    pub name: Ident,
    /// Which kind of claim.
    pub claim: Claim,
    /// Who.
    pub who: Who,
    /// What.
    pub actions: Actions,
    /// On what.
    pub on: Types,
    /// `when …`.
    pub when: Option<Expr>,
    /// `unless break-glass g`.
    pub unless: Option<Ident>,
}

/// What an assertion claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// No such request is allowed.
    Never,
    /// Nobody else is allowed.
    Only,
    /// Every such request is allowed.
    Always,
    /// Some such request is allowed.
    Possible,
}
