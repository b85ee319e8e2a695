//! pest's tree to the syntax tree. Whatever the grammar lets through but the language does not is reported here:
//! numbers out of range, bad escapes, repeated clauses, labels and doc comments where none belong.
//!
//! A function returns `None` where its part cannot be kept; the fault is then already reported, or pest's tree is not
//! what the grammar says, which `Cx::part` reports. Declarations and members of blocks are such parts.

mod break_glass;
mod entities;
mod expr;
mod literals;
mod statements;

use crate::diag::Diagnostic;
use crate::syntax::faults::Faults;
use crate::syntax::grammar::{Pair, Pairs, Rule};
use crate::syntax::{ast, codes};
use crate::text::{FileId, Span};

/// Builds the tree of a file from the pairs of `Rule::file`. `text` is the file's own: what was parsed may have a few
/// missing brackets more at its end, which no span may cover.
pub(super) fn file(pairs: Pairs<'_>, text: &str, file: FileId, faults: &mut Faults) -> ast::File {
    let length = text.len();
    let mut cx = Cx { file, length, faults };
    let items = pairs.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::item);
    let items = items.filter_map(|pair| cx.part(pair, item)).collect();
    ast::File { file, items }
}

/// What every builder needs: the file for spans, and where faults go.
struct Cx<'o> {
    file: FileId,
    length: usize,
    faults: &'o mut Faults,
}

impl Cx<'_> {
    fn span(&self, pair: &Pair<'_>) -> Span {
        // Where the last part of a rule may be absent, pest's own span runs on over the white space after the others.
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span::new(self.file, pair.as_span().start(), last.as_span().end().min(self.length))
    }

    /// Builds a part that the tree can do without.
    fn part<'i, T>(&mut self, pair: Pair<'i>, build: impl FnOnce(&mut Self, Pair<'i>) -> Option<T>) -> Option<T> {
        let span = self.span(&pair);
        let before = self.faults.seen();
        let built = build(self, pair);
        if built.is_none() && self.faults.seen() == before {
            self.report(Diagnostic::error(codes::SYNTAX, span, "cannot parse this"));
        }
        built
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.faults.push(diagnostic);
    }

    /// Fills a clause's slot; a second clause of the kind is reported and dropped.
    fn once<T>(&mut self, slot: &mut Option<(T, Span)>, value: T, span: Span, clause: &str) {
        match slot {
            None => *slot = Some((value, span)),
            Some((_, first)) => self.faults.push(
                Diagnostic::error(codes::DUPLICATE_CLAUSE, span, format!("duplicate `{clause}`"))
                    .label("given again here")
                    .also(*first, "first given here")
                    .help("keep one of the two"),
            ),
        }
    }
}

/// Doc lines, annotations and label: what may stand before a declaration.
#[derive(Default)]
struct Prelude {
    doc: Vec<String>,
    doc_span: Option<Span>,
    annotations: Vec<ast::Annotation>,
    label: Option<ast::Ident>,
}

impl Prelude {
    /// Takes the pair if it is one of the three.
    fn take(&mut self, cx: &mut Cx<'_>, pair: &Pair<'_>) -> bool {
        match pair.as_rule() {
            Rule::doc => {
                let span = cx.span(pair);
                self.doc_span = Some(self.doc_span.map_or(span, |first| first.to(span)));
                let line = pair.as_str().trim_start_matches("///").trim_end();
                self.doc.push(line.strip_prefix(' ').unwrap_or(line).to_owned());
            }
            Rule::annotation => self.annotations.extend(annotation(cx, pair.clone())),
            Rule::label => self.label = pair.clone().into_inner().next().map(|name| ident(cx, &name)),
            _ => return false,
        }
        true
    }

    fn doc(&self) -> Option<String> {
        self.doc_span.map(|_| self.doc.join("\n"))
    }

    fn refuse_doc(&self, cx: &mut Cx<'_>, what: &str) {
        if let Some(span) = self.doc_span {
            cx.report(
                Diagnostic::error(codes::MISPLACED_DOC, span, format!("{what} cannot have a doc comment")).help(
                    "write `//` for a plain comment; `///` belongs before a declaration, an attribute or an action",
                ),
            );
        }
    }

    fn refuse_annotations(&self, cx: &mut Cx<'_>, what: &str) {
        for annotation in &self.annotations {
            cx.report(Diagnostic::error(
                codes::MISPLACED_ANNOTATION,
                annotation.span,
                format!("{what} cannot have an annotation"),
            ));
        }
    }
}

