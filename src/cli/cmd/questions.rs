//! What who-can, what-can and why share: a package's suites, or what is wrong with them.

use std::path::Path;

use crate::cli::args::{Format, LintArgs, PackageArgs, WhenArgs};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::pipeline::Suites;
use crate::scenario::{Answers, Verdict, suite_in};
use crate::{pipeline, report};

use super::package::Package;

/// Which suites a question is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'a> {
    /// Any of them: each must be free of faults.
    All,
    /// That of one file. Faults of others, say by a statement that is gone, are no answer to it.
    File(&'a str),
}

/// Puts a question to the suites of a package. Faults of the package or of these suites are shown instead.
pub(super) fn ask(
    folder: Option<&Path>,
    when: &WhenArgs,
    about: About<'_>,
    format: Format,
    console: &mut Console,
    question: impl FnOnce(&Package, &Suites<'_>, &mut Console) -> Result<Exit, CliError>,
) -> Result<Exit, CliError> {
    let named = PackageArgs::of(folder.map(Path::to_owned), when.at, when.at_rev.clone());
    let package = Package::check(&named, &LintArgs::default())?;
    let faults = package.faults_of_policy();
    if faults.has_errors() {
        return package.show(&faults, format, console);
    }
    let suites = pipeline::suites(&package.loaded, &package.checked)?;
    let is_read = match about {
        About::All => false,
        About::File(file) => suite_in(&suites.suites, file).is_some(),
    };
    if suites.diagnostics.has_errors() && !is_read {
        return package.show(&suites.diagnostics, format, console);
    }
    question(&package, &suites, console)
}

/// Shows the answers. A decision that errored is a fault of the policy.
pub(super) fn show(answers: &Answers, format: Format, console: &mut Console) -> Result<Exit, CliError> {
    console.print(&match format {
        Format::Json => report::answers_json(answers),
        _ => report::answers(answers),
    })?;
    let errored = answers.decisions.iter().any(|one| one.verdict == Verdict::Error);
    Ok(if errored { Exit::PolicyFails } else { Exit::Ok })
}
