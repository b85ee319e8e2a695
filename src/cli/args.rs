//! The arguments of every verb. Help texts start with an imperative, hold no full stop, and end in an example.
#![cfg_attr(
    not(all(feature = "prover", feature = "registry", feature = "signing")),
    expect(unused_imports, reason = "arguments of verbs that are left out are parsed, and nobody reads them")
)]

mod bundle;
mod coverage;
mod diff;
mod format;
mod import;
mod key;
mod mutate;
mod output;
mod prove;
mod publish;
mod shared;
mod solver;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;

pub(super) use self::bundle::{
    Bundle, BundleDiff, BundleInspect, BundleMake, BundleSign, BundleStep, BundleVerify, ReleaseArgs, StatementArg,
};
pub(super) use self::coverage::CoverageArgs;
pub(super) use self::diff::{Bump, ComparedArgs, Diff};
pub(super) use self::format::Format;
pub(super) use self::import::{Import, ImportCedar, ImportFrom, ImportK8s};
pub(super) use self::key::{Key, KeyGenerate, KeyInspect, KeyStep, SignerArgs};
pub(super) use self::mutate::Mutate;
pub(super) use self::output::{FindingsArgs, Output, ReportArg, TestOutputArgs};
pub(super) use self::prove::Prove;
pub(super) use self::publish::{
    Channel, ChannelForget, ChannelPromote, ChannelRollback, ChannelShow, ChannelStep, MovingArgs, PlaceArgs, Publish,
    Pull,
};
pub(super) use self::shared::{
    AnswerArgs, BaselineArgs, BudgetArgs, ColourChoice, FolderArgs, LintArgs, OutputArgs, PackageArgs, ProofArgs,
    WhenArgs, with_package,
};
pub(super) use self::solver::{SmtWorker, Solver, SolverStep};

/// Write authorization policies in Gate, lint and test them, and compile them to Cedar
#[derive(Debug, Parser)]
#[command(
    name = "gatewright",
    version,
    max_term_width = 100,
    after_help = "\
Start with:
  gatewright init shop && gatewright test shop

Exit codes:
  0  success: no errors in the policy
  1  policy failure: an error, an error-level lint, a failed or changed test
  2  could not run: wrong usage, or a file that cannot be read or written
  3  not proved: a required proof was neither found nor refuted"
)]
pub(super) struct Args {
    /// When to use colours (respects `NO_COLOR`)
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub(super) color: ColourChoice,
    /// Print failures and the conclusion only, and no progress; exit codes and `--format`s for programs stay the same
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
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
    Mutate(Mutate),
    Prove(Prove),
    WhoCan(WhoCan),
    WhatCan(WhatCan),
    Why(Why),
    Diff(Diff),
    Bump(Bump),
    Bundle(Bundle),
    Key(Key),
    Publish(Publish),
    Pull(Pull),
    Channel(Channel),
    Graph(Graph),
    Init(Init),
    Import(Import),
    Solver(Solver),
    Completions(Completions),
    #[command(name = "__smt-worker", hide = true)]
    SmtWorker(SmtWorker),
}

/// Report all errors and lint findings in a package's policy and suites
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
`check` does not run the lints that prove. `gatewright lint` runs all lints.

Examples:
  gatewright check                     the package that contains the current folder
  gatewright check examples/marketplace
  gatewright check policies.cedar --schema schema.cedarschema
  gatewright check . --format json
  gatewright check . --fix --dry-run   show what can be fixed
  gatewright check . --format sarif > check.sarif")]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) package: PackageArgs,
    /// Apply suggested fixes that are unambiguous, after showing them; then report what remains
    #[arg(long, conflicts_with_all = ["at_rev", "write_baseline"])]
    pub(super) fix: bool,
    /// Show the changes that `--fix` would make, without making them
    #[arg(long, requires = "fix")]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) lints: LintArgs,
    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
    #[command(flatten)]
    pub(super) output: FindingsArgs,
}

/// Run the lints only, or list them
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright lint --list
  gatewright lint examples/marketplace --deny unused-name
  gatewright lint . --allow past-until
  gatewright lint . --no-proofs                    skip lints that prove, as `check` does
  gatewright lint . --time 60                      prove for 60 seconds instead of 600
  gatewright lint . --baseline lints.json --write-baseline

Without `--time`, all proofs together take at most 600 seconds. A question not answered by then is
reported as unknown, at the level of its lint.")]
pub(super) struct Lint {
    /// List all lints with their default level and first version, without running them
    #[arg(long, exclusive = true)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) package: PackageArgs,
    #[command(flatten)]
    pub(super) lints: LintArgs,
    #[command(flatten)]
    pub(super) proofs: ProofArgs,
    #[command(flatten)]
    pub(super) baseline: BaselineArgs,
    #[command(flatten)]
    pub(super) output: FindingsArgs,
}

/// Explain a diagnostic or a lint by its code
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright explain unknown-name")]
pub(super) struct Explain {
    /// The code, shown in brackets after `error` or `warning`
    #[arg(value_name = "CODE")]
    pub(super) code: String,
}

