//! The entities that names of a suite can mean: its fixtures, members of enumerations, and loaded Cedar data.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cedar_policy::{Entities, EntityId, EntityTypeName, EntityUid};

use crate::bundle::{Contract, EntityContract, EntityRole, entity_uid};
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document::Node;
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Named, Section};
use crate::text::Span;

use super::a;

/// Everything an entity name is looked up in.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    pub(super) contract: &'a Contract,
    /// Fixtures by name.
    pub(super) fixtures: BTreeMap<String, (Named, Section)>,
    /// Cedar data of the suite.
    pub(super) loaded: &'a Entities,
    /// Where fixtures and contexts are named that nothing declares.
    pub(super) undeclared: Undeclared,
    /// Names of types.
    pub(super) types: TypeNames,
}

/// The names of Cedar's types by their text. Cedar takes longer to read one than to do all else with an entity.
#[derive(Debug, Default)]
pub(super) struct TypeNames(RefCell<BTreeMap<String, Option<EntityTypeName>>>);

impl TypeNames {
    /// A Cedar entity by the full Cedar name of its type; `None` where that is no name.
    pub(super) fn uid(&self, cedar_type: &str, id: &str) -> Option<EntityUid> {
        let mut known = self.0.borrow_mut();
        let ty = match known.get(cedar_type) {
            Some(ty) => ty.clone()?,
            None => known.entry(cedar_type.to_owned()).or_insert(EntityTypeName::from_str(cedar_type).ok()).clone()?,
        };
        Some(EntityUid::from_type_name_and_id(ty, EntityId::new(id)))
    }
}

/// Where names stand that nothing declares: where an included file is missing, it may declare them.
#[derive(Debug, Default)]
pub(super) struct Undeclared(RefCell<BTreeMap<Span, String>>);

impl Undeclared {
    /// Reports a name that nothing declares, and keeps its place.
    pub(super) fn report(&self, name: &str, fault: Diagnostic, out: &mut Diagnostics) {
        self.0.borrow_mut().extend(fault.primary().map(|span| (span, name.to_owned())));
        out.push(fault);
    }

    /// The names that a file declares, each where it stands first.
    pub(super) fn declared_by(&self, names: &BTreeSet<&str>) -> Vec<(Span, String)> {
        let mut told = BTreeSet::new();
        let all = self.0.borrow();
        let of_file = all.iter().filter(|(_, name)| names.contains(name.as_str()) && told.insert(name.as_str()));
        of_file.map(|(span, name)| (*span, name.clone())).collect()
    }

    /// Whether a fault may be gone once the missing file is there: a name that nothing declares, or a claim about nothing, such as
    /// one about `all`.
    pub(super) fn may_follow(&self, fault: &Diagnostic) -> bool {
        self.is_about(fault, |_| true) || fault.code == codes::EMPTY_CLAIM
    }

    /// Whether a fault says of such a name that nothing declares it.
    pub(super) fn is_about(&self, fault: &Diagnostic, chosen: impl Fn(&str) -> bool) -> bool {
        let span = fault.primary().filter(|_| fault.code == codes::UNKNOWN_NAME);
        span.is_some_and(|span| self.0.borrow().get(&span).is_some_and(|name| chosen(name)))
    }
}

