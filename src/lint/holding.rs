//! Whether anybody can meet the conditions of roles.

use crate::diag::Diagnostic;
use crate::graph::{RoleId, TypeId};
use crate::text::{Sources, Span};
use crate::typing::{Conditions, Kind, TypedExpr};

use super::admission::Formula;
use super::satisfiability::{Known, Satisfiability, satisfiability};

/// What can come of the conditions of some roles together, for a principal of one type. The resource is not known.
pub(super) fn holding(conditions: &Conditions, principal: TypeId, roles: &[RoleId]) -> Satisfiability {
    let program = conditions.program();
    let whens = roles.iter().filter_map(|id| program.role(*id)?.when());
    // What does not type where this little is known may well hold.
    let conditions: Vec<TypedExpr> = whens.filter_map(|when| conditions.of(when, &Kind::Of(principal)).ok()).collect();
    let formulas: Vec<Formula<'_>> = conditions.iter().map(|when| Formula::of(when, true)).collect();
    let known = Known { principal: program.ty(principal).map(|ty| ty.cedar.as_str()), now: None };
    satisfiability(&formulas, known)
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
