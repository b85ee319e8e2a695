//! Questions the other rooms ask: closures of roles, who can come by what, which guards concern an action.

use std::collections::{BTreeMap, BTreeSet};

use super::relations::Edge;
use super::{
    ActionId, Attribute, Grant, Holder, Isolation, Node, Profile, Program, Require, RoleId, Separation, Ty, TypeId,
    TypeKind,
};
use crate::syntax::ast::{Expr, ExprKind, Operator};

impl Program {
    /// Whether something that is declared in Gate has a type that did not resolve, which was reported where it stands.
    #[must_use]
    pub fn has_unknown_types(&self) -> bool {
        fn unknown(ty: &Ty) -> bool {
            match ty {
                Ty::Unknown => true,
                Ty::Set(element) => unknown(element),
                Ty::Record(fields) => fields.values().any(|field| unknown(&field.ty)),
                _ => false,
            }
        }
        let types = self.types.iter().filter(|ty| ty.kind != TypeKind::Raw);
        let actions = self.actions.iter().filter(|action| action.declared_on.is_some());
        let declared = types.flat_map(|ty| ty.attributes.values());
        let asked = actions.flat_map(|action| action.context.values());
        let common = self.context.values().map(|common| &common.attribute);
        let params = self.conditions.iter().flat_map(|condition| &condition.params);
        declared.chain(asked).chain(common).any(|attribute| unknown(&attribute.ty))
            || params.into_iter().any(|(_, ty, _)| unknown(ty))
    }

    /// A role and every role it extends, nearest first.
    #[must_use]
    pub fn bases(&self, role: RoleId) -> Vec<RoleId> {
        roles(self.relations.reachable(Node::Role(role), |edge| *edge == Edge::Extends))
    }

    /// A role and every role that extends it, by name.
    #[must_use]
    pub fn extenders(&self, role: RoleId) -> Vec<RoleId> {
        let mut found = roles(self.relations.reaching(Node::Role(role), |edge| *edge == Edge::Extends));
        found.sort_by_cached_key(|id| self.role_name(*id));
        found
    }

    /// Whether an entity of a type can be in a role: the role is for the type, or the type can be in a group that holds roles.
    /// What a group holds its members have, of whatever type they are.
    #[must_use]
    pub fn can_be_in(&self, ty: TypeId, role: RoleId) -> bool {
        let Some(found) = self.role(role) else { return false };
        if found.holders.contains(&ty) {
            return true;
        }
        if found.by.is_some() {
            return false;
        }
        let mut seen = BTreeSet::from([ty]);
        let mut waiting = vec![ty];
        while let Some(at) = waiting.pop().and_then(|id| self.ty(id)) {
            if at.holds_roles {
                return true;
            }
            let parents = at.parents.iter().map(|link| link.ty);
            waiting.extend(parents.filter(|parent| seen.insert(*parent)));
        }
        false
    }

    /// Every grant a role comes by, inherited ones included, in the order of the program.
    #[must_use]
    pub fn grants_of(&self, role: RoleId) -> Vec<&Grant> {
        let bases = self.bases(role).into_iter();
        let mut found: Vec<usize> = bases.flat_map(|base| self.index.granted(Holder::Role(base))).copied().collect();
        found.sort_unstable();
        found.into_iter().filter_map(|at| self.grants.get(at)).collect()
    }

    /// The principal types a request for an action may come from: those that can come by it, or all of them where
    /// nobody can, so that it can still be asked for and denied.
    #[must_use]
    pub fn principals_of(&self, action: ActionId) -> Vec<TypeId> {
        let types = self.who_comes_by(action);
        if types.is_empty() && self.action(action).is_some_and(|action| !action.is_raw()) {
            return self.types_of(|kind| *kind == TypeKind::Principal).collect();
        }
        types
    }

    /// How many types [`Program::principals_of`] gives.
    pub(super) fn count_principals_of(&self, action: ActionId) -> usize {
        let raw = self.action(action).filter(|action| action.is_raw());
        match raw.map_or_else(|| self.index.principal_types(action).count(), |action| action.raw_principals.len()) {
            0 if raw.is_none() => self.types_of(|kind| *kind == TypeKind::Principal).count(),
            some => some,
        }
    }

