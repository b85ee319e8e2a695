//! The command line: arguments in, exit code out. Everything a terminal, the environment or the clock has to do with
//! stands here; no rule of the language does.

mod args;
mod cmd;
mod console;
mod env;
mod error;
mod exit;
#[cfg(not(all(feature = "prover", feature = "registry", feature = "signing")))]
mod left_out;
mod output;
mod progress;
mod run;

pub use exit::Exit;
pub use run::main;
