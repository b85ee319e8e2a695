//! What a project demands of itself in `gatewright.toml`: lint levels, steps of the version, what `publish` asks of a bundle. None
//! of it decides a request, but later changes pass or fail by it. So a demand that is lower on the new side is a weakened term;
//! a higher one refuses nothing that could be used today, and is not reported.

use std::collections::BTreeSet;

use crate::config::{Bump, BundleDemands, EvidenceKind, Level, Levels, Limits, Project, Step};

use crate::text::Span;

use super::terms::{Effect, SETTINGS, TermChange, spelt};

/// The demands of the old side that are lower on the new one, sorted. `level` is the level of a lint that counts, if there is such
/// a lint.
pub fn settings(old: &Project, new: &Project, level: &dyn Fn(&Levels, &str) -> Option<Level>) -> Vec<TermChange> {
    // Every field is named, so that a new one must be put in its place.
    let Project {
        name: _,
        version: _,
        version_place: _,
        edition: _,
        description: _,
        assignments,
        levels,
        // The clock of suites, which check how a package was made.
        test_at: _,
        limits,
        bump,
        // Another form breaks callers.
        roles: _,
        bundle,
    } = old;
    let mut found = Lower(Vec::new());
    found.assignments(assignments.as_deref(), new.assignments.as_deref());
    found.lints(levels, &new.levels, level);
    found.limits(*limits, new.limits);
    found.bump(*bump, new.bump);
    found.bundle(bundle, &new.bundle);
    found.0.sort();
    found.0
}

struct Lower(Vec<TermChange>);

impl Lower {
    fn push(&mut self, section: &str, key: &str, from: Option<String>, to: Option<String>) {
        self.0.push(TermChange {
            path: spelt(&[SETTINGS, section, key].map(str::to_owned)),
            from,
            to,
            effect: Effect::Weakens,
            readers: Vec::new(),
            through: Vec::new(),
        });
    }

    /// A value that allows more the lower it is.
    fn at_least<T: PartialOrd>(&mut self, (section, key): (&str, &str), [old, new]: [T; 2], said: fn(&T) -> String) {
        if new < old {
            self.push(section, key, Some(said(&old)), Some(said(&new)));
        }
    }

    /// A value that allows more the higher it is; without one, anything is allowed.
    fn at_most(&mut self, (section, key): (&str, &str), [old, new]: [Option<u32>; 2]) {
        if old.is_some_and(|old| new.is_none_or(|new| new > old)) {
            self.push(section, key, old.map(|old| old.to_string()), new.map(|new| new.to_string()));
        }
    }

    /// Who holds what is compared by the files. Without any, nobody sees who comes to hold a role from now on.
    fn assignments(&mut self, old: Option<&[(String, Span)]>, new: Option<&[(String, Span)]>) {
        let files: Vec<&str> = old.into_iter().flatten().map(|(file, _)| file.as_str()).collect();
        if !files.is_empty() && new.is_none_or(<[_]>::is_empty) {
            self.push("package", "assignments", Some(files.join(", ")), None);
        }
    }

    fn lints(&mut self, old: &Levels, new: &Levels, level: &dyn Fn(&Levels, &str) -> Option<Level>) {
        let named: BTreeSet<&str> = old.iter().chain(new.iter()).map(|setting| setting.lint.as_str()).collect();
        for lint in named {
            if let (Some(old), Some(new)) = (level(old, lint), level(new, lint)) {
                self.at_least(("lint", lint), [old, new], |level| level.name().to_owned());
            }
        }
    }

    fn limits(&mut self, old: Limits, new: Limits) {
        // The other two bound what the compiler reads, not what a policy may say.
        let Limits { bytes: _, depth: _, break_glass_hours } = old;
        self.at_most(("limits", "break_glass_hours"), [Some(break_glass_hours), Some(new.break_glass_hours)]);
    }

    fn bump(&mut self, old: Bump, new: Bump) {
        let Bump { widened, narrowed, equivalent, schema_breaking } = old;
        let mut step = |key, steps: [Step; 2]| self.at_least(("bump", key), steps, |step| step.name().to_owned());
        step("widened", [widened, new.widened]);
        step("narrowed", [narrowed, new.narrowed]);
        step("equivalent", [equivalent, new.equivalent]);
        step("schema-breaking", [schema_breaking, new.schema_breaking]);
    }

