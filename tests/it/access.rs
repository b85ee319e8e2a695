//! The access matrix: what is written differently and opens the same is the same, and what opens more is more.

use std::collections::BTreeSet;

use gatewright::diag::Diagnostics;
use gatewright::load::PackageFiles;
use gatewright::lower::{Access, accesses};
use gatewright::pipeline;
use gatewright::text::Instant;

const PROJECT: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
const MODEL: &str = r#"
    resource Org;
    principal User in Org as org { level: Long }
    principal Robot in Org as org;
    resource Page in Org as org { name: String, action read, edit, list; action drop in org; }
    isolate by org;
    context { from gateway { now: datetime } }
"#;

fn matrix(statements: &str) -> BTreeSet<Access> {
    let mut out = Diagnostics::new();
    let texts = [("gatewright.toml", PROJECT), ("policy/model.gate", MODEL), ("policy/main.gate", statements)];
    let package = PackageFiles::in_memory(texts, &mut out);
    let options =
        pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
    let checked = pipeline::check(&package, &options, out);
    assert!(!checked.failed(), "{statements}: {:?}", checked.diagnostics);
    accesses(&checked.program, &checked.lowered)
}

/// `role: action when …`, without the guard that all share.
fn cells(statements: &str) -> Vec<String> {
    let show = |access: Access| {
        assert_eq!(access.guards.len(), 1, "{access:?}");
        let who = access.role.unwrap_or(access.principal);
        format!("{who}: {} on {} {:?}", access.action, access.resource, access.when)
    };
    matrix(statements).into_iter().map(show).collect()
}

#[test]
fn a_cell_is_a_holder_an_action_a_type_and_its_conditions() {
    let cells = cells(
        r#"role reader for User { allow read on Page when resource.name == "a"; allow drop on Page; }
           allow Robot to list on Page when resource.name like "x*";"#,
    );
    let expected = [
        r#"Robot: Page.list on Page ["resource.name like \"x*\""]"#,
        "reader: Page.drop on Org []",
        r#"reader: Page.read on Page ["resource.name == \"a\""]"#,
    ];
    assert_eq!(cells, expected);
}

#[test]
fn heirs_have_cells_of_their_own_with_every_condition_on_the_way() {
    let cells = cells(
        r#"role reader for User { allow read on Page when resource.name == "a"; }
           role editor for User extends reader when principal.level > 3 { allow edit on Page; }
           role helper for User extends editor until "2027-01-01T00:00:00Z";"#,
    );
    let ends = r#""context.now < datetime(\"2027-01-01T00:00:00Z\")""#;
    let expected = [
        r#"editor: Page.edit on Page ["principal.level > 3"]"#.to_owned(),
        r#"editor: Page.read on Page ["principal.level > 3", "resource.name == \"a\""]"#.to_owned(),
        format!(r#"helper: Page.edit on Page [{ends}, "principal.level > 3"]"#),
        format!(r#"helper: Page.read on Page [{ends}, "principal.level > 3", "resource.name == \"a\""]"#),
        r#"reader: Page.read on Page ["resource.name == \"a\""]"#.to_owned(),
    ];
    assert_eq!(cells, expected);
}

#[test]
fn what_opens_the_same_has_the_same_cells() {
    let one = matrix(
        r#"condition named(a: String, b: String) = resource.name == a || resource.name == b;
           role reader for User { allow read, list on Page when named("a", "b") && principal.level > 1; }"#,
    );
    for other in [
        r#"role reader for User {
               first: allow list, read on Page when principal.level > 1 && resource.name == "b";
               second: allow read on Page when resource.name == "a" && principal.level > 1;
               third: allow list on Page when resource.name == "a" && principal.level > 1;
           }"#,
        r#"role reader for User when principal.level > 1 {
               allow read, list on Page when ["b", "a"].contains(resource.name);
           }"#,
    ] {
        assert_eq!(one, matrix(other), "{other}");
    }
}

#[test]
fn one_more_alternative_is_one_more_cell() {
    let before = matrix(r#"role r for User { allow read on Page when ["a", "b"].contains(resource.name); }"#);
    let after = matrix(r#"role r for User { allow read on Page when ["a", "c", "b"].contains(resource.name); }"#);
    let gained: Vec<&Access> = after.difference(&before).collect();
    assert_eq!(before.difference(&after).count(), 0);
    assert_eq!(gained.len(), 1);
    assert_eq!(gained[0].when, [r#"resource.name == "c""#]);
}

#[test]
fn too_many_alternatives_stay_whole() {
    let names: Vec<String> = (0..300).map(|n| format!("\"{n}\"")).collect();
    let list = names.join(", ");
    let found = matrix(&format!("role r for User {{ allow read on Page when [{list}].contains(resource.name); }}"));
    assert_eq!(found.len(), 1);
    let twenty = names[..20].join(", ");
    let product = matrix(&format!(
        "role r for User {{
             allow read on Page when [{twenty}].contains(resource.name) && [{twenty}, \"x\"].contains(resource.name);
         }}"
    ));
    assert_eq!(product.len(), 20, "the second factor would make it 420");
}
