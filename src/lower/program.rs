//! The stage itself: what is emitted, in which order.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, PolicyId, Schema, Template};
use serde_json::Value;

use crate::bundle::{ROLE_TYPE, RolesForm};
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::StatementId;
use crate::parallel::Work;
use crate::text::{FileId, Sources};
use crate::typing::{Budget, Conditions, Kind};
use crate::{graph, parallel};

use super::claims::Claims;
use super::draft::Draft;
use super::lowered::Lowered;
use super::lowering::Lowering;
use super::names::qualified;
use super::pst::Names;
use super::raw::{RawPolicy, RawSchema, RawTemplate, raw_templates};
use super::schema::SchemaText;
use super::separation::Duties;
use super::wording::Validated;
use super::{claims, codes, contract, origins, pst, roles_form, schema, screen, unknown_types, validate, wording};

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
    cx.roles_without_use();
    let unknown_types = cx.unknown_types();
    let Lowering { drafts, out: found, .. } = cx;
    let drafts = drafts.finish(found);
    let schema = schema::build(program, raw_schema, form, out);
    let templates = raw_templates(sources);
    let (raw, templates) = match schema.as_ref().and_then(|made| too_many(&raw, &templates, &made.schema)) {
        None => (raw, templates),
        Some(refusal) => {
            out.push(refusal);
            (Vec::new(), BTreeMap::new())
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
    let joining = Duties::new(program, &raw, form, schema.as_ref().map(|made| &made.schema)).check(out);
    if let Some(SchemaText { schema, .. }) = &schema {
        let denies_links = |of: &StatementId| unknown_types::denies_links(of, &unknown_types, &templates);
        validate::gate(&drafts, &policies, &denies_links, schema, out);
        let raw_denies_links = |policy: &RawPolicy| unknown_types::raw_denies_links(policy, &templates, schema);
        validate::raw(&raw, &templates, &raw_denies_links, schema, out);
        let claimed = claims::conditions(conditions, form, out);
        validate::claims(&claimed, schema, out);
        let validated = Validated { program, raw: &raw, templates: &templates, sources };
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
    let (schema, schema_json, schema_text) = match schema {
        Some(SchemaText { schema, json, text }) => (Some(schema), json, Some(text)),
        None => (None, Value::Null, None),
    };
    Lowered {
        drafts,
        policies,
        unknown_types,
        raw,
        schema,
        schema_json,
        schema_text,
        roles,
        contract,
        origins,
        joining,
    }
}

/// Raw policies and templates times kinds of request, which is what validating them costs, where that is too much.
fn too_many(raw: &[RawPolicy], templates: &BTreeMap<String, RawTemplate>, schema: &Schema) -> Option<Diagnostic> {
    let policies: Vec<&Policy> = raw.iter().map(|raw| &raw.policy).collect();
    let asked: Vec<&Template> = templates.values().map(|one| &one.template).collect();
    let (at, most) = screen::too_many(&policies, &asked, schema)?;
    let mut spans = raw.iter().map(|raw| raw.span).chain(templates.values().map(|one| one.span));
    let message =
        format!("with this policy, raw policies apply to more than {most} kinds of request, counted for each policy");
    Some(
        Diagnostic::error(graph::codes::EXPANSION_LIMIT, spans.nth(at)?, message).help(
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

impl Lowering<'_> {
    /// Conditions of roles that no grant and no profile uses. Nothing is made of them today; once the role grants something, they
    /// decide.
    fn roles_without_use(&mut self) {
        for role in &self.program.roles {
            let Some(when) = role.when().filter(|when| !self.conditions.is_typed(*when)) else { continue };
            for holder in &role.holders {
                self.typed(when, &Kind::Of(*holder));
            }
        }
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
                    if self.budget().is_spent() {
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
            let claims = Claims::new(self.conditions, self.form, self.budget());
            if !typed_somewhere && !claims.types_apart(assertion) {
                // One question is asked per pair of types where the condition types; with none, nothing is claimed.
                self.out.extend(faults);
            }
        }
    }
}
