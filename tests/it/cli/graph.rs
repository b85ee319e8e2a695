//! `gatewright graph`: what of a package is drawn, in each language, and what is not drawn at all.

use super::{Copy, run};

#[test]
fn dot_is_the_default_and_names_conditions() {
    let dot = run("graph examples/quickstart");
    assert_eq!((dot.code, dot.err.as_str()), (0, ""));
    insta::assert_snapshot!(dot.out, @r#"
    digraph "quickstart" {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="Helvetica"];
      edge [fontname="Helvetica", fontsize=10];

      type1 [label="User", shape=oval];
      role0 [label="clerk\nfor User"];
      role1 [label="manager\nfor User"];
      subgraph "cluster_Invoice" {
        label="Invoice";
        action0 [label="list"];
        action1 [label="create"];
        action2 [label="read"];
        action3 [label="cancel", penwidth=2, tooltip="sensitive"];
      }

      type1 -> role0 [color=gray, arrowhead=none];
      type1 -> role1 [color=gray, arrowhead=none];
      role0 -> action0;
      role0 -> action1;
      role0 -> action2;
      role1 -> action0;
      role1 -> action2;
      role1 -> action3 [style=dashed, label="when open(resource)"];
    }
    "#);
    assert_eq!(run("graph examples/quickstart --dot").out, dot.out);
}

#[test]
fn mermaid_draws_the_same() {
    let mermaid = run("graph examples/quickstart --mermaid");
    assert_eq!((mermaid.code, mermaid.err.as_str()), (0, ""));
    insta::assert_snapshot!(mermaid.out, @r#"
    flowchart LR
        type1(["User"])
        role0["clerk<br/>for User"]
        role1["manager<br/>for User"]
        subgraph type2_actions ["Invoice"]
            action0["list"]
            action1["create"]
            action2["read"]
            action3["cancel (sensitive)"]
        end
        type1 --- role0
        type1 --- role1
        role0 --> action0
        role0 --> action1
        role0 --> action2
        role1 --> action0
        role1 --> action2
        role1 -.->|"when open(resource)"| action3
    "#);
}

#[test]
fn every_grant_of_the_marketplace_is_a_line_of_the_picture() {
    let svg = run("graph examples/marketplace --svg");
    assert_eq!((svg.code, svg.err.as_str()), (0, ""));
    let picture = roxmltree::Document::parse(&svg.out).unwrap();
    let told: Vec<&str> = picture
        .descendants()
        .filter(|node| node.has_tag_name("path"))
        .filter_map(|path| path.children().find(|child| child.has_tag_name("title"))?.text())
        .collect();
    for line in [
        "support may Payout.list",
        "finance may Payout.approve when cleared(resource.classification)",
        "Org.admin may Payout.change_destination when cleared(resource.classification)",
        "PartnerApp may Payout.read when scope(\"payouts:read\")",
        "Webhook.keeper may Webhook.disable",
        "payout_incident opens Payout.approve",
    ] {
        assert!(told.contains(&line), "{line}: {told:#?}");
    }
    assert!(!told.iter().any(|line| line.starts_with("helper")), "what is inherited is not drawn again");
    let texts: Vec<&str> =
        picture.descendants().filter(|node| node.has_tag_name("text")).filter_map(|t| t.text()).collect();
    for text in [
        "for User · extends support · until 2028-02-01",
        "by registered_by",
        "break-glass for support, Org.admin",
        "2 of security_lead approve · at most 2h",
    ] {
        assert!(texts.contains(&text), "{text}: {texts:#?}");
    }
}

#[test]
fn of_a_package_with_faults_nothing_is_drawn() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "role clerk for User", "role clerk for Usr");
    let run = package.run("graph . --svg");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("did you mean `User`?"), "{}", run.err);
}

#[test]
fn one_language_at_a_time() {
    let run = run("graph examples/quickstart --svg --dot");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("cannot be used with"), "{}", run.err);
}
