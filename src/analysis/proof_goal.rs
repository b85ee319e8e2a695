//! Properties of a program as questions about all requests, and what the answers come to: proved, refuted by a request that
//! was replayed, or neither. Nothing that is unknown counts as proved.

mod met;
mod proof;
mod sound;

use std::cell::LazyCell;
use std::collections::BTreeSet;

use cedar_policy::pst::{Expr, Literal};
use cedar_policy::{Effect, Policy};

use self::sound::{ONLY_WHERE_A_FORBID_ERRORS, without_errors};
use super::base::Base;
use super::environment::Environment;
use super::error::ProofGoalsError;
use super::prover::Asking;
use super::question::{Answer, Claim, Counterexample, Question};
use super::refutation::{Deciding, Refutation};
use super::replay::Replay;
use super::rule::{Rule, Rules};
use super::wider::{Grounds, Wider};
use super::witness::{Stage, Unshowable, Witness};
use super::{refutation, wider};
use crate::bundle::GRANTS_ATTRIBUTE;
use crate::decide::{Engine, Strictness};
use crate::lower;
use crate::lower::{Lowered, Promise, Property, PropertyKind};
use crate::text::Span;

/// What is to be proved of a program.
#[derive(Debug)]
pub struct ProofGoals {
    /// What is asked about.
    pub grounds: Grounds,
    /// One for each property, in their order.
    pub all: Vec<ProofGoal>,
}

/// A property and the questions that decide it.
#[derive(Debug)]
pub struct ProofGoal {
    /// What is claimed.
    pub property: Property,
    /// The questions, by environment.
    questions: Vec<Asked>,
    /// Of `always`: the forbids that must not error, since a gateway denies then.
    no_errors: Vec<Question>,
    /// The policies that count.
    counted: Vec<Policy>,
    /// Ids of the permits whose scope takes in something that it speaks of.
    granting: BTreeSet<String>,
    /// Kinds of request that it speaks of and that the schema does not have.
    apart: Vec<Environment>,
    /// Those of these that the scope of some permit lets in.
    opening: Vec<Opening>,
}

/// A kind of request that the schema does not have and that the scope of some permit lets in.
#[derive(Debug)]
struct Opening {
    /// Ids of these permits.
    permits: BTreeSet<String>,
    /// Questions under the wider schema. Where the answer to one is yes, nothing of it that the property speaks of is allowed.
    closed: [Question; 2],
}

/// A question.
#[derive(Debug)]
struct Asked {
    question: Question,
    /// One that is quicker to answer, and holds of nothing that the question does not hold of.
    first: Option<Question>,
}

/// What a property came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds of all requests.
    Proved,
    /// Of `possible`: here is a request that shows it.
    Shown(Box<Witness>),
    /// Here is a request that it does not hold of.
    Refuted(Box<Refutation>),
    /// Of `possible`: no request is allowed. Of `always`: those of some kind never are.
    Impossible,
    /// It speaks of no request at all.
    Empty,
    /// Neither proved nor refuted.
    Unknown(Vec<Open>),
    /// The solver's counterexample does not replay: a fault of the prover, and no finding.
    NotReplayed(Open),
}

/// A question without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The kind of request.
    pub environment: String,
    /// Why there is no answer.
    pub why: String,
    /// The question as SMT-LIB.
    pub script: Option<String>,
}

/// A property and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its name.
    pub name: String,
    /// What it comes from.
    pub kind: PropertyKind,
    /// What is claimed of the requests.
    pub claim: Promise,
    /// The declaration.
    pub span: Span,
    /// What is claimed, in words.
    pub words: String,
    /// How many kinds of request it was asked of.
    pub reach: usize,
    /// What it does not reach: pairs of types, and links of templates.
    pub skipped: Vec<String>,
    /// Kinds of request that it names and that nothing joins.
    pub apart: Vec<String>,
    /// The statements that grant something that it speaks of.
    pub granting: Vec<Deciding>,
    /// What else its author may want to write.
    pub hint: Option<String>,
    /// What it came to.
    pub outcome: Outcome,
}

/// What is promised and held by something else than policies, so that no proof reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The name of the declaration.
    pub name: String,
    /// Its word in the language.
    pub kind: &'static str,
    /// What is not proved, and what holds it.
    pub why: String,
}

