//! `&&`, `||` and `if`, as far as they are evaluated: where types alone decide a test, what stands behind it is left out.

use std::borrow::Cow;

use crate::diag::Diagnostic;
use crate::graph::{Ty, codes};
use crate::syntax::ast::{Expr, Operator};
use crate::text::Span;

use super::{Elaborator, tested};
use crate::typing::kind::Env;
use crate::typing::sizes::MOST_PARTS;
use crate::typing::{Method, TypedExpr, TypedKind, settled};

impl Elaborator<'_, '_> {
    /// The parts of `&&`, which end where one is `false` by its types, or of `||`, which end at a `true` one. As in Cedar, what
    /// stands behind that is not evaluated and need not type.
    pub(super) fn chain(&mut self, parts: &[Expr], ends: bool) -> Vec<TypedExpr> {
        let mut typed = Vec::new();
        let mut ended = false;
        for part in parts {
            if ended {
                self.unreached(part);
                continue;
            }
            let one = self.truth(part);
            if !ends {
                self.tested.extend(tested(&one));
            }
            ended = self.settled(&one) == Some(ends);
            typed.push(one);
        }
        let is_certain = |last: &TypedExpr| match &last.kind {
            TypedKind::Bool(_) => true,
            TypedKind::Is(of, _, None) => matches!(of.kind, TypedKind::Variable(_)),
            _ => false,
        };
        if !ends
            && typed.len() < parts.len()
            && let Some(span) = typed.last().filter(|last| !is_certain(last)).map(|last| last.span)
        {
            // A type is in the scope of the policy. Anything else is as the schema says only where that is checked, and there
            // what is left out must not let anybody in.
            typed.push(TypedExpr::bool(false, span));
        }
        typed
    }

    /// `if test then yes else no`; where types decide the test, only one branch need type.
    pub(super) fn choice(
        &mut self,
        test: &Expr,
        yes: &Expr,
        no: &Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> TypedExpr {
        let test = self.truth(test);
        let decided = self.settled(&test);
        let before = self.tested.clone();
        self.tested.extend(tested(&test));
        if decided == Some(true) {
            let yes = self.expr(yes, expected);
            self.tested = before;
            self.unreached(no);
            return self.only(test, yes, span);
        }
        if decided == Some(false) {
            self.unreached(yes);
            self.tested = before;
            let no = self.expr(no, expected);
            return self.only(test, no, span);
        }
        let yes = self.expr(yes, expected);
        self.tested = before;
        let no = self.expr(no, expected.or(Some(&yes.ty.clone())));
        let ty = yes.ty.clone();
        TypedExpr::new(TypedKind::If(Box::new(test), Box::new(yes), Box::new(no)), ty, span)
    }

    /// The branch of a test that types decide. Where the test may error it stays, with the branch on either side.
    fn only(&mut self, test: TypedExpr, branch: TypedExpr, span: Span) -> TypedExpr {
        if cannot_error(&test) {
            return branch;
        }
        if !self.grow(span, branch.parts()) {
            self.fail(
                Diagnostic::error(
                    codes::EXPANSION_LIMIT,
                    span,
                    format!("this expands to more than {MOST_PARTS} parts"),
                )
                .help("write only the branch that applies: the types decide the test"),
            );
            return self.poisoned(span);
        }
        let ty = branch.ty.clone();
        let either = (Box::new(branch.clone()), Box::new(branch));
        TypedExpr::new(TypedKind::If(Box::new(test), either.0, either.1), ty, span)
    }

    /// What types alone decide of a condition.
    fn settled(&self, typed: &TypedExpr) -> Option<bool> {
        settled(self.program, typed, &|part| Cow::Borrowed(&part.ty))
    }

    /// A part that is never evaluated for these types: its names are checked, its types are not.
    fn unreached(&mut self, expr: &Expr) {
        let unknown = Env::unknown();
        let mut cx = Elaborator::new(self.program, &unknown, self.out, self.parts);
        cx.frames = std::mem::take(&mut self.frames);
        cx.expr(expr, None);
        self.frames = cx.frames;
        self.parts = cx.parts;
        self.grown.append(&mut cx.grown);
        self.failed |= cx.failed;
    }
}

/// Whether an expression has a value for every request of its types: it computes nothing and reads nothing that may be absent.
fn cannot_error(expr: &TypedExpr) -> bool {
    let itself = match &expr.kind {
        TypedKind::Binary(operator, ..) => !matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply),
        TypedKind::Method(_, method, _) => *method == Method::HasTag,
        TypedKind::Negate(_) | TypedKind::Attribute(..) | TypedKind::Construct(..) => false,
        _ => true,
    };
    itself && expr.children().into_iter().all(cannot_error)
}
