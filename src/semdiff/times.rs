//! Times that nobody can state. Cedar's datetimes are written with years of four digits, and so are those of tokens and logs,
//! while its arithmetic reaches hundreds of millions of years further, and errors at its ends. A change that shows there alone
//! is none.

use cedar_policy::Policy;

use crate::analysis::Environment;
use crate::analysis::Rule;
use crate::analysis::Witness;
use crate::text::Instant;

/// The first year and the last day that every clock can state.
const WRITABLE: [&str; 2] = ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z"];

/// How often one thing is asked anew because the answer's request has times that nobody can state: each adds some of them.
pub(super) const MOST_BOUNDS: usize = 3;

/// A forbid of requests whose times cannot be written, where a witness is one: of each point in time that the witness has.
pub(super) fn bounds(witness: &Witness, env: &Environment) -> Option<Rule> {
    let [first, last] = WRITABLE.map(Instant::parse);
    let (first, last) = (first?, last?);
    let times = witness.times();
    if times.iter().all(|(_, time)| (first..=last).contains(time)) {
        return None;
    }
    let [first, last] = WRITABLE;
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let conditions: Vec<String> = times
        .iter()
        .filter(|(names, _)| names.iter().all(is_name))
        .map(|(names, _)| {
            let path = names.join(".");
            format!(
                "(context has {path} && (context.{path} < datetime(\"{first}\") || context.{path} > datetime(\"{last}\")))"
            )
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decide::Request;

    fn witness(time: serde_json::Value) -> Witness {
        let context = json!({ "now": time, "risk": 1 });
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
    fn a_time_that_can_be_written_is_left_alone_and_another_forbidden() {
        let env = Environment {
            principal: "User".parse().unwrap(),
            action: "Action::\"a\"".parse().unwrap(),
            resource: "Bill".parse().unwrap(),
        };
        let common = json!({ "__extn": { "fn": "datetime", "arg": "2026-03-01T00:00:00Z" } });
        assert!(bounds(&witness(common), &env).is_none());
        let odd = json!({ "__extn": { "fn": "offset", "args": [
            { "__extn": { "fn": "datetime", "arg": "1970-01-01" } },
            { "__extn": { "fn": "duration", "arg": "9223372036854775807ms" } },
        ] } });
        let rule = bounds(&witness(odd), &env).unwrap();
        let text = rule.policy().to_string();
        assert!(
            text.contains("context.now > datetime(\"9999-12-30T00:00:00Z\")"),
            "{text}"
        );
    }
}
