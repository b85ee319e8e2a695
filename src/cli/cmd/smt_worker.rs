//! The hidden verb by which a process of this binary is a solver.

use std::io;

use crate::analysis::solver;
use crate::analysis::solver::Limits;
use crate::cli::args::SmtWorker;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

pub(in crate::cli) fn run(args: &SmtWorker) -> Result<Exit, CliError> {
    let limits = Limits {
        resources: args.resources,
        milliseconds: args.milliseconds,
    };
    solver::work(&args.folder, limits, io::stdin().lock(), io::stdout().lock())?;
    Ok(Exit::Ok)
}
