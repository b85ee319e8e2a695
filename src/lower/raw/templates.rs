//! Templates of `.cedar` files. They decide nothing until somebody links one, and links may be made outside the package and
//! at any time.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::{Effect, Policy, PolicyId, Template};
use serde_json::{Value, json};

use crate::diag::Diagnostics;
use crate::text::{Sources, Span};

use super::{RawPolicy, Read, read_statements};

/// A template of a package.
#[derive(Debug, Clone)]
pub struct RawTemplate {
    /// What it says, under the name it is known by.
    pub template: Template,
    /// The author's words on one line.
    pub shown: String,
    /// Where it stands.
    pub span: Span,
}

/// The templates of a package by their `@id`; one without an id is known by its words.
#[must_use]
pub fn raw_templates(sources: &Sources) -> BTreeMap<String, RawTemplate> {
    let files = sources.iter().filter(|(_, source)| source.name().ends_with(".cedar"));
    let statements = files.flat_map(|(file, _)| read_statements(sources, file, &mut Diagnostics::new()));
    statements
        .filter_map(|(read, statement)| {
            let Read::Template(template) = read else { return None };
            let text = sources.slice(statement.span);
            let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let id = statement.id.unwrap_or_else(|| shown.clone());
            let (template, span) = (template.new_id(PolicyId::new(&id)), statement.span);
            Some((id, RawTemplate { template, shown, span }))
        })
        .collect()
}

impl RawTemplate {
    /// Whether its links permit or forbid.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.template.effect()
    }

    /// A policy that does for everything at once what any link does for one entity, under some id.
    #[must_use]
    pub fn any_link(&self, id: &str) -> Option<RawPolicy> {
        let mut json = self.template.to_json().ok()?;
        for name in ["principal", "resource"] {
            let scope = json.get_mut(name)?;
            let has_slot = |value: &Value| value.get("slot").is_some();
            if has_slot(scope) {
                *scope = json!({ "op": "All" });
            } else if scope.get("in").is_some_and(has_slot) {
                scope.as_object_mut()?.remove("in");
            }
        }
        let policy = Policy::from_json(Some(PolicyId::new(id)), json).ok()?;
        let body = policy.to_pst().ok()?.body().clone();
        Some(RawPolicy { policy, body: Some(Arc::new(body)), span: self.span, link: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_link_of_a_template_has_a_scope_without_slots() {
        let mut sources = Sources::default();
        for (number, (text, scope)) in [
            (
                "permit (principal == ?principal, action, resource is T in ?resource) when { resource.open };",
                "permit(principal, action, resource is T) when {",
            ),
            (
                "forbid (principal in ?principal, action == Action::\"a\", resource == T::\"x\");",
                "forbid(principal, action == Action::\"a\", resource == T::\"x\")",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            sources.add(format!("{number}.cedar"), format!("@id(\"t{number}\")\n{text}"));
            let all = raw_templates(&sources);
            let any = all[&format!("t{number}")].any_link("any").unwrap();
            let said = any.policy.to_cedar().unwrap().replace(",\n  ", ", ").replace("(\n  ", "(");
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            let said = said.replace("( ", "(").replace(" )", ")");
            assert!(said.contains(scope), "{said}");
            assert_eq!(any.policy.id().to_string(), "any");
        }
        assert_eq!(raw_templates(&sources).len(), 2);
    }
}
