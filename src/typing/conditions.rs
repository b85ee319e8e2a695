//! The stage: the conditions of a program, each typed once for each kind of request that somebody asks about. What is answered
//! depends on the program, the statement and the kind alone, so that whoever asks later gets the same without the work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diag::Diagnostics;
use crate::graph::{Named, Program, StatementId, When};
use crate::text::Span;

use super::elaborate::{Elaborated, check_named, elaborate, references};
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

    /// The attributes and members of enumerations that a condition names, each at its place, for a kind of request. A condition
    /// that is too large names none.
    #[must_use]
    pub fn references(&self, when: When<'_>, kind: &Kind) -> BTreeSet<(Span, Named)> {
        let size = self.size(when);
        size.map(|size| references(&self.program, &self.env(kind), when.expr, size)).unwrap_or_default()
    }

    /// Whether the condition of a statement was typed for any kind of request.
    #[must_use]
    pub fn is_typed(&self, when: When<'_>) -> bool {
        lock(&self.typed).values().any(|known| known.contains_key(when.of))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Duration, Sources};
    use crate::{graph, syntax};

    fn conditions(text: &str) -> Conditions {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", text);
        let mut out = Diagnostics::new();
        let tree = syntax::parse(&sources, file, &syntax::Limits::default(), &mut out);
        let program = graph::resolve(&[tree], &graph::Externals::default(), Duration::HOUR, &mut out);
        assert!(out.iter().all(|fault| fault.code == graph::codes::SAME_STATEMENT_NAME), "{out:?}");
        Conditions::new(Arc::new(program))
    }

    const PROGRAM: &str = "principal User { mfa: Bool }\n\
        ordered enum Level { low, high }\n\
        resource Doc { level: Level, action read; }\n\
        role staff for User when principal.mfa { allow read on Doc when resource.level < high; }\n\
        deny any to read on Doc when resource.level == missing;\n";

    fn kind(conditions: &Conditions) -> Kind {
        let program = conditions.program();
        let (user, doc) = (program.find_type("User").unwrap(), program.find_type("Doc").unwrap());
        Kind::requests(user, doc, &program.action_ids().collect::<Vec<_>>())
    }

    #[test]
    fn what_is_asked_first_or_again_or_with_a_budget_is_answered_the_same() {
        let (one, other) = (conditions(PROGRAM), conditions(PROGRAM));
        let grant = |of: &Conditions| of.of(of.program().grants[0].when().unwrap(), &kind(of)).unwrap();
        let role = |of: &Conditions| of.of(of.program().roles[0].when().unwrap(), &kind(of)).unwrap();
        let (first, second) = (grant(&one), role(&one));
        assert_eq!((role(&other), grant(&other)), (second.clone(), first.clone()));
        assert_eq!((grant(&one), role(&one)), (first.clone(), second));
        let budget = Budget::of(one.program());
        assert_eq!(one.within(&budget, one.program().grants[0].when().unwrap(), &kind(&one)).unwrap(), first);
    }

    #[test]
    fn a_condition_that_is_known_costs_as_much_as_one_that_is_new() {
        let conditions = conditions(PROGRAM);
        let kind = kind(&conditions);
        let when = conditions.program().grants[0].when().unwrap();
        let asked = |times: usize| {
            let budget = Budget::of(conditions.program());
            (0..times).take_while(|_| conditions.within(&budget, when, &kind).is_ok()).count()
        };
        let all = asked(usize::MAX);
        assert!(all > 1_000, "{all}");
        assert_eq!(asked(usize::MAX), all);
        let budget = Budget::of(conditions.program());
        (0..=all).for_each(|_| drop(conditions.within(&budget, when, &kind)));
        assert!(conditions.within(&budget, when, &kind).is_err_and(|faults| faults.is_empty()));
        assert!(budget.fault().is_some());
    }

    #[test]
    fn faults_are_kept_with_the_condition() {
        let conditions = conditions(PROGRAM);
        let when = conditions.program().denies[0].when().unwrap();
        let faults = || conditions.of(when, &kind(&conditions)).unwrap_err().into_iter().map(|found| found.message);
        let first: Vec<String> = faults().collect();
        assert_eq!(first, ["`Level` has no member `missing`"]);
        assert_eq!(faults().collect::<Vec<_>>(), first);
    }

    #[test]
    fn statements_of_one_name_have_conditions_of_their_own() {
        let twice =
            format!("{PROGRAM}role other for User {{ allow read on Doc when true; allow read on Doc when false; }}\n");
        let conditions = conditions(&twice);
        let [.., yes, no] = conditions.program().grants.as_slice() else { panic!() };
        assert_eq!(yes.statement.name, no.statement.name);
        let kind = kind(&conditions);
        assert_ne!(
            conditions.of(yes.when().unwrap(), &kind).unwrap().kind,
            conditions.of(no.when().unwrap(), &kind).unwrap().kind
        );
    }

    /// Where a condition names an attribute or a member, and the words that declare it.
    #[test]
    fn names_in_a_condition_lead_to_their_declarations() {
        let text = "principal User { mfa: Bool, boss?: User }\n\
            ordered enum Level { low, high }\n\
            context { from gateway { calm: Bool } }\n\
            resource Doc { level: Level, owner: User, action read { urgent?: Bool } }\n\
            condition sharp(doc: Doc) = doc.level == Level::\"high\";\n\
            role staff for User { allow read on Doc when resource.level < high && principal has boss.mfa && \
            resource.owner.mfa && context.calm && context has urgent && sharp(resource); }\n";
        let conditions = conditions(text);
        let program = conditions.program();
        let found = conditions.references(program.grants[0].when().unwrap(), &kind(&conditions));
        let shown = found.iter().map(|(at, named)| {
            let declared = program.declared_at(named).unwrap();
            let declared = text.get(usize::try_from(declared.start).unwrap()..).unwrap().lines().next().unwrap();
            format!("{} -> {}", text.get(at.range()).unwrap(), declared.chars().take(12).collect::<String>().trim_end())
        });
        let shown = shown.collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(shown, @r#"
        level -> level: Level
        "high" -> high }
        level -> level: Level
        high -> high }
        boss -> boss?: User
        mfa -> mfa: Bool, b
        owner -> owner: User,
        mfa -> mfa: Bool, b
        calm -> calm: Bool }
        urgent -> urgent?: Boo
        "#);
    }

    #[test]
    fn ids_survive_edits_elsewhere() {
        let ids = |text: &str| -> Vec<StatementId> {
            let conditions = conditions(text);
            conditions.program().grants.iter().map(|grant| grant.statement.id.clone()).collect()
        };
        let edited = PROGRAM.replace("role staff", "role before for User { allow read on Doc; }\n\nrole staff");
        let (before, after) = (ids(PROGRAM), ids(&edited));
        assert_eq!(after.len(), 2);
        assert_eq!(before[0], after[1]);
    }
}
