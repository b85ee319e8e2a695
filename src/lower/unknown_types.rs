//! What guards and denials do to entity types that the program does not know. Most gateways evaluate a bundle without its
//! schema, and then a raw permit, or a link of a template, may let in a principal of any type. So each guard and each denial of
//! everybody gains a forbid for the types that it does not know, and each denial of a type one for the actions that nothing joins
//! the type to. No request that conforms to the schema meets these forbids, so they are kept apart from
//! the other policies: nothing is proved, linted, covered or mutated of them.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{ActionConstraint, EntityTypeName, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};

use crate::bundle::{OriginKind, PROFILE_TYPE, ROLES_ATTRIBUTE};
use crate::clauses::Step;
use crate::graph;
use crate::graph::{ActionId, Deny, Holder, Isolation, Profile, RoleId, Statement, StatementId, Ty, TypeId, TypeKind};
use crate::text::Span;
use crate::typing::{Kind, TypedExpr, TypedKind, Variable};

use super::draft::{Draft, Effect, Part, Subject, policy_id};
use super::drafts::Drafts;
use super::lowering::Lowering;
use super::names::{qualified, step_action};
use super::raw::{RawPolicy, RawTemplate};
use super::short::At;

/// What tells these policies from the others of their statement. No name in Gate has a hyphen.
const VARIANT: &str = "unknown-types";

/// Full Cedar types of a principal and a resource.
type Pair = (String, String);

/// Types of principals and resources that the program joins.
type Pairs = BTreeSet<(TypeId, TypeId)>;

/// Actions, and the pairs of types that the program knows to be joined by each of them.
struct Known {
    actions: Vec<ActionId>,
    pairs: Pairs,
    /// The resource type that a statement names an action of a raw schema on, which may be decided on others.
    on: Option<TypeId>,
    /// What tells these actions from those of the statement's other policies.
    variants: Vec<String>,
}

/// What a denial does to types that it does not know.
enum Bite {
    /// Its condition cannot be told of them, so it denies.
    Always,
    /// Its condition reads neither principal nor resource.
    When(TypedExpr),
    /// Its condition reads the resource, and holds or not of each type that is known.
    On(Vec<(TypeId, TypedExpr)>),
}

