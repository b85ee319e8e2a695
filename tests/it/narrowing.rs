//! What types decide of a condition: the lint of forbids that can error, and Gate's own typing, held against Cedar's strict
//! validation and against requests that show an error. Conditions join tests of types, of actions and of presence with reads
//! that are there for some types only, and with arithmetic that overflows.

use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request, Schema, ValidationMode, Validator};
use gatewright::config::Roles;
use gatewright::diag::{Diagnostic, Diagnostics, Severity};
use gatewright::load::PackageFiles;
use gatewright::pipeline::Options;
use gatewright::text::Instant;
use gatewright::{lint, pipeline};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::reference::random::Random;

const LINT: &str = "fail-open-forbid";

const SCHEMA: &str = r#"
entity User { m: Long, u: Bool };
entity Bot { m: Long, serial: Long };
entity Document in [Folder] { n: Long, a: Bool, b: Bool, o?: String, owner: User } tags String;
entity Folder { a: Bool, depth: Long };
action any;
action read in [any] appliesTo { principal: [User, Bot], resource: [Document, Folder], context: { c: Bool, size: Long } };
action write appliesTo { principal: User, resource: Document, context: { c: Bool, note: String, now: datetime } };
"#;

/// Tests, each with what it reads of the world: no two of one condition are the same.
const ATOMS: [(&str, Part); 28] = [
    ("resource.a", Part::A),
    ("resource.b", Part::B),
    ("resource.n + 1 > 0", Part::N),
    ("resource has o", Part::O),
    ("resource.o == \"x\"", Part::O),
    ("resource has n", Part::None),
    ("resource has depth", Part::None),
    ("resource.depth * 2 > 0", Part::Depth),
    ("resource.owner.m > 3", Part::Owner),
    ("resource.owner has m", Part::Owner),
    ("resource.hasTag(\"t\")", Part::Tag),
    ("resource.getTag(\"t\") == \"x\"", Part::Tag),
    ("resource is Document", Part::None),
    ("resource is Folder", Part::None),
    ("resource in Folder::\"f\"", Part::Inside),
    ("resource is Document in Folder::\"f\"", Part::Inside),
    ("principal.m - 1 < 0", Part::M),
    ("principal.u", Part::U),
    ("principal.serial == 1", Part::Serial),
    ("principal is User", Part::None),
    ("principal is Bot", Part::None),
    ("principal has serial", Part::None),
    ("action == Action::\"read\"", Part::None),
    ("action in Action::\"any\"", Part::None),
    ("action in [Action::\"write\"]", Part::None),
    ("context.c", Part::C),
    ("context.size * 2 > 0", Part::Size),
    ("context.note == \"x\"", Part::Note),
];

/// What an atom reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    A,
    B,
    N,
    O,
    Depth,
    Owner,
    Tag,
    Inside,
    M,
    U,
    Serial,
    C,
    Size,
    Note,
}

/// A condition of some atoms, each once, and what they read.
fn condition(random: &mut Random, most: usize) -> (String, Vec<Part>) {
    let mut all: Vec<(&str, Part)> = ATOMS.to_vec();
    let mut chosen = Vec::new();
    for _ in 0..2 + random.below(most - 1) {
        chosen.push(all.swap_remove(random.below(all.len())));
    }
    let mut parts: Vec<Part> = chosen.iter().map(|(_, part)| *part).collect();
    parts.dedup();
    let texts: Vec<&str> = chosen.iter().map(|(text, _)| *text).collect();
    (joined(random, &texts), parts)
}

fn joined(random: &mut Random, texts: &[&str]) -> String {
    let (at, whole) = match texts {
        [] => return "true".to_owned(),
        [one] if random.one_in(3) => return format!("!({one})"),
        [one] => return (*one).to_owned(),
        several => (1 + random.below(several.len() - 1), several),
    };
    let (left, right) = whole.split_at(at);
    let (left, right) = (joined(random, left), joined(random, right));
    match random.below(7) {
        0..=2 => format!("({left}) && ({right})"),
        3 | 4 => format!("({left}) || ({right})"),
        5 => format!("(if {left} then {right} else {})", random.pick(&["true", "false"])),
        _ => format!("!(({left}) && ({right}))"),
    }
}

