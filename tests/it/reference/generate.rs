//! Random well-typed programs over one model, as text.

use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;

use super::random::Random;

/// The model every program shares.
pub(super) const MODEL: &str = r#"
ordered enum Level { low, mid, high }
enum Colour { red, green }
principal User in Org as org, Team { level: Level, age: Long, nick?: String }
principal Bot in Org as org, Team { level: Level, scopes: Set<String> }
group Team in Org as org holds roles;
resource Org;
resource Folder in Folder as parent?, Org as org { owner: User, action open; }
resource Doc in Folder as folder, Org as org {
    level: Level, colour: Colour, owner: User, price: decimal, count: Long, editors: Set<User>, note?: String,
    action read, write;
    sensitive action publish;
    action list in org;
    action store in folder;
    action group edit = read, write;
}
context {
    from gateway { now: datetime, risk: Long }
    from token { since: datetime, mfa: Bool }
    from caller { hint?: String }
}
"#;

/// A program and what tests need to know of it.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) text: String,
    /// Plain roles.
    pub(super) roles: Vec<String>,
    /// Roles held per entity: type and name.
    pub(super) relations: Vec<(String, String)>,
}

impl Generated {
    /// The program as the only file of a package.
    pub(crate) fn package(&self, faults: &mut Diagnostics) -> PackageFiles {
        let project = "[package]\nname = \"random\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
        let texts = [("gatewright.toml", project), ("policy/main.gate", self.text.as_str())];
        PackageFiles::in_memory(texts, faults)
    }
}

/// What a condition may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Doc,
    Folder,
    Org,
}

pub(crate) fn program(random: &mut Random) -> Generated {
    let mut text = MODEL.to_owned();
    text.push_str(&format!("condition calm = {};\n", condition(random, 2, false, None, &[])));
    text.push_str(&format!("condition dear(d: Doc) = {};\n", parameter_condition(random)));
    text.push_str(&format!("condition both = calm && {};\n", condition(random, 1, false, None, &[])));
    let mut roles: Vec<String> = Vec::new();
    for n in 0..4 {
        let holders = ["for User", "for Bot", "for User, Bot"][if n == 0 { 2 } else { random.below(3) }];
        let users = holders == "for User";
        let mut header = format!("role r{n} {holders}");
        // Every role may extend `r0`, which all types may hold; those of one type may extend each other.
        if n > 0 && random.one_in(2) {
            header.push_str(" extends r0");
        }
        if random.one_in(4) {
            header.push_str(&format!(" when {}", condition(random, 1, users, None, &["calm", "both"])));
        }
        if random.one_in(4) {
            header.push_str(" until \"2027-01-15T08:00:00Z\"");
        }
        let grants: Vec<String> = (0..random.below(3)).map(|at| grant(random, n * 10 + at, "", users)).collect();
        text.push_str(&format!("{header} {{ {} }}\n", grants.join(" ")));
        roles.push(format!("r{n}"));
    }
    let mut relations = Vec::new();
    for (ty, role) in [("Org", "admin"), ("Folder", "viewer"), ("Folder", "chief")] {
        if random.one_in(2) {
            let extends = match role == "chief" && relations.contains(&("Folder".to_owned(), "viewer".to_owned())) {
                true => " extends Folder.viewer",
                false => "",
            };
            let grant = relation_grant(random, ty, role);
            text.push_str(&format!("role {role} on {ty} for User{extends} {{ {grant} }}\n"));
            relations.push((ty.to_owned(), role.to_owned()));
        }
    }
    if random.one_in(2) {
        text.push_str("role keeper on Folder by owner { kept: allow read on Doc; }\n");
    }
    if random.one_in(2) {
        text.push_str("role author on Doc by editors { authored: allow edit on Doc; }\n");
    }
    if random.one_in(2) {
        text.push_str(&grant(random, 90, "Bot to ", false));
    }
    match random.below(3) {
        0 => text.push_str("isolate by org;\n"),
        1 => text.push_str("isolate by org except Folder because \"folders are shared\";\n"),
        _ => {}
    }
    for n in 0..random.below(3) {
        let wanted = condition(random, 2, false, Some(Of::Doc), &["calm", "both", "dear(resource)"]);
        let action = ["publish", "read", "write"][random.below(3)];
        text.push_str(&format!("guard{n}: require {wanted} for Doc.{action};\n"));
    }
    if random.one_in(2) {
        text.push_str("apart: separate Doc.write from Doc.publish by owner;\n");
    }
    for n in 0..random.below(3) {
        let who = ["any", "r0", "r1", "Bot", "User"][random.below(5)];
        let denied = condition(random, 2, false, Some(Of::Doc), &["calm", "dear(resource)"]);
        let when = if random.one_in(4) { String::new() } else { format!(" when {denied}") };
        let actions = ["read", "publish", "edit"][random.below(3)];
        text.push_str(&format!("no{n}: deny {who} to {actions} on Doc{when};\n"));
    }
    // `publish` takes part in a separation by a `User`, so only users may come by it.
    Generated { text, roles, relations }
}

