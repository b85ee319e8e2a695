//! Where the parts of a diagram lie: holders in a column on the left, extending roles indented beneath what they extend,
//! types with their actions in a column on the right. Whole numbers only, so that every machine draws the same picture.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::graph::Node;

use super::diagram::{Diagram, Item, Link, LinkKind, Resource};

/// Space around the picture.
pub(super) const MARGIN: i32 = 16;
/// Space between a box and the text in it.
pub(super) const PAD: i32 = 12;
/// The height of a holder's name, and of each line below it.
const NAME: i32 = 28;
pub(super) const DETAIL: usize = 16;
/// The height of an action's row.
pub(super) const ROW: i32 = 26;
/// The height of a type's name.
const HEAD: i32 = 32;
/// Space between holders, between types, and how far an extending role is indented.
const GAP: i32 = 12;
const TYPE_GAP: i32 = 18;
const INDENT: i32 = 22;
/// The space in which wires run.
const CHANNEL: i32 = 280;
/// The row of the legend.
const LEGEND: i32 = 40;

/// A laid out diagram.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) holders: Vec<Holder<'a>>,
    pub(super) resources: Vec<Actions<'a>>,
    pub(super) elbows: Vec<Elbow>,
    pub(super) wires: Vec<Wire<'a>>,
}

/// The box of a role, a principal type or a profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) item: &'a Item,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    /// Which of the colours its wires have.
    pub(super) colour: usize,
}

/// The box of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actions<'a> {
    pub(super) resource: &'a Resource,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Actions<'_> {
    /// The middle of each action's row.
    pub(super) fn rows(&self) -> impl Iterator<Item = i32> + use<> {
        let first = self.y + HEAD + ROW / 2;
        (0..).map(move |row| first + ROW * row)
    }
}

/// The line from a role down to one that extends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elbow {
    pub(super) x: i32,
    pub(super) from_y: i32,
    pub(super) to_x: i32,
    pub(super) to_y: i32,
}

/// The line from a holder to an action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a> {
    pub(super) link: &'a Link,
    pub(super) from_x: i32,
    pub(super) from_y: i32,
    pub(super) to_x: i32,
    pub(super) to_y: i32,
    pub(super) colour: usize,
}

/// Lays out a diagram.
pub(super) fn lay_out(diagram: &Diagram) -> Layout<'_> {
    let placed = in_order(diagram);
    let column = placed.iter().map(|(depth, item)| depth * INDENT + box_width(item)).max().unwrap_or(0);
    let left_height: i32 = placed.iter().map(|(_, item)| box_height(item) + GAP).sum::<i32>() - GAP;
    let heights: Vec<i32> = diagram.resources.iter().map(height).collect();
    let right_height: i32 = heights.iter().sum::<i32>() + TYPE_GAP * (i32_of(heights.len()) - 1);
    let tallest = left_height.max(right_height).max(0);

    let mut y = MARGIN + (tallest - left_height) / 2;
    let mut holders = Vec::new();
    for (colour, (depth, item)) in placed.iter().enumerate() {
        let x = MARGIN + depth * INDENT;
        holders.push(Holder { item, x, y, width: MARGIN + column - x, height: box_height(item), colour });
        y += box_height(item) + GAP;
    }

    let x = MARGIN + column + CHANNEL;
    let width = diagram.resources.iter().map(resource_width).max().unwrap_or(0);
    let mut y = MARGIN + (tallest - right_height) / 2;
    let mut resources = Vec::new();
    for (resource, height) in diagram.resources.iter().zip(heights) {
        resources.push(Actions { resource, x, y, width, height });
        y += height + TYPE_GAP;
    }
    Layout {
        width: (x + width + MARGIN).max(720),
        height: MARGIN + tallest + LEGEND,
        elbows: elbows(diagram, &holders),
        wires: wires(diagram, &holders, &resources),
        holders,
        resources,
    }
}

/// Holders from top to bottom with their depth: each role above those that extend it, principal types that are granted
/// something themselves, profiles. Those that lead to actions further up stand further up, so that fewer wires cross.
fn in_order(diagram: &Diagram) -> Vec<(i32, &Item)> {
    let roots = diagram.roles.iter().filter(|role| base(diagram, role.node).is_none());
    let principals = diagram.principals.iter().filter(|item| leads(diagram, item.node).next().is_some());
    let mut families: Vec<Vec<(i32, &Item)>> = roots
        .map(|role| family(diagram, role))
        .chain(principals.chain(&diagram.profiles).map(|item| vec![(0, item)]))
        .collect();
    families.sort_by_key(|family| height_of_wires(diagram, family));
    families.concat()
}

/// A role and those beneath it, each with its depth.
fn family<'a>(diagram: &'a Diagram, root: &'a Item) -> Vec<(i32, &'a Item)> {
    let mut family = Vec::new();
    let mut waiting = vec![(0, root)];
    while let Some((depth, role)) = waiting.pop() {
        family.push((depth, role));
        let extending = diagram.roles.iter().filter(|other| base(diagram, other.node) == Some(role.node));
        let next: Vec<_> = extending.map(|other| (depth + 1, other)).collect();
        waiting.extend(next.into_iter().rev());
    }
    family
}