impl From<lower::Beyond> for Beyond {
    fn from(beyond: lower::Beyond) -> Self {
        Self { name: beyond.name, kind: beyond.kind.word(), why: beyond.why }
    }
}

impl ProofGoals {
    /// Makes the questions that decide some properties of what was lowered.
    ///
    /// # Errors
    /// Where there is no schema to reason about.
    pub fn new(properties: Vec<Property>, lowered: &Lowered) -> Result<Self, ProofGoalsError> {
        let schema = lowered.schema.as_ref().ok_or(ProofGoalsError::NoSchema)?;
        let policies = lowered.policies.iter().map(|(policy, _)| policy);
        let base = Base::new(schema, policies.chain(lowered.raw.iter().map(|raw| &raw.policy)))?;
        if let Some(id) = base.templates().first() {
            return Err(ProofGoalsError::NotAsked(id.clone()));
        }
        let of_profile = |property: &Property| match &property.counted {
            lower::Counted::Only(profile) => Some(profile.clone()),
            lower::Counted::All | lower::Counted::Without(_) => None,
        };
        let profiles = properties.iter().filter_map(of_profile).collect();
        let apart = properties.iter().flat_map(|property| &property.apart);
        let wider = Wider::new(
            lowered.schema_text.as_deref().unwrap_or_default(),
            apart.filter_map(wider::environment).collect(),
        );
        let all = properties.into_iter().map(|property| ProofGoal::new(property, lowered, &base, &profiles)).collect();
        Ok(Self { grounds: Grounds { base, wider }, all })
    }
}

impl ProofGoal {
    fn new(property: Property, lowered: &Lowered, base: &Base, profiles: &BTreeSet<String>) -> Self {
        let left_out: BTreeSet<&str> = lowered
            .drafts
            .iter()
            .filter(|draft| !property.counted.counts(draft))
            .map(|draft| draft.id.as_str())
            .collect();
        // What only a grant opens is asked of the grant's permits, and of raw ones that read it.
        let raw_counts = |policy: &Policy| match &property.counted {
            lower::Counted::Only(profile) => {
                policy.effect() == Effect::Forbid || reads_grant(policy, profile, profiles)
            }
            lower::Counted::All | lower::Counted::Without(_) => true,
        };
        let gate = lowered.policies.iter().map(|(policy, _)| policy);
        let raw = lowered.raw.iter().map(|raw| &raw.policy);
        let counted: Vec<Policy> = gate
            .filter(|policy| !left_out.contains(policy.id().to_string().as_str()))
            .chain(raw.filter(|policy| raw_counts(policy)))
            .cloned()
            .collect();
        let ids: BTreeSet<String> = counted.iter().map(|policy| policy.id().to_string()).collect();
        let mut goal = Self {
            questions: Vec::new(),
            no_errors: Vec::new(),
            counted: Vec::new(),
            granting: BTreeSet::new(),
            apart: property.apart.iter().filter_map(wider::environment).collect(),
            opening: Vec::new(),
            property,
        };
        let unknown_types = lowered.unknown_types.iter().map(|(_, policy)| policy);
        let deciding: Vec<&Policy> = counted.iter().chain(unknown_types).collect();
        goal.opening = goal.openings(&deciding, base);
        for environment in base.environments.iter() {
            let property = &goal.property;
            let more = rules(&property.requests, base, environment);
            let excused = rules(&property.excused, base, environment);
            let requests = Rules::new(more.iter().chain(excused.iter()).cloned());
            if !requests.iter().any(|rule| rule.policy().effect() == Effect::Permit) {
                continue;
            }
            let slice: Vec<_> = base.slice(environment).filter(|listed| ids.contains(&listed.id)).collect();
            let permits = slice.iter().filter(|listed| listed.effect == Effect::Permit);
            goal.granting.extend(permits.map(|listed| listed.id.clone()));
            let slice = Rules::new(slice.into_iter().map(|listed| listed.rule.clone()));
            let ask = |claim| Question { environment: environment.clone(), claim };
            // Mostly the permits alone say enough, and are a smaller question than with all that forbids.
            let permits = slice.iter().filter(|rule| rule.policy().effect() == Effect::Permit);
            let permits = Rules::new(permits.cloned());
            let smaller = permits != slice || more != requests;
            let first = (property.claim != Promise::Always && smaller).then(|| ask(Claim::Disjoint(permits, more)));
            let claim = match property.claim {
                Promise::Never | Promise::Possible => Claim::Disjoint(slice, requests),
                Promise::Always => {
                    let forbids = base.slice(environment).filter(|listed| listed.effect == Effect::Forbid);
                    goal.no_errors.extend(forbids.map(|listed| ask(Claim::NeverErrors(listed.rule.clone()))));
                    Claim::Implies(requests, slice)
                }
            };
            let question = ask(claim);
            goal.questions.push(Asked { question, first });
        }
        goal.counted = counted;
        goal
    }

