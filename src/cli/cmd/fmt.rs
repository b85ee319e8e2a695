//! `gatewright fmt`: Gate files in their one style. What does not parse is shown and left alone.

use std::path::Path;

use crate::cli::args::Fmt;
use crate::cli::console::Console;
use crate::cli::error::{CliError, GATE_FILES};
use crate::cli::exit::Exit;
use crate::diag::Diagnostics;
use crate::load::{Alone, LoadError, PackageFiles};
use crate::report::Files;
use crate::syntax::Limits;
use crate::text::Sources;
use crate::{load, report, syntax};

use super::package::here;

/// The limits are those of a package, which a file by itself does not know; any that is possible will do.
const LIMITS: Limits = Limits { bytes: load::MAX_FILE_BYTES as usize, depth: syntax::MAX_DEPTH };

pub(in crate::cli) fn run(args: &Fmt, console: &mut Console) -> Result<Exit, CliError> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return standard_input(args, console);
    }
    let mut faults = Diagnostics::new();
    let paths = match args.paths.as_slice() {
        [] => vec![here()?],
        named => named.to_owned(),
    };
    let loaded = load::load_gate(&paths, &mut faults).map_err(|error| match error {
        LoadError::Missing(path) => CliError::NoFile { path, expected: GATE_FILES },
        error => error.into(),
    })?;
    let names = loaded.gate.iter().map(|file| loaded.sources.name(*file));
    if let Some(other) = names.clone().find(|name| !name.ends_with(".gate")) {
        return Err(CliError::NotGate { path: other.to_owned() });
    }
    if loaded.gate.is_empty() && faults.is_empty() {
        return Err(CliError::NothingToFormat);
    }
    let changed = format(args, &loaded, &mut faults, console)?;
    show(&faults, &loaded.sources, console)?;
    Ok(if faults.has_errors() || (args.check && changed > 0) { Exit::PolicyFails } else { Exit::Ok })
}

/// Formats the files, or names them, and counts those that change.
fn format(
    args: &Fmt,
    loaded: &PackageFiles,
    faults: &mut Diagnostics,
    console: &mut Console,
) -> Result<usize, CliError> {
    let mut changed = 0;
    for file in &loaded.gate {
        // What is not UTF-8 was replaced when it was read; it must not be written back so.
        if faults.iter().any(|fault| fault.primary().is_some_and(|span| span.file == *file)) {
            continue;
        }
        let name = loaded.sources.name(*file);
        match syntax::format(&loaded.sources, *file, &LIMITS) {
            Ok(text) if text == loaded.sources.text(*file) => {}
            Ok(text) => {
                changed += 1;
                let done = if args.check { "would format" } else { "formatted" };
                console.print(&format!("{done} {}\n", report::printable(name)))?;
                if !args.check {
                    load::write_atomic(Path::new(name), text.as_bytes())?;
                }
            }
            Err(found) => faults.extend(found),
        }
    }
    Ok(changed)
}

/// Formats standard input to standard output, as editors want it.
fn standard_input(args: &Fmt, console: &mut Console) -> Result<Exit, CliError> {
    let mut sources = Sources::default();
    let mut faults = Diagnostics::new();
    let name = "<standard input>".to_owned();
    let file = load::add_text(&mut sources, name, console.read_all()?, Alone::Gate, &mut faults);
    if faults.has_errors() {
        show(&faults, &sources, console)?;
        return Ok(Exit::PolicyFails);
    }
    match syntax::format(&sources, file, &LIMITS) {
        Ok(text) if args.check => Ok(if text == sources.text(file) { Exit::Ok } else { Exit::PolicyFails }),
        Ok(text) => {
            console.print_exactly(&text)?;
            Ok(Exit::Ok)
        }
        Err(faults) => {
            show(&faults, &sources, console)?;
            Ok(Exit::PolicyFails)
        }
    }
}

fn show(faults: &Diagnostics, sources: &Sources, console: &mut Console) -> Result<(), CliError> {
    console.print(&report::diagnostics(faults, Files::new(sources), console.style()))
}
