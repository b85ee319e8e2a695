//! The stage itself: what is emitted, in which order, and what all emitters share.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use cedar_policy::Policy;
use cedar_policy::PolicyId;
use cedar_policy::Schema;

use crate::bundle::Contract;
use crate::bundle::Origins;
use crate::bundle::RolesForm;
use crate::diag::Diagnostic;
use crate::diag::Diagnostics;
use crate::graph;
use crate::graph::ActionId;
use crate::graph::Attribute;
use crate::graph::Env;
use crate::graph::Program;
use crate::graph::Ty;
use crate::graph::TypeId;
use crate::parallel;
use crate::parallel::Work;
use crate::text::FileId;
use crate::text::Sources;

use super::claims;
use super::codes;
use super::contract;
use super::draft::Draft;
use super::draft::Entity;
use super::draft::Part;
use super::origins;
use super::pst;
use super::pst::Names;
use super::raw::RawPolicy;
use super::raw::RawSchema;
use super::roles_form;
use super::schema;
use super::schema::SchemaText;
use super::separation::Duties;
use super::validate;
use super::wording;
use super::wording::Validated;

/// A lowered program.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The policies of Gate statements before they were Cedar, sorted by id.
    pub drafts: Vec<Draft>,
    /// The policies of Gate statements, in the order of `drafts`, each with the file it comes from.
    pub policies: Vec<(Policy, FileId)>,
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
    program: &Program,
    raw_schema: &RawSchema,
    raw: Vec<RawPolicy>,
    form: RolesForm,
    sources: &Sources,
    out: &mut Diagnostics,
) -> Lowered {
    roles_form::check(program, &raw, form, out);
    let mut cx = Lowering {
        program,
        form,
        out,
        drafts: Vec::new(),
        tenants: BTreeMap::new(),
    };
    for condition in &program.conditions {
        graph::check_condition(program, condition, cx.out);
    }
    cx.grants();
    cx.guards();
    cx.denies();
    cx.profiles();
    cx.assertions();
    let mut drafts = cx.drafts;
    drafts.sort_by(|a, b| a.id.cmp(&b.id));
    let schema = schema::build(program, raw_schema, form, out);
    let built = parallel::map(Work::Little, &drafts, Names::default, |names, draft| {
        pst::policy(names, draft, &sources.location(draft.span))
    });
    let mut policies = Vec::with_capacity(built.len());
    let mut built = built.into_iter();
    drafts.retain(|draft| match built.next() {
        Some(Ok(policy)) => {
            policies.push((policy, draft.span.file));
            true
        }
        Some(Err(error)) => {
            out.push(
                Diagnostic::error(
                    codes::INTERNAL,
                    draft.span,
                    format!("this could not be written as Cedar: {error}"),
                )
                .help("this is a fault of the compiler; please report it with the statement"),
            );
            false
        }
        None => false,
    });
    same_ids(&drafts, &raw, out);
    Duties::new(program, &raw, schema.as_ref().map(|made| &made.schema)).check(out);
    if let Some(SchemaText { schema, .. }) = &schema {
        validate::gate(&drafts, &policies, schema, out);
        validate::raw(&raw, schema, out);
        validate::claims(&claims::conditions(program, form), schema, out);
        let validated = Validated {
            program,
            drafts: &drafts,
            policies: &policies,
            raw: &raw,
            schema,
            sources,
        };
        wording::reword(&validated, out);
    }
    let contract = contract::build(program, form);
    let origins = origins::build(&drafts, &raw, sources);
    let roles = program
        .role_ids()
        .filter_map(|id| program.role(id))
        .filter(|role| role.on.is_none() && form.has_parents())
        .map(|role| (qualified(program, "Role"), role.name.clone()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let (schema, schema_text) = match schema {
        Some(SchemaText { schema, text }) => (Some(schema), Some(text)),
        None => (None, None),
    };
    Lowered {
        drafts,
        policies,
        raw,
        schema,
        schema_text,
        roles,
        contract,
        origins,
    }
}

fn same_ids(drafts: &[Draft], raw: &[RawPolicy], out: &mut Diagnostics) {
    let known: BTreeMap<&str, &Draft> = drafts.iter().map(|draft| (draft.id.as_str(), draft)).collect();
    for policy in raw {
        let id: &PolicyId = policy.policy.id();
        if let Some(draft) = known.get(id.to_string().as_str()) {
            out.push(
                Diagnostic::error(
                    codes::RAW_SAME_ID,
                    policy.span,
                    format!("`{id}` is the id of a Gate statement, too"),
                )
                .also(draft.span, "the statement")
                .help("choose another `@id`"),
            );
        }
    }
}

/// A name the compiler generates, in the program's namespace.
pub(super) fn qualified(program: &Program, name: &str) -> String {
    match &program.namespace {
        Some(namespace) => format!("{namespace}::{name}"),
        None => name.to_owned(),
    }
}

/// What the emitters share.
pub(super) struct Lowering<'a> {
    pub(super) program: &'a Program,
    /// How policies tell who holds a role.
    pub(super) form: RolesForm,
    pub(super) out: &'a mut Diagnostics,
    pub(super) drafts: Vec<Draft>,
    /// What isolation demands of pairs of types: most pairs have many grants.
    pub(super) tenants: BTreeMap<(TypeId, TypeId), Vec<Part>>,
}

impl<'a> Lowering<'a> {
    /// The environment of a pair of types and some actions.
    pub(super) fn env(&self, principal: TypeId, resource: TypeId, actions: &[ActionId]) -> Env<'a> {
        let (context, partial) = context_of(self.program, actions);
        Env {
            program: self.program,
            principal: Ty::Entity(principal),
            resource: Ty::Entity(resource),
            context: Some(context),
            partial,
            actions: actions.to_vec(),
        }
    }

    /// The Cedar entities of some actions.
    pub(super) fn action_entities(&self, actions: &[ActionId]) -> Vec<Entity> {
        actions
            .iter()
            .filter_map(|id| self.program.action(*id))
            .map(|action| action.cedar.clone())
            .collect()
    }

    /// The full Cedar name of a type.
    pub(super) fn cedar_type(&self, id: TypeId) -> String {
        self.program.ty(id).map_or_else(String::new, |ty| ty.cedar.clone())
    }

    /// Conditions of assertions type like those of grants; their claims are proved elsewhere.
    fn assertions(&mut self) {
        for assertion in &self.program.assertions {
            let Some(when) = &assertion.when else { continue };
            let mut typed_somewhere = false;
            let mut faults = Diagnostics::new();
            for action in &assertion.actions {
                let Some(found) = self.program.action(*action) else {
                    continue;
                };
                for principal in self.program.principals_of(*action) {
                    for resource in &found.decided_on {
                        let env = self.env(principal, *resource, &[*action]);
                        let mut own = Diagnostics::new();
                        typed_somewhere |= graph::elaborate(&env, when, &mut own).is_some();
                        faults.extend(own);
                    }
                }
            }
            if !typed_somewhere && !self.types_apart(assertion) {
                // One question is asked per pair of types where the condition types; with none, nothing is claimed.
                self.out.extend(faults);
            }
        }
    }
}

/// The context of some actions together, and the attributes that not all of them have.
pub(super) fn context_of(program: &Program, actions: &[ActionId]) -> (BTreeMap<String, Attribute>, BTreeSet<String>) {
    let mut all: BTreeMap<String, Attribute> = BTreeMap::new();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for id in actions {
        for (name, attribute) in program.context_of(*id) {
            *count.entry(name.clone()).or_default() += 1;
            all.entry(name).or_insert(attribute);
        }
    }
    let partial = count
        .into_iter()
        .filter(|(_, count)| *count < actions.len())
        .map(|(name, _)| name)
        .collect();
    (all, partial)
}
