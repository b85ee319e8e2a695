//! What tests have to show of a package: obligations for each statement, by what the statement is compiled to.

mod break_glass;
mod changed;
mod conditions;
mod raw;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cedar_policy::{EntityId, EntityTypeName, EntityUid};

use crate::bundle::OriginKind;
use crate::clauses::Step;
use crate::graph::{ActionId, Profile, Program};
use crate::lower;
use crate::lower::{Draft, Part};
use crate::scenario::{
    Aspect, Atom, AtomMarks, Condition, Excluded, Obligation, OwnClause, Plan, StatementName, Watched,
};
use crate::text::{Sources, Span};

use super::Checked;

pub use changed::changed;

/// What there is to see of a package without faults.
#[must_use]
pub fn coverage_plan(checked: &Checked, sources: &Sources) -> Plan {
    let mut planner = Planner::new(checked, sources);
    let mut watched: Vec<Watched> = checked.lowered.drafts.iter().filter_map(|draft| planner.draft(draft)).collect();
    watched.extend(checked.lowered.raw.iter().filter_map(|raw| planner.raw(raw)));
    for profile in &checked.program.profiles {
        planner.profile(profile);
    }
    planner.excluded();
    planner.plan.watch(watched);
    planner.plan
}

struct Planner<'a> {
    program: &'a Program,
    checked: &'a Checked,
    sources: &'a Sources,
    plan: Plan,
    /// The first mark of each obligation, by what tells it from the others of its statement.
    known: BTreeMap<(StatementName, Key), usize>,
    actions: HashMap<EntityUid, ActionId>,
}

/// What an obligation of a statement is about. Spans tell parts of one text apart; which parts there are does not depend on them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// An action, and a resource type.
    Allows(String, String),
    /// The role, or a clause by its words and its place.
    Withheld(String, Span),
    /// The statement alone.
    Alone,
    /// An atom, by the calls that lead to it and its place; of a raw policy, by its path.
    Atom(Vec<Span>, Span, String),
    /// A clause of a profile.
    Clause(&'static str),
}

/// A statement that obligations are added to.
#[derive(Debug, Clone)]
struct Subject {
    name: StatementName,
    at: Span,
    aspect: Aspect,
}

/// The condition of a policy while it is made.
#[derive(Debug, Default)]
struct Made {
    own: Vec<OwnClause>,
    atoms: Vec<Atom>,
}

impl<'a> Planner<'a> {
    fn new(checked: &'a Checked, sources: &'a Sources) -> Self {
        let program: &Program = &checked.program;
        let actions = program.action_ids().filter_map(|id| {
            let (ty, name) = &program.action(id)?.cedar;
            Some((uid(ty, name)?, id))
        });
        Self { program, checked, sources, plan: Plan::new(), known: BTreeMap::new(), actions: actions.collect() }
    }

    /// The first mark of an obligation, which is added if it is new.
    fn oblige(&mut self, subject: &Subject, key: Key, what: String, at: Span, help: String) -> usize {
        let known = (subject.name.clone(), key);
        if let Some(mark) = self.known.get(&known) {
            return *mark;
        }
        let obligation = Obligation {
            aspect: subject.aspect,
            statement: subject.name.clone(),
            statement_at: subject.at,
            what,
            at,
            help,
        };
        let mark = self.plan.oblige(obligation, 1);
        self.known.insert(known, mark);
        mark
    }

    fn draft(&mut self, draft: &Draft) -> Option<Watched> {
        let name = StatementName { kind: draft.kind, name: draft.statement.clone() };
        let at = self.place(draft);
        let subject = |aspect| Subject { name: name.clone(), at, aspect };
        let effect = match draft.effect {
            lower::Effect::Permit => cedar_policy::Effect::Permit,
            lower::Effect::Forbid => cedar_policy::Effect::Forbid,
        };
        let mut watched = Watched {
            id: draft.id.clone(),
            effect,
            statement: name.clone(),
            actions: draft.actions.iter().filter_map(|(ty, id)| uid(ty, id)).collect(),
            principal: draft.principal.as_ref().and_then(|ty| ty.parse().ok()),
            resource: draft.resource.as_ref().and_then(|ty| ty.parse().ok()),
            role: None,
            own: Vec::new(),
            atoms: Vec::new(),
            allows: HashMap::new(),
            allows_any: None,
            alone: None,
        };
        let mut made = Made::default();
        let scope_role = draft.scope_role().and_then(|(ty, id)| Some((uid(ty, id)?, id)));
        match draft.kind {
            OriginKind::Grant => {
                let subject = subject(Aspect::Grants);
                watched.allows = self.allows(&subject, draft);
                watched.role = scope_role.map(|(role, _)| {
                    let mark = self.holder(&subject);
                    (role, Some(mark))
                });
                for part in draft.conjuncts().filter(|part| part.guard.is_none()) {
                    self.own_clause(&mut made, &subject, &part, Withheld::Counted);
                }
            }
            OriginKind::BreakGlass => {
                let profile = self.program.profiles.iter().find(|profile| profile.id == draft.of)?;
                watched.role = scope_role.map(|(role, _)| (role, None));
                self.of_profile(&mut made, &mut watched, profile, draft);
            }
            OriginKind::Deny | OriginKind::Require | OriginKind::Isolate | OriginKind::Separate => {
                let subject = subject(Aspect::Denials);
                let help = "test a request that a grant allows and that only this statement denies".to_owned();
                watched.alone = Some(self.oblige(&subject, Key::Alone, "denying alone".to_owned(), at, help));
                watched.role = scope_role.map(|(role, _)| (role, None));
                for part in draft.conjuncts() {
                    self.own_clause(&mut made, &subject, &part, Withheld::NotCounted);
                }
                if !draft.unless.is_empty() {
                    let required = draft.unless.iter().map(|part| self.condition(&mut made.atoms, &subject, part));
                    let condition = Condition::Not(Box::new(Condition::All(required.collect())));
                    made.own.push(OwnClause { condition, withheld: None });
                }
            }
            OriginKind::Raw => return None,
        }
        (watched.own, watched.atoms) = (made.own, made.atoms);
        Some(watched)
    }

