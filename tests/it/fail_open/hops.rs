//! Denials of Gate programs: what `fail-open-forbid` calls an error is a request that Cedar allows because the denial errors,
//! and a denial without a finding errors on no request. Roles are held per entity, some steps away and by parents
//! and attributes that may be absent, in each form of roles; entities on the way may not be loaded.

use std::collections::BTreeSet;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use gatewright::config::Roles;
use gatewright::diag::{Diagnostics, Severity};
use gatewright::lint;
use gatewright::load::PackageFiles;
use gatewright::pipeline::Checked;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::LINT;
use crate::reference::random::Random;
use crate::roles_form;

/// A program, and which of its parents may be absent.
#[derive(Debug)]
struct Generated {
    text: String,
    folder_is_optional: bool,
    project_is_optional: bool,
    shelf_is_optional: bool,
    head_is_optional: bool,
}

/// What the condition of a denial tests; the folder is asked for first where it may be absent.
const TESTS: [&str; 5] = [
    "principal.suspended",
    "resource.folder.locked",
    "resource.size + 1 > 3",
    "(resource.folder has locked && resource.folder.locked)",
    "(if resource.folder has locked then resource.folder.locked else true)",
];

fn generate(random: &mut Random) -> Generated {
    let [folder_is_optional, project_is_optional, shelf_is_optional, head_is_optional] =
        [(); 4].map(|()| random.one_in(2));
    let mark = |optional: bool| if optional { "?" } else { "" };
    let there = |test: &str| match folder_is_optional && test.contains("resource.folder") {
        true => format!("resource has folder && {test}"),
        false => test.to_owned(),
    };
    let mut text = format!(
        "resource Org;
principal User in Org as org {{ suspended: Bool }}
resource Shelf {{ keeper{}: User }}
resource Project in Org as org, Shelf as shelf{} {{ head{}: User }}
resource Folder in Project as project{} {{ locked: Bool, shared: Bool }}
resource Doc in Org as org, Folder as folder{} {{ size: Long, action read, write; }}
role boss on Project for User;
role lead on Project by head;
role warden on Shelf for User;
role keeper on Shelf by keeper;
",
        mark(head_is_optional),
        mark(shelf_is_optional),
        mark(head_is_optional),
        mark(project_is_optional),
        mark(folder_is_optional)
    );
    // What grants ask for, no denial excludes: `shared` is always true here.
    let granted = match random.below(4) {
        0 => "allow write on Doc when resource.size > 3;".to_owned(),
        1 => format!("allow write on Doc when {};", there("resource.folder.shared")),
        2 => format!("allow write on Doc when {};", there("resource.folder has shared")),
        _ => "allow write on Doc;".to_owned(),
    };
    text.push_str(&format!("role clerk for User {{ {granted} }}\n"));
    let own = random.pick(&["", "allow read, write on Doc;"]);
    text.push_str(&format!("role owner on Folder for User {{ {own} }}\n"));
    if random.one_in(2) {
        text.push_str("isolate by org;\n");
    }
    if random.one_in(4) {
        text.push_str(&format!("g: require {} for Doc.write;\n", there("resource.folder.shared")));
    }
    let test = |random: &mut Random| TESTS[random.below(TESTS.len())];
    let who = random.pick(&[
        "Folder.owner",
        "Project.boss",
        "Project.lead",
        "Project.lead",
        "Shelf.warden",
        "Shelf.keeper",
        "Shelf.keeper",
        "User",
        "clerk",
        "Folder.owner, clerk",
    ]);
    let actions = random.pick(&["write", "read, write"]);
    let when = match random.below(4) {
        0 => String::new(),
        1 => {
            let (one, other) = (there(test(random)), there(test(random)));
            format!(" when ({one}) {} ({other})", random.pick(&["&&", "||"]))
        }
        _ => format!(" when {}", there(test(random))),
    };
    text.push_str(&format!("d: deny {who} to {actions} on Doc{when};\n"));
    Generated { text, folder_is_optional, project_is_optional, shelf_is_optional, head_is_optional }
}

