//! `matrix`: every combination of principals, actions, resources and contexts is a cell, and each cell is claimed exactly once.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Fields, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Claim, ContextRef, Expected, Request, Stated};
use crate::text::Span;

use super::names::Names;
use super::{a, claims, names};

/// The axes of a matrix, which are also the keys of its lines.
const AXES: [&str; 4] = ["as", "do", "to", "in"];

/// The keys under which lines stand.
const LINES: [(&str, Expected); 3] =
    [("allow", Expected::Allow), ("deny", Expected::Deny), ("unknown", Expected::Unknown)];

/// How many unstated cells a diagnostic lists.
const SHOWN_CELLS: usize = 4;

/// One cell: the request, and the action as the `do` axis writes it.
struct Cell {
    request: Request,
    written: String,
}

/// Reads a matrix test.
pub(super) fn read(test: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Vec<Claim> {
    let Some((key, node)) = test.entry("matrix") else {
        return Vec::new();
    };
    let Some(axes) = SUITE.fields(node, "`matrix`", &AXES, out) else {
        return Vec::new();
    };
    let faults = out.len();
    let cells = cells(&axes, names, out);
    let otherwise = test.get("otherwise").filter(|node| {
        let deny = node.as_text() == Some("deny");
        if !deny {
            out.push(
                Diagnostic::error(codes::WRONG_VALUE, node.span, "`otherwise` can only be `deny`")
                    .label("what is not stated is denied")
                    .help("state each cell that is allowed"),
            );
        }
        deny
    });
    let mut stated: BTreeMap<usize, Claim> = BTreeMap::new();
    let mut reported = BTreeSet::new();
    for (section, expected) in LINES {
        let Some(lines) = test.get(section) else { continue };
        for line in SUITE.at(lines, "the lines of a matrix").list(out).unwrap_or_default() {
            let Some(covered) = line_cells(line, &axes, &cells, out) else {
                continue;
            };
            let because = line.get("because").and_then(|node| names.because(node, expected, &[], out));
            for at in covered {
                let Some(cell) = cells.get(at) else { continue };
                if let Some(first) = stated.get(&at) {
                    if reported.insert((first.span, line.span)) {
                        out.push(overlap(cell, line.span, first.span));
                    }
                    continue;
                }
                let claim = Claim {
                    request: cell.request.clone(),
                    expected,
                    because: because.clone(),
                    span: line.span,
                    stated: Stated::Directly,
                };
                stated.insert(at, claim);
            }
        }
    }
    let unstated: Vec<&Cell> =
        cells.iter().enumerate().filter(|(at, _)| !stated.contains_key(at)).map(|(_, cell)| cell).collect();
    match otherwise {
        Some(otherwise) => {
            for (at, cell) in cells.iter().enumerate() {
                stated.entry(at).or_insert_with(|| Claim {
                    request: cell.request.clone(),
                    expected: Expected::Deny,
                    because: None,
                    span: otherwise.span,
                    stated: Stated::Otherwise,
                });
            }
        }
        // With faults in the lines, cells are unstated that the author did state.
        None if !unstated.is_empty() && out.len() == faults => out.push(unstated_cells(key.span, &unstated)),
        None => {}
    }
    stated.into_values().collect()
}

fn cells(axes: &Fields<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Vec<Cell> {
    let principals = axes.require("as", out).map(|node| names.principals(node, out)).unwrap_or_default();
    let faults = out.len();
    let to = axes.require("to", out);
    let listed = to.map(|node| names.resources(node, out)).unwrap_or_default();
    let resources: Vec<_> = listed.iter().map(|at| at.value.clone()).collect();
    let asked =
        axes.require("do", out).map(|node| claims::actions_on(node, &resources, names, out)).unwrap_or_default();
    // `all` takes what the actions are decided on; a resource listed by name is meant to be in some cell.
    let by_name = to.is_some_and(|node| node.as_text() != Some(names::ALL)) && out.len() == faults;
    for left_out in listed.iter().filter(|at| by_name && !asked.iter().any(|(_, _, resource)| *resource == at.value)) {
        out.push(
            Diagnostic::error(codes::EMPTY_CLAIM, left_out.span, format!("`{}` is in no cell", left_out.value.label))
                .label(format!("none of the actions is decided on {}", a(&left_out.value.ty))),
        );
    }
    let contexts = names.contexts(axes.get("in"), out);
    let count = principals.len().saturating_mul(asked.len()).saturating_mul(contexts.len());
    if !names.allowance.take(count, axes.span(), out) {
        return Vec::new();
    }
    let mut cells = Vec::new();
    for principal in &principals {
        for (written, action, resource) in &asked {
            for context in &contexts {
                cells.push(Cell {
                    request: claims::request(&principal.value, action, resource, context),
                    written: written.clone(),
                });
            }
        }
    }
    cells
}

/// The cells a line states; `None` after a fault in it.
fn line_cells(line: &Node, axes: &Fields<'_>, cells: &[Cell], out: &mut Diagnostics) -> Option<Vec<usize>> {
    let keys = ["as", "do", "to", "in", "because"];
    let fields = SUITE.fields(line, "a line of a matrix", &keys, out)?;
    let mut picks: Vec<(&str, Vec<&str>)> = Vec::new();
    for axis in AXES {
        let Some(node) = fields.get(axis) else { continue };
        let known: BTreeSet<&str> = cells.iter().flat_map(|cell| on_axis(cell, axis)).collect();
        let mut picked = Vec::new();
        for item in node.one_or_many() {
            let name = SUITE.at(item, "a name on an axis").scalar(out)?;
            if !known.contains(name) {
                out.push(
                    Diagnostic::error(codes::EMPTY_CLAIM, item.span, format!("`{name}` is not in the matrix"))
                        .label("this line states no cell")
                        .also(axes.get(axis).map_or(axes.span(), |node| node.span), "the axis")
                        .meant(item.span, name, known),
                );
                return None;
            }
            picked.push(name);
        }
        picks.push((axis, picked));
    }
    let covered: Vec<usize> = cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| {
            picks.iter().all(|(axis, picked)| on_axis(cell, axis).iter().any(|name| picked.contains(name)))
        })
        .map(|(at, _)| at)
        .collect();
    if covered.is_empty() {
        out.push(
            Diagnostic::error(codes::EMPTY_CLAIM, line.span, "this line states no cell")
                .label("no cell of the matrix matches this line"),
        );
        return None;
    }
    Some(covered)
}

/// What a cell is called on an axis.
fn on_axis<'a>(cell: &'a Cell, axis: &str) -> Vec<&'a str> {
    let request = &cell.request;
    match axis {
        "as" => vec![&request.principal.label],
        "do" => vec![&cell.written, &request.action],
        "to" => vec![&request.resource.label],
        _ => match &request.context {
            ContextRef::Fixture(name) => vec![name],
            ContextRef::None | ContextRef::Raw(_) => Vec::new(),
        },
    }
}

