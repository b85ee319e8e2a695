//! Who may assign a role reaches what the role reaches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::graph::{ActionId, Grant, Holder, Program, RoleId};
use crate::lint::{Cx, Sink, declare_lint};
use crate::text::Span;

declare_lint! {
    id: "escalating-assignment",
    summary: "a holder of an action that `@assigns` a role with more access than their own",
    level: Warn,
    since: "0.1.0",
    reads: Program,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let holders: BTreeSet<Holder> = program.grants.iter().map(|grant| grant.holder).collect();
    for holder in holders {
        let own = actions(&grants(program, holder));
        let from = match holder {
            Holder::Role(role) => program.role_name(role),
            Holder::Type(ty) => program.type_name(ty).to_owned(),
        };
        any_role(program, holder, &from, out);
        for (role, way) in ways(program, holder) {
            let more: BTreeSet<ActionId> = &actions(&program.grants_of(role)) - &own;
            let Some(first) = way.steps.first() else { continue };
            // What is inherited is told where it is granted.
            if !first.own || more.is_empty() {
                continue;
            }
            // The most telling one: a sensitive action before any other.
            let gained = more.iter().filter_map(|id| program.action(*id)).min_by_key(|action| !action.sensitive);
            let Some(gained) = gained else { continue };
            let mut path = format!("`{from}`");
            for step in &way.steps {
                path.push_str(&format!(" → `{}` assigns `{}`", step.action, program.role_name(step.role)));
            }
            let name = gained.full_name(program);
            let mut finding = out
                .finding(first.at, format!("`{from}` can make itself `{}`", program.role_name(role)))
                .label(format!("leads to `{name}`, which `{from}` is not granted"));
            for step in &way.steps {
                finding = finding.also(step.assigns, "assigns the role");
            }
            let finding = finding.note(format!("{path} → `{name}`")).help(format!(
                "let only a role with at least the access of `{}` assign it, or require two people: `separate`, or a break-glass profile",
                program.role_name(role)
            ));
            out.push(finding);
        }
    }
}

/// Tells the actions by which a holder can give itself every role there is, whatever roles are declared here.
fn any_role(program: &Program, holder: Holder, from: &str, out: &mut Sink) {
    for grant in program.grants.iter().filter(|grant| grant.holder == holder) {
        for (id, at) in &grant.actions {
            let Some(action) = program.action(*id).filter(|action| action.effects.assigns_any()) else {
                continue;
            };
            let finding = out
                .finding(*at, format!("`{from}` can make itself any role"))
                .label("and gain all access of every role, future roles included")
                .also(action.span, "assigns any role")
                .note(format!("`{from}` → `{}` assigns any role", action.full_name(program)))
                .help("name the roles it assigns, `@assigns(\"role\")`, or grant it only to a role that may do everything");
            out.push(finding);
        }
    }
}

/// How a holder comes to a role.
#[derive(Debug, Clone, Default)]
struct Way {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    /// The action that assigns.
    action: String,
    /// Where the grant names it.
    at: Span,
    /// Where it is declared.
    assigns: Span,
    /// What it assigns.
    role: RoleId,
    /// Whether the holder itself is granted it, not a role that it extends.
    own: bool,
}

/// Every role that a holder can come to by assignments, each by a shortest way.
fn ways(program: &Program, holder: Holder) -> BTreeMap<RoleId, Way> {
    let mut found: BTreeMap<RoleId, Way> = BTreeMap::new();
    let mut waiting = VecDeque::from([(holder, Way::default())]);
    while let Some((at, way)) = waiting.pop_front() {
        for step in steps(program, at) {
            if Holder::Role(step.role) == holder || found.contains_key(&step.role) {
                continue;
            }
            let mut longer = way.clone();
            let role = step.role;
            longer.steps.push(step);
            found.insert(role, longer.clone());
            waiting.push_back((Holder::Role(role), longer));
        }
    }
    found
}

fn steps(program: &Program, holder: Holder) -> Vec<Step> {
    let mut found = Vec::new();
    for grant in grants(program, holder) {
        for (id, at) in &grant.actions {
            let Some(action) = program.action(*id) else { continue };
            let assigned = action.effects.assigns.iter();
            for role in assigned.filter_map(|name| program.find_role(&name.value)) {
                found.push(Step {
                    action: action.full_name(program),
                    at: *at,
                    assigns: action.span,
                    role,
                    own: grant.holder == holder,
                });
            }
        }
    }
    found
}

fn grants(program: &Program, holder: Holder) -> Vec<&Grant> {
    match holder {
        Holder::Role(role) => program.grants_of(role),
        Holder::Type(_) => program.grants.iter().filter(|grant| grant.holder == holder).collect(),
    }
}

fn actions(grants: &[&Grant]) -> BTreeSet<ActionId> {
    let named = grants.iter().flat_map(|grant| &grant.actions);
    named.map(|(id, _)| *id).collect()
}