    /// Where a statement stands. What isolates the steps of a profile stands at the profile.
    fn place(&self, draft: &Draft) -> Span {
        let isolations = self.program.isolations.iter().map(|isolation| &isolation.statement);
        let mut named = isolations.filter(|one| draft.kind == OriginKind::Isolate && one.name == draft.statement);
        named.next().map_or(draft.span, |statement| statement.span)
    }

    /// The actions that a permit allows, each with its mark.
    fn allows(&mut self, subject: &Subject, draft: &Draft) -> HashMap<EntityUid, usize> {
        let mut allows = HashMap::new();
        for (ty, id) in &draft.actions {
            let Some(cedar) = uid(ty, id) else { continue };
            let action = self.actions.get(&cedar).map_or_else(|| id.clone(), |id| self.program.action_name(*id));
            let resource = draft.resource.clone().unwrap_or_default();
            let several = self.actions.get(&cedar).is_some_and(|id| self.program.decided_on(*id, &[]).len() > 1);
            let on = match self.program.types.iter().find(|ty| ty.cedar == resource) {
                Some(ty) if several => format!(" on `{}`", ty.name),
                _ => String::new(),
            };
            let what = format!("allowing `{action}`{on}");
            let help = format!("test a request for `{action}`{on} that this statement allows");
            allows.insert(cedar, self.oblige(subject, Key::Allows(action, resource), what, subject.at, help));
        }
        allows
    }

    /// The mark of a grant that was withheld because nobody of its role asked.
    fn holder(&mut self, subject: &Subject) -> usize {
        let help = "test a request by somebody who has no role with this grant and meets its other clauses".to_owned();
        let what = "withheld because the principal does not hold the role".to_owned();
        self.oblige(subject, Key::Withheld(String::new(), subject.at), what, subject.at, help)
    }

    /// Adds a clause of a statement's own condition.
    fn own_clause(&mut self, made: &mut Made, subject: &Subject, part: &Part, counted: Withheld) {
        let condition = self.condition(&mut made.atoms, subject, part);
        let withheld = (counted == Withheld::Counted).then(|| {
            // Where no scope can test the role, a clause does: for whoever inherits the grant another one.
            if part.words.as_ref().is_some_and(|words| words.starts_with("role ") || words.starts_with("holds ")) {
                return self.holder(subject);
            }
            let words = self.words(part);
            let what = format!("withheld by `{words}` alone");
            let help = format!("test a request that meets every clause of this grant except `{words}`");
            self.oblige(subject, Key::Withheld(words, part.expr.span), what, part.expr.span, help)
        });
        made.own.push(OwnClause { condition, withheld });
    }

    fn words(&self, part: &Part) -> String {
        part.words.clone().unwrap_or_else(|| self.one_line(part.expr.span))
    }

    fn one_line(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What no request can show, by name.
    fn excluded(&mut self) {
        for separation in self.program.separations.iter().filter(|separation| separation.by.is_none()) {
            self.plan.exclude(Excluded {
                statement: StatementName { kind: OriginKind::Separate, name: separation.statement.name.clone() },
                at: separation.statement.span,
                why: "no request meets a separation of roles: the compiler checks that no role gives both duties"
                    .to_owned(),
            });
        }
        for (draft, _) in &self.checked.lowered.unknown_types {
            let statement = draft.statement.strip_suffix(".unknown-types").unwrap_or(&draft.statement);
            self.plan.exclude(Excluded {
                statement: StatementName { kind: draft.kind, name: statement.to_owned() },
                at: draft.span,
                why: "policies for types that the program does not know: no request with known types meets them"
                    .to_owned(),
            });
        }
        let granted: BTreeSet<_> = self.checked.lowered.drafts.iter().map(|draft| &draft.of).collect();
        for grant in self.program.grants.iter().filter(|grant| !granted.contains(&grant.statement.id)) {
            self.plan.exclude(Excluded {
                statement: StatementName { kind: OriginKind::Grant, name: grant.statement.name.clone() },
                at: grant.statement.span,
                why: "it opens nothing to anybody".to_owned(),
            });
        }
    }
}

/// Whether it is counted that a clause withheld its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Withheld {
    Counted,
    NotCounted,
}

fn uid(ty: &str, id: &str) -> Option<EntityUid> {
    Some(EntityUid::from_type_name_and_id(ty.parse::<EntityTypeName>().ok()?, EntityId::new(id)))
}

/// The step that the policy of a profile decides; `None` for one that opens what a grant names.
fn step_of(profile: &Profile, draft: &Draft) -> Option<Step> {
    let of_step = |step: &Step| draft.statement == format!("{}.{}", profile.name, step.word());
    Step::DECIDED.into_iter().find(of_step)
}

/// The marks of an atom, where it is counted.
fn marks(first: [usize; 3], second: usize) -> AtomMarks {
    let [seen_false, seen_true, decided] = first;
    AtomMarks { seen: [seen_false, seen_true], decided: [decided, second] }
}