fn overlap(cell: &Cell, line: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::OVERLAPPING_LINES, line, format!("two lines state the cell {}", cell_name(cell)))
        .label("stated again here")
        .also(first, "first here")
        .help("narrow one of the lines, so that each cell is stated once")
}

fn unstated_cells(span: Span, unstated: &[&Cell]) -> Diagnostic {
    let shown: Vec<String> = unstated.iter().take(SHOWN_CELLS).map(|cell| cell_name(cell)).collect();
    let more = unstated.len().saturating_sub(shown.len());
    let and_more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let count = match unstated.len() {
        1 => "1 cell of the matrix is not stated".to_owned(),
        n => format!("{n} cells of the matrix are not stated"),
    };
    Diagnostic::error(codes::UNSTATED_CELLS, span, count)
        .label(format!("{}{and_more}", shown.join(", ")))
        .help("state each under `allow`, `deny` or `unknown`, or write `otherwise: deny`")
}

/// `fred approve p1 in calm`
fn cell_name(cell: &Cell) -> String {
    let request = &cell.request;
    let context = match &request.context {
        ContextRef::Fixture(name) => format!(" in {name}"),
        ContextRef::None | ContextRef::Raw(_) => String::new(),
    };
    format!("`{} {} {}{context}`", request.principal.label, cell.written, request.resource.label)
}

