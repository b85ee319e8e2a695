//! What a program claims of its own policies, as Cedar policies that pick the requests spoken of: assertions, and what
//! isolations, guards, separations and break-glass profiles promise. Nothing of it is emitted. What a declaration promises is
//! written anew here, from the declaration: a fault in how it is lowered must not repeat itself in what it is held to.

mod apart;
mod asserts;
mod beyond;
mod break_glass;
mod builder;
mod guards;
mod left_out;
mod spoken;
mod steps;

use std::collections::BTreeSet;

pub use apart::Apart;
pub use beyond::{Beyond, beyond};
pub(super) use builder::Claims;
use cedar_policy::Policy;
pub use spoken::{Spoken, spoken};

use crate::bundle::{OriginKind, PROFILE_TYPE, RolesForm};
use crate::clauses::Step;
use crate::diag::Diagnostics;
use crate::graph::{ActionId, Profile, StatementId, TypeId};
use crate::text::Span;
use crate::typing::{Budget, Conditions, TypedExpr};

use super::draft::{Draft, Effect, Entity, Part, Subject};
use super::names::{profile_entity, qualified, step_action};

/// A claim about the policies of a program.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name, unique among those of its kind.
    pub name: String,
    /// What it comes from.
    pub kind: PropertyKind,
    /// The declaration that makes it.
    pub span: Span,
    /// What is claimed, in words; empty: the words at the span.
    pub words: String,
    /// What is claimed of the requests.
    pub claim: Promise,
    /// The requests spoken of: those that this set allows.
    pub requests: Vec<Policy>,
    /// Forbids that take out further requests of that set: those that a grant excuses. Apart, since much is proved without them.
    pub excused: Vec<Policy>,
    /// The permits of the program that count.
    pub counted: Counted,
    /// Pairs of types that it does not reach, because its condition does not type there.
    pub skipped: Vec<String>,
    /// Kinds of request that it speaks of and that the schema does not have; their permits are among `requests`.
    pub apart: Vec<Apart>,
    /// Whether it has a condition of its own, which no request may be able to meet.
    pub is_conditional: bool,
}

impl Property {
    /// `assert tenants_apart`
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.kind.word(), self.name)
    }

    /// Whether it is meant by a name.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        is_called(self.kind.word(), &self.name, name)
    }
}

/// Whether a promise of a kind is meant by a name: its own, with or without the kind before it, or its first parts.
#[must_use]
pub fn is_called(kind: &str, own: &str, name: &str) -> bool {
    let plain = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' '));
    let name = plain.unwrap_or(name);
    let below = own.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    own == name || below
}

/// What a property comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PropertyKind {
    /// `assert`
    Assertion,
    /// `isolate`
    Isolation,
    /// `require`
    Require,
    /// `separate`
    Separation,
    /// `break-glass`
    BreakGlass,
}

impl PropertyKind {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Assertion => "assert",
            Self::Isolation => "isolate",
            Self::Require => "require",
            Self::Separation => "separate",
            Self::BreakGlass => "break-glass",
        }
    }
}

/// What is claimed of the requests that a property speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// None is allowed.
    Never,
    /// Each is allowed.
    Always,
    /// Some is allowed.
    Possible,
}

/// Which permits count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// All of them.
    All,
    /// All but those that grants of these profiles open.
    Without(BTreeSet<String>),
    /// Those that grants of this profile open, and no other.
    Only(String),
}

impl Counted {
    /// Whether a policy counts. Forbids always do.
    #[must_use]
    pub fn counts(&self, draft: &Draft) -> bool {
        let opened = draft.kind == OriginKind::BreakGlass && draft.resource_is.is_none();
        match self {
            _ if draft.effect == Effect::Forbid => true,
            Self::All => true,
            Self::Without(profiles) => !(opened && profiles.contains(&draft.statement)),
            Self::Only(profile) => opened && draft.statement == *profile,
        }
    }
}

