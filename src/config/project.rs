//! `gatewright.toml`: its keys, their types, defaults and faults. The reference page lists the same keys; a test compares.

use toml::de::DeTable;
use toml::de::DeValue;

use super::bump;
use super::bump::Bump;
use super::bundle;
use super::bundle::BundleDemands;
use super::table;
use super::table::Section;
use super::version::Version;
use crate::config::Level;
use crate::config::Levels;
use crate::config::Origin;
use crate::config::codes;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::diag::did_you_mean;
use crate::load::MAX_FILE_BYTES;
use crate::text::FileId;
use crate::text::Instant;
use crate::text::Sources;
use crate::text::Span;

/// A package's settings. Where the file has faults, the values are the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// `package.name`.
    pub name: String,
    /// `package.version`, a semantic version.
    pub version: String,
    /// Where it stands, quotes included.
    pub version_place: Option<Span>,
    /// `package.edition`.
    pub edition: Edition,
    /// `package.description`.
    pub description: Option<String>,
    /// `[lint]`.
    pub levels: Levels,
    /// `test.at`: the clock of suites that set none.
    pub test_at: Option<Instant>,
    /// `[limits]`.
    pub limits: Limits,
    /// `[bump]`.
    pub bump: Bump,
    /// `[bundle]`.
    pub bundle: BundleDemands,
}

/// The edition of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// The first.
    E2026,
}

impl Edition {
    /// Its name in `gatewright.toml` and in the bundle's manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::E2026 => "2026",
        }
    }
}

/// Bounds that a package sets for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `limits.bytes`: the most bytes of one `.gate` file.
    pub bytes: u32,
    /// `limits.depth`: the deepest nesting in a `.gate` file.
    pub depth: u32,
    /// `limits.break_glass_hours`: the longest that any break-glass may last.
    pub break_glass_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 4_194_304,
            depth: 64,
            break_glass_hours: 4,
        }
    }
}

impl Project {
    /// Settings for Cedar files that come without a package.
    #[must_use]
    pub fn default_for_cedar() -> Self {
        Self {
            name: "cedar".to_owned(),
            version: "0.0.0".to_owned(),
            version_place: None,
            edition: Edition::E2026,
            description: None,
            levels: Levels::default(),
            test_at: None,
            limits: Limits::default(),
            bump: Bump::default(),
            bundle: BundleDemands::default(),
        }
    }

