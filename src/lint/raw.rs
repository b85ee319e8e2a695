//! Raw policies as lints see them: their scope, their conditions as typed expressions with places, and the requests that
//! they concern. Cedar tells no places of conditions, so they are found in the statement's text.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Entities, EntityId, EntityUid, pst};

use crate::graph::{ActionId, Edge, Node, Program, Ty, TypeId};
use crate::lower;
use crate::lower::{Draft, RawPolicy, StepRequest};
use crate::text::{Sources, Span};
use crate::typing::TypedExpr;

use super::Cx;
use super::hazard::Holds;

mod links;
mod steps;
mod translate;

pub(super) use links::{HeldBack, Links};
pub(super) use translate::Clause;

/// A raw policy's scope and conditions, if it has an effect.
pub(super) fn body(policy: &RawPolicy, effect: pst::Effect) -> Option<&pst::Template> {
    policy.body.as_deref().filter(|body| body.effect == effect)
}

/// Where a raw policy says `permit` or `forbid`.
pub(super) fn keyword(policy: &RawPolicy, sources: &Sources) -> Span {
    let code = Code::of(policy, sources);
    let word = ["permit", "forbid"].into_iter().find_map(|word| code.places(word).first().copied());
    word.unwrap_or(policy.span.at_start())
}

/// The conditions of a raw policy with places.
pub(super) fn clauses(policy: &RawPolicy, body: &pst::Template, sources: &Sources) -> Vec<Clause> {
    translate::clauses(body, &Code::of(policy, sources))
}

/// What conditions must come to for the policy to apply.
pub(super) fn conditions(clauses: &[Clause]) -> Vec<(&TypedExpr, Holds)> {
    let clauses = clauses.iter().map(|clause| match clause {
        Clause::When(expr) => (expr, Holds::WhenTrue),
        Clause::Unless(expr) => (expr, Holds::WhenFalse),
    });
    clauses.collect()
}

/// A request as far as types tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) principal: TypeId,
    pub(super) action: ActionId,
    pub(super) resource: TypeId,
}

/// An action as Cedar entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionKind {
    pub(super) own: (String, String),
    pub(super) groups: BTreeSet<(String, String)>,
}

/// The kinds of request that a program knows, and how scopes speak of them.
pub(super) struct Requests<'a> {
    program: &'a Program,
    all: BTreeMap<ActionId, Vec<Request>>,
    steps: Vec<StepRequest>,
    /// Types by their full Cedar name.
    types: BTreeMap<&'a str, TypeId>,
    /// Actions by Cedar type and id, their own or that of a group they are in.
    actions: BTreeMap<(String, String), Vec<ActionId>>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(cx: &Cx<'a>) -> Self {
        let program = cx.program;
        let groups = cx.lowered.schema.as_ref().and_then(|schema| schema.action_entities().ok());
        let mut all = BTreeMap::new();
        let mut actions: BTreeMap<(String, String), Vec<ActionId>> = BTreeMap::new();
        for id in program.action_ids() {
            let Some(action) = program.action(id) else { continue };
            all.insert(id, kinds(program, id, program.principals_of(id).into_iter()));
            actions.entry(action.cedar.clone()).or_default().push(id);
            for group in groups_of(groups.as_ref(), &action.cedar) {
                actions.entry(group).or_default().push(id);
            }
        }
        let types = program.type_ids().filter_map(|id| Some((program.ty(id)?.cedar.as_str(), id)));
        Self { program, all, steps: lower::step_requests(program), types: types.collect(), actions }
    }

    /// An action and the groups that it is in, as Cedar entities.
    pub(super) fn action(&self, id: ActionId) -> Option<ActionKind> {
        let own = self.program.action(id)?.cedar.clone();
        let holding = self.actions.iter().filter(|(_, ids)| ids.contains(&id));
        let groups = holding.map(|(entity, _)| entity.clone()).collect();
        Some(ActionKind { own, groups })
    }

    /// The context of requests for an action.
    pub(super) fn context(&self, action: ActionId) -> Ty {
        Ty::Record(self.program.request_context(action))
    }

    /// The requests that a raw policy's scope admits.
    pub(super) fn admitted(&self, body: &pst::Template) -> Vec<Request> {
        let principal = self.principals(body);
        let resource = match &body.resource {
            pst::ResourceConstraint::Any => Side::Any,
            pst::ResourceConstraint::Eq(one) => self.is(entity_type(one)),
            pst::ResourceConstraint::In(one) => self.within(entity_type(one)),
            pst::ResourceConstraint::Is(ty) | pst::ResourceConstraint::IsIn(ty, _) => self.is(Some(ty)),
        };
        let named = |uid: &pst::EntityUID| (uid.ty.to_string(), uid.eid.to_string());
        let actions: Vec<(String, String)> = match &body.action {
            pst::ActionConstraint::Any => return self.of_all(&principal, &resource),
            pst::ActionConstraint::Eq(one) => vec![named(one)],
            pst::ActionConstraint::In(several) => several.iter().map(named).collect(),
        };
        self.of(&actions, &principal, &resource)
    }

    fn principals(&self, body: &pst::Template) -> Side {
        match &body.principal {
            pst::PrincipalConstraint::Any => Side::Any,
            pst::PrincipalConstraint::Eq(one) => self.is(entity_type(one)),
            pst::PrincipalConstraint::In(one) => self.within(entity_type(one)),
            pst::PrincipalConstraint::Is(ty) | pst::PrincipalConstraint::IsIn(ty, _) => self.is(Some(ty)),
        }
    }

    /// The requests that a policy of a Gate statement is about.
    pub(super) fn concerned(&self, draft: &Draft) -> Vec<Request> {
        let side = |cedar: &Option<String>| match cedar {
            None => Side::Any,
            Some(cedar) => self.types.get(cedar.as_str()).map_or(Side::None, |id| Side::One(*id)),
        };
        let (principal, resource) = (side(&draft.principal), side(&draft.resource));
        match draft.actions.is_empty() {
            true => self.of_all(&principal, &resource),
            false => self.of(&draft.actions, &principal, &resource),
        }
    }

    fn of_all(&self, principal: &Side, resource: &Side) -> Vec<Request> {
        self.pick(self.all.values().flatten(), principal, resource)
    }

    fn of(&self, actions: &[(String, String)], principal: &Side, resource: &Side) -> Vec<Request> {
        let ids: BTreeSet<&ActionId> = actions.iter().filter_map(|named| self.actions.get(named)).flatten().collect();
        self.pick(ids.into_iter().filter_map(|id| self.all.get(id)).flatten(), principal, resource)
    }

    fn pick<'r>(&self, requests: impl Iterator<Item = &'r Request>, principal: &Side, resource: &Side) -> Vec<Request> {
        requests
            .filter(|request| self.fits(principal, request.principal) && self.fits(resource, request.resource))
            .copied()
            .collect()
    }

    fn fits(&self, side: &Side, id: TypeId) -> bool {
        match side {
            Side::Any => true,
            Side::None => false,
            Side::One(one) => *one == id,
            Side::Within(container) => {
                let relations = &self.program.relations;
                let up = relations.reachable(Node::Type(id), |edge| *edge == Edge::MemberOf);
                up.contains(&Node::Type(*container))
            }
        }
    }

    fn is(&self, named: Option<&pst::EntityType>) -> Side {
        let id = named.and_then(|named| self.types.get(named.to_string().as_str()));
        id.map_or(Side::None, |id| Side::One(*id))
    }

    /// Entities of every type can be in one of a type that only the compiler knows, such as a role.
    fn within(&self, named: Option<&pst::EntityType>) -> Side {
        let id = named.and_then(|named| self.types.get(named.to_string().as_str()));
        id.map_or(Side::Any, |id| Side::Within(*id))
    }
}

