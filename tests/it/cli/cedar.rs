//! Existing Cedar on the command line: schema, entities and links beside `.cedar` files, and packages made of it.

use super::{Copy, Run};

const SCHEMA: &str =
    "entity User { age: Long }; entity Doc { n: Long };\naction read appliesTo { principal: User, resource: Doc };\n";
const PERMIT: &str = "permit (principal == User::\"u\", action, resource);\n";
const PROJECT: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";

fn folder(files: &[(&str, &str)]) -> Copy {
    let folder = Copy { dir: tempfile::tempdir().unwrap() };
    for (name, text) in files {
        folder.write(name, text);
    }
    folder
}

fn is_located(run: &Run, code: &str, place: &str) {
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    let found = run.out.contains(&format!("[{code}]")) && run.out.contains(place);
    assert!(found, "{code} {place}: {}", run.out);
}

#[test]
fn entities_are_read_and_held_against_the_schema_by_every_verb() {
    let user = r#"{"uid": {"type": "User", "id": "u"}, "attrs": {"age": 1}, "parents": []}"#;
    let folder = folder(&[("p.cedar", PERMIT), ("s.cedarschema", SCHEMA)]);
    let check = |entities: &str, verb: &str| {
        folder.write("e.json", entities);
        folder.run(&format!("{verb} p.cedar --schema s.cedarschema --entities e.json"))
    };
    let code = "scenario-invalid-cedar-data";
    for verb in ["check", "lint --no-proofs", "build --out o", "prove"] {
        is_located(&check("not json", verb), code, "e.json:1:2");
    }
    is_located(&check("{}", "check"), code, "e.json:1:1");
    is_located(&check(&user.replace('1', "\"1\"").replace(user, ""), "check"), code, "e.json:1:1");
    is_located(
        &check(&format!("[{user},\n {}]", user.replace("\"u\"", "\"v\"").replace("age", "agee")), "check"),
        code,
        "e.json:2:2",
    );
    let typo = check(&format!("[{}]", user.replace("parents", "parent")), "check");
    is_located(&typo, code, "`parent` is not a part of an entity");
    let twice = check(&format!("[{}]", user.replace("\"age\": 1", "\"age\": 1, \"age\": 2")), "check");
    is_located(&twice, code, "duplicate key `age`");
    let sound = check(&format!("\u{feff}[{user}]"), "check");
    assert_eq!(sound.out, "p.cedar: no problems found\n");

    // Without a schema any entity is one, and what is none is still a fault.
    assert_eq!(folder.run("check p.cedar --entities e.json").code, 0);
    folder.write("e.json", "[1]");
    is_located(&folder.run("check p.cedar --entities e.json"), code, "e.json:1:");
}

