//! Break-glass profiles.

use crate::clauses::Clause;
use crate::text::Span;

use super::{Actions, DurationLiteral, Expr, Ident, Number, Path, Text, Types};

/// `break-glass payout_incident { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassDecl {
    /// The name.
    pub name: Ident,
    /// The clauses in their order.
    pub clauses: Vec<BreakGlassClause>,
}

/// A clause with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassClause {
    /// What it says.
    pub kind: BreakGlassKind,
    /// The whole clause.
    pub span: Span,
}

/// The clauses of a break-glass profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakGlassKind {
    /// `for support, Org.admin;`
    For(Vec<Path>),
    /// `grants read, approve on Payout;`
    Grants(Actions, Types),
    /// A bound: `resources at most 5;`, `expires within 2h;`
    Bound(Clause, Amount),
    /// `requires reason, ticket like "INC-*";`
    Requires(Vec<Requirement>),
    /// `when step_up;`
    When(Expr),
    /// `approved by 2 of security_lead;`
    ApprovedBy(Number, Path),
    /// `approved by none;`
    ApprovedByNone,
    /// `grants per 24h at most 2;`
    GrantsPer(DurationLiteral, Number),
    /// `lifts risk_gate;`
    Lifts(Vec<Ident>),
    /// `alerts on request, use to "secops";`
    Alerts(Vec<Ident>, Text),
    /// `revoked by security_lead;`
    RevokedBy(Vec<Path>),
    /// `review within 24h by security_lead;`
    Review(DurationLiteral, Path),
}

/// The number or the duration of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// `5`
    Count(Number),
    /// `2h`
    Duration(DurationLiteral),
}

impl Amount {
    /// Its value: a duration in milliseconds.
    #[must_use]
    pub fn value(self) -> i64 {
        match self {
            Self::Count(number) => number.value,
            Self::Duration(duration) => duration.value.0,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::Count(number) => number.span,
            Self::Duration(duration) => duration.span,
        }
    }
}

/// `reason`, `ticket like "INC-*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What the request must carry: `reason` or `ticket`.
    pub name: Ident,
    /// A pattern it must match.
    pub like: Option<Text>,
}
