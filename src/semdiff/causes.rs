//! Which changes of parts bring a change of access about: those of what the differing policies are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bundle::ROLE_TYPE;
use crate::graph::{NameOf, Program, Renames};
use crate::lower;
use crate::lower::{Draft, Part, Subject};
use crate::typing::{TypedExpr, TypedKind};

use super::item::{BECAUSE, Kind};
use super::listing::Listed;
use super::request_kind::RequestKind;
use super::structural::{Change, Structure, What};

/// What some policies are made of.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    statements: BTreeSet<String>,
    conditions: BTreeSet<String>,
    roles: BTreeSet<String>,
    attributes: BTreeSet<String>,
    types: BTreeSet<String>,
    /// Whether a raw policy is among them, which alone may name a group of actions.
    raw: bool,
}

/// Fields of parts that no policy is made of.
const TOLD_ONLY: [&str; 8] = [BECAUSE, "masked", "sensitive", "reads", "writes", "assigns", "temporary", "alerts"];

/// The changes behind a change of access, as indices.
pub(super) fn causes(structure: &Structure, mentions: &Mentions, request: &RequestKind) -> Vec<usize> {
    let all = structure.changes.iter().enumerate();
    all.filter(|(_, change)| is_cause(change, mentions, request, &structure.renames))
        .filter(|(_, change)| concerns(change, request, &structure.renames))
        .map(|(at, _)| at)
        .collect()
}

/// Whether a change that is about which actions a statement names is about the action of a request.
fn concerns(change: &Change, request: &RequestKind, renames: &Renames) -> bool {
    let actions = match change.kind {
        Kind::Grant | Kind::Deny => "actions",
        Kind::Require => "for",
        Kind::BreakGlass => "grants",
        _ => return true,
    };
    let What::Changed(fields) = &change.what else {
        return true;
    };
    let mut deciding = fields.iter().filter(|field| !TOLD_ONLY.contains(&field.field));
    deciding.any(|field| {
        let named = |said: &Option<String>| {
            let names = said.iter().flat_map(|names| names.split("; "));
            let mut names = names.map(|name| renames.of(NameOf::Action, name));
            names.any(|name| name == "any" || name == request.action)
        };
        field.field != actions || named(&field.from) || named(&field.to)
    })
}

fn is_cause(change: &Change, mentions: &Mentions, request: &RequestKind, renames: &Renames) -> bool {
    // What is gone may have left its name to something else.
    let name = match (&change.what, change.kind) {
        (What::Removed, Kind::Type) => renames.of(NameOf::Type, &change.name),
        (What::Removed, Kind::Action) => renames.of(NameOf::Action, &change.name),
        _ => change.name.clone(),
    };
    let name = name.as_str();
    let comes_or_goes = match &change.what {
        What::Added | What::Removed => true,
        What::Renamed { .. } => return false,
        What::Changed(fields) if fields.iter().all(|field| TOLD_ONLY.contains(&field.field)) => return false,
        What::Changed(_) => false,
    };
    let of_request = name == request.principal || name == request.resource;
    match change.kind {
        Kind::Namespace | Kind::Assertion => false,
        Kind::Grant
        | Kind::Deny
        | Kind::Require
        | Kind::Isolation
        | Kind::Separation
        | Kind::RawPolicy
        | Kind::BreakGlass => mentions.statements.contains(name),
        Kind::Condition => mentions.conditions.contains(name),
        Kind::Role => mentions.roles.contains(name),
        Kind::Action => name == request.action,
        Kind::Type if comes_or_goes => of_request || mentions.types.contains(name),
        Kind::Type => {
            let declares = request.action.split_once('.').is_some_and(|(ty, _)| ty == name);
            mentions.types.contains(name) || (mentions.raw && declares && regroups(change))
        }
        Kind::Attribute => name.rsplit_once('.').is_some_and(|(_, own)| mentions.attributes.contains(own)),
        Kind::Context => mentions.attributes.contains(name),
    }
}

fn regroups(change: &Change) -> bool {
    matches!(&change.what, What::Changed(fields) if fields.iter().any(|field| field.field == "action group"))
}

