//! Names in tests: actions by their short form, principals, contexts, and the statements that `because` may cite.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{BreakGlassProfile, EntityRole, OriginKind, Origins};
use crate::decide::Engine;
use crate::diag::{Diagnostic, Diagnostics, did_you_mean};
use crate::load::document::Node;
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::{Because, ContextFixture, ContextRef, Expected, Extent, Named, Section};
use crate::text::Span;

use super::a;
use super::allowance::Allowance;
use super::directory::Directory;

/// Stands for every fixture of a section, and so names none.
pub(super) const ALL: &str = "all";

/// The cause of a denial where no grant matched and nothing forbade.
pub(crate) const NO_GRANT: &str = "no-grant";

/// The cause of a denial where no permit holds and one errors.
pub(crate) const PERMIT_ERRORED: &str = "permit-errored";

/// Everything a name in a test is looked up in.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) directory: Directory<'a>,
    pub(super) contexts: &'a BTreeMap<String, ContextFixture>,
    pub(super) statements: BTreeMap<&'a str, BTreeSet<OriginKind>>,
    pub(super) profiles: &'a BTreeMap<String, BreakGlassProfile>,
    pub(super) allowance: &'a Allowance,
    pub(super) engine: &'a Engine,
}

/// A name and where it was written.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// The statements of a policy and their kinds.
pub(super) fn statements(origins: &Origins) -> BTreeMap<&str, BTreeSet<OriginKind>> {
    let mut statements: BTreeMap<&str, BTreeSet<OriginKind>> = BTreeMap::new();
    for origin in origins.policies.values() {
        statements.entry(&origin.statement).or_default().insert(origin.kind);
    }
    statements
}

