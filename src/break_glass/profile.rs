//! A break-glass profile of the contract, with its Cedar names read.

use std::collections::BTreeMap;

use cedar_policy::{EntityTypeName, EntityUid};
use thiserror::Error;

use super::{Reason, Terms};
use crate::bundle::{BreakGlassProfile, Contract};
use crate::clauses::{Clause, Step};
use crate::text::Duration;

/// Why a contract makes no ledger.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("break-glass profile `{profile}` of the contract: {message}")]
pub struct ContractError {
    /// The profile.
    pub profile: String,
    /// What is wrong with it.
    pub message: String,
}

/// A profile.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) rules: BreakGlassProfile,
    /// The resource of every step.
    pub(super) entity: EntityUid,
    /// The Cedar actions of the steps that policies decide.
    steps: BTreeMap<Step, EntityUid>,
    actions: BTreeMap<EntityUid, String>,
    /// The names of the resource types that it opens, by Cedar type.
    pub(super) resource_types: BTreeMap<EntityTypeName, String>,
}

impl Profile {
    pub(super) fn new(name: &str, rules: &BreakGlassProfile, contract: &Contract) -> Result<Self, ContractError> {
        let error = |message: String| ContractError { profile: name.to_owned(), message };
        let uid = |text: &str| {
            let not_a_uid = |_| error(format!("`{text}` is not a Cedar entity"));
            text.parse::<EntityUid>().map_err(not_a_uid)
        };
        let decided = Step::ALL.into_iter().filter_map(|step| Some((step, rules.step_action(step)?)));
        let steps = decided.map(|(step, action)| Ok((step, uid(action)?))).collect::<Result<_, _>>()?;
        let actions = rules.actions.iter().map(|action| {
            let declared = contract.actions.get(action);
            let declared = declared.ok_or_else(|| error(format!("there is no action `{action}`")))?;
            Ok((uid(&declared.cedar)?, action.clone()))
        });
        let resource_types = rules.resources.iter().map(|ty| {
            let declared = contract.entities.get(ty);
            let declared = declared.ok_or_else(|| error(format!("there is no entity type `{ty}`")))?;
            let not_a_type = |_| error(format!("`{}` is not a Cedar entity type", declared.cedar));
            Ok((declared.cedar.parse().map_err(not_a_type)?, ty.clone()))
        });
        Ok(Self {
            entity: uid(&rules.cedar)?,
            steps,
            actions: actions.collect::<Result<_, _>>()?,
            resource_types: resource_types.collect::<Result<_, _>>()?,
            rules: rules.clone(),
        })
    }

    /// The Cedar action that decides a step; `None` where no policy does.
    pub(super) fn step_action(&self, step: Step) -> Option<&EntityUid> {
        self.steps.get(&step)
    }

    /// The name of an action that the profile opens.
    pub(super) fn covered(&self, action: &EntityUid) -> Option<&str> {
        self.actions.get(action).map(String::as_str)
    }

    /// What is wrong with a request, whoever makes it.
    pub(super) fn objection_to(&self, terms: &Terms) -> Option<Reason> {
        let rules = &self.rules;
        let foreign_action = |action: &String| !rules.actions.contains(action);
        let foreign_type = |resource: &EntityUid| !self.resource_types.contains_key(resource.type_name());
        let objections = [
            (terms.actions.is_empty(), Reason::NoActions),
            (terms.actions.iter().any(foreign_action), Reason::ActionNotCovered),
            (terms.resources.is_empty(), Reason::NoResources),
            (terms.resources.iter().any(foreign_type), Reason::ResourceNotCovered),
            (count(terms.resources.len()) > rules.bounds.get(Clause::Resources), Reason::TooManyResources),
            (terms.duration <= Duration(0), Reason::NoDuration),
            (terms.duration > Duration(rules.bounds.get(Clause::Expires)), Reason::TooLong),
            (rules.reason_required && terms.reason.is_empty(), Reason::ReasonMissing),
            (rules.ticket_required && terms.ticket.is_empty(), Reason::TicketMissing),
        ];
        objections.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
    }
}

/// A length as Cedar counts.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