    fn bundle(&mut self, old: &BundleDemands, new: &BundleDemands) {
        let BundleDemands {
            evidence,
            max_warnings,
            max_skipped,
            min_tests,
            min_coverage,
            min_mutation_score,
            max_validity_days,
        } = old;
        if evidence.iter().any(|kind| !new.evidence.contains(kind)) {
            let names = |all: &[EvidenceKind]| {
                let names: Vec<&str> = all.iter().map(|kind| kind.name()).collect();
                (!names.is_empty()).then(|| names.join(", "))
            };
            self.push("bundle", "evidence", names(evidence), names(&new.evidence));
        }
        self.at_most(("bundle", "max_warnings"), [*max_warnings, new.max_warnings]);
        self.at_most(("bundle", "max_skipped"), [*max_skipped, new.max_skipped]);
        let mut fewest = |key, numbers: [u32; 2]| self.at_least(("bundle", key), numbers, u32::to_string);
        fewest("min_tests", [*min_tests, new.min_tests]);
        fewest("min_coverage", [*min_coverage, new.min_coverage]);
        fewest("min_mutation_score", [*min_mutation_score, new.min_mutation_score]);
        self.at_most(("bundle", "max_validity_days"), [Some(*max_validity_days), Some(new.max_validity_days)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::text::Sources;

    const PACKAGE: &str = "[package]\nname = \"a\"\nedition = \"2026\"\nversion = \"1.4.0\"\n";

    fn project(text: &str) -> Project {
        let mut sources = Sources::default();
        let file = sources.add("gatewright.toml", format!("{PACKAGE}{text}"));
        let mut out = Diagnostics::new();
        let project = Project::parse(&sources, file, &mut out);
        assert!(out.is_empty(), "{out:?}");
        project
    }

    /// Every lint warns where nothing is set.
    fn weakened(old: &str, new: &str) -> String {
        let level = |levels: &Levels, lint: &str| Some(levels.of(lint).map_or(Level::Warn, |setting| setting.level));
        let found = settings(&project(old), &project(new), &level);
        assert!(found.iter().all(|term| term.effect == Effect::Weakens && term.is_promise()));
        let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let lines = found.iter().map(|term| format!("{} {} {}", term.path, shown(&term.from), shown(&term.to)));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_demand_that_is_lowered_is_weakened_and_a_raised_one_is_not() {
        for (section, low, high, told) in [
            ("lint", "unused-name = \"allow\"", "", "lint.unused-name warn allow"),
            ("lint", "", "unused-name = \"error\"", "lint.unused-name error warn"),
            ("limits", "break_glass_hours = 5", "", "limits.break_glass_hours 4 5"),
            ("bump", "widened = \"patch\"", "", "bump.widened minor patch"),
            ("bump", "narrowed = \"none\"", "", "bump.narrowed minor none"),
            ("bump", "equivalent = \"none\"", "", "bump.equivalent patch none"),
            ("bump", "schema-breaking = \"minor\"", "", "bump.schema-breaking major minor"),
            ("bundle", "evidence = [\"lint\"]", "", "bundle.evidence lint, tests lint"),
            ("bundle", "evidence = []", "", "bundle.evidence lint, tests -"),
            ("bundle", "evidence = [\"proofs\"]", "evidence = [\"lint\"]", "bundle.evidence lint proofs"),
            ("bundle", "", "max_warnings = 0", "bundle.max_warnings 0 -"),
            ("bundle", "max_skipped = 3", "max_skipped = 2", "bundle.max_skipped 2 3"),
            ("bundle", "min_tests = 0", "", "bundle.min_tests 1 0"),
            ("bundle", "", "min_coverage = 70", "bundle.min_coverage 70 0"),
            ("bundle", "min_mutation_score = 9", "min_mutation_score = 10", "bundle.min_mutation_score 10 9"),
            ("bundle", "max_validity_days = 366", "", "bundle.max_validity_days 30 366"),
        ] {
            let [low, high] = [low, high].map(|keys| format!("[{section}]\n{keys}\n"));
            assert_eq!(weakened(&high, &low), format!("settings.{told}"));
            // Other kinds of evidence have no order.
            if !told.ends_with("proofs") {
                assert_eq!(weakened(&low, &high), "", "{told}");
            }
            assert_eq!(weakened(&low, &low), "", "{told}");
        }
    }

    #[test]
    fn to_name_no_assignments_any_more_is_weakened() {
        let two = "assignments = [\"assignments/a.yaml\", \"assignments/b.yaml\"]\n";
        let one = "assignments = [\"assignments/a.yaml\"]\n";
        let told = "settings.package.assignments assignments/a.yaml, assignments/b.yaml -";
        assert_eq!(weakened(two, ""), told);
        // Who is left out with one file of several is reported by name.
        for (old, new) in [(two, one), (one, two), ("", two), (two, two)] {
            assert_eq!(weakened(old, new), "");
        }
    }

    #[test]
    fn what_demands_nothing_of_a_change_is_not_compared() {
        let free = "[limits]\nbytes = 9\ndepth = 9\n[test]\nat = 2026-01-01\n[compile]\nroles = \"both\"\n";
        assert_eq!(weakened("", free), "");
        assert_eq!(weakened(free, ""), "");
    }
}