fn item(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::Item> {
    let end = cx.span(&pair).at_end();
    let mut prelude = Prelude::default();
    let mut start = None;
    for inner in pair.into_inner() {
        let rule = inner.as_rule();
        if !matches!(rule, Rule::doc | Rule::annotation) {
            start = start.or(Some(cx.span(&inner)));
        }
        if prelude.take(cx, &inner) {
            continue;
        }
        let kind = declaration(cx, inner)?;
        return Some(ast::Item {
            doc: prelude.doc(),
            annotations: prelude.annotations,
            label: label_of(cx, prelude.label, &kind),
            kind,
            span: start?.to(end),
        });
    }
    None
}

/// The label, where the kind of statement takes one.
fn label_of(cx: &mut Cx<'_>, label: Option<ast::Ident>, kind: &ast::ItemKind) -> Option<ast::Ident> {
    use ast::ItemKind::{Deny, Grant, Isolate, Require, Separate};
    let label = label?;
    if matches!(kind, Grant(_) | Deny(_) | Require(_) | Isolate(_) | Separate(_)) {
        return Some(label);
    }
    cx.report(
        Diagnostic::error(
            codes::MISPLACED_LABEL,
            label.span,
            format!("`{}:` labels a declaration that has its own name", label.text),
        )
        .help("remove it; only `allow`, `deny`, `require`, `isolate` and `separate` take a label"),
    );
    None
}

fn declaration(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ItemKind> {
    use ast::ItemKind;
    Some(match pair.as_rule() {
        Rule::namespace_decl => ItemKind::Namespace(path(cx, &child(&pair, Rule::type_name)?)),
        Rule::enum_decl => ItemKind::Enum(entities::enumeration(cx, pair)?),
        Rule::entity_decl => ItemKind::Entity(entities::entity(cx, pair)?),
        Rule::action_set_decl => ItemKind::ActionSet(entities::action_set(cx, pair)?),
        Rule::context_decl => ItemKind::Context(entities::context(cx, pair)?),
        Rule::condition_decl => ItemKind::Condition(statements::condition(cx, pair)?),
        Rule::role_decl => ItemKind::Role(statements::role(cx, pair)?),
        Rule::grant_decl => {
            let span = cx.span(&pair);
            let grant = statements::grant(cx, pair)?;
            if grant.who.is_none() {
                cx.report(
                    Diagnostic::error(
                        codes::GRANT_HOLDER,
                        span,
                        "a grant outside a role must name a principal type or a role",
                    )
                    .label("no `WHO to` before the actions")
                    .help("write `allow WHO to ACTIONS on TYPE`, or move the grant into a role"),
                );
            }
            ItemKind::Grant(grant)
        }
        Rule::deny_decl => ItemKind::Deny(statements::deny(cx, pair)?),
        Rule::require_decl => ItemKind::Require(statements::require(cx, pair)?),
        Rule::isolate_decl => ItemKind::Isolate(statements::isolate(cx, pair)?),
        Rule::separate_decl => ItemKind::Separate(statements::separate(cx, pair)?),
        Rule::break_glass_decl => ItemKind::BreakGlass(break_glass::break_glass(cx, pair)?),
        Rule::assert_decl => ItemKind::Assert(statements::assertion(cx, pair)?),
        _ => return None,
    })
}

fn annotation(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::Annotation> {
    let span = cx.span(&pair);
    let mut name = None;
    let mut args = Vec::new();
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::any_word => name = Some(ident(cx, &inner)),
            Rule::annotation_arg => args.push(annotation_arg(cx, inner)?),
            _ => {}
        }
    }
    Some(ast::Annotation { name: name?, args, span })
}

fn annotation_arg(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::AnnotationArg> {
    let span = cx.span(&pair);
    let mut key = None;
    let mut value = None;
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::annotation_key => key = inner.into_inner().next().map(|word| ident(cx, &word)),
            Rule::text => value = Some(ast::AnnotationValue::Text(literals::text(cx, &inner))),
            Rule::hyphenated => value = Some(ast::AnnotationValue::Name(ident(cx, &inner))),
            _ => {}
        }
    }
    Some(ast::AnnotationArg { key, value: value?, span })
}

fn ident(cx: &Cx<'_>, pair: &Pair<'_>) -> ast::Ident {
    ast::Ident { text: pair.as_str().to_owned(), span: cx.span(pair) }
}

fn path(cx: &Cx<'_>, pair: &Pair<'_>) -> ast::Path {
    let parts = pair.clone().into_inner().filter(|part| part.as_rule() == Rule::name);
    ast::Path { parts: parts.map(|part| ident(cx, &part)).collect(), span: cx.span(pair) }
}

/// The names directly under a pair.
fn names(cx: &Cx<'_>, pair: &Pair<'_>) -> Vec<ast::Ident> {
    let names = pair.clone().into_inner().filter(|name| name.as_rule() == Rule::name);
    names.map(|name| ident(cx, &name)).collect()
}

/// The paths or names of types directly under a pair.
fn paths(cx: &Cx<'_>, pair: &Pair<'_>) -> Vec<ast::Path> {
    let found = pair.clone().into_inner().filter(|inner| matches!(inner.as_rule(), Rule::path | Rule::type_name));
    found.map(|found| path(cx, &found)).collect()
}

/// The first child of a rule.
fn child<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|inner| inner.as_rule() == rule)
}
