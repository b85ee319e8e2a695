//! What is mended, what is left alone, and that nothing else changes.

use proptest::prelude::*;

use super::*;
use crate::text::Instant;

const MODEL: &str = "enum State { open, closed }
resource Org;
principal User in Org as org { name: String }
resource Record in Org as org {
    state: State,
    note?: String,
    nick?: String,
    action list, create in org;
    action read, approve;
}
context { from gateway { now: datetime, mfa: Bool } }
";
const POLICY: &str = "condition quiet = context.mfa && resource.state == open;
isolate by org;
role clerk for User {
    allow list, create on Record;
    allow read on Record
        when quiet;
    allow approve on Record when resource has note && resource.note == \"x\" || context.mfa;
}
step: require context.mfa for Record.approve;
late: deny User to read on Record
    when resource.state == closed && context.mfa
    because \"it is over\";
";
const PROJECT: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

fn options() -> Options {
    Options { at: Instant(0), levels: Vec::new(), roles: None }
}

fn package(files: &[(&str, &str)]) -> PackageFiles {
    let all = [("gatewright.toml", PROJECT), ("policy/model.gate", MODEL)];
    PackageFiles::in_memory(all.into_iter().chain(files.iter().copied()), &mut Diagnostics::new())
}

/// The text of the policy after mending.
fn mended(policy: &str) -> String {
    let mended = mend(&package(&[("policy/main.gate", policy)]), &options()).unwrap();
    match mended.files.as_slice() {
        [] => policy.to_owned(),
        [file] if file.name == "policy/main.gate" => file.new.clone(),
        files => panic!("{files:?}"),
    }
}

fn faults(policy: &str) -> Vec<String> {
    let files = [("gatewright.toml", PROJECT), ("policy/model.gate", MODEL), ("policy/main.gate", policy)];
    let texts = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let state = State::of(texts.into_iter().collect(), &options()).unwrap();
    state.faults.into_iter().map(|fault| fault.message).collect()
}

#[test]
fn what_is_certain_is_mended() {
    assert_eq!(faults(POLICY), Vec::<String>::new());
    let grant = |what: &str| format!("role clerk for User {{\n    {what}\n}}\nisolate by org;\n");
    for (broken, whole) in [
        ("allow raed on Record;", "allow read on Record;"),
        ("allow read on Recrod;", "allow read on Record;"),
        ("allow read on record;", "allow read on Record;"),
        ("allow read on Record when context.mfaa;", "allow read on Record when context.mfa;"),
        ("allow read on Record", "allow read on Record;"),
        ("allow read on Record when resource.state = open;", "allow read on Record when resource.state == open;"),
        (
            "allow read on Record when context.mfa and resource.state == open;",
            "allow read on Record when context.mfa && resource.state == open;",
        ),
        (
            "allow read on Record when resource.note == \"a\";",
            "allow read on Record when resource has note && resource.note == \"a\";",
        ),
        (
            "allow read on Record when context.mfa || resource.note like \"a*\";",
            "allow read on Record when context.mfa || resource has note && resource.note like \"a*\";",
        ),
        (
            "allow read on Record when resource.state = open and context.mfa = true;",
            "allow read on Record when resource.state == open && context.mfa == true;",
        ),
        // A clause on a line of its own belongs to the statement above.
        ("allow read on Record\n        wehn context.mfa;", "allow read on Record\n        when context.mfa;"),
        // A name to mend in a statement that does not parse yet.
        ("allow raed on Record when resource.state = oepn", "allow read on Record when resource.state == open;"),
    ] {
        let (broken, whole) = (grant(broken), grant(whole));
        assert_eq!(mended(&broken), whole);
        assert_eq!(faults(&whole), Vec::<String>::new());
    }
}

