//! What wildcards stand for, and what grants open besides what they name. A `@wildcard` type stands for other resource types,
//! a `@wildcard` action for every action of its type; the types and actions that a program declares are what is known of them.

use super::{ActionId, EntityType, Grant, Implied, Program, TypeId, TypeKind};

impl Program {
    /// Whether anything in the program is a wildcard.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        self.types.iter().any(|ty| ty.wildcard) || self.actions.iter().any(|action| action.effects.wildcard)
    }

    /// Wildcards that some grant names, by name, sorted: types, and actions of types that are none themselves.
    #[must_use]
    pub fn granted_wildcards(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for grant in &self.grants {
            if self.ty(grant.on).is_some_and(|ty| ty.wildcard) {
                found.push(self.type_name(grant.on).to_owned());
                continue;
            }
            let wild = grant.actions.iter().filter(|(id, _)| self.is_wildcard(*id));
            found.extend(wild.map(|(id, _)| self.action_name(*id)));
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether an action of a wildcard, or a wildcard action, stands for another action.
    #[must_use]
    pub fn covers(&self, wild: ActionId, other: ActionId) -> bool {
        let declared_on = |id| Some((id, self.action(id)?.declared_on?));
        let (Some((_, on)), Some((_, of))) = (declared_on(wild), declared_on(other)) else {
            return false;
        };
        let reaches = on == of || self.stands_for(on, of);
        let is_named_so = || self.action(wild).map(|one| &one.name) == self.action(other).map(|one| &one.name);
        wild != other && reaches && (self.is_wildcard(wild) || (on != of && is_named_so()))
    }

    /// What a grant opens besides what it names.
    pub(super) fn implied(&self, grant: &Grant) -> Vec<Implied> {
        let is_wild = |id: &ActionId| self.is_wildcard(*id);
        if !self.ty(grant.on).is_some_and(|ty| ty.wildcard) && !grant.actions.iter().any(|(id, _)| is_wild(id)) {
            return Vec::new();
        }
        let covered = |id: &ActionId| {
            let is_named = grant.actions.iter().any(|(named, _)| named == id);
            !is_named && grant.actions.iter().any(|(named, _)| self.covers(*named, *id))
        };
        let all = self.type_ids().filter_map(|on| {
            let actions: Vec<ActionId> = self.ty(on)?.actions.iter().copied().filter(covered).collect();
            (!actions.is_empty()).then_some(Implied { on, actions })
        });
        all.collect()
    }

    /// Whether an action is a wildcard, or is declared on a wildcard type.
    pub(super) fn is_wild(&self, id: ActionId) -> bool {
        let Some(of) = self.action(id).and_then(|action| action.declared_on) else {
            return false;
        };
        self.is_wildcard(id) || self.ty(of).is_some_and(|ty| ty.wildcard)
    }

    fn is_wildcard(&self, action: ActionId) -> bool {
        self.action(action).is_some_and(|action| action.effects.wildcard)
    }

    /// Whether a wildcard type stands for a type: any resource type that has each of its `x_…` annotations, where `*` stands for
    /// any text, alone or before a `/`.
    pub(super) fn stands_for(&self, wild: TypeId, other: TypeId) -> bool {
        let (Some(wild), Some(other)) = (self.ty(wild), self.ty(other)) else {
            return false;
        };
        let said = |ty: &EntityType, name: &str| {
            let found = ty.annotations.iter().find(|(known, _)| known == name);
            found.map(|(_, text)| text.clone())
        };
        let mut asked = wild.annotations.iter().filter(|(name, _)| name.starts_with("x_"));
        wild.wildcard
            && wild.name != other.name
            && other.kind == TypeKind::Resource
            && asked.all(|(name, pattern)| said(other, name).is_some_and(|text| matches(pattern, &text)))
    }
}

/// Whether a pattern stands for a text. A star within a text is a star.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(rest) if rest.starts_with('/') => {
            let before = text.strip_suffix(rest);
            before.is_some_and(|before| !before.is_empty() && !before.contains('/'))
        }
        _ => pattern == text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_pattern_alone_or_before_a_slash() {
        for (pattern, text) in [("*", ""), ("*", "apps"), ("*", "pods/log"), ("*/scale", "deployments/scale"), ("", "")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("pods/*", "pods/log"),
            ("*.k8s.io", "rbac.k8s.io"),
            ("*/scale", "scale"),
            ("*/scale", "/scale"),
            ("*/scale", "a/b/scale"),
            ("*/scale", "a/autoscale"),
            ("", "apps"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(matches("pods/*", "pods/*"));
    }
}