/// What of a world a request can tell.
#[derive(Debug, Clone, Copy)]
struct World {
    suspended: bool,
    locked: bool,
    size: i64,
    folder: Link,
    project: Link,
    shelf: Link,
    /// Whether a project has a head and a shelf a keeper.
    headed: bool,
    /// The roles that are held: those of projects and shelves, owner, clerk.
    boss: bool,
    owner: bool,
    clerk: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Absent,
    Dangling,
    Loaded,
}

fn worlds(generated: &Generated) -> Vec<World> {
    let links = |optional: bool| match optional {
        true => vec![Link::Absent, Link::Dangling, Link::Loaded],
        false => vec![Link::Dangling, Link::Loaded],
    };
    let asks_of = |what: &str| generated.text.contains(&format!("deny {what}."));
    // What nobody asks for makes no difference.
    let shelves = if asks_of("Shelf") { links(generated.shelf_is_optional) } else { vec![Link::Loaded] };
    let heads = match generated.head_is_optional && (asks_of("Shelf") || asks_of("Project")) {
        true => vec![true, false],
        false => vec![true],
    };
    let mut ways = Vec::new();
    for folder in links(generated.folder_is_optional) {
        for project in links(generated.project_is_optional) {
            for shelf in &shelves {
                ways.extend(heads.iter().map(|headed| (folder, project, *shelf, *headed)));
            }
        }
    }
    let worlds = ways.into_iter().flat_map(|(folder, project, shelf, headed)| {
        (0..64_u32).map(move |bits| {
            let bit = |at: u32| bits >> at & 1 == 1;
            World {
                suspended: bit(0),
                locked: bit(1),
                size: if bit(2) { i64::MAX } else { 0 },
                folder,
                project,
                shelf,
                headed,
                boss: bit(3),
                owner: bit(4),
                clerk: bit(5),
            }
        })
    });
    worlds.collect()
}

fn entities(world: &World) -> Value {
    let uid = |ty: &str, id: &str| json!({"type": ty, "id": id});
    let entity =
        |uid: Value, attrs: Value, parents: Vec<Value>| json!({"uid": uid, "attrs": attrs, "parents": parents});
    let to = |uid: Value| json!({"__entity": uid});
    let held = |on: &str, role: &str| uid("RoleHolders", &format!("{on}.{role}"));
    let mut groups = vec![uid("Org", "o")];
    groups.extend(world.boss.then(|| held("Project::p", "boss")));
    groups.extend(world.boss.then(|| held("Shelf::s", "warden")));
    groups.extend(world.owner.then(|| held("Folder::f", "owner")));
    groups.extend(world.clerk.then(|| uid("Role", "clerk")));
    let mut doc = json!({"org": to(uid("Org", "o")), "size": world.size});
    let mut inside = vec![uid("Org", "o")];
    if world.folder != Link::Absent {
        doc["folder"] = to(uid("Folder", "f"));
        inside.push(uid("Folder", "f"));
    }
    let head = if world.boss { "asks" } else { "other" };
    let mut all = vec![
        entity(uid("Org", "o"), json!({}), vec![]),
        entity(uid("Role", "clerk"), json!({}), vec![]),
        entity(held("Project::p", "boss"), json!({}), vec![]),
        entity(held("Shelf::s", "warden"), json!({}), vec![]),
        entity(held("Folder::f", "owner"), json!({}), vec![]),
        entity(uid("User", "asks"), json!({"org": to(uid("Org", "o")), "suspended": world.suspended}), groups),
        entity(uid("Doc", "d"), doc, inside),
    ];
    if world.folder == Link::Loaded {
        let mut folder = json!({"locked": world.locked, "shared": true, "owner": to(held("Folder::f", "owner"))});
        let mut parents = Vec::new();
        if world.project != Link::Absent {
            folder["project"] = to(uid("Project", "p"));
            parents.push(uid("Project", "p"));
        }
        all.push(entity(uid("Folder", "f"), folder, parents));
    }
    if world.project == Link::Loaded {
        let mut project = json!({"org": to(uid("Org", "o")), "boss": to(held("Project::p", "boss"))});
        let mut parents = vec![uid("Org", "o")];
        if world.headed {
            project["head"] = to(uid("User", head));
        }
        if world.shelf != Link::Absent {
            project["shelf"] = to(uid("Shelf", "s"));
            parents.push(uid("Shelf", "s"));
        }
        all.push(entity(uid("Project", "p"), project, parents));
    }
    if world.shelf == Link::Loaded {
        let mut shelf = json!({"warden": to(held("Shelf::s", "warden"))});
        if world.headed {
            shelf["keeper"] = to(uid("User", head));
        }
        all.push(entity(uid("Shelf", "s"), shelf, Vec::new()));
    }
    Value::Array(all)
}

