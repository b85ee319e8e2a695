//! Which solver is used: the one a variable names, the pinned install, one that Cedar's variable names, one on the PATH.
//! What a variable names and cannot be used is an error: whoever set it meant it.
#![expect(
    clippy::disallowed_methods,
    reason = "looks for the solver where the user keeps it; the paths are given by the caller"
)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::cvc5::{Cvc5, Form};
use super::{Engine, SolverError, install, wheels};

/// Where solvers may be. The caller reads the environment.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `GATEWRIGHT_CVC5`: an executable, or a folder with cvc5's libraries.
    pub chosen: Option<PathBuf>,
    /// The cache folder, which holds the pinned install.
    pub cache: Option<PathBuf>,
    /// `CVC5`, which Cedar's own tools read.
    pub cedar: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// This binary, which drives libraries.
    pub own_binary: Option<PathBuf>,
}

/// What led to a solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// `GATEWRIGHT_CVC5`
    Chosen,
    /// `gatewright solver install`
    Installed,
    /// `CVC5`
    Cedar,
    /// A folder of `PATH`
    Path,
}

impl Provenance {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chosen => "named by GATEWRIGHT_CVC5",
            Self::Installed => "installed by `gatewright solver install`",
            Self::Cedar => "named by CVC5",
            Self::Path => "found on PATH",
        }
    }
}

/// A solver that answers.
#[derive(Debug)]
pub struct Found {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// What led to it.
    pub provenance: Provenance,
    /// Where it is.
    pub place: PathBuf,
}

impl Found {
    /// What an engine of this version is known to get wrong or not to decide.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        let identity = self.engine.identity();
        let mut numbers = identity.version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
        let version = [numbers.next(), numbers.next(), numbers.next()].map(Option::unwrap_or_default);
        (version < [1, 0, 5]).then(|| {
            format!(
                "{identity} cannot decide patterns such as `like \"*x*\"` and is slower; run `gatewright solver install` to install {}",
                wheels::VERSION
            )
        })
    }
}

/// Whether this build can ask a solver.
const CAN_ASK: bool = cfg!(feature = "prover");

/// How to get a solver.
pub const REMEDY: &str = match CAN_ASK {
    true => "run `gatewright solver install` to install one",
    false => "this build has no prover; build with `--features prover`",
};

/// Why there is no solver.
#[derive(Debug, Error)]
pub enum Absent {
    /// None of the places has one.
    #[error("no solver found, but this needs one")]
    Nowhere,
    /// This build cannot ask any.
    #[error("this needs a solver, but this build was built without the cargo feature `prover`")]
    LeftOut,
    /// A variable names something that does not work as one.
    #[error("`{}`, {}, does not work as a solver: {source}", place.display(), provenance.name())]
    Unusable {
        /// What names it.
        provenance: Provenance,
        /// What is named.
        place: PathBuf,
        /// What went wrong.
        source: SolverError,
    },
}

/// The solver, for what cannot be done without one.
///
/// # Errors
/// Where there is none, and as [`find`].
pub fn needed(places: &Places) -> Result<Found, Absent> {
    find(places)?.ok_or(if CAN_ASK { Absent::Nowhere } else { Absent::LeftOut })
}

/// Finds and probes the solver to use. `None` where there is none, or this build can ask none.
///
/// # Errors
/// Where one that a variable names or that was installed does not answer.
pub fn find(places: &Places) -> Result<Option<Found>, Absent> {
    if !CAN_ASK {
        // Whoever set the variable counts on proofs.
        return if places.chosen.is_some() { Err(Absent::LeftOut) } else { Ok(None) };
    }
    let libraries = |folder: PathBuf| {
        let own_binary = places.own_binary.clone()?;
        Some(Form::Libraries { folder, own_binary })
    };
    let form = |place: &Path| match place.is_dir() {
        true => libraries(place.to_owned()).unwrap_or_else(|| Form::Executable(place.to_owned())),
        false => Form::Executable(place.to_owned()),
    };
    let installed = places.cache.as_deref().and_then(install::installed);
    let on_path = || on_path(places.path.as_deref()?);
    let candidates = [
        (Provenance::Chosen, places.chosen.clone()),
        (Provenance::Installed, installed),
        (Provenance::Cedar, places.cedar.clone()),
    ];
    let first = candidates.into_iter().find_map(|(provenance, place)| Some((provenance, place?)));
    let Some((provenance, place)) = first.or_else(|| on_path().map(|place| (Provenance::Path, place))) else {
        return Ok(None);
    };
    match Cvc5::at(form(&place)) {
        Ok(engine) => Ok(Some(Found { engine: Box::new(engine), provenance, place })),
        Err(source) => Err(Absent::Unusable { provenance, place, source }),
    }
}

fn on_path(path: &std::ffi::OsStr) -> Option<PathBuf> {
    let name = format!("cvc5{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}