#[test]
fn what_may_mean_something_else_is_left_alone() {
    let grant = |what: &str| format!("role clerk for User {{\n    {what}\n}}\nisolate by org;\n");
    for broken in [
        // Two names are near.
        grant("allow read on Record when resource.nice == \"a\";"),
        // Absence opens: an author has to say what it means.
        grant("allow read on Record when !(resource.note == \"a\");"),
        grant("allow read on Record when if resource.note == \"a\" then false else true;"),
        format!("{POLICY}never: deny User to read on Record when resource.note == \"a\";\n"),
        format!("condition noted = resource.note == \"a\";\n{}", grant("allow read on Record when noted;")),
        // Without its clause, a statement would mean more.
        "deny User to read on Record\n    unlss context.mfa;\n".to_owned(),
        grant("allow read on Record\n    onlyif context.mfa;"),
        // Where the block begins is known, and not where it ends.
        "role clerk for User\n    allow read on Record when context.mfa;\n".to_owned(),
        // `=>` may be an implication.
        grant("allow read on Record when context.mfa => resource.state == open;"),
        // It would type no better.
        grant("allow read on Record when resource.stat + 1 == 2;"),
    ] {
        assert_eq!(mended(&broken), broken);
    }
}

#[test]
fn changes_that_contradict_each_other_are_made_by_nobody() {
    let grant = "allow read on Record when resource.note == resource.nick;";
    let policy = format!("role clerk for User {{ {grant} }}\nisolate by org;\n");
    let mended = mend(&package(&[("policy/main.gate", &policy)]), &options()).unwrap();
    assert_eq!((mended.files.len(), mended.contested), (0, 2), "{mended:?}");
    let edit = |at: Place, new: &str| {
        let mut sources = crate::text::Sources::default();
        let file = sources.add("a", "abcdef");
        let edit = Edit { span: crate::text::Span::new(file, at.0, at.1), old: String::new(), new: new.to_owned() };
        Wanted {
            code: syntax::SYNTAX,
            message: new.to_owned(),
            file: "a".to_owned(),
            start: at.0,
            edits: [("a".to_owned(), at, edit)].into(),
        }
    };
    for (one, other, contested) in [
        (edit((0, 2), "x"), edit((1, 3), "y"), 2),
        (edit((0, 2), "x"), edit((2, 3), "y"), 0),
        (edit((1, 1), "x"), edit((1, 1), "y"), 2),
        (edit((1, 1), "x"), edit((1, 1), "x"), 0),
        (edit((1, 1), "x"), edit((0, 2), "y"), 2),
        (edit((1, 1), "x"), edit((3, 3), "y"), 0),
    ] {
        assert_eq!(apart(vec![one, other]).1, contested);
    }
}

#[test]
fn suites_and_the_project_file_are_mended_too() {
    let suite = "suite: s\nat: 2026-03-01T10:00:00Z\nprincipals:\n  carl: {type: User, roles: [clerk], org: acme, name: c}\n\
                 resources:\n  acme: {type: Org}\ncontexts:\n  plain: {mfa: true}\n\
                 tests:\n  - {name: t, as: calr, in: plain, can: {list: acme}}\n";
    let project = format!("{PROJECT}[lint]\nunused-nmae = \"warn\"\n");
    let files = [
        ("gatewright.toml", project.as_str()),
        ("policy/model.gate", MODEL),
        ("policy/main.gate", POLICY),
        ("scenarios/s.yaml", suite),
    ];
    let package = PackageFiles::in_memory(files, &mut Diagnostics::new());
    let mended = mend(&package, &options()).unwrap();
    let texts = package.sources.iter().map(|(_, one)| (one.name().to_owned(), one.text().replace("nmae", "name")));
    let left = State::of(texts.collect(), &options()).unwrap();
    assert_eq!(left.certain().len(), 1, "{:?}", left.faults);
    let new: Vec<(&str, &str)> = mended.files.iter().map(|file| (file.name.as_str(), file.new.as_str())).collect();
    assert_eq!(
        new,
        [
            ("gatewright.toml", project.replace("nmae", "name").as_str()),
            ("scenarios/s.yaml", suite.replace("calr", "carl").as_str())
        ]
    );
    assert_eq!(mended.faults, 2, "{mended:?}");
}

