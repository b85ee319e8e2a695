//! What `ACTIONS on TYPES` means in a denial or an assertion: actions of types, and steps of break-glass profiles, which stand
//! after `on` like types do: `deny Contractor to ApproveBreakGlass on emergency`.

use crate::clauses::Step;
use crate::diag::{Diagnostic, did_you_mean};
use crate::graph::{ActionId, Named, ProfileId, ProfileStep, TypeId, codes};
use crate::syntax::ast;

use super::covered::{with_covered, with_stood_for};
use super::limits::may_name;
use super::lookup::{actions_on, find_action, find_type};
use super::{NameKind, Resolver};

/// What a denial or an assertion speaks of.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) actions: Vec<ActionId>,
    /// Those of the actions that are named one by one, without what wildcards stand for.
    pub(super) named: Vec<ActionId>,
    pub(super) steps: Vec<ProfileStep>,
    /// The types named after `on`; empty: any, or profiles alone.
    pub(super) on: Vec<TypeId>,
}

/// What a statement means by a wildcard that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// The wildcard, and all that it stands for.
    StandForOthers,
    /// The wildcard alone.
    AsWritten,
}

/// What stands after `on`.
#[derive(Debug, Default)]
struct Places {
    types: Vec<TypeId>,
    profiles: Vec<ProfileId>,
    /// Whether a profile was named that has faults of its own, which are told where it is declared.
    of_faulty: bool,
}

/// The actions and steps of `ACTIONS on TYPES`, where `any` may stand for either. Each named action must exist on at least one
/// type, and with a single type named, on that one. `covered` are the steps that `any` covers. Wildcards also name
/// what they stand for, unless they are taken as written.
pub(super) fn find_targets(
    cx: &mut Resolver<'_>,
    actions: &ast::Actions,
    types: &ast::Types,
    covered: impl Fn(Step) -> bool,
    wildcards: Wildcards,
) -> Targets {
    let Some(mut places) = find_places(cx, types) else {
        return Targets::default();
    };
    let stand = wildcards == Wildcards::StandForOthers;
    if let (true, ast::Actions::Any(span), ast::Types::Names(_)) = (stand, actions, types) {
        places.types = with_stood_for(cx, places.types, *span);
    }
    let mut found = Targets {
        on: match types {
            ast::Types::Any(_) => Vec::new(),
            ast::Types::Names(_) => places.types.clone(),
        },
        ..Targets::default()
    };
    let steps = |step: Step| {
        let of = |profile: &ProfileId| ProfileStep { profile: *profile, step };
        places.profiles.iter().map(of).collect::<Vec<_>>()
    };
    match actions {
        ast::Actions::Any(span) => {
            for ty in &places.types {
                let all = actions_on(cx, *ty);
                if may_name(cx, all.len(), *span) {
                    found.actions.extend(all);
                }
            }
            found.steps.extend(Step::DECIDED.into_iter().filter(|step| covered(*step)).flat_map(steps));
        }
        ast::Actions::Names(names) => {
            for name in names {
                match Step::by_action(&name.text) {
                    Some(step) if !has_action(cx, &places.types, name) => {
                        found.steps.extend(steps(step));
                        if places.profiles.is_empty() && !places.of_faulty {
                            without_profile(cx, name);
                        }
                    }
                    _ if places.types.is_empty() => not_a_step(cx, &places, name),
                    _ => {
                        let named = named_action(cx, &places.types, name);
                        found.named.extend(&named);
                        found.actions.extend(if stand { with_covered(cx, named, name.span) } else { named });
                    }
                }
            }
        }
    }
    for actions in [&mut found.actions, &mut found.named] {
        actions.sort_unstable();
        actions.dedup();
    }
    found.steps.sort_unstable();
    found.steps.dedup();
    found
}

/// `ApproveBreakGlass.emergency`, where a path names a step; `None` where its first part is no step's name.
pub(super) fn find_step(cx: &mut Resolver<'_>, path: &ast::Path) -> Option<Vec<ProfileStep>> {
    let (first, name) = match path.parts.as_slice() {
        [first, name] => (first, name),
        _ => return None,
    };
    let step = Step::by_action(&first.text)?;
    if let Some(profile) = cx.program.find_profile(&name.text) {
        cx.refer(name.span, Named::Profile(profile));
        return Some(vec![ProfileStep { profile, step }]);
    }
    if !is_profile(cx, name) {
        let known = cx.program.profiles.iter().map(|profile| profile.name.as_str());
        cx.out.push(
            Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("unknown break-glass profile `{}`", name.text))
                .meant(name.span, &name.text, known),
        );
    }
    Some(Vec::new())
}

