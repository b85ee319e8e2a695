//! What a break-glass profile promises of its grants, clause by clause, from the profile and not from what was made of it.

use crate::bundle::GRANTS_ATTRIBUTE;
use crate::clauses::Clause;
use crate::graph::{ActionId, Profile, RoleId, Ty};
use crate::lower::draft::Effect;
use crate::lower::short::{At, get};
use crate::syntax::ast::Operator;
use crate::typing::{Method, TypedExpr};

use super::builder::{Place, context, principal, resource};
use super::steps::reason_and_ticket;
use super::{Claim, Claims, Counted, PropertyKind, Target};

/// A clause: its short name, what it promises, and what has to hold of an open request.
pub(super) struct Promise {
    name: &'static str,
    words: String,
    pub(super) holds: TypedExpr,
}

impl Claims<'_> {
    pub(super) fn claimed_by_profiles(&self, claims: &mut Vec<Claim>) {
        let program = self.program;
        for profile in &program.profiles {
            let everything: Vec<ActionId> = program.action_ids().collect();
            let (inside, outside): (Vec<Target>, Vec<Target>) =
                self.targets(&everything, &[]).into_iter().partition(|target| {
                    target.principal == profile.principal
                        && profile
                            .on
                            .iter()
                            .any(|(action, ty)| *action == target.action && self.decided(*action, *ty, target.resource))
                });
            let mut by_clause: Vec<Claim> = Vec::new();
            for target in inside {
                for (at, clause) in self.clauses(profile, target).into_iter().enumerate() {
                    if by_clause.len() == at {
                        by_clause.push(of_profile(profile, clause.name, clause.words));
                    }
                    if let Some(claim) = by_clause.get_mut(at) {
                        claim.all_but(self, target, vec![clause.holds]);
                    }
                }
            }
            claims.extend(by_clause);
            // A link of a template may read a grant for a type that nothing joins to the action.
            let apart = self.all_apart(&everything);
            // Of a profile that names everything there is, there is no outside.
            if !outside.is_empty() || !apart.is_empty() {
                let words = "a grant allows nothing outside its profile";
                let mut claim = of_profile(profile, "elsewhere", words.to_owned());
                claim.apart = apart.iter().filter_map(|target| self.kind_apart(*target)).collect();
                for target in outside.into_iter().chain(apart) {
                    claim.add(self, Effect::Permit, target, Vec::new());
                }
                claims.push(claim);
            }
            self.claimed_by_steps(profile, claims);
        }
    }

    /// Whether an action that a profile names on a type is decided on another.
    fn decided(&self, action: ActionId, named: crate::graph::TypeId, on: crate::graph::TypeId) -> bool {
        self.program.decided_on(action, &[named]).contains(&on)
    }

    /// The ways to hold one of some roles, on the resource that a grant is used on.
    fn one_of_at(&self, subject: &TypedExpr, roles: &[RoleId], target: Target) -> Vec<TypedExpr> {
        roles.iter().flat_map(|role| self.holders(subject, *role, Place::Resource(target)).tests()).collect()
    }

    pub(super) fn clauses(&self, profile: &Profile, target: Target) -> Vec<Promise> {
        let at = At(profile.span);
        let context = context(profile.span);
        let grant = get(&get(&context, GRANTS_ATTRIBUTE), &profile.name);
        let now = get(&context, "now");
        let principal = principal(profile.span);
        let eligible: Vec<RoleId> = profile.eligible.iter().map(|(role, _)| *role).collect();
        // Every clause asks for a grant first: without one there is nothing that could hold.
        let with_grant = |tests: Vec<TypedExpr>| {
            let has = at.has(context.clone(), &[GRANTS_ATTRIBUTE, &profile.name]);
            at.all(std::iter::once(has).chain(tests).collect())
        };
        let mut scope = vec![
            at.any(self.one_of_at(&principal, &eligible, target)),
            get(&grant, "requester").binary(Operator::Equal, principal.clone()),
            get(&grant, "actions").method(
                Method::Contains,
                vec![at.text(&self.program.action_name(target.action))],
                Ty::Bool,
            ),
            get(&get(&grant, "resources"), self.program.type_name(target.resource)).method(
                Method::Contains,
                vec![resource(profile.span)],
                Ty::Bool,
            ),
            get(&grant, "resource_count").binary(Operator::LessEqual, at.long(profile.count(Clause::Resources))),
        ];
        scope.extend(self.condition_of(profile, Place::Resource(target)));
        scope.extend(self.in_tenant(&resource(profile.span), target.resource, profile, &grant));
        scope.extend(reason_and_ticket(profile, &grant));
        let mut clauses = vec![
            Promise {
                name: "expiry",
                words: format!(
                    "a grant allows nothing before its window, after it, or later than {} from its approval",
                    profile.duration(Clause::Expires)
                ),
                holds: with_grant(vec![
                    get(&grant, "not_before").binary(Operator::LessEqual, now.clone()),
                    now.clone().binary(Operator::Less, get(&grant, "expires_at")),
                    get(&grant, "expires_at").binary(
                        Operator::LessEqual,
                        get(&grant, "approved_at").method(
                            Method::Offset,
                            vec![at.duration(profile.duration(Clause::Expires))],
                            Ty::Datetime,
                        ),
                    ),
                ]),
            },
            Promise {
                name: "scope",
                words:
                    "a grant opens only the actions and resources that it names, to its requester, who still may ask"
                        .to_owned(),
                holds: with_grant(scope),
            },
            Promise {
                name: "uses",
                words: match profile.count(Clause::Uses) {
                    1 => "a grant allows nothing once it was used".to_owned(),
                    most => format!("a grant allows nothing once it was used {most} times"),
                },
                holds: with_grant(vec![
                    get(&grant, "uses").binary(Operator::Less, at.long(profile.count(Clause::Uses))),
                ]),
            },
            Promise {
                name: "ended",
                words: "a grant that is revoked, or refused often enough, allows nothing".to_owned(),
                holds: with_grant(vec![
                    get(&grant, "revoked").negated(),
                    get(&grant, "refusals").binary(Operator::Less, at.long(profile.count(Clause::Refused))),
                ]),
            },
        ];
        if let Some(idle) = profile.limit(Clause::Idle) {
            let last = get(&grant, "last_used_at");
            let ends = last.clone().method(Method::Offset, vec![at.duration(idle)], Ty::Datetime);
            clauses.push(Promise {
                name: "idle",
                words: format!("a grant that was not used for {idle} allows nothing"),
                holds: with_grant(vec![
                    last.binary(Operator::LessEqual, now.clone()),
                    now.clone().binary(Operator::Less, ends),
                ]),
            });
        }
        if let Some((count, role, _)) = profile.approval {
            let slots: Vec<TypedExpr> = (1..=count.value).map(|n| get(&grant, &format!("approver{n}"))).collect();
            let mut tests = Vec::new();
            for (n, slot) in slots.iter().enumerate() {
                for other in slots.iter().skip(n + 1) {
                    tests.push(slot.clone().binary(Operator::NotEqual, other.clone()));
                }
            }
            let mut ours = Vec::new();
            for slot in &slots {
                ours.push(slot.clone().binary(Operator::NotEqual, principal.clone()));
                ours.push(slot.clone().binary(Operator::NotEqual, get(&grant, "requester")));
                tests.push(at.any(self.one_of_at(slot, &[role], target)));
                tests.extend(self.in_tenant(slot, profile.principal, profile, &grant));
            }
            clauses.push(Promise {
                name: "approvals",
                words: match count.value {
                    1 => format!(
                        "a grant allows nothing without an approval by a holder of `{}`",
                        self.program.role_name(role)
                    ),
                    least => format!(
                        "a grant allows nothing with fewer than {least} approvals by different holders of `{}`",
                        self.program.role_name(role)
                    ),
                },
                holds: with_grant(tests),
            });
            clauses.push(Promise {
                name: "not-self",
                words: "a grant that its requester approved allows nothing".to_owned(),
                holds: with_grant(ours),
            });
        }
        clauses
    }
}

fn of_profile(profile: &Profile, clause: &str, words: String) -> Claim {
    let mut claim =
        Claim::new(&profile.id, &format!("{}.{clause}", profile.name), PropertyKind::BreakGlass, profile.span, words);
    claim.counted = Counted::Only(profile.name.clone());
    claim
}
