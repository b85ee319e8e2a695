//! The stage itself: what is emitted, in which order, and what all emitters share.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cedar_policy::{Policy, PolicyId, Schema};

use crate::bundle::{Contract, Origins, ROLE_TYPE, RolesForm};
use crate::clauses::Step;
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::{ActionId, Profile, ProfileStep, Program, RoleId, TypeId, When};
use crate::parallel::Work;
use crate::text::{FileId, Sources};
use crate::typing::{Budget, Conditions, Kind, TypedExpr};
use crate::{graph, parallel};

use super::claims::Claims;
use super::draft::{Draft, Entity, Part};
use super::drafts::Drafts;
use super::names::qualified;
use super::pst::Names;
use super::raw::{RawPolicy, RawSchema};
use super::routes::Way;
use super::schema::SchemaText;
use super::separation::Duties;
use super::wording::Validated;
use super::{claims, codes, contract, origins, pst, roles_form, routes, schema, screen, validate, wording};

/// A lowered program.
#[derive(Debug, Clone, Default)]
pub struct Lowered {
    /// The policies of Gate statements before they were Cedar, sorted by id.
    pub drafts: Vec<Draft>,
    /// The policies of Gate statements, in the order of `drafts`, each with the file it comes from.
    pub policies: Vec<(Policy, FileId)>,
    /// Forbids of guards and denials for types that the program does not know, sorted by id. No request that conforms to the
    /// schema meets one, so nothing is asked or told of them; bundles carry them for gateways that know no schema.
    pub unknown_types: Vec<(Draft, Policy)>,
    /// Raw policies.
    pub raw: Vec<RawPolicy>,
    /// The merged schema; `None` where it does not hold together, or where there is none to hold raw policies to.
    pub schema: Option<Schema>,
    /// The merged schema in Cedar's schema language.
    pub schema_text: Option<String>,
    /// Roles as Cedar entities, sorted.
    pub roles: Vec<Entity>,
    /// What callers must know.
    pub contract: Contract,
    /// The source map.
    pub origins: Origins,
}

