//! The table.

use crate::text::Duration;

/// What is known of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The words that it begins with, which diagnostics and the diff call it by.
    pub word: &'static str,
    /// Whether it may be said more than once.
    pub repeats: bool,
    /// An example of a clause that every profile must have.
    pub required: Option<&'static str>,
    /// Set where its argument is one number or one duration.
    pub bound: Option<Bound>,
}

/// A clause with one number or one duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// What it counts.
    pub unit: Unit,
    /// What to write instead of a bound that is not positive.
    pub positive: &'static str,
    /// Its value where the profile does not say; `None`: there is no bound, or the clause is required.
    pub default: Option<i64>,
    /// The field of the contract that holds it. Durations are in milliseconds, and 0 stands for no bound.
    pub field: &'static str,
    /// When the contract has the field.
    pub kept: Kept,
    /// Which change weakens the profile.
    pub weaker: Weaker,
}

/// What a bound counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number.
    Count,
    /// A duration.
    Duration,
}

/// When the contract has the field of a bound. One that came after the first version is written only where a profile says it:
/// older contracts have no such field, and older readers refuse a contract that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Always; 0 where there is no bound.
    Always,
    /// Where there is a bound.
    WhereSaid,
}

/// Which change of a bound weakens a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weaker {
    /// A higher value.
    Higher,
    /// A lower value, or none.
    Lower,
    /// A higher value, or none.
    HigherOrNone,
}

impl Unit {
    /// A value in words.
    #[must_use]
    pub fn show(self, value: i64) -> String {
        match self {
            Self::Count => value.to_string(),
            Self::Duration => Duration(value).to_string(),
        }
    }
}

/// Without a bound, said at most once, not required.
const PLAIN: Row = Row { word: "", repeats: false, required: None, bound: None };
/// Kept always, without a default.
const COUNT: Bound =
    Bound { unit: Unit::Count, positive: "", default: None, field: "", kept: Kept::Always, weaker: Weaker::Higher };
const DURATION: Bound = Bound { unit: Unit::Duration, positive: "write a duration such as `30m`", ..COUNT };

