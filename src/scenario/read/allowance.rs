//! How many requests and fixtures the suites of a package may stand for together. A claim is one request for each combination of
//! what it lists, so that a few lines can ask for millions.

use std::cell::Cell;

use crate::diag::{Diagnostic, Diagnostics};
use crate::scenario::codes;
use crate::text::{FileId, Sources, Span};

/// What any suites may stand for, besides one for each byte that is written.
const MOST: usize = 200_000;

/// What is left.
#[derive(Debug)]
pub(super) struct Allowance {
    most: usize,
    spent: Cell<usize>,
}

impl Allowance {
    /// For the suites in some files.
    pub(super) fn new(sources: &Sources, files: &[FileId]) -> Self {
        let written: usize = files.iter().map(|file| sources.text(*file).len()).sum();
        Self { most: MOST.saturating_add(written), spent: Cell::new(0) }
    }

    /// Takes some for what stands at a place. Where there are not as many, it is told once, and there are none any more.
    pub(super) fn take(&self, count: usize, at: Span, out: &mut Diagnostics) -> bool {
        let before = self.spent.get();
        self.spent.set(before.saturating_add(count));
        if self.spent.get() <= self.most {
            return true;
        }
        if before <= self.most {
            let message = format!("all suites together have more than {} requests and fixtures", self.most);
            out.push(
                Diagnostic::error(codes::LIMIT, at, message)
                    .label(format!("this adds {count} of them"))
                    .help("name fewer principals, resources or contexts in one claim, or include fewer fixtures"),
            );
        }
        false
    }
}
