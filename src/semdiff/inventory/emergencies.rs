//! Break-glass profiles, clause by clause.

use crate::graph::{Form, NameOf, Profile, RoleId};
use crate::semdiff::Side;
use crate::semdiff::item::{Item, Kind};

use super::statements::when;
use super::words;

pub(super) fn profiles(side: Side<'_>, items: &mut Vec<Item>) {
    items.extend(side.program.profiles.iter().map(|one| profile(side, one)));
}

fn profile(side: Side<'_>, profile: &Profile) -> Item {
    let program = side.program;
    let role = |id: &RoleId| program.role_name(*id);
    let mut item = Item::of_name(Kind::BreakGlass, NameOf::Profile, &profile.name, profile.whole);
    item.list("for", NameOf::Role, profile.eligible.iter().map(|(id, _)| role(id)));
    let actions = profile.actions.iter().map(|(id, _)| program.action_name(*id));
    item.list("grants", NameOf::Action, actions);
    item.plain("resources at most", profile.max_resources.to_string());
    item.flag("requires reason", profile.reason);
    match &profile.ticket {
        None => {}
        Some(None) => item.plain("requires ticket", "any"),
        Some(Some(pattern)) => item.plain("requires ticket", format!("like \"{}\"", pattern.value)),
    }
    when!(side, item, "when", &profile.when);
    match &profile.approval {
        None => item.plain("approved by", "none"),
        Some((count, approver, _)) => {
            let mut form = Form::of(format!("{} of ", count.value));
            form.name(NameOf::Role, role(approver));
            item.field("approved by", form.plain(), form);
        }
    }
    item.plain("refused by", profile.refusals.to_string());
    item.plain("pending", profile.pending.to_string());
    item.plain("expires within", profile.expires_within.value.to_string());
    item.plain("uses at most", profile.max_uses.to_string());
    if profile.cooldown.0 > 0 {
        item.plain("cooldown", profile.cooldown.to_string());
    }
    if let Some((window, most)) = &profile.grants_per {
        item.plain("grants per", format!("{window} at most {most}"));
    }
    let lifts = profile.lifts.iter().filter_map(|(at, _)| program.requires.get(*at));
    item.list("lifts", NameOf::Statement, lifts.map(|guard| guard.statement.name.clone()));
    for (event, channels) in &profile.alerts {
        item.plain("alerts", format!("on {event} to {}", channels.join(", ")));
    }
    item.list("revoked by", NameOf::Role, profile.revokers.iter().map(role));
    let (within, reviewer) = &profile.review;
    let mut form = Form::of(format!("within {within} by "));
    form.name(NameOf::Role, role(reviewer));
    item.field("review", form.plain(), form);
    item
}