impl Names<'_> {
    /// Principals: one, several, or `all` of the suite.
    pub(super) fn principals(&self, node: &Node, out: &mut Diagnostics) -> Vec<At<Named>> {
        let several = self.entities(node, Section::Principals, out);
        several.into_iter().filter(|at| self.can_ask(at, out)).collect()
    }

    /// One principal.
    pub(super) fn principal(&self, node: &Node, out: &mut Diagnostics) -> Option<Named> {
        let value = self.directory.entity(node, out)?;
        let at = At { value, span: node.span };
        self.can_ask(&at, out).then_some(at.value)
    }

    /// Resources: one, several, or `all` of the suite.
    pub(super) fn resources(&self, node: &Node, out: &mut Diagnostics) -> Vec<At<Named>> {
        self.entities(node, Section::Resources, out)
    }

    /// Contexts: one, several, or `all` of the suite; without a node, none.
    pub(super) fn contexts(&self, node: Option<&Node>, out: &mut Diagnostics) -> Vec<ContextRef> {
        let Some(node) = node else {
            return vec![ContextRef::None];
        };
        if node.as_text() == Some(ALL) {
            return self.contexts.keys().cloned().map(ContextRef::Fixture).collect();
        }
        node.one_or_many().iter().filter_map(|item| self.context(item, out)).collect()
    }

    /// One context.
    pub(super) fn context(&self, node: &Node, out: &mut Diagnostics) -> Option<ContextRef> {
        let name = SUITE
            .at(node, "a context")
            .help("declare its values under `contexts`, and write its name here")
            .scalar(out)?;
        if self.contexts.contains_key(name) {
            return Some(ContextRef::Fixture(name.to_owned()));
        }
        self.directory.undeclared.report(
            name,
            Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown context `{name}`"))
                .label("no such context is declared")
                .meant(node.span, name, self.contexts.keys().map(String::as_str)),
            out,
        );
        None
    }

    /// The action that a name means on a type: `Payout.approve` itself, or `approve` where that is the only one.
    pub(super) fn action(&self, name: &str, span: Span, ty: &str, out: &mut Diagnostics) -> Option<String> {
        let matching: Vec<&String> = self.actions_on(ty).filter(|action| means(name, action)).collect();
        match matching.as_slice() {
            [only] => return Some((*only).clone()),
            [] => {}
            [..] => {
                let known: Vec<String> = matching.iter().map(|action| format!("`{action}`")).collect();
                out.push(
                    Diagnostic::error(
                        codes::AMBIGUOUS_NAME,
                        span,
                        format!("`{name}` on {} could mean several actions", a(ty)),
                    )
                    .label("ambiguous name")
                    .help(format!("write one of {}", known.join(", "))),
                );
                return None;
            }
        }
        self.no_such_action(name, span, &BTreeSet::from([ty]), out);
        None
    }

    /// Reports a name that no action on any of these types has.
    pub(super) fn no_such_action(&self, name: &str, span: Span, types: &BTreeSet<&str>, out: &mut Diagnostics) {
        if types.is_empty() {
            out.push(
                Diagnostic::error(codes::EMPTY_CLAIM, span, format!("`{name}` is asked of nothing"))
                    .label("this suite has no resource for it")
                    .help("declare one under `resources`, or name one"),
            );
            return;
        }
        let actions = self.directory.contract.actions.iter().filter(|(action, _)| means(name, action));
        let elsewhere: BTreeSet<&str> =
            actions.flat_map(|(_, contract)| contract.resources.iter().map(String::as_str)).collect();
        let near = types.iter().flat_map(|ty| self.actions_on(ty)).map(|action| short(action));
        let these: Vec<String> = types.iter().map(|ty| a(ty)).collect();
        let these = these.join(" or ");
        out.push(if elsewhere.is_empty() {
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("unknown action `{name}`"))
                .label(format!("no action on {these} has this name"))
                .meant(span, name, near)
        } else {
            let elsewhere: Vec<&str> = elsewhere.into_iter().collect();
            Diagnostic::error(codes::WRONG_ACTION, span, format!("`{name}` is not decided on {these}"))
                .label(format!("decided on {}", elsewhere.join(", ")))
                .maybe_help(did_you_mean(name, near))
        });
    }

    /// The actions decided on a type.
    pub(super) fn actions_on(&self, ty: &str) -> impl Iterator<Item = &String> {
        let ty = ty.to_owned();
        let actions = self.directory.contract.actions.iter();
        actions.filter(move |(_, contract)| contract.resources.contains(&ty)).map(|(name, _)| name)
    }

    /// `because`: the statements that must decide, all of them or, under `includes`, some. `causes` are further causes that may
    /// deny here. A name that the policy does not know is a fault of this claim alone.
    pub(super) fn because(
        &self,
        node: &Node,
        expected: Expected,
        causes: &[&str],
        out: &mut Diagnostics,
    ) -> Option<Because> {
        let (extent, node) = match node.as_map() {
            None => (Extent::Exactly, node),
            Some(_) => {
                let fields = SUITE.fields(node, "`because`", &[Extent::Includes.word()], out)?;
                (Extent::Includes, fields.require(Extent::Includes.word(), out)?)
            }
        };
        if node.as_list().is_some_and(<[Node]>::is_empty) {
            out.push(
                Diagnostic::error(codes::EMPTY_CLAIM, node.span, "`because` must name a statement")
                    .label("matches any cause")
                    .help("name the statements that decide, or remove `because`"),
            );
        }
        let mut cited = BTreeSet::new();
        let mut faults = Vec::new();
        for item in node.one_or_many() {
            let Some(name) = SUITE.at(item, "a statement").scalar(out) else {
                continue;
            };
            cited.insert(name.to_owned());
            faults.extend(self.cannot_decide(name, item.span, expected, causes));
        }
        if cited.len() > 1
            && let Some(missing) = cited.iter().find(|cause| is_missing_grant(cause))
        {
            out.push(
                Diagnostic::error(codes::WRONG_CAUSE, node.span, format!("`{missing}` must be the only cause"))
                    .label("if a statement denies, a missing grant is not the cause"),
            );
        }
        (!cited.is_empty()).then_some(Because { extent, statements: cited, faults })
    }

    /// What is wrong with a name that cannot be the cause of a decision.
    pub(super) fn cannot_decide(
        &self,
        name: &str,
        span: Span,
        expected: Expected,
        causes: &[&str],
    ) -> Option<Diagnostic> {
        if expected == Expected::Deny && (is_missing_grant(name) || causes.contains(&name)) {
            return None;
        }
        let kinds = self.statements.get(name);
        if kinds.is_some_and(|kinds| kinds.iter().any(|kind| decides(*kind, expected))) {
            return None;
        }
        let fitting = self
            .statements
            .iter()
            .filter(|(_, kinds)| kinds.iter().any(|kind| decides(*kind, expected)))
            .map(|(name, _)| *name);
        let extra = [NO_GRANT, PERMIT_ERRORED].into_iter().filter(|_| expected == Expected::Deny);
        let fitting: Vec<&str> = fitting.chain(extra).chain(causes.iter().copied()).collect();
        let help = did_you_mean(name, fitting.iter().copied());
        Some(if kinds.is_some() || is_missing_grant(name) {
            let claim = match expected {
                Expected::Allow => "allows anything",
                Expected::Deny => "denies anything",
                Expected::Unknown => "leaves anything unknown",
            };
            Diagnostic::error(codes::WRONG_CAUSE, span, format!("`{name}` never {claim}"))
                .label("cannot be the cause claimed here")
                .maybe_help(help)
        } else {
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("unknown statement `{name}`"))
                .label("no statement of the policy has this name")
                .maybe_help(help)
                .near(span, name, fitting)
        })
    }

    fn entities(&self, node: &Node, section: Section, out: &mut Diagnostics) -> Vec<At<Named>> {
        if node.as_text() == Some(ALL) {
            let fixtures = self.directory.fixtures.values().filter(|(_, of)| *of == section);
            return fixtures.map(|(named, _)| At { value: named.clone(), span: node.span }).collect();
        }
        node.one_or_many()
            .iter()
            .filter_map(|item| {
                let value = self.directory.entity(item, out)?;
                Some(At { value, span: item.span })
            })
            .collect()
    }

    fn can_ask(&self, at: &At<Named>, out: &mut Diagnostics) -> bool {
        let contract = self.directory.contract;
        let kind = contract.entities.get(&at.value.ty).map(|declared| declared.kind);
        let asks = matches!(kind, Some(EntityRole::Principal | EntityRole::Raw))
            || contract.actions.values().any(|action| action.principals.contains(&at.value.ty));
        if !asks {
            let people = self.directory.fixtures.values().filter(|(_, section)| *section == Section::Principals);
            out.push(
                Diagnostic::error(codes::WRONG_TYPE, at.span, format!("`{}` cannot make requests", at.value.label))
                    .label(format!("{} is not a principal type", a(&at.value.ty)))
                    .maybe_help(did_you_mean(&at.value.label, people.map(|(named, _)| named.label.as_str()))),
            );
        }
        asks
    }
}

/// A cause of which no statement denies: no grant lets in.
fn is_missing_grant(cause: &str) -> bool {
    matches!(cause, NO_GRANT | PERMIT_ERRORED)
}

/// An action's name without the type that declares it.
pub(crate) fn short(action: &str) -> &str {
    action.rsplit_once('.').map_or(action, |(_, own)| own)
}

fn means(name: &str, action: &str) -> bool {
    action == name || short(action) == name
}

fn decides(kind: OriginKind, expected: Expected) -> bool {
    match kind {
        OriginKind::Grant | OriginKind::BreakGlass => expected == Expected::Allow,
        OriginKind::Deny | OriginKind::Require | OriginKind::Isolate | OriginKind::Separate => {
            expected == Expected::Deny
        }
        OriginKind::Raw => expected != Expected::Unknown,
    }
}
