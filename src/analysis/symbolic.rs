//! Cedar's symbolic compiler: policies of one schema to terms, each once per environment, and questions to SMT-LIB.
//! It writes to a recorder; who answers is the caller's business.

#![expect(clippy::result_large_err, reason = "the error is the symbolic compiler's own")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::Schema;
use cedar_policy_symcc::err::Error;
use cedar_policy_symcc::solver::{Decision, DecisionWithModel, Solver, SolverError};
use cedar_policy_symcc::{
    CedarSymCompiler, CompiledPolicy, CompiledPolicySet, CompiledSchema, Env, ResetMode, SmtLibScript as _, SymEnv,
};

use super::environment::Environment;
use super::question::{Answer, Claim, Counterexample, Question, Unknown};
use super::rule::{Rule, Rules};
use super::solver::Reply;
use crate::diag::with_causes;

/// What answers scripts.
pub(super) type Oracle<'a> = &'a mut (dyn FnMut(&str) -> Result<Reply, String> + Send);

/// A schema, and what was compiled under it.
pub(super) struct Symbolic {
    schema: Schema,
    compiled: CompiledSchema,
    policies: Memo<CompiledPolicy>,
    sets: Memo<CompiledPolicySet>,
}

type Memo<T> = Mutex<HashMap<(Environment, String), Arc<T>>>;

impl std::fmt::Debug for Symbolic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbolic").finish_non_exhaustive()
    }
}

impl Symbolic {
    /// Compiles a schema, or says why it cannot be.
    pub(super) fn new(schema: &Schema) -> Result<Self, String> {
        Ok(Self {
            compiled: CompiledSchema::new(schema).map_err(|error| with_causes(&error))?,
            schema: schema.clone(),
            policies: Memo::default(),
            sets: Memo::default(),
        })
    }

    /// Whether a question's claim holds.
    pub(super) fn answer(&self, question: &Question, oracle: Oracle<'_>) -> Answer {
        let mut gave_up = String::new();
        let mut oracle = |script: &str| {
            let reply = oracle(script)?;
            if let Reply::Unknown(why) = &reply {
                gave_up.clone_from(why);
            }
            Ok(reply)
        };
        match self.counterexample(question, &mut oracle) {
            Ok(None) => Answer::Holds,
            Ok(Some(env)) => Answer::Fails(Box::new(Counterexample { request: env.request, entities: env.entities })),
            Err(Error::SolverUnknown) => Answer::Unknown(Unknown::Limit(gave_up)),
            Err(error @ Error::SolverError(_)) => Answer::Unknown(Unknown::Solver(with_causes(&error))),
            Err(Error::PolicyNotWellTyped { errs }) => {
                let first = errs.first().map_or_else(|| "a policy is not well-typed".to_owned(), ToString::to_string);
                // In a set, policies go by numbers that mean nothing to a reader.
                let reason = first.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, "));
                let reason = reason.map_or(first.as_str(), |(_, reason)| reason);
                Answer::Unknown(Unknown::Refused(reason.to_owned()))
            }
            Err(error) => Answer::Unknown(Unknown::Refused(with_causes(&error))),
        }
    }

