//! What the statements of a program may expand to, all together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::graph::{Program, codes};
use crate::text::Span;

/// What all statements of any program may expand to, in parts of conditions.
const PARTS_OF_ANY: u64 = 500_000;

/// What they may expand to besides for each declaration: a large program expands to more than a small one.
const PARTS_PER_DECLARATION: u64 = 100;

/// What one policy costs besides the parts of its condition.
const PARTS_OF_A_POLICY: u64 = 25;

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
