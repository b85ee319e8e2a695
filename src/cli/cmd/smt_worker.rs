//! The hidden verb by which a process of this binary is a solver.

use std::io::BufRead as _;
use std::sync::mpsc;
use std::{io, thread};

use crate::analysis::solver;
use crate::analysis::solver::{Limits, WorkerError};
use crate::cli::args::SmtWorker;
use crate::cli::error::{CliError, Hinted};
use crate::cli::exit::Exit;

pub(in crate::cli) fn run(args: &SmtWorker) -> Result<Exit, CliError> {
    let limits = Limits { resources: args.resources, milliseconds: args.milliseconds };
    solver::work(&args.folder, limits, lines()?, io::stdout().lock())?;
    Ok(Exit::Ok)
}

impl Hinted for WorkerError {
    fn hint(&self) -> Option<String> {
        Some("run `gatewright solver status` to see which solver is used".to_owned())
    }
}

/// The lines of standard input. At its end nobody waits for an answer any more, be the worker in the middle of one: whoever
/// asked has ended, and must not leave a process behind that goes on for minutes.
#[expect(
    clippy::disallowed_methods,
    reason = "the solver cannot be interrupted, and nobody is left to read an exit code"
)]
fn lines() -> Result<mpsc::IntoIter<io::Result<String>>, CliError> {
    let (sender, lines) = mpsc::channel();
    let read = move || {
        for line in io::stdin().lock().lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
        std::process::exit(0);
    };
    thread::Builder::new().name("questions".to_owned()).spawn(read).map_err(WorkerError::Stream)?;
    Ok(lines.into_iter())
}
