//! `gatewright check`: everything that is wrong with a package.

use crate::cli::args::{Check, Format};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

use super::baseline::Proofs;
use super::package::Package;
use super::{baseline, fix};

pub(in crate::cli) fn run(args: &Check, console: &mut Console) -> Result<Exit, CliError> {
    args.output.asked().clear()?;
    let mut package = Package::check(&args.package, &args.lints)?;
    if args.fix {
        fix::run(args, &package, console)?;
        if !args.dry_run {
            package = Package::check(&args.package, &args.lints)?;
        }
    }
    package.read_beside()?;
    let diagnostics = &baseline::apply(&args.baseline, &package, Proofs::LeftOut)?;
    if args.output.format == Format::Human && diagnostics.is_empty() {
        console.print(&format!("{}: no problems found\n", package.named))?;
    }
    let exit = package.show(diagnostics, args.output.asked(), console);
    // The process ends here, and taking a large package apart piece by piece takes as long as a stage.
    std::mem::forget(package);
    exit
}