#[test]
fn a_link_gives_a_value_for_each_slot_and_no_other() {
    let folder = folder(&[
        ("p.cedar", "@id(\"t\")\npermit (principal == ?principal, action, resource);\n"),
        ("s.cedarschema", SCHEMA),
    ]);
    let check = |links: &str| {
        folder.write("l.json", links);
        folder.run("check p.cedar --schema s.cedarschema --links l.json")
    };
    let link = |args: &str| format!("[\n {{\"template_id\": \"t\", \"link_id\": \"one\", \"args\": {{{args}}}}}\n]");
    let user = "\"?principal\": \"User::\\\"o'neil\\\"\"";
    assert_eq!(check(&link(user)).out, "p.cedar: no problems found\n");

    let extra = check(&link(&format!("{user}, \"?resource\": \"Doc::\\\"d\\\"\"")));
    assert_eq!((extra.code, extra.err.as_str()), (1, ""));
    insta::assert_snapshot!(extra.out, @r#"
      error[template-link]: the template `t` has no slot `?resource`
       ╭─[l.json:2:84]
     1 │ [
     2 │  {"template_id": "t", "link_id": "one", "args": {"?principal": "User::\"o'neil\"", "?resource": "Doc::\"d\""}}
       ·                                                                                    ────────────┬────────────
       ·                                                                                                ╰── would restrict nothing
     3 │ ]
       ╰────
       ╭─[p.cedar:1:1]
     1 │ @id("t")
       · ────┬───
       ·     ╰── the template
     2 │ permit (principal == ?principal, action, resource);
       ╰────
      help: write `?resource` into the scope of the template, or remove the value

    p.cedar: 1 error
    "#);

    let code = "template-link";
    is_located(&check(&link("")), code, "the link has no value for `?principal`");
    is_located(&check(&link(&format!("{user}, {user}"))), code, "duplicate `?principal` in the link");
    is_located(&check(&link("\"?prncipal\": \"User::\\\"u\\\"\"")), code, "did you mean `?principal`?");
    is_located(&check(&link("\"?principal\": \"User\"")), code, "`User` is not a Cedar entity");
    is_located(&check(&link(user).replace("args", "arg")), code, "l.json:2:41");
    is_located(&check(&link(user).replace("\"t\"", "\"s\"")), code, "l.json:2:18");
    is_located(&check(&link(user).replace("\"one\"", "\"t\"")), "raw-same-id", "l.json:2:34");
    is_located(&check("[\n 1]"), code, "l.json:2:2");
    is_located(&check("{}"), code, "l.json:1:1");
    is_located(&check("["), code, "l.json:1:1");
    // What Cedar's validator says of a link is told there too.
    let unknown = check(&link("\"?principal\": \"Usr::\\\"u\\\"\""));
    is_located(&unknown, "cedar-validation", "l.json:2:34");
}

#[test]
fn scenarios_belong_to_packages() {
    let folder = folder(&[("policies.cedar", PERMIT)]);
    let run = folder.run("test policies.cedar");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: `.cedar` files have no scenarios: create a package from them with `gatewright import cedar`
      help: a run without tests does not pass; test the new package
    ");
}

/// A package of one policy with a suite of one raw request.
fn package(policy: &str, request: &str) -> Copy {
    let entities = r#"[{"uid": {"type": "User", "id": "o'neil"}, "attrs": {"age": 1}, "parents": []},
        {"uid": {"type": "Doc", "id": "d"}, "attrs": {"n": 9223372036854775807}, "parents": []}]"#;
    let suite = format!(
        "suite: s\nat: 2026-03-01T10:00:00Z\nentities: e.json\ntests:\n  - {{name: t, request: {{principal: '{request}', action: 'Action::\"read\"', resource: 'Doc::\"d\"'}}, DECISION}}\n"
    );
    folder(&[
        ("gatewright.toml", PROJECT),
        ("policy/p.cedar", policy),
        ("policy/s.cedarschema", SCHEMA),
        ("scenarios/e.json", entities),
        ("scenarios/s.yaml", &suite),
    ])
}

fn decided(package: &Copy, decision: &str) -> Run {
    let suite = package.read("scenarios/s.yaml");
    package.write("scenarios/s.yaml", &suite.replace("DECISION", decision));
    let run = package.run("test .");
    package.write("scenarios/s.yaml", &suite);
    run
}

#[test]
fn a_permit_that_errors_denies_as_cedar_says() {
    let package =
        package("@id(\"p\") permit (principal, action, resource) when { resource.n + 1 > 0 };\n", "User::\"o''neil\"");
    for denial in ["decision: deny", "decision: deny, because: permit-errored"] {
        assert_eq!(decided(&package, denial).code, 0, "{denial}");
    }
    for wrong in [
        "decision: allow",
        "decision: unknown",
        "decision: deny, because: no-grant",
        "decision: deny, because: [no-grant, permit-errored]",
        "decision: allow, because: permit-errored",
    ] {
        assert_eq!(decided(&package, wrong).code, 1, "{wrong}");
    }
    // In Gate's own words an error is no denial, unless the test says that it is what denies.
    let cannot = "suite: s\nat: 2026-03-01T10:00:00Z\nentities: e.json\ntests:\n  - {name: t, as: 'User::\"o''neil\"', cannot: {read: 'Doc::\"d\"'}BECAUSE}\n";
    for (because, code) in [("", 1), (", because: permit-errored", 0)] {
        package.write("scenarios/s.yaml", &cannot.replace("BECAUSE", because));
        let run = package.run("test .");
        assert_eq!(run.code, code, "{because}: {} {}", run.out, run.err);
    }
}

#[test]
fn entities_are_written_in_every_spelling_of_cedar() {
    let policy = "@id(\"p\") permit (principal == User::\"o'neil\", action, resource);\n";
    for written in [
        "User::\"o''neil\"",
        "User::\"o\\''neil\"",
        "User::\"o\\u{27}neil\"",
        "User::\"\\x6f''neil\"",
        "User :: \"o''neil\"",
    ] {
        let run = decided(&package(policy, written), "decision: allow");
        assert_eq!(run.code, 0, "{written}: {}", run.out);
    }
    for wrong in ["User::\"a\" || true", "User", "User::\"\\q\""] {
        let run = decided(&package(policy, wrong), "decision: allow");
        is_located(&run, "scenario-wrong-value", "scenarios/s.yaml:5:");
    }
}

