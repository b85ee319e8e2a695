//! A diagram in DOT, the language of Graphviz.

use std::fmt::Write;

use crate::graph::Node;
use crate::text::safe;

use super::diagram::{Diagram, Item, LinkKind, Sensitivity};

/// The diagram as a DOT digraph.
#[must_use]
pub fn dot(diagram: &Diagram) -> String {
    let mut text = format!("digraph {} {{\n", safe::dot(&diagram.title));
    text.push_str("  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=10];\n\n");
    let groups = [(&diagram.principals, "shape=oval"), (&diagram.roles, ""), (&diagram.profiles, "shape=octagon")];
    for (items, style) in groups {
        for item in items {
            let style = if style.is_empty() { String::new() } else { format!(", {style}") };
            let _ = writeln!(text, "  {} [label={}{style}];", id(item.node), safe::dot(&label(item)));
        }
    }
    for resource in &diagram.resources {
        let _ = writeln!(text, "  subgraph {} {{", safe::dot(&format!("cluster_{}", resource.name)));
        let _ = writeln!(text, "    label={};", safe::dot(&resource.name));
        for action in &resource.actions {
            let mark = match action.sensitivity {
                Sensitivity::Sensitive => ", penwidth=2, tooltip=\"sensitive\"",
                Sensitivity::Plain => "",
            };
            let _ = writeln!(text, "    {} [label={}{mark}];", id(action.node), safe::dot(&action.name));
        }
        text.push_str("  }\n");
    }
    text.push('\n');
    for link in &diagram.links {
        let style = match &link.kind {
            LinkKind::Holds => "color=gray, arrowhead=none".to_owned(),
            LinkKind::Extends => "arrowhead=empty, label=\"extends\"".to_owned(),
            LinkKind::Grants(conditions) if conditions.is_empty() => String::new(),
            LinkKind::Grants(conditions) => format!("style=dashed, label={}", safe::dot(conditions)),
            LinkKind::MayRequest => "color=red, style=dotted, label=\"may request\"".to_owned(),
            LinkKind::Approves(count) => format!("color=gray, style=dotted, label={}", safe::dot(count)),
            LinkKind::Opens => "color=red, style=dotted".to_owned(),
        };
        let style = if style.is_empty() { style } else { format!(" [{style}]") };
        let _ = writeln!(text, "  {} -> {}{style};", id(link.from), id(link.to));
    }
    text.push_str("}\n");
    text
}

fn label(item: &Item) -> String {
    match item.node {
        Node::Type(_) => item.name.clone(),
        _ => format!("{}\n{}", item.name, item.details.join("\n")),
    }
}

/// A node's id: names of different kinds may be equal, numbers within a kind are not.
pub(super) fn id(node: Node) -> String {
    match node {
        Node::Type(id) => format!("type{}", id.index()),
        Node::Role(id) => format!("role{}", id.index()),
        Node::Action(id) => format!("action{}", id.index()),
        Node::Condition(id) => format!("condition{}", id.index()),
        Node::Profile(id) => format!("profile{}", id.index()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_part_of_the_program_is_drawn_and_text_is_escaped() {
        insta::assert_snapshot!(dot(&sample::diagram()), @r#"
        digraph "a <\"shop\"> & more" {
          rankdir=LR;
          node [shape=box, style=rounded, fontname="Helvetica"];
          edge [fontname="Helvetica", fontsize=10];

          type0 [label="User", shape=oval];
          type1 [label="App", shape=oval];
          role0 [label="clerk\nfor User"];
          role1 [label="manager\nfor User · extends clerk"];
          profile0 [label="night\nbreak-glass for clerk\n2 of manager approve · at most 1h", shape=octagon];
          subgraph "cluster_Bill" {
            label="Bill";
            action0 [label="read"];
            action1 [label="cancel", penwidth=2, tooltip="sensitive"];
          }

          type0 -> role0 [color=gray, arrowhead=none];
          type0 -> role1 [color=gray, arrowhead=none];
          role1 -> role0 [arrowhead=empty, label="extends"];
          role0 -> action0;
          role1 -> action1 [style=dashed, label="when resource.state == \"open\" && 1 < 2"];
          type1 -> action0 [style=dashed, label="until 2030-01-01"];
          role0 -> profile0 [color=red, style=dotted, label="may request"];
          role1 -> profile0 [color=gray, style=dotted, label="2 approve"];
          profile0 -> action1 [color=red, style=dotted];
        }
        "#);
    }
}
