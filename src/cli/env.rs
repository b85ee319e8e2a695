//! What the process was given: arguments, environment, terminal, clock, folder. Read here and nowhere else.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment and the clock")]

use std::ffi::OsString;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::analysis::solver::Places;
use crate::report::{Colour, Style};
use crate::text::Instant;

use super::args::ColourChoice;
use super::error::CliError;

/// The file that makes a folder a package.
const CONFIG: &str = "gatewright.toml";

/// The arguments, the program's name first.
pub(super) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Whether this run is of a CI system, where nothing may be accepted or rewritten.
pub(super) fn is_ci() -> bool {
    is_set("CI") && !matches!(std::env::var("CI").as_deref(), Ok("false" | "0"))
}

/// Today, UTC: the first moment of the day.
pub(super) fn today() -> Instant {
    now().day()
}

/// Now, to the millisecond: what signatures and channels are judged by, which no build is.
pub(super) fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The day that a reproducible build is to take for today, which `SOURCE_DATE_EPOCH` gives in seconds since 1970 UTC.
pub(super) fn source_date() -> Result<Option<Instant>, CliError> {
    let Some(value) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.to_string_lossy();
    let milliseconds = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
    match milliseconds.map(Instant).filter(|at| at.0 >= 0 && at.text().is_some()) {
        Some(at) => Ok(Some(at.day())),
        None => Err(CliError::SourceDate { value: text.into_owned() }),
    }
}

/// What standard output can show.
pub(super) fn style(choice: ColourChoice) -> Style {
    style_of(choice, std::io::stdout().is_terminal())
}

/// What standard error can show.
pub(super) fn error_style(choice: ColourChoice) -> Style {
    style_of(choice, std::io::stderr().is_terminal())
}

/// Whether standard output is a terminal.
pub(super) fn is_shown() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether somebody watches standard error.
pub(super) fn is_watched() -> bool {
    std::io::stderr().is_terminal() && !is_dumb()
}

/// Whether `GATEWRIGHT_PROGRESS=never` asks for no sign of life, whatever takes long.
pub(super) fn shows_no_progress() -> bool {
    std::env::var_os("GATEWRIGHT_PROGRESS").is_some_and(|value| value == "never")
}

/// How many threads may decide at once.
pub(super) fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The folder where this tool keeps what it can make again: `GATEWRIGHT_CACHE`, else the user's cache folder.
pub(super) fn cache() -> Option<PathBuf> {
    let of_user = || match std::env::consts::OS {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Caches")),
        _ => of_desktop("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache"))),
    };
    folder("GATEWRIGHT_CACHE").or_else(|| of_user().map(|cache| cache.join("gatewright")))
}

/// The folder where this tool keeps what it must not forget: `GATEWRIGHT_STATE`, else the user's folder for state.
#[cfg(feature = "registry")]
pub(super) fn state() -> Option<PathBuf> {
    let of_user = || match std::env::consts::OS {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Application Support")),
        _ => of_desktop("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state"))),
    };
    folder("GATEWRIGHT_STATE").or_else(|| of_user().map(|state| state.join("gatewright")))
}

/// Where Docker keeps credentials, or who keeps them: in `DOCKER_CONFIG`, else in the user's folder.
#[cfg(feature = "registry")]
pub(super) fn docker_config() -> Option<PathBuf> {
    let of_user = || folder("HOME").or_else(|| folder("USERPROFILE")).map(|home| home.join(".docker"));
    let config = folder("DOCKER_CONFIG").or_else(of_user);
    config.map(|folder| folder.join("config.json"))
}

/// Which build of this tool runs: its version, and the size and age of its file. Two builds of one version differ in these. Where the
/// file cannot be read, no other run is of the same build.
pub(super) fn build() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let of_file = file.and_then(|file| Ok((file.len(), file.modified()?)));
    let since = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let of_file = match of_file {
        Ok((size, at)) => format!(" {size} {}", since(at)),
        Err(_) => format!(" run {} {}", std::process::id(), since(SystemTime::now())),
    };
    format!("{}{of_file}", env!("CARGO_PKG_VERSION"))
}

/// Where a solver may be.
pub(super) fn solver_places() -> Places {
    Places {
        chosen: folder("GATEWRIGHT_CVC5"),
        cache: cache(),
        cedar: folder("CVC5"),
        path: std::env::var_os("PATH"),
        own_binary: std::env::current_exe().ok(),
    }
}

/// A variable that names a file or folder; one that is empty names none.
fn folder(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The same of the XDG base directory specification, which says that a relative path is to be ignored: it would mean another folder
/// in each current folder.
fn of_desktop(name: &str) -> Option<PathBuf> {
    folder(name).filter(|path| path.is_absolute())
}

/// The package that contains the current folder, as a path from there: `.`, `..`, `../..`.
pub(super) fn package_here() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let depth = here.ancestors().position(|folder| is_taken(&folder.join(CONFIG)))?;
    Some(match depth {
        0 => PathBuf::from("."),
        depth => std::iter::repeat_n("..", depth).collect(),
    })
}

/// Whether anything is at a path, be it a link to nowhere.
pub(super) fn is_taken(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether a folder is there.
pub(super) fn is_folder(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_dir())
}

/// The name of a folder that was given as `.` or `..`; empty for the root.
pub(super) fn real_name(dir: &Path) -> String {
    let real = std::fs::canonicalize(dir).unwrap_or_default();
    real.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn style_of(choice: ColourChoice, terminal: bool) -> Style {
    let coloured = match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto => terminal && !is_set("NO_COLOR") && !is_dumb(),
    };
    let width = if terminal { terminal_size::terminal_size() } else { None };
    Style {
        colour: if coloured { Colour::Ansi } else { Colour::Plain },
        width: width.map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0)),
    }
}

fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
