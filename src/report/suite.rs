//! Requests kept as scenarios: a suite with one test, and its entities beside it.

use serde_json::Value;

use crate::analysis::Witness;
use crate::text::{Instant, safe};

/// A suite and the file of entities beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The name of both files, without their endings.
    pub stem: String,
    /// The suite, YAML.
    pub suite: String,
    /// The entities, JSON.
    pub entities: String,
}

/// What a suite is written from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suite<'a> {
    /// The command that keeps it, and what the request is: "prove --save`: a request that refutes the claim".
    pub(super) written_by: &'a str,
    /// Its own name.
    pub(super) name: &'a str,
    /// The name of its test.
    pub(super) test: &'a str,
    pub(super) witness: &'a Witness,
    pub(super) is_allowed: bool,
    pub(super) at: Instant,
}

impl Suite<'_> {
    /// The two files.
    pub(super) fn save(self, stem: String) -> Saved {
        let request = &self.witness.request;
        // JSON is YAML, and leaves nothing to escape.
        let quoted = |text: &str| Value::from(text).to_string();
        let suite = format!(
            "# Written by `gatewright {}.\n\
             suite: {}\n\
             at: {}\n\
             entities: {stem}.json\n\
             tests:\n\
             \x20 - name: {}\n\
             \x20   request:\n\
             \x20     principal: {}\n\
             \x20     action: {}\n\
             \x20     resource: {}\n\
             \x20     context: {}\n\
             \x20   decision: {}\n",
            self.written_by,
            quoted(self.name),
            self.at,
            quoted(self.test),
            quoted(&request.principal.to_string()),
            quoted(&request.action.to_string()),
            quoted(&request.resource.to_string()),
            Value::from(request.context.clone()),
            if self.is_allowed { "allow" } else { "deny" },
        );
        Saved { stem, suite, entities: safe::json(&self.witness.entities) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::witness_of_every_value;

    #[test]
    fn a_suite_is_yaml_whatever_its_names_hold() {
        let witness = witness_of_every_value();
        let suite = Suite {
            written_by: "prove --save`: a request that refutes the claim",
            name: "a: \"b\"",
            test: "#c\nd",
            witness: &witness,
            is_allowed: true,
            at: Instant::parse("2026-03-01T10:00:00Z").unwrap(),
        };
        let saved = suite.save(safe::file_stem("a: é.b_1"));
        insta::assert_snapshot!(saved.suite, @r##"
        # Written by `gatewright prove --save`: a request that refutes the claim.
        suite: "a: \"b\""
        at: 2026-03-01T10:00:00Z
        entities: a----b_1.json
        tests:
          - name: "#c\nd"
            request:
              principal: "Shop::User::\"ann\""
              action: "Shop::Action::\"Bill.pay\""
              resource: "Shop::Bill::\"b1\""
              context: {"amount":{"__extn":{"fn":"decimal","arg":"10.5"}},"from":{"__extn":{"fn":"ip","arg":"10.0.0.0/8"}},"early":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},{"__extn":{"fn":"duration","arg":"-9223371369140803584ms"}}]}},"nested":{"ages":[{"__extn":{"fn":"duration","arg":"1h"}},3],"set-cookie":"a\u001b\"b"}}
            decision: allow
        "##);
        assert_eq!(saved.entities, safe::json(&witness.entities));
    }
}
