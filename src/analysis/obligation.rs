//! Properties of a program as questions about all requests, and what the answers come to: proved, refuted by a request that
//! was replayed, or neither. Nothing that is unknown counts as proved.

use std::collections::BTreeSet;

use cedar_policy::Effect;
use cedar_policy::EntityUid;
use cedar_policy::Policy;
use cedar_policy::PolicySet;
use cedar_policy::SchemaFragment;
use thiserror::Error;

use super::base::Base;
use super::environment::Environment;
use super::prover::Asking;
use super::prover::SchemaRefused;
use super::question::Answer;
use super::question::Claim;
use super::question::Counterexample;
use super::question::Question;
use super::rule::Rule;
use super::rule::Rules;
use super::witness::Stage;
use super::witness::Unshowable;
use super::witness::Witness;
use crate::decide::Engine;
use crate::decide::EngineError;
use crate::decide::Strictness;
use crate::lower;
use crate::lower::Lowered;
use crate::lower::Promise;
use crate::lower::Property;
use crate::lower::PropertyKind;
use crate::text::Instant;
use crate::text::Span;

/// What is to be proved of a program.
#[derive(Debug)]
pub struct Obligations {
    /// The policies and the schema.
    pub base: Base,
    /// One for each property, in their order.
    pub all: Vec<Obligation>,
}

/// A property and the questions that decide it.
#[derive(Debug)]
pub struct Obligation {
    /// What is claimed.
    pub property: Property,
    /// The questions, by environment.
    questions: Vec<Question>,
    /// Of `always`: the forbids that must not error, since a gateway denies then.
    no_errors: Vec<Question>,
    /// The policies that count.
    counted: Vec<Policy>,
}

/// Why there is nothing to be asked.
#[derive(Debug, Error)]
pub enum ObligationsError {
    /// The program has no schema.
    #[error("there is no schema, so there is nothing to be said about all requests")]
    NoSchema,
    /// The symbolic compiler does not take the schema.
    #[error(transparent)]
    Schema(#[from] SchemaRefused),
    /// The policies that a property speaks of make no set; a fault of ours.
    #[error("a claim cannot be replayed: {0}")]
    Replay(String),
    /// No engine to replay with; a fault of ours.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a property came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds of all requests.
    Proved,
    /// Of `possible`: here is a request that shows it.
    Shown(Box<Witness>),
    /// Here is a request that it does not hold of.
    Refuted(Box<Witness>),
    /// Of `possible`: no request is allowed.
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
    /// Pairs of types that it does not reach.
    pub skipped: Vec<String>,
    /// What it came to.
    pub outcome: Outcome,
}

impl Proof {
    /// `assert tenants_apart`
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.kind.word(), self.name)
    }

    /// A name for files.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let plain = |c: char| match c.is_ascii_alphanumeric() || c == '_' {
            true => c,
            false => '-',
        };
        self.title().chars().map(plain).collect()
    }

    /// Whether the requests it speaks of are to be allowed, and one that refutes it is denied.
    #[must_use]
    pub fn wants_allow(&self) -> bool {
        match self.claim {
            Promise::Always => true,
            Promise::Never | Promise::Possible => false,
        }
    }

    /// The word for what it came to.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Proved | Outcome::Shown(_) => "proved",
            Outcome::Refuted(_) | Outcome::Impossible => "refuted",
            Outcome::Empty => "empty",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotReplayed(_) => "fault",
        }
    }
}

impl Obligations {
    /// Makes the questions that decide some properties of what was lowered.
    ///
    /// # Errors
    /// Where there is no schema to reason about.
    pub fn new(properties: Vec<Property>, lowered: &Lowered) -> Result<Self, ObligationsError> {
        let schema = lowered.schema.as_ref().ok_or(ObligationsError::NoSchema)?;
        let policies = lowered.policies.iter().map(|(policy, _)| policy);
        let base = Base::new(schema, policies.chain(lowered.raw.iter().map(|raw| &raw.policy)))?;
        let all = properties
            .into_iter()
            .map(|property| Obligation::new(property, lowered, &base))
            .collect();
        Ok(Self { base, all })
    }
}

