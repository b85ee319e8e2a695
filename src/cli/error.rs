//! Everything that can keep a verb from being done, each with its hint beside its message. Faults in the user's policy are not
//! here: they are diagnostics.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

use crate::analysis::ProofGoalsError;
use crate::analysis::solver::{Absent, InstallError, REMEDY};
use crate::bundle::Refusal;
use crate::diag::did_you_mean;
use crate::import::ImportError;
use crate::load::LoadError;
use crate::pipeline::{BuildError, FactsError, MergeError, MutateError, ProveError, SuitesError};
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
    /// Reports make no whole.
    #[error(transparent)]
    #[diagnostic(help("{MERGE}"))]
    Merge(MergeError),
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
    #[error("`{flag}` cannot accept snapshots while `CI` is set")]
    #[diagnostic(help("review and accept them on your machine, and commit them"))]
    AcceptInCi { flag: &'static str },
    /// Two reports would be one file.
    #[error("two reports are to be written to `{}`", path.display())]
    #[diagnostic(help("name a file for each `--report`"))]
    SameReport { path: PathBuf },
    /// No package is named, and none is here.
    #[error("no package found in this folder or its parents")]
    #[diagnostic(help("pass a folder with `gatewright.toml`, or create a package: `gatewright init DIR`"))]
    NoPackage,
    /// A file changed between being read and being written.
    #[error("`{}` changed while running, so nothing was written", path.display())]
    #[diagnostic(help("run the command again; fix a file that is not UTF-8 by hand"))]
    Edited { path: PathBuf },
    /// Not one test ran.
    #[error("{message}")]
    #[diagnostic(help("a run without tests does not pass; {instead}"))]
    NoTests { message: String, instead: &'static str },
    /// A report of coverage where none is measured.
    #[error("`--report {format}=PATH` shows coverage, which is not measured")]
    #[diagnostic(help("add `--coverage`"))]
    NoCoverage { format: &'static str },
    /// Standard output or standard input failed.
    #[error("cannot use {stream}: {}", source.kind())]
    Stream {
        stream: &'static str,
        #[source]
        source: io::Error,
    },
    /// The system gave no thread to work on.
    #[error("cannot start the worker thread: {}", source.kind())]
    #[diagnostic(help("raise the memory limit of the process (`ulimit -v`)"))]
    Thread {
        #[source]
        source: io::Error,
    },
    /// A panic. Its message is on standard error already.
    #[error("this is a bug in gatewright")]
    #[diagnostic(help("{REPORT}"))]
    Bug,
    /// `explain` of something that is no code.
    #[error("unknown code `{code}`")]
    #[diagnostic(help("{}", .near.as_deref().unwrap_or("the code is shown in brackets after `error` or `warning`; run `gatewright lint --list` to list all lints")))]
    UnknownCode { code: String, near: Option<String> },
    /// A file that is no baseline.
    #[error("`{}` is not a valid baseline: {message}", path.display())]
    #[diagnostic(help("remove it and write a new one with `--write-baseline`"))]
    Baseline { path: PathBuf, message: String },
    /// A baseline that is not there.
    #[error("baseline `{}` not found", path.display())]
    #[diagnostic(help("use `--write-baseline` to write it from the current findings"))]
    NoBaseline { path: PathBuf },
    /// A level for a lint that does not exist.
    #[error("unknown lint `{id}`")]
    #[diagnostic(help("{}", .near.as_deref().unwrap_or("run `gatewright lint --list` to list all lints")))]
    UnknownLint { id: String, near: Option<String> },
    /// `fmt` of something that is not Gate.
    #[error("`{path}` is not a `.gate` file")]
    #[diagnostic(help("{GATE_FILES}"))]
    NotGate { path: String },
    /// `fmt` of folders without Gate.
    #[error("no `.gate` files to format")]
    #[diagnostic(help("{GATE_FILES}"))]
    NothingToFormat,
    /// `init` would replace a file.
    #[error("`{}` already exists, and `init` overwrites nothing", path.display())]
    #[diagnostic(help("choose a new folder, or move the file away"))]
    Exists { path: PathBuf },
    /// `import` would write into something that is there.
    #[error("`{}` already exists, and `import` only writes new folders", path.display())]
    #[diagnostic(help("choose a folder that does not exist yet"))]
    NotNew { path: PathBuf },
    /// Nothing to import at a path.
    #[error("`{}` does not exist", path.display())]
    #[diagnostic(help("pass YAML or JSON manifests, folders that contain them, or `-` for standard input"))]
    NoManifest { path: PathBuf },
    /// What `import` made is no sound package; a fault of ours.
    #[error("the imported package has errors: {message}")]
    #[diagnostic(help("{REPORT}"))]
    Unsound { message: String },
    /// What `bundle` made does not open; a fault of ours.
    #[error("{what} cannot be opened again: {why}")]
    #[diagnostic(help("{REPORT}"))]
    NotReadBack { what: String, why: String },
    /// Something cannot become a bundle, or is none.
    #[error("{what}: {why}")]
    Refused { what: String, why: Refusal },
    /// A bundle without some file.
    #[error("the bundle does not contain `{path}`")]
    #[diagnostic(help("{}", nearest(.path, .known, "run `gatewright bundle inspect FILE --format json` to list its files")))]
    NoEntry { path: String, known: Vec<String> },
    /// A file that is named is not there.
    #[error("file `{}` not found", path.display())]
    #[diagnostic(help("{expected}"))]
    NoFile { path: PathBuf, expected: &'static str },
    /// A bundle would replace something else.
    #[error("`{}` exists and is not a bundle", path.display())]
    #[diagnostic(help("pass another file with `--out`, or remove this one"))]
    NoBundleThere { path: PathBuf },
    /// A folder where a file is named.
    #[error("`{}` is a folder, not a file", path.display())]
    #[diagnostic(help("{expected}"))]
    FolderForFile { path: PathBuf, expected: &'static str },
    /// A verb of a cargo feature.
    #[error("{0}")]
    OfFeature(Box<dyn Hinted>),
    /// `SOURCE_DATE_EPOCH` is no time.
    #[error("`SOURCE_DATE_EPOCH` is `{value}`, which is not a valid time")]
    #[diagnostic(help("set it to whole seconds since 1970 UTC, as printed by `git log -1 --format=%ct`"))]
    SourceDate { value: String },
    /// What `import` made is not Gate; a fault of ours.
    #[error(transparent)]
    #[diagnostic(help("{REPORT}"))]
    Import(#[from] ImportError),
    /// `init` cannot make a package's name of the folder's.
    #[error("cannot derive a package name from the folder name `{folder}`")]
    #[diagnostic(help("use a folder name of letters a to z, digits and `-`, with at least one letter"))]
    PackageName { folder: String },
    /// Mutants cannot be tried.
    #[error(transparent)]
    #[diagnostic(help("{}", mutate_hint(.0)))]
    Mutate(#[from] MutateError),
    /// There is no folder to declare changes in.
    #[error("no package at `{}` to declare changes in", path.display())]
    #[diagnostic(help("`--declare` writes to the folder of the new side; check out the revision"))]
    NoFolder { path: PathBuf },
    /// Two folders where a revision and a folder are expected.
    #[error("`{old}` is a folder, not a revision of `{}`", new.display())]
    #[diagnostic(help(
        "to compare two folders, use `gatewright {verb} --from {} --to {}`",
        word(Path::new(old)),
        word(new)
    ))]
    TwoFolders { verb: &'static str, old: String, new: PathBuf },
    /// Too few or too many words after a verb.
    #[error("`{verb}` needs {words}")]
    #[diagnostic(help("write `gatewright {verb} [PACKAGE] {words}`; `gatewright {verb} --help` has examples"))]
    Words { verb: &'static str, words: &'static str },
    /// Two revisions where a revision and a folder are expected.
    #[error("`{new}` is not a package")]
    #[diagnostic(help(
        "to compare two revisions, use `gatewright {verb} {old}..{new}`, or `{old}...{new}` for what changed since their merge base"
    ))]
    TwoRevisions { verb: &'static str, old: String, new: String },
    /// A folder where a bundle is expected.
    #[error("`{}` is a folder, not a bundle", folder.display())]
    #[diagnostic(help(
        "to compare two folders, use `gatewright diff --from {} --to {}`; `gatewright bundle DIR` builds a bundle",
        word(old),
        word(new)
    ))]
    FolderForBundle { folder: PathBuf, old: PathBuf, new: PathBuf },
    /// A word that is neither a step of `bundle` nor a package.
    #[error("unknown subcommand `{word}` of `bundle`, and no folder has that name")]
    #[diagnostic(help("{help}"))]
    NoStep { word: String, help: String },
    /// A version is to be written into a revision.
    #[error("`{revision}` is a revision, and revisions cannot be changed")]
    #[diagnostic(help("pass only the old side: `gatewright bump main . --write`"))]
    WriteRevision { revision: String },
    /// A version that is as high as it gets.
    #[error(transparent)]
    #[diagnostic(help("set a lower version in `gatewright.toml`"))]
    NoNextVersion(#[from] NoNextVersion),
    /// Options that fit Cedar files beside a folder, or several folders.
    #[error("{message}")]
    #[diagnostic(help(
        "pass one folder with `gatewright.toml`, or `.cedar` files with `--schema FILE` and whatever else they need"
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
                "entry-name" => Some("rename the file: bundles must work on every operating system".to_owned()),
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

/// A path as a word of a command to copy.
fn word(path: &Path) -> String {
    safe::word(&path.display().to_string())
}

/// What a package without scenarios needs.
pub(super) const WRITE_SCENARIOS: &str = "write `scenarios/main.yaml`";
/// What `fmt` works on.
pub(super) const GATE_FILES: &str = "pass `.gate` files, folders that contain them, or `-` for standard input";
/// What reports that make no whole ask for.
const MERGE: &str = "run `gatewright mutate . --shard PART/PARTS --format json` for each part, on the same sources and with the same options";
/// What a fault of ours asks for.
const REPORT: &str = "please report it with the command and its input; no policy should cause this";
/// What a package without types needs.
const TYPES: &str = "declare types in Gate, or add a `.cedarschema` file to `policy/`";

fn nearest(name: &str, known: &[String], otherwise: &str) -> String {
    did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| otherwise.to_owned())
}

