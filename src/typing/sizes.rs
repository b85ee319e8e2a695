//! How large conditions become once they are expanded, measured before any is. A condition is expanded where it is used, with
//! its arguments in place of its parameters, so a few lines can stand for millions of parts.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::graph::{ConditionId, Program, codes};
use crate::syntax::ast::{Expr, ExprKind};
use crate::text::Span;

/// The most parts that the expression of one statement may expand to.
pub(super) const MOST_PARTS: u64 = 20_000;

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
#[derive(Debug)]
pub(super) struct Sizes {
    conditions: BTreeMap<ConditionId, Size>,
}

impl Sizes {
    /// Measures the conditions of a program in which no condition uses itself.
    pub(super) fn build(program: &Program) -> Self {
        let mut sizes = Self { conditions: BTreeMap::new() };
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

    /// The parts that the expression of a statement expands to.
    pub(super) fn expanded(&self, program: &Program, expr: &Expr) -> u64 {
        self.of(program, expr, &[]).own
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

    /// What is wrong with an expression that expands to too much: where, and through which conditions.
    pub(super) fn too_large(&self, program: &Program, expr: &Expr) -> Diagnostic {
        let (span, chain) = self.largest_chain(program, expr);
        let message = format!("this expands to more than {MOST_PARTS} parts");
        let diagnostic = Diagnostic::error(codes::EXPANSION_LIMIT, span, message)
            .help("use fewer nested conditions, or move part of the decision into an attribute");
        diagnostic.maybe_note(chain_text(&chain).map(|chain| format!("expanded through {chain}")))
    }

    /// The conditions through which an expression grows most, outermost first, and where it uses the first of them.
    fn largest_chain(&self, program: &Program, expr: &Expr) -> (Span, Vec<String>) {
        let mut chain = Vec::new();
        let mut place = expr.span;
        let mut at = expr;
        // No condition uses itself, so there are fewer steps than conditions.
        for _ in 0..program.conditions.len() {
            let mut uses = Vec::new();
            self.uses(program, at, &mut uses);
            let Some((_, id, span)) = uses.into_iter().max_by_key(|(size, _, span)| (*size, std::cmp::Reverse(*span)))
            else {
                break;
            };
            let Some(condition) = program.condition(id) else { break };
            if chain.is_empty() {
                place = span;
            }
            chain.push(condition.name.clone());
            at = &condition.body;
        }
        (place, chain)
    }

    /// The conditions that an expression names itself, with the size that each has there.
    fn uses(&self, program: &Program, expr: &Expr, found: &mut Vec<(u64, ConditionId, Span)>) {
        let named = match &expr.kind {
            ExprKind::Name(name) => program.find_condition(name),
            ExprKind::Call(name, _) => program.find_condition(&name.text),
            _ => None,
        };
        if let Some(id) = named {
            // A parameter of the condition that this stands in counts as one part.
            found.push((self.expanded(program, expr), id, expr.span));
        }
        for child in expr.children() {
            self.uses(program, child, found);
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
