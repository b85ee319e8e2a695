//! Where the parts of a diagram lie: holders in a column on the left, extending roles indented beneath what they extend,
//! types with their actions in a column on the right. Whole numbers only, so that every machine draws the same picture.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use crate::graph::Node;

use super::diagram::Diagram;
use super::diagram::Item;
use super::diagram::Link;
use super::diagram::LinkKind;
use super::diagram::Resource;

/// Space around the picture.
pub(super) const MARGIN: i32 = 16;
/// Space between a box and the text in it.
pub(super) const PAD: i32 = 12;
/// The height of a holder's box.
pub(super) const HOLDER: i32 = 44;
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
    let column = placed
        .iter()
        .map(|(depth, item)| depth * INDENT + box_width(item))
        .max()
        .unwrap_or(0);
    let left_height = i32_of(placed.len()) * (HOLDER + GAP) - GAP;
    let heights: Vec<i32> = diagram.resources.iter().map(height).collect();
    let right_height: i32 = heights.iter().sum::<i32>() + TYPE_GAP * (i32_of(heights.len()) - 1);
    let tallest = left_height.max(right_height).max(0);

    let mut y = MARGIN + (tallest - left_height) / 2;
    let mut holders = Vec::new();
    for (colour, (depth, item)) in placed.iter().enumerate() {
        let x = MARGIN + depth * INDENT;
        holders.push(Holder {
            item,
            x,
            y,
            width: MARGIN + column - x,
            colour,
        });
        y += HOLDER + GAP;
    }

    let x = MARGIN + column + CHANNEL;
    let width = diagram.resources.iter().map(resource_width).max().unwrap_or(0);
    let mut y = MARGIN + (tallest - right_height) / 2;
    let mut resources = Vec::new();
    for (resource, height) in diagram.resources.iter().zip(heights) {
        resources.push(Actions {
            resource,
            x,
            y,
            width,
            height,
        });
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

/// Holders from top to bottom with their depth: principal types that are granted something themselves, each role above
/// those that extend it, profiles.
fn in_order(diagram: &Diagram) -> Vec<(i32, &Item)> {
    let granted: BTreeSet<Node> = diagram
        .links_of(|kind| matches!(kind, LinkKind::Grants(_)))
        .map(|link| link.from)
        .collect();
    let mut placed: Vec<(i32, &Item)> = Vec::new();
    let mut waiting: Vec<(i32, &Item)> = diagram
        .roles
        .iter()
        .filter(|role| base(diagram, role.node).is_none())
        .map(|role| (0, role))
        .collect();
    waiting.reverse();
    while let Some((depth, role)) = waiting.pop() {
        placed.push((depth, role));
        let extending = diagram
            .roles
            .iter()
            .filter(|other| base(diagram, other.node) == Some(role.node));
        let next: Vec<_> = extending.map(|other| (depth + 1, other)).collect();
        waiting.extend(next.into_iter().rev());
    }
    let principals = diagram.principals.iter().filter(|item| granted.contains(&item.node));
    placed.extend(principals.map(|item| (0, item)));
    placed.extend(diagram.profiles.iter().map(|item| (0, item)));
    placed
}

/// The role beneath which a role stands: the first that it extends. The others are named in its detail.
fn base(diagram: &Diagram, role: Node) -> Option<Node> {
    let mut extends = diagram.links_of(|kind| *kind == LinkKind::Extends);
    extends.find(|link| link.from == role).map(|link| link.to)
}

fn elbows(diagram: &Diagram, holders: &[Holder<'_>]) -> Vec<Elbow> {
    let find = |node| holders.iter().find(|holder| holder.item.node == node);
    let pairs = holders
        .iter()
        .filter_map(|holder| Some((holder, find(base(diagram, holder.item.node)?)?)));
    pairs
        .map(|(role, base)| Elbow {
            x: base.x + INDENT / 2,
            from_y: base.y + HOLDER,
            to_x: role.x,
            to_y: role.y + HOLDER / 2,
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
    let leads = diagram.links_of(|kind| matches!(kind, LinkKind::Grants(_) | LinkKind::Opens));
    let mut wires: Vec<Wire<'_>> = leads
        .filter_map(|link| {
            let holder = holders.iter().find(|holder| holder.item.node == link.from)?;
            let (to_x, to_y) = *rows.get(&link.to)?;
            Some(Wire {
                link,
                from_x: holder.x + holder.width,
                from_y: holder.y + HOLDER / 2,
                to_x,
                to_y,
                colour: holder.colour,
            })
        })
        .collect();
    spread(
        &mut wires,
        HOLDER - 12,
        |wire| (wire.from_y, wire.to_y),
        |wire| &mut wire.from_y,
    );
    spread(
        &mut wires,
        ROW - 8,
        |wire| (wire.to_y, wire.from_y),
        |wire| &mut wire.to_y,
    );
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
    name_width(&item.name).max(small_width(&shown_detail(item))) + 2 * PAD + 4
}

/// The detail as far as it fits.
pub(super) fn shown_detail(item: &Item) -> String {
    const LONGEST: usize = 60;
    if item.detail.chars().count() <= LONGEST {
        return item.detail.clone();
    }
    let kept: String = item.detail.chars().take(LONGEST - 1).collect();
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