fn strictly(policy: &str) -> bool {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let policies: PolicySet = policy.parse().unwrap_or_else(|error| panic!("{error:?}\n{policy}"));
    let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    result.validation_errors().next().is_none()
}

fn checked(texts: &[(&str, &str)]) -> Vec<Diagnostic> {
    let package = PackageFiles::in_memory(texts.iter().copied(), &mut Diagnostics::new());
    let options = Options { roles: None, at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new() };
    let checked = pipeline::check(&package, &options, Diagnostics::new());
    checked.diagnostics.iter().cloned().collect()
}

/// What the lint finds of a forbid.
fn found(forbid: &str) -> Option<Diagnostic> {
    let all = checked(&[("policy/main.cedarschema", SCHEMA), ("policy/main.cedar", forbid)]);
    all.into_iter().find(|one| one.code.as_str() == LINT)
}

fn forbid(condition: &str) -> String {
    format!("@id(\"f\") forbid (principal, action, resource) when {{ {condition} }};")
}

/// Whether a forbid errors on some request. Each part that it reads takes every value that makes a difference.
fn errs(forbid: &str, parts: &[Part]) -> bool {
    let policies: PolicySet = forbid.parse().unwrap();
    let values = |part| if parts.contains(&part) { 3 } else { 1 };
    let all = [
        Part::A,
        Part::B,
        Part::N,
        Part::O,
        Part::Depth,
        Part::Owner,
        Part::Tag,
        Part::Inside,
        Part::M,
        Part::U,
        Part::Serial,
        Part::C,
        Part::Size,
        Part::Note,
    ];
    let worlds: usize = all.iter().map(|part| values(*part)).product();
    (0..worlds).any(|world| {
        let of = |wanted: Part| {
            let mut rest = world;
            for part in all {
                let value = rest % values(part);
                rest /= values(part);
                if part == wanted {
                    return value;
                }
            }
            0
        };
        errs_in(&policies, &of)
    })
}

