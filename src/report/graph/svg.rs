//! A diagram as an SVG picture that needs no other tool: who may act on the left, what may be done on the right. Its
//! colours follow the reader's light or dark scheme, and what stands on the bare page is legible on both.

use std::fmt::Write;

use crate::graph::Node;
use crate::text::safe;

use super::diagram::{Diagram, LinkKind, Sensitivity};
use super::layout;
use super::layout::{Actions, Holder, Layout, Wire};

/// How many colours tell holders apart; further ones begin again.
const COLOURS: usize = 10;

const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
.name { font-weight: 600 }
.detail { font-size: 11px; fill: #59636e }
.legend { font-size: 11px; fill: #768390 }
.box { fill: #f6f8fa; stroke: #afb8c1 }
.rule { stroke: #d1d9e0 }
.tree { fill: none; stroke: #8b949e; stroke-width: 1.2 }
.wire { fill: none; stroke-width: 1.6; stroke-opacity: .9 }
.if { stroke-dasharray: 6 4 }
.glass { stroke: #dd4b43; stroke-width: 2.2; stroke-dasharray: 1.5 4.5; stroke-linecap: round; fill: none }
.glass-bar, .sensitive { fill: #dd4b43 }
.c0 { stroke: #3b82d6 } .c1 { stroke: #c9701a } .c2 { stroke: #4b9a3f } .c3 { stroke: #9467d6 }
.c4 { stroke: #14958a } .c5 { stroke: #d1568f } .c6 { stroke: #8d8a1f } .c7 { stroke: #6f8296 }
.c8 { stroke: #5f6ad2 } .c9 { stroke: #a07850 }
.b0 { fill: #3b82d6 } .b1 { fill: #c9701a } .b2 { fill: #4b9a3f } .b3 { fill: #9467d6 }
.b4 { fill: #14958a } .b5 { fill: #d1568f } .b6 { fill: #8d8a1f } .b7 { fill: #6f8296 }
.b8 { fill: #5f6ad2 } .b9 { fill: #a07850 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .detail { fill: #9da7b3 } .legend { fill: #768390 }
.box { fill: #21262d; stroke: #57606a } .rule { stroke: #3d444d }
}
";

/// The diagram as an SVG document.
#[must_use]
pub fn svg(diagram: &Diagram) -> String {
    let layout = layout::lay_out(diagram);
    let (width, height) = (layout.width, layout.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n"
    );
    let _ = writeln!(text, "<title id=\"title\">{}</title>", safe::xml(&title(diagram)));
    let _ = writeln!(text, "<desc id=\"desc\">{}</desc>", safe::xml(&description(diagram)));
    let _ = writeln!(text, "<style>\n{STYLE}</style>");
    for elbow in &layout.elbows {
        let _ =
            writeln!(text, "<path class=\"tree\" d=\"M{} {}V{}H{}\"/>", elbow.x, elbow.from_y, elbow.to_y, elbow.to_x);
    }
    // Wires of conditions and of break-glass lie on top: they are what a reader looks for.
    for wire in &layout.wires {
        self::wire(&mut text, wire, diagram);
    }
    for holder in &layout.holders {
        self::holder(&mut text, holder);
    }
    for actions in &layout.resources {
        self::actions(&mut text, actions);
    }
    legend(&mut text, &layout);
    text.push_str("</svg>\n");
    text
}

fn title(diagram: &Diagram) -> String {
    format!("Who may do what in {}", diagram.title)
}

/// The picture in words, for those who do not see it.
fn description(diagram: &Diagram) -> String {
    let says = diagram.links.iter().filter_map(|link| {
        let (from, to) = (diagram.name(link.from), diagram.name(link.to));
        match &link.kind {
            LinkKind::Extends => Some(format!("{from} extends {to}.")),
            LinkKind::Grants(conditions) if conditions.is_empty() => Some(format!("{from} may {to}.")),
            LinkKind::Grants(conditions) => Some(format!("{from} may {to} {conditions}.")),
            LinkKind::MayRequest => Some(format!("{from} may request {to}.")),
            LinkKind::Opens => Some(format!("Break-glass {from} opens {to}.")),
            LinkKind::Holds | LinkKind::Approves(_) => None,
        }
    });
    says.collect::<Vec<_>>().join(" ")
}

fn wire(text: &mut String, wire: &Wire<'_>, diagram: &Diagram) {
    let (class, says) = match &wire.link.kind {
        LinkKind::Opens => ("glass".to_owned(), "opens".to_owned()),
        LinkKind::Grants(conditions) if conditions.is_empty() => {
            (format!("wire c{}", wire.colour % COLOURS), "may".to_owned())
        }
        LinkKind::Grants(_) => (format!("wire if c{}", wire.colour % COLOURS), "may".to_owned()),
        LinkKind::Holds | LinkKind::Extends | LinkKind::MayRequest | LinkKind::Approves(_) => return,
    };
    let conditions = match &wire.link.kind {
        LinkKind::Grants(conditions) if !conditions.is_empty() => format!(" {conditions}"),
        _ => String::new(),
    };
    let says = format!("{} {says} {}{conditions}", diagram.name(wire.link.from), diagram.name(wire.link.to));
    let bend = (wire.to_x - wire.from_x) / 2;
    let _ = writeln!(
        text,
        "<path class=\"{class}\" d=\"M{} {}C{} {} {} {} {} {}\"><title>{}</title></path>",
        wire.from_x,
        wire.from_y,
        wire.from_x + bend,
        wire.from_y,
        wire.to_x - bend,
        wire.to_y,
        wire.to_x,
        wire.to_y,
        safe::xml(&says)
    );
}

fn holder(text: &mut String, holder: &Holder<'_>) {
    let Holder { x, y, width, height, .. } = *holder;
    let bar = match holder.item.node {
        Node::Profile(_) => "glass-bar".to_owned(),
        _ => format!("b{}", holder.colour % COLOURS),
    };
    let _ = writeln!(text, "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>");
    let _ = writeln!(
        text,
        "<rect class=\"{bar}\" x=\"{}\" y=\"{y}\" width=\"4\" height=\"{height}\" rx=\"2\"/>",
        x + width - 4
    );
    let _ = writeln!(
        text,
        "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        x + layout::PAD,
        y + 18,
        safe::xml(&holder.item.name)
    );
    for (line, y) in holder.item.details.iter().zip((y + 34..).step_by(layout::DETAIL)) {
        let _ = writeln!(
            text,
            "<text class=\"detail\" x=\"{}\" y=\"{y}\">{}</text>",
            x + layout::PAD,
            safe::xml(&layout::shown(line))
        );
    }
}

fn actions(text: &mut String, actions: &Actions<'_>) {
    let Actions { x, y, width, height, .. } = *actions;
    let _ = writeln!(text, "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>");
    let _ = writeln!(
        text,
        "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        x + layout::PAD,
        y + 20,
        safe::xml(&actions.resource.name)
    );
    for (action, row) in actions.resource.actions.iter().zip(actions.rows()) {
        let _ = writeln!(text, "<path class=\"rule\" d=\"M{x} {}h{width}\"/>", row - layout::ROW / 2);
        let _ = writeln!(text, "<text x=\"{}\" y=\"{}\">{}</text>", x + layout::PAD, row + 5, safe::xml(&action.name));
        if action.sensitivity == Sensitivity::Sensitive {
            let _ = writeln!(
                text,
                "<circle class=\"sensitive\" cx=\"{}\" cy=\"{row}\" r=\"4\"><title>sensitive</title></circle>",
                x + width - layout::PAD
            );
        }
    }
}

/// What the lines mean, in one row at the bottom.
fn legend(text: &mut String, layout: &Layout<'_>) {
    let y = layout.height - 14;
    let mut x = layout::MARGIN;
    for (class, says) in [
        ("wire c7", "may"),
        ("wire if c7", "may, conditionally"),
        ("glass", "break-glass opens"),
        ("tree", "inherits the role above"),
    ] {
        let _ = writeln!(text, "<path class=\"{class}\" d=\"M{x} {y}h28\"/>");
        let _ = writeln!(text, "<text class=\"legend\" x=\"{}\" y=\"{}\">{says}</text>", x + 34, y + 4);
        x += 34 + layout::small_width(says) + 18;
    }
    let _ = writeln!(text, "<circle class=\"sensitive\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", x + 4);
    let _ = writeln!(text, "<text class=\"legend\" x=\"{}\" y=\"{}\">sensitive</text>", x + 14, y + 4);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_picture_is_well_formed_whatever_the_names_are() {
        let mut diagram = sample::diagram();
        diagram.roles[0].name = "<&\"\u{1}\u{ffff}".to_owned();
        let text = svg(&diagram);
        let parsed = roxmltree::Document::parse(&text).unwrap();
        let texts = |name: &str| parsed.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!(texts("desc"), 1);
        let wires = |class: &str| {
            let paths = parsed.descendants().filter(|node| node.has_tag_name("path"));
            let titled = paths.filter(|path| path.children().any(|child| child.has_tag_name("title")));
            titled.filter(|path| path.attribute("class").unwrap().contains(class)).count()
        };
        assert_eq!((wires("wire"), wires("if"), wires("glass")), (3, 2, 1));
        assert!(text.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn the_picture_is_told_in_words_too() {
        insta::assert_snapshot!(description(&sample::diagram()), @r#"manager extends clerk. clerk may Bill.read. manager may Bill.cancel when resource.state == "open" && 1 < 2. App may Bill.read until 2030-01-01. clerk may request night. Break-glass night opens Bill.cancel."#);
    }
}
