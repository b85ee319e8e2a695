//! In which formats a result is shown on standard output and written to files: `--format` and `--report` of each verb that has
//! both, over the sets in `format`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::format::{Format, one_of};

/// A result in one format on standard output, and in others in files.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Output<'a> {
    pub(in crate::cli) format: Format,
    pub(in crate::cli) reports: &'a [ReportArg],
}

impl From<Format> for Output<'_> {
    fn from(format: Format) -> Self {
        Self { format, reports: &[] }
    }
}

/// `FORMAT=PATH` of `--report`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct ReportArg {
    pub(in crate::cli) format: Format,
    /// `-` for standard output.
    pub(in crate::cli) path: PathBuf,
}

/// How to show findings.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FindingsArgs {
    /// Output format: for people, for programs, as GitHub workflow commands, or for code scanning
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::FINDINGS))]
    pub(in crate::cli) format: Format,
    /// Also write a report: text, json, github, markdown or sarif (can be repeated; `-` for standard output)
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = report_in(Format::FINDING_REPORTS))]
    pub(in crate::cli) reports: Vec<ReportArg>,
}

/// How to show the results of tests.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TestOutputArgs {
    /// Output format: for people, for programs, or as GitHub workflow commands
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::RUNS))]
    pub(in crate::cli) format: Format,
    /// Also write a report: text, json, junit, github, markdown or sarif; with `--coverage` also lcov, cobertura or
    /// annotated (can be repeated; `-` for standard output)
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = report_in(Format::TEST_REPORTS))]
    pub(in crate::cli) reports: Vec<ReportArg>,
}

/// How to show a difference.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct DiffOutputArgs {
    /// Output format: for people, for a pull request, for programs, or as GitHub workflow commands
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::DIFFS))]
    pub(in crate::cli) format: Format,
    /// Also write a report: text, markdown, json or github (can be repeated; `-` for standard output)
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = report_in(Format::DIFFS))]
    pub(in crate::cli) reports: Vec<ReportArg>,
}

/// How to show what was proved or how mutants ended.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OutcomeArgs {
    /// Output format: for people or for programs
    #[arg(long, default_value = Format::Human.name(), value_parser = one_of(Format::ANSWERS))]
    pub(in crate::cli) format: Format,
    /// Also write a report: text or json (can be repeated; `-` for standard output)
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = report_in(Format::ANSWERS))]
    pub(in crate::cli) reports: Vec<ReportArg>,
}

macro_rules! outputs {
    ($($args:ident)*) => {
        $(impl $args {
            /// All formats asked for.
            pub(in crate::cli) fn asked(&self) -> Output<'_> {
                Output { format: self.format, reports: &self.reports }
            }
        })*
    };
}

outputs!(FindingsArgs TestOutputArgs DiffOutputArgs OutcomeArgs);

/// Reads `FORMAT=PATH` with a format of a set.
fn report_in(set: &'static [Format]) -> impl Fn(&str) -> Result<ReportArg, String> + Clone + Send + Sync + 'static {
    move |text| {
        let (name, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("expected FORMAT=PATH, such as `json=target/report.json`")?;
        let format = Format::among(set, name).ok_or_else(|| {
            let names: Vec<&str> = set.iter().map(|format| format.report_name()).collect();
            format!("unknown format `{name}`, expected one of {}", names.join(", "))
        })?;
        Ok(ReportArg { format, path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_a_format_of_their_verb_and_a_path() {
        let parse = report_in(Format::TEST_REPORTS);
        let report = parse("junit=a=b.xml").unwrap();
        assert_eq!((report.format, report.path), (Format::Junit, "a=b.xml".into()));
        for same in ["text=x", "human=x"] {
            assert_eq!(parse(same).unwrap().format, Format::Human, "{same}");
        }
        for wrong in ["junit", "junit=", "=x", "pdf=x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let refused = report_in(Format::ANSWERS)("junit=x").unwrap_err();
        assert_eq!(refused, "unknown format `junit`, expected one of text, json");
    }
}
