//! `gatewright completions`: a shell's completion script.

use clap::CommandFactory;

use crate::cli::args::{Args, Completions};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;

pub(in crate::cli) fn run(args: &Completions, console: &mut Console) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "gatewright", &mut script);
    console.print_exactly(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
