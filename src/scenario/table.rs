//! The text of a snapshot: for each resource type and context, who may do what, and the statement that decides.
//! A decision is a line of its own with the statement last, so a changed grant changes only its own lines; no name in it makes
//! another one.

use crate::text::{Instant, safe};

use super::answer::{Answer, Verdict};
use super::read::names;
use super::suite::{Request, SnapshotSpec, Table, World};
use super::{Policy, ask};

/// The text of all tables of a test, and how many decisions they hold.
pub(super) fn render(spec: &SnapshotSpec, world: &World, policy: Policy<'_>, now: Instant) -> (String, usize) {
    let mut text = String::new();
    let mut decisions = 0;
    for table in &spec.tables {
        let context = table.context.as_ref().map(|name| format!(" in {}", safe::line(name))).unwrap_or_default();
        text.push_str(&format!("{}{context}\n", table.ty));
        // Widths follow the names asked for, never the decisions.
        let (actions, resources) = widths(table);
        for row in &table.rows {
            text.push_str(&format!("\n  {}\n", safe::line(&row.heading)));
            for request in &row.requests {
                let prepared = ask::prepare(request, world, policy, now);
                let answer = ask::ask(request, prepared.as_ref(), world, policy);
                decisions += 1;
                text.push_str(&format!(
                    "    {:actions$}  {:resources$}  {:7}  {}\n",
                    own_name(request),
                    safe::line(&request.resource.label),
                    answer.verdict.word(),
                    safe::line(&cause(&answer))
                ));
            }
        }
        text.push('\n');
    }
    if !spec.unheld.is_empty() {
        text.push_str(&format!("held by no principal of the suite: {}\n", safe::line(&spec.unheld.join(", "))));
    }
    (text, decisions)
}

fn widths(table: &Table) -> (usize, usize) {
    let requests = || table.rows.iter().flat_map(|row| &row.requests);
    let width = |text: &str| text.chars().count();
    (
        requests().map(|request| width(own_name(request))).max().unwrap_or(0),
        requests().map(|request| width(&request.resource.label)).max().unwrap_or(0),
    )
}

/// The action as the table's type makes it clear; one of another type in full.
fn own_name(request: &Request) -> &str {
    match request.action.rsplit_once('.') {
        Some((ty, _)) if ty == request.resource.ty => names::short(&request.action),
        _ => &request.action,
    }
}

fn cause(answer: &Answer) -> String {
    if answer.verdict == Verdict::Allow || answer.verdict == Verdict::Deny {
        return answer.because.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    }
    answer.notes.first().cloned().unwrap_or_default()
}
