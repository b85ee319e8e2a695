//! Policies without the errors of times that nobody can state. Cedar's datetimes reach hundreds of millions of years and
//! computing with them errors at the ends, while clocks, tokens and fixtures write years of four digits.

use cedar_policy::Policy;
use serde_json::{Map, Value, json};

/// The first and the last instant that can be written with such a year.
const YEARS: [&str; 2] = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"];

/// Most parts that a policy may come to: operands are written several times.
const MOST_PARTS: usize = 20_000;

/// The same policy, but what it computes with a time outside these years has some value instead. It says the same of all other
/// requests, and where it cannot error, the policy itself errors for such times only. `None` where it computes with no time.
pub(super) fn within_years(policy: &Policy) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    let mut rewriting = Rewriting { found: 0, parts: 0 };
    for condition in json.get_mut("conditions")?.as_array_mut()? {
        let body = condition.get_mut("body")?;
        *body = rewriting.expr(body)?;
    }
    (rewriting.found > 0).then(|| Policy::from_json(Some(policy.id().clone()), json).ok())?
}

struct Rewriting {
    found: usize,
    parts: usize,
}

impl Rewriting {
    /// An expression in Cedar's JSON form; `None` where it comes to too much.
    fn expr(&mut self, expr: &Value) -> Option<Value> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return None;
        }
        Some(match expr {
            Value::Object(slices) => {
                let mut all = Map::new();
                for (key, value) in slices {
                    // A literal holds no expression.
                    let value = if key == "Value" { value.clone() } else { self.expr(value)? };
                    all.insert(key.clone(), value);
                }
                self.computed(all)?
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.expr(item)).collect::<Option<_>>()?),
            other => other.clone(),
        })
    }

    /// A call that may leave the range of times, made for times of these years only.
    fn computed(&mut self, call: Map<String, Value>) -> Option<Value> {
        let operands = |name: &str| call.get(name).and_then(Value::as_array).map(Vec::as_slice);
        let (times, otherwise) = match (operands("durationSince"), operands("offset"), operands("toDate")) {
            (Some([one, other]), ..) => (vec![one, other], literal("duration", "0ms")),
            (_, Some([time, _]), _) | (.., Some([time])) => (vec![time], literal("datetime", "1970-01-01")),
            _ => return Some(Value::Object(call)),
        };
        self.found += 1;
        self.parts += times.iter().map(|time| 2 * size(time)).sum::<usize>();
        if self.parts > MOST_PARTS {
            return None;
        }
        let [first, last] = YEARS.map(|end| literal("datetime", end));
        let tests = times.into_iter().flat_map(|time| {
            [json!({ ">=": { "left": time, "right": first } }), json!({ "<=": { "left": time, "right": last } })]
        });
        let stated = tests.reduce(|left, right| json!({ "&&": { "left": left, "right": right } }));
        Some(json!({ "if-then-else": { "if": stated, "then": call, "else": otherwise } }))
    }
}

fn literal(function: &str, text: &str) -> Value {
    json!({ function: [{ "Value": text }] })
}

fn size(value: &Value) -> usize {
    match value {
        Value::Object(slices) => 1 + slices.values().map(size).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbid(condition: &str) -> Policy {
        let text = format!("forbid(principal, action, resource) when {{ {condition} }};");
        Policy::parse(None, text).unwrap()
    }

    fn rewritten(condition: &str) -> Option<Value> {
        within_years(&forbid(condition)).map(|policy| policy.to_json().unwrap())
    }

    #[test]
    fn what_computes_with_times_does_so_for_years_that_can_be_written() {
        assert_eq!(rewritten("context.n + 1 > 2 && {offset: 1}.offset == 1"), None);
        let stated = "context.now >= datetime(\"0001-01-01T00:00:00.000Z\") && context.now <= datetime(\"9999-12-31T23:59:59.999Z\")";
        let expected = format!("(if {stated} then context.now.toDate() else datetime(\"1970-01-01\")) == context.now");
        assert_eq!(rewritten("context.now.toDate() == context.now"), Some(forbid(&expected).to_json().unwrap()));
        assert!(rewritten("context.now.durationSince(context.since) < duration(\"1h\")").is_some());
        assert!(rewritten("context.now.offset(context.wait) < context.now").is_some());
    }

    #[test]
    fn what_would_come_to_too_much_is_left_alone() {
        let nested = format!("context.now{} == context.now", ".toDate()".repeat(30));
        assert_eq!(rewritten(&nested), None);
    }
}
