//! Examples as scenarios, which hold the new side to what it decides now.

use serde_json::Value;

use crate::semdiff::{Basis, Difference};
use crate::text::{Instant, safe};

use super::rows;
use super::rows::Way;

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
        let of_gateway = row.example.witness.request.resource.type_name().basename() == rows::PROFILE;
        if row.example.basis != Basis::New || row.example.after.cause == "no-such-request" || of_gateway {
            scenarios.left_out += 1;
            continue;
        }
        let decision = match row.way {
            Way::Gains => "allow",
            Way::Loses => "deny",
        };
        let plain = |c: char| match c.is_ascii_alphanumeric() || c == '_' {
            true => c,
            false => '-',
        };
        let first = row.who.first().map_or("", String::as_str);
        let name = format!("diff {} {first} {}", row.way.word(), row.what.first().map_or("", String::as_str));
        let stem: String = name.chars().map(plain).collect();
        let stem = format!("{stem}-{}", number + 1);
        let title = format!("{} {} {}", row.who.join(", "), row.way.word(), row.what.join(", "));
        let request = &row.example.witness.request;
        // JSON is YAML, and leaves nothing to escape.
        let quoted = |text: &str| Value::from(text).to_string();
        let suite = format!(
            "# Written by `gatewright diff --save`: a request that is decided in another way than before.\n\
             suite: {}\n\
             at: {at}\n\
             entities: {stem}.json\n\
             tests:\n\
             \x20 - name: {}\n\
             \x20   request:\n\
             \x20     principal: {}\n\
             \x20     action: {}\n\
             \x20     resource: {}\n\
             \x20     context: {}\n\
             \x20   decision: {decision}\n",
            quoted(&name),
            quoted(&title),
            quoted(&request.principal.to_string()),
            quoted(&request.action.to_string()),
            quoted(&request.resource.to_string()),
            Value::from(request.context.clone()),
        );
        let entities = safe::json(&row.example.witness.entities);
        scenarios.saved.push(Saved { stem, suite, entities });
    }
    scenarios
}
