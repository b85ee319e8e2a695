//! `gatewright solver`: the solver that proofs need.

use crate::analysis::solver;
use crate::analysis::solver::{InstallError, Source, Status};
use crate::cli::args::{Solver, SolverStep};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};

pub(in crate::cli) fn run(args: &Solver, console: &mut Console) -> Result<Exit, CliError> {
    match &args.step {
        SolverStep::Install { from } => {
            let source = from.as_deref().map_or(Source::Pip, Source::Wheel);
            let cache = env::cache().ok_or(InstallError::NoCache)?;
            let folder = progress::during("installing the solver", || solver::install(&cache, source))?;
            console.print(&format!("installed in {}\n", folder.display()))?;
            status(console)
        }
        SolverStep::Status => status(console),
    }
}

fn status(console: &mut Console) -> Result<Exit, CliError> {
    let places = env::solver_places();
    let found = solver::needed(&places)?;
    let place = found.place.display();
    console.print(&format!("{}, {}: {place}\n", found.engine.identity(), found.provenance.name()))?;
    match places.cache.as_deref().map(solver::status) {
        Some(Status::Whole { wheel, .. }) => {
            console.print(&format!("the pinned install is intact; its wheel has the SHA-256 {wheel}\n"))?;
        }
        Some(Status::Damaged { folder, file }) => {
            let file = folder.join(file);
            console.print(&format!(
                "warning: `{}` was changed after it was installed; run `gatewright solver install` to replace it\n",
                file.display()
            ))?;
            return Ok(Exit::CouldNotRun);
        }
        Some(Status::Absent) | None => {}
    }
    if let Some(caution) = found.caution() {
        console.print(&format!("warning: {caution}\n"))?;
    }
    Ok(Exit::Ok)
}
