//! Templates of `.cedar` files. They decide nothing until somebody links one, outside the package and at any time: what a
//! template lets links open is a term of access. How much that is cannot be told without the links, so any change of a template
//! weakens, but for a permit that is gone and a forbid that is new. One in the same words weakens where its links may be for
//! more: a group of actions that it names holds others, or it is for any action (or for any type that it does not ask for by a
//! slot) and one is new.

use std::collections::BTreeSet;

use cedar_policy::{Effect as Says, EntityTypeName, EntityUid};
use serde_json::Value;

use crate::analysis::{Demands, Environment, Environments, reads_groups};
use crate::graph::Program;
use crate::lower::{Lowered, RawTemplate, raw_templates};
use crate::semdiff::item::Kind;
use crate::semdiff::structural::Structure;
use crate::semdiff::{Side, kinds, raw};

use super::{Effect, TermChange, spelt};

/// All changes of templates. `aligned` are the two sides under the new side's names.
pub(super) fn changes([old, new]: [Side<'_>; 2], structure: &Structure, aligned: [&Lowered; 2]) -> Vec<TermChange> {
    let (was, is) = (raw_templates(old.sources), raw_templates(new.sources));
    let ids: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut reach = None;
    let mut found = Vec::new();
    for id in ids {
        let (was, is) = (was.get(id), is.get(id));
        let renamed = |one: &RawTemplate| raw::renamed_json(old.program, &means(one)?, &structure.renames);
        let mut through = BTreeSet::new();
        let effect = match (was, is) {
            (None, None) => continue,
            (None, Some(one)) if one.effect() == Says::Forbid => Effect::Strengthens,
            (Some(one), None) if one.effect() == Says::Permit => Effect::Strengthens,
            (Some(was), Some(is)) if renamed(was) == means(is) => {
                let reach = reach.get_or_insert_with(|| Reach::new(aligned));
                let Some(actions) = reach.weakened(id, is) else { continue };
                through = actions.iter().filter_map(|action| changed(new.program, structure, action)).collect();
                Effect::Weakens
            }
            _ => Effect::Weakens,
        };
        found.push(TermChange {
            path: spelt(&["templates".to_owned(), id.clone()]),
            from: was.map(|one| one.shown.clone()),
            to: is.map(|one| one.shown.clone()),
            effect,
            readers: Vec::new(),
            through: through.into_iter().collect(),
        });
    }
    found
}

/// What a template says, without annotations.
fn means(template: &RawTemplate) -> Option<Value> {
    let mut means = template.template.to_json().ok()?;
    means.as_object_mut()?.remove("annotations");
    Some(means)
}

/// The change by which an action is new, or in other groups.
fn changed(program: &Program, structure: &Structure, action: &EntityUid) -> Option<(Kind, String)> {
    let (ty, id) = (action.type_name().to_string(), action.id().unescaped());
    let known = program.action_ids().find(|at| {
        let known = program.action(*at);
        known.is_some_and(|known| known.cedar.0 == ty && known.cedar.1 == id)
    });
    let name = program.action_name(known?);
    let owner = name.split_once('.').map(|(owner, _)| (Kind::Type, owner.to_owned()));
    let parts = [Some((Kind::Action, name)), owner];
    parts.into_iter().flatten().find(|(kind, name)| structure.find(*kind, name).is_some())
}

/// The kinds of request that links may be for on the two sides.
struct Reach {
    environments: Option<[Environments; 2]>,
    kinds: [BTreeSet<Environment>; 2],
    /// The actions of the new side that the old side does not have, or has in other groups.
    regrouped: BTreeSet<EntityUid>,
    /// The types of principals and resources of the old side.
    types: [BTreeSet<EntityTypeName>; 2],
}

impl Reach {
    fn new([old, new]: [&Lowered; 2]) -> Self {
        let of = |side: &Lowered| side.schema.as_ref().map(Environments::new);
        let environments = of(old).zip(of(new)).map(|(old, new)| [old, new]);
        let kinds = [old, new].map(|side| Environment::wide(&[&side.contract]));
        let mut regrouped = BTreeSet::new();
        if let Some([before, after]) = &environments {
            let is_other =
                |action: &&EntityUid| !before.is_action(action) || !kinds::has_same_groups(before, after, action);
            regrouped.extend(after.actions().filter(is_other).cloned());
        }
        let [before, _] = &kinds;
        let types = [
            before.iter().map(|kind| kind.principal.clone()).collect(),
            before.iter().map(|kind| kind.resource.clone()).collect(),
        ];
        Self { environments, kinds, regrouped, types }
    }

    /// The actions by which links of a template in the same words may open more, or close less; `None` where there are none.
    fn weakened(&self, id: &str, template: &RawTemplate) -> Option<BTreeSet<EntityUid>> {
        let [before, after] = self.environments.as_ref()?;
        let any = template.any_link(id)?.policy;
        if !self.regrouped.is_empty() && (reads_groups(&any, before) || reads_groups(&any, after)) {
            return Some(self.regrouped.clone());
        }
        let (was, is) = Demands::new(&any, before).zip(Demands::new(&any, after))?;
        let at = |asks: &Demands, side: &Environments, kind: &Environment| {
            // Whatever is no action of a side is not asked for there.
            side.is_action(&kind.action).then(|| asks.at(kind)).flatten()
        };
        let json = means(template)?;
        let is_slot = |var: &str| json.get(var).is_some_and(|scope| scope.to_string().contains("\"slot\""));
        let slots = ["principal", "resource"].map(is_slot);
        let [old_kinds, new_kinds] = &self.kinds;
        let is_permit = template.effect() == Says::Permit;
        let kinds = new_kinds.iter().chain(if is_permit { None } else { Some(old_kinds) }.into_iter().flatten());
        let kinds =
            kinds.filter(|kind| self.regrouped.contains(&kind.action) || (is_permit && self.has_new_type(kind, slots)));
        let is_weaker = |kind: &Environment| {
            let (was, is) = (at(&was, before, kind), at(&is, after, kind));
            let was = was.filter(|_| !(is_permit && self.has_new_type(kind, slots)));
            let (opens, limits) = if is_permit { (is, was) } else { (was, is) };
            // What asks for less applies to more.
            opens.is_some_and(|opens| limits.is_none_or(|limits| !limits.is_subset(&opens)))
        };
        let found: BTreeSet<EntityUid> = kinds.filter(|kind| is_weaker(kind)).map(|kind| kind.action.clone()).collect();
        (!found.is_empty()).then_some(found)
    }

    /// Whether a type is new that a link does not name.
    fn has_new_type(&self, kind: &Environment, [principal, resource]: [bool; 2]) -> bool {
        let [principals, resources] = &self.types;
        (!principal && !principals.contains(&kind.principal)) || (!resource && !resources.contains(&kind.resource))
    }
}