#[test]
fn of_an_entity_that_is_not_loaded_it_is_said_what_the_policy_says() {
    let package = package("@id(\"p\") permit (principal == User::\"ann\", action, resource);\n", "User::\"ann\"");
    let run = decided(&package, "decision: allow");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("principal-not-loaded"), "{}", run.out);
    assert!(run.out.contains("the policy decides allow because of `p`"), "{}", run.out);
    assert_eq!(decided(&package, "decision: deny, because: principal-not-loaded").code, 0);
}

#[test]
fn an_empty_id_is_no_name() {
    let run = package("@id(\"\") permit (principal, action, resource);\n", "User::\"a\"").run("check .");
    is_located(&run, "raw-without-id", "policy/p.cedar:1:1");
}

#[test]
fn an_import_tolerates_both_lints_of_one_cause() {
    let policy = "@id(\"f\") forbid (principal, action, resource) when { resource.n + 1 > 0 };\n@id(\"policy2\") permit (principal == User::\"u\", action, resource);\npermit (principal == User::\"v\", action, resource);\n@id(\"\") permit (principal == User::\"w\", action, resource);\n";
    let folder = folder(&[("p.cedar", policy), ("s.cedarschema", SCHEMA)]);
    let run = folder.run("import cedar p.cedar --schema s.cedarschema --out app");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let project = folder.read("app/gatewright.toml");
    for lint in ["fail-open-forbid", "erring-forbid"] {
        assert!(project.contains(&format!("{lint} = \"warn\"")), "{project}");
    }
    assert_eq!(folder.run("check app").code, 0);
    let carried = folder.read("app/policy/p.cedar");
    for name in ["@id(\"policy2-2\")\npermit (principal == User::\"v\"", "@id(\"policy3\") permit"] {
        assert!(carried.contains(name), "{carried}");
    }
    // Read where they lie, the same policies have the same names.
    assert_eq!(folder.run("check p.cedar --schema s.cedarschema --warn fail-open-forbid").code, 0);
}

#[test]
fn a_byte_order_mark_is_passed_over_and_utf16_is_one_fault_in_every_file() {
    let policy = "@id(\"p\") permit (principal == User::\"o'neil\", action, resource);\n";
    let files = ["gatewright.toml", "policy/p.cedar", "policy/s.cedarschema", "scenarios/e.json", "scenarios/s.yaml"];
    let marked = package(policy, "User::\"o''neil\"");
    marked.replace("scenarios/s.yaml", "DECISION", "decision: allow");
    for name in files {
        marked.write(name, &format!("\u{feff}{}", marked.read(name)));
    }
    let run = marked.run("test .");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    for name in files {
        let text = marked.read(name);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(marked.path(name), wide).unwrap();
        let run = marked.run("test .");
        is_located(&run, "not-utf8", &format!("`{name}` is UTF-16"));
        assert_eq!(run.out.matches("error[").count(), 1, "{}", run.out);
        marked.write(name, &text);
    }
}

#[test]
fn what_no_reviewer_sees_is_refused_in_cedar_and_suites_too() {
    let policy = "@id(\"p\") permit (principal == User::\"o'neil\", action, resource);\n";
    for (name, old, new) in [
        ("policy/p.cedar", ";\n", "; // \u{202e}\n"),
        ("policy/p.cedar", "o'neil", "o'neil\u{200b}"),
        ("policy/s.cedarschema", "entity Doc", "\u{2066}entity Doc"),
        ("scenarios/s.yaml", "name: t", "name: t\u{2060}"),
        ("scenarios/e.json", "o'neil", "o'neil\u{ad}"),
        ("gatewright.toml", "\"p\"", "\"p\" # \u{202e}"),
    ] {
        let package = package(policy, "User::\"o''neil\"");
        package.replace("scenarios/s.yaml", "DECISION", "decision: allow");
        assert_eq!(package.run("test .").code, 0);
        package.replace(name, old, new);
        is_located(&package.run("test ."), "hidden-character", &format!("{name}:"));
    }
}
