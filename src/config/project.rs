//! `gatewright.toml`: its keys, their types, defaults and faults. The reference page lists the same keys; a test compares.

use super::bump::Bump;
use super::bundle::BundleDemands;
use super::version::Version;
use super::{bump, bundle};
use crate::config::codes::CONFIG;
use crate::config::{Level, Levels, Origin, codes};
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load;
use crate::load::MAX_FILE_BYTES;
use crate::load::document::Fields;
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
        let Some(top) = load::toml::parse(sources, file, out) else {
            return project;
        };
        let Some(top) = CONFIG.at(&top, "`gatewright.toml`").section(out) else {
            return project;
        };
        known_sections(&top, out);
        if let Some(section) = top.section("package", out) {
            package(&section, &mut project, out);
        }
        if let Some(section) = top.section("lint", out) {
            lint(&section, &mut project.levels, out);
        }
        if let Some(section) = top.section("test", out) {
            test(&section, &mut project, out);
        }
        if let Some(section) = top.section("limits", out) {
            limits(&section, &mut project.limits, out);
        }
        if let Some(section) = top.section("bump", out) {
            bump::read(&section, &mut project.bump, out);
        }
        if let Some(section) = top.section("compile", out) {
            compile(&section, &mut project, out);
        }
        if let Some(section) = top.section("bundle", out) {
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

fn known_sections(top: &Fields<'_>, out: &mut Diagnostics) {
    for (key, fault) in top.unknown(&SECTIONS) {
        out.push(match LATER.contains(&key.text.as_str()) {
            true => {
                let message = format!("`[{}]` is not supported by this version of Gatewright", key.text);
                Diagnostic::error(codes::CONFIG_LATER, key.span, message).help("remove the section")
            }
            false if PACKAGE.contains(&key.text.as_str()) => fault.help("write it under `[package]`"),
            false => fault,
        });
    }
}

fn package(section: &Fields<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&PACKAGE, out);
    let mut text = |key, example| section.require_like(key, example, out)?.text(out);
    let (name, version, edition) =
        (text("name", "\"my-policy\""), text("version", "\"0.1.0\""), text("edition", "\"2026\""));
    match name {
        Some((name, span)) if !is_package_name(name) => {
            out.push(CONFIG.invalid(span, format!("`{name}` is not a valid package name")).help(format!(
                "start with a lower-case letter, followed by lower-case letters, digits and `-`, at most {MAX_NAME} characters"
            )))
        }
        Some((name, _)) => name.clone_into(&mut project.name),
        None => {}
    }
    match version {
        Some((version, span)) if Version::parse(version).is_none() => out.push(
            CONFIG
                .invalid(span, format!("`{version}` is not a semantic version"))
                .help("write three numbers, as in \"1.4.0\" or \"2.0.0-rc.1\""),
        ),
        Some((version, span)) => {
            version.clone_into(&mut project.version);
            project.version_place = Some(span);
        }
        None => {}
    }
    match edition {
        Some((edition, _)) if edition == Edition::E2026.name() => project.edition = Edition::E2026,
        Some((edition, span)) => out.push(
            CONFIG
                .invalid(span, format!("unknown edition `{edition}`"))
                .help("write \"2026\", the only edition so far"),
        ),
        None => {}
    }
    project.description = section.text("description", out).map(|(text, _)| text.to_owned());
    project.assignments = section.at("assignments").map(|files| {
        let files = files.help("write [\"assignments/people.yaml\"]").names(out).into_iter();
        files.map(|(file, span)| (file.to_owned(), span)).collect()
    });
}

fn compile(section: &Fields<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&COMPILE, out);
    let Some((name, span)) = section.text("roles", out) else {
        return;
    };
    match Roles::NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, roles)) => project.roles = *roles,
        None => out.push(
            CONFIG
                .invalid(span, format!("`{name}` is not a form of roles"))
                .help("write \"parents\", \"attribute\" or \"both\""),
        ),
    }
}

fn lint(section: &Fields<'_>, levels: &mut Levels, out: &mut Diagnostics) {
    let names = Level::NAMES.map(|(name, _)| name);
    for (id, node) in section.entries() {
        let level = CONFIG.at(node, format!("the level of `{}`", id.text));
        let Some((name, span)) = level.help("write \"allow\", \"warn\" or \"error\"").text(out) else {
            levels.name(&id.text, id.span);
            continue;
        };
        if let Some(level) = Level::parse(name) {
            levels.set(&id.text, level, Origin::File(id.span));
            continue;
        }
        levels.name(&id.text, id.span);
        let help = match name {
            "deny" | "forbid" => Some("write \"error\"".to_owned()),
            "warning" => Some("write \"warn\"".to_owned()),
            "off" | "ignore" => Some("write \"allow\"".to_owned()),
            name => did_you_mean(name, names),
        };
        let fault = CONFIG.invalid(span, format!("unknown level `{name}`")).maybe_help(help);
        out.push(fault.near_quoted(span, name, names));
    }
}

fn test(section: &Fields<'_>, project: &mut Project, out: &mut Diagnostics) {
    section.only(&TEST, out);
    project.test_at = section.at("at").and_then(|at| at.date(out));
}

fn limits(section: &Fields<'_>, limits: &mut Limits, out: &mut Diagnostics) {
    section.only(&LIMITS, out);
    let most_bytes = u32::try_from(MAX_FILE_BYTES).unwrap_or(u32::MAX);
    if let Some(bytes) = section.number("bytes", 1..=most_bytes, out) {
        limits.bytes = bytes;
    }
    if let Some(depth) = section.number("depth", 1..=MAX_DEPTH, out) {
        limits.depth = depth;
    }
    if let Some(hours) = section.number("break_glass_hours", 1..=MAX_BREAK_GLASS_HOURS, out) {
        limits.break_glass_hours = hours;
    }
}

/// Whether a package may have a name.
#[must_use]
pub fn is_package_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests;