    /// The principal types that can come by an action, by grant or by break-glass.
    #[must_use]
    pub fn who_comes_by(&self, action: ActionId) -> Vec<TypeId> {
        let Some(found) = self.action(action) else {
            return Vec::new();
        };
        if found.is_raw() {
            return found.raw_principals.clone();
        }
        self.index.principal_types(action).collect()
    }

    /// The types that may ask for anything: the principals of the program, and those that a raw schema makes principals.
    #[must_use]
    pub fn asking(&self) -> BTreeSet<TypeId> {
        let raw = self.actions.iter().flat_map(|action| action.raw_principals.iter().copied());
        self.types_of(|kind| *kind == TypeKind::Principal).chain(raw).collect()
    }

    /// The context of an action, what break-glass adds left out.
    #[must_use]
    pub fn context_of(&self, action: ActionId) -> BTreeMap<String, Attribute> {
        let Some(found) = self.action(action) else {
            return BTreeMap::new();
        };
        let mut all = found.context.clone();
        if !found.is_raw() {
            for (name, common) in &self.context {
                all.entry(name.clone()).or_insert_with(|| common.attribute.clone());
            }
        }
        all
    }

    /// The types a request for an action is decided on, where a statement names it on some types (none: any).
    /// A Gate action is decided on one type, whatever it is named on; a raw one on each type it applies to.
    #[must_use]
    pub fn decided_on(&self, action: ActionId, named_on: &[TypeId]) -> Vec<TypeId> {
        let Some(found) = self.action(action) else {
            return Vec::new();
        };
        let named = |ty: &&TypeId| !found.is_raw() || named_on.is_empty() || named_on.contains(ty);
        found.decided_on.iter().filter(named).copied().collect()
    }

    /// Guards that concern an action, by name, with their indices.
    #[must_use]
    pub fn requires_of(&self, action: ActionId) -> Vec<(usize, &Require)> {
        let concerned = self.index.requires(action).iter();
        let concerned = concerned.filter_map(|at| Some((*at, self.requires.get(*at)?)));
        by_name(concerned.collect(), |(_, require)| &require.statement.name)
    }

    /// Per-object separations whose second duty is an action.
    #[must_use]
    pub fn separations_of(&self, action: ActionId) -> Vec<&Separation> {
        let concerned = self.index.separations(action).iter();
        let concerned = concerned.filter_map(|at| self.separations.get(*at));
        let concerned = concerned.filter(|separation| separation.by.is_some());
        by_name(concerned.collect(), |separation| &separation.statement.name)
    }

    /// Isolations that concern a pair of types: neither is excepted.
    #[must_use]
    pub fn isolations_of(&self, principal: TypeId, resource: TypeId) -> Vec<&Isolation> {
        let excepted =
            |isolation: &Isolation| isolation.except.iter().any(|(ty, _)| *ty == principal || *ty == resource);
        let concerned = self.isolations.iter().filter(|isolation| !excepted(isolation));
        by_name(concerned.collect(), |isolation| &isolation.statement.name)
    }

    /// Break-glass profiles that open an action.
    #[must_use]
    pub fn profiles_of(&self, action: ActionId) -> Vec<&Profile> {
        let opening = self.index.profiles(action).iter();
        opening.filter_map(|at| self.profiles.get(*at)).collect()
    }
}

/// Whether a condition says no more than where the resource lies, as `resource in Site::"north"` does.
#[must_use]
pub fn is_a_place(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Binary(Operator::In, left, right) => {
            matches!(&left.kind, ExprKind::Name(name) if name == "resource")
                && matches!(right.kind, ExprKind::Entity(..))
        }
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().all(is_a_place),
        _ => false,
    }
}

/// Sorted by statement name, so that the order of declarations changes no policy.
fn by_name<T>(mut all: Vec<T>, name: impl Fn(&T) -> &String) -> Vec<T> {
    all.sort_by(|a, b| name(a).cmp(name(b)));
    all
}

fn roles(nodes: Vec<Node>) -> Vec<RoleId> {
    nodes
        .into_iter()
        .filter_map(|node| match node {
            Node::Role(id) => Some(id),
            _ => None,
        })
        .collect()
}
