//! What every permit of a kind of request needs to be there. Where a forbid errors for the lack of it, none of them lets in.

use std::collections::BTreeMap;

use cedar_policy::pst;

use crate::graph::Ty;
use crate::lint::hazard::{Hazard, Holds};
use crate::lint::raw::{Links, Request, Requests};
use crate::lint::{Cx, raw};
use crate::lower::Effect;
use crate::typing::TypedExpr;

use super::{Known, Variables, follow};

/// The permits of a program, as far as what they need to be there.
pub(in crate::lint) struct Permits {
    /// What all permits of a kind of request know where they hold. No permit, no entry.
    of: BTreeMap<Request, Known>,
    /// The same of all raw permits, where no schema tells kinds of requests.
    of_anything: Known,
    /// Whether something that cannot be read may permit anything.
    is_unread: bool,
}

impl Permits {
    pub(in crate::lint) fn new(cx: &Cx<'_>, requests: &Requests<'_>, links: &Links) -> Self {
        let is_unread = links.may_permit_anything;
        let mut permits = Self { of: BTreeMap::new(), of_anything: Known::unreachable(), is_unread };
        for draft in cx.lowered.drafts.iter().filter(|draft| draft.effect == Effect::Permit) {
            let conditions: Vec<(&TypedExpr, Holds)> =
                draft.when.iter().map(|part| (&part.expr, Holds::WhenTrue)).collect();
            permits.add(cx, requests, requests.concerned(draft), &conditions);
        }
        for policy in cx.lowered.raw.iter().chain(&links.policies) {
            let Some(body) = raw::body(policy, pst::Effect::Permit) else {
                continue;
            };
            let clauses = raw::clauses(policy, body, cx.sources);
            let conditions = raw::conditions(&clauses);
            permits.add(cx, requests, requests.admitted(body), &conditions);
            let known = follow(cx, &Variables::nothing_known(), &conditions).1;
            let others = std::mem::replace(&mut permits.of_anything, Known::unreachable());
            permits.of_anything = others.or(known);
        }
        permits
    }

    fn add(
        &mut self,
        cx: &Cx<'_>,
        requests: &Requests<'_>,
        admitted: Vec<Request>,
        conditions: &[(&TypedExpr, Holds)],
    ) {
        for request in admitted {
            let variables = Variables {
                principal: Ty::Entity(request.principal),
                resource: Ty::Entity(request.resource),
                context: requests.context(request.action),
                action: requests.action(request.action),
            };
            let known = follow(cx, &variables, conditions).1;
            let known = match self.of.remove(&request) {
                None => known,
                Some(others) => others.or(known),
            };
            self.of.insert(request, known);
        }
    }

    /// Whether some permit may let in where a forbid of these kinds of requests errs; `None`: of requests that no schema tells.
    pub(in crate::lint) fn may_let_in(&self, hazard: &Hazard, requests: Option<&[Request]>) -> bool {
        let open = |known: &Known| !hazard.ruled_out_by.iter().any(|fact| known.knows(fact)) && !known.is_unreachable();
        match requests {
            _ if self.is_unread => true,
            None => open(&self.of_anything),
            Some(requests) => requests.iter().filter_map(|request| self.of.get(request)).any(open),
        }
    }
}