    /// How many kinds of request it is asked of.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.questions.len()
    }

    /// Whether the scope of a permit takes in something that it speaks of, so that it may be what breaks it.
    #[must_use]
    pub fn may_grant(&self, id: &str) -> bool {
        self.granting.contains(id) || self.opening.iter().any(|opening| opening.permits.contains(id))
    }

    /// Asks what has to be asked.
    ///
    /// # Errors
    /// Where there is no engine to replay a counterexample with.
    pub fn settle(
        &self,
        asking: &mut Asking<'_>,
        replay: &Replay<'_>,
        grounds: &Grounds,
    ) -> Result<Outcome, ProofGoalsError> {
        let base = &grounds.base;
        if self.questions.is_empty() && self.apart.is_empty() {
            return Ok(Outcome::Empty);
        }
        let unanswered = |asking: &Asking<'_>, question: &Question, why: String| Open {
            environment: question.environment.to_string(),
            why,
            script: (replay.keeps_scripts).then(|| asking.script(&base.ground, question)).flatten(),
        };
        let mut open = Vec::new();
        let mut unshown = None;
        for Asked { question, first } in &self.questions {
            match first.as_ref().map(|first| asking.answer(&base.ground, first)) {
                Some(Answer::Holds) => continue,
                Some(Answer::Fails(found)) => {
                    if let Ok(witness) = self.witness(&found, replay)? {
                        return self.found(witness, replay);
                    }
                }
                Some(Answer::Unknown(_)) | None => {}
            }
            let mut asked = question.clone();
            let mut answer = asking.answer(&base.ground, question);
            let mut shown = self.shown(&answer, replay)?;
            if let Some(Err(Unshowable::Unconforming)) = shown
                && let Some(sound) = without_errors(question, asking, base)
            {
                // Cedar skips a forbid that errors, and a gateway denies: is there a request on which none errors?
                answer = asking.answer(&base.ground, &sound);
                if answer.holds() {
                    open.push(unanswered(asking, question, ONLY_WHERE_A_FORBID_ERRORS.to_owned()));
                    continue;
                }
                shown = self.shown(&answer, replay)?;
                asked = sound;
            }
            match (answer, shown) {
                (Answer::Holds, _) => {}
                (_, Some(Ok(witness))) => return self.found(witness, replay),
                (_, Some(Err(Unshowable::NotReplayed))) => {
                    let why = Unshowable::NotReplayed.to_string();
                    unshown = unshown.or(Some(unanswered(asking, &asked, why)));
                }
                (_, Some(Err(why))) => open.push(unanswered(asking, &asked, why.to_string())),
                (Answer::Unknown(why), None) => open.push(unanswered(asking, &asked, why.to_string())),
                // There is always something to say of a counterexample; if there were not, it would be no proof.
                (Answer::Fails(_), None) => {
                    open.push(unanswered(asking, &asked, Unshowable::NotReplayed.to_string()));
                }
            }
        }
        for question in &self.no_errors {
            let why = match asking.answer(&base.ground, question) {
                Answer::Holds => continue,
                Answer::Fails(_) => "a `forbid` may error here, and a gateway then denies".to_owned(),
                Answer::Unknown(why) => why.to_string(),
            };
            open.push(unanswered(asking, question, why));
        }
        open.extend(self.opened_apart(asking, grounds));
        Ok(match (unshown, open.is_empty()) {
            (Some(unshown), _) => Outcome::NotReplayed(unshown),
            (None, false) => Outcome::Unknown(open),
            (None, true) => self.unrefuted(asking, grounds),
        })
    }

    /// What a request that was replayed makes of the claim.
    fn found(&self, witness: Witness, replay: &Replay<'_>) -> Result<Outcome, ProofGoalsError> {
        if self.property.claim == Promise::Possible {
            return Ok(Outcome::Shown(Box::new(witness)));
        }
        let lowered = replay.lowered;
        let decision = match witness.load(replay.engine) {
            Some(entities) => replay.engine_of(&self.counted)?.decide(&witness.request, &entities).ok(),
            None => None,
        };
        let deciding = decision.iter().flat_map(|decision| &decision.reasons);
        Ok(Outcome::Refuted(Box::new(Refutation {
            deciding: refutation::statements(deciding.map(String::as_str), &lowered.origins),
            missing: refutation::missing(&witness, &lowered.contract),
            witness,
        })))
    }

    /// What the counterexample of an answer shows; `None` where there is none.
    fn shown(
        &self,
        answer: &Answer,
        replay: &Replay<'_>,
    ) -> Result<Option<Result<Witness, Unshowable>>, ProofGoalsError> {
        match answer {
            Answer::Fails(found) => self.witness(found, replay).map(Some),
            Answer::Holds | Answer::Unknown(_) => Ok(None),
        }
    }

    /// The request that a counterexample shows, replayed by the engine that gateways run.
    fn witness(
        &self,
        found: &Counterexample,
        replay: &Replay<'_>,
    ) -> Result<Result<Witness, Unshowable>, ProofGoalsError> {
        let requests = self.property.requests.iter().chain(&self.property.excused);
        let spoken_of = replay.engine_of(requests)?.with_strictness(Strictness::Cedar);
        let all = replay.lowered.policies.len() + replay.lowered.raw.len();
        let of_counted;
        let strict = match self.counted.len() == all {
            true => replay.engine,
            false => {
                of_counted = replay.engine_of(&self.counted)?;
                &of_counted
            }
        };
        // Needed only where entities cannot be made fit for a gateway.
        let plain =
            LazyCell::new(|| replay.engine_of(&self.counted).map(|engine| engine.with_strictness(Strictness::Cedar)));
        let allowed = self.property.claim != Promise::Always;
        let shows = |witness: &Witness, engine: &Engine, entities: Option<cedar_policy::Entities>| {
            let Some(entities) = entities else { return false };
            let decided = |engine: &Engine| engine.decide(&witness.request, &entities).ok();
            decided(&spoken_of).is_some_and(|decision| decision.is_allow())
                && decided(engine).is_some_and(|decision| decision.is_allow() == allowed)
        };
        let stage = Stage {
            contract: &replay.lowered.contract,
            engine: replay.engine,
            literals: &replay.literals,
            at: replay.at,
            shows: &|witness| shows(witness, strict, witness.load(replay.engine)),
            shows_unchecked: &|witness| {
                let entities = replay.engine.unchecked_entities(&witness.entities).ok();
                plain.as_ref().is_ok_and(|plain| shows(witness, plain, entities))
            },
        };
        Ok(Witness::new(found, stage))
    }
}

/// Whether a policy reads the grant of a profile: by its name, or all grants at once.
fn reads_grant(policy: &Policy, profile: &str, profiles: &BTreeSet<String>) -> bool {
    let names = |name: &str| {
        lower::has_part(policy, &|part| match part {
            Expr::GetAttr { attr, .. } => attr == name,
            Expr::HasAttr { attrs, .. } => attrs.iter().any(|attr| attr == name),
            Expr::Literal(Literal::String(text)) => text == name,
            Expr::Literal(Literal::EntityUID(uid)) => uid.eid == name,
            _ => false,
        })
    };
    names(GRANTS_ATTRIBUTE) && (names(profile) || !profiles.iter().any(|other| names(other)))
}

/// The rules of an environment.
fn rules(policies: &[Policy], base: &Base, environment: &Environment) -> Rules {
    let here = |policy: &&Policy| base.environments.fitting(policy)(environment);
    Rules::new(policies.iter().filter(here).filter_map(Rule::new))
}
