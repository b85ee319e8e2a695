//! `gatewright check --fix`: what is certain is shown and mended, and nothing else changes.

use std::fs;

use serde_json::Value;

use super::Copy;

#[test]
fn what_is_certain_is_shown_as_a_diff_and_mended_and_nothing_else_changes() {
    let package = Copy::of("quickstart");
    let whole = package.read("policy/invoices.gate");
    package.replace(
        "policy/invoices.gate",
        "allow list, create, read on Invoice;",
        "allow list, creat, raed on Invoice",
    );
    let broken = package.read("policy/invoices.gate");
    let shown = package.run("check . --fix --dry-run");
    assert_eq!((shown.code, package.read("policy/invoices.gate") == broken), (1, true));
    let diff = "  -     allow list, creat, raed on Invoice\n  +     allow list, create, read on Invoice;\n";
    assert!(shown.out.contains(diff), "{}", shown.out);
    assert!(shown.out.contains(".: 3 problems can be fixed automatically"), "{}", shown.out);
    let mended = package.run("check . --fix");
    assert_eq!((mended.code, mended.err.as_str()), (0, ""), "{}", mended.out);
    assert!(mended.out.contains(diff) && mended.out.ends_with(".: no problems found\n"), "{}", mended.out);
    assert_eq!(package.read("policy/invoices.gate"), whole);
    let again = package.run("check . --fix");
    assert!(again.code == 0 && again.out.starts_with(".: no problem fixed\n"), "{}", again.out);
    // For programs, the change stands with the fault, and the diff is told beside.
    package.write("policy/invoices.gate", &broken);
    let json = package.run("check . --fix --dry-run --format json");
    let report: Value = serde_json::from_str(&json.out).unwrap();
    // Names in a statement that lacks only its `;` are looked up in the same run.
    for (at, text) in ["create", "read", ";"].into_iter().enumerate() {
        let fix = &report["diagnostics"][at]["fix"];
        assert_eq!((&fix["certainty"], &fix["edits"][0]["text"]), (&"certain".into(), &text.into()), "{report}");
    }
    assert!(json.err.contains(diff), "{}", json.err);
}

/// Wherever a name has one near candidate: members in quotes, texts of TOML, keys of data, parents, annotations, methods.
#[test]
fn one_candidate_is_an_edit_wherever_names_stand() {
    let package = Copy::of("quickstart");
    fs::remove_file(package.path("policy/invoices.gate")).unwrap();
    fs::remove_dir_all(package.path("scenarios")).unwrap();
    fs::remove_dir_all(package.path("snapshots")).unwrap();
    let whole = "ordered enum Kind { memo, letter }
principal Clerk in Firm as firm { scopes: Set<String> }
resource Firm;
actions handling { look, answer }
resource Mail in Firm as firm {
    kind: Kind,
    owner: Clerk,
    @writes(\"kind\") action sort;
    action enter in firm;
    actions handling;
}
role keeper on Mail by owner { allow look on Mail; }
role desk for Clerk {
    allow sort, answer on Mail when resource.kind == Kind::\"memo\" && !principal.scopes.isEmpty();
    allow enter on Mail;
}
isolate by firm;
four_eyes: separate Mail.sort from Mail.answer by owner;
";
    package.write("policy/mail.gate", whole);
    let before = package.run("check .");
    assert!(!before.out.contains("error["), "{}", before.out);
    for (right, wrong) in [
        ("Kind::\"memo\"", "Kind::\"meno\""),
        ("@writes(\"kind\")", "@writes(\"kimd\")"),
        ("enter in firm;", "enter in frim;"),
        ("actions handling;\n}", "actions handlign;\n}"),
        ("by owner {", "by onwer {"),
        ("scopes.isEmpty(", "scopes.isEmty("),
        ("isolate by firm", "isolate by fimr"),
        ("Mail.answer by owner", "Mail.answer by ownr"),
    ] {
        package.write("policy/mail.gate", &whole.replacen(right, wrong, 1));
        let run = package.run("check . --fix");
        assert_eq!(package.read("policy/mail.gate"), whole, "{wrong}: {}", run.out);
    }
    let toml = package.read("gatewright.toml");
    let levels = |level: &str| format!("{toml}\n[lint]\nunused-name = \"{level}\"\n");
    package.write("gatewright.toml", &levels("alow"));
    let run = package.run("check . --fix");
    assert_eq!(package.read("gatewright.toml"), levels("allow"), "{}", run.out);
}

#[test]
fn what_is_not_certain_and_cedar_files_are_left_alone() {
    let package = Copy::of("quickstart");
    package.replace("policy/invoices.gate", "allow list, create, read on Invoice;", "allow list, xyzzy on Invoice;");
    let before = package.read("policy/invoices.gate");
    let run = package.run("check . --fix");
    assert_eq!((run.code, package.read("policy/invoices.gate")), (1, before));
    assert!(run.out.contains("no problem fixed") && run.out.contains("`xyzzy`"), "{}", run.out);
    package.write("a.cedar", "permit(principal, action, resource);");
    let run = package.run("check a.cedar --fix");
    assert!(run.code == 2 && run.err.contains("not on `.cedar` files"), "{}", run.err);
    // A file that cannot be written back as it was read keeps all others from being written.
    let package = Copy::of("quickstart");
    package.replace(
        "policy/invoices.gate",
        "allow list, create, read on Invoice;",
        "allow list, create, read on Invoice",
    );
    let mut bytes = package.read("policy/invoices.gate").into_bytes();
    bytes.splice(0..0, b"// caf\xe9\n".iter().copied());
    std::fs::write(package.path("policy/invoices.gate"), &bytes).unwrap();
    let run = package.run("check . --fix");
    assert_eq!((run.code, std::fs::read(package.path("policy/invoices.gate")).unwrap()), (2, bytes));
    assert!(run.err.contains("nothing was written"), "{}", run.err);
}
