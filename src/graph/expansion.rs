//! How large things become once they are expanded, measured before anything is. A condition is expanded where it is used, with
//! its arguments in place of its parameters, so a few lines can stand for millions of parts.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::Span;

use super::{ConditionId, Program, codes};

/// The most parts that the expression of one statement may expand to.
pub(super) const MOST_PARTS: u64 = 20_000;

/// The most actions of a program.
pub(super) const MOST_ACTIONS: usize = 50_000;

/// The most kinds of request of a program: an action, with a type that may ask for it and a type that it is decided on.
pub(super) const MOST_KINDS: u64 = 50_000;

/// The most attributes of the contexts of all actions together.
pub(super) const MOST_FACTS: u64 = 500_000;

/// The most actions that all statements name together, `any` and groups counted by what they stand for.
pub(super) const MOST_NAMED: usize = 400_000;

/// What all statements of any program may expand to, in parts of conditions.
const PARTS_OF_ANY: u64 = 500_000;

/// What they may expand to besides for each declaration: a large program expands to more than a small one.
const PARTS_PER_DECLARATION: u64 = 100;

/// What one policy costs besides the parts of its condition.
const PARTS_OF_A_POLICY: u64 = 25;

/// The size of an expression as a function of the sizes of the parameters it reads, which may stand in it many times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Size {
    /// The parts that are no parameter's.
    own: u64,
    /// How often each parameter is read.
    reads: BTreeMap<String, u64>,
}

impl Size {
    fn add(&mut self, other: &Self, times: u64) {
        self.own = self.own.saturating_add(other.own.saturating_mul(times));
        for (name, count) in &other.reads {
            let reads = self.reads.entry(name.clone()).or_default();
            *reads = reads.saturating_add(count.saturating_mul(times));
        }
    }
}

/// The sizes of a program's conditions.
#[derive(Debug, Clone, Default)]
pub(super) struct Sizes {
    conditions: BTreeMap<ConditionId, Size>,
}

impl Sizes {
    /// Measures the conditions of a program in which no condition uses itself.
    pub(super) fn build(program: &Program) -> Self {
        let mut sizes = Self::default();
        for id in program.relations.conditions_used_first() {
            let Some(condition) = program.condition(id) else {
                continue;
            };
            let params: Vec<&str> = condition.params.iter().map(|(name, _, _)| name.as_str()).collect();
            let size = sizes.of(program, &condition.body, &params);
            sizes.conditions.insert(id, size);
        }
        sizes
    }

    fn of(&self, program: &Program, expr: &Expr, params: &[&str]) -> Size {
        let mut size = Size { own: 1, reads: BTreeMap::new() };
        match &expr.kind {
            ExprKind::Name(name) if params.contains(&name.as_str()) => {
                return Size { own: 0, reads: BTreeMap::from([(name.clone(), 1)]) };
            }
            ExprKind::Name(name) => {
                let used = program.find_condition(name).and_then(|id| self.conditions.get(&id));
                used.into_iter().for_each(|used| size.add(used, 1));
            }
            ExprKind::Call(name, args) => {
                let args: Vec<Size> = args.iter().map(|arg| self.of(program, arg, params)).collect();
                args.iter().for_each(|arg| size.add(arg, 1));
                let Some(id) = program.find_condition(&name.text) else {
                    return size;
                };
                let (Some(used), Some(condition)) = (self.conditions.get(&id), program.condition(id)) else {
                    return size;
                };
                size.own = size.own.saturating_add(used.own);
                for ((param, _, _), arg) in condition.params.iter().zip(&args) {
                    size.add(arg, used.reads.get(param).copied().unwrap_or_default());
                }
            }
            _ => {
                for child in expr.children() {
                    size.add(&self.of(program, child, params), 1);
                }
            }
        }
        size
    }
}

impl Program {
    /// The parts that the expression of a statement expands to.
    pub(super) fn expanded(&self, expr: &Expr) -> u64 {
        self.sizes.of(self, expr, &[]).own
    }

    /// What is wrong with an expression that expands to too much: where, and through which conditions.
    pub(super) fn too_large(&self, expr: &Expr) -> Diagnostic {
        let (span, chain) = self.largest_chain(expr);
        let message = format!("this expands to more than {MOST_PARTS} parts");
        let diagnostic = Diagnostic::error(codes::EXPANSION_LIMIT, span, message)
            .help("use fewer nested conditions, or move part of the decision into an attribute");
        diagnostic.maybe_note(chain_text(&chain).map(|chain| format!("expanded through {chain}")))
    }

