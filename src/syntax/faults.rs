//! The faults of one file, as many of them as are worth reading.

use super::codes;
use super::limits::FAULTS;
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::Span;

/// A collector that counts on when it is full: a file of garbage must not cost a diagnostic per byte.
#[derive(Debug, Default)]
pub(super) struct Faults {
    shown: Diagnostics,
    seen: usize,
    beyond: Option<Span>,
}

impl Faults {
    /// Adds one fault.
    pub(super) fn push(&mut self, fault: Diagnostic) {
        self.seen += 1;
        if self.shown.len() < FAULTS {
            self.shown.push(fault);
        } else if self.beyond.is_none() {
            self.beyond = fault.primary();
        }
    }

    /// Whether nothing more will be shown, so that nothing more need be looked for.
    pub(super) fn are_full(&self) -> bool {
        self.beyond.is_some()
    }

    /// How many there were, shown or not.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// Hands the faults over in the order of the text.
    pub(super) fn deliver(self, out: &mut Diagnostics) {
        out.extend(self.shown.sorted());
        if let Some(span) = self.beyond {
            let message = format!("more than {FAULTS} errors in this file");
            let help = "fix these first; the rest of the file was not checked";
            out.push(Diagnostic::error(codes::TOO_MANY_FAULTS, span, message).help(help));
        }
    }
}
