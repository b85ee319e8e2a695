//! Permits that a wildcard implies. A holder who gains a wildcard gains all that it stands for: that is told once, where the
//! wildcard itself is granted, and not again for each kind of request. On the side that denies, they count like any other.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityId, EntityTypeName, EntityUid};

use crate::analysis::Environment;
use crate::graph::{ActionId, Grant, Program, StatementId};
use crate::lower::Draft;

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

    /// The kinds of request of the wildcards that imply a policy in a kind of request.
    pub(super) fn sources(&self, draft: &Draft, env: &Environment) -> BTreeSet<Environment> {
        let cedar = (env.action.type_name().to_string(), env.action.id().unescaped().to_owned());
        let (Some(action), Some(grant)) = (self.actions.get(&cedar), self.grants.get(&draft.of)) else {
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