/// Whether a path begins with the name of a step, as `ApproveBreakGlass.emergency` does.
pub(super) fn names_a_step(path: &ast::Path) -> bool {
    matches!(path.parts.as_slice(), [first, _] if Step::by_action(&first.text).is_some())
}

/// The types and profiles of an `on`; `any` means every type that is asked for something, and every profile.
fn find_places(cx: &mut Resolver<'_>, types: &ast::Types) -> Option<Places> {
    let ast::Types::Names(paths) = types else {
        let asked_for = cx.program.type_ids().filter(|id| !actions_on(cx, *id).is_empty());
        return Some(Places {
            types: asked_for.collect(),
            profiles: cx.program.profile_ids().collect(),
            of_faulty: cx.names.values().any(|declared| declared.kind == NameKind::Profile),
        });
    };
    let mut places = Places::default();
    let mut resolved = true;
    for path in paths {
        match path.parts.as_slice() {
            [name] if is_profile(cx, name) => match cx.program.find_profile(&name.text) {
                Some(profile) => {
                    cx.refer(name.span, Named::Profile(profile));
                    places.profiles.push(profile);
                }
                None => places.of_faulty = true,
            },
            _ => match find_type(cx, path) {
                Some(ty) => places.types.push(ty),
                None => resolved = false,
            },
        }
    }
    resolved.then_some(places)
}

fn is_profile(cx: &Resolver<'_>, name: &ast::Ident) -> bool {
    let declared = cx.names.get(&name.text);
    declared.is_some_and(|declared| declared.kind == NameKind::Profile)
}

/// Whether one of some types has an action or a group of that name.
fn has_action(cx: &Resolver<'_>, types: &[TypeId], name: &ast::Ident) -> bool {
    types.iter().any(|ty| is_on(cx, *ty, name))
}

fn is_on(cx: &Resolver<'_>, ty: TypeId, name: &ast::Ident) -> bool {
    let action = cx.actions_by_name.get(&ty).is_some_and(|named| named.contains_key(&name.text));
    action || cx.program.ty(ty).is_some_and(|ty| ty.groups.contains_key(&name.text))
}

fn named_action(cx: &mut Resolver<'_>, types: &[TypeId], name: &ast::Ident) -> Vec<ActionId> {
    let mut having: Vec<TypeId> = types.iter().copied().filter(|ty| is_on(cx, *ty, name)).collect();
    if having.is_empty() {
        having.extend(types.first());
    }
    having.into_iter().flat_map(|ty| find_action(cx, ty, name)).collect()
}

/// A step on types alone.
fn without_profile(cx: &mut Resolver<'_>, name: &ast::Ident) {
    let help = match cx.program.profiles.first() {
        Some(profile) => format!("write the profile after `on`: `{} on {}`", name.text, profile.name),
        None => "declare a break-glass profile first".to_owned(),
    };
    cx.out.push(
        Diagnostic::error(
            codes::WRONG_ACTION,
            name.span,
            format!("`{}` is a step of a break-glass profile", name.text),
        )
        .help(help),
    );
}

/// An action on profiles alone.
fn not_a_step(cx: &mut Resolver<'_>, places: &Places, name: &ast::Ident) {
    if places.profiles.is_empty() {
        return;
    }
    let steps = Step::DECIDED.map(Step::action);
    let help = did_you_mean(&name.text, steps).unwrap_or_else(|| {
        let all: Vec<String> = steps.iter().map(|step| format!("`{step}`")).collect();
        format!("name one of {}, or a resource type after `on`", all.join(", "))
    });
    cx.out.push(
        Diagnostic::error(
            codes::WRONG_ACTION,
            name.span,
            format!("`{}` is not a step of a break-glass profile", name.text),
        )
        .help(help)
        .near(name.span, &name.text, steps),
    );
}
