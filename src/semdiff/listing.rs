//! The policies of one side by the kinds of request that their scopes admit, each with whom it is for.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PrincipalConstraint};

use crate::analysis::{Environment, Environments, Rule, reads_groups};
use crate::lower::{Draft, Part, Subject};
use crate::syntax::ast::Operator;
use crate::typing::{TypedExpr, TypedKind};

use super::align::Aligned;
use super::common_schema;
use super::holder::Holder;
use super::wild::Wildcards;

/// A policy.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    pub(super) id: String,
    pub(super) effect: Effect,
    /// What it says once its scope admits a request.
    pub(super) rule: Rule,
    pub(super) holder: Holder,
    pub(super) policy: &'a Policy,
    /// What it was made of; `None` for a raw policy.
    pub(super) draft: Option<&'a Draft>,
    /// Whether a wildcard implies it, and its grant does not name its actions.
    pub(super) implied: bool,
    /// Whether what it says depends on groups of actions that cannot be written out.
    pub(super) reads_groups: bool,
}

/// All policies of a side.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    pub(super) environments: Environments,
    pub(super) all: Vec<Listed<'a>>,
    slices: BTreeMap<Environment, Vec<usize>>,
    /// Policies that no question takes, by id.
    pub(super) refused: Vec<String>,
}

/// One side in one kind of request. Policies that say the same are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Half<'a> {
    pub(super) permits: BTreeMap<Holder, Says<'a>>,
    pub(super) forbids: Says<'a>,
}

/// Policies by what they say.
pub(super) type Says<'a> = BTreeMap<Rule, &'a Listed<'a>>;

impl Listed<'_> {
    /// The kinds of request of the wildcards that imply it in a kind of request; none where it is written.
    fn sources(&self, wildcards: &Wildcards<'_>, env: &Environment) -> BTreeSet<Environment> {
        let implied = self.draft.filter(|_| self.implied);
        implied.map_or_else(BTreeSet::new, |draft| wildcards.sources(draft, env))
    }
}

impl<'a> Listing<'a> {
    /// Lists a side; `None` where it has no schema.
    pub(super) fn new(side: &'a Aligned<'_>) -> Option<Self> {
        let lowered = side.lowered.as_ref();
        let environments = Environments::new(lowered.schema.as_ref()?);
        let wildcards = Wildcards::new(&side.program);
        let drafts: BTreeMap<&str, &Draft> = lowered.drafts.iter().map(|draft| (draft.id.as_str(), draft)).collect();
        let mut listing = Self {
            slices: environments.iter().map(|env| (env.clone(), Vec::new())).collect(),
            environments,
            all: Vec::new(),
            refused: Vec::new(),
        };
        for policy in common_schema::policies(lowered) {
            let id = policy.id().to_string();
            let Some(rule) = Rule::of_any_action(policy) else {
                listing.refused.push(id);
                continue;
            };
            for env in listing.environments.admitting(policy) {
                if let Some(slice) = listing.slices.get_mut(env) {
                    slice.push(listing.all.len());
                }
            }
            let draft = drafts.get(id.as_str()).copied();
            listing.all.push(Listed {
                holder: match draft {
                    Some(draft) => holder(side, draft),
                    None => raw_holder(side, policy),
                },
                id,
                effect: policy.effect(),
                rule,
                policy,
                draft,
                reads_groups: draft.is_none() && reads_groups(policy, &listing.environments),
                implied: draft.is_some_and(|draft| wildcards.implies(draft)),
            });
        }
        Some(listing)
    }

    /// Whether there are requests of a kind.
    pub(super) fn has(&self, env: &Environment) -> bool {
        self.slices.contains_key(env)
    }

    /// The policies whose scope admits a kind of request.
    pub(super) fn slice(&self, env: &Environment) -> impl Iterator<Item = &Listed<'a>> {
        let slice = self.slices.get(env).into_iter().flatten();
        slice.filter_map(|at| self.all.get(*at))
    }

    /// The same by effect and holder.
    pub(super) fn half(&'a self, env: &Environment) -> Half<'a> {
        let mut half = Half::default();
        for listed in self.slice(env) {
            let says = match listed.effect {
                Effect::Permit => half.permits.entry(listed.holder.clone()).or_default(),
                Effect::Forbid => &mut half.forbids,
            };
            // Of two that say the same, the one that is written counts.
            let known = says.entry(listed.rule.clone()).or_insert(listed);
            if known.implied {
                *known = listed;
            }
        }
        half
    }
}

impl<'a> Half<'a> {
    /// A holder's permits.
    pub(super) fn permits_of(&self, holder: &Holder) -> impl Iterator<Item = (&Rule, &'a Listed<'a>)> {
        let says = self.permits.get(holder).into_iter().flatten();
        says.map(|(rule, listed)| (rule, *listed))
    }

