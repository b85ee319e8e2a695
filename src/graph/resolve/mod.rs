//! From syntax trees to a resolved program, in passes: names, types, actions, conditions, roles, statements, break-glass, assertions.
//! Each pass reports all its faults and leaves out what did not resolve, so that the next one can still run.

mod actions;
mod annotations;
mod assertions;
mod break_glass;
mod covered;
mod endless;
mod grants;
mod index;
mod limits;
mod lookup;
mod named;
mod names;
mod people;
mod relations;
mod roles;
mod separation;
mod statements;
mod targets;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Diagnostics;
use crate::syntax::ast;
use crate::text::{Duration, Span};

use super::{ActionId, Externals, Named, Program, StatementId, StatementKind, TypeId};

/// Resolves the files of one program. `longest_grant` is the tool-wide cap on break-glass grants.
#[must_use]
pub fn resolve(files: &[ast::File], externals: &Externals, longest_grant: Duration, out: &mut Diagnostics) -> Program {
    let mut cx = Resolver {
        program: Program::default(),
        out,
        names: BTreeMap::new(),
        action_sets: BTreeMap::new(),
        raw_actions: BTreeMap::new(),
        actions_by_name: BTreeMap::new(),
        stood_for: BTreeMap::new(),
        named: 0,
        statement_names: BTreeMap::new(),
        statement_ids: BTreeMap::new(),
        longest_grant,
        orphans: BTreeSet::new(),
        lost_roles: BTreeSet::new(),
    };
    let items: Vec<&ast::Item> = files.iter().flat_map(|file| &file.items).collect();
    names::namespace(&mut cx, &items);
    names::declare(&mut cx, &items, externals);
    types::shapes(&mut cx, &items, externals);
    actions::actions(&mut cx, &items, externals);
    actions::context(&mut cx, &items);
    roles::conditions(&mut cx, &items);
    roles::headers(&mut cx, &items);
    statements::requires(&mut cx, &items);
    grants::grants(&mut cx, &items);
    separation::isolations(&mut cx, &items);
    break_glass::profiles(&mut cx, &items);
    statements::guarded_steps(&mut cx, &items);
    statements::denies(&mut cx, &items);
    assertions::assertions(&mut cx, &items);
    grants::wildcards(&mut cx);
    cx.program.relations = relations::relations(&cx.program);
    cx.program.index = index::index(&cx.program, &externals.permits);
    roles::cycles(&mut cx);
    endless::parents(&mut cx);
    separation::separations(&mut cx, &items);
    let mut references = std::mem::take(&mut cx.program.references);
    named::refer(&cx.program, &mut references);
    cx.program.references = references;
    separation::tenancy(&mut cx);
    limits::kinds(&mut cx);
    cx.program
}

/// What the passes share.
struct Resolver<'a> {
    program: Program,
    out: &'a mut Diagnostics,
    /// Every declared name with its kind and place.
    names: BTreeMap<String, Declared>,
    /// Reusable sets of actions.
    action_sets: BTreeMap<String, ast::ActionSetDecl>,
    /// Actions of raw schemas, by the types they apply to.
    raw_actions: BTreeMap<TypeId, Vec<ActionId>>,
    /// The actions that a type can be asked for, by their own names; of equal names the first.
    actions_by_name: BTreeMap<TypeId, BTreeMap<String, ActionId>>,
    /// The types that wildcard types stand for, where a statement that restricts or claims names them.
    stood_for: BTreeMap<TypeId, Vec<TypeId>>,
    /// How many actions the statements have named so far, groups and `any` counted by what they stand for.
    named: usize,
    /// Statement names, with the place and whether it is a label.
    statement_names: BTreeMap<String, (Span, bool)>,
    /// How many statements have each kind and name so far.
    statement_ids: BTreeMap<StatementId, u32>,
    longest_grant: Duration,
    /// Types with a parent that did not resolve, which was reported: what lies above them is not known.
    orphans: BTreeSet<TypeId>,
    /// Roles on a type that did not resolve, which was reported, by their own names: nothing is known of them.
    lost_roles: BTreeSet<String>,
}

impl Resolver<'_> {
    /// Notes what a name stands for where it is used.
    fn refer(&mut self, at: Span, named: Named) {
        self.program.references.add(at, named);
    }

    /// The id of the next statement of a kind with a name, which is the whole of some words.
    fn statement_id(&mut self, kind: StatementKind, name: &str, words: Span) -> StatementId {
        let id = StatementId::new(kind, name);
        let known = self.statement_ids.entry(id.clone()).or_default();
        let repeated = *known;
        *known += 1;
        let id = id.repeated(repeated);
        self.program.references.write(words, id.clone());
        id
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Type,
    Condition,
    Role,
    Profile,
    ActionSet,
    Label,
    Assertion,
}

impl NameKind {
    fn article(self) -> &'static str {
        match self {
            Self::Type => "a type",
            Self::Condition => "a condition",
            Self::Role => "a role",
            Self::Profile => "a break-glass profile",
            Self::ActionSet => "a set of actions",
            Self::Label => "a statement's label",
            Self::Assertion => "an assertion",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Declared {
    kind: NameKind,
    span: Span,
}

/// Actions that a statement names, each once, with the place that names it first.
type NamedActions = Vec<(ActionId, Span)>;