/// What Cedar makes of a request to write: whether it is allowed, and whether the denial errors.
fn decide(policies: &PolicySet, checked: &Checked, entities: &Value) -> (bool, bool) {
    let schema = checked.lowered.schema.as_ref().unwrap();
    let entities = Entities::from_json_value(entities.clone(), Some(schema)).unwrap();
    let uid = |text: &str| text.parse::<EntityUid>().unwrap();
    let request = Request::new(
        uid("User::\"asks\""),
        uid("Action::\"Doc.write\""),
        uid("Doc::\"d\""),
        Context::empty(),
        Some(schema),
    );
    let answer = Authorizer::new().is_authorized(&request.unwrap(), policies, &entities);
    (
        answer.decision() == Decision::Allow,
        answer.diagnostics().errors().any(|error| match error {
            cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
                let id = error.policy_id().to_string();
                id == "d" || id.starts_with("d--")
            }
        }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_error_is_a_request_that_is_allowed_and_silence_is_none_that_errs(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let generated = generate(random);
        let form = *random.pick(&[Roles::Parents, Roles::Attribute, Roles::Both]);
        let project = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
        let mut faults = Diagnostics::new();
        let texts = [("gatewright.toml", project), ("policy/main.gate", generated.text.as_str())];
        let package = PackageFiles::in_memory(texts, &mut faults);
        let checked = roles_form::check(&package, faults, form);
        let others: Vec<&str> = checked
            .diagnostics
            .iter()
            .filter(|found| found.is_error() && lint::find(found.code.as_str()).is_none())
            .map(|found| found.message.as_str())
            .collect();
        prop_assert!(others.is_empty(), "{}\n{others:#?}", generated.text);
        let found = checked.diagnostics.iter().find(|found| found.code.as_str() == LINT);
        let severity = found.map(|found| found.severity);
        let policies = checked.lowered.policies.iter().map(|(policy, _)| policy.clone());
        let policies = PolicySet::from_policies(policies).unwrap();
        let relations = [("Folder", "owner"), ("Project", "boss"), ("Shelf", "warden")].map(|(on, role)| (on.to_owned(), role.to_owned()));
        let carriers = checked.lowered.contract.entities.iter().filter(|(_, ty)| ty.carries_roles);
        let carriers: BTreeSet<String> = carriers.map(|(name, _)| name.clone()).collect();
        let (mut errs, mut opens) = (false, false);
        for world in worlds(&generated) {
            let entities = entities(&world);
            let entities = match form {
                Roles::Parents => entities,
                form => roles_form::in_form(&entities, &carriers, &relations, form),
            };
            let (allowed, erred) = decide(&policies, &checked, &entities);
            errs |= erred;
            opens |= erred && allowed;
        }
        let expected = match (errs, opens) {
            (true, true) => Some(Severity::Error),
            (true, false) => Some(Severity::Warning),
            (false, _) => None,
        };
        prop_assert_eq!(severity, expected, "{:?}\n{}", form, generated.text);
    }
}