/// Everything that a program claims of itself, in the order of kinds and declarations.
///
/// # Errors
/// Where a claim could not be written as Cedar, by name, a fault of ours; and where the claims expand to too much.
pub fn properties(conditions: &Conditions, form: RolesForm) -> Result<Vec<Property>, String> {
    let budget = Budget::of(conditions.program());
    let cx = Claims::new(conditions, form, &budget);
    let mut claims = Vec::new();
    cx.claimed_by_asserts(&mut claims);
    cx.claimed_by_isolations(&mut claims);
    cx.claimed_by_requires(&mut claims);
    cx.claimed_by_separations(&mut claims);
    cx.claimed_by_profiles(&mut claims);
    if let Some(fault) = budget.fault() {
        return Err(fault.message);
    }
    claims.into_iter().map(Claim::property).collect()
}

/// The requests that the assertions with a condition speak of, so that Cedar's validator can be asked about them.
/// Assertions that expand to too much are told, and what a condition leaves out.
pub(super) fn conditions(conditions: &Conditions, form: RolesForm, out: &mut Diagnostics) -> Vec<Draft> {
    let budget = Budget::of(conditions.program());
    let cx = Claims::new(conditions, form, &budget);
    let mut claims = Vec::new();
    cx.claimed_by_asserts(&mut claims);
    out.extend(budget.fault());
    let with_condition = claims.into_iter().zip(&conditions.program().assertions);
    let with_condition: Vec<_> = with_condition.collect();
    out.extend(with_condition.iter().filter_map(|(claim, assertion)| cx.leaves_out(claim, assertion)));
    with_condition
        .into_iter()
        .filter(|(_, assertion)| assertion.when.is_some())
        .flat_map(|(claim, _)| {
            // Of what the schema has no requests of, Cedar's validator has nothing to say.
            let apart = claim.apart;
            let is_apart = move |draft: &Draft| {
                let of = |one: &Apart| {
                    draft.principal.as_ref() == Some(&one.principal) && draft.actions.contains(&one.action)
                };
                apart.iter().any(of)
            };
            claim.requests.into_iter().filter(move |draft| !is_apart(draft))
        })
        .filter(|draft| draft.effect == Effect::Permit)
        .map(|draft| Draft { id: "assertion".to_owned(), ..draft })
        .collect()
}

/// A property before it is Cedar.
struct Claim {
    /// The statement that makes it.
    of: StatementId,
    name: String,
    kind: PropertyKind,
    span: Span,
    words: String,
    promise: Promise,
    counted: Counted,
    requests: Vec<Draft>,
    excused: Vec<Draft>,
    skipped: BTreeSet<String>,
    /// Kinds of request among `skipped` for which the condition has no meaning, though it speaks of them by name or by `any`.
    untyped: Vec<Target>,
    apart: Vec<Apart>,
    is_conditional: bool,
}

impl Claim {
    fn new(of: &StatementId, name: &str, kind: PropertyKind, span: Span, words: impl Into<String>) -> Self {
        Self {
            of: of.clone(),
            name: name.to_owned(),
            kind,
            span,
            words: words.into(),
            promise: Promise::Never,
            counted: Counted::All,
            requests: Vec::new(),
            excused: Vec::new(),
            skipped: BTreeSet::new(),
            untyped: Vec::new(),
            apart: Vec::new(),
            is_conditional: false,
        }
    }

    fn property(self) -> Result<Property, String> {
        let written = |drafts: &[Draft], group: &str| {
            let each = drafts.iter().enumerate().map(|(number, draft)| {
                let numbered = Draft { id: format!("{group}-{number}"), ..draft.clone() };
                numbered.policy("").map_err(|error| format!("`{}`: {error}", self.name))
            });
            each.collect::<Result<Vec<_>, _>>()
        };
        Ok(Property {
            requests: written(&self.requests, "request")?,
            excused: written(&self.excused, "excused")?,
            name: self.name,
            kind: self.kind,
            span: self.span,
            words: self.words,
            claim: self.promise,
            counted: self.counted,
            skipped: self.skipped.into_iter().collect(),
            apart: self.apart,
            is_conditional: self.is_conditional,
        })
    }

