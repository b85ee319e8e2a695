//! What an assertion speaks of, whatever is granted today: each kind of request that the program could have, and what picks
//! requests of it, with conditions, roles and the order of members spelt out. Two programs that say an assertion in the same
//! words are compared by it. Nobody is shown the tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{PROFILE_TYPE, RolesForm};
use crate::graph::{Assertion, Program, TypeId, TypeKind};
use crate::lower::draft::{Effect, Entity};
use crate::lower::names::{qualified, step_action};
use crate::lower::text;
use crate::syntax::ast::Operator;
use crate::typing::{Budget, Conditions, Method, TypedExpr, TypedKind};

use super::asserts::Pick;
use super::{Claims, Target};

/// The types of principal and resource and the action, as Cedar names them.
type Kind = (String, Entity, String);

/// Alternatives, one of which has to hold.
type Test = BTreeSet<String>;

/// What an assertion speaks of.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// What picks requests of each kind; nothing, where the condition does not type or nobody whom it names is of the type.
    kinds: BTreeMap<Kind, Vec<Picked>>,
    /// Whether something is missing because it expands to too much.
    is_cut: bool,
}

/// What picks requests of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Picked {
    effect: Effect,
    /// The role that is tested, if any.
    role: Option<String>,
    /// What has to hold, all of it.
    when: BTreeSet<Test>,
}

/// What an assertion of a program speaks of. The form of roles is set aside: it is a term of its own.
#[must_use]
pub fn spoken(conditions: &Conditions, assertion: &Assertion) -> Spoken {
    let program = conditions.program();
    // What does not type is left out here as it is where the assertion is proved.
    let budget = Budget::of(program);
    let cx = Claims::new(conditions, RolesForm::Parents, &budget);
    let mut spoken = Spoken::default();
    for target in cx.every_kind(assertion) {
        let Some(action) = program.action(target.action).map(|action| action.cedar.clone()) else { continue };
        let kind = (cx.cedar_type(target.principal), action, cx.cedar_type(target.resource));
        let picks = cx.picks(assertion, target);
        spoken.add(program, kind, picks);
    }
    for (profile, step) in cx.steps_of(&assertion.steps) {
        for principal in program.types_of(|kind| *kind == TypeKind::Principal) {
            let action = step_action(program, step, profile);
            let kind = (cx.cedar_type(principal), action, qualified(program, PROFILE_TYPE));
            let picks = cx.step_picks(assertion, (profile, step), principal);
            spoken.add(program, kind, picks);
        }
    }
    spoken.is_cut = budget.is_spent();
    spoken
}

impl Spoken {
    fn add(&mut self, program: &Program, kind: Kind, picks: Option<Vec<Pick>>) {
        let picked = picks.into_iter().flatten().map(|pick| Picked {
            effect: pick.effect,
            role: pick.role.map(|id| program.role_name(id)),
            when: pick.when.iter().flat_map(conjuncts).map(|expr| alternatives(expr).collect()).collect(),
        });
        self.kinds.entry(kind).or_default().extend(picked);
    }

    /// Whether it speaks of every request that another program's assertion speaks of, as far as there are such kinds of request
    /// and such roles on this side. Of `only`: and lets off nobody whom the other does not.
    #[must_use]
    pub fn covers(&self, other: &Self, has_role: impl Fn(&str) -> bool) -> bool {
        let is_left = |picked: &Picked| picked.role.as_deref().is_none_or(&has_role);
        !self.is_cut
            && !other.is_cut
            && self.shared(other).all(|(own, others)| {
                let spoken = others.iter().filter(|one| one.effect == Effect::Permit && is_left(one));
                let mut let_off = own.iter().filter(|one| one.effect == Effect::Forbid);
                spoken.into_iter().all(|one| one.is_within(own)) && let_off.all(|one| one.is_within(others))
            })
    }

    /// Whether it speaks of no more than another program's assertion does, as far as there are such kinds of request there.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        !self.is_cut
            && !other.is_cut
            && self.shared(other).all(|(own, others)| own.iter().all(|one| one.is_within(others)))
    }

    /// What both say of each kind of request that both sides have.
    fn shared<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a [Picked], &'a [Picked])> {
        self.kinds.iter().filter_map(|(kind, own)| Some((own.as_slice(), other.kinds.get(kind)?.as_slice())))
    }

    /// Whether some test names a member of a type.
    #[must_use]
    pub fn names(&self, cedar_type: &str) -> bool {
        let member = format!("{cedar_type}::\"");
        let mut tests = self.kinds.values().flatten().flat_map(|picked| &picked.when).flatten();
        tests.any(|test| {
            test.match_indices(&member).any(|(at, _)| {
                let before = test.get(..at).and_then(|before| before.chars().next_back());
                before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
            })
        })
    }
}

impl Picked {
    /// Whether some of the others picks every request that this one does: what it wants follows from what this one wants.
    fn is_within(&self, others: &[Self]) -> bool {
        let follows = |wanted: &Test| self.when.iter().any(|test| test.is_subset(wanted));
        others.iter().any(|other| self.effect == other.effect && other.when.iter().all(follows))
    }
}

impl Claims<'_> {
    /// Every kind of request for the actions of an assertion, whoever they are granted to.
    fn every_kind(&self, assertion: &Assertion) -> Vec<Target> {
        let principals: BTreeSet<TypeId> = self.program.types_of(|kind| *kind == TypeKind::Principal).collect();
        let mut found = Vec::new();
        for action in &assertion.actions {
            let others = self.program.principals_of(*action).into_iter().filter(|ty| !principals.contains(ty));
            for principal in principals.iter().copied().chain(others) {
                for resource in self.program.decided_on(*action, &assertion.on) {
                    found.push(Target { principal, action: *action, resource });
                }
            }
        }
        found
    }
}

/// The parts of an expression that all have to hold.
fn conjuncts(expr: &TypedExpr) -> Vec<&TypedExpr> {
    match &expr.kind {
        TypedKind::And(all) => all.iter().flat_map(conjuncts).collect(),
        TypedKind::Named(_, body) => conjuncts(body),
        TypedKind::Bool(true) => Vec::new(),
        _ => vec![expr],
    }
}

/// The parts of an expression one of which has to hold. A test of several members is one of each.
fn alternatives(expr: &TypedExpr) -> Box<dyn Iterator<Item = String> + '_> {
    match &expr.kind {
        TypedKind::Or(all) => Box::new(all.iter().flat_map(alternatives)),
        TypedKind::Named(_, body) => alternatives(body),
        TypedKind::Method(set, Method::Contains, args) => match (&set.kind, args.as_slice()) {
            (TypedKind::Set(members), [value]) => Box::new(members.iter().map(|member| equal(value, member))),
            _ => Box::new(std::iter::once(text::expression(expr))),
        },
        TypedKind::Binary(Operator::Equal, left, right) => Box::new(std::iter::once(equal(left, right))),
        _ => Box::new(std::iter::once(text::expression(expr))),
    }
}

/// A test of two values, which has no order.
fn equal(one: &TypedExpr, other: &TypedExpr) -> String {
    let mut both = [text::expression(one), text::expression(other)];
    both.sort();
    both.join(" == ")
}
