//! The arguments of every verb. Help texts start with an imperative, hold no full stop, and end in an example.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap_complete::Shell;

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
    Explain(Explain),
    Init(Init),
    Completions(Completions),
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

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColourChoice {
    Auto,
    Always,
    Never,
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