    /// Adds requests of a pair of types for an action.
    fn add(&mut self, cx: &Claims<'_>, effect: Effect, target: Target, when: Vec<TypedExpr>) {
        self.requests.extend(self.of_target(cx, effect, target, when));
    }

    /// Takes out requests that a grant excuses.
    fn excuse(&mut self, cx: &Claims<'_>, target: Target, when: Vec<TypedExpr>) {
        self.excused.extend(self.of_target(cx, Effect::Forbid, target, when));
    }

    fn of_target(&self, cx: &Claims<'_>, effect: Effect, target: Target, when: Vec<TypedExpr>) -> Option<Draft> {
        let action = cx.program.action(target.action)?.cedar.clone();
        let draft = self.draft(cx, effect, cx.cedar_type(target.principal), action, when);
        Some(Draft { resource: Some(cx.cedar_type(target.resource)), ..draft })
    }

    fn draft(&self, cx: &Claims<'_>, effect: Effect, principal: String, action: Entity, when: Vec<TypedExpr>) -> Draft {
        let parts = when.iter().map(TypedExpr::parts).sum();
        let _ = cx.budget.spend_policy(self.span, parts);
        Draft {
            id: String::new(),
            effect,
            principal: Some(principal),
            subject: Subject::Everyone,
            role: None,
            role_test: None,
            actions: vec![action],
            resource: None,
            resource_is: None,
            when: when.into_iter().map(Part::written).collect(),
            unless: Vec::new(),
            lifted_by: Vec::new(),
            of: self.of.clone(),
            statement: self.name.clone(),
            kind: OriginKind::Raw,
            span: self.span,
            inherited_by: None,
            because: None,
            annotations: Vec::new(),
        }
    }

    /// Adds requests for a step of a profile.
    fn add_step(&mut self, cx: &Claims<'_>, effect: Effect, at: (&Profile, Step), when: Vec<TypedExpr>) {
        self.add_step_of(cx, effect, at, at.0.principal, when);
    }

    /// The same for principals of a type.
    fn add_step_of(
        &mut self,
        cx: &Claims<'_>,
        effect: Effect,
        (profile, step): (&Profile, Step),
        principal: TypeId,
        when: Vec<TypedExpr>,
    ) {
        let action = step_action(cx.program, step, profile);
        let draft = self.draft(cx, effect, cx.cedar_type(principal), action, when);
        self.requests.push(Draft {
            resource: Some(qualified(cx.program, PROFILE_TYPE)),
            resource_is: Some(profile_entity(cx.program, profile)),
            ..draft
        });
    }

    /// Adds all requests of a pair of types for an action but those of which something holds. What errors does not hold.
    fn all_but(&mut self, cx: &Claims<'_>, target: Target, fine: Vec<TypedExpr>) {
        self.add(cx, Effect::Permit, target, Vec::new());
        for expr in fine {
            self.add(cx, Effect::Forbid, target, vec![expr]);
        }
    }
}

/// A kind of request.
#[derive(Debug, Clone, Copy)]
struct Target {
    principal: TypeId,
    action: ActionId,
    resource: TypeId,
}

#[cfg(test)]
#[test]
fn a_promise_is_called_by_its_name_its_kind_and_name_and_whole_first_parts() {
    let called = |name| is_called("break-glass", "incident.expiry", name);
    for name in ["incident.expiry", "incident", "break-glass incident", "break-glass incident.expiry"] {
        assert!(called(name), "{name}");
    }
    for name in ["", "inc", "expiry", "break-glass", "assert incident", "incident.expiry.late"] {
        assert!(!called(name), "{name}");
    }
}