    /// Reads `gatewright.toml`. All its faults go to `out` in one run.
    #[must_use]
    pub fn parse(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Self {
        let mut project = Self::default_for_cedar();
        let Some(top) = table::parse(sources, file, out) else {
            return project;
        };
        let top = top.get_ref();
        known_sections(top, file, out);
        if let Some(section) = Section::of(top, "package", file, out) {
            package(&section, &mut project, out);
        }
        if let Some(section) = Section::of(top, "lint", file, out) {
            lint(&section, &mut project.levels, out);
        }
        if let Some(section) = Section::of(top, "test", file, out) {
            test(&section, sources, &mut project, out);
        }
        if let Some(section) = Section::of(top, "limits", file, out) {
            limits(&section, &mut project.limits, out);
        }
        if let Some(section) = Section::of(top, "bump", file, out) {
            bump::read(&section, &mut project.bump, out);
        }
        if let Some(section) = Section::of(top, "bundle", file, out) {
            bundle::read(&section, &mut project.bundle, out);
        }
        project
    }
}

const SECTIONS: [&str; 6] = ["package", "lint", "test", "limits", "bump", "bundle"];
/// Sections of the design that nothing reads yet. To accept them would be to ignore them.
const LATER: [&str; 2] = ["compile", "solver"];
const PACKAGE: [&str; 4] = ["name", "version", "edition", "description"];
const TEST: [&str; 1] = ["at"];
const LIMITS: [&str; 3] = ["bytes", "depth", "break_glass_hours"];

const MAX_NAME: usize = 64;
const MAX_DEPTH: u32 = 128;
const MAX_BREAK_GLASS_HOURS: u32 = 24;

fn known_sections(top: &DeTable<'_>, file: FileId, out: &mut Diagnostics) {
    for (key, _) in top.iter() {
        let name = key.get_ref().as_ref();
        let span = Span::new(file, key.span().start, key.span().end);
        if LATER.contains(&name) {
            let message = format!("`[{name}]` belongs to a later version of Gatewright");
            out.push(Diagnostic::error(codes::CONFIG_LATER, span, message).help("remove the section"));
        } else if !SECTIONS.contains(&name) {
            let message = format!("unknown section `[{name}]`");
            out.push(
                Diagnostic::error(codes::CONFIG_UNKNOWN_KEY, span, message).maybe_help(did_you_mean(name, SECTIONS)),
            );
        }
    }
}

fn package(section: &Section<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&PACKAGE, out);
    match section.text("name", out) {
        Some((name, span)) if !is_name(name) => out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{name}` cannot name a package")).help(format!(
                "start with a lower-case letter, go on with letters, digits and `-`, at most {MAX_NAME} in all"
            )),
        ),
        Some((name, _)) => name.clone_into(&mut project.name),
        None if !section.has("name") => section.missing("name", "\"my-policy\"", out),
        None => {}
    }
    match section.text("version", out) {
        Some((version, span)) if Version::parse(version).is_none() => out.push(
            Diagnostic::error(
                codes::CONFIG_VALUE,
                span,
                format!("`{version}` is not a semantic version"),
            )
            .help("write three numbers, as in \"1.4.0\" or \"2.0.0-rc.1\""),
        ),
        Some((version, span)) => {
            version.clone_into(&mut project.version);
            project.version_place = Some(span);
        }
        None if !section.has("version") => section.missing("version", "\"0.1.0\"", out),
        None => {}
    }
    match section.text("edition", out) {
        Some((edition, _)) if edition == Edition::E2026.name() => project.edition = Edition::E2026,
        Some((edition, span)) => out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("unknown edition `{edition}`"))
                .help("write \"2026\", the only edition so far"),
        ),
        None if !section.has("edition") => section.missing("edition", "\"2026\"", out),
        None => {}
    }
    project.description = section.text("description", out).map(|(text, _)| text.to_owned());
}

fn lint(section: &Section<'_>, levels: &mut Levels, out: &mut Diagnostics) {
    let names = Level::NAMES.map(|(name, _)| name);
    for (id, id_span, value, span) in section.entries() {
        match value {
            DeValue::String(name) => match Level::parse(name) {
                Some(level) => levels.set(id, level, Origin::File(id_span)),
                None => {
                    let help = match name.as_ref() {
                        "deny" | "forbid" => Some("write \"error\"".to_owned()),
                        "warning" => Some("write \"warn\"".to_owned()),
                        "off" | "ignore" => Some("write \"allow\"".to_owned()),
                        name => did_you_mean(name, names),
                    };
                    let message = format!("unknown level `{name}`");
                    out.push(Diagnostic::error(codes::CONFIG_VALUE, span, message).maybe_help(help));
                }
            },
            other => {
                let message = format!("the level of `{id}` must be text, this is {}", table::kind(other));
                let help = "write \"allow\", \"warn\" or \"error\"";
                out.push(Diagnostic::error(codes::CONFIG_TYPE, span, message).help(help));
            }
        }
    }
}

fn test(section: &Section<'_>, sources: &Sources, project: &mut Project, out: &mut Diagnostics) {
    section.only(&TEST, out);
    let Some(span) = section.date("at", out) else { return };
    let written = sources.slice(span);
    project.test_at = Instant::parse(written).or_else(|| Instant::parse_date(written));
    if project.test_at.is_none() {
        out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{written}` is not one moment"))
                .help("write `2026-03-01T10:00:00Z`, with `T` and a zone, or a date: `2026-03-01`"),
        );
    }
}

