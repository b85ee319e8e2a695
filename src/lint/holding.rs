//! Whether anybody can meet the conditions of roles.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics};
use crate::graph;
use crate::graph::{Attribute, Env, Program, RoleId, Ty, TypeId, TypedExpr};
use crate::text::{Sources, Span};

use super::admission::Formula;
use super::outlook::{Known, Outlook, outlook};

/// What can come of the conditions of some roles together, for a principal of one type. The resource is not known.
pub(super) fn holding(program: &Program, principal: TypeId, roles: &[RoleId]) -> Outlook {
    let env = Env { principal: Ty::Entity(principal), context: Some(context(program)), ..Env::unknown(program) };
    let whens = roles.iter().filter_map(|id| program.role(*id)?.when.as_ref());
    // What does not type where this little is known may well hold.
    let conditions: Vec<TypedExpr> =
        whens.filter_map(|when| graph::elaborate(&env, when, &mut Diagnostics::new())).collect();
    let formulas: Vec<Formula<'_>> = conditions.iter().map(|when| Formula::of(when, true)).collect();
    let known = Known { principal: program.ty(principal).map(|ty| ty.cedar.as_str()), now: None };
    outlook(&formulas, known)
}

/// Every attribute that the context of some request has.
fn context(program: &Program) -> BTreeMap<String, Attribute> {
    let common = program.context.iter().map(|(name, one)| (name, &one.attribute));
    let own = program.actions.iter().flat_map(|action| &action.context);
    let mut all = BTreeMap::new();
    for (name, attribute) in common.chain(own) {
        all.entry(name.clone()).or_insert_with(|| attribute.clone());
    }
    all
}

/// Tells which two tests exclude each other.
pub(super) fn tell_clash(finding: Diagnostic, clash: Option<(Span, Span)>, sources: &Sources) -> Diagnostic {
    let text = |span: Span| sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    match clash {
        Some((one, other)) if one != other => {
            finding.note(format!("`{}` and `{}` can never hold together", text(one), text(other)))
        }
        Some((one, _)) if Some(one) != finding.primary() => finding.note(format!("`{}` is never true", text(one))),
        _ => finding,
    }
}
