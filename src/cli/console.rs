//! The one writer to standard output and standard error. What is printed for people is made safe here once more, as the last
//! step: no text of others steers the terminal or is a command to a build server. A reader that stops listening (`| head`) ends the writing, not
//! the work: the exit code stays what the work says.

use std::io::{ErrorKind, Read, Write};

use crate::load::MAX_FILE_BYTES;
use crate::report::{Colour, Style};
use crate::text::safe;

use super::args::ColourChoice;
use super::env;
use super::error::CliError;

/// How much people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    All,
    /// What failed and what the run came to.
    Failures,
}

/// Where a run writes to.
pub(super) struct Console {
    out: Box<dyn Write + Send>,
    listening: bool,
    detail: Detail,
    style: Style,
    error_style: Style,
}

impl Console {
    /// The process's own output.
    pub(super) fn of_process(choice: ColourChoice) -> Self {
        Self {
            out: Box::new(std::io::stdout()),
            listening: true,
            detail: Detail::All,
            style: env::style(choice),
            error_style: env::error_style(choice),
        }
    }

    /// Leaves out all but failures and conclusions from what people are shown.
    pub(super) fn quieten(&mut self) {
        self.detail = Detail::Failures;
    }

    /// How much people are shown.
    pub(super) fn detail(&self) -> Detail {
        self.detail
    }

    /// What standard output can show.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// What standard error can show.
    pub(super) fn error_style(&self) -> Style {
        self.error_style
    }

    /// Writes text for people to standard error. Nobody is left to tell if that fails.
    pub(super) fn tell(&self, text: &str) {
        let _ = std::io::stderr().write_all(shown(text, self.error_style).as_bytes());
    }

    /// Writes text for people, or a report that is safe as it is, to standard output.
    pub(super) fn print(&mut self, text: &str) -> Result<(), CliError> {
        let text = shown(text, self.style);
        self.print_exactly(&text)
    }

    /// Writes to standard output what has to arrive byte for byte: commands that are meant for the build server, a script, a
    /// file's content.
    pub(super) fn print_exactly(&mut self, text: &str) -> Result<(), CliError> {
        if !self.listening {
            return Ok(());
        }
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.listening = false;
                Ok(())
            }
            Err(source) => Err(CliError::Stream { stream: "standard output", source }),
        }
    }

    /// Reads standard input to its end, or to where it is longer than a file may be.
    pub(super) fn read_all(&mut self) -> Result<Vec<u8>, CliError> {
        let failed = |source| CliError::Stream { stream: "standard input", source };
        let mut bytes = Vec::new();
        let mut input = std::io::stdin().lock().take(MAX_FILE_BYTES + 1);
        let read = input.read_to_end(&mut bytes).map_err(failed)?;
        match u64::try_from(read).is_ok_and(|read| read <= MAX_FILE_BYTES) {
            true => Ok(bytes),
            false => Err(failed(ErrorKind::FileTooLarge.into())),
        }
    }

    /// Reads a line of standard input; `None` at its end.
    pub(super) fn read_line(&mut self) -> Result<Option<String>, CliError> {
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line.trim().to_owned())),
            Err(source) => Err(CliError::Stream { stream: "standard input", source }),
        }
    }

    /// Writes an error, its causes and its hint to standard error.
    pub(super) fn error(&mut self, error: &CliError) {
        self.tell(&error.report(self.error_style));
    }
}

fn shown(text: &str, style: Style) -> String {
    match style.colour {
        Colour::Plain => safe::output(text),
        Colour::Ansi => safe::coloured_output(text),
    }
}
