//! Questions about a suite's world: who can do something, and what somebody can do. Every candidate is decided, so the
//! answer is exact: what is unknown or errors is in it as such, never left out.

use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;

use crate::bundle::{Contract, EntityRole, Place};
use crate::diag::did_you_mean;
use crate::text::Instant;

use super::answer::{Answer, Verdict};
use super::read::{a, names};
use super::suite::{ContextRef, Named, Request, Section, Suite, World};
use super::{Policy, ask};

/// How many names an error lists at most.
const SHOWN: usize = 24;

/// The decisions on every candidate of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The question in one line: `who can Payout.approve p1 in calm`.
    pub question: String,
    /// What its candidates are.
    pub candidates: Candidates,
    /// The suite whose world it was asked in.
    pub suite: String,
    /// The time in that world.
    pub at: Instant,
    /// The decisions, by request.
    pub decisions: Vec<Decided>,
    /// What the answer does not reach: wildcards that stand for more than the package declares, by name.
    pub wildcards: Vec<String>,
}

/// What a question goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    /// `who can`: principals.
    Principals,
    /// `what can`: actions and resources.
    Actions,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who asks.
    pub principal: String,
    /// For what.
    pub action: String,
    /// On what.
    pub resource: String,
    /// The outcome.
    pub verdict: Verdict,
    /// The statements that decided; where the outcome is unknown, those that could still decide.
    pub because: Vec<Cause>,
    /// What else there is to say, a line each.
    pub notes: Vec<String>,
}

/// What decided: a statement, or `no-grant`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// Its name.
    pub name: String,
    /// Where it stands, if it is a statement.
    pub place: Option<Place>,
}

/// A question that cannot be put: a name in it means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// Nothing of this kind has the name.
    #[error("{what} `{name}`")]
    Unknown {
        /// `unknown suite`, `` `Payout` has no action``.
        what: String,
        /// The name.
        name: String,
        /// What to write instead.
        help: Option<String>,
    },
    /// Several things have the name.
    #[error("`{name}` could mean several {what}")]
    Ambiguous {
        /// `actions`.
        what: &'static str,
        /// The name.
        name: String,
        /// They.
        known: Vec<String>,
    },
    /// An entity that never asks for anything.
    #[error("`{name}` cannot make requests: {ty} is not a principal type")]
    NoPrincipal {
        /// The entity.
        name: String,
        /// Its type, with an article.
        ty: String,
        /// What to write instead.
        help: Option<String>,
    },
}

impl QuestionError {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { help, .. } | Self::NoPrincipal { help, .. } => help.clone(),
            Self::Ambiguous { known, .. } => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                Some(format!("write one of {}", known.join(", ")))
            }
        }
    }

    /// A name of which nothing is known but names that it may have been meant for.
    pub(super) fn unknown<'a>(what: &str, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        Self::absent(format!("unknown {what}"), name, candidates)
    }

    /// The same of something that does not have the name, `` `Payout` has no action``.
    pub(super) fn absent<'a>(what: String, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Unknown {
            what,
            name: name.to_owned(),
            help: suggestion(name, &candidates.into_iter().collect::<Vec<_>>()),
        }
    }
}

/// The nearest name, else all there are, as far as they fit on a few lines.
fn suggestion(name: &str, candidates: &[&str]) -> Option<String> {
    let near = did_you_mean(name, candidates.iter().copied());
    near.or_else(|| {
        let shown: Vec<String> = candidates.iter().take(SHOWN).map(|one| format!("`{one}`")).collect();
        let more = if candidates.len() > SHOWN { ", …" } else { "" };
        (!shown.is_empty()).then(|| format!("there are {}{more}", shown.join(", ")))
    })
}

/// A suite by its name.
///
/// # Errors
/// Where no suite has the name.
pub fn find_suite<'a>(suites: &'a [Suite], name: &str) -> Result<&'a Suite, QuestionError> {
    let found = suites.iter().find(|suite| suite.name == name);
    found.ok_or_else(|| QuestionError::unknown("suite", name, suites.iter().map(|suite| suite.name.as_str())))
}

/// Who can do an action to a resource: a decision for every principal of the suite.
///
/// # Errors
/// Where a name means nothing in the suite or the policy.
pub fn who_can(
    suite: &Suite,
    policy: Policy<'_>,
    action: &str,
    resource: &str,
    context: Option<&str>,
) -> Result<Answers, QuestionError> {
    let everything = everything(&suite.world, policy.contract);
    let resource = entity(resource, "resource", &everything, |_| true)?;
    let action = action_on(action, &resource.ty, policy.contract)?;
    let in_context = context_of(context, &suite.world)?;
    let requests = everything.iter().filter(|one| one.asks).map(|one| Request {
        principal: one.named.clone(),
        action: action.clone(),
        resource: resource.clone(),
        context: in_context.clone(),
    });
    let question = format!("who can {action} {}{}", resource.label, said(context));
    Ok(answers(question, Candidates::Principals, requests, suite, policy))
}

