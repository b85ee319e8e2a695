//! A process of this binary as a solver: SMT-LIB on standard input, answers on standard output, the work done by cvc5's
//! libraries through its C API. The only unsafe code there is: the functions of those libraries are called here, in a
//! process whose crash is one unanswered question.
#![expect(unsafe_code, reason = "cvc5's libraries are loaded and called through their C API")]
#![expect(clippy::disallowed_methods, reason = "the libraries are looked up in the folder that the parent names")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io::Write;
use std::path::{Path, PathBuf};

use libloading::Library;
use thiserror::Error;

use super::Limits;

/// Why a worker ended early.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The folder lacks one of the libraries.
    #[error("`{name}` not found in `{}`", folder.display())]
    Absent {
        /// `libcvc5parser`
        name: &'static str,
        /// Where it should be.
        folder: PathBuf,
    },
    /// A library or one of its functions cannot be loaded.
    #[error(transparent)]
    Load(#[from] libloading::Error),
    /// Standard input or output failed.
    #[error(transparent)]
    Stream(#[from] std::io::Error),
}

/// Answers the commands of some lines until these end.
///
/// # Errors
/// Where the libraries cannot be loaded or a stream fails.
pub fn work(
    folder: &Path,
    limits: Limits,
    lines: impl Iterator<Item = std::io::Result<String>>,
    mut output: impl Write,
) -> Result<(), WorkerError> {
    let api = Api::load(folder)?;
    let mut session = Session::new(&api, limits);
    let mut pending = String::new();
    for line in lines {
        let line = line?;
        let command = line.trim();
        if command == "(exit)" {
            return Ok(());
        }
        if command == "(reset)" {
            // A logic can be set once in the life of a parser, so that a reset is a new one.
            drop(session);
            session = Session::new(&api, limits);
            pending.clear();
            continue;
        }
        pending.push_str(&line);
        pending.push('\n');
        if ["(check-sat)", "(get-model)"].contains(&command) || command.starts_with("(get-info") {
            output.write_all(session.run(&pending).as_bytes())?;
            output.flush()?;
            pending.clear();
        }
    }
    Ok(())
}

type Pointer = *mut c_void;

/// The functions of cvc5's C API that are used, as `cvc5.h` and `cvc5_parser.h` of version 1.3 declare them.
struct Api {
    term_manager_new: unsafe extern "C" fn() -> Pointer,
    term_manager_release: unsafe extern "C" fn(Pointer),
    term_manager_delete: unsafe extern "C" fn(Pointer),
    new: unsafe extern "C" fn(Pointer) -> Pointer,
    delete: unsafe extern "C" fn(Pointer),
    set_option: unsafe extern "C" fn(Pointer, *const c_char, *const c_char),
    symbol_manager_new: unsafe extern "C" fn(Pointer) -> Pointer,
    symbol_manager_delete: unsafe extern "C" fn(Pointer),
    parser_new: unsafe extern "C" fn(Pointer, Pointer) -> Pointer,
    parser_delete: unsafe extern "C" fn(Pointer),
    parser_set_str_input: unsafe extern "C" fn(Pointer, c_int, *const c_char, *const c_char),
    parser_next_command: unsafe extern "C" fn(Pointer, *mut *const c_char) -> Pointer,
    cmd_invoke: unsafe extern "C" fn(Pointer, Pointer, Pointer) -> *const c_char,
    /// Dropped last: the functions above live in them.
    _libraries: [Library; 2],
}

/// `CVC5_INPUT_LANGUAGE_SMT_LIB_2_6`
const SMT_LIB: c_int = 0;

impl Api {
    fn load(folder: &Path) -> Result<Self, WorkerError> {
        let solver = open(&library(folder, "libcvc5", "libcvc5parser")?)?;
        let parser = open(&library(folder, "libcvc5parser", "")?)?;
        // SAFETY: each signature is the one that the C API of the pinned version declares for the name.
        unsafe {
            Ok(Self {
                term_manager_new: *solver.get(b"cvc5_term_manager_new\0")?,
                term_manager_release: *solver.get(b"cvc5_term_manager_release\0")?,
                term_manager_delete: *solver.get(b"cvc5_term_manager_delete\0")?,
                new: *solver.get(b"cvc5_new\0")?,
                delete: *solver.get(b"cvc5_delete\0")?,
                set_option: *solver.get(b"cvc5_set_option\0")?,
                symbol_manager_new: *parser.get(b"cvc5_symbol_manager_new\0")?,
                symbol_manager_delete: *parser.get(b"cvc5_symbol_manager_delete\0")?,
                parser_new: *parser.get(b"cvc5_parser_new\0")?,
                parser_delete: *parser.get(b"cvc5_parser_delete\0")?,
                parser_set_str_input: *parser.get(b"cvc5_parser_set_str_input\0")?,
                parser_next_command: *parser.get(b"cvc5_parser_next_command\0")?,
                cmd_invoke: *parser.get(b"cvc5_cmd_invoke\0")?,
                _libraries: [parser, solver],
            })
        }
    }
}

/// The file of a library: wheels put a digest or a version behind its name.
fn library(folder: &Path, name: &'static str, not: &str) -> Result<PathBuf, WorkerError> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let file = path.file_name().map(|file| file.to_string_lossy().into_owned());
            file.is_some_and(|file| file.starts_with(name) && (not.is_empty() || !file.starts_with(not)))
        })
        .collect();
    found.sort();
    found.into_iter().next().ok_or_else(|| WorkerError::Absent { name, folder: folder.to_owned() })
}

