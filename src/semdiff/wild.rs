//! Permits that a wildcard implies. A holder who gains a wildcard gains all that it stands for: that is told once, where the
//! wildcard itself is granted, and not again for each kind of request. On the side that denies, they count like any other.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityId, EntityTypeName, EntityUid};

use crate::analysis::Environment;
use crate::graph::{ActionId, Grant, Program, StatementId};
use crate::lower::Draft;

use super::difference::Holder;
use super::listing::{Half, Listed};

/// The grants of wildcards on one side.
#[derive(Debug)]
pub(super) struct Wildcards<'a> {
    program: &'a Program,
    grants: BTreeMap<&'a StatementId, &'a Grant>,
    actions: BTreeMap<&'a (String, String), ActionId>,
}

impl<'a> Wildcards<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        let wild = program.grants.iter().filter(|grant| !grant.implied.is_empty());
        let ids = program.action_ids();
        Self {
            grants: wild.map(|grant| (&grant.statement.id, grant)).collect(),
            actions: ids.filter_map(|id| Some((&program.action(id)?.cedar, id))).collect(),
            program,
        }
    }

    /// Whether a policy is there because its grant names a wildcard that stands for its actions.
    pub(super) fn implies(&self, draft: &Draft) -> bool {
        self.grants.get(&draft.of).is_some_and(|grant| {
            let named =
                |cedar| self.actions.get(cedar).is_some_and(|id| grant.actions.iter().any(|(named, _)| named == id));
            !draft.actions.iter().any(named)
        })
    }

    /// The kinds of request of the wildcards that imply a policy in a kind of request; none where it is written.
    pub(super) fn sources(&self, listed: &Listed<'_>, env: &Environment) -> BTreeSet<Environment> {
        let implied = listed.draft.filter(|_| listed.implied);
        let cedar = (env.action.type_name().to_string(), env.action.id().unescaped().to_owned());
        let (Some(draft), Some(action)) = (implied, self.actions.get(&cedar)) else {
            return BTreeSet::new();
        };
        let Some(grant) = self.grants.get(&draft.of) else {
            return BTreeSet::new();
        };
        let wild = grant.actions.iter().filter(|(named, _)| self.program.covers(*named, *action));
        let kinds = wild.flat_map(|(named, _)| {
            let found = self.program.action(*named);
            let decided_on = found.into_iter().flat_map(|found| &found.decided_on);
            decided_on.filter_map(move |ty| {
                let (ty_name, id) = &found?.cedar;
                Some(Environment {
                    principal: env.principal.clone(),
                    action: EntityUid::from_type_name_and_id(
                        ty_name.parse::<EntityTypeName>().ok()?,
                        EntityId::new(id),
                    ),
                    resource: self.program.ty(*ty)?.cedar.parse().ok()?,
                })
            })
        });
        kinds.collect()
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
        permits.map(|(rule, listed)| (rule.clone(), wildcards.sources(listed, env))).collect()
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
