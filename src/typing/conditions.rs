//! The stage: the conditions of a program, each typed once for each kind of request that somebody asks about. What is answered
//! depends on the program, the statement and the kind alone, so that whoever asks later gets the same without the work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diag::Diagnostics;
use crate::graph::{Program, StatementId, When};

use super::elaborate::{Elaborated, check_named, elaborate};
use super::kind::{Env, Kind};
use super::sizes::{MOST_PARTS, Sizes};
use super::{Budget, TypedExpr};

/// The conditions of a program.
#[derive(Debug)]
pub struct Conditions {
    program: Arc<Program>,
    sizes: Sizes,
    /// What is known by now.
    typed: Mutex<BTreeMap<Kind, BTreeMap<StatementId, Arc<Typed>>>>,
    /// What is known of the kind of request that was typed last. One at a time: conditions of one kind are asked for together, and
    /// all kinds at once would keep the context of each.
    last: Mutex<Option<(Kind, Arc<Env>)>>,
}

/// A condition for one kind of request.
#[derive(Debug)]
struct Typed {
    /// The parts that its words expand to; `None` where these are too many.
    size: Option<u64>,
    elaborated: Elaborated,
}

impl Conditions {
    /// The stage of a program.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        Self { sizes: Sizes::build(&program), program, typed: Mutex::new(BTreeMap::new()), last: Mutex::new(None) }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The program, once nothing more is asked of its conditions.
    #[must_use]
    pub fn into_program(self) -> Program {
        Arc::unwrap_or_clone(self.program)
    }

    /// What a condition means for a kind of request.
    ///
    /// # Errors
    /// All its faults, where it has some.
    pub fn of(&self, when: When<'_>, kind: &Kind) -> Result<TypedExpr, Diagnostics> {
        let typed = self.known(when, kind).unwrap_or_else(|| self.make(when, kind, self.size(when)));
        typed.elaborated.result.clone()
    }

    /// The same for whoever makes policies of it, which the budget pays for.
    ///
    /// # Errors
    /// All its faults, where it has some. None, where the budget is spent: whoever gave it reports that.
    pub fn within(&self, budget: &Budget, when: When<'_>, kind: &Kind) -> Result<TypedExpr, Diagnostics> {
        let known = self.known(when, kind);
        let size = known.as_ref().map_or_else(|| self.size(when), |typed| typed.size);
        if size.is_some_and(|size| !budget.spend(when.expr.span, size)) {
            return Err(Diagnostics::new());
        }
        let typed = known.unwrap_or_else(|| self.make(when, kind, size));
        for (span, parts) in &typed.elaborated.grown {
            if !budget.spend(*span, *parts) {
                return Err(Diagnostics::new());
            }
        }
        typed.elaborated.result.clone()
    }

    /// The faults of named conditions by themselves, whether or not a statement uses them.
    #[must_use]
    pub fn faults_of_named(&self) -> Diagnostics {
        let mut out = Diagnostics::new();
        for condition in &self.program.conditions {
            check_named(&self.program, condition, &mut out);
        }
        out
    }

    fn known(&self, when: When<'_>, kind: &Kind) -> Option<Arc<Typed>> {
        lock(&self.typed).get(kind)?.get(when.of).cloned()
    }

    /// The parts that the words of a condition expand to; `None` where these are too many.
    fn size(&self, when: When<'_>) -> Option<u64> {
        Some(self.sizes.expanded(&self.program, when.expr)).filter(|size| *size <= MOST_PARTS)
    }

    fn make(&self, when: When<'_>, kind: &Kind, size: Option<u64>) -> Arc<Typed> {
        let elaborated = match size {
            None => {
                let faults = std::iter::once(self.sizes.too_large(&self.program, when.expr));
                Elaborated { result: Err(faults.collect()), grown: Vec::new() }
            }
            Some(size) => elaborate(&self.program, &self.env(kind), when.expr, size),
        };
        let typed = Arc::new(Typed { size, elaborated });
        let mut all = lock(&self.typed);
        all.entry(kind.clone()).or_default().insert(when.of.clone(), Arc::clone(&typed));
        typed
    }

    fn env(&self, kind: &Kind) -> Arc<Env> {
        let mut last = lock(&self.last);
        if let Some((known, env)) = last.as_ref()
            && known == kind
        {
            return Arc::clone(env);
        }
        let env = Arc::new(Env::of(&self.program, kind));
        *last = Some((kind.clone(), Arc::clone(&env)));
        env
    }
}

/// What is behind a lock is whole at any time, whoever panicked with it.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
