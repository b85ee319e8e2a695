//! Roles that somebody gained or lost, each with what the role brings and whether it is declared.

use crate::semdiff::{Assigned, Difference, Direction, Judged};

use super::{Review, Sides, review, words};

/// How much of what a role brings is told; `--format json` holds all.
const MOST_BROUGHT: usize = 5;

/// An assignment as a report tells it.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) assigned: &'a Assigned,
    pub(super) way: Direction,
    /// `it brings Bill.read, Bill.pay`
    pub(super) brings: String,
    /// `assignments/people.yaml:3`
    pub(super) place: String,
    /// What declares it.
    pub(super) declared: Option<&'a Judged>,
    /// Whether it must be declared and is not.
    pub(super) open: bool,
}

/// All of them, gained ones first.
pub(super) fn told<'a>(difference: &'a Difference, review: Review<'a>, sides: Sides<'_>) -> Vec<Told<'a>> {
    let all = difference.assignments.iter().enumerate();
    all.map(|(number, assigned)| {
        let way = assigned.way;
        let files = match way {
            Direction::Widened => sides.new_files,
            Direction::Narrowed => sides.old_files,
        };
        let cover = review.declared.assigned.get(number).copied().flatten();
        let declared = cover.and_then(|at| review.declared.declarations.get(at));
        Told {
            way,
            brings: brings(assigned),
            place: format!("{}:{}", files.path(assigned.at.file), files.sources.position(assigned.at).line),
            open: way == Direction::Widened && declared.is_none(),
            declared,
            assigned,
        }
    })
    .collect()
}

impl Told<'_> {
    /// `User::"ann" gains role reader`
    pub(super) fn title(&self) -> String {
        words::assigned(self.assigned)
    }

    /// Whether it is declared, and by what.
    pub(super) fn line(&self, review: Review<'_>, sides: Sides<'_>) -> Option<String> {
        match self.declared {
            Some(judged) => Some(format!(
                "declared by {}: {}",
                sides.new_files.path(judged.declaration.file),
                review::reason(judged)
            )),
            None => (self.open && review.is_in_use()).then(|| "not declared".to_owned()),
        }
    }
}

fn brings(assigned: &Assigned) -> String {
    let shown = assigned.brings.iter().take(MOST_BROUGHT).map(String::as_str).collect::<Vec<_>>();
    match (shown.as_slice(), assigned.brings.len().saturating_sub(MOST_BROUGHT)) {
        ([], _) => "the role grants nothing".to_owned(),
        (shown, 0) => format!("it brings {}", shown.join(", ")),
        (shown, more) => format!("it brings {} and {more} more", shown.join(", ")),
    }
}