impl Lowering<'_> {
    /// The forbids for types that the program does not know, sorted by id.
    pub(super) fn unknown_types(&self) -> Vec<Draft> {
        let program = self.program;
        // What is left out where the budget is spent is told of all drafts together.
        let mut found = Drafts::new(self.budget());
        found.extend(program.isolations.iter().map(|one| self.isolates(one)));
        for require in &program.requires {
            found.extend(self.guards_closed(&require.statement, OriginKind::Require, &require.actions, &require.on));
        }
        for separation in program.separations.iter().filter(|separation| separation.by.is_some()) {
            let statement = &separation.statement;
            found.extend(self.guards_closed(statement, OriginKind::Separate, &[separation.second], &[]));
        }
        for deny in &program.denies {
            let roles = self.plain_roles(deny);
            found.extend(self.denies_apart(deny));
            if deny.who.is_empty() {
                found.extend(self.denies_closed(deny, None, &[]));
            }
            for role in &roles {
                let several = (roles.len() > 1).then(|| program.role_name(*role));
                found.extend(self.denies_closed(deny, Some(*role), several.as_slice()));
            }
            if found.is_full() {
                break;
            }
        }
        found.extend(program.profiles.iter().map(|profile| self.steps_closed(profile)));
        found.sorted()
    }

    /// `require` and `separate … by`: they hold what they ask of the pairs of types that they know.
    fn guards_closed(
        &self,
        statement: &Statement,
        kind: OriginKind,
        actions: &[ActionId],
        on: &[TypeId],
    ) -> Vec<Draft> {
        let all = self.known(actions, on);
        all.iter()
            .map(|known| {
                let unless = self.knows(&known.pairs, statement.span);
                self.closed(statement, kind, known, &[], unless)
            })
            .collect()
    }

    /// `isolate`: whatever the action, a pair of types that is not held apart and not excepted is denied.
    fn isolates(&self, isolation: &Isolation) -> Draft {
        let program = self.program;
        let span = isolation.statement.span;
        let everything: Vec<ActionId> = program.action_ids().collect();
        let mut pairs: BTreeSet<Pair> = BTreeSet::new();
        for (principal, resource, _) in self.pairs(&everything, &[]) {
            pairs.insert((self.cedar_type(principal), self.cedar_type(resource)));
        }
        for profile in &program.profiles {
            pairs.insert((self.cedar_type(profile.principal), qualified(program, PROFILE_TYPE)));
        }
        let mut fine = ways(&pairs, span);
        for (id, _) in &isolation.except {
            let cedar = self.cedar_type(*id);
            let kind = program.ty(*id).map(|ty| &ty.kind);
            if matches!(kind, Some(TypeKind::Principal | TypeKind::Raw)) {
                fine.push(is(Variable::Principal, &cedar, span));
            }
            fine.push(is(Variable::Resource, &cedar, span));
        }
        let known = Known { actions: Vec::new(), pairs: BTreeSet::new(), on: None, variants: Vec::new() };
        let unless = TypedExpr::any(fine, span);
        self.closed(&isolation.statement, OriginKind::Isolate, &known, &[], unless)
    }

    /// The steps of break-glass are for principals of one type.
    fn steps_closed(&self, profile: &Profile) -> Draft {
        let pair = (self.cedar_type(profile.principal), qualified(self.program, PROFILE_TYPE));
        let known = known_pairs(&BTreeSet::from([pair]), profile.span);
        let id = policy_id(&format!("break-glass.{}", profile.name), &[VARIANT]);
        let draft = self.profile_draft(profile, id, Effect::Forbid);
        Draft {
            principal: None,
            resource: None,
            actions: Step::DECIDED.iter().map(|step| step_action(self.program, *step, profile)).collect(),
            unless: vec![Part::generated(known, "for the types that the profile knows")],
            statement: format!("{}.{VARIANT}", profile.name),
            ..draft
        }
    }

    /// The plain roles that a denial names, and those that extend them. Where an entity holds one of them, it is denied whatever
    /// its type.
    fn plain_roles(&self, deny: &Deny) -> Vec<RoleId> {
        let named = deny.who.iter().filter_map(|who| match who {
            Holder::Role(role) => Some(*role),
            Holder::Type(_) => None,
        });
        let holding = named.flat_map(|role| self.program.extenders(role));
        let plain: BTreeSet<RoleId> = holding.filter(|role| self.scope_role(*role).is_some()).collect();
        plain.into_iter().collect()
    }

    fn denies_closed(&self, deny: &Deny, role: Option<RoleId>, names: &[String]) -> Vec<Draft> {
        let span = deny.statement.span;
        let mut found = Vec::new();
        for known in self.known(&deny.actions, &deny.on) {
            let Some(bite) = self.bite(deny, &known) else { continue };
            let held = role.and_then(|role| self.holds_plain(role, span));
            // A type that the role is not for may be in it through a group; what the denial says of it is in the other policies.
            let pairs = &known.pairs;
            let closed = |known: &Known, when: Option<TypedExpr>, unless: TypedExpr| Draft {
                when: held.iter().cloned().chain(when.map(Part::written)).collect(),
                ..self.closed(&deny.statement, OriginKind::Deny, known, names, unless)
            };
            match bite {
                Bite::Always => found.push(closed(&known, None, self.knows(pairs, span))),
                Bite::When(when) => found.push(closed(&known, Some(when), self.knows(pairs, span))),
                Bite::On(conditions) => {
                    for (ty, when) in conditions {
                        let here = pairs.iter().filter(|(_, resource)| *resource == ty);
                        let one = Known {
                            actions: known.actions.clone(),
                            pairs: here.copied().collect(),
                            on: Some(ty),
                            variants: known.variants.clone(),
                        };
                        let unless = self.knows(&one.pairs, span);
                        found.push(closed(&one, Some(when), unless));
                    }
                    if known.on.is_none() {
                        let types: BTreeSet<TypeId> = known.pairs.iter().map(|(_, resource)| *resource).collect();
                        let types = types.iter().map(|ty| is(Variable::Resource, &self.cedar_type(*ty), span));
                        found.push(closed(&known, None, TypedExpr::any(types.collect(), span)));
                    }
                }
            }
        }
        found
    }

    /// A denial of a type, for the actions that nothing joins the type to. A link of a template may be for any type.
    fn denies_apart(&self, deny: &Deny) -> Vec<Draft> {
        let span = deny.statement.span;
        let types: BTreeSet<TypeId> = deny
            .who
            .iter()
            .filter_map(|who| match who {
                Holder::Type(ty) => Some(*ty),
                Holder::Role(_) => None,
            })
            .collect();
        let mut found = Vec::new();
        if types.is_empty() {
            return found;
        }
        for known in self.known(&deny.actions, &deny.on) {
            let joined: BTreeSet<TypeId> = known.pairs.iter().map(|(principal, _)| *principal).collect();
            let resources: BTreeSet<TypeId> = known.pairs.iter().map(|(_, resource)| *resource).collect();
            for principal in types.difference(&joined) {
                for resource in &resources {
                    let mut when = vec![Part::written(is(Variable::Principal, &self.cedar_type(*principal), span))];
                    if let Some(condition) = deny.when() {
                        match self.try_typed(condition, &Kind::requests(*principal, *resource, &known.actions)) {
                            Ok(typed) => when.push(Part::written(typed)),
                            Err(_) if deny.any_action && !deny.on.is_empty() && !deny.on.contains(resource) => continue,
                            // It cannot be told of them, so it denies.
                            Err(_) => {}
                        }
                    }
                    let mut names = vec![self.program.type_name(*principal).to_owned()];
                    names.extend((resources.len() > 1).then(|| self.program.type_name(*resource).to_owned()));
                    let draft =
                        self.closed(&deny.statement, OriginKind::Deny, &known, &names, TypedExpr::bool(false, span));
                    let resource = Some(self.cedar_type(*resource));
                    found.push(Draft { when, unless: Vec::new(), resource, ..draft });
                }
            }
        }
        found
    }

    /// What a denial does where it does not know the types; `None` where it does not reach the actions at all.
    fn bite(&self, deny: &Deny, known: &Known) -> Option<Bite> {
        let Some(condition) = deny.when() else {
            return Some(Bite::Always);
        };
        let mut by_resource: BTreeMap<TypeId, TypedExpr> = BTreeMap::new();
        let mut reads_resource = false;
        for (principal, resource) in &known.pairs {
            // Where it does not type, the denial itself has been told of, or leaves the action out.
            let typed = self.try_typed(condition, &Kind::requests(*principal, *resource, &known.actions)).ok()?;
            if typed.reads(Variable::Principal) {
                return Some(Bite::Always);
            }
            reads_resource |= typed.reads(Variable::Resource);
            by_resource.insert(*resource, typed);
        }
        match (reads_resource, by_resource.values().next()) {
            (true, _) => Some(Bite::On(by_resource.into_iter().collect())),
            (false, Some(typed)) => Some(Bite::When(typed.clone())),
            (false, None) => Some(Bite::Always),
        }
    }

    /// Whether the principal, of whatever type, holds a plain role.
    fn holds_plain(&self, role: RoleId, span: Span) -> Option<Part> {
        let entity = self.scope_role(role)?;
        let principal = TypedExpr::variable(Variable::Principal, Ty::Unknown, span);
        let mut tests = Vec::new();
        if !self.form.has_parents() {
            tests.push(At(span).has(principal.clone(), &[ROLES_ATTRIBUTE]));
        }
        tests.push(self.in_plain(principal, &entity, span));
        let words = format!("role {}", self.program.role_name(role));
        Some(Part::generated(TypedExpr::all(tests, span), words))
    }

    /// Actions by the pairs of types that they are known to join.
    fn known(&self, actions: &[ActionId], on: &[TypeId]) -> Vec<Known> {
        let mut groups: BTreeMap<(Pairs, Option<TypeId>), Vec<ActionId>> = BTreeMap::new();
        for id in actions {
            let is_raw = self.program.action(*id).is_some_and(graph::Action::is_raw);
            let pairs: Pairs =
                (self.pairs(&[*id], on).into_iter()).map(|(principal, resource, _)| (principal, resource)).collect();
            if !is_raw || on.is_empty() {
                groups.entry((pairs, None)).or_default().push(*id);
                continue;
            }
            for ty in self.program.decided_on(*id, on) {
                let here = pairs.iter().filter(|(_, resource)| *resource == ty);
                groups.entry((here.copied().collect(), Some(ty))).or_default().push(*id);
            }
        }
        let several = groups.len() > 1;
        let mut all: Vec<Known> = groups
            .into_iter()
            .map(|((pairs, on), mut actions)| {
                actions.sort_by_key(|id| self.program.action_name(*id));
                let first = actions.first().filter(|_| several);
                Known {
                    variants: first.map(|id| self.program.action_name(*id)).into_iter().collect(),
                    actions,
                    pairs,
                    on,
                }
            })
            .collect();
        all.sort_by(|a, b| a.variants.cmp(&b.variants));
        all
    }

    fn knows(&self, pairs: &Pairs, span: Span) -> TypedExpr {
        let named = pairs.iter().map(|(principal, resource)| (self.cedar_type(*principal), self.cedar_type(*resource)));
        known_pairs(&named.collect(), span)
    }

    /// A forbid of a statement that applies unless the types are known.
    fn closed(
        &self,
        statement: &Statement,
        kind: OriginKind,
        known: &Known,
        names: &[String],
        unless: TypedExpr,
    ) -> Draft {
        let mut variants = vec![VARIANT];
        variants.extend(names.iter().chain(&known.variants).map(String::as_str));
        variants.extend(known.on.map(|ty| self.program.type_name(ty)));
        Draft {
            id: policy_id(&statement.name, &variants),
            effect: Effect::Forbid,
            principal: None,
            subject: Subject::Everyone,
            role: None,
            role_test: None,
            actions: self.action_entities(&known.actions),
            resource: known.on.map(|ty| self.cedar_type(ty)),
            resource_is: None,
            when: Vec::new(),
            unless: vec![Part::generated(unless, "for the types that the policy knows")],
            lifted_by: Vec::new(),
            of: statement.id.clone(),
            statement: statement.name.clone(),
            kind,
            span: statement.span,
            inherited_by: None,
            because: statement.because.as_ref().map(|because| because.value.clone()),
            annotations: statement.annotations.clone(),
        }
    }
}

