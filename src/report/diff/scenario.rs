//! Examples as scenarios, which hold the new side to what it decides now.

use crate::bundle::PROFILE_TYPE;
use crate::report::suite::{Saved, Suite};
use crate::semdiff::{Basis, Difference, Direction};
use crate::text::{Instant, safe};

use super::{rows, words};

/// All scenarios of a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scenarios {
    /// Those that there are.
    pub saved: Vec<Saved>,
    /// How many examples no scenario of the new side can state.
    pub left_out: usize,
}

/// A suite for each row whose request the new side takes. The requests by which grants are asked for and approved are made by
/// the gateway: scenarios tell them as steps.
#[must_use]
pub fn scenarios(difference: &Difference, at: Instant) -> Scenarios {
    let mut scenarios = Scenarios::default();
    for (number, row) in rows::rows(difference, &[]).iter().enumerate() {
        let of_gateway = row.example.witness.request.resource.type_name().basename() == PROFILE_TYPE;
        if row.example.basis != Basis::New || row.example.after.cause == "no-such-request" || of_gateway {
            scenarios.left_out += 1;
            continue;
        }
        let first = |names: &[String]| names.first().cloned().unwrap_or_default();
        let name = format!("diff {} {} {}", row.way.verb(), first(&row.who), first(&row.what));
        let suite = Suite {
            written_by: "diff --save`: a request that is decided differently than before",
            name: &name,
            test: &words::heading(&row.who, row.way, &row.what),
            witness: &row.example.witness,
            is_allowed: row.way == Direction::Widened,
            at,
        };
        scenarios.saved.push(suite.save(format!("{}-{}", safe::file_stem(&name), number + 1)));
    }
    scenarios
}
