//! Bindings as the package's assignments: one for each subject and role.

use super::fixtures::quoted;
use super::plan::Plan;

/// Where they lie in the package.
pub(super) const FILE: &str = "assignments/bindings.yaml";

/// The file, which is there even where nobody is bound.
pub(super) fn write(plan: &Plan) -> String {
    let mut text = String::from(
        "# Who holds which role, from the bindings. `gatewright diff` reports who gains or loses a role, and what that allows.\n",
    );
    let entries: Vec<String> = plan
        .bound
        .iter()
        .flat_map(|(subject, roles)| {
            let who = format!("{}::{}", subject.type_name(), cedar_text(&subject.id()));
            roles.iter().map(move |role| format!("  - {{who: {}, role: {role}}}\n", quoted(&who)))
        })
        .collect();
    match entries.is_empty() {
        true => text.push_str("assignments: []\n"),
        false => text.push_str(&format!("assignments:\n{}", entries.concat())),
    }
    text
}

/// An id as Cedar writes it.
fn cedar_text(id: &str) -> String {
    format!("\"{}\"", id.escape_debug())
}