/// Declares the clauses, `ALL` of them in order, and their rows.
macro_rules! table {
    ($($(#[doc = $doc:literal])+ $Clause:ident => $row:expr,)+) => {
        /// A clause of a break-glass profile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Clause {
            $($(#[doc = $doc])+ $Clause,)+
        }

        impl Clause {
            /// Every clause, in the order in which the book and the diff list them.
            pub const ALL: &[Self] = &[$(Self::$Clause),+];

            /// What is known of it.
            #[must_use]
            pub fn row(self) -> &'static Row {
                match self {
                    $(Self::$Clause => {
                        const ROW: Row = $row;
                        &ROW
                    })+
                }
            }
        }
    };
}

table! {
    /// Who may ask.
    For => Row { word: "for", required: Some("for support;"), ..PLAIN },
    /// What it opens.
    Grants => Row { word: "grants", repeats: true, required: Some("grants read on Payout;"), ..PLAIN },
    /// How many resources one request names.
    Resources => Row {
        word: "resources at most",
        required: Some("resources at most 5;"),
        bound: Some(Bound { field: "max_resources", positive: "a grant names at least one resource", ..COUNT }),
        ..PLAIN
    },
    /// What a request carries.
    Requires => Row { word: "requires", ..PLAIN },
    /// A condition at the request and at each use.
    When => Row { word: "when", ..PLAIN },
    /// How many of which role must agree.
    Approved => Row { word: "approved by", required: Some("approved by 2 of security_lead;"), ..PLAIN },
    /// How many refusals end a request.
    Refused => Row {
        word: "refused by",
        bound: Some(Bound {
            field: "refusals",
            positive: "at least one refusal is needed to end a request",
            default: Some(1),
            ..COUNT
        }),
        ..PLAIN
    },
    /// How long a request waits for its approvals.
    Pending => Row {
        word: "pending",
        bound: Some(Bound { field: "pending", default: Some(Duration::HOUR.0), ..DURATION }),
        ..PLAIN
    },
    /// The longest grant, from its last approval.
    Expires => Row {
        word: "expires within",
        required: Some("expires within 2h;"),
        bound: Some(Bound { field: "expires_within", ..DURATION }),
        ..PLAIN
    },
    /// How often one grant opens something.
    Uses => Row {
        word: "uses at most",
        required: Some("uses at most 20;"),
        bound: Some(Bound { field: "max_uses", positive: "a grant that cannot be used opens nothing", ..COUNT }),
        ..PLAIN
    },
    /// How long a grant lasts without a use.
    Idle => Row {
        word: "idle",
        bound: Some(Bound {
            field: "idle",
            kept: Kept::WhereSaid,
            weaker: Weaker::HigherOrNone,
            ..DURATION
        }),
        ..PLAIN
    },
    /// Rest between the end of a grant and the next request of the same requester.
    Cooldown => Row {
        word: "cooldown",
        bound: Some(Bound { field: "cooldown", weaker: Weaker::Lower, ..DURATION }),
        ..PLAIN
    },
    /// How many grants one requester gets in a window.
    GrantsPer => Row { word: "grants per", ..PLAIN },
    /// Which guards a grant lifts.
    Lifts => Row { word: "lifts", ..PLAIN },
    /// Who is told of what.
    Alerts => Row { word: "alerts", repeats: true, ..PLAIN },
    /// Who may end a grant, besides its requester.
    Revoked => Row { word: "revoked by", ..PLAIN },
    /// Who reviews a grant, and until when.
    Review => Row { word: "review within", required: Some("review within 24h by security_lead;"), ..PLAIN },
}

impl Clause {
    /// All clauses with one number or one duration.
    pub fn bounds() -> impl Iterator<Item = (Self, &'static Bound)> {
        Self::ALL.iter().filter_map(|clause| Some((*clause, clause.row().bound.as_ref()?)))
    }

    /// The bound that a field of the contract holds.
    #[must_use]
    pub fn of_field(field: &str) -> Option<(Self, &'static Bound)> {
        Self::bounds().find(|(_, bound)| bound.field == field)
    }

    /// The clause that begins with these words.
    #[must_use]
    pub fn begun_by(words: &[&str]) -> Option<Self> {
        let begins = |clause: &Self| {
            let mut words = words.iter();
            clause.row().word.split(' ').all(|word| words.next() == Some(&word))
        };
        Self::ALL.iter().copied().filter(begins).max_by_key(|clause| clause.row().word.len())
    }

    /// The first words of all clauses, each once.
    #[must_use]
    pub fn first_words() -> Vec<&'static str> {
        let mut words: Vec<&str> = Self::ALL.iter().filter_map(|clause| clause.row().word.split(' ').next()).collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_tell_clauses_apart() {
        for clause in Clause::ALL {
            let words: Vec<&str> = clause.row().word.split(' ').chain(["24h"]).collect();
            assert_eq!(Clause::begun_by(&words), Some(*clause));
        }
        for (clause, bound) in Clause::bounds() {
            assert_eq!(Clause::of_field(bound.field), Some((clause, bound)));
            assert!(!bound.positive.is_empty() && !bound.field.is_empty(), "{clause:?}");
        }
        assert_eq!(Clause::begun_by(&["expires", "2h"]), None);
        assert_eq!(Clause::begun_by(&[]), None);
    }

    /// An author reads of each clause in the book, and of its default where it has one.
    #[test]
    fn the_page_of_the_book_has_a_row_for_each_clause_with_its_default() {
        let page = include_str!("../../book/src/language/break-glass.md");
        for clause in Clause::ALL {
            let row = clause.row();
            let line = page.lines().find(|line| line.starts_with(&format!("| `{} ", row.word)));
            let line = line.unwrap_or_else(|| panic!("`{}` has no row", row.word));
            let default = line.split('|').nth(2).unwrap().trim();
            if let Some(bound) = row.bound {
                let said = bound.default.map(|value| bound.unit.show(value));
                assert_eq!(said.is_none(), default == "required" || default.starts_with("no"), "{line}");
                assert!(said.is_none_or(|said| default == said), "{line}");
            }
            // That a request gives a reason is required by one word of the clause.
            let required = row.required.is_some() || *clause == Clause::Requires;
            assert_eq!(required, default.starts_with("required"), "{line}");
            assert_eq!(row.repeats, default.ends_with("repeatable"), "{line}");
        }
    }
}
