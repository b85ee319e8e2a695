//! What the emitters share while a program is lowered: its typed conditions, the drafts made so far and the faults found.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::bundle::RolesForm;
use crate::clauses::Step;
use crate::diag::Diagnostics;
use crate::graph::{ActionId, Profile, ProfileStep, Program, RoleId, TypeId, When};
use crate::typing::{Budget, Conditions, Kind, TypedExpr};

use super::draft::{Entity, Part};
use super::drafts::Drafts;
use super::routes;
use super::routes::Way;

/// A base, and the ways of the roles that inherit from it; `None` where there are too many.
type Routes = (RoleId, Option<Rc<BTreeMap<RoleId, Vec<Way>>>>);

/// What the emitters share.
pub(super) struct Lowering<'a> {
    pub(super) program: &'a Program,
    pub(super) conditions: &'a Conditions,
    /// How policies tell who holds a role.
    pub(super) form: RolesForm,
    pub(super) out: &'a mut Diagnostics,
    pub(super) drafts: Drafts<'a>,
    /// What may still be made.
    budget: &'a Budget,
    /// The ways to inherit from the base that was asked about last.
    routes: Option<Routes>,
    /// What isolation demands of pairs of types: most pairs have many grants.
    pub(super) tenants: BTreeMap<(TypeId, TypeId), Vec<Part>>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        conditions: &'a Conditions,
        form: RolesForm,
        budget: &'a Budget,
        out: &'a mut Diagnostics,
    ) -> Self {
        Self {
            program: conditions.program(),
            conditions,
            form,
            out,
            drafts: Drafts::new(budget),
            budget,
            routes: None,
            tenants: BTreeMap::new(),
        }
    }

    /// What a condition means for a kind of request; `None` where it does not type, which is reported.
    pub(super) fn typed(&mut self, when: When<'_>, kind: &Kind) -> Option<TypedExpr> {
        match self.try_typed(when, kind) {
            Ok(typed) => Some(typed),
            Err(faults) => {
                self.out.extend(faults);
                None
            }
        }
    }

    /// What a condition means for a kind of request, or its faults.
    pub(super) fn try_typed(&self, when: When<'_>, kind: &Kind) -> Result<TypedExpr, Diagnostics> {
        self.conditions.within(self.budget, when, kind)
    }

    /// A step of a profile as a kind of request.
    pub(super) fn step_kind(&self, profile: &Profile, step: Step) -> Kind {
        Kind::Step(ProfileStep { profile: self.program.id_of_profile(profile), step })
    }

    /// The ways of every role that inherits from a base. Too many of them are told once; then there are none.
    pub(super) fn routes(&mut self, base: RoleId) -> Option<Rc<BTreeMap<RoleId, Vec<Way>>>> {
        if let Some((known, found)) = &self.routes
            && *known == base
        {
            return found.clone();
        }
        let found = match routes::routes(self.program, base) {
            Ok(found) => Some(Rc::new(found)),
            Err(fault) => {
                self.out.push(*fault);
                None
            }
        };
        // One base at a time: grants of one role stand together, and all bases at once would be the square of the roles.
        self.routes = Some((base, found.clone()));
        found
    }

    /// What the program may still expand to.
    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// An answer, and the faults that were found on the way to it.
    pub(super) fn trial<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> (T, Diagnostics) {
        let before = std::mem::take(self.out);
        let answer = ask(self);
        let faults = std::mem::replace(self.out, before);
        (answer, faults)
    }

    /// The Cedar entities of some actions.
    pub(super) fn action_entities(&self, actions: &[ActionId]) -> Vec<Entity> {
        actions.iter().filter_map(|id| self.program.action(*id)).map(|action| action.cedar.clone()).collect()
    }

    /// The full Cedar name of a type.
    pub(super) fn cedar_type(&self, id: TypeId) -> String {
        self.program.ty(id).map_or_else(String::new, |ty| ty.cedar.clone())
    }
}
