//! `gatewright what-can`: everything that a principal of a suite can do.

use crate::cli::args::WhatCan;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::scenario;

use super::questions;
use super::questions::About;

pub(in crate::cli) fn run(args: &WhatCan, console: &mut Console) -> Result<Exit, CliError> {
    questions::ask(
        &args.folder,
        About::All,
        args.output.format,
        console,
        |package, suites, console| {
            let suite = scenario::find_suite(&suites.suites, &args.suite)?;
            let mut answers = scenario::what_can(suite, suites.policy(), &args.principal, args.context.as_deref())?;
            answers.wildcards = package.checked.program.granted_wildcards();
            questions::show(&answers, args.output.format, console)
        },
    )
}
