//! Arguments of coverage: whether it is measured, and how much there must be.

use clap::Args as ClapArgs;

use crate::scenario::{Aspect, Minimum};

/// Whether coverage is measured, and how much there must be.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CoverageArgs {
    /// Measure what the tests show of the policy: grants, denials, break-glass and conditions
    #[arg(long)]
    pub(in crate::cli) coverage: bool,
    /// Fail if less than N percent of each kind is shown, or of one kind: grants, denials, break-glass or conditions (can be
    /// repeated)
    #[arg(long = "min", value_name = "N|KIND=N", requires = "coverage")]
    min: Vec<MinArg>,
    /// Measure only statements whose meaning changed since a git revision
    #[arg(long, value_name = "REV", requires = "coverage")]
    pub(in crate::cli) changed_since: Option<String>,
}

impl CoverageArgs {
    /// How much there must be. Of two minimums for one kind the higher one counts.
    pub(in crate::cli) fn minimum(&self) -> Minimum {
        let mut minimum = Minimum::default();
        for MinArg { aspect, percent } in &self.min {
            match aspect {
                None => minimum.all = minimum.all.max(Some(*percent)),
                Some(aspect) => {
                    let known = minimum.of.entry(*aspect).or_default();
                    *known = (*known).max(*percent);
                }
            }
        }
        minimum
    }
}

/// `N` or `KIND=N` of `--min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MinArg {
    aspect: Option<Aspect>,
    percent: u32,
}

impl std::str::FromStr for MinArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (aspect, number) = match text.split_once('=') {
            None => (None, text),
            Some((name, number)) => {
                let names = Aspect::ALL.map(Aspect::name).join(", ");
                let aspect = Aspect::by_name(name);
                (Some(aspect.ok_or_else(|| format!("unknown kind `{name}`, expected one of {names}"))?), number)
            }
        };
        let percent = number.parse().ok().filter(|percent| *percent <= 100);
        let percent =
            percent.ok_or_else(|| format!("expected percents from 0 to 100, such as `90`, not `{number}`"))?;
        Ok(Self { aspect, percent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_is_of_all_kinds_or_of_one() {
        let args = |min: &[&str]| CoverageArgs {
            coverage: true,
            min: min.iter().map(|text| text.parse().unwrap()).collect(),
            changed_since: None,
        };
        let minimum = args(&["95", "grants=100", "90", "grants=50", "conditions=20"]).minimum();
        let least = Aspect::ALL.map(|aspect| minimum.least(aspect).unwrap());
        assert_eq!(least, [100, 95, 95, 20]);
        assert_eq!(args(&["denials=1"]).minimum().least(Aspect::Grants), None);
        for wrong in ["101", "-1", "x", "", "grants", "grants=", "grant=5", "grants=101", "=5", "9.5"] {
            assert!(wrong.parse::<MinArg>().is_err(), "{wrong}");
        }
    }
}
