//! Outcomes as records, which JSON reports hold and later runs read back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::Witness;

use super::outcome::{Decided, Outcome, Same, Shown};

/// An outcome, in the fields of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub outcome: String,
    /// Killed: the test that fails. Equivalent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Equivalent: the other statements that make it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Vec<String>>,
    /// Missed: who gains or loses what. Undecided, and equivalent without `with`: why nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Missed: a request that the two decide differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// What the program decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Whether a scenario can put the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<bool>,
}

impl Record {
    /// The record without what a solver chose, so that another run gives the same bytes.
    #[must_use]
    pub fn without_choices(self) -> Self {
        let why = self.why.filter(|_| self.outcome == UNDECIDED);
        Self { outcome: self.outcome, by: self.by, why, ..Self::default() }
    }

    /// The outcome that was recorded; `None` of a record that is not whole.
    #[must_use]
    pub fn read(self) -> Option<Outcome> {
        Some(match self.outcome.as_str() {
            KILLED => Outcome::Killed(self.by?),
            MISSED => {
                let request = match self.request {
                    None => None,
                    Some(request) => Some(Decided {
                        witness: Witness::from_json(&request)?,
                        allowed: match self.decision?.as_str() {
                            ALLOW => true,
                            DENY => false,
                            _ => return None,
                        },
                        is_asked: self.scenario?,
                    }),
                };
                Outcome::Missed(Box::new(Shown { what: self.why?, request }))
            }
            EQUIVALENT => Outcome::Equivalent(match (self.with, self.why) {
                (Some(with), _) if with.is_empty() => Same::Itself,
                (Some(with), _) => Same::With(with),
                (None, why) => Same::Unsaid(why?),
            }),
            UNDECIDED => Outcome::Undecided(self.why?),
            UNVIABLE => Outcome::Unviable,
            _ => return None,
        })
    }
}

const KILLED: &str = "killed";
const MISSED: &str = "missed";
const EQUIVALENT: &str = "equivalent";
const UNDECIDED: &str = "undecided";
const UNVIABLE: &str = "unviable";
const ALLOW: &str = "allow";
const DENY: &str = "deny";

impl Outcome {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Killed(_) => KILLED,
            Self::Missed(_) => MISSED,
            Self::Equivalent(_) => EQUIVALENT,
            Self::Undecided(_) => UNDECIDED,
            Self::Unviable => UNVIABLE,
        }
    }

    /// Its record.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = Record { outcome: self.name().to_owned(), ..Record::default() };
        match self {
            Self::Killed(by) => record.by = Some(by.clone()),
            Self::Undecided(why) | Self::Equivalent(Same::Unsaid(why)) => record.why = Some(why.clone()),
            Self::Equivalent(Same::Itself) => record.with = Some(Vec::new()),
            Self::Equivalent(Same::With(with)) => record.with = Some(with.clone()),
            Self::Missed(shown) => {
                record.why = Some(shown.what.clone());
                if let Some(decided) = &shown.request {
                    record.request = Some(decided.witness.to_json());
                    record.decision = Some(if decided.allowed { ALLOW } else { DENY }.to_owned());
                    record.scenario = Some(decided.is_asked);
                }
            }
            Self::Unviable => {}
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::witness_of_every_value;

    #[test]
    fn every_outcome_is_read_back_as_it_was() {
        let decided = |allowed| Some(Decided { witness: witness_of_every_value(), allowed, is_asked: !allowed });
        let missed = |request| Outcome::Missed(Box::new(Shown { what: "boss gains".to_owned(), request }));
        let all = [
            Outcome::Killed("bills: nobody pays".to_owned()),
            missed(None),
            missed(decided(true)),
            missed(decided(false)),
            Outcome::Equivalent(Same::Itself),
            Outcome::Equivalent(Same::With(vec!["stepped_up".to_owned()])),
            Outcome::Equivalent(Same::Unsaid("there are too many".to_owned())),
            Outcome::Undecided("there was no time".to_owned()),
            Outcome::Unviable,
        ];
        for outcome in all {
            let text = serde_json::to_string(&outcome.record()).unwrap();
            let read = serde_json::from_str::<Record>(&text).unwrap().read().unwrap();
            assert_eq!(format!("{read:?}"), format!("{outcome:?}"));
        }
    }

    #[test]
    fn a_record_that_is_not_whole_is_no_outcome() {
        for outcome in ["killed", "missed", "equivalent", "undecided", "passed"] {
            assert!(Record { outcome: outcome.to_owned(), ..Record::default() }.read().is_none(), "{outcome}");
        }
    }
}
