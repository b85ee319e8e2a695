//! The reference engine, cvc5: an executable, or the libraries of its Python wheel driven by a worker of our own binary.

use std::path::{Path, PathBuf};

use super::process::{Process, Start};
use super::{Engine, Identity, Limits, Solver, SolverError};

/// The hidden verb that turns a process of this binary into a solver.
pub(super) const WORKER_VERB: &str = "__smt-worker";

/// cvc5, at a place.
#[derive(Debug, Clone)]
pub(super) struct Cvc5 {
    identity: Identity,
    form: Form,
}

/// What is at the place.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// An executable.
    Executable(PathBuf),
    /// A folder of libraries, and our own binary to drive them.
    Libraries { folder: PathBuf, own_binary: PathBuf },
}

impl Form {
    fn start(&self, limits: Limits) -> Start {
        match self {
            Self::Executable(program) => Start {
                program: program.clone(),
                arguments: vec![
                    "--lang=smt2.6".to_owned(),
                    format!("--rlimit-per={}", limits.resources),
                    format!("--tlimit-per={}", limits.milliseconds),
                ],
            },
            Self::Libraries { folder, own_binary } => Start {
                program: own_binary.clone(),
                arguments: vec![
                    WORKER_VERB.to_owned(),
                    text(folder),
                    limits.resources.to_string(),
                    limits.milliseconds.to_string(),
                ],
            },
        }
    }
}

impl Cvc5 {
    /// Starts it once to learn its version.
    pub(super) fn at(form: Form) -> Result<Self, SolverError> {
        let mut probe = Process::new(form.start(PROBE), PROBE);
        let said = probe.first_line("(get-info :version)\n")?.ok_or(SolverError::Ended)?;
        let version = said.trim().strip_prefix("(:version \"").and_then(|rest| rest.split('"').next());
        let Some(version) = version else {
            return Err(SolverError::Refused(said));
        };
        Ok(Self { identity: Identity { name: "cvc5".to_owned(), version: version.to_owned() }, form })
    }
}

impl Engine for Cvc5 {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn start(&self, limits: Limits) -> Result<Box<dyn Solver>, SolverError> {
        Ok(Box::new(Process::new(self.form.start(limits), limits)))
    }
}

/// Asking for the version takes no solving.
const PROBE: Limits = Limits { resources: 1_000, milliseconds: 10_000 };

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
