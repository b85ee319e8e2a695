//! `gatewright.toml`: its keys, their types, defaults and faults. The reference page lists the same keys; a test compares.

use toml::de::{DeTable, DeValue};

use super::bump::Bump;
use super::bundle::BundleDemands;
use super::table::Section;
use super::version::Version;
use super::{bump, bundle, table};
use crate::config::{Level, Levels, Origin, codes};
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::MAX_FILE_BYTES;
use crate::text::{FileId, Instant, Sources, Span};

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
    /// `package.assignments`: files that say who holds which role, each with its place; `None` where it is not set.
    pub assignments: Option<Vec<(String, Span)>>,
    /// `[lint]`.
    pub levels: Levels,
    /// `test.at`: the clock of suites that set none.
    pub test_at: Option<Instant>,
    /// `[limits]`.
    pub limits: Limits,
    /// `[bump]`.
    pub bump: Bump,
    /// `compile.roles`.
    pub roles: Roles,
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

/// In which form compiled policies expect the roles of a principal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Roles {
    /// As its parents.
    #[default]
    Parents,
    /// As names in an attribute.
    Attribute,
    /// As either.
    Both,
}

impl Roles {
    const NAMES: [(&str, Self); 3] = [("parents", Self::Parents), ("attribute", Self::Attribute), ("both", Self::Both)];
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
        Self { bytes: 4_194_304, depth: 64, break_glass_hours: 4 }
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
            assignments: None,
            levels: Levels::default(),
            test_at: None,
            limits: Limits::default(),
            bump: Bump::default(),
            roles: Roles::default(),
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
        if let Some(section) = Section::of(top, "compile", file, out) {
            compile(&section, &mut project, out);
        }
        if let Some(section) = Section::of(top, "bundle", file, out) {
            bundle::read(&section, &mut project.bundle, out);
        }
        project
    }
}

const SECTIONS: [&str; 7] = ["package", "lint", "test", "limits", "bump", "bundle", "compile"];
/// Sections of the design that nothing reads yet. To accept them would be to ignore them.
const LATER: [&str; 1] = ["solver"];
const PACKAGE: [&str; 5] = ["name", "version", "edition", "description", "assignments"];
const COMPILE: [&str; 1] = ["roles"];
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
            let message = format!("`[{name}]` is not supported by this version of Gatewright");
            out.push(Diagnostic::error(codes::CONFIG_LATER, span, message).help("remove the section"));
        } else if !SECTIONS.contains(&name) {
            let message = format!("unknown section `[{name}]`");
            out.push(Diagnostic::error(codes::CONFIG_UNKNOWN_KEY, span, message).meant(span, name, SECTIONS));
        }
    }
}

fn package(section: &Section<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&PACKAGE, out);
    match section.text("name", out) {
        Some((name, span)) if !is_name(name) => out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{name}` is not a valid package name")).help(
                format!(
                    "start with a lower-case letter, followed by letters, digits and `-`, at most {MAX_NAME} characters"
                ),
            ),
        ),
        Some((name, _)) => name.clone_into(&mut project.name),
        None if !section.has("name") => section.missing("name", "\"my-policy\"", out),
        None => {}
    }
    match section.text("version", out) {
        Some((version, span)) if Version::parse(version).is_none() => out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{version}` is not a semantic version"))
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
    if section.has("assignments") {
        let files = section.some_texts("assignments", "[\"assignments/people.yaml\"]", out).into_iter();
        project.assignments = Some(files.map(|(file, span)| (file.to_owned(), span)).collect());
    }
}

fn compile(section: &Section<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&COMPILE, out);
    let Some((name, span)) = section.text("roles", out) else {
        return;
    };
    match Roles::NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, roles)) => project.roles = *roles,
        None => out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{name}` is not a form of roles"))
                .help("write \"parents\", \"attribute\" or \"both\""),
        ),
    }
}

fn lint(section: &Section<'_>, levels: &mut Levels, out: &mut Diagnostics) {
    let names = Level::NAMES.map(|(name, _)| name);
    for (id, id_span, value, span) in section.entries() {
        match value {
            DeValue::String(name) => match Level::parse(name) {
                Some(level) => levels.set(id, level, Origin::File(id_span)),
                None => {
                    levels.name(id, id_span);
                    let help = match name.as_ref() {
                        "deny" | "forbid" => Some("write \"error\"".to_owned()),
                        "warning" => Some("write \"warn\"".to_owned()),
                        "off" | "ignore" => Some("write \"allow\"".to_owned()),
                        name => did_you_mean(name, names),
                    };
                    let message = format!("unknown level `{name}`");
                    let fault = Diagnostic::error(codes::CONFIG_VALUE, span, message).maybe_help(help);
                    out.push(fault.near_quoted(span, name, names));
                }
            },
            other => {
                levels.name(id, id_span);
                let message = format!("the level of `{id}` must be text, found {}", table::kind(other));
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
    project.test_at = Instant::parse_either(written);
    if project.test_at.is_none() {
        out.push(
            Diagnostic::error(codes::CONFIG_VALUE, span, format!("`{written}` is not a date or an instant"))
                .help("write an instant with `T` and a time zone, `2026-03-01T10:00:00Z`, or a date, `2026-03-01`"),
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
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests;
