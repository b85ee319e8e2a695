//! What data may newly say widens where a policy reads it, though no line of a policy changed; so do templates that nothing links.

use super::Built;
use super::terms::{between, terms, told};

/// A raw schema and policies, with texts replaced.
fn raw(schema: &str, policies: &str) -> String {
    format!("//- /policy/a.cedarschema\n{schema}\n//- /policy/a.cedar\n{policies}\n")
}

#[test]
fn a_membership_that_became_possible_widens_where_a_policy_reads_it() {
    let schema = |user: &str, group: &str| {
        format!(
            "entity Org; entity G{group}; entity H; entity U{user}; entity D;\n\
             action read appliesTo {{ principal: U, resource: D, context: {{}} }};"
        )
    };
    let plain = schema("", "");
    let by_scope = "@id(\"x\") permit(principal in G::\"g\", action, resource);";
    let by_condition = "@id(\"x\") permit(principal, action, resource) when { principal in G::\"g\" };";
    let forbid = "@id(\"x\") permit(principal, action, resource);\n\
                  @id(\"y\") forbid(principal, action, resource) unless { principal in G::\"g\" };";
    let is_in = "@id(\"x\") permit(principal is U in G::\"g\", action, resource);";
    let mut told = Vec::new();
    for policies in [by_scope, by_condition, forbid, is_in] {
        for (user, group) in [(" in [G]", ""), (" in [H]", ""), ("", " in [Org]")] {
            let new = raw(&schema(user, group), policies);
            told.push(format!("{user}{group}: {}", terms(&raw(&plain, policies), &new)));
        }
    }
    // Step by step: through another group.
    let (near, far) = (schema(" in [H]", ""), schema(" in [H]", "").replace("entity H;", "entity H in [G];"));
    told.push(format!("through H: {}", terms(&raw(&near, by_scope), &raw(&far, by_scope))));
    insta::assert_snapshot!(told.join("\n"), @r"
     in [G]: widened
    weakened entities.U.parents.G: - → G (read by x)
     in [H]: equivalent
     in [Org]: equivalent
     in [G]: widened
    weakened entities.U.parents.G: - → G (read by x)
     in [H]: equivalent
     in [Org]: equivalent
     in [G]: widened
    weakened entities.U.parents.G: - → G (read by y)
     in [H]: equivalent
     in [Org]: equivalent
     in [G]: widened
    weakened entities.U.parents.G: - → G (read by x)
     in [H]: equivalent
     in [Org]: equivalent
    through H: widened
    weakened entities.H.parents.G: - → G (read by x)
    ");
}

#[test]
fn groups_that_come_to_hold_roles_and_parents_that_pass_rights_on_widen() {
    let model = |team: &str, folder: &str| {
        format!(
            "//- /policy/m.gate\nresource Org;\ngroup Team in Org as org{team};\n\
             principal User in Org as org, Team {{ f: Bool }}\n\
             resource Folder in Org as org{folder} {{ action open; }}\nisolate by org;\n\
             role a for User {{ allow open on Folder; }}\nrole own on Folder for User {{ allow open on Folder; }}\n"
        )
    };
    let old = model("", "");
    // Where roles are names, no policy tests for a group.
    let by_name = |text: &str, team: &str| {
        let config = "//- /gatewright.toml\n[package]\nname = \"m\"\nversion = \"1.0.0\"\nedition = \"2026\"\n\n[compile]\nroles = \"attribute\"\n";
        let text = text.replace("User in Org as org, Team", &format!("User in Org as org{team}"));
        Built::from(crate::stages::check(&format!("{config}{text}")))
    };
    let teams = [by_name(&model(" holds roles", ""), ""), by_name(&model(" holds roles", ""), ", Team")];
    insta::assert_snapshot!(told(&between(&teams[0], &teams[1])), @r"
    widened
    weakened entities.User.parents.Team: - → Team (read by Folder.own, a)
    ");
    insta::assert_snapshot!(terms(&old, &model(" holds roles", "")), @r"
    widened
    weakened entities.Team.holds_roles: false → true
    ");
    insta::assert_snapshot!(terms(&old, &model("", ", Folder as parent?")), @r#"
    widened
    weakened entities.Folder.relations.own.inherits_through: - → ["parent"]
    "#);
    insta::assert_snapshot!(terms(&model(" holds roles", ""), &old), @"schema-breaking");
}

#[test]
fn attributes_tags_and_members_that_became_possible_widen_where_a_policy_reads_them() {
    let schema = |user: &str, state: &str, context: &str| {
        format!(
            "entity State enum [{state}];\nentity U {user};\nentity D {{ state: State }};\n\
             action read appliesTo {{ principal: U, resource: D, context: {{ {context} }} }};"
        )
    };
    let old = schema("{ n: Long }", "\"a\", \"b\"", "n: Long");
    let mut told = Vec::new();
    let mut case = |policy: &str, user: &str, state: &str, context: &str| {
        let policy = format!("@id(\"x\") {policy}");
        let new = schema(user, state, context);
        told.push(terms(&raw(&old, &policy), &raw(&new, &policy)));
    };
    let (user, state, context) = ("{ n: Long }", "\"a\", \"b\"", "n: Long");
    let vip = "permit(principal, action, resource) when { principal has vip };";
    case(vip, "{ n: Long, vip?: Bool }", state, context);
    case(vip, "{ n: Long, other?: Bool }", state, context);
    let mode = "permit(principal, action, resource) when { context has mode };";
    case(mode, user, state, "n: Long, mode?: String");
    case(mode, "{ n: Long, mode?: String }", state, context);
    case("forbid(principal, action, resource) when { principal has n };", "{ n?: Long }", state, context);
    let tagged = "permit(principal, action, resource) when { principal.hasTag(\"t\") };";
    case(tagged, "{ n: Long } tags String", state, context);
    for condition in [
        "when { resource.state == State::\"a\" }",
        "when { resource.state != State::\"a\" }",
        "unless { resource.state == State::\"a\" }",
        "when { !([State::\"a\"].contains(resource.state)) }",
        "when { [State::\"a\"].contains(resource.state) }",
    ] {
        case(&format!("permit(principal, action, resource) {condition};"), user, "\"a\", \"b\", \"c\"", context);
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    widened
    weakened entities.U.attributes.vip: - → {"type":"bool","required":false} (read by x)
    equivalent
    widened
    weakened actions.read.context.mode: - → {"type":"string","required":false} (read by x)
    equivalent
    widened
    weakened entities.U.attributes.n.required: true → false (read by x)
    widened
    weakened entities.U.tags: - → string (read by x)
    equivalent
    widened
    weakened entities.State.members: ["a","b"] → ["a","b","c"] (read by x)
    widened
    weakened entities.State.members: ["a","b"] → ["a","b","c"] (read by x)
    widened
    weakened entities.State.members: ["a","b"] → ["a","b","c"] (read by x)
    equivalent
    "#);
}

#[test]
fn a_template_that_nothing_links_is_a_term() {
    let schema = "entity U; entity D;\naction read appliesTo { principal: U, resource: D };";
    let text = |templates: &str| {
        raw(schema, &format!("@id(\"p\") permit(principal == U::\"a\", action, resource);\n{templates}"))
    };
    let bound = "@id(\"share\") permit(principal == ?principal, action, resource == ?resource);";
    let open = "@id(\"share\") permit(principal == ?principal, action, resource);";
    let forbid = "@id(\"stop\") forbid(principal == ?principal, action, resource);";
    insta::assert_snapshot!(terms(&text(bound), &text(open)), @r#"
    widened
    weakened templates.share: @id("share") permit(principal == ?principal, action, resource == ?resource); → @id("share") permit(principal == ?principal, action, resource);
    "#);
    insta::assert_snapshot!(terms(&text(""), &text(open)), @r#"
    widened
    weakened templates.share: - → @id("share") permit(principal == ?principal, action, resource);
    "#);
    insta::assert_snapshot!(terms(&text(open), &text("")), @r#"
    narrowed
    strengthened templates.share: @id("share") permit(principal == ?principal, action, resource); → -
    "#);
    insta::assert_snapshot!(terms(&text(forbid), &text("")), @r#"
    widened
    weakened templates.stop: @id("stop") forbid(principal == ?principal, action, resource); → -
    "#);
    insta::assert_snapshot!(terms(&text(bound), &text(&bound.replace("@id(\"share\")", "@id(\"share\") @note(\"n\")"))), @"equivalent");
}