/// How far down the actions of some holders lie on average; those that lead nowhere stand last.
fn height_of_wires(diagram: &Diagram, family: &[(i32, &Item)]) -> usize {
    let actions = diagram.resources.iter().flat_map(|resource| &resource.actions);
    let places: BTreeMap<Node, usize> = actions.enumerate().map(|(at, action)| (action.node, at)).collect();
    let ends = family.iter().flat_map(|(_, item)| leads(diagram, item.node));
    let ends: Vec<usize> = ends.filter_map(|link| places.get(&link.to).copied()).collect();
    (1000 * ends.iter().sum::<usize>()).checked_div(ends.len()).unwrap_or(usize::MAX)
}

/// The links that are drawn as wires of a holder.
fn leads(diagram: &Diagram, from: Node) -> impl Iterator<Item = &Link> {
    let drawn = diagram.links_of(|kind| matches!(kind, LinkKind::Grants(_) | LinkKind::Opens));
    drawn.filter(move |link| link.from == from)
}

/// The role beneath which a role stands: the first that it extends. The others are named in its detail.
fn base(diagram: &Diagram, role: Node) -> Option<Node> {
    let mut extends = diagram.links_of(|kind| *kind == LinkKind::Extends);
    extends.find(|link| link.from == role).map(|link| link.to)
}

fn elbows(diagram: &Diagram, holders: &[Holder<'_>]) -> Vec<Elbow> {
    let find = |node| holders.iter().find(|holder| holder.item.node == node);
    let pairs = holders.iter().filter_map(|holder| Some((holder, find(base(diagram, holder.item.node)?)?)));
    pairs
        .map(|(role, base)| Elbow {
            x: base.x + INDENT / 2,
            from_y: base.y + base.height,
            to_x: role.x,
            to_y: role.y + role.height / 2,
        })
        .collect()
}

/// One wire for each holder and action, spread where several meet so that none hides another; plain ones first.
fn wires<'a>(diagram: &'a Diagram, holders: &[Holder<'a>], resources: &[Actions<'a>]) -> Vec<Wire<'a>> {
    let rows: BTreeMap<Node, (i32, i32)> = resources
        .iter()
        .flat_map(|actions| {
            let x = actions.x;
            let named = actions.resource.actions.iter().zip(actions.rows());
            named.map(move |(action, row)| (action.node, (x, row)))
        })
        .collect();
    let drawn = holders.iter().flat_map(|holder| leads(diagram, holder.item.node).map(move |link| (holder, link)));
    let mut wires: Vec<Wire<'_>> = drawn
        .filter_map(|(holder, link)| {
            let (to_x, to_y) = *rows.get(&link.to)?;
            Some(Wire {
                link,
                from_x: holder.x + holder.width,
                from_y: holder.y + holder.height / 2,
                to_x,
                to_y,
                colour: holder.colour,
            })
        })
        .collect();
    spread(&mut wires, NAME, |wire| (wire.from_y, wire.to_y), |wire| &mut wire.from_y);
    spread(&mut wires, ROW - 8, |wire| (wire.to_y, wire.from_y), |wire| &mut wire.to_y);
    wires.sort_by_key(|wire| match &wire.link.kind {
        LinkKind::Grants(conditions) => usize::from(!conditions.is_empty()),
        _ => 2,
    });
    wires
}

/// Spreads the ends of wires that meet at one height over some room, in the order of their other ends.
fn spread<'a>(
    wires: &mut [Wire<'a>],
    room: i32,
    ends: impl Fn(&Wire<'a>) -> (i32, i32),
    end: impl for<'w> Fn(&'w mut Wire<'a>) -> &'w mut i32,
) {
    wires.sort_by_key(|wire| ends(wire));
    for meeting in wires.chunk_by_mut(|one, other| ends(one).0 == ends(other).0) {
        let count = i32_of(meeting.len());
        for (at, wire) in (0..).zip(meeting) {
            *end(wire) += (2 * at + 1 - count) * room / (2 * count);
        }
    }
}

fn height(resource: &Resource) -> i32 {
    HEAD + ROW * i32_of(resource.actions.len()) + 4
}

fn resource_width(resource: &Resource) -> i32 {
    let actions = resource.actions.iter().map(|action| name_width(&action.name) + 24);
    actions.chain([name_width(&resource.name)]).max().unwrap_or(0).max(120) + 2 * PAD
}

fn box_width(item: &Item) -> i32 {
    let details = item.details.iter().map(|line| small_width(&shown(line)));
    details.chain([name_width(&item.name)]).max().unwrap_or(0) + 2 * PAD + 4
}

fn box_height(item: &Item) -> i32 {
    NAME + i32_of(item.details.len() * DETAIL)
}

/// A line of detail as far as it fits.
pub(super) fn shown(line: &str) -> String {
    const LONGEST: usize = 60;
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let kept: String = line.chars().take(LONGEST - 1).collect();
    format!("{kept}…")
}

/// About how wide names are drawn: fonts differ, so there is room to spare.
fn name_width(text: &str) -> i32 {
    i32_of(text.width()) * 8
}

/// About how wide small text is drawn.
pub(super) fn small_width(text: &str) -> i32 {
    i32_of(text.width()) * 13 / 2
}

fn i32_of(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
