//! `gatewright lint`: the findings of the lints alone, or the list of the lints.

use crate::cli::args::Format;
use crate::cli::args::Lint;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::diag::Diagnostics;
use crate::lint;

use super::baseline;
use super::package::Package;

pub(in crate::cli) fn run(args: &Lint, console: &mut Console) -> Result<Exit, CliError> {
    if args.list {
        console.print(&list())?;
        return Ok(Exit::Ok);
    }
    let package = Package::check(&args.package, &args.lints)?;
    // Errors are shown too: what does not compile is only partly linted, and must not pass for clean.
    let all = baseline::apply(&args.baseline, &package)?;
    let shown: Diagnostics = all
        .into_iter()
        .filter(|found| found.is_error() || lint::find(found.code.as_str()).is_some())
        .collect();
    if args.output.format == Format::Human && shown.is_empty() {
        console.print(&format!("{}: no lint finds anything\n", package.named))?;
    }
    package.show(&shown, args.output.format, console)
}

/// Every lint with its default level, the version that brought it and what it finds.
fn list() -> String {
    let widest = |of: fn(&lint::Lint) -> &'static str| lint::all().map(|lint| of(lint).len()).max().unwrap_or(0);
    let (ids, versions) = (widest(lint::Lint::id), widest(|lint| lint.since));
    lint::all()
        .map(|lint| {
            let (id, level, since) = (lint.id(), lint.level.name(), lint.since);
            format!("{id:ids$}  {level:5}  {since:versions$}  {}\n", lint.summary)
        })
        .collect()
}
