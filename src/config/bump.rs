//! `[bump]`: how far the version goes up by what a change does to access. And the one edit that is ever made to
//! `gatewright.toml`: another version, every other byte as it was.

use super::version::Step;
use crate::config::codes::CONFIG;
use crate::diag::{Diagnostics, did_you_mean};
use crate::load::document::Fields;
use crate::text::Span;

/// The step for each verdict of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bump {
    /// Some requests are newly allowed.
    pub widened: Step,
    /// Some requests are newly denied.
    pub narrowed: Step,
    /// Every request is decided as before.
    pub equivalent: Step,
    /// Callers must change.
    pub schema_breaking: Step,
}

impl Default for Bump {
    fn default() -> Self {
        Self { widened: Step::Minor, narrowed: Step::Minor, equivalent: Step::Patch, schema_breaking: Step::Major }
    }
}

impl Bump {
    /// For each verdict the larger step of two. A change that lowers a step does not lower it for itself.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        Self {
            widened: self.widened.max(other.widened),
            narrowed: self.narrowed.max(other.narrowed),
            equivalent: self.equivalent.max(other.equivalent),
            schema_breaking: self.schema_breaking.max(other.schema_breaking),
        }
    }
}

pub(super) const KEYS: [&str; 4] = ["widened", "narrowed", "equivalent", "schema-breaking"];

/// Reads `[bump]`.
pub(super) fn read(section: &Fields<'_>, bump: &mut Bump, out: &mut Diagnostics) {
    section.only(&KEYS, out);
    let names = Step::NAMES.map(|(name, _)| name);
    let mut step = |key: &str, step: &mut Step| {
        let Some((name, span)) = section.at(key).and_then(|field| field.help(HELP).text(out)) else {
            return;
        };
        match Step::parse(name) {
            Some(found) => *step = found,
            None => {
                let help = did_you_mean(name, names).unwrap_or_else(|| HELP.to_owned());
                let fault = CONFIG.invalid(span, format!("`{name}` is not a version step")).help(help);
                out.push(fault.near_quoted(span, name, names));
            }
        }
    };
    step("widened", &mut bump.widened);
    step("narrowed", &mut bump.narrowed);
    step("equivalent", &mut bump.equivalent);
    step("schema-breaking", &mut bump.schema_breaking);
}

const HELP: &str = "write \"none\", \"patch\", \"minor\" or \"major\"";

/// The text of `gatewright.toml` with another version at the place of its own.
#[must_use]
pub fn with_version(text: &str, place: Span, version: &str) -> Option<String> {
    let range = place.range();
    let quote = match text.get(range.clone())?.starts_with('\'') {
        true => '\'',
        false => '"',
    };
    let (before, after) = (text.get(..range.start)?, text.get(range.end..)?);
    Some(format!("{before}{quote}{version}{quote}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Project;
    use crate::text::Sources;

    fn read(text: &str) -> (Project, Sources, Diagnostics) {
        let mut sources = Sources::default();
        let file = sources.add("gatewright.toml", text);
        let mut out = Diagnostics::new();
        let project = Project::parse(&sources, file, &mut out);
        (project, sources, out)
    }

    const PACKAGE: &str = "[package]\nname = \"a\"\nedition = \"2026\"\nversion = \"1.4.0\"\n";

    #[test]
    fn each_verdict_has_its_step() {
        let (project, _, out) = read(&format!(
            "{PACKAGE}[bump]\nwidened = \"major\"\nequivalent = \"none\"\nschema-breaking = \"minor\"\n"
        ));
        assert!(out.is_empty(), "{out:?}");
        assert_eq!(
            project.bump,
            Bump { widened: Step::Major, narrowed: Step::Minor, equivalent: Step::None, schema_breaking: Step::Minor }
        );
    }

    #[test]
    fn of_two_the_larger_step_of_each_verdict_counts() {
        let lowered = Bump { widened: Step::None, schema_breaking: Step::None, ..Bump::default() };
        let raised = Bump { narrowed: Step::Major, ..lowered };
        assert_eq!(Bump::default().stricter(lowered), Bump::default());
        assert_eq!(lowered.stricter(Bump::default()), Bump::default());
        assert_eq!(Bump::default().stricter(raised), Bump { narrowed: Step::Major, ..Bump::default() });
    }

    #[test]
    fn all_faults_are_found_at_their_places() {
        let (project, sources, out) = read(&format!(
            "{PACKAGE}[bump]\nwidend = \"major\"\nnarrowed = \"mayor\"\nequivalent = 1\nschema-breaking = \"1.0.0\"\n"
        ));
        let faults = out.sorted();
        let shown = faults.iter().map(|fault| {
            let span = fault.primary().unwrap();
            let help = fault.help.as_deref().unwrap_or("-");
            format!("{} `{}`: {}; {help}", fault.code, sources.slice(span), fault.message)
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
        config-unknown-key `widend`: unknown key `widend` in `[bump]`; did you mean `widened`?
        config-value `"mayor"`: `mayor` is not a version step; did you mean `major`?
        config-type `1`: `bump.equivalent` must be text, found a whole number; write "none", "patch", "minor" or "major"
        config-value `"1.0.0"`: `1.0.0` is not a version step; known here: `major`, `minor`, `none`, `patch`
        "#);
        assert_eq!(project.bump, Bump::default());
    }

    #[test]
    fn the_version_changes_and_no_other_byte() {
        for (before, after) in [
            (
                "\u{feff}# 1.4.0\r\n[package] # version = \"1.4.0\"\r\nname = \"a\"\r\nversion=\"1.4.0\"# ours\r\nedition = \"2026\"\r\n",
                "\u{feff}# 1.4.0\r\n[package] # version = \"1.4.0\"\r\nname = \"a\"\r\nversion=\"2.0.0-rc.1\"# ours\r\nedition = \"2026\"\r\n",
            ),
            (
                "package = { name = \"ä\", version = '1.4.0', edition = \"2026\" }",
                "package = { name = \"ä\", version = '2.0.0-rc.1', edition = \"2026\" }",
            ),
            (
                "package.version = \"\"\"1.4.0\"\"\"\npackage.name = \"version\"",
                "package.version = \"2.0.0-rc.1\"\npackage.name = \"version\"",
            ),
            ("package.version = \"1.4\\u002E0\"\n", "package.version = \"2.0.0-rc.1\"\n"),
        ] {
            let (project, sources, _) = read(before);
            assert_eq!(project.version, "1.4.0", "{before}");
            let (file, _) = sources.iter().next().unwrap();
            let edited = with_version(sources.text(file), project.version_place.unwrap(), "2.0.0-rc.1").unwrap();
            assert_eq!(edited, after);
            assert_eq!(read(&edited).0.version, "2.0.0-rc.1");
        }
    }
}
