//! The first pass: the namespace, and who declares which name.

use crate::bundle::RESERVED_NAMES;
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::text::Span;

use super::{Declared, Externals, NameKind, Resolver};
use crate::graph::{ActionSet, codes};

pub(super) fn namespace(cx: &mut Resolver<'_>, items: &[&ast::Item]) {
    let mut first: Option<Span> = None;
    for item in items {
        let ast::ItemKind::Namespace(path) = &item.kind else {
            continue;
        };
        if let Some(before) = first {
            cx.out.push(
                Diagnostic::error(codes::NAMESPACE_TWICE, path.span, "the namespace is declared twice")
                    .label("declared again here")
                    .also(before, "first declared here")
                    .help("a program has one namespace; keep one of the two lines"),
            );
            continue;
        }
        first = Some(path.span);
        let parts: Vec<&str> = path.parts.iter().map(|part| part.text.as_str()).collect();
        cx.program.namespace = Some(parts.join("::"));
    }
}

pub(super) fn declare(cx: &mut Resolver<'_>, items: &[&ast::Item], externals: &Externals) {
    for item in items {
        match &item.kind {
            ast::ItemKind::Enum(decl) => add(cx, &decl.name, NameKind::Type),
            ast::ItemKind::Entity(decl) => add(cx, &decl.name, NameKind::Type),
            ast::ItemKind::ActionSet(decl) => {
                add(cx, &decl.name, NameKind::ActionSet);
                cx.action_sets.entry(decl.name.text.clone()).or_insert_with(|| {
                    cx.program.action_sets.push(ActionSet {
                        name: decl.name.text.clone(),
                        span: decl.name.span,
                        users: Vec::new(),
                    });
                    decl.clone()
                });
            }
            ast::ItemKind::Condition(decl) => add(cx, &decl.name, NameKind::Condition),
            // Roles on a type are named `Type.role`; their pass reports repeats.
            ast::ItemKind::Role(decl) if decl.on.is_none() => add(cx, &decl.name, NameKind::Role),
            ast::ItemKind::BreakGlass(decl) => add(cx, &decl.name, NameKind::Profile),
            ast::ItemKind::Assert(decl) => add(cx, &decl.name, NameKind::Assertion),
            _ => {}
        }
        if let Some(label) = &item.label {
            add(cx, label, NameKind::Label);
        }
        if let ast::ItemKind::Role(decl) = &item.kind {
            for label in decl.grants.iter().filter_map(|grant| grant.label.as_ref()) {
                add(cx, label, NameKind::Label);
            }
        }
    }
    for external in externals.entities.values() {
        let declared = Declared { kind: NameKind::Type, span: external.span };
        if let Some(before) = cx.names.get(&external.name).copied() {
            cx.out.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    before.span,
                    format!("`{}` is declared here and in a `.cedarschema` file", external.name),
                )
                .also(external.span, "the schema file")
                .help("rename one of the two; names of the schema are visible in Gate files without a declaration"),
            );
        } else {
            cx.names.insert(external.name.clone(), declared);
        }
    }
}

fn add(cx: &mut Resolver<'_>, name: &ast::Ident, kind: NameKind) {
    if RESERVED_NAMES.contains(&name.text.as_str()) {
        cx.out.push(
            Diagnostic::error(
                codes::RESERVED_NAME,
                name.span,
                format!("`{}` is reserved by the compiler or by Cedar", name.text),
            )
            .help(format!("choose another name, such as `My{}`", name.text)),
        );
        return;
    }
    if let Some(before) = cx.names.get(&name.text).copied() {
        cx.out.push(
            Diagnostic::error(codes::DUPLICATE_NAME, name.span, format!("`{}` is declared twice", name.text))
                .label(format!("declared again as {}", kind.article()))
                .also(before.span, format!("first declared here, as {}", before.kind.article()))
                .help("names must be unique in a program; rename one of the two"),
        );
        return;
    }
    cx.names.insert(name.text.clone(), Declared { kind, span: name.span });
}
