//! `gatewright test --review`: shows each snapshot that is not as accepted, and asks. The run after it, which counts,
//! reads from disk what was answered.

use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::load;
use crate::report::printable;
use crate::scenario::golden::{SnapshotAction, SnapshotVerdict};
use crate::scenario::{Failure, FailureKind, RunReport, TestOutcome, golden};

use crate::text::safe;

use super::package::Package;

/// Asks about every snapshot of a run that left them pending. The end of standard input leaves the rest as it is.
pub(super) fn ask(package: &Package, report: &RunReport, console: &mut Console) -> Result<(), CliError> {
    for (_, test) in report.tests() {
        let TestOutcome::Failed(failures) = &test.outcome else {
            continue;
        };
        for Failure { kind, .. } in failures {
            let (path, shown) = match kind {
                FailureKind::Snapshot(SnapshotVerdict::Missing { path, text }) => (path, text),
                FailureKind::Snapshot(SnapshotVerdict::Changed { path, diff }) => (path, diff),
                _ => continue,
            };
            console.print(&format!("{}\n\n{}\n\n", printable(path), safe::block(shown.trim_end())))?;
            match answer("accept this snapshot?", console)? {
                Some(true) => accept(package, report, path)?,
                Some(false) => {}
                None => return Ok(()),
            }
        }
    }
    for path in &report.unreferenced {
        match answer(&format!("{}: no test writes this snapshot; remove it?", printable(path)), console)? {
            Some(true) => load::remove_if_present(&package.loaded.root.join(path))?,
            Some(false) => {}
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Moves the pending text of a run to its place.
fn accept(package: &Package, report: &RunReport, path: &str) -> Result<(), CliError> {
    let pending = golden::pending_path(path);
    for action in &report.snapshots {
        if let SnapshotAction::Write { path: written, text } = action
            && *written == pending
        {
            load::write_atomic(&package.loaded.root.join(path), text.as_bytes())?;
            load::remove_if_present(&package.loaded.root.join(&pending))?;
        }
    }
    Ok(())
}

/// A yes or a no; `None` at the end of standard input.
fn answer(question: &str, console: &mut Console) -> Result<Option<bool>, CliError> {
    loop {
        console.print(&format!("{question} [y/n] "))?;
        match console.read_line()?.as_deref() {
            Some("y" | "yes") => return Ok(Some(true)),
            Some("n" | "no") => return Ok(Some(false)),
            Some(_) => {}
            None => return Ok(None),
        }
    }
}