/// The types that one side of a scope admits.
enum Side {
    Any,
    None,
    One(TypeId),
    /// Those that can lie in one of this type.
    Within(TypeId),
}

/// The kinds of request for an action from some types.
fn kinds(program: &Program, action: ActionId, principals: impl Iterator<Item = TypeId> + Clone) -> Vec<Request> {
    let decided_on = program.action(action).map_or(&[][..], |found| &found.decided_on);
    let pairs = decided_on
        .iter()
        .flat_map(|resource| principals.clone().map(|principal| Request { principal, action, resource: *resource }));
    pairs.collect()
}

fn groups_of(actions: Option<&Entities>, (ty, id): &(String, String)) -> Vec<(String, String)> {
    let Ok(ty) = ty.parse() else { return Vec::new() };
    let uid = EntityUid::from_type_name_and_id(ty, EntityId::new(id));
    let ancestors = actions.and_then(|actions| actions.ancestors(&uid)).into_iter().flatten();
    ancestors.map(|group| (group.type_name().to_string(), group.id().unescaped().to_owned())).collect()
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
    /// As it is written.
    written: String,
    /// With blanks in place of strings and comments.
    text: String,
}

impl Code {
    fn of(policy: &RawPolicy, sources: &Sources) -> Self {
        Self::new(policy.span, sources.slice(policy.span))
    }

    fn new(span: Span, written: &str) -> Self {
        Self { span, written: written.to_owned(), text: blank(written) }
    }

    /// Where a word or a path of attributes stands, not as part of a longer word.
    fn places(&self, word: &str) -> Vec<Span> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let start = self.span.start as usize;
        let blanked = blank(word);
        let found = self.text.match_indices(&blanked).filter(|(at, _)| {
            let before = self.text.get(..*at).and_then(|text| text.chars().next_back());
            let after = self.text.get(at + word.len()..).and_then(|text| text.chars().next());
            let written = self.written.get(*at..at + word.len()) == Some(word);
            let ends = word.ends_with(']') || !after.is_some_and(part);
            written && ends && !before.is_some_and(|c| part(c) || c == '.')
        });
        found.map(|(at, _)| Span::new(self.span.file, start + at, start + at + word.len())).collect()
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
        let code = Code::new(Span::new(FileId(0), 100, 100 + text.len()), text);
        assert_eq!(code.text.len(), text.len());
        let at = |word| {
            code.places(word)
                .iter()
                .map(|span| text.get(span.start as usize - 100..span.end as usize - 98).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(at("a.b"), ["a.b =", "a.b.c"]);
        assert_eq!(at("forbid"), ["forbid ("]);
        let text = "a[\"b c\"] == a[\"d e\"] // a[\"d e\"]  ";
        let code = Code::new(Span::new(FileId(0), 0, text.len()), text);
        assert_eq!(code.places("a[\"d e\"]"), [Span::new(FileId(0), 12, 20)]);
        assert_eq!(code.places("a[\"f g\"]"), []);
    }
}