fn grant(random: &mut Random, label: usize, who: &str, users: bool) -> String {
    let bots = !who.is_empty();
    let (actions, on, of): (&str, &str, Option<Of>) = match random.below(6) {
        0 => ("list", "Doc", Some(Of::Org)),
        1 => ("store", "Doc", Some(Of::Folder)),
        2 => ("open", "Folder", Some(Of::Folder)),
        3 => ("edit", "Doc", Some(Of::Doc)),
        4 if users => ("read, publish", "Doc", Some(Of::Doc)),
        _ => ("read", "Doc", Some(Of::Doc)),
    };
    let named: &[&str] = if of == Some(Of::Doc) { &["calm", "both", "dear(resource)"] } else { &["calm", "both"] };
    let when = match random.one_in(3) && !bots {
        true => String::new(),
        false => format!(" when {}", condition(random, 2, users, of, named)),
    };
    let until = if random.one_in(5) { " until \"2027-01-15T08:00:00Z\"" } else { "" };
    format!("g{label}: allow {who}{actions} on {on}{when}{until};\n")
}

fn relation_grant(random: &mut Random, ty: &str, role: &str) -> String {
    let when = match random.one_in(2) {
        true => String::new(),
        false => format!(" when {}", condition(random, 1, true, Some(Of::Doc), &["calm"])),
    };
    match (ty, random.below(3)) {
        // From a document, an organisation is reached directly and by its folder.
        ("Org", 0) => format!("{role}: allow read on Doc via org{when};"),
        ("Org", 1) => format!("{role}: allow read on Doc via folder{when};"),
        ("Org", _) => format!("{role}: allow list on Doc;"),
        (_, 0) => format!("{role}: allow open on Folder;"),
        (_, 1) => format!("{role}: allow store on Doc;"),
        _ => format!("{role}: allow edit on Doc{when};"),
    }
}

fn parameter_condition(random: &mut Random) -> String {
    let parts = [
        "d.price >= decimal(\"10.0\")",
        "d.level > low",
        "d.colour == red",
        "d has note && d.note like \"a*\"",
        "d.count * 2 > d.count",
        "(if d.count > 3 then d.level == mid else d.level != mid)",
    ];
    let (one, other) = (random.pick(&parts).to_owned(), random.pick(&parts).to_owned());
    let joint = random.pick(&["&&", "||"]).to_owned();
    format!("{one} {joint} ({other})")
}

/// A condition that types for users and bots, or for users alone.
fn condition(random: &mut Random, depth: usize, users: bool, of: Option<Of>, named: &[&str]) -> String {
    if depth > 0 {
        match random.below(5) {
            0 => {
                let joint = random.pick(&["&&", "||"]).to_owned();
                let left = condition(random, depth - 1, users, of, named);
                let right = condition(random, depth - 1, users, of, named);
                return format!("({left}) {joint} ({right})");
            }
            1 => return format!("!({})", condition(random, depth - 1, users, of, named)),
            2 => {
                let test = condition(random, 0, users, of, named);
                let yes = condition(random, depth - 1, users, of, named);
                let no = condition(random, depth - 1, users, of, named);
                return format!("(if {test} then {yes} else {no})");
            }
            _ => {}
        }
    }
    let mut atoms = vec![
        "context.mfa",
        "context.risk <= 30",
        "context.risk + 1 > 5",
        "context.risk - 5 < 0",
        "-context.risk < 1",
        "context.now > context.since",
        "context.now.durationSince(context.since) <= 15m",
        "context.now.offset(1h) > context.since",
        "context.now < datetime(\"2027-01-15T08:00:00Z\")",
        "context has hint && context.hint == \"a\"",
        "(if context has hint then context.hint like \"*a*\" else true)",
        "principal.level >= mid",
        "low < principal.level",
        "principal.level != high",
        "[low, high].contains(principal.level)",
        "principal in principal.org",
    ];
    atoms.extend(named);
    if users {
        atoms.extend([
            "principal.age > 18",
            "principal has nick && principal.nick != \"\"",
            "principal.age * 2 > principal.age",
        ]);
    }
    match of {
        Some(Of::Doc) => atoms.extend([
            "resource.level <= principal.level",
            "principal.level > resource.level",
            "resource.colour == green",
            "resource.price > decimal(\"9.9999\")",
            "resource.count == 5",
            "resource.editors.isEmpty()",
            "resource has note && resource.note == \"b*c\"",
            "resource has note && resource.note like \"b\\*c\"",
            "resource.folder.owner == resource.owner",
            "resource in resource.folder",
            "resource in principal.org",
            "resource.owner.level >= resource.level",
        ]),
        Some(Of::Folder) => {
            atoms.extend(["resource has parent", "resource.org == principal.org", "resource.owner.level == low"])
        }
        Some(Of::Org) => atoms.extend(["resource == principal.org", "principal in resource"]),
        None => {}
    }
    (*random.pick(&atoms)).to_owned()
}
