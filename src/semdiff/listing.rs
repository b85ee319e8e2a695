//! The policies of one side by the kinds of request that their scopes admit, each with whom it is for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use cedar_policy::Effect;
use cedar_policy::EntityUid;
use cedar_policy::Policy;
use cedar_policy::PrincipalConstraint;

use crate::analysis::Environment;
use crate::analysis::Environments;
use crate::analysis::Rule;
use crate::analysis::Rules;
use crate::lower::Draft;
use crate::lower::Subject;

use super::align::Aligned;
use super::difference::Holder;
use super::footing;

/// A policy.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    pub(super) id: String,
    pub(super) effect: Effect,
    pub(super) rule: Rule,
    pub(super) holder: Holder,
    pub(super) policy: &'a Policy,
    /// What it was made of; `None` for a raw policy.
    pub(super) draft: Option<&'a Draft>,
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

/// One side in one kind of request.
#[derive(Debug, Clone, Default)]
pub(super) struct Half {
    pub(super) permits: BTreeMap<Holder, BTreeSet<Rule>>,
    pub(super) forbids: BTreeSet<Rule>,
}

impl<'a> Listing<'a> {
    /// Lists a side; `None` where it has no schema.
    pub(super) fn new(side: &'a Aligned<'_>) -> Option<Self> {
        let lowered = side.lowered.as_ref();
        let environments = Environments::new(lowered.schema.as_ref()?);
        let drafts: BTreeMap<&str, &Draft> = lowered.drafts.iter().map(|draft| (draft.id.as_str(), draft)).collect();
        let mut listing = Self {
            slices: environments.iter().map(|env| (env.clone(), Vec::new())).collect(),
            environments,
            all: Vec::new(),
            refused: Vec::new(),
        };
        for policy in footing::policies(lowered) {
            let id = policy.id().to_string();
            let Some(rule) = Rule::new(policy) else {
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
    pub(super) fn half(&self, env: &Environment) -> Half {
        let mut half = Half::default();
        for listed in self.slice(env) {
            let rules = match listed.effect {
                Effect::Permit => half.permits.entry(listed.holder.clone()).or_default(),
                Effect::Forbid => &mut half.forbids,
            };
            rules.insert(listed.rule.clone());
        }
        half
    }

    /// The groups of an action.
    pub(super) fn groups(&self, action: &EntityUid) -> BTreeSet<EntityUid> {
        self.environments.groups_of(action).cloned().collect()
    }
}

impl Half {
    /// Everything that counts.
    pub(super) fn whole(&self) -> Rules {
        let permits = self.permits.values().flatten();
        Rules::new(permits.chain(&self.forbids).cloned())
    }

    /// What counts for one holder alone.
    pub(super) fn of(&self, holder: &Holder) -> Rules {
        let permits = self.permits.get(holder).into_iter().flatten();
        Rules::new(permits.chain(&self.forbids).cloned())
    }

    /// Whether a holder is plainly allowed nothing here that the other half does not allow: each of its permits is there,
    /// and nothing is forbidden besides.
    pub(super) fn is_within(&self, holder: &Holder, other: &Self) -> bool {
        let mut permits = self.permits.get(holder).into_iter().flatten();
        let known = |rule: &Rule| other.permits.values().any(|rules| rules.contains(rule));
        permits.all(known) && other.forbids.is_subset(&self.forbids)
    }
}

fn holder(side: &Aligned<'_>, draft: &Draft) -> Holder {
    match draft.subject {
        Subject::Everyone => Holder::Everyone,
        Subject::Role(role) => Holder::Role(side.program.role_name(role)),
        Subject::Profile(profile) => Holder::BreakGlass(
            side.program
                .profile(profile)
                .map_or_else(String::new, |profile| profile.name.clone()),
        ),
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
