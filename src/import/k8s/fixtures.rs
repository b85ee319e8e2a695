//! Bindings as fixtures of scenarios: each subject with its roles, and with the groups that everybody of its kind is in.

use std::collections::BTreeSet;

use super::manifest::Subject;
use super::plan::Plan;

/// The file of fixtures; `None` where nobody is bound.
pub(super) fn write(plan: &Plan) -> Option<String> {
    if plan.bound.is_empty() {
        return None;
    }
    let mut text =
        String::from("# Who holds which role, from the bindings. A suite uses these with `include: bindings.yaml`.\n");
    let mut taken = BTreeSet::from(["all".to_owned()]);
    let groups: BTreeSet<&str> = plan
        .bound
        .keys()
        .filter_map(|subject| match subject {
            Subject::Group(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let mut sections = [("groups", Vec::new()), ("principals", Vec::new())];
    for (subject, roles) in &plan.bound {
        let id = subject.id();
        // A user and a group may have the same name.
        let mut name = id.clone();
        while !taken.insert(name.clone()) {
            name = format!("{} {name}", subject.type_name());
        }
        let mut line = format!("  {}: {{type: {}", quoted(&name), subject.type_name());
        if name != id {
            line.push_str(&format!(", id: {}", quoted(&id)));
        }
        let within: Vec<String> =
            everybody(subject).into_iter().filter(|group| groups.contains(group.as_str())).collect();
        if !within.is_empty() {
            let within: Vec<String> = within.iter().map(|group| quoted(group)).collect();
            line.push_str(&format!(", in: [{}]", within.join(", ")));
        }
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        line.push_str(&format!(", roles: [{}]}}\n", roles.join(", ")));
        let [groups, principals] = &mut sections;
        match subject {
            Subject::Group(_) => groups.1.push(line),
            _ => principals.1.push(line),
        }
    }
    for (section, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        text.push_str(&format!("{section}:\n{}", lines.concat()));
    }
    Some(text)
}

/// The groups that the API server itself puts a subject into.
fn everybody(subject: &Subject) -> Vec<String> {
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match subject {
        Subject::Group(_) => Vec::new(),
        Subject::User(name) if name == "system:anonymous" => groups(&["system:unauthenticated"]),
        Subject::User(_) => groups(&["system:authenticated"]),
        Subject::ServiceAccount { namespace, .. } => {
            groups(&["system:authenticated", "system:serviceaccounts", &format!("system:serviceaccounts:{namespace}")])
        }
    }
}

/// A text in double quotes, which YAML reads as JSON does.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