/// Lowers a resolved program together with the raw sources beside it.
#[must_use]
pub fn lower(
    conditions: &Conditions,
    raw_schema: &RawSchema,
    raw: Vec<RawPolicy>,
    form: RolesForm,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Lowered {
    let program = conditions.program();
    roles_form::check(program, &raw, form, out);
    let budget = Budget::of(program);
    out.extend(conditions.faults_of_named());
    let mut cx = Lowering::new(conditions, form, &budget, out);
    cx.grants();
    cx.guards();
    cx.denies();
    cx.profiles();
    cx.assertions();
    let unknown_types = cx.unknown_types();
    let Lowering { drafts, out: found, .. } = cx;
    let drafts = drafts.finish(found);
    let schema = schema::build(program, raw_schema, form, out);
    let raw = match schema.as_ref().and_then(|made| too_many(&raw, &made.schema)) {
        None => raw,
        Some(refusal) => {
            out.push(refusal);
            Vec::new()
        }
    };
    let unknown_types = built(unknown_types, sources, out);
    let (drafts, policies): (Vec<Draft>, Vec<(Policy, FileId)>) = built(drafts, sources, out)
        .into_iter()
        .map(|(draft, policy)| {
            let file = draft.span.file;
            (draft, (policy, file))
        })
        .unzip();
    let all = || drafts.iter().chain(unknown_types.iter().map(|(draft, _)| draft));
    same_ids(all(), &raw, out);
    Duties::new(program, &raw, schema.as_ref().map(|made| &made.schema)).check(out);
    if let Some(SchemaText { schema, .. }) = &schema {
        validate::gate(&drafts, &policies, schema, out);
        validate::raw(&raw, schema, out);
        let claimed = claims::conditions(conditions, form, out);
        validate::claims(&claimed, schema, out);
        let validated = Validated { program, drafts: &drafts, policies: &policies, raw: &raw, schema, sources };
        wording::reword(&validated, out);
    }
    let contract = contract::build(program, form);
    let origins = origins::build(all(), &raw, sources);
    let roles = program
        .role_ids()
        .filter_map(|id| program.role(id))
        .filter(|role| role.on.is_none() && form.has_parents())
        .map(|role| (qualified(program, ROLE_TYPE), role.name.clone()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let (schema, schema_text) = match schema {
        Some(SchemaText { schema, text }) => (Some(schema), Some(text)),
        None => (None, None),
    };
    Lowered { drafts, policies, unknown_types, raw, schema, schema_text, roles, contract, origins }
}

/// Raw policies times kinds of request, which is what validating them costs, where that is too much.
fn too_many(raw: &[RawPolicy], schema: &Schema) -> Option<Diagnostic> {
    let policies: Vec<&Policy> = raw.iter().map(|raw| &raw.policy).collect();
    let (at, most) = screen::too_many(&policies, schema)?;
    let message =
        format!("with this policy, raw policies apply to more than {most} kinds of request, counted for each policy");
    Some(
        Diagnostic::error(graph::codes::EXPANSION_LIMIT, raw.get(at)?.span, message).help(
            "name the action in the scope, as `action == Action::\"Doc.read\"`, or the type, as `resource is Doc`",
        ),
    )
}

/// Drafts as Cedar policies; one that Cedar refuses is told and left out.
fn built(drafts: Vec<Draft>, sources: &Sources, out: &mut Diagnostics) -> Vec<(Draft, Policy)> {
    let built = parallel::map(Work::Little, &drafts, Names::default, |names, draft| {
        pst::policy(names, draft, &sources.location(draft.span))
    });
    let mut found = Vec::with_capacity(drafts.len());
    for (draft, built) in drafts.into_iter().zip(built) {
        match built {
            Ok(policy) => found.push((draft, policy)),
            Err(error) => out.push(
                Diagnostic::error(codes::INTERNAL, draft.span, format!("this could not be written as Cedar: {error}"))
                    .help("this is a bug in the compiler; please report it with the statement"),
            ),
        }
    }
    found
}

fn same_ids<'a>(drafts: impl Iterator<Item = &'a Draft>, raw: &[RawPolicy], out: &mut Diagnostics) {
    let known: BTreeMap<&str, &Draft> = drafts.map(|draft| (draft.id.as_str(), draft)).collect();
    for policy in raw {
        let id: &PolicyId = policy.policy.id();
        if let Some(draft) = known.get(id.to_string().as_str()) {
            out.push(
                Diagnostic::error(
                    codes::RAW_SAME_ID,
                    policy.span,
                    format!("`{id}` is also the id of a Gate statement"),
                )
                .also(draft.span, "the statement")
                .help("choose another `@id`"),
            );
        }
    }
}

/// A base, and the ways of the roles that inherit from it; `None` where there are too many.
type Routes = (RoleId, Option<Rc<BTreeMap<RoleId, Vec<Way>>>>);

/// What the emitters share.
pub(super) struct Lowering<'a> {
    pub(super) program: &'a Program,
    conditions: &'a Conditions,
    /// How policies tell who holds a role.
    pub(super) form: RolesForm,
    pub(super) out: &'a mut Diagnostics,
    pub(super) drafts: Drafts<'a>,
    /// What may still be made.
    budget: &'a Budget,
    /// The ways to inherit from the base that was asked about last.
    routes: Option<Routes>,
    /// What isolation demands of pairs of types: most pairs have many grants.
    pub(super) tenants: BTreeMap<(TypeId, TypeId), Vec<Part>>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        conditions: &'a Conditions,
        form: RolesForm,
        budget: &'a Budget,
        out: &'a mut Diagnostics,
    ) -> Self {
        Self {
            program: conditions.program(),
            conditions,
            form,
            out,
            drafts: Drafts::new(budget),
            budget,
            routes: None,
            tenants: BTreeMap::new(),
        }
    }

    /// What a condition means for a kind of request; `None` where it does not type, which is reported.
    pub(super) fn typed(&mut self, when: When<'_>, kind: &Kind) -> Option<TypedExpr> {
        match self.try_typed(when, kind) {
            Ok(typed) => Some(typed),
            Err(faults) => {
                self.out.extend(faults);
                None
            }
        }
    }

    /// What a condition means for a kind of request, or its faults.
    pub(super) fn try_typed(&self, when: When<'_>, kind: &Kind) -> Result<TypedExpr, Diagnostics> {
        self.conditions.within(self.budget, when, kind)
    }

    /// A step of a profile as a kind of request.
    pub(super) fn step_kind(&self, profile: &Profile, step: Step) -> Kind {
        Kind::Step(ProfileStep { profile: self.program.id_of_profile(profile), step })
    }

    /// The ways of every role that inherits from a base. Too many of them are told once; then there are none.
    pub(super) fn routes(&mut self, base: RoleId) -> Option<Rc<BTreeMap<RoleId, Vec<Way>>>> {
        if let Some((known, found)) = &self.routes
            && *known == base
        {
            return found.clone();
        }
        let found = match routes::routes(self.program, base) {
            Ok(found) => Some(Rc::new(found)),
            Err(fault) => {
                self.out.push(*fault);
                None
            }
        };
        // One base at a time: grants of one role stand together, and all bases at once would be the square of the roles.
        self.routes = Some((base, found.clone()));
        found
    }

    /// What the program may still expand to.
    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// An answer, and the faults that were found on the way to it.
    pub(super) fn trial<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> (T, Diagnostics) {
        let before = std::mem::take(self.out);
        let answer = ask(self);
        let faults = std::mem::replace(self.out, before);
        (answer, faults)
    }

    /// The Cedar entities of some actions.
    pub(super) fn action_entities(&self, actions: &[ActionId]) -> Vec<Entity> {
        actions.iter().filter_map(|id| self.program.action(*id)).map(|action| action.cedar.clone()).collect()
    }

    /// The full Cedar name of a type.
    pub(super) fn cedar_type(&self, id: TypeId) -> String {
        self.program.ty(id).map_or_else(String::new, |ty| ty.cedar.clone())
    }

    /// Conditions of assertions type like those of grants; their claims are proved elsewhere.
    fn assertions(&mut self) {
        for assertion in &self.program.assertions {
            let Some(when) = assertion.when() else { continue };
            let mut typed_somewhere = false;
            let mut faults = Diagnostics::new();
            for step in &assertion.steps {
                match self.try_typed(when, &Kind::Step(*step)) {
                    Ok(_) => typed_somewhere = true,
                    // Of what an assertion says of actions, the faults there are the ones to tell.
                    Err(own) if assertion.actions.is_empty() => faults.extend(own),
                    Err(_) => {}
                }
            }
            for action in &assertion.actions {
                let Some(found) = self.program.action(*action) else {
                    continue;
                };
                for principal in self.program.principals_of(*action) {
                    if self.budget.is_spent() {
                        return;
                    }
                    for resource in &found.decided_on {
                        match self.try_typed(when, &Kind::requests(principal, *resource, &[*action])) {
                            Ok(_) => typed_somewhere = true,
                            Err(own) => faults.extend(own),
                        }
                    }
                }
            }
            let claims = Claims::new(self.conditions, self.form, self.budget);
            if !typed_somewhere && !claims.types_apart(assertion) {
                // One question is asked per pair of types where the condition types; with none, nothing is claimed.
                self.out.extend(faults);
            }
        }
    }
}
