//! Semantic versions (semver.org 2.0.0): their order, and the next one by a step.

use std::cmp::Ordering;
use std::fmt;

/// A semantic version. Build metadata is read and left behind: it has no say in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor and patch.
    pub core: [u64; 3],
    /// The identifiers of a pre-release; none for a release.
    pub pre: Vec<String>,
}

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
        let (rest, build) = match text.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (text, None),
        };
        let (core, pre) = match rest.split_once('-') {
            Some((core, pre)) => (core, Some(pre)),
            None => (rest, None),
        };
        let identifier = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let pre: Vec<String> = pre.map_or_else(Vec::new, |pre| pre.split('.').map(str::to_owned).collect());
        let sound = build.is_none_or(|build| build.split('.').all(identifier))
            && pre.iter().all(|part| identifier(part) && (!is_digits(part) || has_no_zero_in_front(part)));
        let mut numbers = core.split('.').map(|part| match is_digits(part) && has_no_zero_in_front(part) {
            true => part.parse::<u64>().ok(),
            false => None,
        });
        let core = [numbers.next()??, numbers.next()??, numbers.next()??];
        (sound && numbers.next().is_none()).then_some(Self { core, pre })
    }

    /// The version that a step leads to; a pre-release that stands before such a version leads to that one. Below 1.0.0 a
    /// major step raises the second number: the first major version is a promise that nobody makes by accident. `None` past
    /// the last number.
    #[must_use]
    pub fn next(&self, step: Step) -> Option<Self> {
        let [major, minor, patch] = self.core;
        let before = !self.pre.is_empty();
        let step = match step {
            Step::Major if major == 0 => Step::Minor,
            step => step,
        };
        let core = match step {
            Step::None => return Some(self.clone()),
            Step::Patch if before => [major, minor, patch],
            Step::Patch => [major, minor, patch.checked_add(1)?],
            Step::Minor if before && patch == 0 => [major, minor, 0],
            Step::Minor => [major, minor.checked_add(1)?, 0],
            Step::Major if before && minor == 0 && patch == 0 => [major, 0, 0],
            Step::Major => [major.checked_add(1)?, 0, 0],
        };
        Some(Self { core, pre: Vec::new() })
    }

    /// Whether a version goes at least as far beyond this one as a step asks: the numbers of the next version or higher ones, a
    /// pre-release of it included. Without a step it must only not go back.
    #[must_use]
    pub fn is_followed_by(&self, other: &Self, step: Step) -> bool {
        match step {
            Step::None => other >= self,
            _ => other > self && self.next(step).is_some_and(|next| other.core >= next.core),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn has_no_zero_in_front(digits: &str) -> bool {
    digits == "0" || !digits.starts_with('0')
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_core = self.core.cmp(&other.core);
        by_core.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            // A release comes after all that stood before it.
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let mut pairs = self.pre.iter().zip(&other.pre).map(|(a, b)| identifiers(a, b));
                let differing = pairs.find(|order| order.is_ne());
                differing.unwrap_or_else(|| self.pre.len().cmp(&other.pre.len()))
            }
        })
    }
}

/// Numbers by their value and before words, words by their characters.
fn identifiers(a: &str, b: &str) -> Ordering {
    match (is_digits(a), is_digits(b)) {
        // Without zeros in front, the longer number is the larger one.
        (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.core;
        write!(f, "{major}.{minor}.{patch}")?;
        match self.pre.is_empty() {
            true => Ok(()),
            false => write!(f, "-{}", self.pre.join(".")),
        }
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
        assert_eq!(version("1.0.0+a").cmp(&version("1.0.0+b")), Ordering::Equal);
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
