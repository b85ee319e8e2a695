//! Conditions as trees of atoms. An atom is a test that the author wrote: what one test of the author expands to, such as a
//! comparison of ordered values, stays one atom.

use std::str::FromStr as _;

use cedar_policy::Expression;

use super::{Key, Planner, Subject, marks};
use crate::lower;
use crate::lower::Part;
use crate::scenario::{Aspect, Atom, AtomMarks, Condition, Excluded, Obligation};
use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind};

impl Planner<'_> {
    /// The tree of a clause. One that the compiler made is one test that is not counted.
    pub(super) fn condition(&mut self, atoms: &mut Vec<Atom>, subject: &Subject, part: &Part) -> Condition {
        let subject = Subject { aspect: Aspect::Conditions, ..subject.clone() };
        match part.words {
            Some(_) => leaf(atoms, &lower::cedar_text(&part.expr), None),
            None => self.tree(atoms, &subject, &part.expr, &mut Vec::new()),
        }
    }

    fn tree(&mut self, atoms: &mut Vec<Atom>, subject: &Subject, expr: &TypedExpr, calls: &mut Vec<Span>) -> Condition {
        match &expr.kind {
            TypedKind::Bool(value) => Condition::Always(*value),
            TypedKind::Named(_, body) => {
                calls.push(expr.span);
                let tree = self.tree(atoms, subject, body, calls);
                calls.pop();
                tree
            }
            TypedKind::Not(inner) if inner.span != expr.span => {
                Condition::Not(Box::new(self.tree(atoms, subject, inner, calls)))
            }
            TypedKind::And(_) | TypedKind::Or(_) if is_written(expr) => {
                let parts = chain(expr).into_iter().map(|part| self.tree(atoms, subject, part, calls)).collect();
                match expr.kind {
                    TypedKind::And(_) => Condition::All(parts),
                    _ => Condition::Any(parts),
                }
            }
            TypedKind::If(test, yes, no) if yes == no => {
                self.plan.exclude(Excluded {
                    statement: subject.name.clone(),
                    at: test.span,
                    why: format!("`{}`: the types of the request decide it", self.one_line(test.span)),
                });
                self.tree(atoms, subject, yes, calls)
            }
            TypedKind::If(test, yes, no) => {
                let mut part = |part| self.tree(atoms, subject, part, calls);
                Condition::If(Box::new([part(test), part(yes), part(no)]))
            }
            _ => {
                let words = self.one_line(expr.span);
                let marks = self.atom(subject, &words, calls, expr.span);
                leaf(atoms, &lower::cedar_text(expr), Some(marks))
            }
        }
    }

    /// The marks of an atom: seen false, seen true, and deciding while false and while true.
    pub(super) fn atom(&mut self, subject: &Subject, words: &str, calls: &[Span], at: Span) -> AtomMarks {
        let known = (subject.name.clone(), Key::Atom(calls.to_vec(), at, words.to_owned()));
        if let Some(first) = self.known.get(&known) {
            return marks([*first, first + 1, first + 2], first + 3);
        }
        let mut add = |what: String, help: String, count: usize| {
            let obligation = Obligation {
                aspect: Aspect::Conditions,
                statement: subject.name.clone(),
                statement_at: subject.at,
                what,
                at,
                help,
            };
            self.plan.oblige(obligation, count)
        };
        let one = |value: bool| {
            let what = format!("`{words}` {value}");
            (what, format!("test a request that reaches `{words}` and for which it is {value}"))
        };
        let (what, help) = one(false);
        let first = add(what, help, 1);
        let (what, help) = one(true);
        add(what, help, 1);
        let help = format!(
            "test two requests, one with `{words}` true and one with it false, in which nothing else settles the outcome"
        );
        add(format!("`{words}` deciding"), help, 2);
        self.known.insert(known, first);
        marks([first, first + 1, first + 2], first + 3)
    }
}

/// Adds an atom.
pub(super) fn leaf(atoms: &mut Vec<Atom>, cedar: &str, marks: Option<AtomMarks>) -> Condition {
    atoms.push(Atom { test: Expression::from_str(cedar).ok(), marks });
    Condition::Atom(atoms.len() - 1)
}

/// The parts of a chain of one operator. A long chain is balanced, its halves at the place of the whole.
fn chain(expr: &TypedExpr) -> Vec<&TypedExpr> {
    let (TypedKind::And(parts) | TypedKind::Or(parts)) = &expr.kind else { return vec![expr] };
    let is_half = |part: &TypedExpr| {
        part.span == expr.span && std::mem::discriminant(&part.kind) == std::mem::discriminant(&expr.kind)
    };
    parts.iter().flat_map(|part| if is_half(part) { chain(part) } else { vec![part] }).collect()
}

/// Whether the author wrote the operator: what the compiler makes of one test stands at the place of the test.
fn is_written(expr: &TypedExpr) -> bool {
    chain(expr).iter().all(|part| part.span != expr.span)
}
