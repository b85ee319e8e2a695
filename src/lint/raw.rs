//! Raw policies as lints see them: their scope, their conditions as typed expressions with places, and the requests that
//! they concern. Cedar tells no places of conditions, so they are found in the statement's text.

use cedar_policy::Entities;
use cedar_policy::EntityId;
use cedar_policy::EntityUid;
use cedar_policy::pst;

use crate::graph::ActionId;
use crate::graph::Edge;
use crate::graph::Node;
use crate::graph::Program;
use crate::graph::TypeId;
use crate::lower::RawPolicy;
use crate::text::Sources;
use crate::text::Span;

use super::Cx;

mod translate;

pub(super) use translate::Clause;

/// A raw policy's scope and conditions, if it has an effect.
pub(super) fn body(policy: &RawPolicy, effect: pst::Effect) -> Option<pst::Template> {
    let body = policy.policy.to_pst().ok()?.body().clone();
    (body.effect == effect).then_some(body)
}

/// Where a raw policy says `permit` or `forbid`.
pub(super) fn keyword(policy: &RawPolicy, sources: &Sources) -> Span {
    let code = Code::of(policy, sources);
    let word = ["permit", "forbid"]
        .into_iter()
        .find_map(|word| code.places(word).first().copied());
    word.unwrap_or(policy.span.at_start())
}

/// The conditions of a raw policy with places.
pub(super) fn clauses(policy: &RawPolicy, body: &pst::Template, sources: &Sources) -> Vec<Clause> {
    translate::clauses(body, &Code::of(policy, sources))
}

/// A request as far as types tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) principal: TypeId,
    pub(super) action: ActionId,
    pub(super) resource: TypeId,
}

/// Every kind of request that the program knows.
pub(super) fn requests(program: &Program) -> Vec<Request> {
    let mut found = Vec::new();
    for action in program.action_ids() {
        let principals = program.principals_of(action);
        for resource in program.action(action).into_iter().flat_map(|action| &action.decided_on) {
            found.extend(principals.iter().map(|principal| Request {
                principal: *principal,
                action,
                resource: *resource,
            }));
        }
    }
    found
}

/// Tells which requests a scope admits.
pub(super) struct Scopes<'a> {
    program: &'a Program,
    /// The actions with their groups.
    actions: Option<Entities>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(cx: &Cx<'a>) -> Self {
        Self {
            program: cx.program,
            actions: cx
                .lowered
                .schema
                .as_ref()
                .and_then(|schema| schema.action_entities().ok()),
        }
    }

    /// Whether a scope admits some request of a kind.
    pub(super) fn admit(&self, body: &pst::Template, request: Request) -> bool {
        let principal = match &body.principal {
            pst::PrincipalConstraint::Any => true,
            pst::PrincipalConstraint::Eq(one) => self.is_type(request.principal, entity_type(one)),
            pst::PrincipalConstraint::In(one) => self.may_be_in(request.principal, entity_type(one)),
            pst::PrincipalConstraint::Is(ty) => self.is_type(request.principal, Some(ty)),
            pst::PrincipalConstraint::IsIn(ty, one) => {
                self.is_type(request.principal, Some(ty)) && self.may_be_in(request.principal, entity_type(one))
            }
        };
        let resource = match &body.resource {
            pst::ResourceConstraint::Any => true,
            pst::ResourceConstraint::Eq(one) => self.is_type(request.resource, entity_type(one)),
            pst::ResourceConstraint::In(one) => self.may_be_in(request.resource, entity_type(one)),
            pst::ResourceConstraint::Is(ty) => self.is_type(request.resource, Some(ty)),
            pst::ResourceConstraint::IsIn(ty, one) => {
                self.is_type(request.resource, Some(ty)) && self.may_be_in(request.resource, entity_type(one))
            }
        };
        principal && resource && self.admits_action(&body.action, request.action)
    }

    fn admits_action(&self, scope: &pst::ActionConstraint, action: ActionId) -> bool {
        let named: Vec<&pst::EntityUID> = match scope {
            pst::ActionConstraint::Any => return true,
            pst::ActionConstraint::Eq(one) => vec![one],
            pst::ActionConstraint::In(several) => several.iter().collect(),
        };
        let Some(action) = self.program.action(action) else {
            return false;
        };
        let (ty, id) = &action.cedar;
        named.iter().any(|one| {
            let same = one.ty.to_string() == *ty && one.eid == id.as_str();
            same || self.groups(one, ty, id)
        })
    }

    /// Whether one action is a group that the other is in.
    fn groups(&self, group: &pst::EntityUID, ty: &str, id: &str) -> bool {
        let Some(actions) = &self.actions else { return false };
        let uid = |ty: &str, id: &str| {
            let ty = ty.parse().ok()?;
            Some(EntityUid::from_type_name_and_id(ty, EntityId::new(id)))
        };
        match (uid(&group.ty.to_string(), group.eid.as_str()), uid(ty, id)) {
            (Some(group), Some(action)) => actions.is_ancestor_of(&group, &action),
            _ => false,
        }
    }

    fn is_type(&self, id: TypeId, named: Option<&pst::EntityType>) -> bool {
        named.is_none_or(|named| self.program.ty(id).is_some_and(|ty| ty.cedar == named.to_string()))
    }

    /// Whether an entity of a type can lie in one of another; a type that nobody declares is given the benefit.
    fn may_be_in(&self, id: TypeId, container: Option<&pst::EntityType>) -> bool {
        let container = container.map(ToString::to_string);
        let Some(container) = self.program.type_ids().find(|id| {
            self.program
                .ty(*id)
                .is_some_and(|ty| Some(&ty.cedar) == container.as_ref())
        }) else {
            return true;
        };
        let up = self
            .program
            .relations
            .reachable(Node::Type(id), |edge| *edge == Edge::MemberOf);
        up.contains(&Node::Type(container))
    }
}

