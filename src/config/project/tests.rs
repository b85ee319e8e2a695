//! Every key and every fault of `gatewright.toml`, and the page that lists them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> (Project, Sources, Diagnostics) {
    let mut sources = Sources::default();
    let file = sources.add("gatewright.toml", text);
    let mut out = Diagnostics::new();
    let project = Project::parse(&sources, file, &mut out);
    (project, sources, out)
}

fn faults(text: &str) -> String {
    let (_, sources, out) = read(text);
    let show = |d: &Diagnostic| {
        let span = d.primary().unwrap();
        let help = d.help.as_deref().unwrap_or("-");
        format!("{} @ {} `{}`: {}; {help}", d.code, sources.location(span), sources.slice(span), d.message)
    };
    out.sorted().iter().map(show).collect::<Vec<_>>().join("\n")
}

const SMALLEST: &str = "[package]\nname = \"payouts\"\nversion = \"1.4.0\"\nedition = \"2026\"\n";

#[test]
fn the_smallest_file_has_all_defaults() {
    let (project, _, out) = read(SMALLEST);
    assert!(out.is_empty(), "{out:?}");
    assert_eq!((project.name.as_str(), project.version.as_str()), ("payouts", "1.4.0"));
    assert_eq!(project.limits, Limits::default());
    assert_eq!((project.description, project.test_at), (None, None));
}

#[test]
fn every_key_is_read() {
    let (project, sources, out) = read(
        "\u{feff}[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2026\"\ndescription = \"d\"\n\
         [lint]\nb-lint = \"warn\"\na-lint = \"error\"\n[test]\nat = 2026-03-01T10:00:00+01:00\n\
         [limits]\nbytes = 1_000\ndepth = 0x10\nbreak_glass_hours = 2\n",
    );
    assert!(out.is_empty(), "{out:?}");
    assert_eq!(project.description.as_deref(), Some("d"));
    assert_eq!(project.test_at.unwrap().to_string(), "2026-03-01T09:00:00Z");
    assert_eq!((project.limits.bytes, project.limits.depth, project.limits.break_glass_hours), (1000, 16, 2));
    let settings: Vec<_> = project.levels.iter().map(|s| (s.lint.as_str(), s.level)).collect();
    assert_eq!(settings, [("b-lint", Level::Warn), ("a-lint", Level::Error)]);
    let span = project.levels.of("a-lint").unwrap().origin.span().unwrap();
    assert_eq!(sources.slice(span), "a-lint");
}

