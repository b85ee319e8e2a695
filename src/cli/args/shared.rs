//! Arguments that several verbs share: what to read, which lints, how to show the result.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use crate::text::Instant;

use super::format::{Format, one_of};

/// What to read.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PackageArgs {
    /// Folder with `gatewright.toml` and `policy/`, or one or more `.cedar` files [default: the package that contains the
    /// current folder]
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) package: Vec<PathBuf>,
    /// Schema of the `.cedar` files
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) schema: Option<PathBuf>,
    /// Entities for the `.cedar` files, as Cedar JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) entities: Option<PathBuf>,
    /// Template links for the `.cedar` files, as Cedar JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) links: Option<PathBuf>,
    /// Evaluate as of this date, such as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(in crate::cli) at: Option<Instant>,
    /// Read the folder from a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) at_rev: Option<String>,
}

/// What to read, for verbs that need a package's folder.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FolderArgs {
    /// Folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "PACKAGE")]
    pub(in crate::cli) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) when: WhenArgs,
}

/// As of when a package's folder is read.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WhenArgs {
    /// Evaluate as of this date, such as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(in crate::cli) at: Option<Instant>,
    /// Read the folder from a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) at_rev: Option<String>,
}

impl PackageArgs {
    /// A package's folder; `None`: the one that contains the current folder.
    pub(in crate::cli) fn of(folder: Option<PathBuf>, at: Option<Instant>, at_rev: Option<String>) -> Self {
        Self { package: folder.into_iter().collect(), schema: None, entities: None, links: None, at, at_rev }
    }
}

impl From<&FolderArgs> for PackageArgs {
    fn from(args: &FolderArgs) -> Self {
        Self::of(args.folder.clone(), args.when.at, args.when.at_rev.clone())
    }
}

/// The last words that a verb needs, and the package's folder if it stands before them.
pub(in crate::cli) fn with_package<const N: usize>(words: &[String]) -> Option<(Option<PathBuf>, [&str; N])> {
    let (before, last) = words.split_last_chunk::<N>()?;
    Some((before.first().map(PathBuf::from), last.each_ref().map(String::as_str)))
}

/// How to show an answer.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AnswerArgs {
    /// Output format: for people or for programs
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::ANSWERS))]
    pub(in crate::cli) format: Format,
}

/// Which lints, at which level.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct LintArgs {
    /// Silence a lint (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(in crate::cli) allow: Vec<String>,
    /// Show a lint without failing (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(in crate::cli) warn: Vec<String>,
    /// Fail on a lint (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(in crate::cli) deny: Vec<String>,
}

/// Whether lints may prove, and how long.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct ProofArgs {
    /// Skip the lints that need proofs
    #[arg(long, conflicts_with_all = ["rlimit_per", "time"])]
    pub(in crate::cli) no_proofs: bool,
    #[command(flatten)]
    pub(in crate::cli) budget: BudgetArgs,
}

/// What proofs may take.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct BudgetArgs {
    /// Solver resource units per question; the same on every machine
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) rlimit_per: Option<u64>,
    /// Seconds for all proofs; questions not answered by then are unknown
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::cli) time: Option<u64>,
}

/// Which findings are known.
#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct BaselineArgs {
    /// Ignore the lint findings that this file lists; stale entries are errors
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Write the baseline: all findings if the file does not exist, else only the entries that still match
    #[arg(long, requires = "baseline")]
    pub(in crate::cli) write_baseline: bool,
}

/// How to show what was found.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OutputArgs {
    /// Output format: for people, for programs, or as GitHub workflow commands
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::RUNS))]
    pub(in crate::cli) format: Format,
}

/// How to show findings.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FindingsArgs {
    /// Output format: for people, for programs, as GitHub workflow commands, or for code scanning
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::FINDINGS))]
    pub(in crate::cli) format: Format,
}

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColourChoice {
    Auto,
    Always,
    Never,
}

/// `FORMAT=PATH` of `--report`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct ReportArg {
    pub(in crate::cli) format: Format,
    pub(in crate::cli) path: PathBuf,
}

impl std::str::FromStr for ReportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("expected FORMAT=PATH, such as `junit=target/junit.xml`")?;
        let format = Format::among(Format::REPORTS, format).ok_or_else(|| {
            let names: Vec<&str> = Format::REPORTS.iter().map(|format| format.name()).collect();
            format!("unknown format `{format}`, expected one of {}", names.join(", "))
        })?;
        Ok(Self { format, path: path.into() })
    }
}

pub(super) fn date(text: &str) -> Result<Instant, String> {
    Instant::parse_either(text).ok_or_else(|| {
        "expected a date, such as `2026-03-01`, or an instant with a time zone, such as `2026-03-01T10:00:00Z`".into()
    })
}

pub(super) fn part(text: &str) -> Result<(usize, NonZeroUsize), String> {
    let parsed = text
        .split_once('/')
        .and_then(|(part, of)| Some((part.parse::<usize>().ok()?, of.parse::<NonZeroUsize>().ok()?)));
    parsed
        .filter(|(part, of)| (1..=of.get()).contains(part))
        .ok_or_else(|| "expected PART/PARTS, such as `2/8`, counted from 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_a_format_and_a_path() {
        let report: ReportArg = "junit=a=b.xml".parse().unwrap();
        assert_eq!((report.format, report.path), (Format::Junit, "a=b.xml".into()));
        for wrong in ["junit", "junit=", "=x", "pdf=x"] {
            assert!(wrong.parse::<ReportArg>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_package_stands_before_the_words_that_must_be_there() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        assert_eq!(with_package(&words("a b")), Some((None, ["a", "b"])));
        assert_eq!(with_package(&words("p a b")), Some((Some("p".into()), ["a", "b"])));
        assert_eq!(with_package::<2>(&words("a")), None);
    }

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!(part("2/8"), Ok((2, NonZeroUsize::new(8).unwrap())));
        for wrong in ["0/8", "9/8", "1/0", "2", "/8", "a/b", "-1/2", ""] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_are_days_or_instants_with_a_zone() {
        assert_eq!(date("2026-03-01"), date("2026-03-01T00:00:00Z"));
        for wrong in ["yesterday", "2026-3-1", "2026-02-30", "2026-03-01T00:00:00"] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
    }
}
