//! The arguments of every verb. Help texts start with an imperative, hold no full stop, and end in an example.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap_complete::Shell;

use crate::text::Instant;

/// Write authorization in Gate, lint it, compile it to Cedar, test it by scenarios
#[derive(Debug, Parser)]
#[command(
    name = "gatewright",
    version,
    max_term_width = 100,
    after_help = "\
Start with:
  gatewright init shop && gatewright test shop

Exit codes:
  0  done, and nothing is wrong with the policy
  1  the policy fails: a fault, an error-level lint, a failed or changed test
  2  could not run: wrong usage, a file that cannot be read or written"
)]
pub(super) struct Args {
    /// When to write colours (`NO_COLOR` is honoured)
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub(super) color: ColourChoice,
    /// What to do
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Check(Check),
    Lint(Lint),
    Explain(Explain),
    Fmt(Fmt),
    Build(Build),
    Test(Test),
    WhoCan(WhoCan),
    WhatCan(WhatCan),
    Why(Why),
    Graph(Graph),
    Init(Init),
    Completions(Completions),
}

/// Say everything that is wrong with a package: faults and lints
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright check examples/marketplace
  gatewright check policies.cedar --schema schema.cedarschema
  gatewright check . --format json")]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) package: PackageArgs,
    #[command(flatten)]
    pub(super) lints: LintArgs,
    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Show the findings of the lints only, or list the lints
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright lint --list
  gatewright lint examples/marketplace --deny unused-name
  gatewright lint . --allow past-until
  gatewright lint . --baseline lints.json --write-baseline")]