/// What a principal can do: a decision for every resource of the suite and every action on it.
///
/// # Errors
/// Where a name means nothing in the suite, or names somebody who never asks for anything.
pub fn what_can(
    suite: &Suite,
    policy: Policy<'_>,
    principal: &str,
    context: Option<&str>,
) -> Result<Answers, QuestionError> {
    let everything = everything(&suite.world, policy.contract);
    let named = entity(principal, "principal", &everything, |one| one.asks)?;
    if !may_ask(&named.ty, policy.contract) {
        let people = everything.iter().filter(|one| one.asks);
        return Err(QuestionError::NoPrincipal {
            name: principal.to_owned(),
            ty: a(&named.ty),
            help: suggestion(principal, &people.map(|one| one.named.label.as_str()).collect::<Vec<_>>()),
        });
    }
    let in_context = context_of(context, &suite.world)?;
    let requests = everything.iter().filter(|one| one.is_acted_on).flat_map(|one| {
        actions_on(&one.named.ty, policy.contract).map(|action| Request {
            principal: named.clone(),
            action: action.to_owned(),
            resource: one.named.clone(),
            context: in_context.clone(),
        })
    });
    let question = format!("what can {} do{}", named.label, said(context));
    Ok(answers(question, Candidates::Actions, requests, suite, policy))
}

fn answers(
    question: String,
    candidates: Candidates,
    requests: impl Iterator<Item = Request>,
    suite: &Suite,
    policy: Policy<'_>,
) -> Answers {
    let decisions = requests.map(|request| {
        let prepared = ask::prepare(&request, &suite.world, policy, suite.at);
        let answer = ask::ask(&request, prepared.as_ref(), &suite.world, policy);
        Decided {
            because: causes(&answer, policy),
            principal: request.principal.label,
            action: request.action,
            resource: request.resource.label,
            verdict: answer.verdict,
            notes: answer.notes,
        }
    });
    Answers {
        question,
        candidates,
        suite: suite.name.clone(),
        at: suite.at,
        decisions: decisions.collect(),
        wildcards: Vec::new(),
    }
}

/// The causes of an answer with their places; those of an unknown one are the statements that could still decide.
fn causes(answer: &Answer, policy: Policy<'_>) -> Vec<Cause> {
    let origins = answer.policies.iter().filter_map(|id| policy.origins.policies.get(id));
    let mut causes: BTreeSet<Cause> =
        origins.map(|origin| Cause { name: origin.statement.clone(), place: Some(origin.place.clone()) }).collect();
    for name in &answer.because {
        if !causes.iter().any(|cause| cause.name == *name) {
            causes.insert(Cause { name: name.clone(), place: None });
        }
    }
    causes.into_iter().collect()
}

/// An entity of the suite's world, with what a question may ask of it.
struct Known {
    named: Named,
    asks: bool,
    is_acted_on: bool,
}

/// Fixtures as their sections say; loaded Cedar data as its types allow. By name.
fn everything(world: &World, contract: &Contract) -> Vec<Known> {
    let fixtures = world.fixtures.values().map(|fixture| Known {
        named: fixture.named.clone(),
        asks: fixture.section == Section::Principals,
        is_acted_on: fixture.section == Section::Resources,
    });
    let mut everything: Vec<Known> = fixtures.collect();
    let declared: BTreeSet<_> = everything.iter().map(|one| one.named.uid.clone()).collect();
    for entity in world.entities.iter() {
        let uid = entity.uid();
        let cedar = uid.type_name().to_string();
        let Some((ty, _)) = contract.entities.iter().find(|(_, known)| known.cedar == cedar) else {
            continue;
        };
        if !declared.contains(&uid) {
            everything.push(Known {
                asks: may_ask(ty, contract),
                is_acted_on: actions_on(ty, contract).next().is_some(),
                named: Named { label: format!("{ty}::{:?}", uid.id().unescaped()), ty: ty.clone(), uid },
            });
        }
    }
    everything.sort_by(|one, other| one.named.cmp(&other.named));
    everything
}

/// Whether requests may come from a type: it is a principal type, or some action names it as one.
fn may_ask(ty: &str, contract: &Contract) -> bool {
    let kind = contract.entities.get(ty).map(|declared| declared.kind);
    kind == Some(EntityRole::Principal)
        || contract.actions.values().any(|action| action.principals.iter().any(|known| known == ty))
}

fn actions_on<'a>(ty: &'a str, contract: &'a Contract) -> impl Iterator<Item = &'a str> {
    let actions = contract.actions.iter();
    actions.filter(move |(_, action)| action.resources.iter().any(|known| known == ty)).map(|(name, _)| name.as_str())
}

fn entity(name: &str, what: &str, everything: &[Known], fits: impl Fn(&Known) -> bool) -> Result<Named, QuestionError> {
    let found = everything.iter().find(|one| one.named.label == name);
    found.map(|one| one.named.clone()).ok_or_else(|| {
        let fitting = everything.iter().filter(|one| fits(one));
        QuestionError::unknown(what, name, fitting.map(|one| one.named.label.as_str()))
    })
}

