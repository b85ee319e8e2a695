//! One result in every format that was asked for: `--report` of all verbs.

use std::collections::BTreeSet;
use std::path::Path;

use crate::load;

use super::args::{Format, Output, ReportArg};
use super::console::Console;
use super::error::CliError;

impl Output<'_> {
    /// Whether some format is asked for, on standard output or in a file.
    #[cfg(feature = "prover")]
    pub(super) fn has(&self, format: Format) -> bool {
        self.format == format || self.reports.iter().any(|report| report.format == format)
    }

    /// Removes the reports of an earlier run, which must not pass for those of this run, whatever becomes of it.
    pub(super) fn clear(&self) -> Result<(), CliError> {
        let mut paths = BTreeSet::new();
        for path in self.reports.iter().filter_map(ReportArg::file) {
            if !paths.insert(path) {
                return Err(CliError::SameReport { path: path.to_owned() });
            }
        }
        for path in paths {
            load::clear_named(path)?;
        }
        Ok(())
    }

    /// Writes the reports.
    pub(super) fn write(&self, rendered: impl Fn(Format) -> String, console: &mut Console) -> Result<(), CliError> {
        for report in self.reports {
            let text = rendered(report.format);
            match report.file() {
                Some(path) => load::write_named(path, text.as_bytes())?,
                // Like any text for people it is made safe here; the other formats are as they are.
                None if report.format == Format::Human => console.print(&text)?,
                None => console.print_exactly(&text)?,
            }
        }
        Ok(())
    }
}

impl ReportArg {
    /// The file to write; `None` for standard output.
    fn file(&self) -> Option<&Path> {
        (self.path.as_os_str() != "-").then_some(&self.path)
    }
}