pub(super) struct Lint {
    /// List every lint with its default level, and run none
    #[arg(long, exclusive = true)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) package: PackageArgs,
    #[command(flatten)]
    pub(super) lints: LintArgs,
    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Explain a diagnostic or a lint by its code
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright explain unknown-name")]
pub(super) struct Explain {
    /// The code, as it stands in brackets after `error` or `warning`
    #[arg(value_name = "CODE")]
    pub(super) code: String,
}

/// Format Gate files in their one style
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright fmt .                     format every .gate file below this folder
  gatewright fmt --check examples/*    change nothing, exit 1 if anything would change
  gatewright fmt - < policy.gate       format standard input to standard output")]
pub(super) struct Fmt {
    /// Change no file; name those that would change
    #[arg(long)]
    pub(super) check: bool,
    /// `.gate` files, folders that hold them, or `-` for standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(super) paths: Vec<PathBuf>,
}

/// Compile a package to Cedar, with its schema, roles, source map and manifest
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright build examples/marketplace --out target/marketplace")]
pub(super) struct Build {
    #[command(flatten)]
    pub(super) package: PackageArgs,
    /// The folder to write, created or brought up to date; it must hold nothing but an earlier build
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) lints: LintArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Run the scenarios of a package
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright test examples/marketplace
  gatewright test . --filter break-glass --report junit=target/junit.xml
  gatewright test . --accept           accept new and changed snapshots")]
pub(super) struct Test {
    #[command(flatten)]
    pub(super) package: PackageArgs,
    /// Accept every new or changed snapshot (refused under CI=true)
    #[arg(long, conflicts_with_all = ["review", "at_rev"])]
    pub(super) accept: bool,
    /// Show every new or changed snapshot and ask whether to accept it (refused under CI=true)
    #[arg(long, conflicts_with = "at_rev")]
    pub(super) review: bool,
    /// Run only tests whose `SUITE: TEST` holds this text
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// Write a report: json, junit, github or markdown (can be repeated; `-` is standard output)
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(super) reports: Vec<ReportArg>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Say who can do an action to a resource, and by which statement
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright who-can examples/marketplace payouts approve p1 --in calm
  gatewright who-can examples/marketplace payouts Payout.read p1 --format json")]
pub(super) struct WhoCan {
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    /// The suite whose fixtures are asked about, by its `suite:` name
    #[arg(value_name = "SUITE")]
    pub(super) suite: String,
    /// The action, `approve` or `Payout.approve`
    #[arg(value_name = "ACTION")]
    pub(super) action: String,
    /// The resource, a fixture of the suite
    #[arg(value_name = "RESOURCE")]
    pub(super) resource: String,
    /// The context, a fixture of the suite [default: none, which may leave decisions unknown]
    #[arg(long = "in", value_name = "CONTEXT")]
    pub(super) context: Option<String>,
    #[command(flatten)]
    pub(super) output: AnswerArgs,
}

/// Say what a principal can do to every resource, and by which statement
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright what-can examples/marketplace payouts fred --in calm
  gatewright what-can examples/marketplace payouts fred --in calm --format json")]
pub(super) struct WhatCan {
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    /// The suite whose fixtures are asked about, by its `suite:` name
    #[arg(value_name = "SUITE")]
    pub(super) suite: String,
    /// The principal, a fixture of the suite
    #[arg(value_name = "PRINCIPAL")]
    pub(super) principal: String,
    /// The context, a fixture of the suite [default: none, which may leave decisions unknown]
    #[arg(long = "in", value_name = "CONTEXT")]
    pub(super) context: Option<String>,
    #[command(flatten)]
    pub(super) output: AnswerArgs,
}

/// Explain the decisions of a test, clause by clause
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright why examples/marketplace payouts.yaml
  gatewright why examples/marketplace 'payouts.yaml#nobody else can'")]
pub(super) struct Why {
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    /// The suite's file, and after `#` the name of a test or a part of it [default: all its tests]
    #[arg(value_name = "SCENARIO-FILE[#TEST]")]
    pub(super) test: String,
    #[command(flatten)]
    pub(super) output: AnswerArgs,
}

/// Draw roles, inheritance, grants and break-glass profiles
#[derive(Debug, ClapArgs)]
#[command(
    group = clap::ArgGroup::new("language").multiple(false),
    after_help = "\
Examples:
  gatewright graph examples/marketplace --svg > marketplace.svg
  gatewright graph examples/marketplace --dot | dot -Tpdf > marketplace.pdf
  gatewright graph examples/marketplace --mermaid --at-rev HEAD~1"
)]
pub(super) struct Graph {
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    /// Write the language of Graphviz; this is the default
    #[arg(long, group = "language")]
    pub(super) dot: bool,
    /// Write a Mermaid flowchart, which GitHub and GitLab draw in Markdown
    #[arg(long, group = "language")]
    pub(super) mermaid: bool,
    /// Write a picture that needs no other tool
    #[arg(long, group = "language")]
    pub(super) svg: bool,
}

/// Write a small package that checks and passes its tests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright init shop && gatewright test shop")]
pub(super) struct Init {
    /// The folder to write into; no file that exists is touched
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
}

/// Print completions for a shell
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright completions bash > ~/.local/share/bash-completion/completions/gatewright")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

/// What to read.
#[derive(Debug, ClapArgs)]
pub(super) struct PackageArgs {
    /// Folder with `gatewright.toml` and `policy/`, or one or more `.cedar` files
    #[arg(required = true, value_name = "PACKAGE")]
    pub(super) package: Vec<PathBuf>,
    /// Schema of the `.cedar` files
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Option<PathBuf>,
    /// Entities of the `.cedar` files, as Cedar JSON
    #[arg(long, value_name = "FILE")]
    pub(super) entities: Option<PathBuf>,
    /// Links of the templates in the `.cedar` files, as Cedar JSON
    #[arg(long, value_name = "FILE")]
    pub(super) links: Option<PathBuf>,
    /// The date for what depends on today's, as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) at: Option<Instant>,
    /// Read the folder as it is in a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(super) at_rev: Option<String>,
}

/// What to read, for verbs that need a package's folder.
#[derive(Debug, ClapArgs)]
pub(super) struct FolderArgs {
    /// Folder with `gatewright.toml` and `policy/`
    #[arg(value_name = "PACKAGE")]
    pub(super) folder: PathBuf,
    /// The date for what depends on today's, as `2026-03-01` [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) at: Option<Instant>,
    /// Read the folder as it is in a git revision, without a checkout
    #[arg(long, value_name = "REV")]
    pub(super) at_rev: Option<String>,
}

impl From<&FolderArgs> for PackageArgs {
    fn from(args: &FolderArgs) -> Self {
        Self {
            package: vec![args.folder.clone()],
            schema: None,
            entities: None,
            links: None,
            at: args.at,
            at_rev: args.at_rev.clone(),
        }
    }
}

/// How to show an answer.
#[derive(Debug, ClapArgs)]
pub(super) struct AnswerArgs {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    pub(super) format: AnswerFormat,
}

/// How to show an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AnswerFormat {
    Human,
    Json,
}

impl From<AnswerFormat> for Format {
    fn from(format: AnswerFormat) -> Self {
        match format {
            AnswerFormat::Human => Self::Human,
            AnswerFormat::Json => Self::Json,
        }
    }
}

/// Which lints, at which level.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct LintArgs {
    /// Silence a lint (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(super) allow: Vec<String>,
    /// Show a lint without failing (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(super) warn: Vec<String>,
    /// Fail on a lint (can be repeated)
    #[arg(long, value_name = "LINT")]
    pub(super) deny: Vec<String>,
}

/// Which findings are known.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct BaselineArgs {
    /// Leave out the findings of lints that this file lists; one that it lists in vain is an error
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the baseline: all findings where there is no file yet, else what is left of those in it
    #[arg(long, requires = "baseline")]
    pub(super) write_baseline: bool,
}

/// How to show what was found.
#[derive(Debug, ClapArgs)]
pub(super) struct OutputArgs {
    /// For people, for programs, or as GitHub workflow commands
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// How to show what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
    Github,
}

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColourChoice {
    Auto,
    Always,
    Never,
}

/// `FORMAT=PATH` of `--report`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportArg {
    pub(super) format: ReportFormat,
    pub(super) path: PathBuf,
}

/// A format of `--report`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    Json,
    Junit,
    Github,
    Markdown,
}

impl std::str::FromStr for ReportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("expected FORMAT=PATH, as `junit=target/junit.xml`")?;
        let format = ReportFormat::from_str(format, false)
            .map_err(|_| format!("no format `{format}`; there are json, junit, github and markdown"))?;
        Ok(Self {
            format,
            path: path.into(),
        })
    }
}

fn date(text: &str) -> Result<Instant, String> {
    Instant::parse_date(text)
        .or_else(|| Instant::parse(text))
        .ok_or_else(|| {
            "expected a date, as `2026-03-01`, or an instant with its zone, as `2026-03-01T10:00:00Z`".into()
        })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn reports_name_a_format_and_a_path() {
        let report: ReportArg = "junit=a=b.xml".parse().unwrap();
        assert_eq!((report.format, report.path), (ReportFormat::Junit, "a=b.xml".into()));
        for wrong in ["junit", "junit=", "=x", "pdf=x"] {
            assert!(wrong.parse::<ReportArg>().is_err(), "{wrong}");
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
