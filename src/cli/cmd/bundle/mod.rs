//! `gatewright bundle`: a package as one file, and what can be done with such a file.

mod assemble;
mod diff;
mod inspect;
mod make;
pub(super) mod opened;
pub(super) mod rebuild;
pub(super) mod sign;
pub(super) mod statements;
pub(super) mod trust;
pub(super) mod verify;

use crate::cli::args::Bundle;
use crate::cli::args::BundleStep;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

pub(in crate::cli) fn run(args: &Bundle, console: &mut Console) -> Result<Exit, CliError> {
    match (&args.step, &args.make) {
        (Some(BundleStep::Sign(args)), _) => sign::run(args, console),
        (Some(BundleStep::Inspect(args)), _) => inspect::run(args, console),
        (Some(BundleStep::Diff(args)), _) => diff::run(args, console),
        (Some(BundleStep::Verify(args)), _) => verify::run(args, console),
        (None, Some(make)) => make::run(make, &args.budget, &args.output, console),
        (None, None) => Err(CliError::Package {
            message: "`bundle` needs a package",
        }),
    }
}
