//! `gatewright why`: the decisions of a test, explained.

use std::path::Path;

use crate::cli::args::{Format, Why, with_package};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::report::results;
use crate::scenario;

use super::package::here;
use super::questions;
use super::questions::About;

pub(in crate::cli) fn run(args: &Why, console: &mut Console) -> Result<Exit, CliError> {
    let Some((folder, [named])) = with_package(&args.what) else {
        return Ok(Exit::CouldNotRun);
    };
    let (path, test) = match named.split_once('#') {
        Some((path, test)) => (path, Some(test)),
        None => (named, None),
    };
    let folder = match folder {
        Some(folder) => folder,
        None => here()?,
    };
    let file = inside(path, &folder);
    questions::ask(
        Some(&folder),
        &args.when,
        About::File(&file),
        args.output.format,
        console,
        |package, suites, console| {
            let told = scenario::why(&suites.suites, suites.policy(), &file, test)?;
            let root = package.root();
            let files = package.files(&root);
            console.print(&match args.output.format {
                Format::Json => results::why_json(&told, files),
                _ => results::why(&told, files, console.style()),
            })?;
            Ok(if told.iter().all(scenario::Why::holds) { Exit::Ok } else { Exit::PolicyFails })
        },
    )
}

/// A path as the package names it, be it written from the package's folder or from where the user stands.
fn inside(path: &str, folder: &Path) -> String {
    let path = Path::new(path);
    let path = path.strip_prefix(folder).or_else(|_| path.strip_prefix(".")).unwrap_or(path);
    path.display().to_string()
}
