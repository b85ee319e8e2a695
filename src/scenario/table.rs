//! The text of a snapshot: for each resource type and context, who may do what, and the statement that decides.
//! A decision is a line of its own with the statement last, so a changed grant changes only its own lines; no name in it makes
//! another one.

use crate::text::{Instant, safe};

use super::answer::{Answer, Verdict};
use super::read::names;
use super::suite::{Listed, Request, Row, SnapshotSpec, Table, World};
use super::{Policy, ask};

/// The text of all tables of a test, and how many decisions they hold.
pub(super) fn render(spec: &SnapshotSpec, world: &World, policy: Policy<'_>, now: Instant) -> (String, usize) {
    let mut text = String::new();
    let mut decisions = 0;
    for table in &spec.tables {
        let context = table.context.as_ref().map(|name| format!(" in {}", safe::line(name))).unwrap_or_default();
        let left_out = match spec.listed {
            Listed::All => "",
            Listed::NoDenials => ", without denials",
        };
        text.push_str(&format!("{}{context}{left_out}\n", table.ty));
        // Widths follow the names asked for, never the decisions.
        let widths = widths(table);
        let mut groups: Vec<Group<'_>> = Vec::new();
        for row in &table.rows {
            decisions += row.requests.len();
            let lines = row.requests.iter().filter_map(|request| {
                let prepared = ask::prepare(request, world, policy, now);
                let answer = ask::ask(request, prepared.as_ref(), world, policy);
                let is_listed = spec.listed == Listed::All || answer.verdict != Verdict::Deny;
                is_listed.then(|| line(request, &answer, widths))
            });
            add(&mut groups, row, lines.collect());
        }
        for group in groups {
            text.push_str(&format!("\n  {} · {}\n", safe::line(group.roles), group.names.join(", ")));
            text.push_str(if group.lines.is_empty() { "    nothing\n" } else { &group.lines });
        }
        text.push('\n');
    }
    if !spec.unheld.is_empty() {
        text.push_str(&format!("held by no principal of the suite: {}\n", safe::line(&spec.unheld.join(", "))));
    }
    (text, decisions)
}

/// Principals with the same roles and the same lines.
struct Group<'a> {
    roles: &'a str,
    names: Vec<String>,
    lines: String,
}

/// Adds a principal to those of its roles whose lines are the same, where the first of them stands.
fn add<'a>(groups: &mut Vec<Group<'a>>, row: &'a Row, lines: String) {
    // A name with a comma must not pass for two.
    let name = match row.name.contains([',', '"']) {
        true => format!("{:?}", row.name),
        false => row.name.clone(),
    };
    let name = safe::line(&name);
    // Rows are sorted by their roles.
    let alike = groups.iter_mut().rev().take_while(|group| group.roles == row.roles);
    match alike.into_iter().find(|group| group.lines == lines) {
        Some(group) => group.names.push(name),
        None => groups.push(Group { roles: &row.roles, names: vec![name], lines }),
    }
}

fn line(request: &Request, answer: &Answer, (actions, resources): (usize, usize)) -> String {
    format!(
        "    {:actions$}  {:resources$}  {:7}  {}\n",
        own_name(request),
        safe::line(&request.resource.label),
        answer.verdict.word(),
        safe::line(&cause(answer))
    )
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

#[cfg(test)]
mod tests {
    use crate::scenario::golden::{Accepted, SnapshotAction, SnapshotMode};
    use crate::scenario::testing;

    /// The table of a snapshot test on the shared world with two more people.
    fn table(spec: &str) -> String {
        let more = "principals:\n  gil: {type: User, roles: [finance], org: acme, clearance: internal}\n  \
                    'hal, ida': {type: User, roles: [finance], org: acme, clearance: internal}\n  \
                    rob: {type: User, roles: [finance], org: rival, clearance: internal}\n  \
                    ann: {type: User, roles: [audit], org: acme, clearance: internal}\n";
        let world = testing::WORLD
            .replace("principals:\n", more)
            .replace("resources:\n", "resources:\n  rival: {type: Org, plan: pro}\n");
        let text = format!("{world}tests:\n  - {{name: table, snapshot: {spec}}}\n");
        let compiled = testing::marketplace();
        let loaded = testing::load(&[("payouts.yaml", &text)], &compiled);
        assert_eq!(testing::faults(&loaded), "");
        let report = testing::run_with(&loaded, &compiled, SnapshotMode::Pending, &Accepted::new());
        assert_eq!(report.totals().decisions % 5, 0, "decisions are counted whether or not their lines are listed");
        let SnapshotAction::Write { text, .. } = &report.snapshots[0] else { panic!("{:?}", report.snapshots) };
        text.rsplit("---\n").next().unwrap().to_owned()
    }

    #[test]
    fn principals_of_the_same_roles_with_the_same_lines_are_joined() {
        insta::assert_snapshot!(table("{roles: [finance, audit], actions: approve, in: calm, to: [p1, p2]}"), @r#"
        Payout in calm

          audit · ann
            approve  p1  deny     no-grant
            approve  p2  deny     no-grant

          finance · fred, gil, "hal, ida"
            approve  p1  allow    finance.Payout.approve
            approve  p2  allow    finance.Payout.approve

          finance · rob
            approve  p1  deny     isolate.org
            approve  p2  deny     isolate.org
        "#);
    }

    #[test]
    fn denials_can_be_left_out_and_nothing_else_is() {
        insta::assert_snapshot!(table("{roles: [finance, audit], actions: approve, in: calm, to: p1, only: allow}"), @r#"
        Payout in calm, without denials

          audit · ann
            nothing

          finance · fred, gil, "hal, ida"
            approve  p1  allow    finance.Payout.approve

          finance · rob
            nothing
        "#);
        // The grant of `audit` overflows whatever the risk.
        let errs = table("{roles: [finance, audit], actions: list, in: calm, to: acme, only: allow}");
        assert!(errs.contains("  audit · ann\n    Payout.list  acme  error"), "{errs}");
    }

    #[test]
    fn only_allow_is_the_one_choice() {
        let text = format!(
            "{}tests:\n  - {{name: t, snapshot: {{roles: all, actions: all, in: calm, only: deny}}}}\n",
            testing::WORLD
        );
        let loaded = testing::load(&[("payouts.yaml", &text)], &testing::marketplace());
        insta::assert_snapshot!(testing::faults(&loaded), @"scenario-wrong-value @ 16:68 `deny`: `only` can only be `allow` | only denials can be left out | write `only: allow`, or leave it out to list every decision");
    }
}
