//! Times in the context that nobody means. A request with such a time is shown only where no other shows the same, and where
//! Cedar's arithmetic overflows the comparison leaves requests out, and says so.

use cedar_policy::Policy;

use crate::analysis::{Environment, Rule, Witness};
use crate::text::Instant;

/// How often one thing is asked anew because the answer's request has times outside a range: each adds some of them.
pub(super) const MOST_BOUNDS: usize = 3;

/// Where the times of a context are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// All that Cedar's `datetime` reads: what people, tokens and logs write. A request outside is ugly, and counts.
    Written,
    /// The nearer half of what Cedar counts, 146 million years before and after 1970. INVARIANT: the distance of two
    /// such times does not overflow.
    Exact,
}

/// What a proof takes for granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Assumes {
    #[default]
    Nothing,
    /// That times of the context lie in [`Range::Exact`].
    Times,
}

impl Assumes {
    /// What a proof with some assumed rules takes for granted.
    pub(super) fn of(assumed: &[Rule]) -> Self {
        match assumed.is_empty() {
            true => Self::Nothing,
            false => Self::Times,
        }
    }
}

impl Range {
    fn ends(self) -> [Instant; 2] {
        let exact = [Instant(i64::MIN / 2), Instant(i64::MAX / 2)];
        let written = ["0000-01-01T00:00:00+2359", "9999-12-31T23:59:59.999-2359"].map(Instant::parse);
        match (self, written) {
            (Self::Written, [Some(first), Some(last)]) => [first, last],
            (Self::Written | Self::Exact, _) => exact,
        }
    }

    /// Whether a witness has no time outside.
    pub(super) fn holds(self, witness: &Witness) -> bool {
        let [first, last] = self.ends();
        witness.times().iter().all(|(_, time)| (first..=last).contains(time))
    }

    /// A forbid of requests with times outside, for each place in which a witness has a time. `None` where the witness itself
    /// has none outside.
    pub(super) fn bounds(self, witness: &Witness, env: &Environment) -> Option<Rule> {
        if self.holds(witness) {
            return None;
        }
        let [first, last] = self.ends().map(Instant::expression);
        let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let times = witness.times();
        let conditions: Vec<String> = times
            .iter()
            .filter(|(names, _)| names.iter().all(is_name))
            .map(|(names, _)| {
                let path = names.join(".");
                format!("(context has {path} && (context.{path} < {first} || context.{path} > {last}))")
            })
            .collect();
        let text = format!(
            "forbid(principal is {}, action == {}, resource is {}) when {{ {} }};",
            env.principal,
            env.action,
            env.resource,
            conditions.join(" || "),
        );
        Rule::new(&Policy::parse(None, text).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decide::Request;

    fn witness(time: &Instant) -> Witness {
        let context = json!({ "now": time.to_json(), "risk": 1 });
        Witness {
            request: Request {
                principal: "User::\"u\"".parse().unwrap(),
                action: "Action::\"a\"".parse().unwrap(),
                resource: "Bill::\"b\"".parse().unwrap(),
                context: context.as_object().unwrap().clone(),
            },
            entities: json!([]),
        }
    }

    #[test]
    fn a_time_inside_is_left_alone_and_another_forbidden() {
        let env = Environment {
            principal: "User".parse().unwrap(),
            action: "Action::\"a\"".parse().unwrap(),
            resource: "Bill".parse().unwrap(),
        };
        let [first, last] = Range::Written.ends();
        for inside in [first, Instant::parse("2026-03-01T00:00:00Z").unwrap(), last] {
            assert!(Range::Written.bounds(&witness(&inside), &env).is_none(), "{inside}");
        }
        for outside in [Instant(first.0 - 1), Instant(last.0 + 1), Instant(i64::MAX)] {
            let rule = Range::Written.bounds(&witness(&outside), &env).unwrap();
            let text = rule.policy().to_string();
            assert!(text.contains("context.now > datetime(\"9999-12-31T23:59:59.999-2359\")"), "{text}");
        }
        assert!(Range::Exact.bounds(&witness(&Instant(last.0 + 1)), &env).is_none());
        assert!(Range::Exact.bounds(&witness(&Instant(i64::MIN)), &env).is_some());
    }

    #[test]
    fn two_times_that_are_compared_have_a_distance() {
        let [first, last] = Range::Exact.ends();
        assert!(last.since(first).is_some() && first.since(last).is_some());
        let [oldest, newest] = Range::Written.ends();
        assert!(first < oldest && newest < last);
    }
}
