//! Places of a package that are written in another case, as `Policy/`. Nothing reads them, and file systems that take both for one
//! hide the mistake.

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::load::codes;
use crate::text::{Sources, Span};

use super::part::top;

/// Reports a place that is written in another case than it is meant as: once, however many files it holds.
pub(super) fn report(sources: &mut Sources, written: &str, meant: &str, out: &mut Diagnostics) {
    if sources.iter().any(|(_, known)| top(known.name()) == written) {
        return;
    }
    // Guards and obligations in it would protect nothing.
    let severity = match meant {
        "policy" | "gateway.toml" | "gatewright.toml" => Severity::Error,
        _ => Severity::Warning,
    };
    let file = sources.add(written.to_owned(), "");
    let message = format!("nothing reads `{written}`: it is not called `{meant}`");
    let help = format!("rename it to `{meant}`; names are case-sensitive, even on a case-insensitive file system");
    out.push(Diagnostic::new(codes::UNUSED_FILE, severity, Some(Span::new(file, 0, 0)), message).help(help));
}