fn entity_type(one: &pst::EntityOrSlot) -> Option<&pst::EntityType> {
    match one {
        pst::EntityOrSlot::Entity(uid) => Some(&uid.ty),
        pst::EntityOrSlot::Slot(_) => None,
    }
}

/// A statement's text with strings and comments blanked, byte for byte.
struct Code {
    span: Span,
    text: String,
}

impl Code {
    fn of(policy: &RawPolicy, sources: &Sources) -> Self {
        Self {
            span: policy.span,
            text: blank(sources.slice(policy.span)),
        }
    }

    /// Where a word or a path of attributes stands, not as part of a longer word.
    fn places(&self, word: &str) -> Vec<Span> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let start = self.span.start as usize;
        let found = self.text.match_indices(word).filter(|(at, _)| {
            let before = self.text.get(..*at).and_then(|text| text.chars().next_back());
            let after = self.text.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
        });
        found
            .map(|(at, _)| Span::new(self.span.file, start + at, start + at + word.len()))
            .collect()
    }
}

fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let blanks = |out: &mut String, c: char| out.extend(std::iter::repeat_n(' ', c.len_utf8()));
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                blanks(&mut out, c);
                while let Some(inside) = chars.next() {
                    blanks(&mut out, inside);
                    match inside {
                        '\\' => chars.next().into_iter().for_each(|c| blanks(&mut out, c)),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '/' if chars.peek() == Some(&'/') => {
                blanks(&mut out, c);
                while let Some(inside) = chars.next_if(|c| *c != '\n') {
                    blanks(&mut out, inside);
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    #[test]
    fn a_path_is_found_in_code_only_and_not_inside_longer_ones() {
        let text =
            "@id(\"forbid a.b\") // a.b\nforbid (x) when { xa.b || a.b == \"a.b\\\" a.b\" || a.bc || é.a.b || a.b.c };";
        let code = Code {
            span: Span::new(FileId(0), 100, 100 + text.len()),
            text: blank(text),
        };
        assert_eq!(code.text.len(), text.len());
        let at = |word| {
            code.places(word)
                .iter()
                .map(|span| &text[span.start as usize - 100..][..word.len() + 2])
                .collect::<Vec<_>>()
        };
        assert_eq!(at("a.b"), ["a.b =", "a.b.c"]);
        assert_eq!(at("forbid"), ["forbid ("]);
    }
}
