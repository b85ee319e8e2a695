//! `matrix`: every combination of principals, actions, resources and contexts is a cell, and each cell is claimed exactly once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::did_you_mean;
use crate::load::yaml::Node;
use crate::scenario::codes;
use crate::scenario::suite::Claim;
use crate::scenario::suite::ContextRef;
use crate::scenario::suite::Expected;
use crate::scenario::suite::Request;
use crate::scenario::suite::Stated;
use crate::text::Span;

use super::claims;
use super::fields;
use super::fields::Fields;
use super::names::Names;

/// The axes of a matrix, which are also the keys of its lines.
const AXES: [&str; 4] = ["as", "do", "to", "in"];

/// The keys under which lines stand.
const LINES: [(&str, Expected); 3] = [
    ("allow", Expected::Allow),
    ("deny", Expected::Deny),
    ("unknown", Expected::Unknown),
];

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
    let Some(axes) = Fields::read(node, "`matrix`", &AXES, out) else {
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
        for line in fields::list(lines, "the lines of a matrix", out).unwrap_or_default() {
            let Some(covered) = line_cells(line, &axes, &cells, out) else {
                continue;
            };
            let because = line
                .get("because")
                .and_then(|node| names.because(node, expected, &[], out));
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
    let unstated: Vec<&Cell> = cells
        .iter()
        .enumerate()
        .filter(|(at, _)| !stated.contains_key(at))
        .map(|(_, cell)| cell)
        .collect();
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
    let principals = axes
        .require("as", out)
        .map(|node| names.principals(node, out))
        .unwrap_or_default();
    let resources: Vec<_> = axes
        .require("to", out)
        .map(|node| names.resources(node, out))
        .unwrap_or_default()
        .into_iter()
        .map(|at| at.value)
        .collect();
    let asked = axes
        .require("do", out)
        .map(|node| claims::actions_on(node, &resources, names, out))
        .unwrap_or_default();
    let contexts = names.contexts(axes.get("in"), out);
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
    let fields = Fields::read(line, "a line of a matrix", &keys, out)?;
    let mut picks: Vec<(&str, Vec<&str>)> = Vec::new();
    for axis in AXES {
        let Some(node) = fields.get(axis) else { continue };
        let known: BTreeSet<&str> = cells.iter().flat_map(|cell| on_axis(cell, axis)).collect();
        let mut picked = Vec::new();
        for item in fields::one_or_many(node) {
            let name = fields::text(item, "a name on an axis", out)?;
            if !known.contains(name) {
                out.push(
                    Diagnostic::error(codes::EMPTY_CLAIM, item.span, format!("`{name}` is not in the matrix"))
                        .label("this line states no cell")
                        .also(axes.get(axis).map_or(axes.span, |node| node.span), "the axis")
                        .maybe_help(did_you_mean(name, known)),
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
            picks
                .iter()
                .all(|(axis, picked)| on_axis(cell, axis).iter().any(|name| picked.contains(name)))
        })
        .map(|(at, _)| at)
        .collect();
    if covered.is_empty() {
        out.push(
            Diagnostic::error(codes::EMPTY_CLAIM, line.span, "this line states no cell")
                .label("no cell of the matrix is all of this"),
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
    Diagnostic::error(
        codes::OVERLAPPING_LINES,
        line,
        format!("two lines state the cell {}", cell_name(cell)),
    )
    .label("stated again here")
    .also(first, "first here")
    .help("narrow one of the lines, so that each cell is stated once")
}

fn unstated_cells(span: Span, unstated: &[&Cell]) -> Diagnostic {
    let shown: Vec<String> = unstated.iter().take(SHOWN_CELLS).map(|cell| cell_name(cell)).collect();
    let more = unstated.len().saturating_sub(shown.len());
    let and_more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
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
    format!(
        "`{} {} {}{context}`",
        request.principal.label, cell.written, request.resource.label
    )
}
