//! A policy before it is Cedar: scope, conjuncts and where they come from.

use crate::bundle::OriginKind;
use crate::graph::{ProfileId, RoleId, StatementId};
use crate::text::{Instant, Span};
use crate::typing::TypedExpr;

/// Permit or forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Lets in.
    Permit,
    /// Keeps out.
    Forbid,
}

/// Whom a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Everyone of its principal type.
    Everyone,
    /// Holders of a role, which its scope or its condition tests.
    Role(RoleId),
    /// Whoever takes part in a break-glass.
    Profile(ProfileId),
}

/// An entity: full Cedar type and id.
pub type Entity = (String, String);

/// A policy to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Cedar policy id.
    pub id: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// Full Cedar type of the principal; `None`: any.
    pub principal: Option<String>,
    /// Whom it is about.
    pub subject: Subject,
    /// In this role, besides.
    pub role: Option<Entity>,
    /// How that is tested, where the scope cannot: roles are not held as parents, or not only.
    pub role_test: Option<TypedExpr>,
    /// The actions, as Cedar entities; empty: any.
    pub actions: Vec<Entity>,
    /// Full Cedar type of the resource; `None`: any.
    pub resource: Option<String>,
    /// The very resource, where there is only one: a break-glass profile.
    pub resource_is: Option<Entity>,
    /// Conjuncts of the condition, in the order Cedar evaluates them.
    pub when: Vec<Part>,
    /// What a guard requires: the forbid applies unless all of these hold.
    pub unless: Vec<Part>,
    /// What lifts a guard besides: alternatives to all of `unless`.
    pub lifted_by: Vec<TypedExpr>,
    /// The statement it is made of.
    pub of: StatementId,
    /// The name under which logs speak of it: the statement's, or that and a step of it.
    pub statement: String,
    /// Its kind.
    pub kind: OriginKind,
    /// Where it stands.
    pub span: Span,
    /// The role this copy is for, where it is inherited.
    pub inherited_by: Option<String>,
    /// The reason.
    pub because: Option<String>,
    /// Further annotations.
    pub annotations: Vec<(String, String)>,
}

impl Draft {
    /// The conjuncts of the condition, the test of the role before all others.
    pub fn conjuncts(&self) -> impl Iterator<Item = Part> {
        let role = self.role.iter().zip(&self.role_test);
        let role = role.map(|((_, name), test)| Part::generated(test.clone(), format!("role {name}")));
        role.chain(self.when.iter().cloned())
    }

    /// The role that the scope tests.
    #[must_use]
    pub fn scope_role(&self) -> Option<&Entity> {
        self.role.as_ref().filter(|_| self.role_test.is_none())
    }
}

/// One conjunct.
#[derive(Debug, Clone)]
pub struct Part {
    /// What must hold.
    pub expr: TypedExpr,
    /// Gate's words for a generated conjunct; `None`: the words at the expression's span.
    pub words: Option<String>,
    /// The guard it was conjoined from.
    pub guard: Option<String>,
    /// The end that it keeps, of an `until`.
    pub until: Option<Instant>,
}

impl Part {
    /// An author's condition.
    #[must_use]
    pub fn written(expr: TypedExpr) -> Self {
        Self { expr, words: None, guard: None, until: None }
    }

    /// A conjunct the compiler makes, in Gate's words.
    #[must_use]
    pub fn generated(expr: TypedExpr, words: impl Into<String>) -> Self {
        Self { expr, words: Some(words.into()), guard: None, until: None }
    }

    /// The end of an `until`.
    #[must_use]
    pub fn ending(expr: TypedExpr, at: Instant) -> Self {
        Self { until: Some(at), ..Self::generated(expr, format!("until \"{at}\"")) }
    }

    /// The same, conjoined from a guard.
    #[must_use]
    pub fn of_guard(mut self, guard: &str) -> Self {
        self.guard = Some(guard.to_owned());
        self
    }
}

/// A policy id from a statement's name and what tells its copies apart. Dots become colons, since other Cedar clients
/// allow only letters, digits, `_`, `-` and `:`; `--` cannot stand in a Gate name.
#[must_use]
pub(super) fn policy_id(statement: &str, variants: &[&str]) -> String {
    let mut id = statement.replace('.', ":");
    for variant in variants {
        id.push_str("--");
        id.push_str(&variant.replace('.', ":"));
    }
    id
}
