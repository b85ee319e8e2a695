//! What the author of a refuted `never ROLE …` may have meant: that nobody but some roles may do it. A `never` speaks of whoever
//! holds the role, whatever else they hold.

use crate::analysis::Deciding;
use crate::graph::{Claimed, Holder, Program, RoleId};
use crate::lower::Subject;

use super::Checked;

/// The `only` that says so, where what allows the request is given to somebody else than the roles that a `never` names.
/// `words` are the assertion's: `never clerk to read on Record`.
pub(super) fn only(checked: &Checked, name: &str, words: &str, deciding: &[Deciding]) -> Option<String> {
    let program = &checked.program;
    let assertion = program.assertions.iter().find(|assertion| assertion.name == name)?;
    let named: Vec<RoleId> = assertion
        .who
        .iter()
        .filter_map(|holder| match holder {
            Holder::Role(role) => Some(*role),
            Holder::Type(_) => None,
        })
        .collect();
    let is_named = |role: &RoleId| named.iter().any(|named| program.extenders(*named).contains(role));
    let by_named = |policy: &str| {
        let mut drafts = checked.lowered.drafts.iter().filter(|draft| draft.id == policy);
        drafts.any(|draft| matches!(&draft.subject, Subject::Role(role) if is_named(role)))
    };
    let all_are_roles = named.len() == assertion.who.len() && !named.is_empty();
    if assertion.claim != Claimed::Never || !all_are_roles || deciding.iter().any(|one| by_named(&one.policy)) {
        return None;
    }
    let granted: Vec<Holder> = program
        .grants
        .iter()
        .filter(|grant| assertion.actions.iter().any(|action| grant.opens(*action)))
        .map(|grant| grant.holder)
        .filter(|holder| !matches!(holder, Holder::Role(role) if is_named(role)))
        .collect();
    let mut holders: Vec<String> = granted.into_iter().map(|holder| holder_name(program, holder)).collect();
    holders.sort();
    holders.dedup();
    let (_, rest) = words.split_once(" to ")?;
    let who: Vec<String> = named.iter().map(|role| format!("`{}`", program.role_name(*role))).collect();
    let who = who.join(", ");
    (!holders.is_empty()).then(|| {
        format!(
            "`never` covers everyone who holds {who}, whatever else they hold, and something else allows this; to state who alone \
             may, write `only {} to {rest}`",
            holders.join(", ")
        )
    })
}

fn holder_name(program: &Program, holder: Holder) -> String {
    match holder {
        Holder::Role(role) => program.role_name(role),
        Holder::Type(ty) => program.type_name(ty).to_owned(),
    }
}
