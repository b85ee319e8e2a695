//! From arguments to a verb, on a thread whose stack holds the deepest nesting that the limits allow.

use std::ffi::OsString;
use std::thread;

use clap::{Command, CommandFactory, Parser};

use crate::diag::closest;
use crate::parallel::STACK_BYTES;
use crate::report::{Colour, Style};

use super::args::{Args, ColourChoice, Verb};
use super::console::Console;
use super::error::CliError;
use super::exit::Exit;
#[cfg(not(all(feature = "prover", feature = "registry", feature = "signing")))]
use super::left_out::LeftOut;
use super::{cmd, env, progress};

/// Runs the process's arguments.
#[must_use]
pub fn main() -> Exit {
    let arguments = env::arguments();
    if let Some(error) = no_step(&arguments) {
        Console::of_process(ColourChoice::Auto).error(&error);
        return Exit::CouldNotRun;
    }
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(shown) => {
            // Help and version come this way too; where nobody reads them there is nobody to tell.
            let mut console = Console::of_process(ColourChoice::Auto);
            let text = |style: Style| match style.colour {
                Colour::Plain => shown.render().to_string(),
                Colour::Ansi => shown.render().ansi().to_string(),
            };
            return if shown.use_stderr() {
                console.tell(&text(console.error_style()));
                Exit::CouldNotRun
            } else {
                let _ = console.print(&text(console.style()));
                Exit::Ok
            };
        }
    };
    let mut console = Console::of_process(args.color);
    if args.quiet {
        console.quieten();
        progress::silence();
    }
    let ended = thread::scope(|scope| {
        thread::Builder::new()
            .name("gatewright".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || run(&args.verb, &mut console))
            .map(thread::ScopedJoinHandle::join)
    });
    let outcome = match ended {
        Ok(Ok(outcome)) => outcome,
        // The panic's own message is on standard error already.
        Ok(Err(_)) => Err(CliError::Bug),
        Err(source) => Err(CliError::Thread { source }),
    };
    outcome.unwrap_or_else(|error| {
        console.error(&error);
        Exit::CouldNotRun
    })
}

/// A step of `bundle` that is misspelt, which would be taken for a package: what follows it would be the fault then.
fn no_step(arguments: &[OsString]) -> Option<CliError> {
    let [_, verb, word, ..] = arguments else { return None };
    let word =
        word.to_str().filter(|word| verb == "bundle" && !word.starts_with('-') && !env::is_taken(word.as_ref()))?;
    let command = Args::command();
    let steps: Vec<&str> = command.find_subcommand(verb)?.get_subcommands().map(Command::get_name).collect();
    let is_step = steps.contains(&word) || word == "help";
    let near = closest(word, steps.iter().copied()).filter(|_| !is_step)?;
    Some(CliError::NoStep { word: word.to_owned(), help: format!("did you mean `gatewright bundle {near}`?") })
}

fn run(verb: &Verb, console: &mut Console) -> Result<Exit, CliError> {
    match verb {
        Verb::Check(args) => cmd::check::run(args, console),
        Verb::Lint(args) => cmd::lint::run(args, console),
        Verb::Explain(args) => cmd::explain::run(args, console),
        Verb::Fmt(args) => cmd::fmt::run(args, console),
        Verb::Build(args) => cmd::build::run(args, console),
        Verb::Test(args) => cmd::test::run(args, console),
        Verb::Mutate(args) => cmd::mutate::run(args, console),
        #[cfg(feature = "prover")]
        Verb::Prove(args) => cmd::prove::run(args, console),
        Verb::WhoCan(args) => cmd::who_can::run(args, console),
        Verb::WhatCan(args) => cmd::what_can::run(args, console),
        Verb::Why(args) => cmd::why::run(args, console),
        Verb::Diff(args) => cmd::diff::run(args, console),
        Verb::Bump(args) => cmd::bump::run(args, console),
        Verb::Bundle(args) => cmd::bundle::run(args, console),
        #[cfg(feature = "signing")]
        Verb::Key(args) => cmd::key::run(args, console),
        #[cfg(feature = "registry")]
        Verb::Publish(args) => cmd::publish::run(args, console),
        #[cfg(feature = "registry")]
        Verb::Pull(args) => cmd::publish::pull::run(args, console),
        #[cfg(feature = "registry")]
        Verb::Channel(args) => cmd::publish::channel::run(args, console),
        Verb::Graph(args) => cmd::graph::run(args, console),
        Verb::Init(args) => cmd::init::run(args, console),
        Verb::Import(args) => cmd::import::run(args, console),
        #[cfg(feature = "prover")]
        Verb::Solver(args) => cmd::solver::run(args, console),
        #[cfg(feature = "prover")]
        Verb::SmtWorker(args) => cmd::smt_worker::run(args),
        Verb::Completions(args) => cmd::completions::run(args, console),
        #[cfg(not(feature = "prover"))]
        Verb::Prove(_) => Err(LeftOut { verb: "prove", feature: "prover" }.into()),
        #[cfg(not(feature = "prover"))]
        Verb::Solver(_) | Verb::SmtWorker(_) => Err(LeftOut { verb: "solver", feature: "prover" }.into()),
        #[cfg(not(feature = "registry"))]
        Verb::Publish(_) => Err(LeftOut { verb: "publish", feature: "registry" }.into()),
        #[cfg(not(feature = "registry"))]
        Verb::Pull(_) => Err(LeftOut { verb: "pull", feature: "registry" }.into()),
        #[cfg(not(feature = "registry"))]
        Verb::Channel(_) => Err(LeftOut { verb: "channel", feature: "registry" }.into()),
        #[cfg(not(feature = "signing"))]
        Verb::Key(_) => Err(LeftOut { verb: "key", feature: "signing" }.into()),
    }
}
