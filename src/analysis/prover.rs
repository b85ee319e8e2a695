//! Answers questions: several solvers at once, each question that was answered before answered from the cache, limits per
//! question and per run. The order of the answers is that of the questions, whatever finished first.

use std::sync::atomic::{AtomicUsize, Ordering};

use cedar_policy::Schema;
use thiserror::Error;

use super::cache;
use super::cache::Cache;
use super::clock::Deadline;
use super::question::{Answer, Question, Unknown};
use super::solver::{Engine, Identity, Limits, Reply, Solver};
use super::symbolic::Symbolic;
use crate::diag::with_causes;
use crate::parallel;
use crate::parallel::Work;

/// How questions are answered.
#[derive(Debug)]
pub struct Prover<'a> {
    engine: &'a dyn Engine,
    cache: &'a Cache,
    limits: Limits,
    deadline: Deadline,
    counts: Counts,
    progress: Progress<'a>,
}

/// Who hears how far the work is, and how far that is.
#[derive(Default)]
struct Progress<'a> {
    hears: Option<&'a (dyn Fn(usize, usize) + Sync)>,
    done: AtomicUsize,
    of: AtomicUsize,
}

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}

impl Progress<'_> {
    fn tell(&self, done: usize) {
        let done = self.done.fetch_add(done, Ordering::Relaxed) + done;
        if let Some(hears) = self.hears {
            hears(done, self.of.load(Ordering::Relaxed));
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Questions that were put.
    pub questions: usize,
    /// Of these, the ones that a solver was asked.
    pub asked: usize,
    /// The ones that the cache answered.
    pub cached: usize,
}

#[derive(Debug, Default)]
struct Counts {
    questions: AtomicUsize,
    asked: AtomicUsize,
    cached: AtomicUsize,
}

/// A schema that the symbolic compiler does not take.
#[derive(Debug, Error)]
#[error("the solver does not support the schema: {0}")]
pub struct SchemaRefused(String);

/// A schema to ask questions under. What was compiled for one question serves the others.
#[derive(Debug)]
pub struct Ground(Symbolic);

impl Ground {
    /// Compiles a schema.
    ///
    /// # Errors
    /// Where it is incomplete.
    pub fn new(schema: &Schema) -> Result<Self, SchemaRefused> {
        Symbolic::new(schema).map(Self).map_err(SchemaRefused)
    }
}

impl<'a> Prover<'a> {
    /// A prover with an engine and a cache, until the deadline.
    #[must_use]
    pub fn new(engine: &'a dyn Engine, cache: &'a Cache, limits: Limits, deadline: Deadline) -> Self {
        Self { engine, cache, limits, deadline, counts: Counts::default(), progress: Progress::default() }
    }

    /// The same prover, which tells how many tasks are done, and of how many that are known by then.
    #[must_use]
    pub fn telling(mut self, hears: &'a (dyn Fn(usize, usize) + Sync)) -> Self {
        self.progress.hears = Some(hears);
        self
    }

    /// The engine's identity.
    #[must_use]
    pub fn engine(&self) -> &Identity {
        self.engine.identity()
    }

    /// What was asked so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Statistics {
            questions: read(&self.counts.questions),
            asked: read(&self.counts.asked),
            cached: read(&self.counts.cached),
        }
    }

    /// Answers all questions.
    #[must_use]
    pub fn answer(&self, ground: &Ground, questions: &[Question]) -> Vec<Answer> {
        self.each(questions, |asking, question| asking.answer(ground, question))
    }

    /// Works on tasks that each ask one question after the other, as many at once as there are cores,
    /// each core with a solver of its own.
    /// The results stand in the order of the tasks.
    pub fn each<T: Sync, R: Send>(&self, tasks: &[T], work: impl Fn(&mut Asking<'_>, &T) -> R + Sync) -> Vec<R> {
        let asking = || Asking { prover: self, solver: None };
        self.progress.of.fetch_add(tasks.len(), Ordering::Relaxed);
        self.progress.tell(0);
        parallel::map(Work::Much, tasks, asking, |asking, task| {
            let result = work(asking, task);
            self.progress.tell(1);
            result
        })
    }

    /// The SMT-LIB script of a question, for whoever wants to look into it; `None` where no solver is needed.
    #[must_use]
    pub fn script(&self, ground: &Ground, question: &Question) -> Option<String> {
        let mut script = None;
        let mut record = |asked: &str| {
            script = Some(format!("{asked}(check-sat)\n"));
            Ok(Reply::Unknown(String::new()))
        };
        let _ = ground.0.answer(question, &mut record);
        script
    }
}

/// One thread's way to ask: a solver of its own, started when first needed.
pub struct Asking<'a> {
    prover: &'a Prover<'a>,
    solver: Option<Box<dyn Solver>>,
}

impl std::fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}

impl Asking<'_> {
    /// The SMT-LIB script of a question, as [`Prover::script`].
    #[must_use]
    pub fn script(&self, ground: &Ground, question: &Question) -> Option<String> {
        self.prover.script(ground, question)
    }

    /// Answers one question.
    pub fn answer(&mut self, ground: &Ground, question: &Question) -> Answer {
        self.prover.counts.questions.fetch_add(1, Ordering::Relaxed);
        if self.prover.deadline.is_over() {
            return Answer::Unknown(Unknown::OutOfTime);
        }
        let prover = self.prover;
        let solver = &mut self.solver;
        ground.0.answer(question, &mut |script| ask(prover, solver, script))
    }
}

fn ask(prover: &Prover<'_>, solver: &mut Option<Box<dyn Solver>>, script: &str) -> Result<Reply, String> {
    let key = cache::key(script, prover.engine.identity());
    if let Some(known) = prover.cache.get(&key, prover.limits.resources) {
        prover.counts.cached.fetch_add(1, Ordering::Relaxed);
        return Ok(known);
    }
    prover.counts.asked.fetch_add(1, Ordering::Relaxed);
    if solver.is_none() {
        *solver = Some(prover.engine.start(prover.limits).map_err(|error| with_causes(&error))?);
    }
    let Some(running) = solver else {
        return Err("the solver did not start".to_owned());
    };
    let reply = running.check(script, prover.deadline.left()).map_err(|error| with_causes(&error))?;
    prover.cache.put(&key, &reply, prover.limits.resources);
    Ok(reply)
}
