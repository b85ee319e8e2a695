//! `gatewright bundle`: a package as one file, and what can be done with such a file.

mod assemble;
mod diff;
mod inspect;
mod make;
pub(super) mod opened;
pub(super) mod rebuild;
pub(super) mod shipped;
#[cfg(feature = "signing")]
pub(super) mod sign;
#[cfg(feature = "signing")]
pub(super) mod statements;
pub(super) mod told;
#[cfg_attr(not(feature = "signing"), path = "no_trust.rs")]
pub(super) mod trust;
mod verify;
mod vouched;

use crate::cli::args::{Bundle, BundleStep};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
#[cfg(not(feature = "signing"))]
use crate::cli::left_out::LeftOut;

pub(in crate::cli) fn run(args: &Bundle, console: &mut Console) -> Result<Exit, CliError> {
    match &args.step {
        #[cfg(feature = "signing")]
        Some(BundleStep::Sign(args)) => sign::run(args, console),
        Some(BundleStep::Inspect(args)) => inspect::run(args, console),
        Some(BundleStep::Diff(args)) => diff::run(args, console),
        Some(BundleStep::Verify(args)) => verify::run(args, console),
        #[cfg(not(feature = "signing"))]
        Some(BundleStep::Sign(_)) => Err(LeftOut { verb: "bundle sign", feature: "signing" }.into()),
        None => make::run(&args.make, &args.budget, &args.output, console),
    }
}