#[cfg(not(windows))]
fn open(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: the initialisers of cvc5's libraries have no preconditions.
    unsafe { Library::new(path) }
}

#[cfg(windows)]
fn open(path: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::windows;
    // SAFETY: as above. The flag lets a library find those beside it.
    unsafe { windows::Library::load_with_flags(path, windows::LOAD_WITH_ALTERED_SEARCH_PATH).map(Library::from) }
}

/// A solver with its parser.
struct Session<'a> {
    api: &'a Api,
    terms: Pointer,
    solver: Pointer,
    symbols: Pointer,
    parser: Pointer,
}

impl<'a> Session<'a> {
    fn new(api: &'a Api, limits: Limits) -> Self {
        let options = [(c"rlimit-per", limits.resources.to_string()), (c"tlimit-per", limits.milliseconds.to_string())];
        // SAFETY: every pointer comes from the function that makes its kind and is deleted by `Drop` alone, in the
        // reverse order. The options exist, and the strings outlive the calls, which copy them.
        unsafe {
            let terms = (api.term_manager_new)();
            let solver = (api.new)(terms);
            for (option, value) in options {
                let value = CString::new(value).unwrap_or_default();
                (api.set_option)(solver, option.as_ptr(), value.as_ptr());
            }
            let symbols = (api.symbol_manager_new)(terms);
            let parser = (api.parser_new)(solver, symbols);
            Self { api, terms, solver, symbols, parser }
        }
    }

    /// Runs commands; what they print, a line each.
    fn run(&mut self, commands: &str) -> String {
        let Ok(text) = CString::new(commands) else {
            return "(error \"a command holds a zero byte\")\n".to_owned();
        };
        let mut printed = String::new();
        // SAFETY: the pointers are those of this session; the text outlives the loop that reads it; what the library
        // returns is copied before the next call, until which it is valid.
        unsafe {
            (self.api.parser_set_str_input)(self.parser, SMT_LIB, text.as_ptr(), c"question".as_ptr());
            loop {
                let mut error: *const c_char = std::ptr::null();
                let command = (self.api.parser_next_command)(self.parser, &raw mut error);
                if !error.is_null() {
                    let message = CStr::from_ptr(error).to_string_lossy().replace(['\n', '"'], " ");
                    return format!("(error \"{message}\")\n");
                }
                if command.is_null() {
                    return printed;
                }
                let said = (self.api.cmd_invoke)(command, self.solver, self.symbols);
                if !said.is_null() {
                    printed.push_str(&CStr::from_ptr(said).to_string_lossy());
                }
            }
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `new`, deleted once, users before what they use.
        unsafe {
            (self.api.parser_delete)(self.parser);
            (self.api.symbol_manager_delete)(self.symbols);
            (self.api.delete)(self.solver);
            (self.api.term_manager_release)(self.terms);
            (self.api.term_manager_delete)(self.terms);
        }
    }
}