/// One conjunct of a policy, by what it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Ask<'a> {
    guard: Option<&'a str>,
    cedar: String,
}

fn asks(draft: &Draft) -> BTreeMap<Ask<'_>, &Part> {
    let parts = draft.when.iter().chain(&draft.unless);
    parts.map(|part| (Ask::of(part), part)).collect()
}

impl<'a> Ask<'a> {
    fn of(part: &'a Part) -> Self {
        Self { guard: part.guard.as_deref(), cedar: lower::cedar_text(&part.expr) }
    }
}

impl Mentions {
    /// Adds what a policy of a program is made of, as far as what the other side makes of the same statement is made of
    /// something else.
    pub(super) fn add(&mut self, program: &Program, listed: &Listed<'_>, others: &[&Draft]) {
        for uid in listed.policy.entity_literals() {
            let cedar = uid.type_name().to_string();
            let ty = program.types.iter().find(|ty| ty.cedar == cedar);
            self.types.extend(ty.map(|ty| ty.name.clone()));
        }
        let Some(draft) = listed.draft else {
            self.raw = true;
            self.statements.insert(listed.id.clone());
            if let Ok(json) = listed.policy.to_json() {
                self.read(&json);
            }
            return;
        };
        let asked = asks(draft);
        let known: BTreeSet<Ask<'_>> = others.iter().flat_map(|other| asks(other).into_keys()).collect();
        let mut differing = asked.keys().filter(|ask| !known.contains(ask)).peekable();
        let gone = known.iter().filter(|ask| !asked.contains_key(ask));
        // What differs by guards alone is no matter of the statement, nor of the role.
        let by_guards = differing.peek().is_some() || gone.clone().next().is_some();
        let by_guards =
            by_guards && differing.all(|ask| ask.guard.is_some()) && gone.clone().all(|ask| ask.guard.is_some());
        if others.is_empty() || !by_guards {
            self.add_statement(program, draft);
        }
        for (_, part) in asked.iter().filter(|(ask, _)| !known.contains(ask)) {
            self.statements.extend(part.guard.clone());
            self.walk(program, &part.expr);
        }
        let lifted = |draft: &Draft| draft.lifted_by.iter().map(lower::cedar_text).collect::<BTreeSet<_>>();
        let lifted_there: BTreeSet<String> = others.iter().flat_map(|other| lifted(other)).collect();
        for expr in &draft.lifted_by {
            if !lifted_there.contains(&lower::cedar_text(expr)) {
                self.walk(program, expr);
            }
        }
    }

    fn add_statement(&mut self, program: &Program, draft: &Draft) {
        self.statements.insert(draft.statement.clone());
        match draft.subject {
            Subject::Everyone => {}
            Subject::Role(role) => {
                let bases = program.bases(role).into_iter();
                self.roles.extend(bases.map(|base| program.role_name(base)));
            }
            Subject::Profile(id) => {
                let profile = program.profile(id);
                self.statements.extend(profile.map(|profile| profile.name.clone()));
            }
        }
        self.roles.extend(draft.inherited_by.clone());
    }

    fn walk(&mut self, program: &Program, expr: &TypedExpr) {
        match &expr.kind {
            TypedKind::Named(name, _) => {
                self.conditions.insert(name.clone());
            }
            TypedKind::Attribute(_, name) => {
                self.attributes.insert(name.clone());
            }
            TypedKind::Has(_, names) => self.attributes.extend(names.iter().cloned()),
            // Who may have a grant is asked by role, each with the end that its declaration sets.
            TypedKind::Entity(ty, id) if ty.rsplit("::").next() == Some(ROLE_TYPE) => {
                self.roles.extend(program.find_role(id).map(|role| program.role_name(role)));
            }
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.walk(program, child));
    }

    /// Attributes that a policy in Cedar's JSON form reads.
    fn read(&mut self, json: &Value) {
        match json {
            Value::Object(fields) => {
                let attribute = fields.get("attr").and_then(Value::as_str);
                self.attributes.extend(attribute.map(str::to_owned));
                fields.values().for_each(|value| self.read(value));
            }
            Value::Array(all) => all.iter().for_each(|value| self.read(value)),
            _ => {}
        }
    }
}