fn solver_hint(absent: &Absent) -> &'static str {
    match absent {
        Absent::Nowhere => "run `gatewright solver install`, or put `cvc5` on your PATH",
        Absent::LeftOut => REMEDY,
        Absent::Unusable { .. } => {
            "set `GATEWRIGHT_CVC5` to a `cvc5` executable or a folder with its libraries, or run `gatewright solver install`"
        }
    }
}

fn prove_hint(error: &ProveError) -> String {
    match error {
        ProveError::ProofGoals(ProofGoalsError::NoSchema) => "pass the schema with `--schema FILE`".to_owned(),
        ProveError::NoProperty { name, known } => {
            nearest(name, known, "run `gatewright prove` without `--only` to list all claims")
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
            "install cvc5 1.0.5 or later another way, and put it on your PATH or set `GATEWRIGHT_CVC5`"
        }
        InstallError::NoCache => "set `GATEWRIGHT_CACHE` to a folder",
        InstallError::NoPip(_) | InstallError::Pip { .. } => {
            "download the wheel on a machine with network access, `pip download --no-deps cvc5==1.3.1`, and pass it with `--from`"
        }
        InstallError::Digest { .. } | InstallError::Archive(_) => {
            "nothing was installed; download it from an index that serves the published file"
        }
        InstallError::Wheel { .. } => "pass `--from` the wheel from PyPI, `pip download --no-deps cvc5==1.3.1`",
        InstallError::Disk { .. } => "nothing was installed; set `GATEWRIGHT_CACHE` to use another folder",
    }
}

fn paint(word: &str, colour: &str, style: Style) -> String {
    match style.colour {
        Colour::Ansi => format!("\u{1b}[{colour}m{word}\u{1b}[0m"),
        Colour::Plain => word.to_owned(),
    }
}