impl Obligation {
    fn new(property: Property, lowered: &Lowered, base: &Base) -> Self {
        let left_out: BTreeSet<&str> = lowered
            .drafts
            .iter()
            .filter(|draft| !property.counted.counts(draft))
            .map(|draft| draft.id.as_str())
            .collect();
        // What only a grant opens is asked of the grant's permits alone, raw ones left out, too.
        let raw_counts = !matches!(property.counted, lower::Counted::Only(_));
        let gate = lowered.policies.iter().map(|(policy, _)| policy);
        let raw = lowered.raw.iter().map(|raw| &raw.policy);
        let counted: Vec<Policy> = gate
            .filter(|policy| !left_out.contains(policy.id().to_string().as_str()))
            .chain(raw.filter(|policy| raw_counts || policy.effect() == Effect::Forbid))
            .cloned()
            .collect();
        let counts = |id: &str| counted.iter().any(|policy| policy.id().to_string() == id);
        let mut obligation = Self {
            questions: Vec::new(),
            no_errors: Vec::new(),
            counted: Vec::new(),
            property,
        };
        for environment in base.environments.iter() {
            let requests = requests(&obligation.property, base, environment);
            if !requests.iter().any(|rule| rule.policy().effect() == Effect::Permit) {
                continue;
            }
            let slice = base.slice(environment).filter(|listed| counts(&listed.id));
            let slice = Rules::new(slice.map(|listed| listed.rule.clone()));
            let claim = match obligation.property.claim {
                Promise::Never | Promise::Possible => Claim::Disjoint(slice, requests),
                Promise::Always => {
                    let forbids = base.slice(environment).filter(|listed| listed.effect == Effect::Forbid);
                    obligation.no_errors.extend(forbids.map(|listed| Question {
                        environment: environment.clone(),
                        claim: Claim::NeverErrors(listed.rule.clone()),
                    }));
                    Claim::Implies(requests, slice)
                }
            };
            obligation.questions.push(Question {
                environment: environment.clone(),
                claim,
            });
        }
        obligation.counted = counted;
        obligation
    }

    /// How many kinds of request it is asked of.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.questions.len()
    }

    /// Asks what has to be asked.
    ///
    /// # Errors
    /// Where there is no engine to replay a counterexample with.
    pub fn settle(
        &self,
        asking: &mut Asking<'_>,
        replay: &Replay<'_>,
        base: &Base,
    ) -> Result<Outcome, ObligationsError> {
        if self.questions.is_empty() {
            return Ok(Outcome::Empty);
        }
        let mut open = Vec::new();
        let mut unshown = None;
        let all = self.questions.iter().chain(&self.no_errors);
        for question in all {
            // Mostly the permits alone say enough, and are a smaller question than with all that forbids.
            if let Some(larger) = without_forbids(question)
                && self.property.claim == Promise::Never
            {
                match asking.answer(&base.ground, &larger) {
                    Answer::Holds => continue,
                    Answer::Fails(found) => {
                        if let Ok(witness) = self.witness(&found, replay, false)? {
                            return Ok(Outcome::Refuted(Box::new(witness)));
                        }
                    }
                    Answer::Unknown(_) => {}
                }
            }
            match asking.answer(&base.ground, question) {
                Answer::Holds => {}
                Answer::Fails(found) => {
                    let errs = matches!(question.claim, Claim::NeverErrors(_));
                    match self.witness(&found, replay, errs)? {
                        Ok(witness) if self.property.claim == Promise::Possible => {
                            return Ok(Outcome::Shown(Box::new(witness)));
                        }
                        Ok(witness) => return Ok(Outcome::Refuted(Box::new(witness))),
                        Err(Unshowable::NotReplayed) if !errs => {
                            let why = Unshowable::NotReplayed.to_string();
                            unshown = unshown.or(Some(unanswered(asking, base, replay, question, why)));
                        }
                        Err(_) if errs => {
                            let why = "a `forbid` may error there, and a gateway denies then".to_owned();
                            open.push(unanswered(asking, base, replay, question, why));
                        }
                        Err(why) => open.push(unanswered(asking, base, replay, question, why.to_string())),
                    }
                }
                Answer::Unknown(why) => open.push(unanswered(asking, base, replay, question, why.to_string())),
            }
        }
        Ok(match (unshown, open.is_empty(), self.property.claim) {
            (Some(unshown), ..) => Outcome::NotReplayed(unshown),
            (None, false, _) => Outcome::Unknown(open),
            (None, true, Promise::Possible) => Outcome::Impossible,
            (None, true, Promise::Never | Promise::Always) => Outcome::Proved,
        })
    }

    /// The request that a counterexample shows, replayed by the engine that gateways run.
    fn witness(
        &self,
        found: &Counterexample,
        replay: &Replay<'_>,
        errs: bool,
    ) -> Result<Result<Witness, Unshowable>, ObligationsError> {
        let spoken_of = replay
            .engine_of(&self.property.requests)?
            .with_strictness(Strictness::Cedar);
        let strict = replay.engine_of(&self.counted)?;
        let plain = match errs {
            true => replay.engine_of(&self.counted)?,
            false => replay.engine_of(&self.counted)?.with_strictness(Strictness::Cedar),
        };
        let allowed = self.property.claim != Promise::Always;
        let shows = |witness: &Witness, engine: &Engine, entities: Option<cedar_policy::Entities>| {
            let Some(entities) = entities else { return false };
            let decided = |engine: &Engine| engine.decide(&witness.request, &entities).ok();
            decided(&spoken_of).is_some_and(|decision| decision.is_allow())
                && decided(engine).is_some_and(|decision| decision.is_allow() == allowed)
        };
        let stage = Stage {
            contract: &replay.lowered.contract,
            literals: &replay.literals,
            at: replay.at,
            shows: &|witness| shows(witness, &strict, witness.load(replay.engine)),
            shows_unchecked: &|witness| {
                let entities = replay.engine.unchecked_entities(&witness.entities).ok();
                shows(witness, &plain, entities)
            },
        };
        Ok(Witness::new(found, stage))
    }
}

