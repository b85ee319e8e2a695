//! Conditions, roles, grants, guards and claims.

use super::{Cx, Prelude, child, entities, expr, ident, literals, names, path, paths};
use crate::diag::Diagnostic;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::{ast, codes};
use crate::text::Span;

pub(super) fn condition(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::ConditionDecl> {
    let name = ident(cx, &child(&pair, Rule::name)?);
    let mut params = Vec::new();
    let mut body = None;
    for inner in pair.into_inner() {
        match inner.as_rule() {
            Rule::params => {
                for found in inner.into_inner().filter(|inner| inner.as_rule() == Rule::param) {
                    params.push(ast::Param {
                        name: ident(cx, &child(&found, Rule::name)?),
                        ty: entities::type_expr(cx, child(&found, Rule::type_expr)?)?,
                    });
                }
            }
            rule if expr::is_expr(rule) => body = Some(expr::expr(cx, inner)?),
            _ => {}
        }
    }
    Some(ast::ConditionDecl { name, params, body: body? })
}

pub(super) fn role(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::RoleDecl> {
    let header = child(&pair, Rule::role_header)?;
    let name = ident(cx, &child(&header, Rule::name)?);
    let header_span = cx.span(&header);
    let (mut on, mut holders, mut extends) = (None, None, None);
    let mut clauses = Clauses::default();
    for inner in header.into_inner() {
        let span = cx.span(&inner);
        match inner.as_rule() {
            Rule::role_on => {
                let target = path(cx, &child(&inner, Rule::type_name)?);
                cx.once(&mut on, target, span, "on");
            }
            Rule::role_for => {
                let named = paths(cx, &child(&inner, Rule::type_names)?);
                cx.once(&mut holders, named, span, "for");
            }
            Rule::role_extends => {
                let named = paths(cx, &child(&inner, Rule::paths)?);
                cx.once(&mut extends, named, span, "extends");
            }
            _ => clauses.take(cx, inner)?,
        }
    }
    let members = child(&pair, Rule::role_block).into_iter().flat_map(Pair::into_inner);
    let members = members.filter(|inner| inner.as_rule() == Rule::role_member);
    let grants = members.filter_map(|member| cx.part(member, role_member)).collect();
    Some(ast::RoleDecl {
        name,
        on: value(on),
        holders: value(holders).unwrap_or_default(),
        extends: value(extends).unwrap_or_default(),
        by: value(clauses.by),
        when: value(clauses.when),
        until: value(clauses.until),
        grants,
        header: header_span,
    })
}

fn role_member(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::Item> {
    let mut prelude = Prelude::default();
    for inner in pair.clone().into_inner() {
        prelude.take(cx, &inner);
    }
    let decl = child(&pair, Rule::grant_decl)?;
    let start = child(&pair, Rule::label).map_or(cx.span(&decl), |label| cx.span(&label));
    let span = start.to(cx.span(&decl));
    let grant = grant(cx, decl)?;
    if let Some(who) = grant.who.as_ref().and_then(ast::Who::span) {
        cx.report(
            Diagnostic::error(codes::GRANT_HOLDER, who, "a grant inside a role cannot name who it is for")
                .label("the grant is for every holder of the role")
                .help("remove the name and `to`, or move the grant out of the role"),
        );
    }
    let (doc, annotations, label) = (prelude.doc(), prelude.annotations, prelude.label);
    Some(ast::Item { doc, annotations, label, kind: ast::ItemKind::Grant(grant), span })
}

pub(super) fn grant(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::GrantDecl> {
    let parts = Parts::of(cx, pair)?;
    let clauses = parts.clauses;
    Some(ast::GrantDecl {
        who: parts.who,
        actions: parts.actions?,
        on: parts.on?,
        via: value(clauses.via),
        when: value(clauses.when),
        because: value(clauses.because),
        until: value(clauses.until),
    })
}

pub(super) fn deny(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::DenyDecl> {
    let parts = Parts::of(cx, pair)?;
    let clauses = parts.clauses;
    Some(ast::DenyDecl {
        who: parts.who?,
        actions: parts.actions?,
        on: parts.on?,
        when: value(clauses.when),
        because: value(clauses.because),
    })
}

pub(super) fn require(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::RequireDecl> {
    let liftable = child(&pair, Rule::kw_liftable).map(|word| cx.span(&word));
    let actions = paths(cx, &child(&pair, Rule::paths)?);
    let mut condition = None;
    let mut clauses = Clauses::default();
    for inner in pair.into_inner() {
        match inner.as_rule() {
            rule if expr::is_expr(rule) => condition = Some(expr::expr(cx, inner)?),
            _ => clauses.take(cx, inner)?,
        }
    }
    Some(ast::RequireDecl { liftable, condition: condition?, actions, because: value(clauses.because) })
}

pub(super) fn isolate(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::IsolateDecl> {
    let by = ident(cx, &child(&child(&pair, Rule::by)?, Rule::name)?);
    let mut except = Vec::new();
    for found in pair.into_inner().filter(|inner| inner.as_rule() == Rule::exception) {
        let because = child(&child(&found, Rule::because)?, Rule::text)?;
        except.push(ast::IsolateException {
            ty: path(cx, &child(&found, Rule::type_name)?),
            because: literals::text(cx, &because),
        });
    }
    Some(ast::IsolateDecl { by, except })
}

pub(super) fn separate(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::SeparateDecl> {
    let mut duties = paths(cx, &pair).into_iter();
    let mut clauses = Clauses::default();
    for inner in pair.into_inner() {
        clauses.take(cx, inner)?;
    }
    Some(ast::SeparateDecl {
        first: duties.next()?,
        second: duties.next()?,
        by: value(clauses.by),
        because: value(clauses.because),
    })
}

pub(super) fn assertion(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<ast::AssertDecl> {
    let name = ident(cx, &child(&pair, Rule::name)?);
    let claim = match child(&pair, Rule::claim)?.into_inner().next()?.as_rule() {
        Rule::kw_never => ast::Claim::Never,
        Rule::kw_only => ast::Claim::Only,
        Rule::kw_always => ast::Claim::Always,
        Rule::kw_possible => ast::Claim::Possible,
        _ => return None,
    };
    let parts = Parts::of(cx, pair)?;
    let clauses = parts.clauses;
    Some(ast::AssertDecl {
        name,
        claim,
        who: parts.who?,
        actions: parts.actions?,
        on: parts.on?,
        when: value(clauses.when),
        unless: value(clauses.unless),
    })
}

/// `any`, or names.
pub(super) fn actions(cx: &Cx<'_>, pair: &Pair<'_>) -> Option<ast::Actions> {
    let inner = pair.clone().into_inner().next()?;
    Some(match inner.as_rule() {
        Rule::kw_any => ast::Actions::Any(cx.span(&inner)),
        _ => ast::Actions::Names(names(cx, &inner)),
    })
}

/// `any`, or names.
pub(super) fn types(cx: &Cx<'_>, pair: &Pair<'_>) -> Option<ast::Types> {
    let inner = pair.clone().into_inner().next()?;
    Some(match inner.as_rule() {
        Rule::kw_any => ast::Types::Any(cx.span(&inner)),
        _ => ast::Types::Names(paths(cx, &inner)),
    })
}

fn who(cx: &Cx<'_>, pair: &Pair<'_>) -> Option<ast::Who> {
    let inner = pair.clone().into_inner().next()?;
    Some(match inner.as_rule() {
        Rule::kw_any => ast::Who::Any(cx.span(&inner)),
        _ => ast::Who::Names(paths(cx, &inner)),
    })
}

/// What grants, denials and claims share: `WHO to ACTIONS on TYPES` and clauses.
#[derive(Default)]
struct Parts {
    who: Option<ast::Who>,
    actions: Option<ast::Actions>,
    on: Option<ast::Types>,
    clauses: Clauses,
}

impl Parts {
    fn of(cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<Self> {
        let mut parts = Self::default();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::who => parts.who = who(cx, &inner),
                Rule::actions => parts.actions = actions(cx, &inner),
                Rule::types => parts.on = types(cx, &inner),
                _ => parts.clauses.take(cx, inner)?,
            }
        }
        Some(parts)
    }
}

/// The clauses that statements share, in any order, each at most once, with their places.
#[derive(Default)]
struct Clauses {
    via: Option<(ast::Ident, Span)>,
    by: Option<(ast::Ident, Span)>,
    when: Option<(ast::Expr, Span)>,
    because: Option<(ast::Text, Span)>,
    until: Option<(ast::InstantLiteral, Span)>,
    unless: Option<(ast::Ident, Span)>,
}

impl Clauses {
    /// Takes the pair if it is a clause; everything else is left to the caller.
    fn take(&mut self, cx: &mut Cx<'_>, pair: Pair<'_>) -> Option<()> {
        let span = cx.span(&pair);
        match pair.as_rule() {
            Rule::via => {
                let name = ident(cx, &child(&pair, Rule::name)?);
                cx.once(&mut self.via, name, span, "via");
            }
            Rule::by => {
                let name = ident(cx, &child(&pair, Rule::name)?);
                cx.once(&mut self.by, name, span, "by");
            }
            Rule::when => {
                let condition = expr::only(cx, pair)?;
                cx.once(&mut self.when, condition, span, "when");
            }
            Rule::because => {
                let reason = literals::text(cx, &child(&pair, Rule::text)?);
                cx.once(&mut self.because, reason, span, "because");
            }
            Rule::until => {
                let end = literals::instant(cx, &child(&pair, Rule::text)?);
                cx.once(&mut self.until, end, span, "until");
            }
            Rule::unless => {
                let name = ident(cx, &child(&pair, Rule::name)?);
                cx.once(&mut self.unless, name, span, "unless");
            }
            _ => {}
        }
        Some(())
    }
}

fn value<T>(slot: Option<(T, Span)>) -> Option<T> {
    slot.map(|(value, _)| value)
}
