//! A diagram as a Mermaid flowchart, which forges draw in Markdown.

use std::fmt::Write;

use super::diagram::{Diagram, LinkKind, Sensitivity};
use super::dot::id;
use crate::text::safe;

/// The diagram as a flowchart from left to right.
#[must_use]
pub fn mermaid(diagram: &Diagram) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for item in &diagram.principals {
        let _ = writeln!(text, "    {}([\"{}\"])", id(item.node), safe::mermaid(&item.name));
    }
    for (items, open, close) in [(&diagram.roles, "[", "]"), (&diagram.profiles, "{{", "}}")] {
        for item in items {
            let lines = [&item.name].into_iter().chain(&item.details).map(|line| safe::mermaid(line));
            let lines: Vec<String> = lines.collect();
            let _ = writeln!(text, "    {}{open}\"{}\"{close}", id(item.node), lines.join("<br/>"));
        }
    }
    for resource in &diagram.resources {
        let _ = writeln!(text, "    subgraph {}_actions [\"{}\"]", id(resource.node), safe::mermaid(&resource.name));
        for action in &resource.actions {
            let mark = match action.sensitivity {
                Sensitivity::Sensitive => " (sensitive)",
                Sensitivity::Plain => "",
            };
            let _ = writeln!(text, "        {}[\"{}{mark}\"]", id(action.node), safe::mermaid(&action.name));
        }
        text.push_str("    end\n");
    }
    for link in &diagram.links {
        let (arrow, label) = match &link.kind {
            LinkKind::Holds => ("---", ""),
            LinkKind::Extends => ("-->", "extends"),
            LinkKind::Grants(conditions) if conditions.is_empty() => ("-->", ""),
            LinkKind::Grants(conditions) => ("-.->", conditions.as_str()),
            LinkKind::MayRequest => ("==>", "may request"),
            LinkKind::Approves(count) => ("-.-", count.as_str()),
            LinkKind::Opens => ("==>", ""),
        };
        let label = match label {
            "" => String::new(),
            label => format!("|\"{}\"|", safe::mermaid(label)),
        };
        let _ = writeln!(text, "    {} {arrow}{label} {}", id(link.from), id(link.to));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_part_of_the_program_is_drawn_and_text_is_escaped() {
        insta::assert_snapshot!(mermaid(&sample::diagram()), @r#"
        flowchart LR
            type0(["User"])
            type1(["App"])
            role0["clerk<br/>for User"]
            role1["manager<br/>for User · extends clerk"]
            profile0{{"night<br/>break-glass for clerk<br/>2 of manager approve · at most 1h"}}
            subgraph type2_actions ["Bill"]
                action0["read"]
                action1["cancel (sensitive)"]
            end
            type0 --- role0
            type0 --- role1
            role1 -->|"extends"| role0
            role0 --> action0
            role1 -.->|"when resource.state == #quot;open#quot; #amp;#amp; 1 #lt; 2"| action1
            type1 -.->|"until 2030-01-01"| action0
            role0 ==>|"may request"| profile0
            role1 -.-|"2 approve"| profile0
            profile0 ==> action1
        "#);
    }
}