fn errs_in(policies: &PolicySet, of: &dyn Fn(Part) -> usize) -> bool {
    let number = |part| [0, i64::MAX, i64::MIN][of(part)];
    let text = |part| [Some("x"), Some("y"), None][of(part)];
    let truth = |part| of(part) == 1;
    let mut document = Map::new();
    document.insert("n".to_owned(), json!(number(Part::N)));
    document.insert("a".to_owned(), json!(truth(Part::A)));
    document.insert("b".to_owned(), json!(truth(Part::B)));
    document.insert("owner".to_owned(), json!({"__entity": {"type": "User", "id": "owns"}}));
    document.extend(text(Part::O).map(|text| ("o".to_owned(), json!(text))));
    let tags: Map<String, Value> = text(Part::Tag).map(|text| ("t".to_owned(), json!(text))).into_iter().collect();
    let parents = match of(Part::Inside) {
        1 => json!([{"type": "Folder", "id": "f"}]),
        _ => json!([]),
    };
    let user = |id: &str, m: i64| json!({"uid": {"type": "User", "id": id}, "parents": [], "attrs": {"m": m, "u": truth(Part::U)}});
    let folder = |id: &str| {
        let attributes = json!({"a": truth(Part::A), "depth": number(Part::Depth)});
        json!({"uid": {"type": "Folder", "id": id}, "parents": [], "attrs": attributes})
    };
    let mut entities = vec![
        user("asks", number(Part::M)),
        json!({"uid": {"type": "Bot", "id": "asks"}, "parents": [],
               "attrs": {"m": number(Part::M), "serial": i64::from(truth(Part::Serial))}}),
        json!({"uid": {"type": "Document", "id": "d"}, "parents": parents, "attrs": document, "tags": tags}),
        folder("f"),
        folder("g"),
    ];
    // An entity that an attribute names need not be loaded.
    entities.extend([Some(0), Some(9), None][of(Part::Owner)].map(|m| user("owns", m)));
    let entities = Entities::from_json_value(Value::Array(entities), None).unwrap();
    let authorizer = Authorizer::new();
    let kinds = [
        ("User", "read", "Document::\"d\""),
        ("User", "read", "Folder::\"f\""),
        ("Bot", "read", "Document::\"d\""),
        ("Bot", "read", "Folder::\"f\""),
        ("User", "read", "Folder::\"g\""),
        ("Bot", "read", "Folder::\"g\""),
        ("User", "write", "Document::\"d\""),
    ];
    kinds.into_iter().any(|(principal, action, resource)| {
        let context = match action {
            "read" => json!({"c": truth(Part::C), "size": number(Part::Size)}),
            _ => json!({"c": truth(Part::C), "note": text(Part::Note).unwrap_or("z"),
                        "now": {"__extn": {"fn": "datetime", "arg": "2026-03-01"}}}),
        };
        // Groups of actions come with the schema, as they do in an engine.
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        let entities = entities.clone().add_entities(schema.action_entities().unwrap(), None).unwrap();
        let request = Request::new(
            format!("{principal}::\"asks\"").parse().unwrap(),
            format!("Action::\"{action}\"").parse().unwrap(),
            resource.parse().unwrap(),
            Context::from_json_value(context, None).unwrap(),
            None,
        );
        let answer = authorizer.is_authorized(&request.unwrap(), policies, &entities);
        answer.diagnostics().errors().next().is_some()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_strict_validation_takes_reads_nothing_that_is_absent(seed in any::<u64>()) {
        let (condition, _) = condition(&mut Random::new(seed), 5);
        let forbid = forbid(&condition);
        if strictly(&forbid) && let Some(found) = found(&forbid) {
            let labels: Vec<&str> = found.labels.iter().map(|label| label.text.as_str()).collect();
            let absent = |label: &&str| label.contains("absent") || label.contains("the tag") || label.contains("no schema");
            prop_assert!(!labels.iter().any(absent), "{forbid}\n{labels:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_error_is_found(seed in any::<u64>()) {
        let (condition, parts) = condition(&mut Random::new(seed), 4);
        let forbid = forbid(&condition);
        if errs(&forbid, &parts) {
            prop_assert!(found(&forbid).is_some(), "{}", forbid);
        }
    }

    #[test]
    fn gate_types_what_strict_validation_types(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let (condition, _) = condition(random, 5);
        // Gate has no word for an action in a condition.
        prop_assume!(!condition.contains("action"));
        let forbid = format!(
            "@id(\"f\") forbid (principal, action == Action::\"read\", resource) when {{ {condition} }};"
        );
        let project = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
        let gate = format!("d: deny any to read on any when {condition};\n");
        let all = checked(&[("gatewright.toml", project), ("policy/a.cedarschema", SCHEMA), ("policy/a.gate", &gate)]);
        let faults: Vec<&Diagnostic> = all
            .iter()
            .filter(|found| found.is_error() && lint::find(found.code.as_str()).is_none())
            .collect();
        prop_assert_eq!(faults.is_empty(), strictly(&forbid), "{}\n{:#?}", gate, faults);
    }
}

/// A test that stands twice in a condition is not known to come out the same, so that a finding may be wrong. That is rare.
#[test]
fn nearly_every_finding_is_shown_by_a_request() {
    let (mut shown, mut wrong) = (0, Vec::new());
    for seed in 0..150 {
        let (condition, parts) = condition(&mut Random::new(seed), 4);
        let forbid = forbid(&condition);
        match (found(&forbid), errs(&forbid, &parts)) {
            (Some(_), true) => shown += 1,
            (Some(_), false) => wrong.push(forbid),
            (None, _) => {}
        }
    }
    assert!(shown >= 30 && wrong.len() <= 2, "{shown} shown, and not: {wrong:#?}");
}

/// The laws would hold of conditions that never type, or never can error.
#[test]
fn conditions_of_both_kinds_are_frequent() {
    let (mut sound, mut quiet, mut loud) = (0, 0, 0);
    for seed in 0..200 {
        let (condition, _) = condition(&mut Random::new(seed), 4);
        let forbid = forbid(&condition);
        sound += usize::from(strictly(&forbid));
        match found(&forbid) {
            Some(_) => loud += 1,
            None => quiet += 1,
        }
    }
    assert!(sound >= 30 && quiet >= 30 && loud >= 30, "{sound} {quiet} {loud}");
}

#[test]
fn a_type_that_is_asked_for_narrows_in_forbids() {
    let typed = [
        "resource is Document && resource.b",
        "!(resource is Document) || resource.b",
        "if resource is Folder then resource.depth > 1 else resource.b",
        "action == Action::\"write\" && context.note == \"x\"",
        "principal has serial && principal.serial == 1",
        "principal == User::\"a\" && principal.u",
        "resource in Folder::\"f\" && resource.a",
    ];
    for condition in typed {
        let forbid = forbid(condition);
        assert!(strictly(&forbid), "{condition}");
        assert_eq!(found(&forbid), None, "{condition}");
    }
}

#[test]
fn a_role_that_is_denied_can_be_told_in_every_form() {
    let gate = "resource Org;\nprincipal User in Org as org { x: Bool }\nresource Folder in Org as org { action open; }\n\
                role clerk for User { allow open on Folder; }\nrole owner on Folder for User { allow open on Folder; }\n\
                d1: deny Folder.owner to open on Folder;\nd2: deny clerk to open on Folder when principal.x;\n";
    for roles in [Roles::Parents, Roles::Attribute, Roles::Both] {
        let package = PackageFiles::in_memory([("policy/a.gate", gate)], &mut Diagnostics::new());
        let options =
            Options { roles: Some(roles), at: Instant::parse_date("2026-03-01").unwrap(), levels: Vec::new() };
        let checked = pipeline::check(&package, &options, Diagnostics::new());
        let found: Vec<&Diagnostic> = checked.diagnostics.iter().filter(|one| one.code.as_str() == LINT).collect();
        assert!(found.is_empty(), "{roles:?} {found:#?}");
    }
}

#[test]
fn a_statement_that_applies_to_some_of_its_types_is_not_told_never_to_apply() {
    let gate = "principal User { level: Long }\nprincipal Bot;\nresource Doc { action read; }\n\
                role reader for User, Bot { allow read on Doc when principal is User && principal.level > 1; }\n\
                senior: deny any to read on Doc when principal is Bot || principal is User && principal.level < 0;\n";
    assert_eq!(checked(&[("policy/a.gate", gate)]), []);
    let never = gate.replace("principal is User && principal.level > 1", "principal is User && principal is Bot");
    let found = checked(&[("policy/a.gate", &never)]);
    assert!(found.iter().any(|one| one.code.as_str() == "never-applies"), "{found:#?}");
    let misspelt = gate.replace("principal is User && principal.level < 0", "principal is User && principle.level < 0");
    let found = checked(&[("policy/a.gate", &misspelt)]);
    assert!(found.iter().all(|one| one.code.as_str() == "unknown-name") && !found.is_empty(), "{found:#?}");
}

#[test]
fn times_that_nobody_can_state_are_a_warning_that_says_so() {
    for condition in [
        "action == Action::\"write\" && context.now.durationSince(datetime(\"2026-01-01\")) > duration(\"1h\")",
        "action == Action::\"write\" && context.now.offset(duration(\"1h\")) > context.now",
        "action == Action::\"write\" && context.now.toDate() == context.now",
    ] {
        let found = found(&forbid(condition)).unwrap_or_else(|| panic!("{condition}"));
        assert_eq!(found.severity, Severity::Warning, "{condition}");
        let note = found.notes.iter().any(|note| note.contains("0001 to 9999"));
        assert!(note, "{found:#?}");
    }
    let both = "action == Action::\"write\" && context.now.toDate() == context.now && principal.m + 1 > 0";
    let open = format!("{}\n@id(\"open\") permit (principal, action, resource);", forbid(both));
    assert!(found(&open).unwrap().is_error());
    // Where no permit lets anybody in, nothing is opened by an error.
    let closed = found(&forbid(both)).unwrap();
    assert_eq!(closed.severity, Severity::Warning);
}