fn limits(section: &Section<'_>, limits: &mut Limits, out: &mut Diagnostics) {
    section.only(&LIMITS, out);
    let most_bytes = u32::try_from(MAX_FILE_BYTES).unwrap_or(u32::MAX);
    if let Some(bytes) = section.whole_number("bytes", 1..=most_bytes, out) {
        limits.bytes = bytes;
    }
    if let Some(depth) = section.whole_number("depth", 1..=MAX_DEPTH, out) {
        limits.depth = depth;
    }
    if let Some(hours) = section.whole_number("break_glass_hours", 1..=MAX_BREAK_GLASS_HOURS, out) {
        limits.break_glass_hours = hours;
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
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
            format!(
                "{} @ {} `{}`: {}; {help}",
                d.code,
                sources.location(span),
                sources.slice(span),
                d.message
            )
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
        assert_eq!(
            (
                project.limits.bytes,
                project.limits.depth,
                project.limits.break_glass_hours
            ),
            (1000, 16, 2)
        );
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
        config-unknown-key @ gatewright.toml:1:2 `pakage`: unknown section `[pakage]`; did you mean `package`?
        config-value @ gatewright.toml:3:8 `"Payouts"`: `Payouts` cannot name a package; start with a lower-case letter, go on with letters, digits and `-`, at most 64 in all
        config-value @ gatewright.toml:4:11 `"1.4"`: `1.4` is not a semantic version; write three numbers, as in "1.4.0" or "2.0.0-rc.1"
        config-type @ gatewright.toml:5:11 `2026`: `package.edition` must be text, this is a whole number; write it in double quotes
        config-unknown-key @ gatewright.toml:6:1 `author`: unknown key `author` in `[package]`; known here: `description`, `edition`, `name`, `version`
        config-value @ gatewright.toml:8:5 `"warning"`: unknown level `warning`; write "warn"
        config-value @ gatewright.toml:9:5 `"deny"`: unknown level `deny`; write "error"
        config-type @ gatewright.toml:10:5 `3`: the level of `c` must be text, this is a whole number; write "allow", "warn" or "error"
        config-type @ gatewright.toml:12:6 `"2026-03-01"`: `test.at` must be a date or a date with time, this is text; write `2026-03-01T10:00:00Z` or `2026-03-01`, without quotes
        config-unknown-key @ gatewright.toml:14:1 `byte`: unknown key `byte` in `[limits]`; did you mean `bytes`?
        config-value @ gatewright.toml:15:9 `0`: `limits.depth` is out of range; write a number from 1 to 128
        config-type @ gatewright.toml:16:21 `1e3`: `limits.break_glass_hours` must be a whole number, this is a number; write digits only, without quotes
        config-value @ gatewright.toml:17:9 `99999999999999999999`: `limits.bytes` is out of range; write a number from 1 to 67108864
        config-later @ gatewright.toml:18:2 `solver`: `[solver]` belongs to a later version of Gatewright; remove the section
        "#);
    }

    #[test]
    fn what_is_missing_is_named_with_an_example() {
        insta::assert_snapshot!(faults(""), @r#"
        config-missing-key @ gatewright.toml:1:1 ``: `package.edition` is missing; write `edition = "2026"` under `[package]`
        config-missing-key @ gatewright.toml:1:1 ``: `package.name` is missing; write `name = "my-policy"` under `[package]`
        config-missing-key @ gatewright.toml:1:1 ``: `package.version` is missing; write `version = "0.1.0"` under `[package]`
        "#);
        insta::assert_snapshot!(faults("[package]\nname = \"a\"\n"), @r#"
        config-missing-key @ gatewright.toml:1:1 `[package]`: `package.edition` is missing; write `edition = "2026"` under `[package]`
        config-missing-key @ gatewright.toml:1:1 `[package]`: `package.version` is missing; write `version = "0.1.0"` under `[package]`
        "#);
        insta::assert_snapshot!(faults("package = 1\n"), @r"
        config-type @ gatewright.toml:1:11 `1`: `package` is a section, this is a whole number; write `[package]`, then its keys below it
        ");
    }

    #[test]
    fn syntax_faults_are_all_located() {
        insta::assert_snapshot!(faults("[package\nname = x\n[lint]\na = \"warn\na = 1\na = 2\n"), @r#"
        config-syntax @ gatewright.toml:1:9 ``: invalid TOML: unclosed table, expected `]`; close the section's name with `]`
        config-syntax @ gatewright.toml:4:10 ``: invalid TOML: invalid basic string, expected `"`; close the text with the quote it opened with, on the same line
        config-syntax @ gatewright.toml:5:1 `a`: `a` is given twice; keep one of the two
        config-syntax @ gatewright.toml:6:1 `a`: `a` is given twice; keep one of the two
        "#);
        insta::assert_snapshot!(faults("[test]\nat = 10:00:00\n[test]\n"), @r"
        config-syntax @ gatewright.toml:3:2 `test`: `test` is given twice; keep one of the two
        ");
    }

    #[test]
    fn a_moment_needs_a_zone() {
        insta::assert_snapshot!(faults(&format!("{SMALLEST}[test]\nat = 2026-03-01T10:00:00\n")), @r"
        config-value @ gatewright.toml:6:6 `2026-03-01T10:00:00`: `2026-03-01T10:00:00` is not one moment; write `2026-03-01T10:00:00Z`, with `T` and a zone, or a date: `2026-03-01`
        ");
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
        let page = include_str!("../../book/src/reference/gatewright-toml.md");
        let cells = |row: &str| {
            row.split('|')
                .map(|cell| cell.trim().replace('`', ""))
                .collect::<Vec<_>>()
        };
        let keys = page.split("## ").next().unwrap();
        let rows = keys.lines().filter(|line| line.starts_with("| `"));
        let listed: BTreeSet<(String, String)> = rows
            .map(cells)
            .map(|cells| (cells[1].clone(), cells[3].clone()))
            .collect();
        let defaults = Limits::default();
        let default_of = |section: &str, key: &str| match (section, key) {
            ("package", "description") | ("test", "at") => "none".to_owned(),
            ("package", _) => "required".to_owned(),
            ("bundle", "evidence") => {
                let kinds = BundleDemands::default().evidence;
                let names: Vec<&str> = kinds.into_iter().map(bundle::EvidenceKind::name).collect();
                format!("[\"{}\"]", names.join("\", \""))
            }
            ("bundle", "max_warnings" | "max_skipped") => "any".to_owned(),
            ("bundle", "min_tests") => BundleDemands::default().min_tests.to_string(),
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
            ("bump", &bump::KEYS),
            ("bundle", &bundle::KEYS),
        ] {
            expected.extend(
                keys.iter()
                    .map(|key| (format!("{section}.{key}"), default_of(section, key))),
            );
        }
        assert_eq!(listed, expected);
        for most in [
            MAX_NAME.to_string(),
            MAX_DEPTH.to_string(),
            MAX_BREAK_GLASS_HOURS.to_string(),
            MAX_FILE_BYTES.to_string(),
        ] {
            assert!(page.contains(&most), "the page does not say {most}");
        }
        for section in LATER {
            assert!(
                page.contains(&format!("`[{section}]`")),
                "the page does not name [{section}]"
            );
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
}
