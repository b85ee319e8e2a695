//! `gatewright what-can`: everything that a principal of a suite can do.

use crate::cli::args::{WhatCan, with_package};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::scenario;

use super::questions;
use super::questions::About;

pub(in crate::cli) fn run(args: &WhatCan, console: &mut Console) -> Result<Exit, CliError> {
    let Some((folder, [suite, principal])) = with_package(&args.what) else {
        return Err(CliError::Words { verb: "what-can", words: "SUITE PRINCIPAL" });
    };
    questions::ask(
        folder.as_deref(),
        &args.when,
        About::All,
        args.output.format,
        console,
        |package, suites, console| {
            let suite = scenario::find_suite(&suites.suites, suite)?;
            let mut answers = scenario::what_can(suite, suites.policy(), principal, args.context.as_deref())?;
            answers.wildcards = package.checked.program.granted_wildcards();
            questions::show(&answers, args.output.format, console)
        },
    )
}
