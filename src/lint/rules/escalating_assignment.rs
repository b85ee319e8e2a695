//! Who may assign a role reaches what the role reaches.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::diag::Diagnostic;
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

/// How many roles of a holder's are reported one by one, and how many steps of a way are shown.
const FEW: usize = 5;

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let program = cx.program;
    let known = Known::default();
    let holders: BTreeSet<Holder> = program.grants.iter().map(|grant| grant.holder).collect();
    for holder in holders {
        let own = known.actions(program, holder);
        let from = match holder {
            Holder::Role(role) => program.role_name(role),
            Holder::Type(ty) => program.type_name(ty).to_owned(),
        };
        any_role(program, holder, &from, out);
        let reached = known.reached(program, holder);
        // What is inherited is told where it is granted.
        let told = reached.iter().filter(|(_, way)| way.own).filter_map(|(role, _)| {
            let all = known.actions(program, Holder::Role(*role));
            let more = all.difference(&own).filter_map(|id| program.action(*id));
            // The most telling one: a sensitive action before any other.
            Some((*role, more.min_by_key(|action| !action.sensitive)?.full_name(program)))
        });
        let mut told = told.collect::<Vec<_>>().into_iter();
        for (role, gained) in told.by_ref().take(FEW) {
            let way = way_to(&reached, role);
            let Some(first) = way.first() else { continue };
            let finding = out.finding(first.at, format!("`{from}` can make itself `{}`", program.role_name(role)));
            out.push(told_in_full(program, finding, &from, &way, role, &gained));
        }
        let rest: Vec<(RoleId, String)> = told.collect();
        let Some((first, _)) = rest.first() else { continue };
        let Some(step) = way_to(&reached, *first).into_iter().next() else { continue };
        let names: Vec<String> =
            rest.iter().take(FEW).map(|(role, _)| format!("`{}`", program.role_name(*role))).collect();
        let more = match rest.len().saturating_sub(FEW) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let finding = out
            .finding(step.at, format!("`{from}` can make itself {} more roles: {}{more}", rest.len(), names.join(", ")))
            .label("this is the first step to one of them")
            .also(step.assigns, "assigns the role")
            .help("mend the ways that are reported one by one, and check again to see these");
        out.push(finding);
    }
}

/// The finding that a holder can come to a role, with its steps and what it gains.
fn told_in_full(
    program: &Program,
    finding: Diagnostic,
    from: &str,
    way: &[Step],
    role: RoleId,
    gained: &str,
) -> Diagnostic {
    let mut path = format!("`{from}`");
    let role = program.role_name(role);
    let mut finding = finding.label(format!("leads to `{gained}`, which `{from}` is not granted"));
    let skipped = way.len().saturating_sub(FEW);
    for (number, step) in way.iter().enumerate() {
        // The last step is shown in any case.
        if number + 1 >= FEW && number + 1 < way.len() {
            continue;
        }
        if skipped > 0 && number + 1 == way.len() {
            path.push_str(&format!(" → … {skipped} more steps …"));
        }
        path.push_str(&format!(" → `{}` assigns `{}`", step.action, program.role_name(step.role)));
        finding = finding.also(step.assigns, "assigns the role");
    }
    finding.note(format!("{path} → `{gained}`")).help(format!(
        "let only a role with at least the access of `{role}` assign it, or require two people: `separate`, or a break-glass profile",
    ))
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

/// What holders assign and may do, asked for many times.
#[derive(Default)]
struct Known {
    steps: RefCell<BTreeMap<Holder, Rc<Vec<Step>>>>,
    actions: RefCell<BTreeMap<Holder, Rc<BTreeSet<ActionId>>>>,
}

/// A role that a holder can come to, by a shortest way.
#[derive(Debug, Clone)]
struct Reached {
    /// The last step of the way.
    step: Step,
    /// Whose step it is; `None`: the holder's own.
    by: Option<RoleId>,
    /// Whether the holder itself is granted the first step, not a role that it extends.
    own: bool,
}

#[derive(Debug, Clone)]
struct Step {
    /// The action that assigns.
    action: Rc<str>,
    /// Where the grant names it.
    at: Span,
    /// Where it is declared.
    assigns: Span,
    /// What it assigns.
    role: RoleId,
    /// Whether the holder itself is granted it, not a role that it extends.
    own: bool,
}

impl Known {
    fn steps(&self, program: &Program, holder: Holder) -> Rc<Vec<Step>> {
        let mut known = self.steps.borrow_mut();
        Rc::clone(known.entry(holder).or_insert_with(|| Rc::new(steps(program, holder))))
    }

    fn actions(&self, program: &Program, holder: Holder) -> Rc<BTreeSet<ActionId>> {
        let mut known = self.actions.borrow_mut();
        Rc::clone(known.entry(holder).or_insert_with(|| Rc::new(actions(&grants(program, holder)))))
    }

    /// Every role that a holder can come to by assignments.
    fn reached(&self, program: &Program, holder: Holder) -> BTreeMap<RoleId, Reached> {
        let mut found: BTreeMap<RoleId, Reached> = BTreeMap::new();
        let mut waiting = VecDeque::from([(holder, None)]);
        while let Some((at, by)) = waiting.pop_front() {
            let before = by.and_then(|role| found.get(&role)).map(|reached| reached.own);
            for step in self.steps(program, at).iter() {
                let role = step.role;
                if Holder::Role(role) == holder || found.contains_key(&role) {
                    continue;
                }
                found.insert(role, Reached { step: step.clone(), by, own: before.unwrap_or(step.own) });
                waiting.push_back((Holder::Role(role), Some(role)));
            }
        }
        found
    }
}

/// The steps by which a role is reached, the first one first.
fn way_to(reached: &BTreeMap<RoleId, Reached>, role: RoleId) -> Vec<Step> {
    let last = reached.get(&role);
    let before = |at: &&Reached| at.by.and_then(|role| reached.get(&role));
    let mut way: Vec<Step> = std::iter::successors(last, before).map(|at| at.step.clone()).collect();
    way.reverse();
    way
}

fn steps(program: &Program, holder: Holder) -> Vec<Step> {
    let mut found = Vec::new();
    for grant in grants(program, holder) {
        for (id, at) in &grant.actions {
            let Some(action) = program.action(*id) else { continue };
            let assigned = action.effects.assigns.iter();
            for role in assigned.filter_map(|name| program.find_role(&name.value)) {
                found.push(Step {
                    action: action.full_name(program).into(),
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