#[cfg(test)]
mod tests {
    use crate::scenario::testing::{WORLD, faults, load, marketplace, run, suite};

    fn faults_of(tests: &str) -> String {
        faults(&load(&[("s.yaml", &format!("{WORLD}tests:\n{tests}"))], &marketplace()))
    }

    #[test]
    fn a_cell_that_no_line_states_is_an_error_unless_the_rest_is_said_to_be_denied() {
        let matrix = "  - name: m\n    matrix: {as: [fred, dana, shopify], do: [read, approve], to: p1, in: [calm, risky]}\n    \
                      allow:\n      - {as: dana, do: read}\n      - {as: fred, do: approve, in: calm}\n";
        insta::assert_snapshot!(faults_of(matrix), @"scenario-unstated-cells @ 17:5 `matrix`: 9 cells of the matrix are not stated | `fred read p1 in calm`, `fred read p1 in risky`, `fred approve p1 in risky`, `dana approve p1 in calm`, and 5 more | state each under `allow`, `deny` or `unknown`, or write `otherwise: deny`");
        let loaded = suite(&format!("tests:\n{matrix}    otherwise: deny\n"));
        let report = run(&loaded, &marketplace());
        assert!(report.is_success(), "{report:#?}");
        assert_eq!(report.totals().decisions, 12);
    }

    #[test]
    fn overlapping_lines_and_lines_without_a_cell_are_errors() {
        let tests = r#"  - name: overlap
    matrix: {as: [fred, dana], do: [approve], to: p1, in: [calm, risky]}
    allow: [{as: fred}]
    deny: [{in: risky}, {as: dana, in: calm, because: [no-grant]}]
  - name: nothing
    matrix: {as: all, do: [read, list], to: [p1, acme], in: calm}
    allow: [{as: fredd}, {do: list, to: p1}, {as: fred, whom: p1}]
    otherwise: allow
  - name: left out
    matrix: {as: fred, do: read, to: [p1, acme], in: calm}
    otherwise: deny
  - name: shapes
    matrix: {do: [raed], to: p1}
    allow: {as: fred}
"#;
        insta::assert_snapshot!(faults_of(tests), @"
        scenario-overlapping-lines @ 19:12 `{in: risky}`: two lines state the cell `fred approve p1 in risky` | stated again here | narrow one of the lines, so that each cell is stated once
        scenario-empty-claim @ 22:18 `fredd`: `fredd` is not in the matrix | this line states no cell | did you mean `fred`?
        scenario-empty-claim @ 22:26 `{do: list, to: p1}`: this line states no cell | no cell of the matrix matches this line
        scenario-unknown-key @ 22:57 `whom`: unknown key `whom` in a line of a matrix |  | known here: `as`, `because`, `do`, `in`, `to`
        scenario-wrong-value @ 23:16 `allow`: `otherwise` can only be `deny` | what is not stated is denied | state each cell that is allowed
        scenario-empty-claim @ 25:43 `acme`: `acme` is in no cell | none of the actions is decided on an Org
        scenario-missing-key @ 28:14 `do`: missing key `as` in `matrix` | 
        scenario-unknown-name @ 28:19 `raed`: unknown action `raed` | no action on a Payout has this name | did you mean `read`?
        scenario-wrong-shape @ 29:12 `{as: fred}`: the lines of a matrix must be a list, found a mapping |  | write each entry on its own line, after a `-`
        ");
    }
}