/// A fix that makes another fault mends nothing, wherever that fault is.
#[test]
fn no_change_leaves_a_fault_that_was_not_there() {
    let suite = |test: &str| {
        format!(
            "suite: s\nat: 2026-03-01T10:00:00Z\nprincipals:\n  carl: {{type: User, roles: [clerk], org: acme, name: c}}\n\
             resources:\n  acme: {{type: Org}}\ncontexts:\n  plain: {{mfa: true}}\ntests:\n  - {test}\n"
        )
    };
    let mended = |name: &str, text: &str| {
        let project = match name {
            "gatewright.toml" => text,
            _ => PROJECT,
        };
        let files = [
            ("gatewright.toml", project),
            ("policy/model.gate", MODEL),
            ("policy/main.gate", POLICY),
            (if name == "gatewright.toml" { "scenarios/none.yaml" } else { name }, text),
        ];
        let files = files.into_iter().filter(|(file, _)| *file != "scenarios/none.yaml");
        let package = PackageFiles::in_memory(files, &mut Diagnostics::new());
        let mended = mend(&package, &options()).unwrap();
        let new = mended.files.first().map_or(text, |file| file.new.as_str());
        new.to_owned()
    };
    for test in [
        // The key that was meant stands there already, before the slip or behind it.
        "{name: t, as: carl, cann: {list: acme}, can: {list: acme}, in: plain}",
        "{name: t, as: carl, can: {list: acme}, cann: {list: acme}, in: plain}",
        "{name: t, as: carl, can: {list: acme}, cann: {list: acme}, cann: {create: acme}, in: plain}",
        // What the right name would reveal says itself how it is mended, and is left with a fault that it does not.
        "{name: t, as: carl, cann: {lsit: acme}, can: {list: acme}, in: plain}",
    ] {
        let text = suite(test);
        assert_eq!(mended("scenarios/s.yaml", &text), text);
    }
    // Where it does not stand there, it is what was meant; and one that is refused keeps no other from being mended.
    let (slip, whole) =
        ("{name: t, as: carl, cann: {list: acme}, in: plain}", "{name: t, as: carl, can: {list: acme}, in: plain}");
    assert_eq!(mended("scenarios/s.yaml", &suite(slip)), suite(whole));
    let both =
        |name: &str| suite(&format!("{{name: t, as: {name}, can: {{list: acme}}, cann: {{list: acme}}, in: plain}}"));
    assert_eq!(mended("scenarios/s.yaml", &both("calr")), both("carl"));
    // A table of TOML holds a key once, too.
    for rest in [
        "[lint]\nunused-nmae = \"warn\"\nunused-name = \"warn\"\n",
        "[lint]\nunused-name = \"warn\"\nunused-nmae = \"warn\"\n",
    ] {
        let text = format!("{PROJECT}{rest}");
        assert_eq!(mended("gatewright.toml", &text), text);
    }
}

/// What the policy declares.
const DECLARED: [&str; 4] = ["quiet", "clerk", "step:", "late:"];

/// A place of the policy and what a slip of the pen makes of it.
fn slip(policy: &str, at: usize, kind: usize) -> Option<String> {
    let at = (0..=at % policy.len()).rev().find(|at| policy.is_char_boundary(*at))?;
    let (before, rest) = policy.split_at(at);
    let taken = |what: &str, put: &str| Some(format!("{before}{put}{}", rest.strip_prefix(what)?));
    match kind % 4 {
        0 => taken(";", ""),
        1 => taken("==", "="),
        2 => taken("&&", "and"),
        _ => {
            let mut chars = rest.chars();
            let (a, b) = (chars.next()?, chars.next()?);
            let swapped = a.is_alphabetic() && b.is_alphabetic() && a != b;
            swapped.then(|| format!("{before}{b}{a}{}", chars.as_str()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever slip there is: what was meant stands there afterwards and everything else is as it was, or nothing changes at all.
    #[test]
    fn mending_a_slip_gives_the_text_back_or_leaves_it_alone(at in 0..POLICY.len(), kind in 0..4_usize) {
        let (at, broken) = (at..at + POLICY.len()).find_map(|at| Some((at, slip(POLICY, at, kind)?))).unwrap();
        // A slip in the declaration of a name is a fault of its uses.
        prop_assume!(kind < 3 || !DECLARED.iter().any(|word| {
            let declared = POLICY.find(word).unwrap();
            (declared..declared + word.len()).contains(&(at % POLICY.len()))
        }));
        let after = mended(&broken);
        prop_assert!(after == POLICY || after == broken, "{after}");
        prop_assert_eq!(mended(&after), after.clone());
        if kind < 3 {
            prop_assert_eq!(after, POLICY);
        }
    }
}
