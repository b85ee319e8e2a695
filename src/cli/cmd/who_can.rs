//! `gatewright who-can`: everybody who can do an action to a resource of a suite.

use crate::cli::args::{WhoCan, with_package};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::scenario;

use super::questions;
use super::questions::About;

pub(in crate::cli) fn run(args: &WhoCan, console: &mut Console) -> Result<Exit, CliError> {
    let Some((folder, [suite, action, resource])) = with_package(&args.what) else {
        return Err(CliError::Words { verb: "who-can", words: "SUITE ACTION RESOURCE" });
    };
    questions::ask(
        folder.as_deref(),
        &args.when,
        About::All,
        args.output.format,
        console,
        |package, suites, console| {
            let suite = scenario::find_suite(&suites.suites, suite)?;
            let mut answers = scenario::who_can(suite, suites.policy(), action, resource, args.context.as_deref())?;
            answers.wildcards = package.checked.program.granted_wildcards();
            questions::show(&answers, args.output.format, console)
        },
    )
}
