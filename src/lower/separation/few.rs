//! Findings about one separation. A program has as many of them as it has separations times roles, permits or people: the first
//! few stand alone, and one more names and counts the rest.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::Separation;

use super::{Joined, listed};

/// How many findings of a kind about one separation stand alone.
const FEW: usize = 5;

/// Reports findings of one kind about a separation. `words` say what a number of further ones are about.
pub(super) fn few(found: Vec<Joined>, separation: &Separation, words: &dyn Fn(usize) -> String, out: &mut Diagnostics) {
    let mut found = found.into_iter();
    out.extend(found.by_ref().take(FEW).map(|one| one.finding));
    let Some(next) = found.next() else { return };
    let severity = next.finding.severity;
    let code = next.finding.code;
    let names: BTreeSet<String> = std::iter::once(next.by).chain(found.map(|one| one.by)).collect();
    let message = format!("{}: {}", words(names.len()), listed(&names, ", "));
    let more = Diagnostic::new(code, severity, Some(separation.statement.span), message)
        .label("they are separated here")
        .help("mend those that are reported one by one, and check again to see these");
    out.push(more);
}
