//! What is declared of a difference, in words: beside each finding, of the files that hold no more, and what the gate says.

use crate::diag::Diagnostic;
use crate::report::files::Files;
use crate::report::printable;
use crate::semdiff::{Asserted, DeclarationStatus, Declared, Direction, Gate, Judged};

use super::rows::Row;

/// What is declared, and whether that decides.
#[derive(Debug, Clone, Copy)]
pub struct Review<'a> {
    /// What the new side declares of the difference.
    pub declared: &'a Declared,
    /// Whether undeclared changes fail.
    pub mode: Mode,
    /// What the assertions of the new side come to, where they were asked about.
    pub asserted: Option<&'a Asserted>,
}

/// Whether undeclared changes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are shown.
    Shown,
    /// They fail, and so do declarations that hold no more.
    Gated,
}

impl<'a> Review<'a> {
    /// What the gate says.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let asserted = self.asserted.map_or(Gate::Passes, Asserted::gate);
        self.declared.gate().and(asserted)
    }

    /// Whether the package declares changes, or must.
    pub(super) fn is_in_use(&self) -> bool {
        let declared = self.declared;
        self.mode == Mode::Gated
            || !declared.declarations.is_empty()
            || !declared.history.is_empty()
            || !declared.faults.is_empty()
    }

    /// The declaration of a row.
    pub(super) fn of(&self, row: &Row<'_>) -> Option<&Judged> {
        self.declared.declarations.get(row.declared?)
    }

    /// The declaration of a term of the contract, by its place in the difference.
    pub(super) fn term(&self, at: usize) -> Option<&'a Judged> {
        let covers = self.declared.terms.get(at).copied()?;
        self.declared.declarations.get(covers?)
    }

    /// The declaration of an assertion of which less is proved, by its place among those that are proved in part.
    pub(super) fn proof(&self, at: usize) -> Option<&'a Judged> {
        let covers = self.declared.in_part.get(at).copied()?;
        self.declared.declarations.get(covers?)
    }

    /// Whether a row must be declared and is not.
    pub(super) fn is_open(&self, row: &Row<'_>) -> bool {
        row.way == Direction::Widened && row.declared.is_none()
    }

    /// Whether a row is declared, and by what: `declared by changes/fin-40.yaml: …`.
    pub(super) fn line(&self, row: &Row<'_>, files: Files<'_>) -> Option<String> {
        match self.of(row) {
            Some(judged) => Some(declared_by(judged, files)),
            None if self.is_open(row) && self.is_in_use() => Some("not declared".to_owned()),
            None => None,
        }
    }

    /// What holds no more of the files, a line each with its place.
    pub(super) fn refusals(&self, files: Files<'_>) -> Vec<String> {
        let refusals = self.declared.refusals();
        let line = |found: &Diagnostic| match found.primary() {
            Some(span) => format!("{}:{}: {}", files.path(span.file), files.sources.position(span).line, found.message),
            None => found.message.clone(),
        };
        refusals.iter().map(line).collect()
    }

    /// What the gate says: `gate: fails: 1 widened access is not declared`; nothing where nobody asked.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        if self.mode == Mode::Shown {
            return None;
        }
        let declared = self.declared;
        let counts = [
            (
                declared.undeclared,
                "undeclared widening (use `--declare` to write the file)",
                "undeclared widenings (use `--declare` to write the files)",
            ),
            (
                declared.undeclared_terms,
                "undeclared weakened term (use `--declare` to write the file)",
                "undeclared weakened terms (use `--declare` to write the files)",
            ),
            (declared.faults.len(), "error in `changes/`", "errors in `changes/`"),
            (declared.count(DeclarationStatus::Stale), "stale declaration", "stale declarations"),
            (declared.count(DeclarationStatus::Expired), "expired declaration", "expired declarations"),
        ];
        let mut parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| match count {
                1 => format!("1 {one}"),
                count => format!("{count} {many}"),
            })
            .collect();
        if let Some(asserted) = self.asserted {
            let counted = |count: usize, what: &str| match count {
                1 => format!("1 assertion is {what}"),
                count => format!("{count} assertions are {what}"),
            };
            let open = asserted.open.len() + asserted.unasked;
            let counts = [
                (asserted.broken.len(), "refuted"),
                (open, "not proved"),
                (declared.undeclared_proofs, "now proved only in part and not declared"),
            ];
            let counts = counts.into_iter().filter(|(count, _)| *count > 0);
            parts.extend(counts.map(|(count, what)| counted(count, what)));
        }
        if declared.is_unsure {
            parts.push("some results are unknown".to_owned());
        }
        Some(match self.gate() {
            Gate::Passes => "gate: passes".to_owned(),
            Gate::Fails => format!("gate: fails: {}", parts.join(", ")),
            Gate::NotProved => format!("gate: not proved: {}", parts.join(", ")),
        })
    }
}

/// `declared by changes/fin-40.yaml: …`
pub(super) fn declared_by(judged: &Judged, files: Files<'_>) -> String {
    format!("declared by {}: {}", files.path(judged.declaration.file), reason(judged))
}

/// Why, and who answers for it until when: `small sums (finance-leads, FIN-40, until 2026-12-31)`.
pub(super) fn reason(judged: &Judged) -> String {
    let declaration = &judged.declaration;
    let mut who = vec![declaration.owner.clone()];
    who.extend(declaration.ticket.clone());
    who.extend(declaration.until.map(|until| format!("until {}", until.at.date())));
    let text = format!("{} ({})", declaration.because, who.join(", "));
    // A reason of several lines stands in one, and no mark in it makes it read as another.
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semdiff::{Declaration, Direction};
    use crate::text::FileId;

    #[test]
    fn a_reason_is_one_line_that_reads_as_it_is_written() {
        let judged = Judged {
            declaration: Declaration {
                file: FileId(0),
                change: Direction::Widened,
                who: Vec::new(),
                what: Vec::new(),
                contract: Vec::new(),
                because: "two\nlines \u{202e}desrever\u{7}".to_owned(),
                owner: "ann".to_owned(),
                ticket: Some("FIN-40".to_owned()),
                until: None,
            },
            standing: DeclarationStatus::Matched,
            unmatched: Vec::new(),
        };
        assert_eq!(reason(&judged), "two lines \u{fffd}desrever\u{2407} (ann, FIN-40)");
    }
}
