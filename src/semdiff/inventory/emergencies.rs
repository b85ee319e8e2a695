//! Break-glass profiles, clause by clause.

use crate::clauses::Clause;
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
    for clause in Clause::ALL {
        let word = clause.row().word;
        match clause {
            Clause::For => item.list(word, NameOf::Role, profile.eligible.iter().map(|(id, _)| role(id))),
            Clause::Grants => {
                let actions = profile.actions.iter().map(|(id, _)| program.action_name(*id));
                item.list(word, NameOf::Action, actions);
            }
            Clause::Requires => {
                item.flag("requires reason", profile.reason);
                match &profile.ticket {
                    None => {}
                    Some(None) => item.plain("requires ticket", "any"),
                    Some(Some(pattern)) => item.plain("requires ticket", format!("like \"{}\"", pattern.value)),
                }
            }
            Clause::When => when!(side, item, "when", &profile.when),
            Clause::Approved => match &profile.approval {
                None => item.plain(word, "none"),
                Some((count, approver, _)) => {
                    let mut form = Form::of(format!("{} of ", count.value));
                    form.name(NameOf::Role, role(approver));
                    item.field(word, form.plain(), form);
                }
            },
            Clause::GrantsPer => {
                if let Some((window, most)) = &profile.grants_per {
                    item.plain(word, format!("{window} at most {most}"));
                }
            }
            Clause::Lifts => {
                let lifts = profile.lifts.iter().filter_map(|(at, _)| program.requires.get(*at));
                item.list(word, NameOf::Statement, lifts.map(|guard| guard.statement.name.clone()));
            }
            Clause::Alerts => {
                for (event, channels) in &profile.alerts {
                    item.plain(word, format!("on {event} to {}", channels.join(", ")));
                }
            }
            Clause::Revoked => item.list(word, NameOf::Role, profile.revokers.iter().map(role)),
            Clause::Review => {
                let (within, reviewer) = &profile.review;
                let mut form = Form::of(format!("within {within} by "));
                form.name(NameOf::Role, role(reviewer));
                item.field("review", form.plain(), form);
            }
            bounded => {
                let bound = bounded.row().bound.zip(profile.bounds.get(bounded));
                if let Some((bound, said)) = bound {
                    item.plain(word, bound.unit.show(said.value));
                }
            }
        }
    }
    item
}