    /// The conditions through which an expression grows most, outermost first, and where it uses the first of them.
    fn largest_chain(&self, expr: &Expr) -> (Span, Vec<String>) {
        let mut chain = Vec::new();
        let mut place = expr.span;
        let mut at = expr;
        // No condition uses itself, so there are fewer steps than conditions.
        for _ in 0..self.conditions.len() {
            let mut uses = Vec::new();
            self.uses(at, &mut uses);
            let Some((_, id, span)) = uses.into_iter().max_by_key(|(size, _, span)| (*size, std::cmp::Reverse(*span)))
            else {
                break;
            };
            let Some(condition) = self.condition(id) else { break };
            if chain.is_empty() {
                place = span;
            }
            chain.push(condition.name.clone());
            at = &condition.body;
        }
        (place, chain)
    }

    /// The conditions that an expression names itself, with the size that each has there.
    fn uses(&self, expr: &Expr, found: &mut Vec<(u64, ConditionId, Span)>) {
        let named = match &expr.kind {
            ExprKind::Name(name) => self.find_condition(name),
            ExprKind::Call(name, _) => self.find_condition(&name.text),
            _ => None,
        };
        if let Some(id) = named {
            // A parameter of the condition that this stands in counts as one part.
            let size = self.sizes.of(self, expr, &[]);
            found.push((size.own, id, expr.span));
        }
        for child in expr.children() {
            self.uses(child, found);
        }
    }
}

/// The middle of a long chain is left out.
pub(super) fn chain_text(chain: &[String]) -> Option<String> {
    match chain {
        [] => None,
        [first, second, .., last] if chain.len() > 6 => {
            Some(format!("`{first}` → `{second}` → … {} more … → `{last}`", chain.len() - 3))
        }
        all => Some(format!("`{}`", all.join("` → `"))),
    }
}

/// What the statements of a program may still expand to, all together, in parts of conditions. A statement is written once for
/// each pair of types, each role that inherits it and each way to inherit it, so that a limit on one of them is not enough.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    spent: Cell<u64>,
    /// Who spent how much: the place of an expression or a statement.
    by: RefCell<BTreeMap<Span, u64>>,
}

impl Budget {
    /// What a program may expand to.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let declarations = [
            program.types.len(),
            program.actions.len(),
            program.roles.len(),
            program.grants.len(),
            program.denies.len(),
            program.requires.len(),
            program.separations.len(),
            program.profiles.len(),
            program.assertions.len(),
        ];
        let declarations: u64 = declarations.iter().map(|count| u64::try_from(*count).unwrap_or(u64::MAX)).sum();
        Self {
            most: PARTS_OF_ANY.saturating_add(declarations.saturating_mul(PARTS_PER_DECLARATION)),
            spent: Cell::new(0),
            by: RefCell::new(BTreeMap::new()),
        }
    }

    /// Takes some parts for what stands at a place; whether they were there.
    #[must_use]
    pub fn spend(&self, at: Span, parts: u64) -> bool {
        self.spent.set(self.spent.get().saturating_add(parts));
        if let Ok(mut by) = self.by.try_borrow_mut() {
            let own = by.entry(at).or_default();
            *own = own.saturating_add(parts);
        }
        !self.is_spent()
    }

    /// Takes a policy whose conditions have some parts; whether it was there.
    #[must_use]
    pub fn spend_policy(&self, at: Span, parts: u64) -> bool {
        self.spend(at, parts.saturating_add(PARTS_OF_A_POLICY))
    }

    /// Whether nothing is left, so that whatever was made is not whole.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent.get() > self.most
    }

    /// The fault of a program that wants more than there is, at what took most; `None` where there was enough.
    #[must_use]
    pub fn fault(&self) -> Option<Diagnostic> {
        if !self.is_spent() {
            return None;
        }
        let by = self.by.try_borrow().ok()?;
        let (at, own) = by.iter().max_by_key(|(at, own)| (**own, std::cmp::Reverse(**at)))?;
        let message = format!("all statements together expand to more than {} parts", self.most);
        Some(
            Diagnostic::error(codes::EXPANSION_LIMIT, *at, message)
                .label(format!("this statement takes at least {own} of them"))
                .help("name fewer types, roles or actions in one statement, use smaller conditions, or split the package")
                .note("a statement is expanded for each pair of types, each role that inherits it and each way to inherit it"),
        )
    }
}