/// What counterexamples are replayed with.
#[derive(Debug)]
pub struct Replay<'a> {
    /// The engine of the bundle.
    pub engine: &'a Engine,
    /// What the bundle was made of.
    pub lowered: &'a Lowered,
    /// Entities that the policies name.
    pub literals: BTreeSet<EntityUid>,
    /// The time that clocks are set to.
    pub at: Instant,
    /// Whether questions without an answer are kept as SMT-LIB.
    pub keeps_scripts: bool,
}

impl Replay<'_> {
    /// An engine of some policies under the same schema.
    fn engine_of(&self, policies: &[Policy]) -> Result<Engine, ObligationsError> {
        let set = PolicySet::from_policies(policies.iter().cloned())
            .map_err(|error| ObligationsError::Replay(error.to_string()))?;
        let text = self.lowered.schema_text.as_deref().unwrap_or_default();
        let (schema, _) = SchemaFragment::from_cedarschema_str(text)
            .map_err(|error| ObligationsError::Replay(error.to_string()))?;
        Ok(Engine::new(set, Some(schema), [])?)
    }
}

/// The same claim of a set that allows more: what the permits allow if nothing forbids. `None` where that is no other claim.
fn without_forbids(question: &Question) -> Option<Question> {
    let Claim::Disjoint(slice, requests) = &question.claim else {
        return None;
    };
    let permits = slice.iter().filter(|rule| rule.policy().effect() == Effect::Permit);
    let permits = Rules::new(permits.cloned());
    (permits != *slice).then(|| Question {
        environment: question.environment.clone(),
        claim: Claim::Disjoint(permits, requests.clone()),
    })
}

/// The requests of an environment that a property speaks of.
fn requests(property: &Property, base: &Base, environment: &Environment) -> Rules {
    let here = |policy: &&Policy| base.environments.admitting(policy).contains(&environment);
    Rules::new(property.requests.iter().filter(here).filter_map(Rule::new))
}

fn unanswered(asking: &Asking<'_>, base: &Base, replay: &Replay<'_>, question: &Question, why: String) -> Open {
    Open {
        environment: question.environment.to_string(),
        why,
        script: (replay.keeps_scripts)
            .then(|| asking.script(&base.ground, question))
            .flatten(),
    }
}