/// Format Gate files
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewright fmt .                     format every .gate file below this folder
  gatewright fmt --check examples/*    change nothing, exit 1 if anything would change
  gatewright fmt - < policy.gate       format standard input to standard output")]
pub(super) struct Fmt {
    /// Change nothing; list the files that would change
    #[arg(long)]
    pub(super) check: bool,
    /// `.gate` files, folders that contain them, or `-` for standard input [default: the package that contains the current
    /// folder]
    #[arg(value_name = "FILE|DIR")]
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
    /// The output folder, created or updated; it must be empty or contain an earlier build
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
  gatewright test . --accept           accept new and changed snapshots
  gatewright test . --coverage --min 95 --min grants=100
  gatewright test . --coverage --changed-since main --min 100 --report lcov=target/lcov.info")]
pub(super) struct Test {
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    /// Accept every new or changed snapshot (refused under CI=true)
    #[arg(long, conflicts_with_all = ["review", "at_rev"])]
    pub(super) accept: bool,
    /// Show every new or changed snapshot and ask whether to accept it (refused under CI=true)
    #[arg(long, conflicts_with = "at_rev")]
    pub(super) review: bool,
    /// Run only tests whose `SUITE: TEST` contains this text
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) coverage: CoverageArgs,
    #[command(flatten)]
    pub(super) output: TestOutputArgs,
}

/// Show who can do an action on a resource, and which statements allow it
#[derive(Debug, ClapArgs)]
#[command(override_usage = "gatewright who-can [OPTIONS] [PACKAGE] SUITE ACTION RESOURCE")]
#[command(after_help = "\
Examples:
  gatewright who-can examples/marketplace payouts approve p1 --in calm
  gatewright who-can payouts Payout.read p1 --format json")]
pub(super) struct WhoCan {
    /// The suite that defines the fixtures, by its `suite:` name; the action, such as `approve` or `Payout.approve`; and
    /// the resource, a fixture of the suite. Before these, optionally, the folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "[PACKAGE] SUITE ACTION RESOURCE", num_args = 1..=4, required = true)]
    pub(super) what: Vec<String>,
    #[command(flatten)]
    pub(super) when: WhenArgs,
    /// The context, a fixture of the suite [default: none; decisions may then be unknown]
    #[arg(long = "in", value_name = "CONTEXT")]
    pub(super) context: Option<String>,
    #[command(flatten)]
    pub(super) output: AnswerArgs,
}

/// Show what a principal can do on every resource, and which statements allow it
#[derive(Debug, ClapArgs)]
#[command(override_usage = "gatewright what-can [OPTIONS] [PACKAGE] SUITE PRINCIPAL")]
#[command(after_help = "\
Examples:
  gatewright what-can examples/marketplace payouts fred --in calm
  gatewright what-can examples/marketplace payouts fred --in calm --format json")]
pub(super) struct WhatCan {
    /// The suite that defines the fixtures, by its `suite:` name; and the principal, a fixture of the suite. Before these,
    /// optionally, the folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "[PACKAGE] SUITE PRINCIPAL", num_args = 1..=3, required = true)]
    pub(super) what: Vec<String>,
    #[command(flatten)]
    pub(super) when: WhenArgs,
    /// The context, a fixture of the suite [default: none; decisions may then be unknown]
    #[arg(long = "in", value_name = "CONTEXT")]
    pub(super) context: Option<String>,
    #[command(flatten)]
    pub(super) output: AnswerArgs,
}

/// Explain the decisions of a test, clause by clause
#[derive(Debug, ClapArgs)]
#[command(override_usage = "gatewright why [OPTIONS] [PACKAGE] SCENARIO-FILE[#TEST]")]
#[command(after_help = "\
Examples:
  gatewright why examples/marketplace payouts.yaml
  gatewright why examples/marketplace 'payouts.yaml#nobody else can'")]
pub(super) struct Why {
    /// The suite's file, optionally followed by `#` and all or part of a test name [default: all its tests]. Before it,
    /// optionally, the folder with `gatewright.toml` and `policy/` [default: the package that contains the current folder]
    #[arg(value_name = "[PACKAGE] SCENARIO-FILE[#TEST]", num_args = 1..=2, required = true)]
    pub(super) what: Vec<String>,
    #[command(flatten)]
    pub(super) when: WhenArgs,
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
    /// Write Graphviz DOT; this is the default
    #[arg(long, group = "language")]
    pub(super) dot: bool,
    /// Write a Mermaid flowchart, which GitHub and GitLab render in Markdown
    #[arg(long, group = "language")]
    pub(super) mermaid: bool,
    /// Write an SVG image; no other tool is needed
    #[arg(long, group = "language")]
    pub(super) svg: bool,
}

/// Create a small package with a policy and passing tests
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright init shop && gatewright test shop")]
pub(super) struct Init {
    /// The folder to write to; existing files are not changed
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
}

/// Print shell completions
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewright completions bash > ~/.local/share/bash-completion/completions/gatewright")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }
}
