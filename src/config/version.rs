//! Semantic versions (semver.org 2.0.0): their order, and the next one by a step.

use std::fmt;

use semver::{BuildMetadata, Prerelease};

/// A semantic version without build metadata, which has no say in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(semver::Version);

/// How far a version goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Not at all.
    None,
    /// The third number.
    Patch,
    /// The second number.
    Minor,
    /// The first number.
    Major,
}

impl Step {
    /// All steps with their names in `gatewright.toml`.
    pub const NAMES: [(&'static str, Self); 4] =
        [("none", Self::None), ("patch", Self::Patch), ("minor", Self::Minor), ("major", Self::Major)];

    /// The step with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut known = Self::NAMES.iter();
        known.find(|(known, _)| *known == name).map(|(_, step)| *step)
    }

    /// Its name in `gatewright.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl Version {
    /// Reads a version. `None` for anything else, and for numbers beyond 64 bits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let version = semver::Version::parse(text).ok()?;
        Some(Self(semver::Version { build: BuildMetadata::EMPTY, ..version }))
    }

    /// The version before all others that are released.
    #[must_use]
    pub fn zero() -> Self {
        Self(semver::Version::new(0, 0, 0))
    }

    fn core(&self) -> [u64; 3] {
        [self.0.major, self.0.minor, self.0.patch]
    }

    /// The version that a step leads to; a pre-release that stands before such a version leads to that one. Below 1.0.0 a
    /// major step raises the second number: the first major version is a promise that nobody makes by accident. `None` past
    /// the last number.
    #[must_use]
    pub fn next(&self, step: Step) -> Option<Self> {
        let [major, minor, patch] = self.core();
        let before = self.0.pre != Prerelease::EMPTY;
        let step = match step {
            Step::Major if major == 0 => Step::Minor,
            step => step,
        };
        let [major, minor, patch] = match step {
            Step::None => return Some(self.clone()),
            Step::Patch if before => [major, minor, patch],
            Step::Patch => [major, minor, patch.checked_add(1)?],
            Step::Minor if before && patch == 0 => [major, minor, 0],
            Step::Minor => [major, minor.checked_add(1)?, 0],
            Step::Major if before && minor == 0 && patch == 0 => [major, 0, 0],
            Step::Major => [major.checked_add(1)?, 0, 0],
        };
        Some(Self(semver::Version::new(major, minor, patch)))
    }

    /// Whether a version goes at least as far beyond this one as a step asks: the numbers of the next version or higher ones, a
    /// pre-release of it included. Without a step it must only not go back.
    #[must_use]
    pub fn is_followed_by(&self, other: &Self, step: Step) -> bool {
        match step {
            Step::None => other >= self,
            _ => other > self && self.next(step).is_some_and(|next| other.core() >= next.core()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_semantic() {
        for good in ["0.0.0", "1.20.300", "1.0.0-rc.1", "1.0.0-0a.x-y", "1.0.0+001.a", "1.0.0-a+b-c"] {
            assert!(Version::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.0+",
            "v1.0.0",
            "1.0.0-a..b",
            "1.0.x",
            "1.0.18446744073709551616",
        ] {
            assert!(Version::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn they_are_ordered_as_semver_says() {
        // The chain of semver.org, rule 11.
        let chain = [
            "0.9.10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.9.0",
            "1.10.0",
        ];
        for (at, low) in chain.iter().enumerate() {
            for high in &chain[at + 1..] {
                assert!(version(low) < version(high), "{low} < {high}");
            }
        }
        assert_eq!(version("1.0.0+a"), version("1.0.0+b"));
    }

    #[test]
    fn a_step_leads_to_the_next_version() {
        for (from, step, to) in [
            ("1.4.2", Step::None, "1.4.2"),
            ("1.4.2", Step::Patch, "1.4.3"),
            ("1.4.2", Step::Minor, "1.5.0"),
            ("1.4.2", Step::Major, "2.0.0"),
            ("0.4.2", Step::Major, "0.5.0"),
            ("0.4.2", Step::Minor, "0.5.0"),
            ("1.4.2-rc.1", Step::Patch, "1.4.2"),
            ("1.4.2-rc.1", Step::Minor, "1.5.0"),
            ("1.5.0-rc.1", Step::Minor, "1.5.0"),
            ("1.5.0-rc.1", Step::Major, "2.0.0"),
            ("2.0.0-rc.1", Step::Major, "2.0.0"),
            ("1.4.2+build", Step::Patch, "1.4.3"),
        ] {
            let next = version(from).next(step).unwrap();
            assert_eq!(next.to_string(), to, "{from} by {step:?}");
            assert!(version(from).is_followed_by(&next, step));
        }
        assert_eq!(version("18446744073709551615.0.0").next(Step::Major), None);
    }

    #[test]
    fn a_version_goes_far_enough_or_not() {
        for (from, to, step, enough) in [
            ("1.4.0", "1.4.0", Step::None, true),
            ("1.4.0", "1.3.9", Step::None, false),
            ("1.4.0", "1.4.0", Step::Patch, false),
            ("1.4.0", "1.4.1", Step::Minor, false),
            ("1.4.0", "1.5.0-rc.1", Step::Minor, true),
            ("1.4.0", "2.0.0", Step::Minor, true),
            ("1.4.0-rc.1", "1.4.0-rc.1", Step::Patch, false),
            ("1.4.0-rc.1", "1.4.0-rc.2", Step::Patch, true),
        ] {
            let is_enough = version(from).is_followed_by(&version(to), step);
            assert_eq!(is_enough, enough, "{from} to {to} by {step:?}");
        }
    }
}
