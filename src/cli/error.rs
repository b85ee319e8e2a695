//! Everything that can keep a verb from being done, each with its hint beside its message. Faults in the user's policy are not
//! here: they are diagnostics.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::analysis::ObligationsError;
use crate::analysis::solver::{Absent, InstallError, REMEDY};
use crate::bundle::Refusal;
use crate::diag::did_you_mean;
use crate::import::ImportError;
use crate::load::LoadError;
use crate::pipeline::{BuildError, FactsError, MutateError, ProveError, SuitesError};
use crate::report::{Colour, Style, printable};
use crate::scenario::QuestionError;
use crate::semdiff::{CompareError, NoNextVersion};
use crate::text::safe;

/// What keeps a verb of a cargo feature from being done. The verb's own files hold it, so that it is built only with the feature.
pub(super) trait Hinted: std::error::Error + Send + Sync + 'static {
    /// What to do instead.
    fn hint(&self) -> Option<String>;
}

impl<E: Hinted> From<E> for CliError {
    fn from(error: E) -> Self {
        Self::OfFeature(Box::new(error))
    }
}

/// What kept a verb from being done.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum CliError {
    /// Reading or writing files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What the compiler made cannot be built; a fault of ours.
    #[error(transparent)]
    #[diagnostic(help("{REPORT}"))]
    Build(#[from] BuildError),
    /// What the compiler made cannot be replayed; a fault of ours.
    #[error(transparent)]
    #[diagnostic(help("{REPORT}"))]
    Facts(#[from] FactsError),
    /// What the compiler made cannot be tested; a fault of ours.
    #[error(transparent)]
    #[diagnostic(help("{REPORT}"))]
    Suites(#[from] SuitesError),
    /// A package that nothing can be said about all requests of.
    #[error(transparent)]
    #[diagnostic(help("{TYPES}"))]
    Compare(#[from] CompareError),
    /// Nothing could be proved.
    #[error(transparent)]
    #[diagnostic(help("{}", prove_hint(.0)))]
    Prove(#[from] ProveError),
    /// A name in a question means nothing.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// There is no solver, or it does not work.
    #[error(transparent)]
    #[diagnostic(help("{}", solver_hint(.0)))]
    Solver(#[from] Absent),
    /// The solver could not be installed.
    #[error(transparent)]
    #[diagnostic(help("{}", install_hint(.0)))]
    Install(#[from] InstallError),
    /// Snapshots are to be accepted where nobody reads them.
    #[error("`{flag}` accepts snapshots, and `CI` is set")]
    #[diagnostic(help("accept them where you read them, and commit them"))]
    AcceptInCi { flag: &'static str },
    /// No package is named, and none is here.
    #[error("no package contains this folder")]
    #[diagnostic(help("name a folder with `gatewright.toml`, or write a package: `gatewright init DIR`"))]
    NoPackage,
    /// A file changed between being read and being written.
    #[error("`{}` was changed in the meantime, and nothing was written", path.display())]
    #[diagnostic(help("run it again; a file that is not UTF-8 has to be mended by hand"))]
    Edited { path: PathBuf },
    /// Not one test ran.
    #[error("{message}")]
    #[diagnostic(help("a run that tests nothing is no pass; write `scenarios/main.yaml`, or widen `--filter`"))]
    NoTests { message: String },
    /// Standard output or standard input failed.
    #[error("cannot use {stream}: {}", source.kind())]
    Stream {
        stream: &'static str,
        #[source]
        source: io::Error,
    },
    /// The system gave no thread to work on.
    #[error("cannot start the worker thread: {}", source.kind())]
    #[diagnostic(help("raise the limit of memory that a process may reserve (`ulimit -v`)"))]
    Thread {
        #[source]
        source: io::Error,
    },
    /// A panic. Its message is on standard error already.
    #[error("this is a bug in gatewright")]
    #[diagnostic(help("{REPORT}"))]
    Bug,
    /// `explain` of something that is no code.
    #[error("no diagnostic or lint has the code `{code}`")]
    #[diagnostic(help("{}", .near.as_deref().unwrap_or("the code stands in brackets after `error` or `warning`; `gatewright lint --list` lists the lints")))]
    UnknownCode { code: String, near: Option<String> },
    /// A file that is no baseline.
    #[error("`{}` is no baseline: {message}", path.display())]
    #[diagnostic(help("remove it and write a new one: `--write-baseline`"))]
    Baseline { path: PathBuf, message: String },
    /// A baseline that is not there.
    #[error("there is no baseline `{}`", path.display())]
    #[diagnostic(help("`--write-baseline` writes it from the findings of today"))]
    NoBaseline { path: PathBuf },
    /// A level for a lint that does not exist.
    #[error("there is no lint `{id}`")]
    #[diagnostic(help("{}", .near.as_deref().unwrap_or("`gatewright lint --list` lists the lints")))]
    UnknownLint { id: String, near: Option<String> },
    /// `fmt` of something that is not Gate.
    #[error("`{path}` is not a `.gate` file")]
    #[diagnostic(help("name `.gate` files, folders that hold them, or `-` for standard input"))]
    NotGate { path: String },
    /// `fmt` of folders without Gate.
    #[error("there is no `.gate` file to format")]
    #[diagnostic(help("name `.gate` files, folders that hold them, or `-` for standard input"))]
    NothingToFormat,
    /// `init` would replace a file.
    #[error("`{}` exists, and `init` replaces nothing", path.display())]
    #[diagnostic(help("name a new folder, or move the file away"))]
    Exists { path: PathBuf },
    /// `import` would write into something that is there.
    #[error("`{}` exists, and `import` writes new folders only", path.display())]
    #[diagnostic(help("name a folder that does not exist yet"))]
    NotNew { path: PathBuf },
    /// Nothing to import at a path.
    #[error("`{}` does not exist", path.display())]
    #[diagnostic(help("name YAML or JSON manifests, folders that hold them, or `-` for standard input"))]
    NoManifest { path: PathBuf },
    /// What `import` made is no sound package; a fault of ours.
    #[error("what was imported does not check: {message}")]
    #[diagnostic(help("{REPORT}"))]
    Unsound { message: String },
    /// What `bundle` made does not open; a fault of ours.
    #[error("{what} does not open again: {why}")]
    #[diagnostic(help("{REPORT}"))]
    NotReadBack { what: String, why: String },
    /// Something cannot become a bundle, or is none.
    #[error("{what}: {why}")]
    Refused { what: String, why: Refusal },
    /// A bundle without some file.
    #[error("the bundle holds no file `{path}`")]
    #[diagnostic(help("{}", nearest(.path, .known, "`gatewright bundle inspect FILE --format json` lists its files")))]
    NoEntry { path: String, known: Vec<String> },
    /// A file that is named is not there.
    #[error("there is no file `{}`", path.display())]
    NoFile { path: PathBuf },
    /// A verb of a cargo feature.
    #[error("{0}")]
    OfFeature(Box<dyn Hinted>),
    /// `SOURCE_DATE_EPOCH` is no time.
    #[error("`SOURCE_DATE_EPOCH` is `{value}`, which is no time")]
    #[diagnostic(help("write whole seconds since 1970 UTC, as `git log -1 --format=%ct` prints them"))]
    SourceDate { value: String },
    /// What `import` made is not Gate; a fault of ours.
    #[error(transparent)]
    #[diagnostic(help("{REPORT}"))]
    Import(#[from] ImportError),
    /// `init` cannot make a package's name of the folder's.
    #[error("the folder name `{folder}` makes no package name")]
    #[diagnostic(help("name the folder with at least one letter of a to z"))]
    PackageName { folder: String },
    /// Mutants cannot be tried.
    #[error(transparent)]
    #[diagnostic(help("{}", mutate_hint(.0)))]
    Mutate(#[from] MutateError),
    /// There is no folder to declare changes in.
    #[error("there is no package at `{}` to declare changes in", path.display())]
    #[diagnostic(help("`--declare` writes into the folder of the new side; check the revision out"))]
    NoFolder { path: PathBuf },
    /// Two folders where a revision and a folder are expected.
    #[error("`{old}` is no revision of `{}`, but a folder", new.display())]
    #[diagnostic(help("two folders are compared by `gatewright {verb} --from {old} --to {}`", new.display()))]
    TwoFolders { verb: &'static str, old: String, new: PathBuf },
    /// A folder where a bundle is expected.
    #[error("`{}` is a folder, and no bundle", folder.display())]
    #[diagnostic(help(
        "two folders are compared by `gatewright diff --from {} --to {}`; `gatewright bundle DIR` makes a bundle",
        old.display(), new.display()
    ))]
    FolderForBundle { folder: PathBuf, old: PathBuf, new: PathBuf },
    /// A word that is neither a step of `bundle` nor a package.
    #[error("`bundle` has no step `{word}`, and there is no folder of that name")]
    #[diagnostic(help("{help}"))]
    NoStep { word: String, help: String },
    /// A version is to be written into a revision.
    #[error("`{revision}` is a revision, and no revision can be changed")]
    #[diagnostic(help("name the old side only: `gatewright bump main . --write`"))]
    WriteRevision { revision: String },
    /// A version that is as high as it gets.
    #[error(transparent)]
    #[diagnostic(help("write a lower version into `gatewright.toml`"))]
    NoNextVersion(#[from] NoNextVersion),
    /// Options that fit Cedar files beside a folder, or several folders.
    #[error("{message}")]
    #[diagnostic(help(
        "name one folder with `gatewright.toml`, or `.cedar` files with `--schema FILE` and what else they need"
    ))]
    Package { message: &'static str },
}

impl CliError {
    /// What to do instead: what stands beside the message, or what another room knows of its own error.
    fn hint(&self) -> Option<String> {
        match self {
            Self::Load(error) => error.help(),
            Self::Question(error) => error.help(),
            Self::OfFeature(error) => error.hint(),
            Self::Refused { why, .. } => match why.code {
                "entry-name" => Some("rename the file: a bundle is read on every system".to_owned()),
                "entry-twice" => Some("rename one of the two".to_owned()),
                _ => None,
            },
            _ => self.help().map(|help| help.to_string()),
        }
    }

    /// The error and its hint as text.
    pub(super) fn report(&self, style: Style) -> String {
        let error = paint("error", "31", style);
        // What another program said may have several lines; none of them begins where ours do.
        let message = safe::block(&self.to_string()).replace('\n', "\n  ");
        let mut text = format!("{error}: {message}\n");
        if let Some(hint) = self.hint() {
            text.push_str(&format!("  {}: {}\n", paint("help", "36", style), printable(&hint)));
        }
        text
    }
}

/// What a fault of ours asks for.
const REPORT: &str = "please report it with the command and its input; no policy should cause it";
/// What a package without types needs.
const TYPES: &str = "declare types in Gate, or put a `.cedarschema` file into `policy/`";

fn nearest(name: &str, known: &[String], otherwise: &str) -> String {
    did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| otherwise.to_owned())
}

fn solver_hint(absent: &Absent) -> &'static str {
    match absent {
        Absent::Nowhere => "`gatewright solver install` brings it; or put `cvc5` on your PATH",
        Absent::LeftOut => REMEDY,
        Absent::Unusable { .. } => {
            "`GATEWRIGHT_CVC5` names a `cvc5` executable or a folder with its libraries; `gatewright solver install` brings them"
        }
    }
}

fn prove_hint(error: &ProveError) -> String {
    match error {
        ProveError::Obligations(ObligationsError::NoSchema) => "name the schema: `--schema FILE`".to_owned(),
        ProveError::NoProperty { name, known } => {
            nearest(name, known, "`gatewright prove` without `--only` names all that it proves")
        }
        _ => REPORT.to_owned(),
    }
}

fn mutate_hint(error: &MutateError) -> &'static str {
    match error {
        MutateError::Compare(_) => TYPES,
        _ => REPORT,
    }
}

fn install_hint(error: &InstallError) -> &'static str {
    match error {
        InstallError::Machine => {
            "install cvc5 1.0.5 or later by other means, and put it on your PATH or name it in `GATEWRIGHT_CVC5`"
        }
        InstallError::NoCache => "name a folder in `GATEWRIGHT_CACHE`",
        InstallError::NoPip(_) | InstallError::Pip { .. } => {
            "fetch the wheel where there is a network, `pip download --no-deps cvc5==1.3.1`, and name it with `--from`"
        }
        InstallError::Digest { .. } | InstallError::Archive(_) => {
            "nothing was installed; fetch it from an index that serves the published file"
        }
        InstallError::Wheel { .. } => {
            "`--from` names the wheel as PyPI serves it, `pip download --no-deps cvc5==1.3.1`"
        }
        InstallError::Disk { .. } => "nothing was installed; `GATEWRIGHT_CACHE` may name another folder",
    }
}

fn paint(word: &str, colour: &str, style: Style) -> String {
    match style.colour {
        Colour::Ansi => format!("\u{1b}[{colour}m{word}\u{1b}[0m"),
        Colour::Plain => word.to_owned(),
    }
}
