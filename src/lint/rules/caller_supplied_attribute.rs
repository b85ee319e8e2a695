//! A grant, guard, deny or break-glass that reads what only the caller vouches for.

use crate::lint::{Cx, Sink, declare_lint};
use crate::lower::Part;
use crate::text::Span;
use crate::typing::{TypedExpr, TypedKind, Variable};

declare_lint! {
    id: "caller-supplied-attribute",
    summary: "a decision that depends on a `from caller` attribute",
    level: Error,
    since: "0.1.0",
    reads: Policies,
}

fn check(cx: &Cx<'_>, out: &mut Sink) {
    let supplied = |name: &str| cx.program.context.get(name).filter(|known| known.is_from_caller());
    for draft in &cx.lowered.drafts {
        // A guard is conjoined to many permits; its own forbid reports it once.
        let own = |part: &&Part| part.guard.is_none();
        for part in draft.when.iter().filter(own).chain(&draft.unless) {
            for read in reads(&part.expr) {
                let Some(attribute) = supplied(read.name) else { continue };
                let name = read.name;
                let mut finding = out
                    .finding(
                        read.at,
                        format!("`{}` trusts a value supplied by the caller: `context.{name}`", draft.statement),
                    )
                    .label("the decision depends on it");
                if read.inside != read.at {
                    finding = finding.also(read.inside, "read here");
                }
                let finding = finding
                    .also(attribute.attribute.span, "the caller supplies this, and nothing verifies it")
                    .help("use a value that the gateway or the token supplies: declare the attribute under `from gateway` or `from token`, or remove the test");
                out.push(finding);
            }
        }
    }
}

/// A reading of an attribute of the context.
struct Read<'a> {
    name: &'a str,
    /// Where the statement brings it in: at the reading itself, or at the named condition.
    at: Span,
    inside: Span,
}

fn reads(expr: &TypedExpr) -> Vec<Read<'_>> {
    let mut found = Vec::new();
    collect(expr, None, &mut found);
    found
}

fn collect<'a>(expr: &'a TypedExpr, called: Option<Span>, found: &mut Vec<Read<'a>>) {
    let mut read = |name: &'a str| {
        found.push(Read { name, at: called.unwrap_or(expr.span), inside: expr.span });
    };
    match &expr.kind {
        TypedKind::Attribute(of, name) if is_context(of) => read(name),
        TypedKind::Has(of, names) if is_context(of) => names.iter().take(1).for_each(|name| read(name)),
        TypedKind::Named(_, body) => collect(body, called.or(Some(expr.span)), found),
        _ => expr.children().into_iter().for_each(|child| collect(child, called, found)),
    }
}

fn is_context(expr: &TypedExpr) -> bool {
    matches!(expr.kind, TypedKind::Variable(Variable::Context))
}
