//! A diagram as a Mermaid flowchart, which forges draw in Markdown.

use std::fmt::Write;

use super::diagram::Diagram;
use super::diagram::LinkKind;
use super::diagram::Sensitivity;
use super::dot::id;

/// The diagram as a flowchart from left to right.
#[must_use]
pub fn mermaid(diagram: &Diagram) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for item in &diagram.principals {
        let _ = writeln!(text, "    {}([\"{}\"])", id(item.node), escaped(&item.name));
    }
    for (items, open, close) in [(&diagram.roles, "[", "]"), (&diagram.profiles, "{{", "}}")] {
        for item in items {
            let (name, detail) = (escaped(&item.name), escaped(&item.detail));
            let _ = writeln!(text, "    {}{open}\"{name}<br/>{detail}\"{close}", id(item.node));
        }
    }
    for resource in &diagram.resources {
        let _ = writeln!(
            text,
            "    subgraph {}_actions [\"{}\"]",
            id(resource.node),
            escaped(&resource.name)
        );
        for action in &resource.actions {
            let mark = match action.sensitivity {
                Sensitivity::Sensitive => " (sensitive)",
                Sensitivity::Plain => "",
            };
            let _ = writeln!(text, "        {}[\"{}{mark}\"]", id(action.node), escaped(&action.name));
        }
        text.push_str("    end\n");
    }
    for link in &diagram.links {
        let (arrow, label) = match &link.kind {
            LinkKind::Holds => ("---", ""),
            LinkKind::Extends => ("-->", "extends"),
            LinkKind::Grants(conditions) if conditions.is_empty() => ("-->", ""),
            LinkKind::Grants(conditions) => ("-.->", conditions.as_str()),
            LinkKind::MayRequest => ("==>", "may ask"),
            LinkKind::Approves(count) => ("-.-", count.as_str()),
            LinkKind::Opens => ("==>", ""),
        };
        let label = match label {
            "" => String::new(),
            label => format!("|\"{}\"|", escaped(label)),
        };
        let _ = writeln!(text, "    {} {arrow}{label} {}", id(link.from), id(link.to));
    }
    text
}

/// Text between double quotes, with the characters that Mermaid reads as its entities.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '`' => escaped.push_str("#96;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_part_of_the_program_is_drawn_and_text_is_escaped() {
        insta::assert_snapshot!(mermaid(&sample::diagram()), @"");
    }
}