impl Directory<'_> {
    /// An entity that tests can name: a fixture, or loaded data as `Type::"id"`.
    pub(super) fn entity(&self, node: &Node, out: &mut Diagnostics) -> Option<Named> {
        let text = SUITE.at(node, "an entity").scalar(out)?;
        if let Some((named, _)) = self.fixtures.get(text) {
            return Some(named.clone());
        }
        if let Some(named) = self.reference(text) {
            if self.fixtures.values().any(|(known, _)| known.uid == named.uid) || self.loaded.get(&named.uid).is_some()
            {
                return Some(named);
            }
            self.undeclared.report(
                text,
                Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown entity `{text}`"))
                    .label("neither a fixture nor in the suite's `entities` file")
                    .help("declare it under `principals`, `resources` or `groups`"),
                out,
            );
            return None;
        }
        let unknown = Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown fixture `{text}`"))
            .label("not declared");
        let unknown = match self.contract.actions.keys().any(|action| action.rsplit('.').next() == Some(text)) {
            true => unknown.help(format!("`{text}` is an action; write `{{{text}: RESOURCE}}`")),
            false => unknown.meant(node.span, text, self.fixtures.keys().map(String::as_str)),
        };
        match text.contains("::") {
            // It names a type, which the policy declares or does not.
            true => out.push(unknown),
            false => self.undeclared.report(text, unknown, out),
        }
        None
    }

    /// An entity of one type, or a member of an enumeration.
    pub(super) fn member_or_entity(&self, node: &Node, ty: &str, out: &mut Diagnostics) -> Option<EntityUid> {
        match self.contract.entities.get(ty) {
            Some(declared) if declared.kind == EntityRole::Enum => self.member(node, ty, declared, out),
            _ => self.entity_of(node, &[ty], out).map(|named| named.uid),
        }
    }

    /// An entity of one of some types.
    pub(super) fn entity_of(&self, node: &Node, types: &[&str], out: &mut Diagnostics) -> Option<Named> {
        let named = self.entity(node, out)?;
        if types.contains(&named.ty.as_str()) {
            return Some(named);
        }
        let fitting = self
            .fixtures
            .iter()
            .filter(|(_, (known, _))| types.contains(&known.ty.as_str()))
            .map(|(name, _)| name.as_str());
        out.push(
            Diagnostic::error(
                codes::WRONG_TYPE,
                node.span,
                format!("`{}` is of type {}, not {}", named.label, named.ty, types.join(" or ")),
            )
            .label(format!("expected {}", a(&types.join(" or "))))
            .maybe_help(did_you_mean(&named.label, fitting)),
        );
        None
    }

    /// The type of a Cedar entity as the contract names it.
    pub(super) fn type_of(&self, uid: &EntityUid) -> Option<&str> {
        let cedar = uid.type_name().to_string();
        self.declared().find(|(_, declared)| declared.cedar == cedar).map(|(name, _)| name)
    }

    /// `Type::"id"`, `Type::id` or `Name::Space::Type::"id"`, where such a type exists.
    pub(super) fn reference(&self, text: &str) -> Option<Named> {
        let (ty, id) = match text.contains('"') {
            true => {
                let uid = entity_uid(text)?;
                (uid.type_name().to_string(), uid.id().unescaped().to_owned())
            }
            false => text.rsplit_once("::").map(|(ty, id)| (ty.to_owned(), id.to_owned()))?,
        };
        let (name, declared) = self.declared().find(|(name, declared)| *name == ty || declared.cedar == ty)?;
        Some(Named { label: text.to_owned(), ty: name.to_owned(), uid: self.types.uid(&declared.cedar, &id)? })
    }

    fn declared(&self) -> impl Iterator<Item = (&str, &EntityContract)> {
        self.contract.entities.iter().map(|(name, declared)| (name.as_str(), declared))
    }

    fn member(&self, node: &Node, ty: &str, declared: &EntityContract, out: &mut Diagnostics) -> Option<EntityUid> {
        let text = SUITE.at(node, "a member of an enumeration").scalar(out)?;
        let id = match self.reference(text) {
            Some(named) if named.ty == ty => named.uid.id().unescaped().to_owned(),
            _ => text.to_owned(),
        };
        if declared.members.contains(&id) {
            return self.types.uid(&declared.cedar, &id);
        }
        let fault = Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("`{text}` is not a member of {ty}"))
            .label(format!("expected {}", a(ty)));
        // `State.open`, as other languages write it.
        let bare = text.rsplit(['.', ':']).next().filter(|bare| declared.members.iter().any(|member| member == bare));
        out.push(match bare {
            Some(bare) => fault.help(format!("write the member alone: `{bare}`")),
            None => fault.meant(node.span, text, declared.members.iter().map(String::as_str)),
        });
        None
    }
}