#[test]
fn every_fault_is_reported_in_one_run() {
    insta::assert_snapshot!(faults(
        "[pakage]\n[package]\nname = \"Payouts\"\nversion = \"1.4\"\nedition = 2026\nauthor = \"me\"\n\
         [lint]\na = \"warning\"\nb = \"deny\"\nc = 3\n[test]\nat = \"2026-03-01\"\n\
         [limits]\nbyte = 1\ndepth = 0\nbreak_glass_hours = 1e3\nbytes = 99999999999999999999\n\
         [solver]\ntimeout = 1\n"
    ), @r#"
    config-unknown-key @ gatewright.toml:1:2 `pakage`: unknown key `pakage` in `gatewright.toml`; did you mean `package`?
    config-value @ gatewright.toml:3:8 `"Payouts"`: `Payouts` is not a valid package name; start with a lower-case letter, followed by lower-case letters, digits and `-`, at most 64 characters
    config-value @ gatewright.toml:4:11 `"1.4"`: `1.4` is not a semantic version; write three numbers, as in "1.4.0" or "2.0.0-rc.1"
    config-type @ gatewright.toml:5:11 `2026`: `package.edition` must be text, found a whole number; quote it: "2026"
    config-unknown-key @ gatewright.toml:6:1 `author`: unknown key `author` in `[package]`; known here: `assignments`, `description`, `edition`, `name`, `version`
    config-value @ gatewright.toml:8:5 `"warning"`: unknown level `warning`; write "warn"
    config-value @ gatewright.toml:9:5 `"deny"`: unknown level `deny`; write "error"
    config-type @ gatewright.toml:10:5 `3`: the level of `c` must be text, found a whole number; write "allow", "warn" or "error"
    config-type @ gatewright.toml:12:6 `"2026-03-01"`: `test.at` must be a date or a date with time, found text; write `2026-03-01T10:00:00Z` or `2026-03-01`, without quotes
    config-unknown-key @ gatewright.toml:14:1 `byte`: unknown key `byte` in `[limits]`; did you mean `bytes`?
    config-value @ gatewright.toml:15:9 `0`: `limits.depth` is out of range; write a number from 1 to 128
    config-type @ gatewright.toml:16:21 `1e3`: `limits.break_glass_hours` must be a whole number, found a number; write digits only, without quotes
    config-value @ gatewright.toml:17:9 `99999999999999999999`: `limits.bytes` is out of range; write a number from 1 to 67108864
    config-later @ gatewright.toml:18:2 `solver`: `[solver]` is not supported by this version of Gatewright; remove the section
    "#);
}

#[test]
fn what_is_missing_is_named_with_an_example() {
    insta::assert_snapshot!(faults(""), @r#"
    config-missing-key @ gatewright.toml:1:1 ``: missing key `edition` in `[package]`; write `edition = "2026"` under `[package]`
    config-missing-key @ gatewright.toml:1:1 ``: missing key `name` in `[package]`; write `name = "my-policy"` under `[package]`
    config-missing-key @ gatewright.toml:1:1 ``: missing key `version` in `[package]`; write `version = "0.1.0"` under `[package]`
    "#);
    insta::assert_snapshot!(faults("[package]\nname = \"a\"\n"), @r#"
    config-missing-key @ gatewright.toml:1:1 `[package]`: missing key `edition` in `[package]`; write `edition = "2026"` under `[package]`
    config-missing-key @ gatewright.toml:1:1 `[package]`: missing key `version` in `[package]`; write `version = "0.1.0"` under `[package]`
    "#);
    insta::assert_snapshot!(faults("package = 1\n"), @r"
    config-type @ gatewright.toml:1:11 `1`: `package` must be a section, found a whole number; write `[package]`, with its keys below
    ");
}

#[test]
fn syntax_faults_are_all_located() {
    insta::assert_snapshot!(faults("[package\nname = x\n[lint]\na = \"warn\na = 1\na = 2\n"), @r#"
    config-syntax @ gatewright.toml:1:9 ``: invalid TOML: unclosed table, expected `]`; close the section's name with `]`
    config-syntax @ gatewright.toml:4:10 ``: invalid TOML: invalid basic string, expected `"`; close the text on the same line, with the same quote
    config-syntax @ gatewright.toml:5:1 `a`: duplicate key `a`; keep one of the two
    config-syntax @ gatewright.toml:6:1 `a`: duplicate key `a`; keep one of the two
    "#);
    insta::assert_snapshot!(faults("[test]\nat = 10:00:00\n[test]\n"), @r"
    config-syntax @ gatewright.toml:3:2 `test`: duplicate key `test`; keep one of the two
    ");
}

#[test]
fn a_moment_needs_a_zone() {
    insta::assert_snapshot!(faults(&format!("{SMALLEST}[test]\nat = 2026-03-01T10:00:00\n")), @"config-value @ gatewright.toml:6:6 `2026-03-01T10:00:00`: `test.at` must be a date or an instant; write a date, `2026-03-01`, or an instant with `T` and a time zone, `2026-03-01T10:00:00Z`");
}

#[test]
fn garbage_and_depth_are_reported_and_do_not_panic() {
    assert!(!faults(&"[".repeat(100_000)).is_empty());
    assert!(!faults(&format!("a = {}", "[".repeat(100_000))).is_empty());
    assert!(!faults(&format!("a{} = 1", ".a".repeat(100_000))).is_empty());
    assert!(!faults("a = \0").is_empty());
}

/// `(key, default)` of each row of the reference page, and what stands there for each key in the code.
#[test]
fn the_reference_page_lists_the_keys_and_defaults_of_the_code() {
    let page = include_str!("../../../book/src/reference/gatewright-toml.md");
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
    let keys = page.split("## ").next().unwrap();
    let rows = keys.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<(String, String)> =
        rows.map(cells).map(|cells| (cells[1].clone(), cells[3].clone())).collect();
    let defaults = Limits::default();
    let default_of = |section: &str, key: &str| match (section, key) {
        ("package", "description" | "assignments") | ("test", "at") => "none".to_owned(),
        ("package", _) => "required".to_owned(),
        ("compile", _) => "parents".to_owned(),
        ("bundle", "evidence") => {
            let kinds = BundleDemands::default().evidence;
            let names: Vec<&str> = kinds.into_iter().map(bundle::EvidenceKind::name).collect();
            format!("[\"{}\"]", names.join("\", \""))
        }
        ("bundle", "max_warnings" | "max_skipped") => "any".to_owned(),
        ("bundle", "min_tests") => BundleDemands::default().min_tests.to_string(),
        ("bundle", "min_coverage") => BundleDemands::default().min_coverage.to_string(),
        ("bundle", "min_mutation_score") => BundleDemands::default().min_mutation_score.to_string(),
        ("bundle", "max_validity_days") => BundleDemands::default().max_validity_days.to_string(),
        ("bump", "widened") => Bump::default().widened.name().to_owned(),
        ("bump", "narrowed") => Bump::default().narrowed.name().to_owned(),
        ("bump", "equivalent") => Bump::default().equivalent.name().to_owned(),
        ("bump", "schema-breaking") => Bump::default().schema_breaking.name().to_owned(),
        (_, "bytes") => defaults.bytes.to_string(),
        (_, "depth") => defaults.depth.to_string(),
        (_, "break_glass_hours") => defaults.break_glass_hours.to_string(),
        other => panic!("{other:?} has no default"),
    };
    let mut expected = BTreeSet::from([("lint.ID".to_owned(), "the lint's own".to_owned())]);
    for (section, keys) in [
        ("package", &PACKAGE[..]),
        ("test", &TEST),
        ("limits", &LIMITS),
        ("compile", &COMPILE),
        ("bump", &bump::KEYS),
        ("bundle", &bundle::KEYS),
    ] {
        expected.extend(keys.iter().map(|key| (format!("{section}.{key}"), default_of(section, key))));
    }
    assert_eq!(listed, expected);
    for most in
        [MAX_NAME.to_string(), MAX_DEPTH.to_string(), MAX_BREAK_GLASS_HOURS.to_string(), MAX_FILE_BYTES.to_string()]
    {
        assert!(page.contains(&most), "the page does not say {most}");
    }
    for section in LATER {
        assert!(page.contains(&format!("`[{section}]`")), "the page does not name [{section}]");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        read(&text);
    }

    #[test]
    fn no_toml_like_text_panics(
        text in r#"(\n|\[(package|lint|test|limits|x)\]\n|(name|at|bytes|depth|a\.b) = ([0-9]{1,12}|"[a-z0-9.]{0,6}"|2026-0[0-9]-01|true|\[1, 2\]|\{a = 1\})\n|[=\[\]"'#.é]){0,20}"#
    ) {
        let (_, sources, out) = read(&text);
        for diagnostic in out.iter() {
            let span = diagnostic.primary().unwrap();
            prop_assert!(sources.text(span.file).get(span.range()).is_some());
        }
    }
}
