//! The output formats, once, with the set that each kind of output has.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// GitHub workflow commands.
    Github,
    /// For comments and summaries.
    Markdown,
    /// For code scanning.
    Sarif,
    /// For test reports of CI systems.
    Junit,
    /// Coverage, for viewers of LCOV tracefiles.
    Lcov,
    /// Coverage, for CI systems that show Cobertura reports.
    Cobertura,
    /// Coverage, as the sources with what is missing.
    Annotated,
}

impl Format {
    /// Of an answer.
    pub(super) const ANSWERS: &[Self] = &[Self::Human, Self::Json];
    /// Of what a run found.
    pub(super) const RUNS: &[Self] = &[Self::Human, Self::Json, Self::Github];
    /// Of findings.
    pub(super) const FINDINGS: &[Self] = &[Self::Human, Self::Json, Self::Github, Self::Sarif];
    /// Of a difference.
    pub(super) const DIFFS: &[Self] = &[Self::Human, Self::Markdown, Self::Json, Self::Github];
    /// Of findings in a file.
    pub(super) const FINDING_REPORTS: &[Self] = &[Self::Human, Self::Json, Self::Github, Self::Markdown, Self::Sarif];
    /// Of the results of tests in a file.
    pub(super) const TEST_REPORTS: &[Self] = &[
        Self::Human,
        Self::Json,
        Self::Junit,
        Self::Github,
        Self::Markdown,
        Self::Sarif,
        Self::Lcov,
        Self::Cobertura,
        Self::Annotated,
    ];

    /// Its name on the command line.
    pub(in crate::cli) const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Github => "github",
            Self::Markdown => "markdown",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Lcov => "lcov",
            Self::Cobertura => "cobertura",
            Self::Annotated => "annotated",
        }
    }

    /// Its name in a report: a file for people is text.
    pub(super) const fn report_name(self) -> &'static str {
        match self {
            Self::Human => "text",
            format => format.name(),
        }
    }

    /// Whether it shows coverage, and nothing else.
    pub(in crate::cli) const fn is_coverage(self) -> bool {
        matches!(self, Self::Lcov | Self::Cobertura | Self::Annotated)
    }

    /// The format of a set with a name.
    pub(super) fn among(set: &[Self], name: &str) -> Option<Self> {
        set.iter().copied().find(|format| [format.name(), format.report_name()].contains(&name))
    }
}

/// Reads one of a set.
pub(super) fn one_of(set: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    let names = set.iter().map(|format| PossibleValue::new(format.name()));
    PossibleValuesParser::new(names)
        .try_map(move |name| Format::among(set, &name).ok_or_else(|| format!("unknown format `{name}`")))
}