/// The action that a name means on a type: `Payout.approve` itself, or `approve` where that is the only one.
fn action_on(name: &str, ty: &str, contract: &Contract) -> Result<String, QuestionError> {
    let means = |action: &&str| *action == name || names::short(action) == name;
    let matching: Vec<&str> = actions_on(ty, contract).filter(means).collect();
    match matching.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(QuestionError::absent(
            format!("`{ty}` has no action"),
            name,
            actions_on(ty, contract).map(names::short),
        )),
        several => Err(QuestionError::Ambiguous {
            what: "actions",
            name: name.to_owned(),
            known: several.iter().map(|action| (*action).to_owned()).collect(),
        }),
    }
}

fn context_of(name: Option<&str>, world: &World) -> Result<ContextRef, QuestionError> {
    match name {
        None => Ok(ContextRef::None),
        Some(name) if world.contexts.contains_key(name) => Ok(ContextRef::Fixture(name.to_owned())),
        Some(name) => Err(QuestionError::unknown("context", name, world.contexts.keys().map(String::as_str))),
    }
}

fn said(context: Option<&str>) -> String {
    context.map(|name| format!(" in {name}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::testing;

    const TESTS: &str = "tests:\n  - {name: t, as: fred, in: calm, can: {approve: p1}}\n";

    /// An answer in short: `fred Payout.approve p1 allow finance.Payout.approve`.
    fn told(answers: &Answers) -> Vec<String> {
        let line = |one: &Decided| {
            let because: Vec<&str> = one.because.iter().map(|cause| cause.name.as_str()).collect();
            let (who, action, what) = (&one.principal, &one.action, &one.resource);
            format!("{who} {action} {what} {} {}", one.verdict.word(), because.join(" "))
        };
        answers.decisions.iter().map(line).collect()
    }

    #[test]
    fn who_can_decides_every_principal_and_tells_unknown_from_denied() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let suite = find_suite(&loaded.suites, "payouts").unwrap();
        let asked = |context| who_can(suite, compiled.policy(), "approve", "p1", context).unwrap();
        let calm = asked(Some("calm"));
        assert_eq!(calm.question, "who can Payout.approve p1 in calm");
        assert_eq!(
            told(&calm),
            [
                "dana Payout.approve p1 deny no-grant",
                "fred Payout.approve p1 allow finance.Payout.approve",
                "mia Payout.approve p1 deny no-grant",
                "shopify Payout.approve p1 deny no-grant",
            ]
        );
        let place = |one: &Decided| one.because.first().and_then(|cause| cause.place.clone());
        assert_eq!(
            calm.decisions.iter().map(|one| place(one).is_some()).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        let nowhere = told(&asked(None));
        assert!(
            nowhere.contains(&"fred Payout.approve p1 unknown finance.Payout.approve stepped_up".to_owned()),
            "{nowhere:#?}"
        );
    }

    #[test]
    fn what_can_asks_for_every_action_on_every_resource() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let suite = find_suite(&loaded.suites, "payouts").unwrap();
        let answers = what_can(suite, compiled.policy(), "fred", Some("calm")).unwrap();
        let allowed: Vec<String> = told(&answers).into_iter().filter(|line| line.contains(" allow ")).collect();
        assert_eq!(
            allowed,
            [
                "fred Payout.approve p1 allow finance.Payout.approve",
                "fred Payout.approve p2 allow finance.Payout.approve"
            ]
        );
        let resources: BTreeSet<&str> = answers.decisions.iter().map(|one| one.resource.as_str()).collect();
        assert!(resources.contains("acme") && !resources.contains("fred"), "{resources:?}");
    }

    #[test]
    fn names_that_mean_nothing_are_answered_by_what_to_write() {
        let (loaded, compiled) = (testing::suite(TESTS), testing::marketplace());
        let suite = find_suite(&loaded.suites, "payouts").unwrap();
        let policy = compiled.policy();
        let errors = [
            find_suite(&loaded.suites, "payuots").map(|_| ()),
            who_can(suite, policy, "aprove", "p1", None).map(|_| ()),
            who_can(suite, policy, "approve", "acme", None).map(|_| ()),
            who_can(suite, policy, "approve", "p11", None).map(|_| ()),
            who_can(suite, policy, "approve", "p1", Some("clam")).map(|_| ()),
            what_can(suite, policy, "ferd", None).map(|_| ()),
            what_can(suite, policy, "p1", None).map(|_| ()),
        ];
        let told: Vec<String> = errors
            .into_iter()
            .map(|error| {
                let error = error.unwrap_err();
                format!("{error} | {}", error.help().unwrap_or_default())
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @"
            unknown suite `payuots` | did you mean `payouts`?
            `Payout` has no action `aprove` | did you mean `approve`?
            `Org` has no action `approve` | known here: `list`
            unknown resource `p11` | did you mean `p1`?
            unknown context `clam` | did you mean `calm`?
            unknown principal `ferd` | did you mean `fred`?
            `p1` cannot make requests: a Payout is not a principal type | known here: `dana`, `fred`, `mia`, `shopify`
            ");
    }
}
