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

use crate::cli::args::{Bundle, BundleStep};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

pub(in crate::cli) fn run(args: &Bundle, console: &mut Console) -> Result<Exit, CliError> {
    match &args.step {
        Some(BundleStep::Sign(args)) => sign::run(args, console),
        Some(BundleStep::Inspect(args)) => inspect::run(args, console),
        Some(BundleStep::Diff(args)) => diff::run(args, console),
        Some(BundleStep::Verify(args)) => verify::run(args, console),
        None => make::run(&args.make, &args.budget, &args.output, console),
    }
}