    /// Everybody's permits.
    pub(super) fn all_permits(&self) -> impl Iterator<Item = (&Rule, &'a Listed<'a>)> {
        self.permits.values().flatten().map(|(rule, listed)| (rule, *listed))
    }

    /// Whether a holder is plainly allowed nothing here that the other half does not allow: each of its permits is there,
    /// and nothing is forbidden besides.
    pub(super) fn is_within(&self, holder: &Holder, other: &Self) -> bool {
        let known = |rule: &Rule| other.permits.values().any(|says| says.contains_key(rule));
        let mut permits = self.permits_of(holder);
        permits.all(|(rule, _)| known(rule)) && other.forbids.keys().all(|rule| self.forbids.contains_key(rule))
    }

    /// Whether a holder's permits and everybody's forbids say the same on both sides.
    pub(super) fn is_same(&self, holder: &Holder, other: &Self) -> bool {
        self.permits_of(holder).map(|(rule, _)| rule).eq(other.permits_of(holder).map(|(rule, _)| rule))
            && self.forbids.keys().eq(other.forbids.keys())
    }
}

/// What is left of a side that allows, once a holder's permits are set aside that a wildcard implies which the denying side
/// does not grant the holder in any form; with the kinds of request of these wildcards. `None` where nothing is set aside.
pub(super) fn set_aside<'a>(
    [allowing, denying]: [(&Wildcards<'_>, &Half<'a>); 2],
    holder: &Holder,
    env: &Environment,
) -> Option<(Half<'a>, BTreeSet<Environment>)> {
    let sources = |(wildcards, half): (&Wildcards<'_>, &Half<'a>)| -> Vec<_> {
        let permits = half.permits_of(holder);
        permits.map(|(rule, listed)| (rule.clone(), listed.sources(wildcards, env))).collect()
    };
    let known: BTreeSet<Environment> = sources(denying).into_iter().flat_map(|(_, kinds)| kinds).collect();
    let mut left = allowing.1.clone();
    let mut told = BTreeSet::new();
    for (rule, kinds) in sources(allowing) {
        if !kinds.is_empty() && kinds.is_disjoint(&known) {
            left.permits.entry(holder.clone()).or_default().remove(&rule);
            told.extend(kinds);
        }
    }
    (!told.is_empty()).then_some((left, told))
}

/// Whether a forbid cannot apply where a permit does, since what the guard wants is a condition of the permit, too.
pub(super) fn carries(permit: &Listed<'_>, forbid: &Listed<'_>) -> bool {
    let (Some(permit), Some(forbid)) = (permit.draft, forbid.draft) else {
        return false;
    };
    let of_guard = || {
        let parts = permit.when.iter();
        parts.filter(|part| part.guard.as_deref() == Some(forbid.statement.as_str()))
    };
    let wants = |wanted: &Part| of_guard().any(|part| part.expr.kind == wanted.expr.kind);
    let is_other = |same: &Part| {
        let TypedKind::Binary(Operator::Equal, one, other) = &same.expr.kind else {
            return false;
        };
        of_guard().any(|part| {
            let apart = TypedKind::Binary(Operator::NotEqual, one.clone(), other.clone());
            part.expr.kind == apart
        })
    };
    // What lifts a guard is a whole grant: the conditions of the grant's own permits.
    let has = |expr: &TypedExpr| {
        let mut own = permit.when.iter().flat_map(|part| conjuncts(&part.expr));
        own.any(|own| own.kind == expr.kind)
    };
    let lifted = || forbid.lifted_by.iter().any(|grant| conjuncts(grant).into_iter().all(has));
    match (forbid.when.as_slice(), forbid.unless.as_slice()) {
        ([], []) => false,
        ([], wanted) => wanted.iter().all(wants) || lifted(),
        ([same], []) => is_other(same),
        _ => false,
    }
}

fn conjuncts(expr: &TypedExpr) -> Vec<&TypedExpr> {
    match &expr.kind {
        TypedKind::And(all) => all.iter().flat_map(conjuncts).collect(),
        _ => vec![expr],
    }
}

fn holder(side: &Aligned<'_>, draft: &Draft) -> Holder {
    match draft.subject {
        Subject::Everyone => Holder::Everyone,
        Subject::Role(role) => Holder::Role(side.program.role_name(role)),
        Subject::Profile(profile) => {
            Holder::BreakGlass(side.program.profile(profile).map_or_else(String::new, |profile| profile.name.clone()))
        }
    }
}

/// Whom the scope of a raw policy names.
fn raw_holder(side: &Aligned<'_>, policy: &Policy) -> Holder {
    let named = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => return Holder::Everyone,
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => uid,
    };
    let is_role = side.lowered.contract.role_type.as_ref() == Some(&named.type_name().to_string());
    match is_role {
        true => Holder::Role(named.id().unescaped().to_owned()),
        false => Holder::Entity(named.to_string()),
    }
}
