//! `gatewright graph`: a package's roles, grants and break-glass profiles as a picture, in one of three languages.

use crate::cli::args::{Graph, LintArgs, PackageArgs};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::report;
use crate::report::graph::Diagram;

use super::package::Package;

pub(in crate::cli) fn run(args: &Graph, console: &mut Console) -> Result<Exit, CliError> {
    let package = Package::check(&PackageArgs::from(&args.folder), &LintArgs::default())?;
    let faults = package.faults();
    if faults.has_errors() {
        // Standard output is a file that somebody will open as a picture.
        console.tell(&package.human(&faults, console.error_style()));
        return Ok(Exit::PolicyFails);
    }
    let title = &package.checked.project.name;
    let diagram = Diagram::of(&package.checked.program, &package.loaded.sources, title);
    let text = match (args.mermaid, args.svg) {
        (true, _) => report::graph::mermaid(&diagram),
        (_, true) => report::graph::svg(&diagram),
        _ => report::graph::dot(&diagram),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}