/// `principal is A`, `resource is A`.
fn is(variable: Variable, cedar: &str, span: Span) -> TypedExpr {
    let subject = TypedExpr::variable(variable, Ty::Unknown, span);
    TypedExpr::new(TypedKind::Is(Box::new(subject), cedar.to_owned(), None), Ty::Bool, span)
}

/// Whether principal and resource are of one of some pairs of types.
fn known_pairs(pairs: &BTreeSet<Pair>, span: Span) -> TypedExpr {
    TypedExpr::any(ways(pairs, span), span)
}

/// The same as alternatives. Resources with the same principals are tested together.
fn ways(pairs: &BTreeSet<Pair>, span: Span) -> Vec<TypedExpr> {
    let mut principals: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (principal, resource) in pairs {
        principals.entry(resource).or_default().insert(principal);
    }
    let mut resources: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (resource, principals) in principals {
        resources.entry(principals).or_default().push(resource);
    }
    let each = resources.into_iter().map(|(principals, resources)| {
        let principals = principals.into_iter().map(|ty| is(Variable::Principal, ty, span));
        let resources = resources.into_iter().map(|ty| is(Variable::Resource, ty, span));
        let either = vec![TypedExpr::any(principals.collect(), span), TypedExpr::any(resources.collect(), span)];
        TypedExpr::all(either, span)
    });
    each.collect()
}

