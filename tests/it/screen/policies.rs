//! Random Cedar policies over one schema. Scopes name anything, known or not; conditions type in some environments only.

use crate::reference::random::Random;

/// Types below types, groups of actions, an action for several types and one for none, a second namespace.
pub(super) const SCHEMA: &str = r#"
entity Org;
entity Team in [Team, Org];
entity User in [Team] { age: Long, name: String, nick?: String, boss: User, level: Level };
entity Bot in [Team, Org] { name: String, scopes: Set<String> };
entity Level enum ["low", "high"];
entity Folder in [Folder, Org] { owner: User };
entity Doc in [Folder] { owner: User, title: String, price: decimal, note?: String } tags String;
entity Log;
action edit;
action any;
action look in [any];
action read in [look] appliesTo { principal: [User, Bot], resource: [Doc, Folder], context: { mfa: Bool, risk: Long } };
action write in [edit, any] appliesTo { principal: User, resource: Doc, context: { mfa: Bool, note?: String } };
action share in [edit] appliesTo { principal: [User, Team], resource: Doc, context: {} };
action sweep appliesTo { principal: Bot, resource: [Log, Folder], context: { risk: Long } };
action idle;
namespace Other {
    entity Thing { name: String };
    action spy appliesTo { principal: [User, Thing], resource: Thing, context: { mfa: Bool } };
}
"#;

const TYPES: [&str; 12] =
    ["User", "Bot", "Team", "Org", "Folder", "Doc", "Log", "Level", "Other::Thing", "Ghost", "Action", "Doc"];

const ACTIONS: [&str; 12] = [
    "Action::\"read\"",
    "Action::\"read\"",
    "Action::\"write\"",
    "Action::\"write\"",
    "Action::\"share\"",
    "Action::\"sweep\"",
    "Action::\"edit\"",
    "Action::\"any\"",
    "Action::\"look\"",
    "Action::\"idle\"",
    "Other::Action::\"spy\"",
    "Action::\"ghost\"",
];

const CONDITIONS: [&str; 40] = [
    "true",
    "false",
    "context.mfa",
    "context.risk < 30",
    "context.ghost",
    "context has note && context.note == \"x\"",
    "context.note == \"x\"",
    "principal.age > 18",
    "principal.name == \"alice\"",
    "principal.nick == \"al\"",
    "principal has nick && principal.nick == \"al\"",
    "principal.level == Level::\"low\"",
    "principal.level == Level::\"middle\"",
    "principal is User && principal.age > 18",
    "principal is Bot && principal.scopes.contains(\"read\")",
    "principal in Team::\"t\"",
    "principal in Org::\"o\"",
    "principal in resource",
    "principal == resource",
    "principal.boss == resource.owner",
    "resource.owner == principal",
    "resource.owner.boss.age > 18",
    "resource is Doc && resource.owner == principal",
    "resource is Folder",
    "resource in Folder::\"f\"",
    "resource.price.lessThan(decimal(\"1.0\"))",
    "resource has note && resource.note like \"a*\"",
    "resource.note like \"a*\"",
    "resource.hasTag(\"k\") && resource.getTag(\"k\") == \"v\"",
    "resource.getTag(\"k\") == \"v\"",
    "action == Action::\"read\"",
    "action in Action::\"edit\"",
    "action in [Action::\"read\", Other::Action::\"spy\"]",
    "action == Action::\"write\" && context has note",
    "1 == 2",
    "1 + 1",
    "\"аlice\" == \"bob\"",
    "[] == [1]",
    "ip(\"10.0.0.0/8\").isLoopback()",
    "(if resource is Doc then resource.title else \"\") == \"x\"",
];

pub(super) fn policy(random: &mut Random) -> String {
    let effect = ["permit", "forbid"][random.below(2)];
    let mut text = format!(
        "{effect} ({}, {}, {})",
        party(random, "principal", &["User", "Bot", "User", "Team", "Other::Thing"]),
        action(random),
        party(random, "resource", &["Doc", "Folder", "Doc", "Log", "Other::Thing"])
    );
    for _ in 0..random.below(3) {
        let clause = ["when", "when", "unless"][random.below(3)];
        text.push_str(&format!(" {clause} {{ {} }}", condition(random)));
    }
    text.push(';');
    text
}

/// A principal or resource, most often of a type that some action applies to.
fn party(random: &mut Random, who: &str, likely: &[&str]) -> String {
    let ty = if random.one_in(4) { *random.pick(&TYPES) } else { *random.pick(likely) };
    let container = if random.one_in(8) { *random.pick(&TYPES) } else { *random.pick(&["Team", "Org", "Folder"]) };
    let id = if container == "Level" { "low" } else { "x" };
    match random.below(6) {
        0 => who.to_owned(),
        1 => format!("{who} == {ty}::\"{}\"", if ty == "Level" { "high" } else { "x" }),
        2 => format!("{who} in {container}::\"{id}\""),
        3 | 4 => format!("{who} is {ty}"),
        _ => format!("{who} is {ty} in {container}::\"{id}\""),
    }
}

fn action(random: &mut Random) -> String {
    let one = random.pick(&ACTIONS);
    match random.below(5) {
        0 => "action".to_owned(),
        1 => format!("action == {one}"),
        2 => format!("action in {one}"),
        3 => format!("action in [{one}]"),
        _ => format!("action in [{one}, {}]", random.pick(&ACTIONS)),
    }
}

fn condition(random: &mut Random) -> String {
    let one = random.pick(&CONDITIONS);
    match random.below(4) {
        0 => format!("{one} && {}", random.pick(&CONDITIONS)),
        1 => format!("{one} || {}", random.pick(&CONDITIONS)),
        2 => format!("!({one})"),
        _ => (*one).to_owned(),
    }
}
