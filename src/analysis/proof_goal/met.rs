//! What a claim comes to that no request refutes: whether it speaks of any request at all, and of those that nothing joins.

use cedar_policy::{Effect, Policy};

use super::{Open, Opening, Outcome, ProofGoal};
use crate::analysis::base::Base;
use crate::analysis::environment::Environment;
use crate::analysis::prover::{Asking, Ground};
use crate::analysis::question::{Answer, Claim, Question};
use crate::analysis::refutation;
use crate::analysis::refutation::Deciding;
use crate::analysis::rule::{Rule, Rules};
use crate::analysis::wider::Grounds;
use crate::bundle::Origins;
use crate::lower::Promise;

/// Whether some request meets what a claim speaks of.
enum Met {
    Yes,
    No,
    Unknown(Vec<Open>),
}

impl ProofGoal {
    /// The statements that grant something that it speaks of.
    #[must_use]
    pub fn granting(&self, origins: &Origins) -> Vec<Deciding> {
        refutation::statements(self.granting.iter().map(String::as_str), origins)
    }

    /// The kinds of request that the schema does not have and that the scopes of permits let in.
    pub(super) fn openings(&self, deciding: &[&Policy], base: &Base) -> Vec<Opening> {
        if self.apart.is_empty() {
            return Vec::new();
        }
        let fitting = |policy| base.environments.fitting(policy);
        let deciding: Vec<_> = deciding.iter().map(|policy| (*policy, fitting(policy))).collect();
        let requests: Vec<_> = self.property.requests.iter().map(|policy| (policy, fitting(policy))).collect();
        let mut found = Vec::new();
        for kind in &self.apart {
            let here = deciding.iter().filter(|(_, fits)| fits(kind)).map(|(policy, _)| *policy);
            let (permits, forbids): (Vec<&Policy>, Vec<&Policy>) =
                here.partition(|policy| policy.effect() == Effect::Permit);
            if permits.is_empty() {
                continue;
            }
            let requests = requests.iter().filter(|(_, fits)| fits(kind)).filter_map(|(policy, _)| Rule::new(policy));
            let requests = Rules::new(requests);
            let closed = |policies: Vec<&Policy>| {
                let rules = Rules::new(policies.into_iter().filter_map(Rule::new));
                Question { environment: kind.clone(), claim: Claim::Disjoint(rules, requests.clone()) }
            };
            found.push(Opening {
                permits: permits.iter().map(|policy| policy.id().to_string()).collect(),
                // Mostly the permits alone say enough. A forbid that does not type there would leave the answer open.
                closed: [closed(permits.clone()), closed([permits, forbids].concat())],
            });
        }
        found
    }

    /// Permits that may let in what no request of the schema is: who decides without the schema allows it.
    pub(super) fn opened_apart(&self, asking: &mut Asking<'_>, grounds: &Grounds) -> Vec<Open> {
        let mut open = Vec::new();
        for Opening { permits, closed } in &self.opening {
            let mut holds = |question| {
                let ground = grounds.wider.ground();
                ground.is_ok_and(|ground| asking.answer(ground, question).holds())
            };
            if closed.iter().any(&mut holds) {
                continue;
            }
            let [Question { environment, .. }, _] = closed;
            open.extend(permits.first().map(|id| Open {
                environment: environment.to_string(),
                why: format!(
                    "the schema has no such request, but `{id}` may allow it if a client decides without the schema"
                ),
                script: None,
            }));
        }
        open
    }

    /// What it comes to, where no request refutes it.
    pub(super) fn unrefuted(&self, asking: &mut Asking<'_>, grounds: &Grounds) -> Outcome {
        let met = match self.property.claim {
            Promise::Possible => return Outcome::Impossible,
            // What nothing joins is never allowed.
            Promise::Always if !self.apart.is_empty() => match self.met_apart(asking, grounds) {
                Met::Yes => return Outcome::Impossible,
                Met::No => self.met_here(asking, grounds),
                unknown @ Met::Unknown(_) => unknown,
            },
            Promise::Always => self.met_here(asking, grounds),
            Promise::Never => match self.met_here(asking, grounds) {
                Met::Yes => Met::Yes,
                Met::No => self.met_apart(asking, grounds),
                Met::Unknown(open) => match self.met_apart(asking, grounds) {
                    Met::Yes => Met::Yes,
                    Met::No => Met::Unknown(open),
                    Met::Unknown(more) => Met::Unknown(open.into_iter().chain(more).collect()),
                },
            },
        };
        match met {
            Met::Yes => Outcome::Proved,
            Met::No => Outcome::Empty,
            Met::Unknown(open) => Outcome::Unknown(open),
        }
    }

    /// Whether a request of the schema meets it.
    fn met_here(&self, asking: &mut Asking<'_>, grounds: &Grounds) -> Met {
        let kinds: Vec<&Environment> = self.questions.iter().map(|asked| &asked.question.environment).collect();
        match self.property.is_conditional || kinds.is_empty() {
            true => self.met(asking, &grounds.base, &grounds.base.ground, &kinds),
            // Without a condition it speaks of every request of these kinds.
            false => Met::Yes,
        }
    }

    /// Whether a request meets it that nothing joins today.
    fn met_apart(&self, asking: &mut Asking<'_>, grounds: &Grounds) -> Met {
        let kinds: Vec<&Environment> = self.apart.iter().collect();
        if kinds.is_empty() {
            return Met::No;
        }
        if !self.property.is_conditional {
            return Met::Yes;
        }
        match grounds.wider.ground() {
            Ok(ground) => self.met(asking, &grounds.base, ground, &kinds),
            Err(why) => Met::Unknown(vec![Open {
                environment: kinds.first().map(ToString::to_string).unwrap_or_default(),
                why: why.to_owned(),
                script: None,
            }]),
        }
    }

    fn met(&self, asking: &mut Asking<'_>, base: &Base, ground: &Ground, kinds: &[&Environment]) -> Met {
        let mut open = Vec::new();
        for kind in kinds {
            let permits = self
                .property
                .requests
                .iter()
                .filter(|policy| policy.effect() == Effect::Permit && base.environments.fitting(policy)(kind));
            let question = Question {
                environment: (*kind).clone(),
                claim: Claim::AlwaysDenies(Rules::new(permits.filter_map(Rule::new))),
            };
            match asking.answer(ground, &question) {
                Answer::Fails(_) => return Met::Yes,
                Answer::Holds => {}
                Answer::Unknown(why) => {
                    open.push(Open { environment: kind.to_string(), why: why.to_string(), script: None })
                }
            }
        }
        match open.is_empty() {
            true => Met::No,
            false => Met::Unknown(open),
        }
    }
}