/// Whether a denial denies links of a template for types that it does not know, whatever it denies to others.
pub(super) fn denies_links(
    of: &StatementId,
    unknown_types: &[(Draft, Policy)],
    templates: &BTreeMap<String, RawTemplate>,
) -> bool {
    let apart = unknown_types.iter().map(|(draft, _)| draft);
    let mut denials = apart.filter(|draft| draft.kind == OriginKind::Deny && draft.when.is_empty() && draft.of == *of);
    denials.any(|draft| {
        let mut permits = templates.values().filter(|template| template.effect() == cedar_policy::Effect::Permit);
        permits.any(|template| match template.template.action_constraint() {
            ActionConstraint::Eq(uid) => {
                let uid = (uid.type_name().to_string(), uid.id().unescaped().to_owned());
                draft.actions.contains(&uid)
            }
            // It may be in a group.
            ActionConstraint::Any | ActionConstraint::In(_) => true,
        })
    })
}

/// Whether a raw forbid denies links of a template for a type that nothing joins to its actions: one that its scope names. Whether
/// its condition can hold is not asked.
pub(super) fn raw_denies_links(
    raw: &RawPolicy,
    templates: &BTreeMap<String, RawTemplate>,
    schema: &cedar_policy::Schema,
) -> bool {
    let policy = &raw.policy;
    if policy.effect() != cedar_policy::Effect::Forbid {
        return false;
    }
    let actions = policy.action_constraint();
    let hierarchy = schema.action_entities().ok();
    let is_in = |action: &EntityUid, group: &EntityUid| {
        let above = hierarchy.as_ref().and_then(|all| all.ancestors(action));
        above.into_iter().flatten().any(|above| above == group)
    };
    let admits = |uid: &EntityUid| match &actions {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(action) => action == uid,
        ActionConstraint::In(groups) => groups.contains(uid) || groups.iter().any(|group| is_in(uid, group)),
    };
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => Some(ty),
        PrincipalConstraint::Eq(uid) => Some(uid.type_name().clone()),
        PrincipalConstraint::Any | PrincipalConstraint::In(_) => None,
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => Some(ty),
        ResourceConstraint::Eq(uid) => Some(uid.type_name().clone()),
        ResourceConstraint::Any | ResourceConstraint::In(_) => None,
    };
    let fits = |wanted: &Option<EntityTypeName>, ty: &EntityTypeName| wanted.as_ref().is_none_or(|wanted| wanted == ty);
    let is_joined = schema
        .request_envs()
        .any(|env| admits(env.action()) && fits(&principal, env.principal()) && fits(&resource, env.resource()));
    let mut permits = templates.values().filter(|template| template.effect() == cedar_policy::Effect::Permit);
    !is_joined
        && permits.any(|template| {
            let Some(any) = template.any_link("link") else { return false };
            let may_act = match any.policy.action_constraint() {
                ActionConstraint::Eq(uid) => admits(&uid),
                // It may be in a group.
                ActionConstraint::Any | ActionConstraint::In(_) => true,
            };
            let of_principal = match any.policy.principal_constraint() {
                PrincipalConstraint::Is(ty) | PrincipalConstraint::IsIn(ty, _) => fits(&principal, &ty),
                PrincipalConstraint::Eq(uid) => fits(&principal, uid.type_name()),
                PrincipalConstraint::Any | PrincipalConstraint::In(_) => true,
            };
            let of_resource = match any.policy.resource_constraint() {
                ResourceConstraint::Is(ty) | ResourceConstraint::IsIn(ty, _) => fits(&resource, &ty),
                ResourceConstraint::Eq(uid) => fits(&resource, uid.type_name()),
                ResourceConstraint::Any | ResourceConstraint::In(_) => true,
            };
            may_act && of_principal && of_resource
        })
}