    /// A counterexample to a question's claim; `None` where there is none.
    fn counterexample(&self, question: &Question, oracle: Oracle<'_>) -> Result<Option<Env>, Error> {
        let env = &question.environment;
        let one = |rule: &Rule| self.policy(env, rule);
        let set = |rules: &Rules| self.set(env, rules);
        let mut compiler =
            CedarSymCompiler::new(Recorder { script: Vec::new(), oracle })?.with_reset_mode(ResetMode::Comment);
        let c = &mut compiler;
        match &question.claim {
            Claim::NeverErrors(rule) => wait(c.check_never_errors_with_counterexample_opt(&*one(rule)?)),
            Claim::NeverApplies(rule) => wait(c.check_never_matches_with_counterexample_opt(&*one(rule)?)),
            Claim::AlwaysApplies(rule) => wait(c.check_always_matches_with_counterexample_opt(&*one(rule)?)),
            Claim::ApplyImplies(left, right) => {
                wait(c.check_matches_implies_with_counterexample_opt(&*one(left)?, &*one(right)?))
            }
            Claim::ApplyDisjoint(left, right) => {
                wait(c.check_matches_disjoint_with_counterexample_opt(&*one(left)?, &*one(right)?))
            }
            Claim::AlwaysAllows(rules) => wait(c.check_always_allows_with_counterexample_opt(&*set(rules)?)),
            Claim::AlwaysDenies(rules) => wait(c.check_always_denies_with_counterexample_opt(&*set(rules)?)),
            Claim::Implies(left, right) => wait(c.check_implies_with_counterexample_opt(&*set(left)?, &*set(right)?)),
            Claim::Disjoint(left, right) => wait(c.check_disjoint_with_counterexample_opt(&*set(left)?, &*set(right)?)),
        }
    }

    fn policy(&self, env: &Environment, rule: &Rule) -> Result<Arc<CompiledPolicy>, Error> {
        memo(&self.policies, env, rule.digest(), || {
            CompiledPolicy::compile_with_custom_symenv(rule.policy(), &env.to_cedar(), &self.schema, self.symenv(env)?)
        })
    }

    fn set(&self, env: &Environment, rules: &Rules) -> Result<Arc<CompiledPolicySet>, Error> {
        memo(&self.sets, env, rules.digest(), || {
            let set = rules.policy_set();
            CompiledPolicySet::compile_with_custom_symenv(&set, &env.to_cedar(), &self.schema, self.symenv(env)?)
        })
    }

    fn symenv(&self, env: &Environment) -> Result<SymEnv, Error> {
        self.compiled.sym_env(&env.to_cedar())
    }
}

/// Compiled policies and sets beyond these are compiled anew: a package of thousands asks about most of them once.
const MOST_KEPT: usize = 2_000;

fn memo<T>(
    memo: &Memo<T>,
    env: &Environment,
    digest: &str,
    make: impl FnOnce() -> Result<T, Error>,
) -> Result<Arc<T>, Error> {
    // A thread that panicked left whole entries.
    let lock = || memo.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (env.clone(), digest.to_owned());
    if let Some(known) = lock().get(&key) {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(make()?);
    let mut known = lock();
    if known.len() >= MOST_KEPT {
        known.clear();
    }
    known.insert(key, Arc::clone(&made));
    Ok(made)
}

/// Nothing here waits for anything: the recorder answers in place.
fn wait<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(|error| Error::SolverError(SolverError::Io(error)))?.block_on(future)
}

/// Collects what the compiler writes, and hands it to the oracle as a whole.
struct Recorder<'a> {
    script: Vec<u8>,
    oracle: Oracle<'a>,
}

impl Recorder<'_> {
    fn ask(&mut self) -> Result<Reply, SolverError> {
        let script = String::from_utf8_lossy(&self.script).into_owned();
        self.script.clear();
        (self.oracle)(&script).map_err(SolverError::Solver)
    }
}

impl Solver for Recorder<'_> {
    fn smtlib_input(&mut self) -> &mut (dyn tokio::io::AsyncWrite + Unpin + Send) {
        &mut self.script
    }

    async fn enable_models(&mut self) -> Result<(), SolverError> {
        Ok(self.smtlib_input().set_option("produce-models", "true").await?)
    }

    async fn check_sat(&mut self) -> Result<Decision, SolverError> {
        Ok(match self.ask()? {
            Reply::Sat(_) => Decision::Sat,
            Reply::Unsat => Decision::Unsat,
            Reply::Unknown(_) => Decision::Unknown,
        })
    }

    async fn check_sat_with_model(&mut self) -> Result<DecisionWithModel, SolverError> {
        Ok(match self.ask()? {
            Reply::Sat(model) => DecisionWithModel::Sat { model },
            Reply::Unsat => DecisionWithModel::Unsat,
            Reply::Unknown(_) => DecisionWithModel::Unknown,
        })
    }
}
